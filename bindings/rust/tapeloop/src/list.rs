//! What can stand where a list of tensors is expected.

use crate::{ffi, Gradients, Tensor, TensorRef, Variable};
use std::ptr;

/// One entry of a list of tensors: [`Tensor`], [`Variable`], references to them, or an `Option` of one (in lists of gradients,
/// `None` is a gradient that does not exist).
pub trait TensorEntry: sealed::Sealed {
    #[doc(hidden)]
    fn entry(&self) -> *mut ffi::tl_tensor;
    #[doc(hidden)]
    fn entry_context(&self) -> *mut ffi::tl_context;
}

/// What can stand where a list of tensors is expected: an array, slice or vector of [`TensorEntry`], [`Gradients`], the
/// [`Variables`](crate::Variables) of a layer, a single tensor or variable, or a tuple of two to four such lists, which stands for
/// them one after the other:
///
/// ```
/// # use tapeloop::{Context, Dense, Result, Sgd};
/// # fn main() -> Result<()> {
/// # let c = &Context::new()?;
/// let (encoder, decoder) = (Dense::new(2).build(c)?, Dense::new(4).build(c)?);
/// let sgd = Sgd::new().learning_rate(0.1).build(c)?;
/// let (x, tape) = (c.ones(&[8, 4]), c.tape()?);
/// let loss = (decoder.call(&encoder.call(&x, true), true) - &x).square().mean();
/// let both = (encoder.trainable_variables(), decoder.trainable_variables());
/// let gradients = tape.gradient(&loss, &both)?;
/// sgd.apply(&gradients, &both)?;
/// assert_eq!(gradients.len(), 4);
/// # Ok(())
/// # }
/// ```
///
/// The list goes to C as an array of handles in one call. [`Gradients`] are such an array; others are gathered on the stack.
pub trait TensorList: sealed::Sealed {
    /// What [`Tape::gradient`](crate::Tape::gradient) gives for such sources: a [`Tensor`] for a single one, else [`Gradients`].
    type Gradients;
    #[doc(hidden)]
    const SINGLE: bool;
    #[doc(hidden)]
    fn with_handles<R>(&self, f: impl FnOnce(&[*mut ffi::tl_tensor]) -> R) -> R;
    #[doc(hidden)]
    fn list_context(&self) -> *mut ffi::tl_context;
    #[doc(hidden)]
    fn as_gradients(gradients: Gradients) -> Self::Gradients;
}

mod sealed {
    pub trait Sealed {}
}

/// A handle that no tensor has. A failed tensor in a list is an error, while NULL means that there is none.
const FAILED: *mut ffi::tl_tensor = 1 as *mut ffi::tl_tensor;

impl Tensor {
    /// The handle where NULL would mean that there is no tensor.
    #[inline]
    pub(crate) fn required(&self) -> *mut ffi::tl_tensor {
        if self.handle.is_null() {
            FAILED
        } else {
            self.handle
        }
    }
}

impl sealed::Sealed for Tensor {}
impl TensorEntry for Tensor {
    #[inline]
    fn entry(&self) -> *mut ffi::tl_tensor {
        self.required()
    }
    #[inline]
    fn entry_context(&self) -> *mut ffi::tl_context {
        self.context
    }
}

macro_rules! entry_by_deref {
    ($($kind:ty),*) => {$(
        impl sealed::Sealed for $kind {}
        impl TensorEntry for $kind {
            #[inline]
            fn entry(&self) -> *mut ffi::tl_tensor {
                self.required()
            }
            #[inline]
            fn entry_context(&self) -> *mut ffi::tl_context {
                self.context
            }
        }
    )*};
}
entry_by_deref!(Variable, TensorRef<'_>);

impl<T: sealed::Sealed + ?Sized> sealed::Sealed for &T {}
impl<T: TensorEntry> TensorEntry for &T {
    #[inline]
    fn entry(&self) -> *mut ffi::tl_tensor {
        (**self).entry()
    }
    #[inline]
    fn entry_context(&self) -> *mut ffi::tl_context {
        (**self).entry_context()
    }
}

impl<T: sealed::Sealed> sealed::Sealed for Option<T> {}
impl<T: TensorEntry> TensorEntry for Option<T> {
    #[inline]
    fn entry(&self) -> *mut ffi::tl_tensor {
        self.as_ref().map_or(ptr::null_mut(), T::entry)
    }
    #[inline]
    fn entry_context(&self) -> *mut ffi::tl_context {
        self.as_ref().map_or(ptr::null_mut(), T::entry_context)
    }
}

macro_rules! single {
    ($($kind:ty),*) => {$(
        impl TensorList for $kind {
            type Gradients = Tensor;
            const SINGLE: bool = true;
            #[inline]
            fn with_handles<R>(&self, f: impl FnOnce(&[*mut ffi::tl_tensor]) -> R) -> R {
                f(&[self.entry()])
            }
            #[inline]
            fn list_context(&self) -> *mut ffi::tl_context {
                self.context
            }
            fn as_gradients(gradients: Gradients) -> Tensor {
                gradients.into_first()
            }
        }
    )*};
}
single!(Tensor, Variable, TensorRef<'_>);

impl<T: sealed::Sealed> sealed::Sealed for [T] {}
impl<T: TensorEntry> TensorList for [T] {
    type Gradients = Gradients;
    const SINGLE: bool = false;
    fn with_handles<R>(&self, f: impl FnOnce(&[*mut ffi::tl_tensor]) -> R) -> R {
        with_room(self.len(), |room| {
            for (handle, tensor) in room.iter_mut().zip(self) {
                *handle = tensor.entry();
            }
            f(room)
        })
    }
    fn list_context(&self) -> *mut ffi::tl_context {
        let mut contexts = self.iter().map(T::entry_context);
        contexts.find(|context| !context.is_null()).unwrap_or(ptr::null_mut())
    }
    fn as_gradients(gradients: Gradients) -> Gradients {
        gradients
    }
}

macro_rules! list_by_slice {
    ([$($generics:tt)*] $kind:ty) => {
        impl<T: sealed::Sealed, $($generics)*> sealed::Sealed for $kind {}
        impl<T: TensorEntry, $($generics)*> TensorList for $kind {
            type Gradients = Gradients;
            const SINGLE: bool = false;
            fn with_handles<R>(&self, f: impl FnOnce(&[*mut ffi::tl_tensor]) -> R) -> R {
                self[..].with_handles(f)
            }
            fn list_context(&self) -> *mut ffi::tl_context {
                self[..].list_context()
            }
            fn as_gradients(gradients: Gradients) -> Gradients {
                gradients
            }
        }
    };
}
list_by_slice!([] Vec<T>);
list_by_slice!([const N: usize] [T; N]);

impl sealed::Sealed for Gradients {}
impl TensorList for Gradients {
    type Gradients = Gradients;
    const SINGLE: bool = false;
    #[inline]
    fn with_handles<R>(&self, f: impl FnOnce(&[*mut ffi::tl_tensor]) -> R) -> R {
        f(self.handles())
    }
    fn list_context(&self) -> *mut ffi::tl_context {
        self.context()
    }
    fn as_gradients(gradients: Gradients) -> Gradients {
        gradients
    }
}

impl sealed::Sealed for crate::Variables<'_> {}

impl<L: TensorList + ?Sized> TensorList for &L {
    type Gradients = L::Gradients;
    const SINGLE: bool = L::SINGLE;
    #[inline]
    fn with_handles<R>(&self, f: impl FnOnce(&[*mut ffi::tl_tensor]) -> R) -> R {
        (**self).with_handles(f)
    }
    #[inline]
    fn list_context(&self) -> *mut ffi::tl_context {
        (**self).list_context()
    }
    fn as_gradients(gradients: Gradients) -> L::Gradients {
        L::as_gradients(gradients)
    }
}

macro_rules! list_by_tuple {
    ($($part:ident $index:tt),*) => {
        impl<$($part: sealed::Sealed),*> sealed::Sealed for ($($part,)*) {}
        impl<$($part: TensorList),*> TensorList for ($($part,)*) {
            type Gradients = Gradients;
            const SINGLE: bool = false;
            fn with_handles<R>(&self, f: impl FnOnce(&[*mut ffi::tl_tensor]) -> R) -> R {
                let mut all = Vec::new();
                $(self.$index.with_handles(|part| all.extend_from_slice(part));)*
                f(&all)
            }
            fn list_context(&self) -> *mut ffi::tl_context {
                let contexts = [$(self.$index.list_context()),*];
                contexts.into_iter().find(|context| !context.is_null()).unwrap_or(ptr::null_mut())
            }
            fn as_gradients(gradients: Gradients) -> Gradients {
                gradients
            }
        }
    };
}
list_by_tuple!(A 0, B 1);
list_by_tuple!(A 0, B 1, C 2);
list_by_tuple!(A 0, B 1, C 2, D 3);

/// Lists of so many handles are gathered on the stack.
pub(crate) const FEW: usize = 32;

/// An array for some handles: on the stack for few, on the heap for many.
fn with_room<R>(count: usize, f: impl FnOnce(&mut [*mut ffi::tl_tensor]) -> R) -> R {
    if count <= FEW {
        f(&mut [ptr::null_mut(); FEW][..count])
    } else {
        f(&mut vec![ptr::null_mut(); count])
    }
}
