/* A progress bar: how far a loop is, how fast, how long it takes yet, and what it has reached.
 *
 *   tl_progress_options o;
 *   tl_progress_options_init(&o, sizeof o);
 *   o.descriptor = 2;                                             standard error
 *   tl_progress *bar = tl_progress_new(c, &o);
 *   for (int epoch = 1; epoch <= 5; epoch++) {
 *     tl_progress_start(bar, tl_dataset_size(train), "epoch");
 *     for (int64_t step = 1; tl_dataset_next(train, batch, 2); step++) {
 *       ...
 *       if (tl_progress_due(bar)) tl_progress_value(bar, "loss", tl_metric_result(losses));
 *       tl_progress_update(bar, step);
 *     }
 *     tl_progress_value(bar, "loss", tl_metric_result(losses));
 *     tl_progress_finish(bar);
 *   }
 *
 *   epoch  45% [=====>      ] 281/625  1.20k/s  0:07 left  loss 0.1234
 *
 * On a terminal it is one line that is drawn anew, at most ten times a second and as wide as the terminal is; elsewhere a plain line
 * every ten seconds and at the end of each round. The library writes to the descriptor that the program gives and to no other. The
 * environment counts as people expect: NO_COLOR (not empty) leaves colours out, TERM=dumb gives plain lines, and the bar has
 * Unicode's blocks where LC_ALL, LC_CTYPE or LANG say UTF-8.
 *
 * The loop never waits for who reads. Where a pipe, a socket or a terminal takes no more just now, drawings are left out, and the last
 * line of a round waits until the next drawing, the end of the next round or that of the bar, which try again; up to 64 KiB of them. The
 * descriptor's own flags stay as they are: it may be shared.
 *
 * Where writing fails (a terminal that is closed, a full disk, a pipe whose reader is gone), the bar writes no more, and the loop goes
 * on: write_failed of tl_progress_statistics says so. No SIGPIPE reaches the process. */
#ifndef TAPELOOP_PROGRESS_H
#define TAPELOOP_PROGRESS_H

#include <tapeloop/base.h>

#ifdef __cplusplus
extern "C" {
#endif

/** A progress bar. It belongs to the innermost scope like a tensor. */
typedef struct tl_progress tl_progress;

/** How progress is shown. Append-only numbers. */
typedef int32_t tl_progress_style;
enum {
  TL_PROGRESS_AUTO = 0, /**< a bar where the descriptor is a terminal, else lines (default) */
  TL_PROGRESS_BAR = 1,  /**< a line that is drawn anew, with a carriage return in front */
  TL_PROGRESS_LINES = 2 /**< lines with an end each, and no escape sequences */
};

/** How a progress bar looks. Fill it with tl_progress_options_init() first. */
typedef struct tl_progress_options {
  size_t struct_size; /**< bytes of this struct; set by the init function */
  int32_t
      descriptor; /**< of the file that it is written to: 1 for standard output, 2 for standard error; it stays the
                           program's. 0: none (default), for tl_progress_text() and tl_progress_set_callback() */
  tl_progress_style style; /**< a bar or lines (default TL_PROGRESS_AUTO) */
  int32_t width;   /**< columns of a bar, 1 to 1000 (default: those of the terminal; 80 where that is none) */
  int32_t digits;  /**< significant digits of values, 1 to 17 (default 4) */
  double interval; /**< least seconds between two drawings (default: 0.1 for a bar, 10 for lines) */
  bool ascii;      /**< no characters but those of ASCII in the bar (default false) */
  bool no_color;   /**< as NO_COLOR in the environment (default false) */
  bool
      no_times; /**< nothing that depends on the clock: no rate, time and share of input, and lines at the end of rounds only,
                        so that two runs print the same (default false) */
} tl_progress_options;

/** Sets all fields to their defaults. Pass sizeof(tl_progress_options). Does nothing for NULL. Since 0.1. */
TL_API void tl_progress_options_init(tl_progress_options *options, size_t struct_size);

/** A progress bar, which shows nothing yet. options may be NULL for the defaults. NULL on failure: TL_INVALID_ARGUMENT for options
 * that make no sense, and a descriptor that is not open. Since 0.1. */
TL_API tl_progress *tl_progress_new(tl_context *context, const tl_progress_options *options);

/**
 * Begins a round (an epoch, say) of `total` steps, 0 where that is not known: there is no bar then, but a count. label (may be NULL)
 * stands in front. Values of the round before are forgotten; a round that is not finished is finished first. Control characters
 * of label and names show as blanks. Since 0.1.
 */
TL_API tl_status tl_progress_start(tl_progress *progress, int64_t total, const char *label);

/** Sets a value that is shown beside the bar, a loss or a metric, until the round ends: NaN and infinities too. At most 64 names a
 * round. Since 0.1. */
TL_API tl_status tl_progress_value(tl_progress *progress, const char *name, double value);

/** Tells how many seconds the program has waited for its input so far, tl_feed_waited() say, counted from whenever: the share of
 * the time since the round's first such call is shown. Not negative. Since 0.1. */
TL_API tl_status tl_progress_set_waited(tl_progress *progress, double seconds);

/** Whether the next tl_progress_update() will draw: for values that take time to compute, such as the result of a metric. false
 * between rounds and on failure. Since 0.1. */
TL_API bool tl_progress_due(tl_progress *progress);

/** Tells how many steps of the round are done, not fewer than before; draws when it is time, which costs a look at the clock
 * otherwise. More than total is no error. TL_FAILED_PRECONDITION between rounds. Since 0.1. */
TL_API tl_status tl_progress_update(tl_progress *progress, int64_t step);

/** Ends the round and draws it for the last time, with the mean rate and the time that it took. Does nothing when the round is
 * finished, or none has begun. Since 0.1. */
TL_API tl_status tl_progress_finish(tl_progress *progress);

/** How far a round is, in numbers. Set struct_size first. Append-only. */
typedef struct tl_progress_statistics {
  size_t struct_size; /**< sizeof(tl_progress_statistics), set by the caller */
  int64_t step;       /**< steps done in this round */
  int64_t total;      /**< steps of the round; 0 where that is not known */
  double elapsed;     /**< seconds since the round began */
  double
      rate; /**< steps a second: a mean of the last seconds, in a finished round over all of it; 0 at first */
  double left;       /**< seconds that the round takes yet at this rate; NaN where that is not known */
  double waited;     /**< share of the time that was lost to input, 0 to 1; NaN where nobody has told */
  bool finished;     /**< whether the round is */
  bool write_failed; /**< whether writing has failed, so that nothing is written any more */
} tl_progress_statistics;

/** Fills the struct; works while the context holds an error. Since 0.1. */
TL_API tl_status tl_progress_stats(tl_progress *progress, tl_progress_statistics *statistics);

/** The line as it would be drawn now, without colours: a bar of the options' width, or 80 columns, whatever the style. As
 * tl_tensor_format() writes: cut to capacity, *length (may be NULL) is the whole length, buffer may be NULL with a capacity of 0.
 * Since 0.1. */
TL_API tl_status tl_progress_text(tl_progress *progress, char *buffer, size_t capacity, size_t *length);

/**
 * Shows progress in the program's own way. text is the line that would be drawn, without colours and control characters; statistics
 * are its numbers. Both are valid during the call, which comes from tl_progress_update(), tl_progress_start() and
 * tl_progress_finish(), on their thread. It may use the context. A status other than TL_OK fails that call.
 */
typedef tl_status (*tl_progress_callback)(void *user_data, const char *text,
                                          const tl_progress_statistics *statistics);

/**
 * Sets what is called instead of writing to the descriptor, whenever the bar would be drawn; a NULL callback takes that back.
 * destroy (may be NULL) runs once: when the callback is replaced, when the bar ends, or at once when this call fails. Since 0.1.
 */
TL_API tl_status tl_progress_set_callback(tl_progress *progress, tl_progress_callback callback,
                                          void *user_data, tl_destroy_callback destroy);

/** Moves it one scope out, as tl_keep() moves a tensor; returns it, or NULL on failure (the context holds the error).
 * Since 0.1.
 * @returns same */
TL_API tl_progress *tl_progress_keep(tl_progress *progress);

/** Gives it up before its scope ends; a bar that stands on a terminal unfinished gets its end of line. NULL and a released one do
 * nothing. From any thread at any time. Since 0.1.
 * @thread any */
TL_API void tl_progress_release(tl_progress *progress);

#ifdef __cplusplus
}
#endif

#endif
