//! A run of a function that is kept, and can be asked any number of times for gradients.

use crate::closure::{once, sealed::Received, Outputs};
use crate::list::TensorList;
use crate::{after, ffi, Code, Context, Error, Gradients, Result, Tensor, TensorRef};
use std::fmt;
use std::ptr;

/// A function that has run, with all that its gradients need, which [`Context::pullback`] gives. What JAX and torch.func return
/// from `vjp`.
///
/// `G` is what it gives: a [`Tensor`] for a single argument, else [`Gradients`].
pub struct Pullback<'ctx, G = Gradients> {
    handle: *mut ffi::tl_pullback,
    context: &'ctx Context,
    arguments: usize,
    values: usize,
    as_gradients: fn(Gradients) -> G,
}

impl Context {
    /// Runs `function` once at `at`, floating-point tensors or variables, and keeps the run: the values, and what gives their
    /// gradients.
    ///
    /// The closure gets the values of `at` (a variable it may also read by itself) and must compute with these very tensors. It
    /// gives a tensor, or an array of them. What it returns as an error comes back unchanged, and so does a panic. A variable that
    /// is assigned later keeps the value of the run.
    ///
    /// ```
    /// # fn main() -> tapeloop::Result<()> {
    /// let c = tapeloop::Context::new()?;
    /// let x = c.tensor(&[1.0f64, 2.0, 3.0], &[3])?;
    /// let (squares, pullback) = c.pullback(&x, |_, x| Ok(x[0].square()))?;
    /// assert_eq!(squares.to_vec::<f64>()?, [1.0, 4.0, 9.0]);
    /// assert_eq!(pullback.gradients()?.to_vec::<f64>()?, [2.0, 4.0, 6.0]);
    /// let of_the_last = c.tensor(&[0.0f64, 0.0, 1.0], &[3])?;
    /// assert_eq!(pullback.gradients_with(&of_the_last)?.to_vec::<f64>()?, [0.0, 0.0, 6.0]);
    /// # Ok(())
    /// # }
    /// ```
    pub fn pullback<P, O, F>(&self, at: &P, function: F) -> Result<(O, Pullback<'_, P::Gradients>)>
    where
        P: TensorList + ?Sized,
        O: Outputs,
        F: FnOnce(&Context, &[TensorRef<'_>]) -> Result<O>,
    {
        self.run_and_keep(at, O::COUNT, |c, x| Ok(function(c, x)?.into_tensors()))
    }

    /// [`pullback`](Context::pullback) of a function with `count` values.
    pub fn pullback_many<P, F>(
        &self,
        at: &P,
        count: usize,
        function: F,
    ) -> Result<(Vec<Tensor>, Pullback<'_, P::Gradients>)>
    where
        P: TensorList + ?Sized,
        F: FnOnce(&Context, &[TensorRef<'_>]) -> Result<Vec<Tensor>>,
    {
        self.run_and_keep(at, count, function)
    }

    fn run_and_keep<P, O, F>(
        &self,
        at: &P,
        count: usize,
        function: F,
    ) -> Result<(O, Pullback<'_, P::Gradients>)>
    where
        P: TensorList + ?Sized,
        O: Received,
        F: FnOnce(&Context, &[TensorRef<'_>]) -> Result<Vec<Tensor>>,
    {
        let f = once("pullback_new", function);
        at.with_handles(|at| {
            let (arguments, as_gradients) = (at.len(), P::as_gradients);
            let handle = ptr::null_mut();
            let mut pullback = Pullback { handle, context: self, arguments, values: count, as_gradients };
            let values = self.made("pullback_new", count, |values| {
                let (run, data) = (f.callback(), f.user_data());
                let (from, number) = (at.as_ptr(), at.len());
                let to = values.as_mut_ptr();
                pullback.handle =
                    call!(tl_pullback_new(self.handle(), run, data, None, from, number, to, count));
                if pullback.handle.is_null() {
                    ffi::TL_INVALID_ARGUMENT
                } else {
                    ffi::TL_OK
                }
            })?;
            Ok((values, pullback))
        })
    }
}

impl<G> Pullback<'_, G> {
    /// The gradients of the sum of all values with respect to each argument, zeros where no value depends on it. Any number of
    /// calls; tapes and forward modes that are open see what it computes.
    pub fn gradients(&self) -> Result<G> {
        self.ask(ptr::null())
    }

    /// The vector-Jacobian product: [`gradients`](Pullback::gradients) of the values times output gradients, one for each value, of
    /// its dtype and shape, where `None` means ones.
    pub fn gradients_with<L: TensorList + ?Sized>(&self, output_gradients: &L) -> Result<G> {
        output_gradients.with_handles(|seeds| {
            if seeds.len() != self.values {
                let message = format!(
                    "[pullback_gradients] there must be one output gradient per value: got {} for {} values",
                    seeds.len(),
                    self.values
                );
                return Err(Error::new(Code::InvalidArgument, message));
            }
            self.ask(seeds.as_ptr())
        })
    }

    fn ask(&self, seeds: *const *mut ffi::tl_tensor) -> Result<G> {
        let mut gradients = vec![ptr::null_mut(); self.arguments];
        let to = gradients.as_mut_ptr();
        let status = call!(tl_pullback_gradients(self.handle, seeds, self.values, to, self.arguments));
        let gradients = Gradients::made(self.context.handle(), "pullback_gradients", status, gradients)?;
        Ok((self.as_gradients)(gradients))
    }

    /// Moves it one scope out; a failure stays in the context.
    pub(crate) fn keep(&self) {
        call!(tl_pullback_keep(self.handle));
    }
}

impl<G> Drop for Pullback<'_, G> {
    fn drop(&mut self) {
        call!(tl_pullback_release(self.handle));
        if !std::thread::panicking() {
            after::deliver(self.context.handle()); // rules that only this run needed are dropped
        }
    }
}

impl<G> fmt::Debug for Pullback<'_, G> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Pullback({} values of {} arguments)", self.values, self.arguments)
    }
}
