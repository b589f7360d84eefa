/* Metric logs: the numbers of a run in files, for spreadsheets, programs and TensorBoard.
 *
 *   tl_logger *log = tl_logger_csv(c, "run.csv", false);             or _json_lines, or _tensorboard(c, "runs/1")
 *   for each epoch:
 *     tl_logger_scalar(log, epoch, "train/loss", tl_metric_result(losses));
 *     tl_logger_scalar(log, epoch, "test/accuracy", tl_metric_result(accuracy));
 *   if (tl_logger_flush(log) != TL_OK) ...
 *
 * CSV: a line of names, then a row for each step: step, wall_time (seconds since 1970), and a column for each tag, empty where the
 * step has no such number. A tag that comes later gets a new column behind the others. NaN and infinities are nan, inf and -inf.
 *
 * JSON lines: an object for each step, {"step": 1, "wall_time": 1700000000.125, "train/loss": 0.5}. What JSON has no number for is one
 * of the strings "NaN", "Infinity" and "-Infinity"; texts are strings, histograms are objects.
 *
 * TensorBoard: event files, which `tensorboard --logdir runs` shows: scalars (as f32), texts, histograms and images.
 *
 * CSV and JSON lines write a step when the next one begins, and at tl_logger_flush(); TensorBoard's events are written at once. What is
 * written is a whole record or nothing: a full disk is TL_IO and leaves the file as it was. A file has one writer: TL_BUSY.
 *
 * @errors TL_IO of tl_logger_scalar, tl_logger_text, tl_logger_histogram, tl_logger_image, tl_logger_flush. */
#ifndef TAPELOOP_LOGS_H
#define TAPELOOP_LOGS_H

#include <tapeloop/base.h>

#ifdef __cplusplus
extern "C" {
#endif

/** A log of metrics. It belongs to the innermost scope like a tensor; what waits is written when it ends, too, but then nobody hears
 * of a failure. */
typedef struct tl_logger tl_logger;

/**
 * A log as CSV. With append it goes on behind the rows that an earlier one has written, and cuts a row off that was not written whole;
 * else it replaces the file. NULL on failure: TL_NOT_FOUND (no such folder), TL_IO, TL_BUSY, TL_CORRUPT_DATA (append to a file that
 * does not begin as such a log does), TL_INVALID_ARGUMENT (an empty path). Since 0.1.
 */
TL_API tl_logger *tl_logger_csv(tl_context *context, const char *path, bool append);

/** A log as JSON lines, otherwise as tl_logger_csv(). NULL on failure: TL_NOT_FOUND, TL_IO, TL_BUSY, TL_INVALID_ARGUMENT.
 * Since 0.1. */
TL_API tl_logger *tl_logger_json_lines(tl_context *context, const char *path, bool append);

/** A log as events of TensorBoard: a new file in a folder, which is made where it is not there, with those above it. NULL on failure:
 * TL_IO, TL_INVALID_ARGUMENT. Since 0.1. */
TL_API tl_logger *tl_logger_tensorboard(tl_context *context, const char *folder);

/**
 * A number of a step, 0 or more, under a name, which should not be empty; "train/loss" and "test/loss" stand together in TensorBoard.
 * The last one counts where a step has several of a name. TL_INVALID_ARGUMENT for the names step and wall_time in CSV and JSON
 * lines, which are columns of every log; TL_IO. Since 0.1.
 */
TL_API tl_status tl_logger_scalar(tl_logger *logger, int64_t step, const char *tag, double value);

/** A text of a step; TensorBoard reads it as Markdown. TL_UNSUPPORTED in CSV. Since 0.1. */
TL_API tl_status tl_logger_text(tl_logger *logger, int64_t step, const char *tag, const char *text);

/**
 * How the elements of a tensor, of any dtype and shape, are spread: 30 buckets of equal width from the smallest to the largest (one of
 * width 1 where all are equal). Elements that are not finite are left out; JSON lines say how many these are. TL_UNSUPPORTED in CSV.
 * Not inside the step of a tl_function. Since 0.1.
 */
TL_API tl_status tl_logger_histogram(tl_logger *logger, int64_t step, const char *tag, tl_tensor *tensor);

/** An image: of shape (height, width) or (height, width, 1, 3 or 4), u8, bool, or floats in [0, 1], as tl_write_png() takes them.
 * TL_UNSUPPORTED in CSV and JSON lines. Not inside the step of a tl_function. Since 0.1. */
TL_API tl_status tl_logger_image(tl_logger *logger, int64_t step, const char *tag, tl_tensor *image);

/** Writes what waits for the end of its step: the next value of that step begins another row. Since 0.1. */
TL_API tl_status tl_logger_flush(tl_logger *logger);

/** The path of the file; "" on failure (the context holds the error). Valid while the log is live. Since 0.1. */
TL_API const char *tl_logger_path(tl_logger *logger);

/** Moves it one scope out, as tl_keep() moves a tensor; returns it, or NULL on failure (the context holds the error).
 * Since 0.1.
 * @returns same */
TL_API tl_logger *tl_logger_keep(tl_logger *logger);

/** Gives it up before its scope ends. NULL and a released one do nothing. From any thread at any time. Since 0.1.
 * @thread any */
TL_API void tl_logger_release(tl_logger *logger);

#ifdef __cplusplus
}
#endif

#endif
