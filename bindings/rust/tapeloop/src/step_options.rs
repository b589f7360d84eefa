//! What surrounds the update of any optimizer.

use crate::error::done;
use crate::list::TensorList;
use crate::{ffi, Error, Optimizer, Result, StepOptions, Tensor};

impl Optimizer {
    /// Sets the options of all steps, right after making the optimizer: gradient accumulation, clipping, weight decay, averages of
    /// weights, loss scale, and what becomes of gradients that are not finite. Compiled steps follow them, to the bit.
    ///
    /// ```
    /// # fn main() -> tapeloop::Result<()> {
    /// use tapeloop::{Context, Sgd, StepOptions};
    /// let c = &Context::new()?;
    /// let sgd = Sgd::new().learning_rate(1.0).build(c)?;
    /// sgd.configure(&StepOptions::new().gradient_accumulation_steps(2).clip_value(3.0))?;
    /// let w = c.variable(&c.zeros(&[1]), "w")?;
    /// sgd.apply(&[&c.ones(&[1])], &[&w])?;
    /// assert_eq!(w.item()?, 0.0); // added up
    /// sgd.apply(&[&(c.ones(&[1]) * 9.0)], &[&w])?;
    /// assert_eq!(w.item()?, -3.0); // the mean is 5, clipped to 3
    /// # Ok(())
    /// # }
    /// ```
    pub fn configure(&self, options: &StepOptions) -> Result<()> {
        let status = call!(tl_optimizer_configure(self.handle, &options.raw()));
        done(self.context, "optimizer_configure", status)
    }

    /// Variables whose weights do not decay, biases and scales of normalisations as a rule: neither by the option nor by the
    /// optimizer's own weight decay. More of them with each call, before the first step or build.
    pub fn exclude_from_weight_decay<V: TensorList + ?Sized>(&self, variables: &V) -> Result<()> {
        variables.with_handles(|v| {
            let status = call!(tl_optimizer_exclude_from_weight_decay(self.handle, v.as_ptr(), v.len()));
            done(self.context, "optimizer_exclude_from_weight_decay", status)
        })
    }

    /// Variables that a step sets to their gradients, as they are: not scaled, not clipped, without weight decay, update, averages,
    /// Lookahead and constraint. So state comes through that an op's gradient rule hands on in the place of a gradient, such as scales
    /// and histories of largest values in training with float8. With accumulation they become the largest, element by element, of the
    /// gradients of a step's calls and of 0, as in Keras. Before the first step or build.
    ///
    /// ```
    /// # fn main() -> tapeloop::Result<()> {
    /// use tapeloop::{Context, Sgd, StepOptions};
    /// let c = &Context::new()?;
    /// let sgd = Sgd::new().build(c)?;
    /// sgd.configure(&StepOptions::new().clip_value(1.0))?;
    /// let scale = c.variable(&c.ones(&[1]), "scale")?;
    /// sgd.overwrite_with_gradient(&[&scale])?;
    /// sgd.apply(&[&(c.ones(&[1]) * 448.0)], &[&scale])?;
    /// assert_eq!(scale.item()?, 448.0);
    /// # Ok(())
    /// # }
    /// ```
    pub fn overwrite_with_gradient<V: TensorList + ?Sized>(&self, variables: &V) -> Result<()> {
        variables.with_handles(|v| {
            let status = call!(tl_optimizer_overwrite_with_gradient(self.handle, v.as_ptr(), v.len()));
            done(self.context, "optimizer_overwrite_with_gradient", status)
        })
    }

    /// Each step of these variables ends with a projection of their elements to `[min, max]`, one of which may be infinite: 0 and
    /// infinity keep weights from being negative, `-c` and `c` clip them. It is the last thing that a step does, behind averages and their
    /// overwriting, as in Keras. Calls that only accumulate, or are skipped, and variables without a gradient are left alone. A variable
    /// may have one constraint, which must be set before the first step or build.
    ///
    /// ```
    /// # fn main() -> tapeloop::Result<()> {
    /// use tapeloop::{Context, Sgd};
    /// let c = &Context::new()?;
    /// let sgd = Sgd::new().learning_rate(1.0).build(c)?;
    /// let w = c.variable(&c.ones(&[1]), "w")?;
    /// sgd.constrain_range(0.0, f64::INFINITY, &[&w])?;
    /// sgd.apply(&[&(c.ones(&[1]) * 3.0)], &[&w])?;
    /// assert_eq!(w.item()?, 0.0); // not -2
    /// # Ok(())
    /// # }
    /// ```
    pub fn constrain_range<V: TensorList + ?Sized>(&self, min: f64, max: f64, variables: &V) -> Result<()> {
        variables.with_handles(|v| {
            let status = call!(tl_optimizer_constrain_range(self.handle, min, max, v.as_ptr(), v.len()));
            done(self.context, "optimizer_constrain_range", status)
        })
    }

    /// [`constrain_range`](Optimizer::constrain_range) for Euclidean norms over axes, without any the first one, as in Keras: of a kernel
    /// (inputs, outputs) the norms of what reaches each output. Each step brings them to `[min, max]`, `rate` of the way (above 0, at most
    /// 1): 0 and `c` are a largest norm, 1 and 1 the norm 1. What is within the bounds keeps its bits.
    pub fn constrain_norm<V: TensorList + ?Sized>(
        &self,
        min: f64,
        max: f64,
        rate: f64,
        axes: &[i64],
        variables: &V,
    ) -> Result<()> {
        variables.with_handles(|v| {
            let status = call!(tl_optimizer_constrain_norm(
                self.handle,
                min,
                max,
                rate,
                axes.as_ptr(),
                axes.len(),
                v.as_ptr(),
                v.len()
            ));
            done(self.context, "optimizer_constrain_norm", status)
        })
    }

    /// The loss times the scale of now, which [`apply`](Optimizer::apply) divides its gradients by: take the gradient of this. The
    /// loss itself where there is no scale.
    pub fn scale_loss(&self, loss: &Tensor) -> Tensor {
        expression!(self.context, tl_optimizer_scale_loss(self.handle, loss.handle))
    }

    /// The factor of [`scale_loss`](Optimizer::scale_loss), 1 where there is none. Outside of compiled steps.
    pub fn loss_scale(&self) -> Result<f64> {
        let scale = call!(tl_optimizer_loss_scale(self.handle));
        if scale.is_nan() {
            return Err(Error::take(self.context, "optimizer_loss_scale", ffi::TL_INVALID_ARGUMENT));
        }
        Ok(scale)
    }

    /// The number of calls that changed nothing because a gradient was not finite. Outside of compiled steps.
    pub fn skipped_steps(&self) -> Result<u64> {
        u64::try_from(call!(tl_optimizer_skipped_steps(self.handle)))
            .map_err(|_| Error::take(self.context, "optimizer_skipped_steps", ffi::TL_INVALID_ARGUMENT))
    }

    /// Exchanges weights and averages of all variables of the optimizer, for an evaluation; the next call exchanges them back.
    /// Meanwhile [`apply`](Optimizer::apply) is refused. The variables are all that the optimizer has had gradients for. Outside of
    /// compiled steps.
    pub fn swap_averages<V: TensorList + ?Sized>(&self, variables: &V) -> Result<()> {
        variables.with_handles(|v| {
            let status = call!(tl_optimizer_swap_averages(self.handle, v.as_ptr(), v.len()));
            done(self.context, "optimizer_swap_averages", status)
        })
    }
}
