//! Optimizers.

use crate::error::done;
use crate::list::TensorList;
use crate::{ffi, Code, Context, Error, Result, Variables};
use std::cell::Cell;
use std::fmt;
use std::marker::PhantomData;

/// An optimizer with its slots (momenta), step count and learning rate. Made by builders: [`Sgd`](crate::Sgd),
/// [`Adam`](crate::Adam), [`AdamW`](crate::AdamW), [`Adamax`](crate::Adamax), [`Nadam`](crate::Nadam), [`Adagrad`](crate::Adagrad),
/// [`Adadelta`](crate::Adadelta), [`RmsProp`](crate::RmsProp), [`Ftrl`](crate::Ftrl), [`Lion`](crate::Lion), [`Lamb`](crate::Lamb),
/// [`Adafactor`](crate::Adafactor), [`Muon`](crate::Muon), [`ScheduleFreeAdamW`](crate::ScheduleFreeAdamW) and
/// [`CustomOptimizer`](crate::CustomOptimizer).
pub struct Optimizer {
    pub(crate) handle: *mut ffi::tl_optimizer,
    pub(crate) context: *mut ffi::tl_context,
    one_thread: PhantomData<Cell<()>>,
}

// SAFETY: handles, which are never followed here; nothing of an optimizer is tied to a thread.
unsafe impl Send for Optimizer {}

impl Optimizer {
    pub(crate) fn made(context: &Context, call: &str, handle: *mut ffi::tl_optimizer) -> Result<Optimizer> {
        if handle.is_null() {
            return Err(Error::take(context.handle(), call, ffi::TL_INVALID_ARGUMENT));
        }
        Ok(Optimizer { handle, context: context.handle(), one_thread: PhantomData })
    }

    /// One step: each variable takes its gradient. A variable without one stays as it is, and a log line names it once. A failure
    /// of any kind leaves all variables and the optimizer as they were.
    pub fn apply<G, V>(&self, gradients: &G, variables: &V) -> Result<()>
    where
        G: TensorList + ?Sized,
        V: TensorList + ?Sized,
    {
        gradients.with_handles(|gradients| {
            variables.with_handles(|variables| {
                // A list of variables that is empty because of an error lets that error speak.
                if gradients.len() != variables.len() && !call!(tl_failed(self.context)) {
                    let message = format!(
                        "[optimizer_apply] there must be one gradient per variable: got {} for {} variables",
                        gradients.len(),
                        variables.len()
                    );
                    return Err(Error::new(Code::InvalidArgument, message));
                }
                let count = gradients.len().min(variables.len());
                done(
                    self.context,
                    "optimizer_apply",
                    call!(tl_optimizer_apply(self.handle, gradients.as_ptr(), variables.as_ptr(), count)),
                )
            })
        })
    }

    /// [`apply`](Optimizer::apply) in which gradients may be of rows, as [`Tape::gradient_rows`](crate::Tape::gradient_rows) gives
    /// them: for each variable `None`, or the indices (`I32` or `I64`, strictly ascending, in range) of the rows of the variable
    /// that its gradient holds. The time is that of the rows, whatever the size of the variable, where nobody else holds its value
    /// (a tensor that was read from it, an open tape).
    ///
    /// What is lazy: only these rows change, and only their slots. Plain SGD is the dense update to the bit. With momentum, and with
    /// Adam, the velocity and the moments of the other rows do not decay and these rows do not move (as in TensorFlow's LazyAdam and
    /// PyTorch's SparseAdam). AdamW decays the weights of these rows only. The step count, and with it the bias correction, is that
    /// of the optimizer. An optimizer whose step of a row depends on the other rows (Lamb, Adafactor, schedule-free AdamW, Muon of a matrix)
    /// refuses rows.
    pub fn apply_rows<G, R, V>(&self, gradients: &G, row_indices: &R, variables: &V) -> Result<()>
    where
        G: TensorList + ?Sized,
        R: TensorList + ?Sized,
        V: TensorList + ?Sized,
    {
        gradients.with_handles(|gradients| {
            row_indices.with_handles(|rows| {
                variables.with_handles(|variables| {
                    let (count, both) = (variables.len(), (gradients.len(), rows.len()));
                    if both != (count, count) && !call!(tl_failed(self.context)) {
                        let message = format!(
                            "[optimizer_apply_rows] there must be one gradient and one entry of row_indices per variable: got {} \
                             and {} for {} variables",
                            both.0, both.1, count
                        );
                        return Err(Error::new(Code::InvalidArgument, message));
                    }
                    let count = count.min(both.0).min(both.1);
                    let (gradients, rows, variables) = (gradients.as_ptr(), rows.as_ptr(), variables.as_ptr());
                    let status = call!(tl_optimizer_apply_rows(self.handle, gradients, rows, variables, count));
                    done(self.context, "optimizer_apply_rows", status)
                })
            })
        })
    }

    /// Makes the slots of variables before the first step, as loading a checkpoint needs it.
    pub fn build<V: TensorList + ?Sized>(&self, variables: &V) -> Result<()> {
        variables.with_handles(|variables| {
            done(
                self.context,
                "optimizer_build",
                call!(tl_optimizer_build(self.handle, variables.as_ptr(), variables.len())),
            )
        })
    }

    /// The rate of the next step.
    pub fn learning_rate(&self) -> Result<f64> {
        let rate = call!(tl_optimizer_learning_rate(self.handle));
        if rate.is_nan() {
            done(self.context, "optimizer_learning_rate", ffi::TL_INVALID_ARGUMENT)?;
            // or a schedule's panic goes on
        }
        Ok(rate)
    }

    /// Sets the rate of the steps from now on: finite and not negative.
    pub fn set_learning_rate(&self, rate: f64) -> Result<()> {
        done(
            self.context,
            "optimizer_set_learning_rate",
            call!(tl_optimizer_set_learning_rate(self.handle, rate)),
        )
    }

    /// The number of steps done.
    pub fn iterations(&self) -> Result<u64> {
        u64::try_from(call!(tl_optimizer_iterations(self.handle)))
            .map_err(|_| Error::take(self.context, "optimizer_iterations", ffi::TL_INVALID_ARGUMENT))
    }

    /// All state as variables: steps, rate, then the slots of each variable.
    pub fn variables(&self) -> Variables<'_> {
        Variables::of_optimizer(self.handle, self.context)
    }
}

impl Drop for Optimizer {
    fn drop(&mut self) {
        call!(tl_optimizer_release(self.handle));
    }
}

impl fmt::Debug for Optimizer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Optimizer({:?})", self.handle)
    }
}
