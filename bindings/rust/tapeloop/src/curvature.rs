//! Products of curvature matrices and vectors, without the matrices: of the Hessian, and of the Gauss-Newton matrix.

use crate::closure::{once, Lent, Outputs};
use crate::list::TensorList;
use crate::{ffi, Code, Context, Error, Gradients, HessianWay, Result, Tensor, TensorRef};
use std::os::raw::c_void;
use std::ptr;

impl Context {
    /// The Hessian of a function times a vector: for each tensor or variable of `at` the sum over all of them of second
    /// derivatives times what stands in `along`, zeros where nothing depends on it. `along` has one tensor for each, of its dtype
    /// and shape.
    ///
    /// `function` runs once. It gets the values of `at` (a variable it may also read by itself), and must compute with these very
    /// tensors; its result may have any shape, and counts as the sum of its elements. An error that it returns comes back
    /// unchanged, and so does a panic. Takes about two to two and a half times a gradient. Tapes and forward modes that are open
    /// see all of it. (Pearlmutter 1994.)
    ///
    /// ```
    /// # fn main() -> tapeloop::Result<()> {
    /// let c = tapeloop::Context::new()?;
    /// let x = c.tensor(&[1.0f64, 2.0], &[2])?;
    /// let direction = c.tensor(&[1.0f64, 10.0], &[2])?;
    /// // The Hessian of x0^3 x1 is [[6 x0 x1, 3 x0^2], [3 x0^2, 0]].
    /// let product = c.hessian_vector_product(&x, &direction, |_, x| {
    ///     let (a, b) = (x[0].slice(&[0], &[1]), x[0].slice(&[1], &[2]));
    ///     Ok(&a * &a * &a * b)
    /// })?;
    /// assert_eq!(product.to_vec::<f64>()?, [42.0, 3.0]);
    /// # Ok(())
    /// # }
    /// ```
    pub fn hessian_vector_product<P, V, F>(&self, at: &P, along: &V, function: F) -> Result<P::Gradients>
    where
        P: TensorList + ?Sized,
        V: TensorList + ?Sized,
        F: FnOnce(&Context, &[TensorRef<'_>]) -> Result<Tensor>,
    {
        self.hessian_vector_product_with(at, along, HessianWay::ForwardOverReverse, function)
    }

    /// [`hessian_vector_product`](Context::hessian_vector_product) that says how it is computed: by the gradient of a gradient
    /// where rules of custom gradients have no tangents.
    pub fn hessian_vector_product_with<P, V, F>(
        &self,
        at: &P,
        along: &V,
        way: HessianWay,
        function: F,
    ) -> Result<P::Gradients>
    where
        P: TensorList + ?Sized,
        V: TensorList + ?Sized,
        F: FnOnce(&Context, &[TensorRef<'_>]) -> Result<Tensor>,
    {
        let name = "hessian_vector_product";
        let f = once(name, |c: &Context, x: &[TensorRef<'_>]| Ok(vec![function(c, x)?]));
        self.products::<P, V>(name, at, along, |at, along, products| {
            call!(tl_hessian_vector_product(
                self.handle(),
                f.callback(),
                f.user_data(),
                None,
                at.as_ptr(),
                along.as_ptr(),
                products.len(),
                way as i32,
                products.as_mut_ptr(),
            ))
        })
    }

    /// The Gauss-Newton matrix times a vector, J' H J v: J is the Jacobian of `function` at `at`, H the Hessian of `loss` by the
    /// values of `function`, v is `along`. For a convex loss the matrix has no negative eigenvalue, unlike the Hessian of the
    /// whole, so that its products suit conjugate gradients (Schraudolph 2002; Martens 2010). For a cross-entropy of logits it is
    /// the Fisher matrix.
    ///
    /// Both closures run once: `function` gives a tensor, or an array of them, which `loss` gets. All else as in
    /// [`hessian_vector_product`](Context::hessian_vector_product).
    ///
    /// ```
    /// # fn main() -> tapeloop::Result<()> {
    /// let c = tapeloop::Context::new()?;
    /// let w = c.variable(&c.tensor(&[1.0f64, 2.0], &[2])?, "w")?;
    /// let direction = c.tensor(&[1.0f64, 0.0], &[2])?;
    /// // Values w0 and w0 w1 with the loss v0^2 + v1^2: J is [[1, 0], [w1, w0]], H is 2 I.
    /// let product = c.gauss_newton_vector_product(
    ///     &w,
    ///     &direction,
    ///     |_, w| {
    ///         let (a, b) = (w[0].slice(&[0], &[1]), w[0].slice(&[1], &[2]));
    ///         Ok([a.clone(), a * b])
    ///     },
    ///     |_, values| Ok(values[0].square() + values[1].square()),
    /// )?;
    /// assert_eq!(product.to_vec::<f64>()?, [10.0, 4.0]);
    /// # Ok(())
    /// # }
    /// ```
    pub fn gauss_newton_vector_product<P, V, O, F, L>(
        &self,
        at: &P,
        along: &V,
        function: F,
        loss: L,
    ) -> Result<P::Gradients>
    where
        P: TensorList + ?Sized,
        V: TensorList + ?Sized,
        O: Outputs,
        F: FnOnce(&Context, &[TensorRef<'_>]) -> Result<O>,
        L: FnOnce(&Context, &[TensorRef<'_>]) -> Result<Tensor>,
    {
        let name = "gauss_newton_vector_product";
        let function = once(name, |c: &Context, x: &[TensorRef<'_>]| Ok(function(c, x)?.into_tensors()));
        let loss = once(name, |c: &Context, values: &[TensorRef<'_>]| Ok(vec![loss(c, values)?]));
        let both = (function, loss);
        let (run_function, run_loss) = callbacks_of(&both);
        self.products::<P, V>(name, at, along, |at, along, products| {
            call!(tl_gauss_newton_vector_product(
                self.handle(),
                run_function,
                O::COUNT,
                run_loss,
                &both as *const _ as *mut c_void,
                None,
                at.as_ptr(),
                along.as_ptr(),
                products.len(),
                products.as_mut_ptr(),
            ))
        })
    }

    fn products<P, V>(
        &self,
        name: &'static str,
        at: &P,
        along: &V,
        compute: impl FnOnce(&[*mut ffi::tl_tensor], &[*mut ffi::tl_tensor], &mut [*mut ffi::tl_tensor]) -> i32,
    ) -> Result<P::Gradients>
    where
        P: TensorList + ?Sized,
        V: TensorList + ?Sized,
    {
        at.with_handles(|at| {
            along.with_handles(|along| {
                // A list of variables that is empty because of an error lets that error speak.
                if at.len() != along.len() && !self.failed() {
                    let message = format!(
                        "[{}] there must be one direction per argument: got {} for {} arguments",
                        name,
                        along.len(),
                        at.len()
                    );
                    return Err(Error::new(Code::InvalidArgument, message));
                }
                let count = at.len().min(along.len());
                let mut products = vec![ptr::null_mut(); count];
                let status = compute(at, along, &mut products);
                Ok(P::as_gradients(Gradients::made(self.handle(), name, status, products)?))
            })
        })
    }
}

type Callbacks = (ffi::tl_compute_callback, ffi::tl_compute_callback);

/// The callbacks for user data that points to both closures.
fn callbacks_of<F, L>(_: &(Lent<F>, Lent<L>)) -> Callbacks
where
    F: Fn(&Context, &[TensorRef<'_>]) -> Result<Vec<Tensor>>,
    L: Fn(&Context, &[TensorRef<'_>]) -> Result<Vec<Tensor>>,
{
    (Some(run_function::<F, L>), Some(run_loss::<F, L>))
}

unsafe extern "C" fn run_function<F, L>(
    context: *mut ffi::tl_context,
    user_data: *mut c_void,
    inputs: *const *mut ffi::tl_tensor,
    num_inputs: usize,
    outputs: *mut *mut ffi::tl_tensor,
    num_outputs: usize,
) -> i32
where
    F: Fn(&Context, &[TensorRef<'_>]) -> Result<Vec<Tensor>>,
{
    // SAFETY: the user data is the pair in the frame of the call that is running; arrays have as many entries as C says.
    unsafe {
        let both = &*(user_data as *const (Lent<F>, Lent<L>));
        both.0.run(context, (inputs, num_inputs), (outputs, num_outputs))
    }
}

unsafe extern "C" fn run_loss<F, L>(
    context: *mut ffi::tl_context,
    user_data: *mut c_void,
    inputs: *const *mut ffi::tl_tensor,
    num_inputs: usize,
    outputs: *mut *mut ffi::tl_tensor,
    num_outputs: usize,
) -> i32
where
    L: Fn(&Context, &[TensorRef<'_>]) -> Result<Vec<Tensor>>,
{
    // SAFETY: as above.
    unsafe {
        let both = &*(user_data as *const (Lent<F>, Lent<L>));
        both.1.run(context, (inputs, num_inputs), (outputs, num_outputs))
    }
}
