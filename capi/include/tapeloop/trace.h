/* Traces: what ran and when, as a file that Perfetto (ui.perfetto.dev) and chrome://tracing show.
 *
 *   tl_trace *trace = tl_trace_start(c, NULL);
 *   for a few steps:
 *     tl_trace_begin_span(trace, "step");
 *     ...
 *     tl_trace_counter(trace, "loss", loss);
 *     tl_trace_end_span(trace);
 *   tl_trace_stop(trace);
 *   tl_trace_write(trace, "step.json");
 *
 * It shows the kernel of each op that runs eagerly, with the dtypes and shapes of its operands; gradients as spans with the ops of
 * their rules inside; calls of a tl_function as recordings and replays, a replay with each kernel of its plan. What is between two
 * kernels is the time of everything else: checks, memory, and the program. All of a context is one track, also kernels that use
 * several threads.
 *
 * Without a trace nothing is timed, and an op pays for the look at one pointer. */
#ifndef TAPELOOP_TRACE_H
#define TAPELOOP_TRACE_H

#include <tapeloop/base.h>

#ifdef __cplusplus
extern "C" {
#endif

/** What has run in a context since it was started. It belongs to the innermost scope like a tensor. */
typedef struct tl_trace tl_trace;

/** What a trace keeps. Fill it with tl_trace_options_init() first. */
typedef struct tl_trace_options {
  size_t struct_size; /**< bytes of this struct; set by the init function */
  int64_t
      most_events; /**< that are kept; later ones are counted only (default 1,000,000, of 40 bytes each) */
  bool
      no_details; /**< without dtypes, shapes and the text of fused kernels, which costs less (default false) */
} tl_trace_options;

/** Sets all fields to their defaults. Pass sizeof(tl_trace_options). Does nothing for NULL. Since 0.1. */
TL_API void tl_trace_options_init(tl_trace_options *options, size_t struct_size);

/** Starts to trace a context, which is done until tl_trace_stop(), or the end of the trace. options may be NULL for the defaults.
 * NULL on failure: TL_FAILED_PRECONDITION when the context is traced already. Since 0.1. */
TL_API tl_trace *tl_trace_start(tl_context *context, const tl_trace_options *options);

/** Stops: nothing is added any more. Spans that are open end here. TL_FAILED_PRECONDITION when it has been stopped. Since 0.1. */
TL_API tl_status tl_trace_stop(tl_trace *trace);

/** Begins a span of the program's own, an epoch or a step, inside of the one that is open. TL_FAILED_PRECONDITION when the trace has
 * been stopped. Since 0.1. */
TL_API tl_status tl_trace_begin_span(tl_trace *trace, const char *name);

/** Ends the span that was begun last. TL_FAILED_PRECONDITION when none is open. Since 0.1. */
TL_API tl_status tl_trace_end_span(tl_trace *trace);

/** A number that is shown as a curve, a loss say; what is not finite leaves a gap. TL_FAILED_PRECONDITION when the trace has been
 * stopped. Since 0.1. */
TL_API tl_status tl_trace_counter(tl_trace *trace, const char *name, double value);

/** What a trace holds. Set struct_size first. Append-only. */
typedef struct tl_trace_statistics {
  size_t struct_size; /**< sizeof(tl_trace_statistics), set by the caller */
  uint64_t events;    /**< that are kept: kernels, spans that have ended, numbers */
  uint64_t lost;      /**< events for which there was no room */
  bool running;       /**< whether it has not been stopped */
} tl_trace_statistics;

/** Fills the struct; works while the context holds an error. Since 0.1. */
TL_API tl_status tl_trace_stats(tl_trace *trace, tl_trace_statistics *statistics);

/** Writes what there is so far as a file in the Trace Event Format (JSON), whole or not at all. TL_NOT_FOUND (no such folder), TL_IO,
 * TL_INVALID_ARGUMENT (an empty path). Since 0.1. */
TL_API tl_status tl_trace_write(tl_trace *trace, const char *path);

/** Moves it one scope out, as tl_keep() moves a tensor; returns it, or NULL on failure (the context holds the error).
 * Since 0.1.
 * @returns same */
TL_API tl_trace *tl_trace_keep(tl_trace *trace);

/** Gives it up before its scope ends. NULL and a released one do nothing. From any thread at any time. Since 0.1.
 * @thread any */
TL_API void tl_trace_release(tl_trace *trace);

#ifdef __cplusplus
}
#endif

#endif
