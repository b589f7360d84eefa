//! Jacobians and Hessians: all derivatives of a tensor, not only those along one direction.

use crate::closure::Lent;
use crate::list::TensorList;
use crate::tape::Recording;
use crate::{
    ffi, Context, Gradients, JacobianWay, PersistentTape, Result, Tape, Tensor, TensorRef, Unconnected,
};
use std::ptr;

/// How a Jacobian is taken.
#[derive(Debug, Clone, Default)]
#[must_use]
pub struct JacobianOptions {
    way: Option<JacobianWay>,
    unconnected: Option<Unconnected>,
    memory_budget: u64,
    check_independence: bool,
    reasons: bool,
}

impl JacobianOptions {
    /// All options at their defaults.
    pub fn new() -> JacobianOptions {
        JacobianOptions::default()
    }

    /// Of the Jacobian or Hessian of a function (default [`JacobianWay::ByShape`]).
    pub fn way(mut self, way: JacobianWay) -> JacobianOptions {
        self.way = Some(way);
        self
    }

    /// On tapes: what to give for a source that the target does not depend on (default [`Unconnected::None`]).
    pub fn unconnected(mut self, unconnected: Unconnected) -> JacobianOptions {
        self.unconnected = Some(unconnected);
        self
    }

    /// Most bytes that the derivatives of intermediate results take at one time, by estimate; one row always goes. 0, the
    /// default, is 256 MiB.
    pub fn memory_budget(mut self, bytes: u64) -> JacobianOptions {
        self.memory_budget = bytes;
        self
    }

    /// Of batch Jacobians: test that the rows are independent (default false).
    pub fn check_independence(mut self, check_independence: bool) -> JacobianOptions {
        self.check_independence = check_independence;
        self
    }

    /// On tapes: tell for each source whether it is connected, and if not, why: [`Gradients::reason`] (default false).
    pub fn reasons(mut self, reasons: bool) -> JacobianOptions {
        self.reasons = reasons;
        self
    }

    fn raw(&self) -> ffi::tl_jacobian_options {
        let mut options = options!(tl_jacobian_options, tl_jacobian_options_init);
        if let Some(way) = self.way {
            options.way = way as i32;
        }
        if let Some(unconnected) = self.unconnected {
            options.unconnected = unconnected as i32;
        }
        options.memory_budget = self.memory_budget;
        options.check_independence = self.check_independence;
        options
    }
}

/// The options of a call that takes none: a single source that is not connected is an error, as for gradients.
fn defaults(single: bool) -> JacobianOptions {
    JacobianOptions::new().unconnected(if single { Unconnected::Error } else { Unconnected::None })
}

impl Tape<'_> {
    /// The Jacobians of a target by all sources, in one call: each has the shape of the target followed by that of the source. The
    /// rows are computed as one batch, cut into chunks where they would take much memory. Targets, sources and what comes back are
    /// as in [`gradient`](Tape::gradient), but that the elements of the target are not summed.
    ///
    /// ```
    /// # fn main() -> tapeloop::Result<()> {
    /// let c = tapeloop::Context::new()?;
    /// let x = c.variable(&c.tensor(&[1.0f64, 2.0], &[2])?, "x")?;
    /// let tape = c.tape()?;
    /// let cubes = &x * &x * &x;
    /// let jacobian = tape.jacobian(&cubes, &x)?;
    /// assert_eq!(jacobian.shape()?, [2, 2]);
    /// assert_eq!(jacobian.to_vec::<f64>()?, [3.0, 0.0, 0.0, 12.0]);
    /// # Ok(())
    /// # }
    /// ```
    pub fn jacobian<S: TensorList + ?Sized>(self, target: &Tensor, sources: &S) -> Result<S::Gradients> {
        Ok(S::as_gradients(jacobians(&self, target, sources, &defaults(S::SINGLE))?))
    }

    /// [`jacobian`](Tape::jacobian) with options.
    pub fn jacobian_with<S>(
        self,
        target: &Tensor,
        sources: &S,
        options: &JacobianOptions,
    ) -> Result<Gradients>
    where
        S: TensorList + ?Sized,
    {
        jacobians(&self, target, sources, options)
    }

    /// The Jacobian of each example of a batch: of a target `(b, y...)` by a source `(b, x...)` it is `(b, y..., x...)`, the
    /// derivatives of row i of the target by row i of the source. A source that is not connected is an error.
    ///
    /// That row i of the target depends on row i of the source alone is the caller's promise, which layers that mix the examples of
    /// a batch (batch normalisation in training) break. [`JacobianOptions::check_independence`] puts it to the test.
    ///
    /// ```
    /// # fn main() -> tapeloop::Result<()> {
    /// let c = tapeloop::Context::new()?;
    /// let x = c.tensor(&[1.0f64, 2.0, 3.0, 4.0], &[2, 2])?;
    /// let tape = c.tape()?;
    /// tape.watch(&x)?;
    /// let norms = x.square().sum_axes(&[1], true);
    /// let jacobians = tape.batch_jacobian(&norms, &x)?;
    /// assert_eq!(jacobians.shape()?, [2, 1, 2]);
    /// assert_eq!(jacobians.to_vec::<f64>()?, [2.0, 4.0, 6.0, 8.0]);
    /// # Ok(())
    /// # }
    /// ```
    pub fn batch_jacobian(self, target: &Tensor, source: &Tensor) -> Result<Tensor> {
        Ok(batch_jacobian(&self, target, source, &defaults(true))?.into_first())
    }

    /// [`batch_jacobian`](Tape::batch_jacobian) with options: a list of one.
    pub fn batch_jacobian_with(
        self,
        target: &Tensor,
        source: &Tensor,
        options: &JacobianOptions,
    ) -> Result<Gradients> {
        batch_jacobian(&self, target, source, options)
    }
}

impl PersistentTape<'_> {
    /// [`Tape::jacobian`] of a tape that can do it again.
    pub fn jacobian<S: TensorList + ?Sized>(&self, target: &Tensor, sources: &S) -> Result<S::Gradients> {
        Ok(S::as_gradients(jacobians(self, target, sources, &defaults(S::SINGLE))?))
    }

    /// [`Tape::jacobian_with`] of a tape that can do it again.
    pub fn jacobian_with<S>(
        &self,
        target: &Tensor,
        sources: &S,
        options: &JacobianOptions,
    ) -> Result<Gradients>
    where
        S: TensorList + ?Sized,
    {
        jacobians(self, target, sources, options)
    }

    /// [`Tape::batch_jacobian`] of a tape that can do it again.
    pub fn batch_jacobian(&self, target: &Tensor, source: &Tensor) -> Result<Tensor> {
        Ok(batch_jacobian(self, target, source, &defaults(true))?.into_first())
    }

    /// [`Tape::batch_jacobian_with`] of a tape that can do it again.
    pub fn batch_jacobian_with(
        &self,
        target: &Tensor,
        source: &Tensor,
        options: &JacobianOptions,
    ) -> Result<Gradients> {
        batch_jacobian(self, target, source, options)
    }
}

fn jacobians<S: TensorList + ?Sized>(
    tape: &Recording<'_>,
    target: &Tensor,
    sources: &S,
    wanted: &JacobianOptions,
) -> Result<Gradients> {
    sources.with_handles(|sources| {
        take(tape, "tape_jacobian", sources.len(), wanted, |options, to| {
            call!(tl_tape_jacobian(tape.handle, target.handle, sources.as_ptr(), sources.len(), options, to))
        })
    })
}

fn batch_jacobian(
    tape: &Recording<'_>,
    target: &Tensor,
    source: &Tensor,
    wanted: &JacobianOptions,
) -> Result<Gradients> {
    take(tape, "tape_batch_jacobian", 1, wanted, |options, to| {
        call!(tl_tape_batch_jacobian(tape.handle, target.handle, source.handle, options, to))
    })
}

fn take(
    tape: &Recording<'_>,
    call: &str,
    count: usize,
    wanted: &JacobianOptions,
    function: impl FnOnce(*const ffi::tl_jacobian_options, *mut *mut ffi::tl_tensor) -> i32,
) -> Result<Gradients> {
    let mut options = wanted.raw();
    let mut reasons = vec![0; if wanted.reasons { count } else { 0 }];
    if wanted.reasons {
        options.reasons = reasons.as_mut_ptr();
    }
    let mut made = vec![ptr::null_mut(); count];
    let status = function(&options, made.as_mut_ptr());
    let mut made = Gradients::made(tape.context.handle(), call, status, made)?;
    made.set_reasons(reasons);
    Ok(made)
}

impl Context {
    /// The Jacobian of a function at a floating-point tensor or variable: it has the shape of the result followed by that of `at`,
    /// and zeros where the result does not depend on it. Forward mode where the argument is smaller than the result, else reverse
    /// mode.
    ///
    /// The closure gets the value of `at` (a variable it may also read by itself) and must compute with this very tensor. It runs
    /// once in reverse mode, and in forward mode once more for each chunk, so it must compute the same each time. An error that it
    /// returns comes back unchanged, and so does a panic. Tapes and forward modes that are open see what is computed.
    ///
    /// ```
    /// # fn main() -> tapeloop::Result<()> {
    /// let c = tapeloop::Context::new()?;
    /// let x = c.tensor(&[1.0f64, 2.0], &[2])?;
    /// let jacobian = c.jacobian(&x, |_, x| Ok(x.square()))?;
    /// assert_eq!(jacobian.to_vec::<f64>()?, [2.0, 0.0, 0.0, 4.0]);
    /// let hessian = c.hessian(&x, |_, x| Ok((x * x * x).sum()))?;
    /// assert_eq!(hessian.to_vec::<f64>()?, [6.0, 0.0, 0.0, 12.0]);
    /// # Ok(())
    /// # }
    /// ```
    pub fn jacobian<F>(&self, at: &Tensor, function: F) -> Result<Tensor>
    where
        F: Fn(&Context, &Tensor) -> Result<Tensor>,
    {
        self.jacobian_with(at, &JacobianOptions::new(), function)
    }

    /// [`jacobian`](Context::jacobian) with options, of which [`way`](JacobianOptions::way) and
    /// [`memory_budget`](JacobianOptions::memory_budget) count.
    pub fn jacobian_with<F>(&self, at: &Tensor, options: &JacobianOptions, function: F) -> Result<Tensor>
    where
        F: Fn(&Context, &Tensor) -> Result<Tensor>,
    {
        let f = of_one("jacobian", function);
        self.made("jacobian", 1, |to| {
            let (run, data) = (f.callback(), f.user_data());
            call!(tl_jacobian(self.handle(), run, data, None, at.handle, &options.raw(), to.as_mut_ptr()))
        })
    }

    /// The Jacobian of the Jacobian: it has the shape of the result followed by that of `at`, twice. Of a function that gives a
    /// number it is the Hessian matrix. Forward mode over reverse mode. For products of a large Hessian with vectors see
    /// [`hessian_vector_product`](Context::hessian_vector_product). All else as in [`jacobian`](Context::jacobian).
    pub fn hessian<F>(&self, at: &Tensor, function: F) -> Result<Tensor>
    where
        F: Fn(&Context, &Tensor) -> Result<Tensor>,
    {
        self.hessian_with(at, &JacobianOptions::new(), function)
    }

    /// [`hessian`](Context::hessian) with options. With [`JacobianWay::Reverse`] both modes are reverse, for functions whose rules
    /// have no tangents.
    pub fn hessian_with<F>(&self, at: &Tensor, options: &JacobianOptions, function: F) -> Result<Tensor>
    where
        F: Fn(&Context, &Tensor) -> Result<Tensor>,
    {
        let f = of_one("hessian", function);
        self.made("hessian", 1, |to| {
            let (run, data) = (f.callback(), f.user_data());
            call!(tl_hessian(self.handle(), run, data, None, at.handle, &options.raw(), to.as_mut_ptr()))
        })
    }
}

/// A closure of one tensor.
fn of_one<F>(
    name: &'static str,
    function: F,
) -> Lent<impl Fn(&Context, &[TensorRef<'_>]) -> Result<Vec<Tensor>>>
where
    F: Fn(&Context, &Tensor) -> Result<Tensor>,
{
    Lent::new(name, move |c: &Context, x: &[TensorRef<'_>]| Ok(vec![function(c, &x[0])?]))
}
