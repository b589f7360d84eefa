//! Groups of variables in one optimizer.

use crate::error::done;
use crate::list::TensorList;
use crate::{ffi, Optimizer, Result};

impl Optimizer {
    /// From now on these variables step as those of `group` would, an optimizer of the same kind or another: by its formula, slots,
    /// rate and schedule, within the steps of this optimizer, which are given all variables at once and are all or nothing. Variables
    /// in no group step by this optimizer. Parameter groups of PyTorch and Keras's MultiOptimizer in one.
    ///
    /// The group's rate and schedule can be set as before; compiled steps take the rates as inputs. Of the
    /// [`StepOptions`](crate::StepOptions) a group may have `clip_value`, `clip_norm`, `adaptive_clip_factor` and weight decay of its own, configured before;
    /// one that has not been configured takes those of the optimizer, and all the rest is the optimizer's. Right after making both;
    /// steps of a group by itself are refused from then on. [`variables`](Optimizer::variables) lists the state of all groups.
    ///
    /// ```
    /// # fn main() -> tapeloop::Result<()> {
    /// use tapeloop::{AdamW, Context, Muon};
    /// let c = &Context::new()?;
    /// let (kernel, bias) = (c.variable(&c.ones(&[4, 4]), "kernel")?, c.variable(&c.ones(&[4]), "bias")?);
    /// let adamw = AdamW::new().learning_rate(0.01).build(c)?;
    /// let muon = Muon::new().learning_rate(0.02).build(c)?;
    /// adamw.add_group(&muon, &[&kernel])?;
    /// adamw.apply(&[&c.ones(&[4, 4]), &c.ones(&[4])], &[&kernel, &bias])?;
    /// muon.set_learning_rate(0.01)?;
    /// assert_eq!(muon.iterations()?, 1);
    /// # Ok(())
    /// # }
    /// ```
    pub fn add_group<V: TensorList + ?Sized>(&self, group: &Optimizer, variables: &V) -> Result<()> {
        self.add_group_with_multiplier(group, variables, 0.0)
    }

    /// [`add_group`](Optimizer::add_group) whose rate is that of this optimizer times `rate_multiplier`, whatever gives that one;
    /// 0: the group has a rate of its own.
    pub fn add_group_with_multiplier<V: TensorList + ?Sized>(
        &self,
        group: &Optimizer,
        variables: &V,
        rate_multiplier: f64,
    ) -> Result<()> {
        variables.with_handles(|v| {
            let (first, count) = (v.as_ptr(), v.len());
            let status =
                call!(tl_optimizer_add_group(self.handle, group.handle, first, count, rate_multiplier));
            done(self.context, "optimizer_add_group", status)
        })
    }
}
