//! vmap: a function that is written for one example runs once for a whole batch.

use crate::closure::{once, sealed::Received, Outputs};
use crate::list::TensorList;
use crate::{ffi, Code, Context, Error, Result, Tensor, TensorRef};
use std::ptr;

impl Context {
    /// Runs `function` for each example of a batch, all at once: along axis 0 of each input. The closure is written for one
    /// example: it gets the inputs without that axis, and gives a tensor, or an array of them, which come back with the axis of
    /// the batch in front; one that does not depend on the batch is repeated. What it captures (weights, constants) takes part as
    /// it is.
    ///
    /// Tapes and forward modes that are begun inside see the program of one example, those outside that of the batch: so the
    /// gradients of each example are a tape inside, the gradient of the mean loss is one outside, and vmap in vmap runs over
    /// pairs.
    ///
    /// ```
    /// # fn main() -> tapeloop::Result<()> {
    /// let c = tapeloop::Context::new()?;
    /// let w = c.variable(&c.tensor(&[1.0f64, 1.0], &[2])?, "w")?;
    /// let x = c.tensor(&[1.0f64, 2.0, 3.0, 4.0, 5.0, 6.0], &[3, 2])?;
    /// let y = c.tensor(&[2.0f64, 8.0, 10.0], &[3])?;
    /// // The loss of each example, and the gradient of each.
    /// let [losses, gradients] = c.vmap(&[&x, &y], |c, example| {
    ///     let tape = c.tape()?;
    ///     let loss = ((&*example[0] * &w).sum() - &*example[1]).square();
    ///     let gradient = tape.gradient(&loss, &w)?;
    ///     Ok([loss, gradient])
    /// })?;
    /// assert_eq!(losses.to_vec::<f64>()?, [1.0, 1.0, 1.0]);
    /// assert_eq!(gradients.to_vec::<f64>()?, [2.0, 4.0, -6.0, -8.0, 10.0, 12.0]);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// The closure runs once, in a scope of its own: what it does not return is gone afterwards. Inside, a tensor that depends on
    /// the batch has the shape of one example and no values: reading it, assigning it to a variable and adding it to a metric are
    /// [`Code::FailedPrecondition`]. [`uniform`](Context::uniform) and [`normal`](Context::normal) draw once for all examples,
    /// [`dropout`](Tensor::dropout) of such a tensor draws for each. Errors of the closure come back unchanged, with the shapes of
    /// one example, and so does a panic.
    pub fn vmap<L, O, F>(&self, inputs: &L, function: F) -> Result<O>
    where
        L: TensorList + ?Sized,
        O: Outputs,
        F: FnOnce(&Context, &[TensorRef<'_>]) -> Result<O>,
    {
        self.over_batch(inputs, None, O::COUNT, |c, x| Ok(function(c, x)?.into_tensors()))
    }

    /// [`vmap`](Context::vmap) that says for each input along which axis its examples lie, negative ones counted from the end;
    /// `None` for an input that is the same for each example. At least one has an axis, and all axes have one size.
    pub fn vmap_axes<L, O, F>(&self, inputs: &L, axes: &[Option<i64>], function: F) -> Result<O>
    where
        L: TensorList + ?Sized,
        O: Outputs,
        F: FnOnce(&Context, &[TensorRef<'_>]) -> Result<O>,
    {
        self.over_batch(inputs, Some(axes), O::COUNT, |c, x| Ok(function(c, x)?.into_tensors()))
    }

    /// [`vmap_axes`](Context::vmap_axes) with `count` outputs, such as the gradients of all weights of a model.
    pub fn vmap_many<L, F>(
        &self,
        inputs: &L,
        axes: &[Option<i64>],
        count: usize,
        function: F,
    ) -> Result<Vec<Tensor>>
    where
        L: TensorList + ?Sized,
        F: FnOnce(&Context, &[TensorRef<'_>]) -> Result<Vec<Tensor>>,
    {
        self.over_batch(inputs, Some(axes), count, function)
    }

    fn over_batch<L, O, F>(
        &self,
        inputs: &L,
        axes: Option<&[Option<i64>]>,
        count: usize,
        function: F,
    ) -> Result<O>
    where
        L: TensorList + ?Sized,
        O: Received,
        F: FnOnce(&Context, &[TensorRef<'_>]) -> Result<Vec<Tensor>>,
    {
        let f = once("vmap", function);
        inputs.with_handles(|inputs| {
            let axes = axes.map(|axes| raw_axes(axes, inputs.len())).transpose()?;
            let axes = axes.as_ref().map_or(ptr::null(), |axes| axes.as_ptr());
            let (run, data) = (f.callback(), f.user_data());
            let (from, number) = (inputs.as_ptr(), inputs.len());
            self.made("vmap", count, |outputs| {
                call!(tl_vmap(
                    self.handle(),
                    run,
                    data,
                    None,
                    from,
                    axes,
                    number,
                    outputs.as_mut_ptr(),
                    count
                ))
            })
        })
    }
}

/// In place of an axis: none.
const NO_AXIS: i64 = ffi::TL_NO_AXIS as i64;

fn raw_axes(axes: &[Option<i64>], inputs: usize) -> Result<Vec<i64>> {
    if axes.len() != inputs {
        let message =
            format!("[vmap] there must be one axis per input: got {} for {} inputs", axes.len(), inputs);
        return Err(Error::new(Code::InvalidArgument, message));
    }
    if axes.contains(&Some(NO_AXIS)) {
        let message = format!("[vmap] an axis must be one of its input: got {}", NO_AXIS);
        return Err(Error::new(Code::InvalidArgument, message));
    }
    Ok(axes.iter().map(|axis| axis.unwrap_or(NO_AXIS)).collect())
}
