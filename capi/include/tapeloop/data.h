/* Data: IDX files, and datasets that cut tensors into elements, shuffle, batch, convert and iterate. pipeline.h has what goes beyond:
 * functions and iterators of the caller's, mixtures, buffers, threads.
 *
 *   tl_tensor *files[2] = {tl_read_idx(c, "train-images-idx3-ubyte.gz", 0), tl_read_idx(c, "train-labels-idx1-ubyte.gz", 0)};
 *   tl_dataset *train = tl_dataset_from_tensors(c, files, 2);
 *   train = tl_dataset_batch(c, tl_dataset_shuffle(c, train, seed), 64, false);
 *   train = tl_dataset_cast(c, train, 0, TL_F32, 255);
 *   tl_tensor *batch[2];
 *   for (int epoch = 0; epoch < 5; epoch++)
 *     while (tl_dataset_next(train, batch, 2)) step(batch[0], batch[1]);
 *
 * The functions that make datasets are expressions like ops: a NULL source gives NULL and the first error is kept. A
 * dataset shares its source and leaves it as it is; each dataset has a position of its own. What an epoch brings depends on its
 * number alone, so results are the same for any number of threads. The tensors of an element borrow the memory of the source, or of
 * the batch as it was made. */
#ifndef TAPELOOP_DATA_H
#define TAPELOOP_DATA_H

#include <tapeloop/base.h>

#ifdef __cplusplus
extern "C" {
#endif

/** A collection of elements, each of which is a list of tensors (an image and its label, say). It belongs to the
 * innermost scope like a tensor, and keeps what it was made from alive. Datasets may stand behind one another 200 levels deep,
 * which a stack of 256 kB is enough for; more is TL_INVALID_ARGUMENT for the call that makes the next one. */
typedef struct tl_dataset tl_dataset;

/* ---- files ------------------------------------------------------------------------------------------------------ */

/**
 * The tensor in an IDX file (the format of MNIST), plain or compressed by gzip, which is told by the content. The shape is
 * that of the file, rank 0 to 8; unsigned bytes give TL_U8, signed bytes, 16-bit and 32-bit integers TL_I32, floats TL_F32,
 * doubles TL_F64. Returns NULL on failure: TL_NOT_FOUND, TL_IO (a directory, no permission, a file that changes while it is read), TL_CORRUPT_DATA (cut off, too
 * long, damaged, another format, bytes behind the compressed data that are no further gzip member; the message names file,
 * offset and rule), TL_INVALID_ARGUMENT (an empty path), TL_OUT_OF_MEMORY. The sizes in the file are checked before memory is
 * asked for. The tensor may take `max_bytes`, where it is 0 the size of the file as it is, times 2 or 4 where elements are widened so,
 * and 64 MiB: a small compressed file may hold any amount of zeros, so give more only for files you trust. More is TL_OUT_OF_MEMORY.
 * Since 0.1.
 */
TL_API tl_tensor* tl_read_idx(tl_context* context, const char* path, uint64_t max_bytes);

/* ---- making datasets -------------------------------------------------------------------------------------------- */

/**
 * `count` tensors, at least one, cut along their first axes, which must agree in size: element i holds row i of each of
 * them, with one axis less. Variables are taken at their present value. Nothing is copied. Returns NULL on failure.
 * Since 0.1.
 */
TL_API tl_dataset* tl_dataset_from_tensors(tl_context* context, tl_tensor* const* tensors, size_t count);

/** What data is for. Append-only numbers. */
typedef int32_t tl_data_part;
enum { TL_DATA_TRAIN = 1, TL_DATA_TEST = 2 };

/**
 * Images and labels from a folder of IDX files in the layout of MNIST: elements of two tensors as tl_read_idx() gives them, with
 * `max_bytes` for each of the two files.
 * The images are in a file whose name holds "images-idx3" or "images.idx3", the labels in the file of the same name with
 * "labels-idx1" or "labels.idx1"; either may end in ".gz". Names with "train" are the training split, names with "t10k" or
 * "test" the test split. In a folder with one split only, its last tenth (rounded down, but at least one element) is for
 * testing, the others for training. Hidden files, and those that end in "~", ".part", ".partial", ".tmp", ".swp", ".crdownload" or
 * ".download", are of other programs at work and do not count. Returns NULL on failure: TL_NOT_FOUND (no folder, no images, no labels for them), TL_IO (a file that is a
 * symbolic link, which may lead elsewhere),
 * TL_INVALID_ARGUMENT (several files fit one role, also a file and its .gz, or images of no split beside those of one; labels that do not match their images; images
 * of a rank below 2 or labels of another than 1; a single split of fewer than two elements; an unknown part; an empty text), and what tl_read_idx() gives. Since 0.1.
 */
TL_API tl_dataset* tl_dataset_from_idx_folder(tl_context* context, const char* folder, tl_data_part part,
                                              uint64_t max_bytes);

/** The first `count` elements, or all where there are fewer. Negative counts are TL_INVALID_ARGUMENT. Returns NULL on
 * failure. Since 0.1. */
TL_API tl_dataset* tl_dataset_take(tl_context* context, tl_dataset* source, int64_t count);

/** All but the first `count` elements. Negative counts are TL_INVALID_ARGUMENT. To split data, take and skip before you
 * shuffle: the first elements of a shuffled dataset are others in each epoch. Returns NULL on failure. Since 0.1. */
TL_API tl_dataset* tl_dataset_skip(tl_context* context, tl_dataset* source, int64_t count);

/**
 * All elements in a random order, anew in each epoch; every order is equally likely. Of an indexed source (tl_dataset_map() says
 * which those are) the order follows from the seed, the epoch and the number of elements alone. Of another all elements of an epoch
 * are held first: see tl_dataset_shuffle_buffer(). Shuffle before batching, or whole batches change places. Returns NULL on
 * failure; TL_INVALID_ARGUMENT for a source without an end. Since 0.1.
 */
TL_API tl_dataset* tl_dataset_shuffle(tl_context* context, tl_dataset* source, uint64_t seed);

/**
 * Groups of `count` elements, at least 1, stacked along a new first axis. The last group is smaller where count does not
 * divide the size; with drop_remainder it is left out, which must leave at least one. Elements must have one dtype and
 * shape and at most 7 axes, or tl_dataset_next() fails. Returns NULL on failure. Since 0.1.
 */
TL_API tl_dataset* tl_dataset_batch(tl_context* context, tl_dataset* source, int64_t count,
                                    bool drop_remainder);

/**
 * Converts tensor number `position` of each element: to TL_F32 or TL_F64 from any dtype, to TL_I32 from TL_U8, TL_BOOL
 * and TL_I32, to TL_I64 from these and TL_I64. Floating-point results are divided by `divisor` (255 for images of bytes, 1 for
 * nothing); for integers it must be 1. Best after batching: memory then holds the small dtype. Returns NULL on failure; a
 * source of another dtype makes tl_dataset_next() fail. Since 0.1.
 */
TL_API tl_dataset* tl_dataset_cast(tl_context* context, tl_dataset* source, size_t position, tl_dtype dtype,
                                   double divisor);

/* ---- iterating -------------------------------------------------------------------------------------------------- */

/**
 * The next element: true, with its `count` tensors in `tensors`; count must be tl_dataset_width(). At the end of an epoch
 * it returns false once, and the next call begins the following epoch. It also returns false, and moves nothing, on any
 * failure and while the context holds an error, so a loop always ends: look at tl_failed() after it. When it returns false
 * all entries of tensors are NULL.
 *
 * Not inside the step of a tl_function, whose call then fails (function.h): pass the tensors as inputs.
 *
 * The tensors belong to the dataset, whatever scope is open: they are released by the next call for this dataset, by
 * tl_dataset_seek() and with the dataset. tl_tensor_retain() keeps one longer, until tl_tensor_release(). Since 0.1.
 */
TL_API bool tl_dataset_next(tl_dataset* dataset, tl_tensor** tensors, size_t count);

/** The number of elements in an epoch; TL_DATASET_UNKNOWN_SIZE (-2) where only iterating tells, TL_DATASET_INFINITE_SIZE (-3) where an
 * epoch has no end; -1 on failure (the context holds the error). Since 0.1. */
TL_API int64_t tl_dataset_size(tl_dataset* dataset);

/** The number of tensors in an element; 0 on failure (the context holds the error). Since 0.1. */
TL_API size_t tl_dataset_width(tl_dataset* dataset);

/** The epoch of the element that comes next, from 0; 0 on failure (the context holds the error). Since 0.1. */
TL_API uint64_t tl_dataset_epoch(tl_dataset* dataset);

/** The place in its epoch of the element that comes next, from 0; the number of elements when the epoch's end comes next; -1 on
 * failure (the context holds the error). Since 0.1. */
TL_API int64_t tl_dataset_position(tl_dataset* dataset);

/** Goes to a place that tl_dataset_epoch() and tl_dataset_position() gave; (0, 0) is the beginning. Another dataset that was
 * made in the same way continues there with the same elements. Elements before it are passed over, which costs nothing where the
 * source is indexed, and else what reading them costs: tl_dataset_save_position() knows a shorter way. TL_INVALID_ARGUMENT for a
 * position that is negative or behind the end, and for the epoch UINT64_MAX, after which none could begin; then nothing has moved.
 * Since 0.1. */
TL_API tl_status tl_dataset_seek(tl_dataset* dataset, uint64_t epoch, int64_t position) TL_WARN_UNUSED;

/** Moves the dataset one scope out, as tl_keep() moves a tensor; returns it, or NULL on failure (the context holds the error).
 * Since 0.1.
 * @returns same */
TL_API tl_dataset* tl_dataset_keep(tl_dataset* dataset);

/** Gives the dataset up before its scope ends; datasets made from it go on. NULL and a released dataset do nothing.
 * From any thread at any time. Since 0.1.
 * @thread any */
TL_API void tl_dataset_release(tl_dataset* dataset);

#ifdef __cplusplus
}
#endif

#endif
