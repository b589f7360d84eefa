/* DLPack: tensors lent to other libraries of the same process, and borrowed from them, without a copy (dmlc/dlpack on GitHub).
 *
 *   DLManagedTensorVersioned *lent = tl_tensor_to_dlpack(t, true);      give it to the other library, which calls its deleter
 *   tl_tensor *x = tl_tensor_from_dlpack(c, theirs, true);              theirs is a DLManagedTensorVersioned *
 *
 * The structs are those of dlpack.h, which a program that uses them has; here they are plain pointers. With `versioned` they are
 * DLManagedTensorVersioned, of version 1.0 or newer, without it the older DLManagedTensor. */
#ifndef TAPELOOP_DLPACK_H
#define TAPELOOP_DLPACK_H

#include <tapeloop/base.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * The tensor, or the present value of a variable, for another library: a DLManagedTensorVersioned or DLManagedTensor over its
 * memory, row-major, on device kDLCPU. Values never change, so nobody may write to it: the versioned form says so with
 * DLPACK_FLAG_BITMASK_READ_ONLY, the older one cannot. The memory stays until the struct's deleter is called, which must happen
 * once, from any thread at any time, also after the tensor or its context has ended; it then frees all. NULL on failure.
 * Since 0.1.
 * @returns caller
 */
TL_API void* tl_tensor_to_dlpack(tl_tensor* tensor, bool versioned);

/**
 * A tensor of what another library lends: `managed` is a DLManagedTensorVersioned or DLManagedTensor, which is taken over. Where its
 * memory is row-major, aligned to its elements and of a dtype that there is, the tensor is that memory, which must not change until
 * the deleter is called: once, when the last tensor, tape or view that uses it is gone, on the thread that is in the context then.
 * Otherwise the tensor is a copy: of any strides, and of integers of 8 and 16 bits as TL_I32, of uint32 and uint64 as TL_I64, of
 * float16 and bfloat16 as TL_F32. The deleter is also called when this call fails; it must not call tapeloop with this context.
 *
 * NULL on failure: TL_INVALID_ARGUMENT (NULL, no data, negative sizes), TL_UNSUPPORTED (another major version, memory of a GPU, other
 * dtypes, more than 8 axes, an uint64 above those of int64), TL_CORRUPT_DATA (a bool that is neither 0 nor 1). Since 0.1.
 */
TL_API tl_tensor* tl_tensor_from_dlpack(tl_context* context, void* managed, bool versioned);

#ifdef __cplusplus
}
#endif

#endif
