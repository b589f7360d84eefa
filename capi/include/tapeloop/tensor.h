/* Tensors and variables: making, reading, printing. Ops on them are in ops.h. */
#ifndef TAPELOOP_TENSOR_H
#define TAPELOOP_TENSOR_H

#include <tapeloop/base.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- making tensors --------------------------------------------------------------------------------------------- */

/**
 * A tensor with a copy of the caller's elements: rank sizes in dims (dims may be NULL for rank 0), row-major.
 * bytes must be the number of elements times tl_dtype_size(dtype); bytes of a bool tensor must be 0 or 1. Returns NULL on
 * failure. Since 0.1.
 */
TL_API tl_tensor *tl_tensor_new(tl_context *context, tl_dtype dtype, const int64_t *dims, size_t rank,
                                const void *data, size_t bytes);

/**
 * A tensor over the caller's own memory, without a copy. The memory must be aligned to the element size and must stay
 * valid and unchanged until release (may be NULL) is called with user_data: exactly once, when the last tensor, tape or
 * view that uses it is gone, on the thread that is in the context then; also when this call fails. The release callback
 * must not call tapeloop with this context. Returns NULL on failure. Since 0.1.
 */
TL_API tl_tensor *tl_tensor_borrow(tl_context *context, tl_dtype dtype, const int64_t *dims, size_t rank,
                                   const void *data, size_t bytes, tl_destroy_callback release,
                                   void *user_data);

/** A tensor of rank 0. The value is converted to the dtype; for integers it must be a whole number in range. Since 0.1. */
TL_API tl_tensor *tl_scalar(tl_context *context, tl_dtype dtype, double value);

/* ---- handles ---------------------------------------------------------------------------------------------------- */

/** Adds a reference to a handle, and returns it; NULL when it is not live. From any thread at any time. Since 0.1.
 * @returns same
 * @thread any */
TL_API tl_tensor *tl_tensor_retain(tl_tensor *tensor);

/**
 * Gives up a reference to a handle; the value goes with the last one. NULL and handles that were released before do
 * nothing. From any thread at any time; while another thread is in the context, that thread frees the memory at its next
 * call. Since 0.1.
 * @thread any
 */
TL_API void tl_tensor_release(tl_tensor *tensor);

/**
 * tl_tensor_release() for many handles in one call, as a garbage collector wants it: from any thread at any time, entries
 * may be NULL or released before. Does nothing for a NULL list, and for more than 2^24 entries. Since 0.1.
 * @array tensors[count]?
 * @thread any
 */
TL_API void tl_tensors_release(tl_tensor *const *tensors, size_t count);

/* ---- what a tensor is ------------------------------------------------------------------------------------------- */

/** The dtype; 0 on failure (the context holds the error). Since 0.1. */
TL_API tl_dtype tl_tensor_dtype(tl_tensor *tensor);

/** The number of axes, 0 to TL_MAX_RANK; 0 on failure (the context holds the error). Since 0.1. */
TL_API size_t tl_tensor_rank(tl_tensor *tensor);

/** The size of an axis, negative axes counting from the last; -1 on failure (the context holds the error). Since 0.1. */
TL_API int64_t tl_tensor_dim(tl_tensor *tensor, int64_t axis);

/** The number of elements; -1 on failure (the context holds the error). Since 0.1. */
TL_API int64_t tl_tensor_elements(tl_tensor *tensor);

/** Writes the sizes of the axes to dims, which has room for `capacity` of them. Since 0.1. */
TL_API tl_status tl_tensor_shape(tl_tensor *tensor, int64_t *dims, size_t capacity) TL_WARN_UNUSED;

/* ---- reading ---------------------------------------------------------------------------------------------------- */

/** Copies all elements out, row-major. bytes must be exactly the tensor's size in bytes. Since 0.1. */
TL_API tl_status tl_tensor_read(tl_tensor *tensor, void *data, size_t bytes) TL_WARN_UNUSED;

/** The only element of a tensor of one element, of any dtype, as a double; NaN on failure (the context holds the error).
 * Since 0.1. */
TL_API double tl_tensor_item(tl_tensor *tensor);

/**
 * The elements in place, read-only, row-major; NULL on failure and for a tensor without elements. Valid while the handle
 * is live and, for a variable, until it is next assigned or updated. Since 0.1.
 */
TL_API const void *tl_tensor_data(tl_tensor *tensor);

/**
 * Writes the tensor as text, such as "f32 (2, 3) [[1, 2, 3], [4, 5, 6]]"; long axes are shortened to their first and last
 * three elements. At most capacity bytes are written, the final NUL included; *length (may be NULL) gets the length of
 * the whole text without the NUL. buffer may be NULL when capacity is 0. Since 0.1.
 */
TL_API tl_status tl_tensor_format(tl_tensor *tensor, char *buffer, size_t capacity,
                                  size_t *length) TL_WARN_UNUSED;

/* ---- variables -------------------------------------------------------------------------------------------------- */

/**
 * A variable: a cell with the initial value of a tensor, whose memory it shares until it is assigned. It keeps its
 * shape and dtype. name (may be NULL) is copied and used in messages. Tapes watch trainable variables when an op reads
 * them. The handle can stand wherever a tensor is expected. Returns NULL on failure. Since 0.1.
 */
TL_API tl_tensor *tl_variable_new(tl_context *context, tl_tensor *initial, const char *name, bool trainable);

/** True for the handle of a live variable. Since 0.1. */
TL_API bool tl_is_variable(tl_tensor *tensor);

/** The current value as a tensor that later assignments do not change. Open tapes see the read, so gradients pass from it to
 * the variable; for a tape that begins later, or is paused, it is a constant like any other tensor (the old weights of a policy,
 * say). NULL on failure. Since 0.1. */
TL_API tl_tensor *tl_variable_read(tl_tensor *variable);

/** Gives a variable a new value of the same shape and dtype. Tensors read before keep theirs. Since 0.1. */
TL_API tl_status tl_variable_assign(tl_tensor *variable, tl_tensor *value) TL_WARN_UNUSED;

/** The name; "" on failure (the context holds the error). Valid while the variable is live. Since 0.1. */
TL_API const char *tl_variable_name(tl_tensor *variable);

/** Whether tapes watch it by themselves; false on failure (the context holds the error). Since 0.1. */
TL_API bool tl_variable_trainable(tl_tensor *variable);

/** Sets whether tapes that are opened or read it from now on watch it by themselves. Since 0.1. */
TL_API tl_status tl_variable_set_trainable(tl_tensor *variable, bool trainable) TL_WARN_UNUSED;

#ifdef __cplusplus
}
#endif

#endif
