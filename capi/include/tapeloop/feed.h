/* Feeds: batches that another thread writes while a step runs, without a copy in between.
 *
 *   tl_tensor *like[2] = {images, labels};                     of the shape of a whole batch
 *   tl_feed *feed = tl_feed_new(c, like, 2);
 *
 *   // the producer's thread                                   // the context's thread
 *   while (more && tl_feed_begin(feed) == TL_OK) {             tl_tensor *batch[2];
 *     uint8_t *pixels = tl_feed_memory(feed, 0, NULL);         while (tl_feed_next(feed, batch, 2))
 *     int32_t *classes = tl_feed_memory(feed, 1, NULL);          if (tl_function_call_items(train, batch, 2, &loss, 1) != TL_OK) break;
 *     read_batch(pixels, classes);                             if (tl_failed(c)) ...
 *     tl_feed_commit(feed, rows);
 *   }
 *   tl_feed_finish(feed);
 *
 * A feed has two slots. One is filled while a step reads the other, so that the producer is one batch ahead. Images may stay
 * bytes: a compiled step that casts and scales them does both in one pass over the batch.
 *
 * Threads. tl_feed_begin(), tl_feed_memory(), tl_feed_commit() and tl_feed_finish() are the producer's: one thread at a time,
 * any thread, also while another is inside the context. They leave no error in the context, their status is all they say. All
 * other functions are the context's, as usual. The feed and its context may end while a producer is at work: a call that waits then, and
 * tl_feed_commit() and tl_feed_finish() of a batch that is begun, give TL_CANCELLED; all other calls TL_INVALID_ARGUMENT, for there is
 * no such feed any more. The memory of a batch that it has begun stays valid until it calls tl_feed_commit() or
 * tl_feed_finish(), which free it and give TL_CANCELLED; where it calls neither, that memory is never freed.
 *
 * @errors TL_CANCELLED of tl_feed_begin, tl_feed_commit, tl_feed_finish. */
#ifndef TAPELOOP_FEED_H
#define TAPELOOP_FEED_H

#include <tapeloop/base.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Slots for batches that another thread fills. It belongs to the innermost scope like a tensor. */
typedef struct tl_feed tl_feed;

/**
 * A feed of batches of `count` tensors, at least one, each of the dtype and shape of the tensor at its place in `like`, whose
 * elements do not matter. All have the same first dimension, the batch, which is 1 or more. The memory counts as borrowed, not
 * against the limit of the context. NULL on failure. Since 0.1.
 * @array like[count]
 */
TL_API tl_feed *tl_feed_new(tl_context *context, tl_tensor *const *like, size_t count);

/* ---- the producer's thread ---------------------------------------------------------------------------------------- */

/**
 * Begins a batch: waits until a slot is free. TL_CANCELLED: the feed has been released or its context has ended meanwhile;
 * TL_FAILED_PRECONDITION: a batch is begun already, or the feed is finished; TL_INVALID_ARGUMENT: no live feed. Since 0.1.
 * @thread any. @returns value
 */
TL_API tl_status tl_feed_begin(tl_feed *feed);

/**
 * Where tensor number `position` of the batch that is begun is written, row-major, and in *bytes (may be NULL) how large it is.
 * 64-byte aligned; it holds zeros, or what an earlier batch has left. NULL where no batch is begun, for a position that is none, and for no
 * live feed. Since 0.1.
 * @thread any
 */
TL_API void *tl_feed_memory(tl_feed *feed, size_t position, size_t *bytes);

/**
 * Hands the batch that is begun over, of which the first `rows` rows are written: all, or fewer for the last of an epoch, but at
 * least 1. TL_INVALID_ARGUMENT for another number (the batch stays begun) and no live feed; TL_FAILED_PRECONDITION: none is
 * begun; TL_CANCELLED: the feed has been released or its context has ended, and the batch is dropped, whatever `rows`. Since 0.1.
 * @thread any. @returns value
 */
TL_API tl_status tl_feed_commit(tl_feed *feed, int64_t rows);

/** Says that no batch comes any more; one that is begun is dropped. tl_feed_next() gives what has been handed over, then false.
 * TL_CANCELLED: the feed has been released or its context has ended; TL_INVALID_ARGUMENT: no live feed. Since 0.1.
 * @thread any. @returns value */
TL_API tl_status tl_feed_finish(tl_feed *feed);

/* ---- the context's thread ------------------------------------------------------------------------------------------ */

/**
 * The next batch: waits for it and returns true, with its `count` tensors in `tensors`. false where none will come, on any
 * failure, and while the context holds an error, so that a loop always ends: look at tl_failed() after it. Then all entries of
 * tensors are NULL. tl_context_cancel() ends the wait (TL_CANCELLED), and so does a tl_feed_release() by another thread.
 *
 * The tensors lie in the slot, and belong to the feed, whatever scope is open: the next call releases them and gives the slot
 * back to the producer. tl_tensor_retain() keeps one longer, and so does whatever holds its value: the slot then gets other
 * memory, and the tensor stays as it is.
 *
 * Not inside the step of a tl_function: the step that is recorded takes its batch, but the call fails with TL_FAILED_PRECONDITION,
 * for replays would keep that one batch. Take it before the call and pass it as inputs. Since 0.1.
 */
TL_API bool tl_feed_next(tl_feed *feed, tl_tensor **tensors, size_t count);

/** The seconds that tl_feed_next() has waited for the producer so far: over the time of the loop, the share that is lost to
 * input. NaN on failure. Works while the context holds an error. Since 0.1. */
TL_API double tl_feed_waited(tl_feed *feed);

/** Moves it one scope out, as tl_keep() moves a tensor; returns it, or NULL on failure (the context holds the error).
 * Since 0.1.
 * @returns same */
TL_API tl_feed *tl_feed_keep(tl_feed *feed);

/** Gives it up before its scope ends; the tensors of its last batch go with it. NULL and a released one do nothing. From any
 * thread at any time. Since 0.1.
 * @thread any */
TL_API void tl_feed_release(tl_feed *feed);

#ifdef __cplusplus
}
#endif

#endif
