/* safetensors files, both ways: named tensors, as other libraries read and write them
 * (https://github.com/huggingface/safetensors).
 *
 *   tl_safetensors *file = tl_safetensors_open(c, "model.safetensors");
 *   for (size_t i = 0; i < tl_safetensors_count(file); i++)
 *     puts(tl_safetensors_name(file, i));
 *   tl_tensor *w = tl_safetensors_read(file, "dense/kernel");
 *
 *   tl_safetensors_writer *out = tl_safetensors_writer_new(c);
 *   if (tl_safetensors_writer_add(out, "w", w) == TL_OK && tl_safetensors_writer_save(out, "w.safetensors", NULL) == TL_OK) ...
 *
 * The format has no checksum: a bit that flips among the elements cannot be seen. Checkpoints (checkpoint.h) have one. */
#ifndef TAPELOOP_SAFETENSORS_H
#define TAPELOOP_SAFETENSORS_H

#include <tapeloop/base.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- reading ---------------------------------------------------------------------------------------------------- */

/** An open safetensors file. It belongs to the innermost scope like a tensor. */
typedef struct tl_safetensors tl_safetensors;

/**
 * Opens a safetensors file and reads its header, which is checked to the last byte: names that stand twice, tensors that overlap or
 * leave a hole, sizes that do not fit their offsets or the file, and anything that the format does not have are TL_CORRUPT_DATA, with
 * the file and the offset. Nothing in a file is run, and memory stays within its size and 64 MiB. Returns NULL on failure:
 * TL_NOT_FOUND, TL_IO (a folder, a device, no permission, a file that changes while it is read), TL_CORRUPT_DATA, TL_UNSUPPORTED (more than 8 axes, more than 131072
 * tensors, an unknown dtype), TL_INVALID_ARGUMENT (an empty path), TL_OUT_OF_MEMORY. Since 0.1.
 */
TL_API tl_safetensors* tl_safetensors_open(tl_context* context, const char* path);

/** The number of tensors in the file; 0 on failure (the context holds the error). Since 0.1. */
TL_API size_t tl_safetensors_count(tl_safetensors* file);

/** The name of tensor `index`, in the order of their bytes; "" on failure (the context holds the error). Valid until the file is
 * released. Since 0.1. */
TL_API const char* tl_safetensors_name(tl_safetensors* file, size_t index);

/** The dtype of tensor `index` as the file has it, such as "BF16"; "" on failure (the context holds the error). Since 0.1. */
TL_API const char* tl_safetensors_stored_dtype(tl_safetensors* file, size_t index);

/** The sizes of the axes of tensor `index`: at most capacity of them in dims, which may be NULL when capacity is 0; their number to
 * *rank (may be NULL). rank may be NULL. Since 0.1. */
TL_API tl_status tl_safetensors_shape(tl_safetensors* file, size_t index, int64_t* dims, size_t capacity,
                                      size_t* rank) TL_WARN_UNUSED;

/**
 * A tensor of the file, by name, in memory of its own. F32, F64, I32, I64, U8 and BOOL keep their dtype; BF16 and F16 become TL_F32, I8,
 * I16 and U16 TL_I32, U32 TL_I64, none of which loses anything. Returns NULL on failure: TL_NOT_FOUND for a name that is not there,
 * TL_UNSUPPORTED for other dtypes, TL_CORRUPT_DATA (a BOOL that is neither 0 nor 1), TL_IO (a file that has
 * changed since it was opened, too), TL_OUT_OF_MEMORY. Since 0.1.
 */
TL_API tl_tensor* tl_safetensors_read(tl_safetensors* file, const char* name);

/** The number of texts in the file's metadata; 0 where there is none, and 0 on failure (the context holds the error). Since 0.1. */
TL_API size_t tl_safetensors_metadata_count(tl_safetensors* file);

/** The name of text `index` of the metadata, in the order of names; "" on failure (the context holds the error). Valid until the file is
 * released. Since 0.1. */
TL_API const char* tl_safetensors_metadata_name(tl_safetensors* file, size_t index);

/** Text `index` of the metadata; "" on failure (the context holds the error). Valid until the file is released. Since 0.1. */
TL_API const char* tl_safetensors_metadata_text(tl_safetensors* file, size_t index);

/** Moves the file one scope out, as tl_keep() moves a tensor; returns it, or NULL on failure (the context holds the error). Since 0.1.
 * @returns same */
TL_API tl_safetensors* tl_safetensors_keep(tl_safetensors* file);

/** Closes the file before its scope ends. NULL and a released file do nothing. From any thread at any time. Since 0.1.
 * @thread any */
TL_API void tl_safetensors_release(tl_safetensors* file);

/* ---- writing ---------------------------------------------------------------------------------------------------- */

/** What is to be written into a safetensors file. It belongs to the innermost scope like a tensor, and keeps its tensors alive. */
typedef struct tl_safetensors_writer tl_safetensors_writer;

/** How TL_F32 tensors are stored. Append-only numbers. */
typedef int32_t tl_safetensors_floats;
enum {
  TL_SAFETENSORS_FLOATS_F32 = 0,  /**< as they are (default) */
  TL_SAFETENSORS_FLOATS_BF16 = 1, /**< rounded to the nearest BF16, of two to the even one */
  TL_SAFETENSORS_FLOATS_F16 = 2   /**< likewise F16; what is too large becomes an infinity */
};

/** Of tl_safetensors_writer_save(). Fill it with tl_safetensors_save_options_init() first. */
typedef struct tl_safetensors_save_options {
  size_t struct_size;           /**< bytes of this struct; set by the init function */
  tl_safetensors_floats floats; /**< default TL_SAFETENSORS_FLOATS_F32; other dtypes are stored as they are */
} tl_safetensors_save_options;

/** Sets all fields to their defaults. Pass sizeof(tl_safetensors_save_options). Does nothing for NULL. Since 0.1. */
TL_API void tl_safetensors_save_options_init(tl_safetensors_save_options* options, size_t struct_size);

/** An empty file to be. Returns NULL on failure. Since 0.1. */
TL_API tl_safetensors_writer* tl_safetensors_writer_new(tl_context* context);

/** Adds a tensor, or the present value of a variable, under a name: UTF-8 without a NUL, not empty, not "__metadata__", and none that is
 * there already. Since 0.1. */
TL_API tl_status tl_safetensors_writer_add(tl_safetensors_writer* writer, const char* name,
                                           tl_tensor* tensor) TL_WARN_UNUSED;

/** Adds a text to the metadata, or replaces that of the name. Both are UTF-8. Since 0.1. */
TL_API tl_status tl_safetensors_writer_set_metadata(tl_safetensors_writer* writer, const char* name,
                                                    const char* text) TL_WARN_UNUSED;

/**
 * Writes the file, in the place of one that is there: beside it first, and renamed when the storage has it, so that a reader sees the old
 * file or the new one. A failure leaves the old one: TL_IO (no space left, no permission), TL_INVALID_ARGUMENT. The writer can be
 * used again. options may be NULL. Not inside the step of a tl_function. Since 0.1.
 */
TL_API tl_status tl_safetensors_writer_save(tl_safetensors_writer* writer, const char* path,
                                            const tl_safetensors_save_options* options) TL_WARN_UNUSED;

/** Moves the writer one scope out, as tl_keep() moves a tensor; returns it, or NULL on failure (the context holds the error). Since 0.1.
 * @returns same */
TL_API tl_safetensors_writer* tl_safetensors_writer_keep(tl_safetensors_writer* writer);

/** Gives the writer up before its scope ends. NULL and a released writer do nothing. From any thread at any time. Since 0.1.
 * @thread any */
TL_API void tl_safetensors_writer_release(tl_safetensors_writer* writer);

#ifdef __cplusplus
}
#endif

#endif
