//! Gradient rules and recomputed segments: closures that C calls while it computes.

use crate::after::{self, Work};
use crate::closure::{array, array_mut, lent, lent_or_none, run};
use crate::error::done;
use crate::list::TensorList;
use crate::{ffi, text, Code, Context, Error, Result, Tensor, TensorRef};
use std::cell::Cell;
use std::os::raw::c_void;
use std::ptr;

/// What the backward closure of [`Context::custom_gradient`] gets: the values of the forward pass, and the gradients of the
/// outputs.
#[derive(Debug)]
pub struct Backward<'a> {
    context: &'a Context,
    inputs: Vec<TensorRef<'a>>,
    outputs: Vec<TensorRef<'a>>,
    gradients: Vec<Option<TensorRef<'a>>>,
}

impl Backward<'_> {
    /// The context.
    pub fn context(&self) -> &Context {
        self.context
    }

    /// The inputs, and after them the captured variables.
    pub fn inputs(&self) -> &[TensorRef<'_>] {
        &self.inputs
    }

    /// The outputs.
    pub fn outputs(&self) -> &[TensorRef<'_>] {
        &self.outputs
    }

    /// The gradient that arrived at each output; `None` where none did.
    pub fn gradients(&self) -> &[Option<TensorRef<'_>>] {
        &self.gradients
    }

    /// The gradient that arrived at the first output, zeros where none did.
    pub fn gradient(&self) -> Result<Tensor> {
        match (self.gradients.first(), self.outputs.first()) {
            (Some(None), Some(output)) => Ok(self.context.zeros_dtype(&output.shape()?, output.dtype()?)),
            (Some(Some(gradient)), _) => Ok((**gradient).clone()),
            _ => Err(Error::new(
                Code::InvalidArgument,
                "[gradient] the function must have an output: got none",
            )),
        }
    }
}

/// What the tangent closure of [`Context::custom_gradients_with_tangents`] gets: the values of the forward pass, and the tangents
/// of the inputs.
#[derive(Debug)]
pub struct Tangents<'a> {
    context: &'a Context,
    inputs: Vec<TensorRef<'a>>,
    outputs: Vec<TensorRef<'a>>,
    tangents: Vec<Option<TensorRef<'a>>>,
}

impl Tangents<'_> {
    /// The context.
    pub fn context(&self) -> &Context {
        self.context
    }

    /// The inputs, and after them the captured variables.
    pub fn inputs(&self) -> &[TensorRef<'_>] {
        &self.inputs
    }

    /// The outputs.
    pub fn outputs(&self) -> &[TensorRef<'_>] {
        &self.outputs
    }

    /// The tangent of each input; `None` for one that does not move. At least one does.
    pub fn tangents(&self) -> &[Option<TensorRef<'_>>] {
        &self.tangents
    }
}

/// What a tape keeps: the closure that it calls later, and the forward closure while the call that brought it is running.
struct Rule<B> {
    context: *mut ffi::tl_context,
    name: String,
    forward: Cell<*mut c_void>,
    later: B,
}

impl<B> Rule<B> {
    /// The user data for C, which put_aside() frees.
    fn leak(context: &Context, name: &str, forward: *mut c_void, later: B) -> *mut c_void {
        let forward = Cell::new(forward);
        Box::into_raw(Box::new(Rule { context: context.handle(), name: name.into(), forward, later }))
            as *mut c_void
    }
}

/// A backward closure, also where a tangent closure is with it.
trait BackwardRule {
    fn backward(&self, call: &Backward<'_>) -> Result<Vec<Option<Tensor>>>;
}

impl<B: Fn(&Backward<'_>) -> Result<Vec<Option<Tensor>>>> BackwardRule for B {
    fn backward(&self, call: &Backward<'_>) -> Result<Vec<Option<Tensor>>> {
        self(call)
    }
}

struct Both<B, J> {
    backward: B,
    tangents: J,
}

impl<B: BackwardRule, J> BackwardRule for Both<B, J> {
    fn backward(&self, call: &Backward<'_>) -> Result<Vec<Option<Tensor>>> {
        self.backward.backward(call)
    }
}

impl Context {
    /// Runs `forward` and lets `backward` be its gradient: one tensor of its shape for each input, or `None`.
    ///
    /// Open tapes do not see what `forward` does: they get one entry. `backward` runs in each gradient call that comes by, with
    /// ops that outer tapes record, so that gradients of gradients are those of what it computes. An error that a closure
    /// returns comes back from the call unchanged; so does a panic, and the context works afterwards.
    ///
    /// Closures nest 200 levels deep; a call inside of so many is [`Code::FailedPrecondition`].
    ///
    /// ```
    /// # fn main() -> tapeloop::Result<()> {
    /// let c = tapeloop::Context::new()?;
    /// let x = c.variable(&c.tensor(&[0.4f32, 1.6], &[2])?, "x")?;
    /// let tape = c.tape()?;
    /// // Rounding down, whose gradient is that of the identity.
    /// let y = c.custom_gradient("round", &x, |_, x| Ok(x[0].floor()), |call| Ok(vec![Some(call.gradient()?)]))?;
    /// assert_eq!(y.to_vec::<f32>()?, [0.0, 1.0]);
    /// assert_eq!(tape.gradient(&y, &x)?.to_vec::<f32>()?, [1.0, 1.0]);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// Gradients of gradients: log(1 + e^x) without an overflow, whose rule is differentiated in turn.
    ///
    /// ```
    /// # fn main() -> tapeloop::Result<()> {
    /// let c = tapeloop::Context::new()?;
    /// let x = c.variable(&c.tensor(&[0.0f64, 1000.0], &[2])?, "x")?;
    /// let (outer, inner) = (c.tape()?, c.tape()?);
    /// let y = c.custom_gradient(
    ///     "log1p_exp",
    ///     &x,
    ///     |_, x| Ok(x[0].relu() + ((-x[0].abs()).exp() + 1.0).log()),
    ///     |call| Ok(vec![Some(call.gradient()? * call.inputs()[0].sigmoid())]),
    /// )?;
    /// let slope = inner.gradient(&y, &x)?;
    /// assert_eq!(slope.to_vec::<f64>()?, [0.5, 1.0]);
    /// assert_eq!(outer.gradient(&slope, &x)?.to_vec::<f64>()?, [0.25, 0.0]); // s (1 - s)
    /// # Ok(())
    /// # }
    /// ```
    pub fn custom_gradient<L, F, B>(&self, name: &str, inputs: &L, forward: F, backward: B) -> Result<Tensor>
    where
        L: TensorList + ?Sized,
        F: FnOnce(&Context, &[TensorRef<'_>]) -> Result<Tensor>,
        B: Fn(&Backward<'_>) -> Result<Vec<Option<Tensor>>> + Send + 'static,
    {
        let none: [Tensor; 0] = [];
        let forward = |c: &Context, x: &[TensorRef<'_>]| Ok(vec![forward(c, x)?]);
        Ok(self.custom_gradients(name, inputs, &none, 1, forward, backward)?.remove(0))
    }

    /// [`custom_gradient`](Context::custom_gradient) with `count` outputs, and `captured`: the trainable variables that `forward`
    /// reads without getting them as inputs. `backward` gets their values after the inputs, and gives their gradients there.
    pub fn custom_gradients<L, V, F, B>(
        &self,
        name: &str,
        inputs: &L,
        captured: &V,
        count: usize,
        forward: F,
        backward: B,
    ) -> Result<Vec<Tensor>>
    where
        L: TensorList + ?Sized,
        V: TensorList + ?Sized,
        F: FnOnce(&Context, &[TensorRef<'_>]) -> Result<Vec<Tensor>>,
        B: Fn(&Backward<'_>) -> Result<Vec<Option<Tensor>>> + Send + 'static,
    {
        let text = text::text("custom_gradient", name)?;
        let mut forward = Some(forward);
        let forward = &mut forward as *mut Option<F> as *mut c_void;
        self.made("custom_gradient", count, |outputs| {
            inputs.with_handles(|inputs| {
                captured.with_handles(|captured| {
                    let data = Rule::leak(self, name, forward, backward);
                    call!(tl_custom_gradient(
                        self.handle(),
                        text.as_ptr(),
                        Some(run_forward::<F, B>),
                        Some(run_backward::<B>),
                        data,
                        Some(put_aside::<B>),
                        inputs.as_ptr(),
                        inputs.len(),
                        captured.as_ptr(),
                        captured.len(),
                        outputs.as_mut_ptr(),
                        outputs.len(),
                    ))
                })
            })
        })
    }

    /// [`custom_gradients`](Context::custom_gradients) with a rule for forward mode, `tangents`, which runs where an input has a
    /// tangent: one tensor of its shape for each output, or `None`. Without such a rule these inputs are [`Code::Unsupported`].
    #[allow(clippy::too_many_arguments)] // three closures, and what they are about
    pub fn custom_gradients_with_tangents<L, V, F, B, J>(
        &self,
        name: &str,
        inputs: &L,
        captured: &V,
        count: usize,
        forward: F,
        backward: B,
        tangents: J,
    ) -> Result<Vec<Tensor>>
    where
        L: TensorList + ?Sized,
        V: TensorList + ?Sized,
        F: FnOnce(&Context, &[TensorRef<'_>]) -> Result<Vec<Tensor>>,
        B: Fn(&Backward<'_>) -> Result<Vec<Option<Tensor>>> + Send + 'static,
        J: Fn(&Tangents<'_>) -> Result<Vec<Option<Tensor>>> + Send + 'static,
    {
        let text = text::text("custom_gradient_with_jvp", name)?;
        let mut forward = Some(forward);
        let forward = &mut forward as *mut Option<F> as *mut c_void;
        self.made("custom_gradient_with_jvp", count, |outputs| {
            inputs.with_handles(|inputs| {
                captured.with_handles(|captured| {
                    let data = Rule::leak(self, name, forward, Both { backward, tangents });
                    call!(tl_custom_gradient_with_jvp(
                        self.handle(),
                        text.as_ptr(),
                        Some(run_forward::<F, Both<B, J>>),
                        Some(run_backward::<Both<B, J>>),
                        Some(run_tangents::<B, J>),
                        data,
                        Some(put_aside::<Both<B, J>>),
                        inputs.as_ptr(),
                        inputs.len(),
                        captured.as_ptr(),
                        captured.len(),
                        outputs.as_mut_ptr(),
                        outputs.len(),
                    ))
                })
            })
        })
    }

    /// Runs `segment` and keeps nothing of what it computes inside: open tapes run it again when their gradient is taken. Memory
    /// for time: of a chain of segments only the values between them stay alive.
    ///
    /// The segment must depend on nothing but its inputs, variables and the context's random numbers, which are the same ones the
    /// second time.
    ///
    /// ```
    /// # fn main() -> tapeloop::Result<()> {
    /// use std::sync::{atomic::{AtomicUsize, Ordering}, Arc};
    /// let c = tapeloop::Context::new()?;
    /// let x = c.variable(&c.tensor(&[0.5f64, 2.0], &[2])?, "x")?;
    /// let runs = Arc::new(AtomicUsize::new(0));
    /// let counted = Arc::clone(&runs);
    /// let tape = c.tape()?;
    /// let y = c.recompute("cube", &x, move |_, x| {
    ///     counted.fetch_add(1, Ordering::Relaxed);
    ///     Ok(&*x[0] * &*x[0] * &*x[0])
    /// })?;
    /// assert_eq!(runs.load(Ordering::Relaxed), 1);
    /// assert_eq!(tape.gradient(&y, &x)?.to_vec::<f64>()?, [0.75, 12.0]);
    /// assert_eq!(runs.load(Ordering::Relaxed), 2); // once more, for the gradient
    /// # Ok(())
    /// # }
    /// ```
    pub fn recompute<L, S>(&self, name: &str, inputs: &L, segment: S) -> Result<Tensor>
    where
        L: TensorList + ?Sized,
        S: Fn(&Context, &[TensorRef<'_>]) -> Result<Tensor> + Send + 'static,
    {
        Ok(self.recompute_many(name, inputs, 1, move |c, x| Ok(vec![segment(c, x)?]))?.remove(0))
    }

    /// [`recompute`](Context::recompute) with `count` outputs.
    pub fn recompute_many<L, S>(
        &self,
        name: &str,
        inputs: &L,
        count: usize,
        segment: S,
    ) -> Result<Vec<Tensor>>
    where
        L: TensorList + ?Sized,
        S: Fn(&Context, &[TensorRef<'_>]) -> Result<Vec<Tensor>> + Send + 'static,
    {
        let text = text::text("recompute", name)?;
        self.made("recompute", count, |outputs| {
            inputs.with_handles(|inputs| {
                let data = Rule::leak(self, name, ptr::null_mut(), segment);
                call!(tl_recompute(
                    self.handle(),
                    text.as_ptr(),
                    Some(run_segment::<S>),
                    data,
                    Some(put_aside::<S>),
                    inputs.as_ptr(),
                    inputs.len(),
                    outputs.as_mut_ptr(),
                    outputs.len(),
                ))
            })
        })
    }
}

impl Context {
    /// Runs a closure that the program got from somebody else, as C runs callbacks: for loops and layers that take closures, of which
    /// [`Fit`](crate::Fit) is one. Until it returns, neither the context nor a scope that is open now can be ended, whatever the closure
    /// has got hold of; scopes that it leaves open end behind it. It nests as closures do, 200 levels deep. `name` stands for it in messages.
    ///
    /// # Errors
    /// That of the closure, unchanged, and the first failure of an op in it that it has not looked at. A panic goes on.
    ///
    /// ```
    /// # fn main() -> tapeloop::Result<()> {
    /// let c = &tapeloop::Context::new()?;
    /// assert_eq!(c.call_guarded("plugin", |c| c.ones(&[3]).sum().item())?, 3.0);
    /// # Ok(())
    /// # }
    /// ```
    pub fn call_guarded<F, R>(&self, name: &str, f: F) -> Result<R>
    where
        F: FnOnce(&Context) -> Result<R>,
    {
        let text = text::text("call_guarded", name)?;
        let guarded = Guarded { name, f: Cell::new(Some(f)), result: Cell::new(None) };
        let user_data = &guarded as *const Guarded<'_, F, R> as *mut c_void;
        let c = self.handle();
        let status = call!(tl_call_guarded(c, text.as_ptr(), Some(run_guarded::<F, R>), user_data, None));
        done(c, "call_guarded", status)?;
        let lost = || Error::new(Code::Internal, "[call_guarded] the closure was not called");
        guarded.result.take().ok_or_else(lost)
    }
}

/// A closure of [`Context::call_guarded`], in the frame of that call.
struct Guarded<'a, F, R> {
    name: &'a str,
    f: Cell<Option<F>>,
    result: Cell<Option<R>>,
}

unsafe extern "C" fn run_guarded<F, R>(context: *mut ffi::tl_context, user_data: *mut c_void) -> i32
where
    F: FnOnce(&Context) -> Result<R>,
{
    // SAFETY: the user data is in the frame of the call that is running.
    let guarded = unsafe { &*(user_data as *const Guarded<'_, F, R>) };
    run(context, guarded.name, &mut [], |c| {
        let twice = || Error::new(Code::Internal, "[call_guarded] the closure was called twice");
        guarded.result.set(Some(guarded.f.take().ok_or_else(twice)?(c)?));
        Ok(Vec::new())
    })
}

impl Tensor {
    /// The value of this tensor with the gradient of `path`: what arrives goes to `path` unchanged, and nothing here. Both of one
    /// floating dtype and shape. For functions without a useful derivative, such as rounding and sampling.
    pub fn grad_pass_through(&self, path: &Tensor) -> Tensor {
        expression!(self.context, tl_grad_pass_through(self.context, self.handle, path.handle))
    }
}

unsafe extern "C" fn run_forward<F, B>(
    context: *mut ffi::tl_context,
    user_data: *mut c_void,
    inputs: *const *mut ffi::tl_tensor,
    num_inputs: usize,
    outputs: *mut *mut ffi::tl_tensor,
    num_outputs: usize,
) -> i32
where
    F: FnOnce(&Context, &[TensorRef<'_>]) -> Result<Vec<Tensor>>,
{
    // SAFETY: the user data is the box of the call that is running, and C calls forward once, within it: the closure is in the
    // frame of that call. Arrays have as many entries as C says.
    let (rule, forward, inputs, outputs) = unsafe {
        let rule = &*(user_data as *const Rule<B>);
        let forward = (rule.forward.replace(ptr::null_mut()) as *mut Option<F>).as_mut();
        (rule, forward.and_then(Option::take), array(inputs, num_inputs), array_mut(outputs, num_outputs))
    };
    run(context, &rule.name, outputs, |c| {
        let forward = forward
            .ok_or_else(|| Error::new(Code::Internal, "[custom_gradient] forward was called twice"))?;
        Ok(forward(c, &lent(inputs, context))?.into_iter().map(Some).collect())
    })
}

#[allow(clippy::too_many_arguments)] // the signature is that of C
unsafe extern "C" fn run_backward<B>(
    context: *mut ffi::tl_context,
    user_data: *mut c_void,
    inputs: *const *mut ffi::tl_tensor,
    num_inputs: usize,
    outputs: *const *mut ffi::tl_tensor,
    output_gradients: *const *mut ffi::tl_tensor,
    num_outputs: usize,
    input_gradients: *mut *mut ffi::tl_tensor,
) -> i32
where
    B: BackwardRule,
{
    // SAFETY: the user data is the box that the tape holds, and arrays have as many entries as C says.
    let (rule, inputs, outputs, arrived, gradients) = unsafe {
        (
            &*(user_data as *const Rule<B>),
            array(inputs, num_inputs),
            array(outputs, num_outputs),
            array(output_gradients, num_outputs),
            array_mut(input_gradients, num_inputs),
        )
    };
    run(context, &rule.name, gradients, |c| {
        rule.later.backward(&Backward {
            context: c,
            inputs: lent(inputs, context),
            outputs: lent(outputs, context),
            gradients: lent_or_none(arrived, context),
        })
    })
}

#[allow(clippy::too_many_arguments)] // the signature is that of C
unsafe extern "C" fn run_tangents<B, J>(
    context: *mut ffi::tl_context,
    user_data: *mut c_void,
    inputs: *const *mut ffi::tl_tensor,
    input_tangents: *const *mut ffi::tl_tensor,
    num_inputs: usize,
    outputs: *const *mut ffi::tl_tensor,
    num_outputs: usize,
    output_tangents: *mut *mut ffi::tl_tensor,
) -> i32
where
    J: Fn(&Tangents<'_>) -> Result<Vec<Option<Tensor>>>,
{
    // SAFETY: the user data is the box that tapes and forward modes hold, and arrays have as many entries as C says.
    let (rule, inputs, moving, outputs, tangents) = unsafe {
        (
            &*(user_data as *const Rule<Both<B, J>>),
            array(inputs, num_inputs),
            array(input_tangents, num_inputs),
            array(outputs, num_outputs),
            array_mut(output_tangents, num_outputs),
        )
    };
    run(context, &rule.name, tangents, |c| {
        (rule.later.tangents)(&Tangents {
            context: c,
            inputs: lent(inputs, context),
            outputs: lent(outputs, context),
            tangents: lent_or_none(moving, context),
        })
    })
}

unsafe extern "C" fn run_segment<S>(
    context: *mut ffi::tl_context,
    user_data: *mut c_void,
    inputs: *const *mut ffi::tl_tensor,
    num_inputs: usize,
    outputs: *mut *mut ffi::tl_tensor,
    num_outputs: usize,
) -> i32
where
    S: Fn(&Context, &[TensorRef<'_>]) -> Result<Vec<Tensor>>,
{
    // SAFETY: the user data is the box that the tape holds, and arrays have as many entries as C says.
    let (rule, inputs, outputs) = unsafe {
        (&*(user_data as *const Rule<S>), array(inputs, num_inputs), array_mut(outputs, num_outputs))
    };
    run(context, &rule.name, outputs, |c| {
        Ok((rule.later)(c, &lent(inputs, context))?.into_iter().map(Some).collect())
    })
}

/// The end of a rule. Dropping a closure runs code of the program: that waits until the call is back from C.
unsafe extern "C" fn put_aside<T: Send + 'static>(user_data: *mut c_void) {
    // SAFETY: runs once, with the box that was leaked for this call.
    let rule = unsafe { Box::from_raw(user_data as *mut Rule<T>) };
    let Rule { context, later, .. } = *rule;
    after::push(context, Work::Drop(Box::new(later)));
}
