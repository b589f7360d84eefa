//! DLPack: tensors lent to other libraries of the same process, and borrowed from them, without a copy.

use crate::{ffi, Context, Error, Result, Tensor};
use std::os::raw::c_void;

impl Tensor {
    /// The tensor, or the present value of a variable, for another library: a `DLManagedTensorVersioned *` (1.0) or, without
    /// `versioned`, the older `DLManagedTensor *`, over the tensor's memory, which nobody may write to. Its deleter must be called
    /// once, from any thread at any time, also after the tensor or its context has ended; it frees all.
    pub fn to_dlpack(&self, versioned: bool) -> Result<*mut c_void> {
        self.live("tensor_to_dlpack")?;
        let managed = call!(tl_tensor_to_dlpack(self.handle, versioned));
        if managed.is_null() {
            return Err(Error::take(self.context, "tensor_to_dlpack", ffi::TL_INVALID_ARGUMENT));
        }
        Ok(managed as *mut c_void)
    }
}

impl Context {
    /// A tensor of what another library lends: a `DLManagedTensorVersioned *` or `DLManagedTensor *`, which is taken over. Where its
    /// memory is row-major, aligned and of a dtype that there is, the tensor is that memory; otherwise it is a copy, in which
    /// integers of 8 and 16 bits become `I32`, uint32 and uint64 `I64`, float16 and bfloat16 `F32`. The deleter is called when the
    /// last tensor that uses the memory is gone, and at once where it is a copy or the call fails.
    ///
    /// # Safety
    /// `managed` is NULL or points to such a struct, whose memory stays as it is until its deleter is called, which may happen on any
    /// thread that uses this context.
    pub unsafe fn from_dlpack(&self, managed: *mut c_void, versioned: bool) -> Result<Tensor> {
        expression!(self.handle(), tl_tensor_from_dlpack(self.handle(), managed, versioned))
            .made("tensor_from_dlpack")
    }
}
