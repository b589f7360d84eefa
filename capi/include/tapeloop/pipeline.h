/* Pipelines: datasets (data.h) that compute, mix, wait and run ahead. The names are those of tf.data.
 *
 *   static tl_status shift(tl_context *c, void *user_data, const tl_element_place *place, tl_tensor *const *inputs,
 *                          size_t num_inputs, tl_tensor **outputs, size_t num_outputs) {
 *     outputs[0] = tl_add(c, inputs[0], tl_normal(c, ...));      (ops as everywhere; numbers that follow from the element)
 *     outputs[1] = inputs[1];
 *     return TL_OK;
 *   }
 *   tl_dataset *train = tl_dataset_shuffle(c, tl_dataset_from_tensors(c, images_and_labels, 2), seed);
 *   tl_map_options options;
 *   tl_map_options_init(&options, sizeof options);
 *   options.threads = 2;
 *   train = tl_dataset_map(c, train, shift, NULL, NULL, 2, &options);
 *   train = tl_dataset_prefetch(c, tl_dataset_batch(c, train, 32, true), 2);
 *   while (tl_dataset_next(train, batch, 2)) ...                          the batch lies where it was made: nothing is copied
 *
 * Order matters. Shuffle before you batch, or whole batches change places; before you map, or the buffer holds what the function
 * makes. Cache before a random map, or each epoch brings the same numbers. Repeat behind shuffle keeps epochs apart, before it
 * mixes them. Prefetch last.
 *
 * What an epoch brings follows from its number, the seeds and what the caller's functions give: from nothing else, whatever the
 * number of threads. So a place in the midst of an epoch is a few numbers (tl_dataset_save_position()), and a dataset that was made
 * in the same way goes on there with the same elements. Functions of the caller's must give the same for the same arguments, or
 * that does not hold.
 *
 * Functions of the caller's run on the thread that asks for elements: that of tl_dataset_next(), or one of the pipeline where a
 * prefetch or a map with threads comes behind. They get a context of their own, one for each thread: ops run there as everywhere,
 * with random numbers that follow from the element. What they make and do not put out is released for them. They must not use the
 * context of the dataset, which refuses them, nor end the one they get. One that fails (tl_set_error() on its context, or a failing
 * op) ends the iteration: tl_dataset_next() returns false, its context holds that error, and nothing has moved. Releasing a dataset
 * waits up to a second for a function that is running, and then goes on without it: what it holds ends when it has come back, with
 * the next dataset or with the context, which waits.
 *
 * Elements are memory of the pipeline's, which counts as borrowed, not against the limit of a context. */
#ifndef TAPELOOP_PIPELINE_H
#define TAPELOOP_PIPELINE_H

#include <tapeloop/data.h>

#ifdef __cplusplus
extern "C" {
#endif

/** tl_dataset_size() where only iterating tells. */
#define TL_DATASET_UNKNOWN_SIZE (-2)
/** tl_dataset_size() where an epoch has no end. */
#define TL_DATASET_INFINITE_SIZE (-3)

/** Which element a function is asked for. */
typedef struct tl_element_place {
  size_t struct_size; /**< bytes of this struct, of the library's */
  uint64_t epoch;     /**< of the source, from 0 */
  int64_t index;      /**< of the source's element in its epoch, from 0 */
  uint64_t
      seed; /**< of random numbers for this element: that of the context's; follows from the stage's seed, epoch and index */
} tl_element_place;

/** Computes the tensors of an element from those of the source's (none for a source). Sets all outputs to tensors of `context`, or
 * fails.
 * @array inputs[num_inputs], outputs[num_outputs]? */
typedef tl_status (*tl_element_callback)(tl_context *context, void *user_data, const tl_element_place *place,
                                         tl_tensor *const *inputs, size_t num_inputs, tl_tensor **outputs,
                                         size_t num_outputs);

/** Says in *keep, false at first, whether an element stays.
 * @array inputs[num_inputs] */
typedef tl_status (*tl_predicate_callback)(tl_context *context, void *user_data,
                                           const tl_element_place *place, tl_tensor *const *inputs,
                                           size_t num_inputs, bool *keep);

/** Begins a pass through the elements of an epoch. What it sets *iteration to, 0 at first, stands for the pass: a number or a
 * pointer of the caller's. */
typedef tl_status (*tl_begin_callback)(tl_context *context, void *user_data, uint64_t epoch,
                                       uint64_t *iteration);

/** Gives the next element of a pass: sets all outputs to tensors of `context`; or says that none is left by setting *more, true at
 * first, to false. Not called again after that.
 * @array outputs[num_outputs]? */
typedef tl_status (*tl_next_callback)(tl_context *context, void *user_data, uint64_t iteration,
                                      tl_tensor **outputs, size_t num_outputs, bool *more);

/** Ends a pass that was begun, once, wherever it stands. */
typedef void (*tl_end_callback)(void *user_data, uint64_t iteration);

/* ---- sources ------------------------------------------------------------------------------------------------------ */

/** start, start + step, and so on before stop, as TL_I64 scalars. step may be negative, not 0. Returns NULL on failure. Since 0.1. */
TL_API tl_dataset *tl_dataset_range(tl_context *context, int64_t start, int64_t stop, int64_t step);

/**
 * `size` (0 or more) elements of `width` (1 or more) tensors each that `function` gives by epoch and index, in any order and from
 * one thread at a time for each pass: records of a file whose places are known, for one. It can be shuffled without a buffer, and
 * passing over elements costs nothing. user_data may be NULL; destroy (may be NULL) runs once, when the last dataset goes that was
 * made of it, or at once when this call fails. Returns NULL on failure. Since 0.1.
 */
TL_API tl_dataset *tl_dataset_from_function(tl_context *context, int64_t size, size_t width,
                                            tl_element_callback function, void *user_data,
                                            tl_destroy_callback destroy);

/**
 * Elements of `width` (1 or more) tensors that can only be had in order: lines, messages, an iterator of the caller's language. Each
 * epoch of each dataset made of it begins a pass of its own. A pass goes forward only: to go on in the midst of an epoch, at a position
 * that was saved, the elements before it are read and dropped, which costs what reading them costs; tl_dataset_from_function() goes
 * there at once. `end` (may be NULL) ends a pass. user_data may be NULL; destroy (may be NULL) runs once, after the last pass, or at once when this call
 * fails. Returns NULL on failure. Since 0.1.
 */
TL_API tl_dataset *tl_dataset_from_iterator(tl_context *context, size_t width, tl_begin_callback begin,
                                            tl_next_callback next, tl_end_callback end, void *user_data,
                                            tl_destroy_callback destroy);

/* ---- functions ---------------------------------------------------------------------------------------------------- */

/** How a function runs. Fill it with tl_map_options_init() first. */
typedef struct tl_map_options {
  size_t struct_size; /**< bytes of this struct; set by the init function */
  int32_t threads; /**< threads of its own, at most 256; 0 (default): on the thread that asks for elements */
  uint64_t
      seed; /**< of the random numbers of its elements (default 0); two maps of one seed draw the same for an element */
} tl_map_options;

/** Sets all fields to their defaults. Pass sizeof(tl_map_options). Since 0.1. */
TL_API void tl_map_options_init(tl_map_options *options, size_t struct_size);

/**
 * What `function` makes of each element: `width` (1 or more) tensors. With threads several elements are computed at a time, and come
 * in the order of the source all the same. The function then runs on those threads at once: what user_data points to is its own
 * affair. Without threads an indexed source (tensors, ranges, functions, and what take, skip, shuffle, batch, cast, cache and map
 * make of them) stays one. options may be NULL. user_data may be NULL; destroy (may be NULL) runs once, when the last dataset goes that
 * was made of it, or at once when this call fails. Returns NULL on failure. Since 0.1.
 */
TL_API tl_dataset *tl_dataset_map(tl_context *context, tl_dataset *source, tl_element_callback function,
                                  void *user_data, tl_destroy_callback destroy, size_t width,
                                  const tl_map_options *options);

/** The elements that `predicate` keeps. `seed`: of its random numbers. user_data may be NULL; destroy (may be NULL) runs once, as for
 * tl_dataset_map(). Returns NULL on failure. Since 0.1. */
TL_API tl_dataset *tl_dataset_filter(tl_context *context, tl_dataset *source, tl_predicate_callback predicate,
                                     void *user_data, tl_destroy_callback destroy, uint64_t seed);

/* ---- order -------------------------------------------------------------------------------------------------------- */

/**
 * Elements drawn at random from a buffer that the next `buffer` (1 or more) of the source fill: for sources too large or too slow to
 * be shuffled as a whole. The order follows from the seed and the epoch. Returns NULL on failure. Since 0.1.
 */
TL_API tl_dataset *tl_dataset_shuffle_buffer(tl_context *context, tl_dataset *source, uint64_t seed,
                                             int64_t buffer);

/**
 * `count` epochs of the source as one; without an end where count is negative. Pass k of epoch e is the source's epoch e * count + k.
 * Without an end, a source whose epoch brings nothing is TL_FAILED_PRECONDITION, now or when that comes out. Returns NULL on
 * failure. Since 0.1.
 */
TL_API tl_dataset *tl_dataset_repeat(tl_context *context, tl_dataset *source, int64_t count);

/** One source after the other; at least one, all of one width. Returns NULL on failure. Since 0.1. */
TL_API tl_dataset *tl_dataset_concatenate(tl_context *context, tl_dataset *const *sources, size_t count);

/** Elements that hold the tensors of one element of each source, at least one; as long as the shortest. Returns NULL on failure.
 * Since 0.1. */
TL_API tl_dataset *tl_dataset_zip(tl_context *context, tl_dataset *const *sources, size_t count);

/**
 * `cycle` (1 or more) of the sources in turn, `block` (1 or more) elements of each at a time; one that has ended makes room for the
 * next that was not begun. All of one width. For several files: few are read at once. Returns NULL on failure. Since 0.1.
 */
TL_API tl_dataset *tl_dataset_interleave(tl_context *context, tl_dataset *const *sources, size_t count,
                                         int64_t cycle, int64_t block);

/**
 * Each element from a source that is drawn at random, with the probability of its weight among the sources that have elements left.
 * Weights are finite and not negative, one for each source, and not all 0. Ends with the last source; where stop_on_empty with the first that
 * has ended; and where what is left has no weight. Draws follow from the seed and the epoch. Its size is TL_DATASET_INFINITE_SIZE where a
 * source's is, or where stop_on_empty all are, else TL_DATASET_UNKNOWN_SIZE: whatever their weights, since a size stays while these may
 * change with every element. So an endless source of weight 0 counts as endless (which tl_dataset_shuffle() and tl_dataset_cache() refuse);
 * leave it out, or tl_dataset_take() some of it, where it must not. Returns NULL on failure. Since 0.1.
 * @array sources[count], weights[count]
 */
TL_API tl_dataset *tl_dataset_sample_from(tl_context *context, tl_dataset *const *sources,
                                          const double *weights, size_t count, uint64_t seed,
                                          bool stop_on_empty);

/**
 * New weights, for a dataset that tl_dataset_sample_from() made: a curriculum, or losses that say what to learn next. Datasets made of
 * it follow from their next element on, whatever was made ahead, which is made again; what a shuffle's buffer or a batch in the
 * making of an earlier stage holds already, stays. A saved position holds the weights. TL_FAILED_PRECONDITION while there is a tl_dataset_cache() of
 * elements of the mixture, which gives what was drawn once: keep the sources in caches, not the mixture. Since 0.1.
 */
TL_API tl_status tl_dataset_set_weights(tl_dataset *dataset, const double *weights,
                                        size_t count) TL_WARN_UNUSED;

/* ---- groups ------------------------------------------------------------------------------------------------------- */

/**
 * tl_dataset_batch() of tensors that differ in size, not in rank: each is filled up to the longest of its batch, on all axes, with
 * the number at its place in `padding`; there are as many as tensors in an element. Returns NULL on failure. Since 0.1.
 */
TL_API tl_dataset *tl_dataset_padded_batch(tl_context *context, tl_dataset *source, int64_t batch_size,
                                           bool drop_remainder, const double *padding, size_t num_padding);

/**
 * Padded batches of elements of like length, which is the first dimension of tensor number `position`. Bucket i holds those below
 * boundaries[i], which grow; the last one the rest: there is one bucket more than boundaries. sizes[i] of bucket i make a batch. What is
 * left at the end comes in the order of the buckets, or is left out with drop_remainder. padding as in tl_dataset_padded_batch().
 * boundaries may be NULL where num_boundaries is 0. Returns NULL on failure. Since 0.1.
 * @array boundaries[num_boundaries], sizes[num_sizes], padding[num_padding]
 */
TL_API tl_dataset *tl_dataset_bucket_by_length(tl_context *context, tl_dataset *source, size_t position,
                                               const int64_t *boundaries, size_t num_boundaries,
                                               const int64_t *sizes, size_t num_sizes, bool drop_remainder,
                                               const double *padding, size_t num_padding);

/** The rows of each element along the first axes of its tensors, which must agree in size, as elements. Nothing is copied. Returns NULL
 * on failure. Since 0.1. */
TL_API tl_dataset *tl_dataset_unbatch(tl_context *context, tl_dataset *source);

/**
 * Groups of `size` consecutive elements, stacked as in a batch, whose beginnings are `shift` elements apart (both 1 or more). The last
 * ones are shorter, or left out with drop_remainder. Returns NULL on failure. Since 0.1.
 */
TL_API tl_dataset *tl_dataset_window(tl_context *context, tl_dataset *source, int64_t size, int64_t shift,
                                     bool drop_remainder);

/* ---- time and memory ---------------------------------------------------------------------------------------------- */

/** The elements of the source's epoch 0, in every epoch: made once, and held in memory. Returns NULL on failure. Since 0.1. */
TL_API tl_dataset *tl_dataset_cache(tl_context *context, tl_dataset *source);

/** Elements made ahead, up to `count` (1 to 65536), on a thread of the pipeline's, which makes several at a time: 2 are enough for long steps,
 * 8 or 16 keep steps below a millisecond from waiting. Returns NULL on failure. Since 0.1. */
TL_API tl_dataset *tl_dataset_prefetch(tl_context *context, tl_dataset *source, int64_t count);

/* ---- places and waiting --------------------------------------------------------------------------------------------- */

/**
 * Where the dataset stands, as bytes: at most `capacity` are written to `bytes`, and *length is how many there are. Where they do not
 * fit, nothing is written: ask again with room for them. Epoch, index and what stages know, not their data: some 10 to 40 bytes for each
 * stage, and for each buffer of tl_dataset_shuffle_buffer() and each tl_dataset_bucket_by_length() 2 to 3 bytes for each element that it holds
 * (5 in epochs of a thousand million elements). Stages one after the other add up; weights that have changed since the oldest of these
 * elements count as well. What the stages held is read again on restoring: as many elements of each one's source as came since the
 * oldest that it holds, some ten times a buffer's size; a tl_dataset_map() computes those of them that are needed. The same on every machine. bytes may be NULL when capacity is 0; length may be NULL. Works while the context holds an error. Since 0.1.
 * @array bytes[capacity]
 */
TL_API tl_status tl_dataset_save_position(tl_dataset *dataset, uint8_t *bytes, size_t capacity,
                                          size_t *length) TL_WARN_UNUSED;

/** Goes to a place that tl_dataset_save_position() gave, of this dataset or of one that was made in the same way, in another process or
 * language too. TL_INVALID_ARGUMENT for other bytes, and where the dataset is another: in its stages, their sizes and seeds, the number,
 * dtypes and shapes of its elements; data of the same form and functions are not looked into. Then nothing has moved. Since 0.1. */
TL_API tl_status tl_dataset_restore_position(tl_dataset *dataset, const uint8_t *bytes,
                                             size_t length) TL_WARN_UNUSED;

/** The seconds that tl_dataset_next() has taken in this epoch (the last one, until the next has begun). NaN on failure. Works while
 * the context holds an error. Since 0.1. */
TL_API double tl_dataset_waited(tl_dataset *dataset);

/** The share of input in the time of the loop, in per cent: tl_dataset_waited() over the time from the first tl_dataset_next() of the
 * epoch until the latest came back. NaN on failure. Works while the context holds an error. Since 0.1. */
TL_API double tl_dataset_input_wait(tl_dataset *dataset);

#ifdef __cplusplus
}
#endif

#endif
