//! Layers.

use crate::call::gate;
use crate::error::done;
use crate::{ffi, text, Context, Error, Result, Tensor, Variables};
use std::fmt;

/// A function of one tensor with variables of its own. Made by builders such as [`Dense`](crate::Dense) and [`Sequential`].
pub struct Layer {
    pub(crate) handle: *mut ffi::tl_layer,
    context: *mut ffi::tl_context,
}

// SAFETY: handles, which are never followed here; nothing of a layer is tied to a thread.
unsafe impl Send for Layer {}
// SAFETY: as above; what C lends (the name, the lists of variables) is copied and changed behind the gate.
unsafe impl Sync for Layer {}

impl Layer {
    pub(crate) fn made(context: &Context, call: &str, handle: *mut ffi::tl_layer) -> Result<Layer> {
        if handle.is_null() {
            return Err(Error::take(context.handle(), call, ffi::TL_INVALID_ARGUMENT));
        }
        Ok(Layer { handle, context: context.handle() })
    }

    /// Layers one after the other, which it shares: they may be used and dropped on their own. See [`Sequential`] for a builder.
    /// A layer is named by the first model that it is put into, `dense`, `dense_1` and so on, or as its builder says, and keeps that
    /// name in all others; no two of one model may have the same name.
    pub fn sequential(context: &Context, layers: &[&Layer], name: Option<&str>) -> Result<Layer> {
        let handles: Vec<_> = layers.iter().map(|layer| layer.handle).collect();
        let name = text::optional_text("sequential", name)?;
        let _gate = gate(context.handle()); // it may name layers anew
        let handle = match &name {
            Some(name) => {
                call!(tl_sequential_named(context.handle(), handles.as_ptr(), handles.len(), name.as_ptr()))
            }
            None => call!(tl_sequential(context.handle(), handles.as_ptr(), handles.len())),
        };
        drop(_gate);
        Layer::made(context, "sequential", handle)
    }

    /// The output for x. `training` matters to dropout and batch normalisation. The first call makes the variables that are not
    /// there yet. A call that fails in whatever layer makes none, moves no average and uses no random numbers up.
    #[inline]
    pub fn call(&self, x: &Tensor, training: bool) -> Tensor {
        expression!(self.context, tl_layer_call(self.handle, x.handle, training))
    }

    /// Makes the variables for inputs of this shape, the batch axis included (its size does not matter). When they are
    /// there, it only looks whether the shape fits them.
    pub fn build(&self, dims: &[i64]) -> Result<()> {
        done(self.context, "layer_build", call!(tl_layer_build(self.handle, dims.as_ptr(), dims.len())))
    }

    /// All variables.
    pub fn variables(&self) -> Variables<'_> {
        Variables::of_layer(self.handle, self.context, false)
    }

    /// The variables that are trainable now: what gradients are taken for.
    pub fn trainable_variables(&self) -> Variables<'_> {
        Variables::of_layer(self.handle, self.context, true)
    }

    /// The name.
    pub fn name(&self) -> Result<String> {
        let name = {
            let _gate = gate(self.context);
            // SAFETY: the text lives until the layer is named anew or ends, which needs the gate or the drop of this very layer.
            unsafe { text::copied(ffi::tl_layer_name(self.handle)) }
        };
        if name.is_empty() {
            Error::take_if_any(self.context, "layer_name").map_or(Ok(()), Err)?;
        }
        Ok(name)
    }

    /// A table of the layers with output shapes ("?" is the batch) and numbers of parameters.
    pub fn summary(&self) -> Result<String> {
        text::written(|buffer, capacity, length| {
            call!(tl_layer_summary(self.handle, buffer, capacity, length))
        })
        .map_err(|status| Error::take(self.context, "layer_summary", status))
    }

    /// The layers as a graph in Graphviz's DOT language: a box for each layer with its number of parameters, a frame for each
    /// sequential one, edges with shapes where these are known.
    pub fn dot(&self) -> Result<String> {
        text::written(|buffer, capacity, length| call!(tl_layer_dot(self.handle, buffer, capacity, length)))
            .map_err(|status| Error::take(self.context, "layer_dot", status))
    }
}

impl Drop for Layer {
    fn drop(&mut self) {
        call!(tl_layer_release(self.handle));
    }
}

impl fmt::Debug for Layer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Layer({:?})", self.handle)
    }
}

/// What can be a part of a [`Sequential`]: the builders of layers.
pub trait LayerBuilder {
    /// Makes the layer.
    fn build_layer(&self, context: &Context) -> Result<Layer>;
}

/// A builder for layers one after the other.
///
/// ```
/// # use tapeloop::{Activation, Context, Dense, Dropout, Sequential};
/// # fn main() -> tapeloop::Result<()> {
/// let c = Context::new()?;
/// let model = Sequential::new()
///     .layer(Dense::new(16).activation(Activation::Relu))
///     .layer(Dropout::new(0.2))
///     .layer(Dense::new(2))
///     .build(&c)?;
/// assert_eq!(model.call(&c.ones(&[3, 4]), false).shape()?, [3, 2]);
/// # Ok(())
/// # }
/// ```
#[derive(Default)]
#[must_use]
pub struct Sequential {
    parts: Vec<Box<dyn LayerBuilder>>,
    name: Option<String>,
}

impl Sequential {
    /// No layer yet.
    pub fn new() -> Sequential {
        Sequential::default()
    }

    /// Puts a layer behind those that are there.
    pub fn layer(mut self, part: impl LayerBuilder + 'static) -> Sequential {
        self.parts.push(Box::new(part));
        self
    }

    /// A name, which comes first in the names of the variables.
    pub fn name(mut self, name: impl Into<String>) -> Sequential {
        self.name = Some(name.into());
        self
    }

    /// Makes the layer. It belongs to the innermost scope.
    pub fn build(&self, context: &Context) -> Result<Layer> {
        let layers = self.parts.iter().map(|part| part.build_layer(context)).collect::<Result<Vec<_>>>()?;
        Layer::sequential(context, &layers.iter().collect::<Vec<_>>(), self.name.as_deref())
    }
}

impl LayerBuilder for Sequential {
    fn build_layer(&self, context: &Context) -> Result<Layer> {
        self.build(context)
    }
}

impl fmt::Debug for Sequential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sequential({} layers)", self.parts.len())
    }
}
