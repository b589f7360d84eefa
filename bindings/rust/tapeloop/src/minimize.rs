//! Optimizers that evaluate the loss several times in one step: L-BFGS, and sharpness-aware minimization.

use crate::after::{self, Work};
use crate::closure::{array_mut, run};
use crate::error::done;
use crate::list::TensorList;
use crate::{ffi, Code, Context, Error, Gradients, MinimizeStatistics, Optimizer, Result, Tensor};
use std::os::raw::c_void;
use std::ptr;

/// Options of [`Optimizer::apply_sam`].
#[derive(Debug, Clone, Default)]
#[must_use]
pub struct Sam {
    rho: f64,
    adaptive: bool,
    eta: f64,
}

impl Sam {
    /// All options at their defaults.
    pub fn new() -> Sam {
        Sam::default()
    }

    /// The radius of the neighbourhood, above 0 (default 0.05, or 0.5 when adaptive).
    pub fn rho(mut self, rho: f64) -> Sam {
        self.rho = rho;
        self
    }

    /// Scaled by the weights, T = |w| + eta (Kwon et al. 2021; default false).
    pub fn adaptive(mut self, adaptive: bool) -> Sam {
        self.adaptive = adaptive;
        self
    }

    /// Of the adaptive one, not negative (default 0.01).
    pub fn eta(mut self, eta: f64) -> Sam {
        self.eta = eta;
        self
    }
}

impl Optimizer {
    /// At most `max_iterations` iterations of [`Lbfgs`](crate::Lbfgs) from the values of the variables on. `evaluate` gives the loss at
    /// the values that they have when it is called, and its gradients, in their order; it runs many times.
    ///
    /// History stays for the next call with the same variables. An error of the closure, a panic, and a loss that is not finite where it
    /// begins leave variables and optimizer as they were. Outside of compiled steps only.
    ///
    /// ```
    /// # fn main() -> tapeloop::Result<()> {
    /// use tapeloop::{Context, Lbfgs};
    /// let c = &Context::new()?;
    /// let x = c.variable(&c.tensor(&[-1.2f64, 1.0], &[2])?, "x")?;
    /// let lbfgs = Lbfgs::new().max_iterations(100).build(c)?;
    /// let report = lbfgs.minimize(&[&x], |c| {
    ///     let tape = c.tape()?;
    ///     let (a, b) = (x.slice(&[0], &[1]), x.slice(&[1], &[2]));
    ///     let loss = ((&b - a.square()).square() * 100.0 + (-a + 1.0).square()).sum(); // Rosenbrock's valley
    ///     Ok((loss.clone(), tape.gradient(&loss, &[&x])?))
    /// })?;
    /// assert!(report.converged && (x.to_vec::<f64>()?[0] - 1.0).abs() < 1e-6);
    /// # Ok(())
    /// # }
    /// ```
    pub fn minimize<V, F>(&self, variables: &V, evaluate: F) -> Result<MinimizeStatistics>
    where
        V: TensorList + ?Sized,
        F: FnMut(&Context) -> Result<(Tensor, Gradients)>,
    {
        let mut closure = Evaluation { name: "optimizer_minimize", evaluate };
        let mut raw = MinimizeStatistics::raw();
        variables.with_handles(|v| {
            let (first, count) = (v.as_ptr(), v.len());
            let data = &mut closure as *mut Evaluation<F> as *mut c_void;
            let run = Some(run_evaluation::<F> as _);
            let status = call!(tl_optimizer_minimize(self.handle, run, data, None, first, count, &mut raw));
            done(self.context, "optimizer_minimize", status)
        })?;
        Ok(MinimizeStatistics::from(&raw))
    }

    /// One step of sharpness-aware minimization (Foret et al. 2021) around this optimizer: the gradient at w + rho g / |g|, the worst point
    /// nearby, is applied at w. `evaluate` gives the loss at the values that the variables have when it is called, and its gradients, in
    /// their order; it runs twice. The loss at w. Works in a compiled step, where the closure runs when it is recorded only. A failure
    /// leaves variables and optimizer as they were.
    ///
    /// ```
    /// # fn main() -> tapeloop::Result<()> {
    /// use tapeloop::{Context, Sam, Sgd};
    /// let c = &Context::new()?;
    /// let w = c.variable(&c.tensor(&[3.0f64, 4.0], &[2])?, "w")?;
    /// let sgd = Sgd::new().learning_rate(0.5).build(c)?;
    /// let loss = sgd.apply_sam(&Sam::new().rho(5.0), &[&w], |c| {
    ///     let tape = c.tape()?;
    ///     let loss = w.square().sum() / 2.0;
    ///     Ok((loss.clone(), tape.gradient(&loss, &[&w])?))
    /// })?;
    /// assert_eq!(loss.item()?, 12.5);
    /// let moved = w.to_vec::<f64>()?; // 0.5 times the gradient at (6, 8) further down
    /// assert!(moved[0].abs() < 1e-9 && moved[1].abs() < 1e-9);
    /// # Ok(())
    /// # }
    /// ```
    pub fn apply_sam<V, F>(&self, options: &Sam, variables: &V, evaluate: F) -> Result<Tensor>
    where
        V: TensorList + ?Sized,
        F: FnMut(&Context) -> Result<(Tensor, Gradients)>,
    {
        let mut closure = Evaluation { name: "optimizer_apply_sam", evaluate };
        let mut raw = options!(tl_sam_options, tl_sam_options_init);
        raw.rho = options.rho;
        raw.adaptive = options.adaptive;
        raw.eta = options.eta;
        let mut loss = ptr::null_mut();
        let status = variables.with_handles(|v| {
            let (first, count) = (v.as_ptr(), v.len());
            let data = &mut closure as *mut Evaluation<F> as *mut c_void;
            let run = Some(run_evaluation::<F> as _);
            call!(tl_optimizer_apply_sam(self.handle, &raw, run, data, None, first, count, &mut loss))
        });
        let loss = Tensor::from_raw(loss, self.context); // given up when the call has failed after all
        done(self.context, "optimizer_apply_sam", status)?;
        Ok(loss)
    }
}

/// A closure in the frame of the call that is running.
struct Evaluation<F> {
    name: &'static str,
    evaluate: F,
}

unsafe extern "C" fn run_evaluation<F>(
    context: *mut ffi::tl_context,
    user_data: *mut c_void,
    _: *const *mut ffi::tl_tensor,
    _: usize,
    outputs: *mut *mut ffi::tl_tensor,
    num_outputs: usize,
) -> i32
where
    F: FnMut(&Context) -> Result<(Tensor, Gradients)>,
{
    // SAFETY: the user data is in the frame of the call that is running, which C calls back one at a time.
    let closure = unsafe { &mut *(user_data as *mut Evaluation<F>) };
    // SAFETY: the array has as many entries as C says.
    let outputs = unsafe { array_mut(outputs, num_outputs) };
    let Evaluation { name, evaluate } = closure;
    let (first, others) = match outputs.split_first_mut() {
        Some((first, others)) => (std::slice::from_mut(first), others),
        None => return ffi::TL_INTERNAL,
    };
    run(context, name, first, |c| {
        let (loss, gradients) = evaluate(c)?;
        let handles = gradients.handles();
        if handles.len() != others.len() {
            let message = format!(
                "[{}] there must be one gradient per variable: got {} for {} variables",
                name,
                handles.len(),
                others.len()
            );
            return Err(Error::new(Code::InvalidArgument, message));
        }
        others.copy_from_slice(handles);
        after::push(context, Work::Drop(Box::new(gradients))); // C reads them when this is back
        Ok(vec![Some(loss)])
    })
}
