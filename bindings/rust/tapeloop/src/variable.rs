//! Variables: the only tensors that change.

use crate::call::gate;
use crate::error::done;
use crate::list::{TensorList, FEW};
use crate::{ffi, text, Error, Gradients, Result, Tensor};
use std::fmt;
use std::marker::PhantomData;
use std::ops::Deref;
use std::ptr;

/// A cell that holds a value. It can stand wherever a tensor is expected and reads as its value at that time; tapes watch it.
pub struct Variable {
    tensor: Tensor,
}

impl Variable {
    pub(crate) fn from_tensor(tensor: Tensor) -> Variable {
        Variable { tensor }
    }

    /// Gives the variable a new value of the same shape and dtype. Tensors read before keep theirs.
    pub fn assign(&self, value: &Tensor) -> Result<()> {
        done(self.context, "variable_assign", call!(tl_variable_assign(self.handle, value.handle)))
    }

    /// The present value, which later assignments do not change. Open tapes see the read.
    pub fn value(&self) -> Tensor {
        expression!(self.context, tl_variable_read(self.handle))
    }

    /// The name.
    pub fn name(&self) -> Result<String> {
        let _held = self.tensor.clone(); // the text lives while the variable does, also when a scope ends meanwhile
        let name = {
            let _gate = gate(self.context);
            // SAFETY: the reference above keeps the variable, and the gate its context.
            unsafe { text::copied(ffi::tl_variable_name(self.handle)) }
        };
        if name.is_empty() {
            // No name, or no variable.
            self.tensor.dtype_for("variable_name")?;
        }
        Ok(name)
    }

    /// Whether tapes watch it by themselves.
    pub fn trainable(&self) -> Result<bool> {
        self.tensor.dtype_for("variable_trainable")?;
        Ok(call!(tl_variable_trainable(self.handle)))
    }

    /// Sets whether tapes that are opened or read it from now on watch it by themselves.
    pub fn set_trainable(&self, trainable: bool) -> Result<()> {
        done(self.context, "variable_set_trainable", call!(tl_variable_set_trainable(self.handle, trainable)))
    }
}

impl Clone for Variable {
    /// Another handle of the same cell.
    fn clone(&self) -> Variable {
        Variable { tensor: self.tensor.clone() }
    }
}

impl Deref for Variable {
    type Target = Tensor;
    #[inline]
    fn deref(&self) -> &Tensor {
        &self.tensor
    }
}

impl fmt::Display for Variable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.tensor, f)
    }
}

impl fmt::Debug for Variable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Variable({})", self.tensor)
    }
}

#[derive(Clone, Copy)]
enum Owner {
    Layer(*mut ffi::tl_layer),
    Trainable(*mut ffi::tl_layer),
    Optimizer(*mut ffi::tl_optimizer),
    Metric(*mut ffi::tl_metric),
}

/// The variables of a layer, an optimizer or a metric, as they are when the list is used: a [`TensorList`] of one more call
/// into C. Those of several models are joined in a tuple, `(a.trainable_variables(), b.trainable_variables())`.
#[derive(Clone, Copy)]
pub struct Variables<'a> {
    owner: Owner,
    context: *mut ffi::tl_context,
    borrowed: PhantomData<&'a ()>,
}

impl<'a> Variables<'a> {
    pub(crate) fn of_layer(
        layer: *mut ffi::tl_layer,
        context: *mut ffi::tl_context,
        trainable: bool,
    ) -> Variables<'a> {
        let owner = if trainable { Owner::Trainable(layer) } else { Owner::Layer(layer) };
        Variables { owner, context, borrowed: PhantomData }
    }
    pub(crate) fn of_optimizer(
        optimizer: *mut ffi::tl_optimizer,
        context: *mut ffi::tl_context,
    ) -> Variables<'a> {
        Variables { owner: Owner::Optimizer(optimizer), context, borrowed: PhantomData }
    }
    pub(crate) fn of_metric(metric: *mut ffi::tl_metric, context: *mut ffi::tl_context) -> Variables<'a> {
        Variables { owner: Owner::Metric(metric), context, borrowed: PhantomData }
    }

    /// The array that C lends. It lives while the gate is held: the list changes only when it is asked for again, which is done
    /// here, and the owner, which is borrowed, ends with a scope or the context.
    fn lent(&self) -> (*const *mut ffi::tl_tensor, usize) {
        let mut count = 0;
        let handles = match self.owner {
            Owner::Layer(layer) => call!(tl_layer_variables(layer, &mut count)),
            Owner::Trainable(layer) => call!(tl_layer_trainable_variables(layer, &mut count)),
            Owner::Optimizer(optimizer) => call!(tl_optimizer_variables(optimizer, &mut count)),
            Owner::Metric(metric) => call!(tl_metric_variables(metric, &mut count)),
        };
        (handles, if handles.is_null() { 0 } else { count })
    }

    /// The call that lends it.
    fn call(&self) -> &'static str {
        match self.owner {
            Owner::Layer(_) => "layer_variables",
            Owner::Trainable(_) => "layer_trainable_variables",
            Owner::Optimizer(_) => "optimizer_variables",
            Owner::Metric(_) => "metric_variables",
        }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        let _gate = gate(self.context);
        self.lent().1
    }

    /// Whether there are none, as before a layer is built.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// All of them, each as a handle of its own.
    pub fn to_vec(&self) -> Result<Vec<Variable>> {
        let context = self.context;
        let variables: Vec<Variable> = self.with_handles(|handles| {
            let tensors = handles.iter().map(|handle| Tensor::retained(*handle, context));
            tensors.map(Variable::from_tensor).collect()
        });
        if variables.is_empty() {
            if let Some(error) = Error::take_if_any(context, self.call()) {
                return Err(error);
            }
        }
        Ok(variables)
    }
}

impl TensorList for Variables<'_> {
    type Gradients = Gradients;
    const SINGLE: bool = false;
    fn with_handles<R>(&self, f: impl FnOnce(&[*mut ffi::tl_tensor]) -> R) -> R {
        let mut few = [ptr::null_mut(); FEW];
        let many;
        let handles = {
            let _gate = gate(self.context);
            let (lent, count) = self.lent();
            // SAFETY: `count` handles, which live while the gate is held.
            let lent = if count == 0 { &[] } else { unsafe { std::slice::from_raw_parts(lent, count) } };
            if count <= FEW {
                few[..count].copy_from_slice(lent);
                &few[..count]
            } else {
                many = lent.to_vec();
                &many
            }
        };
        f(handles)
    }
    fn list_context(&self) -> *mut ffi::tl_context {
        self.context
    }
    fn as_gradients(gradients: Gradients) -> Gradients {
        gradients
    }
}

impl fmt::Debug for Variables<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Variables({})", self.len())
    }
}
