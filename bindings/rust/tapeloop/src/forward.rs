//! Forward mode: the derivative along one direction, computed while the program runs.

use crate::error::done;
use crate::list::TensorList;
use crate::{after, ffi, Code, Context, Error, Result, Tensor, Unconnected};
use std::fmt;
use std::ptr;

/// Forward mode along one direction, which [`Context::forward`] opens. For few inputs and many outputs, and for long runs, of
/// which it keeps nothing.
pub struct Forward<'ctx> {
    handle: *mut ffi::tl_forward,
    context: &'ctx Context,
}

impl Context {
    /// Opens forward mode by primals, tensors or variables, each of which moves along its tangent, of its dtype and shape. While
    /// it is open, each op also computes the tangents of its results.
    ///
    /// Forward modes and tapes nest in any order. What one computes is seen by those that were opened before it: so ask the inner
    /// one first, and the outer one about its answer. The tangent of a gradient is a Hessian-vector product:
    ///
    /// ```
    /// # fn main() -> tapeloop::Result<()> {
    /// let c = tapeloop::Context::new()?;
    /// let x = c.variable(&c.tensor(&[1.0f64, 2.0], &[2])?, "x")?;
    /// let direction = c.tensor(&[1.0f64, 0.0], &[2])?;
    /// let forward = c.forward(&x, &direction)?;
    /// let tape = c.tape()?;
    /// let cubes = (&x * &x * &x).sum();
    /// let gradient = tape.gradient(&cubes, &x)?;
    /// assert_eq!(forward.tangent(&gradient)?.to_vec::<f64>()?, [6.0, 0.0]);
    /// # Ok(())
    /// # }
    /// ```
    pub fn forward<P, T>(&self, primals: &P, tangents: &T) -> Result<Forward<'_>>
    where
        P: TensorList + ?Sized,
        T: TensorList + ?Sized,
    {
        primals.with_handles(|primals| {
            tangents.with_handles(|tangents| {
                if primals.len() != tangents.len() && !self.failed() {
                    let message = format!(
                        "[forward_begin] there must be one tangent per primal: got {} for {} primals",
                        tangents.len(),
                        primals.len()
                    );
                    return Err(Error::new(Code::InvalidArgument, message));
                }
                let count = primals.len().min(tangents.len());
                let handle =
                    call!(tl_forward_begin(self.handle(), primals.as_ptr(), tangents.as_ptr(), count));
                if handle.is_null() {
                    return Err(Error::take(self.handle(), "forward_begin", ffi::TL_INVALID_ARGUMENT));
                }
                Ok(Forward { handle, context: self })
            })
        })
    }
}

impl Forward<'_> {
    /// The tangent of a floating-point tensor that has been computed already. One that does not depend on a primal, or was
    /// computed while the forward mode was not open, is an error; see [`tangent_or`](Forward::tangent_or).
    pub fn tangent(&self, tensor: &Tensor) -> Result<Tensor> {
        self.ask(tensor, Unconnected::Error)?.made("forward_tangent")
    }

    /// [`tangent`](Forward::tangent) that says what to give for a tensor that is not connected; `None` for [`Unconnected::None`].
    pub fn tangent_or(&self, tensor: &Tensor, unconnected: Unconnected) -> Result<Option<Tensor>> {
        let tangent = self.ask(tensor, unconnected)?;
        Ok(if tangent.handle.is_null() { None } else { Some(tangent) })
    }

    fn ask(&self, tensor: &Tensor, unconnected: Unconnected) -> Result<Tensor> {
        let mut tangent = ptr::null_mut();
        let status = call!(tl_forward_tangent(self.handle, tensor.handle, unconnected as i32, &mut tangent));
        done(self.context.handle(), "forward_tangent", status)?;
        Ok(Tensor::from_raw(tangent, self.context.handle()))
    }

    /// Ends it: what runs from now on gets no tangents, those that exist stay.
    pub fn stop(&self) -> Result<()> {
        done(self.context.handle(), "forward_end", call!(tl_forward_end(self.handle)))
    }

    /// Opens it again after [`stop`](Forward::stop), as the newest of all forward modes and tapes.
    pub fn resume(&self) -> Result<()> {
        done(self.context.handle(), "forward_resume", call!(tl_forward_resume(self.handle)))
    }

    /// Moves it one scope out; a failure stays in the context.
    pub(crate) fn keep(&self) {
        call!(tl_forward_keep(self.handle));
    }
}

impl Drop for Forward<'_> {
    fn drop(&mut self) {
        call!(tl_forward_release(self.handle));
        if !std::thread::panicking() {
            after::deliver(self.context.handle());
        }
    }
}

impl fmt::Debug for Forward<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Forward({:?})", self.handle)
    }
}
