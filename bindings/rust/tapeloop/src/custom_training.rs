//! Optimizers and metrics of the program's own: closures written in ops.

use crate::after::{self, Work};
use crate::closure::{array, array_mut, lent, lent_or_none, run};
use crate::error::done;
use crate::list::TensorList;
use crate::{ffi, text, Context, Metric, Optimizer, Result, SlotKind, Tensor, TensorRef};
use std::os::raw::c_void;

/// What the update of a [`CustomOptimizer`] gets for one variable.
#[derive(Debug)]
pub struct Update<'a> {
    context: &'a Context,
    inputs: Vec<TensorRef<'a>>,
}

impl Update<'_> {
    /// The context.
    pub fn context(&self) -> &Context {
        self.context
    }

    /// The variable's value.
    pub fn weights(&self) -> &Tensor {
        &self.inputs[0]
    }

    /// Its gradient.
    pub fn gradient(&self) -> &Tensor {
        &self.inputs[1]
    }

    /// The rate of the step, of rank 0 and of the dtype of the variable.
    pub fn rate(&self) -> &Tensor {
        &self.inputs[2]
    }

    /// The number of the step, from 1 on, of rank 0 and of the dtype of the variable.
    pub fn step(&self) -> &Tensor {
        &self.inputs[3]
    }

    /// A slot, in the order of their declaration. Panics where there is none.
    pub fn slot(&self, index: usize) -> &Tensor {
        &self.inputs[4 + index]
    }
}

/// An optimizer whose update is a closure written in ops.
///
/// For each variable with a gradient the closure gives the new value and the new slots, in the order of their declaration, of the same
/// dtypes and shapes. It runs within [`Optimizer::apply`]; an error that it returns, and a panic, is that of the call, and all variables
/// and slots stay as they were. No tape records what it does. In a compiled step it runs once, when the step is recorded; rate and
/// number of the step are inputs of replays. It must not step the optimizer itself.
///
/// All else is as for any optimizer: schedules, step options, groups, state by name; gradients of rows are not taken.
///
/// ```
/// # fn main() -> tapeloop::Result<()> {
/// use tapeloop::{Context, CustomOptimizer};
/// let c = &Context::new()?;
/// let w = c.variable(&c.zeros(&[2]), "w")?;
/// let momentum = CustomOptimizer::new("momentum").learning_rate(0.5).slot("m", 0.0).build(c, |u| {
///     let m = u.slot(0) * 0.9 + u.gradient();
///     Ok(vec![u.weights() - u.rate() * &m, m])
/// })?;
/// momentum.apply(&[&c.ones(&[2])], &[&w])?;
/// momentum.apply(&[&c.ones(&[2])], &[&w])?;
/// assert_eq!(w.to_vec::<f32>()?, [-1.45, -1.45]);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
#[must_use]
pub struct CustomOptimizer {
    name: String,
    learning_rate: f64,
    slots: Vec<(String, SlotKind, f64)>,
}

impl CustomOptimizer {
    /// Without slots, at a rate of 0.001. The name is that of its state and stands in messages.
    pub fn new(name: impl Into<String>) -> CustomOptimizer {
        CustomOptimizer { name: name.into(), learning_rate: 0.001, slots: Vec::new() }
    }

    /// Finite and not negative.
    pub fn learning_rate(mut self, learning_rate: f64) -> CustomOptimizer {
        self.learning_rate = learning_rate;
        self
    }

    /// State of the shape and dtype of each variable, all of whose elements are `first` before the first step. At most 8 slots.
    pub fn slot(self, name: impl Into<String>, first: f64) -> CustomOptimizer {
        self.slot_of_kind(name, SlotKind::Elements, first)
    }

    /// State of another kind.
    pub fn slot_of_kind(mut self, name: impl Into<String>, kind: SlotKind, first: f64) -> CustomOptimizer {
        self.slots.push((name.into(), kind, first));
        self
    }

    /// Makes the optimizer. It belongs to the innermost scope.
    pub fn build<F>(&self, context: &Context, update: F) -> Result<Optimizer>
    where
        F: Fn(&Update<'_>) -> Result<Vec<Tensor>> + Send + 'static,
    {
        let call = "optimizer_custom";
        let name = text::text(call, &self.name)?;
        let (c, rate) = (context.handle(), self.learning_rate);
        let data = Owned::leak(context, &self.name, update);
        let handle = call!(tl_optimizer_custom(
            c,
            name.as_ptr(),
            rate,
            Some(run_update::<F>),
            data,
            Some(put_aside::<F>)
        ));
        let made = Optimizer::made(context, call, handle)?;
        for (name, kind, first) in &self.slots {
            let name = text::text("optimizer_add_slot", name)?;
            let status = call!(tl_optimizer_add_slot(made.handle, name.as_ptr(), *kind as i32, *first));
            done(c, "optimizer_add_slot", status)?;
        }
        Ok(made)
    }
}

/// The functions of a metric of the program's own.
struct Adding<U, R> {
    states: usize,
    update: U,
    result: R,
}

impl Metric {
    /// A metric whose update and result are closures written in ops. `states` are the names, shapes and first values of its state,
    /// f64 variables.
    ///
    /// `update` gets the state and the inputs of the call, `None` for weights that there are none of, and gives the new state, in the
    /// order of declaration. `result` gets the state and gives one tensor of any shape. Results of other dtypes become f64. The
    /// closures run within the call that needs them: an error or a panic is that of the call, and the state stays as it was. No tape
    /// records what they do; in a compiled step they run once, when it is recorded.
    ///
    /// ```
    /// # fn main() -> tapeloop::Result<()> {
    /// use tapeloop::{Context, Metric};
    /// let c = &Context::new()?;
    /// let largest = Metric::custom(
    ///     c,
    ///     "largest",
    ///     &[("value", &[], 0.0)],
    ///     |_, state, inputs| match &inputs[0] {
    ///         Some(x) => Ok(vec![state[0].maximum(&x.max().cast(tapeloop::DType::F64))]),
    ///         None => Ok(vec![(*state[0]).clone()]),
    ///     },
    ///     |_, state| Ok((*state[0]).clone()),
    /// )?;
    /// largest.update(&c.tensor(&[1.0f32, 3.0, 2.0], &[3])?)?;
    /// assert_eq!(largest.result()?, 3.0);
    /// largest.reset()?;
    /// assert_eq!(largest.result()?, 0.0);
    /// # Ok(())
    /// # }
    /// ```
    pub fn custom<U, R>(
        context: &Context,
        name: &str,
        states: &[(&str, &[i64], f64)],
        update: U,
        result: R,
    ) -> Result<Metric>
    where
        U: Fn(&Context, &[TensorRef<'_>], &[Option<TensorRef<'_>>]) -> Result<Vec<Tensor>> + Send + 'static,
        R: Fn(&Context, &[TensorRef<'_>]) -> Result<Tensor> + Send + 'static,
    {
        let call = "metric_custom";
        let text = text::text(call, name)?;
        let c = context.handle();
        let data = Owned::leak(context, name, Adding { states: states.len(), update, result });
        let handle = call!(tl_metric_custom(
            c,
            text.as_ptr(),
            Some(run_adding::<U, R>),
            Some(run_result::<U, R>),
            data,
            Some(put_aside::<Adding<U, R>>),
        ));
        let made = Metric::made(context, call, handle)?;
        for (name, shape, first) in states {
            let name = text::text("metric_add_state", name)?;
            let (dims, rank) = (shape.as_ptr(), shape.len());
            let status = call!(tl_metric_add_state(made.handle, name.as_ptr(), dims, rank, *first));
            done(c, "metric_add_state", status)?;
        }
        Ok(made)
    }

    /// Gives any number of tensors to a metric of [`Metric::custom`]; `None` entries go to its closure as such. A failure changes
    /// nothing.
    pub fn update_with<L: TensorList + ?Sized>(&self, inputs: &L) -> Result<()> {
        inputs.with_handles(|inputs| {
            let status = call!(tl_metric_update_with(self.handle, inputs.as_ptr(), inputs.len()));
            done(self.context, "metric_update_with", status)
        })
    }
}

/// A closure that an object of C owns.
struct Owned<T> {
    context: *mut ffi::tl_context,
    name: String,
    f: T,
}

impl<T> Owned<T> {
    /// The user data for C, which put_aside() frees.
    fn leak(context: &Context, name: &str, f: T) -> *mut c_void {
        Box::into_raw(Box::new(Owned { context: context.handle(), name: name.into(), f })) as *mut c_void
    }
}

unsafe extern "C" fn run_update<F>(
    context: *mut ffi::tl_context,
    user_data: *mut c_void,
    inputs: *const *mut ffi::tl_tensor,
    num_inputs: usize,
    outputs: *mut *mut ffi::tl_tensor,
    num_outputs: usize,
) -> i32
where
    F: Fn(&Update<'_>) -> Result<Vec<Tensor>>,
{
    // SAFETY: the user data is the box that the optimizer holds, and arrays have as many entries as C says.
    let (owned, inputs, outputs) = unsafe {
        (&*(user_data as *const Owned<F>), array(inputs, num_inputs), array_mut(outputs, num_outputs))
    };
    run(context, &owned.name, outputs, |c| {
        let update = Update { context: c, inputs: lent(inputs, context) };
        Ok((owned.f)(&update)?.into_iter().map(Some).collect())
    })
}

unsafe extern "C" fn run_adding<U, R>(
    context: *mut ffi::tl_context,
    user_data: *mut c_void,
    inputs: *const *mut ffi::tl_tensor,
    num_inputs: usize,
    outputs: *mut *mut ffi::tl_tensor,
    num_outputs: usize,
) -> i32
where
    U: Fn(&Context, &[TensorRef<'_>], &[Option<TensorRef<'_>>]) -> Result<Vec<Tensor>>,
{
    // SAFETY: the user data is the box that the metric holds, and arrays have as many entries as C says.
    let (owned, inputs, outputs) = unsafe {
        (
            &*(user_data as *const Owned<Adding<U, R>>),
            array(inputs, num_inputs),
            array_mut(outputs, num_outputs),
        )
    };
    run(context, &owned.name, outputs, |c| {
        let (state, given) = inputs.split_at(owned.f.states.min(inputs.len()));
        let new = (owned.f.update)(c, &lent(state, context), &lent_or_none(given, context))?;
        Ok(new.into_iter().map(Some).collect())
    })
}

unsafe extern "C" fn run_result<U, R>(
    context: *mut ffi::tl_context,
    user_data: *mut c_void,
    inputs: *const *mut ffi::tl_tensor,
    num_inputs: usize,
    outputs: *mut *mut ffi::tl_tensor,
    num_outputs: usize,
) -> i32
where
    R: Fn(&Context, &[TensorRef<'_>]) -> Result<Tensor>,
{
    // SAFETY: the user data is the box that the metric holds, and arrays have as many entries as C says.
    let (owned, inputs, outputs) = unsafe {
        (
            &*(user_data as *const Owned<Adding<U, R>>),
            array(inputs, num_inputs),
            array_mut(outputs, num_outputs),
        )
    };
    run(context, &owned.name, outputs, |c| Ok(vec![Some((owned.f.result)(c, &lent(inputs, context))?)]))
}

/// The end of a closure. Dropping it runs code of the program: that waits until the call is back from C.
unsafe extern "C" fn put_aside<T: Send + 'static>(user_data: *mut c_void) {
    // SAFETY: runs once, with the box that was leaked for the object.
    let owned = unsafe { Box::from_raw(user_data as *mut Owned<T>) };
    let Owned { context, f, .. } = *owned;
    after::push(context, Work::Drop(Box::new(f)));
}
