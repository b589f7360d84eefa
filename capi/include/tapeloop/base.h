/* What every part of tapeloop shares: status codes, dtypes, contexts, errors, scopes.
 *
 * Conventions of the whole API
 *
 * Ops are expressions. They take the context first and return a handle, or NULL when they fail. The first failure is
 * kept in the context with a code and a message; NULL operands give NULL. Nobody has to check every line: check
 * tl_failed() where it matters.
 *
 * Calls with an effect (gradient, apply, assign, read, next) return a tl_status. They do nothing at all while the
 * context holds an error, and return that error's code.
 *
 * Ownership. A new handle belongs to the innermost open scope, or to the context when no scope is open; ending the
 * scope releases it. A keep function (tl_keep() for tensors, tl_layer_keep() and so on) moves a handle one scope out, a
 * release function gives it up early.
 *
 * Threads. A context may move between threads; one thread at a time may use it and what belongs to it. A second thread
 * that comes in the way gets TL_BUSY, and so does the context. Contexts share nothing and run in parallel.
 * tl_tensor_retain(), tl_context_cancel() and the release functions alone may be called from any thread at any time.
 *
 * Handles are checked: NULL, a released handle, a handle of another kind or context gives TL_INVALID_ARGUMENT, and the
 * context holds the error. That of a call whose own object (its first argument) was released goes to the context that the
 * object belonged to, as long as that context lives. The release functions, tl_context_free(), tl_tensor_retain() and
 * tl_is_variable() take released handles without an error. Only a call whose own object is NULL, or belonged to a context
 * that has ended, knows no context to keep the error in: it returns TL_INVALID_ARGUMENT, NULL, false, -1 or NaN, and
 * tl_error_message() of that NULL or ended context says as much. The library never aborts, exits, prints, installs signal
 * handlers, or lets an exception pass.
 */
#ifndef TAPELOOP_BASE_H
#define TAPELOOP_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#if defined(__GNUC__)
#define TL_API __attribute__((visibility("default")))
#define TL_WARN_UNUSED __attribute__((warn_unused_result))
#else
#define TL_API
#define TL_WARN_UNUSED
#endif

#define TL_VERSION_MAJOR 0
#define TL_VERSION_MINOR 1
#define TL_VERSION_PATCH 0

#define TL_MAX_RANK 8

#ifdef __cplusplus
extern "C" {
#endif

/** Outcome of a call. Append-only numbers. */
typedef int32_t tl_status;
enum {
  TL_OK = 0,
  TL_INVALID_ARGUMENT = 1,    /**< a value, shape, dtype, handle or option that the call does not accept */
  TL_FAILED_PRECONDITION = 2, /**< the object's state does not allow the call (a consumed tape) */
  TL_OUT_OF_MEMORY = 3,       /**< the context's limit or the machine's memory is exhausted */
  TL_NOT_FOUND = 4,           /**< a file that does not exist */
  TL_IO = 5,                  /**< reading or writing failed (disk full, permission, device) */
  TL_CORRUPT_DATA = 6,        /**< a file whose content contradicts its format */
  TL_UNSUPPORTED = 7,         /**< known, but not offered (a newer minor version) */
  TL_BUSY = 8, /**< the context is in use by another thread, or a folder of checkpoints by another writer */
  TL_NON_FINITE = 9, /**< a NaN or an infinity where the caller asked for none */
  TL_INTERNAL = 10,  /**< a broken invariant of tapeloop: please report it */
  TL_CANCELLED = 11, /**< tl_context_cancel() asked the context to stop */
  TL_PEER_LOST = 12, /**< another rank of a group has failed, left it or was cancelled: the group has ended */
  TL_MISMATCH = 13,  /**< ranks of a group made different calls, or hold different values of one variable */
  TL_TIMED_OUT = 14  /**< not all ranks of a group have come in time: the group has ended */
};

/** Element type. Append-only numbers. A bool element is one byte that holds 0 or 1. */
typedef int32_t tl_dtype;
enum { TL_F32 = 1, TL_F64 = 2, TL_I32 = 3, TL_I64 = 4, TL_U8 = 5, TL_BOOL = 6 };

/** Everything that is not a value: memory, threads, random numbers, open tapes and scopes, the first error. */
typedef struct tl_context tl_context;

/** An immutable value, or a variable, which can stand wherever a tensor is expected and reads as its current value. */
typedef struct tl_tensor tl_tensor;

/** Runs when the library gives up what it was lent. Called exactly once, also when the call that lent it fails. */
typedef void (*tl_destroy_callback)(void *user_data);

/* ---- version ---------------------------------------------------------------------------------------------------- */

/** The version of the library that is loaded, such as "0.1.0". Static text. Since 0.1. */
TL_API const char *tl_version(void);

/**
 * Asks for the lowest version that the program was written for: TL_OK, or TL_UNSUPPORTED when the library that is
 * loaded is of another major version or of an older minor one. Pass TL_VERSION_MAJOR and the minor version whose
 * functions you use. Since 0.1.
 */
TL_API tl_status tl_require_version(int32_t major, int32_t minor) TL_WARN_UNUSED;

/** A status in words, such as "invalid argument". Static text, also for unknown numbers. Since 0.1. */
TL_API const char *tl_status_name(tl_status status);

/** A dtype's name, such as "f32"; "unknown dtype" for unknown numbers. Static text. Since 0.1. */
TL_API const char *tl_dtype_name(tl_dtype dtype);

/** Bytes of one element; 0 for an unknown dtype. Since 0.1. */
TL_API size_t tl_dtype_size(tl_dtype dtype);

/* ---- context ---------------------------------------------------------------------------------------------------- */

/** How a context is made. Fill it with tl_context_options_init() first. */
typedef struct tl_context_options {
  size_t struct_size; /**< bytes of this struct; set by the init function */
  uint64_t seed;      /**< of the random numbers; the same seed gives the same bits (default 0) */
  int32_t threads;    /**< threads, the caller's included; 0 (default): all CPUs that the process may use */
  uint64_t
      memory_limit; /**< most bytes for tensors, cached memory included; 0: no limit (default). Each tensor takes its
                            bytes rounded up to a multiple of 64, above 4 KiB by at most an eighth */
} tl_context_options;

/** Sets all fields to their defaults. Pass sizeof(tl_context_options). Does nothing for NULL. A size of more than 4096 bytes,
 * which no options have, sets struct_size to 0 and nothing else, and the call that takes the options refuses them. So do the
 * init functions of all options. Since 0.1. */
TL_API void tl_context_options_init(tl_context_options *options, size_t struct_size);

/**
 * Makes a context. options may be NULL for the defaults. Returns NULL only when there is no memory; options that make no
 * sense (unknown struct_size, negative threads) give a context that holds the error, so that its message can be read.
 * End it with tl_context_free(). Since 0.1.
 * @returns caller
 */
TL_API tl_context *tl_context_new(const tl_context_options *options) TL_WARN_UNUSED;

/**
 * Ends a context and everything that belongs to it: tensors, variables, tapes, layers, datasets. Their handles are
 * recognised as released afterwards. NULL and a context that was ended before are allowed; a live handle of another kind is
 * TL_INVALID_ARGUMENT, and nothing ends. While another thread is inside the context, or from inside one of its callbacks
 * (destroy and release callbacks included, also those of a call that fails), nothing happens and TL_BUSY is returned. From a
 * callback that this very call runs the context counts as ended before: TL_OK. Needs no memory. Since 0.1.
 */
TL_API tl_status tl_context_free(tl_context *context);

/**
 * Asks a context to stop: the call that is running in it ends with TL_CANCELLED, or else the next one that computes, reads
 * or changes something. The context holds the error, so that everything after it does nothing either, until
 * tl_clear_error(), which also takes back a request that no call has met yet. From any thread at any time, also while
 * another is inside the context, and from a signal handler: it takes no lock and waits for nothing.
 *
 * A call ends between two ops or between two blocks of a file, not inside one op, and leaves no partial effect: an optimizer
 * that has begun to change variables changes them all. Reads that work while the context holds an error are not cancelled,
 * nor are scopes and release functions.
 *
 * Returns TL_OK, or TL_INVALID_ARGUMENT for a handle that is no live context. A context that ends at the same moment is
 * safe: a request that comes too late reaches no other context. Since 0.1.
 * @thread any
 */
TL_API tl_status tl_context_cancel(tl_context *context);

/** Sets the number of threads (see tl_context_options); results do not depend on it. Since 0.1. */
TL_API tl_status tl_context_set_threads(tl_context *context, int32_t threads);

/** Restarts the random numbers from a seed. Since 0.1. */
TL_API tl_status tl_context_set_seed(tl_context *context, uint64_t seed);

/** Sets the limit of tl_context_options.memory_limit. What is in use stays and counts: where that is more than the limit, no
 * tensor can be made until enough of it is released. Memory kept for reuse beyond the limit is given back. Since 0.1. */
TL_API tl_status tl_context_set_memory_limit(tl_context *context, uint64_t bytes);

/** Which values that are not finite are errors. Append-only numbers. */
typedef int32_t tl_non_finite_check;
enum {
  TL_NON_FINITE_CHECK_OFF = 0, /**< none (default) */
  TL_NON_FINITE_CHECK_NAN = 1, /**< NaN; infinities are allowed */
  TL_NON_FINITE_CHECK_ALL = 2  /**< NaN and infinities */
};

/**
 * Finds the op that makes the first NaN or infinity: while it is on, each op looks at its results, and one that holds such a
 * value fails with TL_NON_FINITE. The message names the op, says in whose gradient it ran where it did, and gives the ranges
 * of its operands. So does each collective of a group (replicas.h), which ends the group, as any failure of one does. Reads all results once
 * more, so it is for the hunt and not for every day. Since 0.1.
 */
TL_API tl_status tl_context_set_non_finite_check(tl_context *context, tl_non_finite_check check);

/** Gives memory that is kept for reuse back to the system. Since 0.1. */
TL_API tl_status tl_context_trim(tl_context *context);

/** Severity of a log line. Append-only numbers. */
typedef int32_t tl_log_level;
enum { TL_LOG_INFO = 1, TL_LOG_WARNING = 2 };

/** Gets log lines, on the thread that is in the context, in the midst of its call. It must not call tapeloop with this context: calls
 * are refused with TL_BUSY and change nothing, the context holds that error behind the call that has logged, and objects that the
 * callback releases live on until the next call. */
typedef void (*tl_log_callback)(void *user_data, tl_log_level level, const char *message);

/**
 * Sets where log lines go; without a callback they are dropped. NULL as callback ends logging. destroy (may be NULL)
 * runs once, when the callback is replaced, when the context ends, or at once when this call fails. Since 0.1.
 */
TL_API tl_status tl_context_set_log(tl_context *context, tl_log_callback callback, void *user_data,
                                    tl_destroy_callback destroy);

/** What a context holds. Fill struct_size with sizeof(tl_context_statistics) before the call. */
typedef struct tl_context_statistics {
  size_t struct_size;
  uint64_t tensors;         /**< live tensor handles, without variables */
  uint64_t variables;       /**< live variable handles */
  uint64_t values;          /**< live values inside the library: handles, variables, what tapes saved */
  uint64_t live_bytes;      /**< bytes in buffers that are in use */
  uint64_t peak_live_bytes; /**< the highest live_bytes so far */
  uint64_t cached_bytes;    /**< bytes kept for reuse; a request that would bring live and cached bytes above
                                    twice peak_live_bytes and 16 MiB gives those unused longest back first */
  uint64_t borrowed_bytes;  /**< the caller's memory that live tensors use */
  uint64_t system_allocations; /**< blocks asked from the system so far: constant in a steady loop */
  uint64_t tapes;              /**< live tapes */
  uint64_t scopes;             /**< open scopes */
} tl_context_statistics;

/** Reads the statistics; works while the context holds an error. Set struct_size before: of a struct of an older program its fields
 * are filled, and of one newer than the library those that it knows; the others stay as they were, so zero the struct first.
 * Since 0.1. */
TL_API tl_status tl_context_stats(tl_context *context, tl_context_statistics *statistics) TL_WARN_UNUSED;

/* ---- errors ----------------------------------------------------------------------------------------------------- */

/** True while the context holds an error, and for a NULL, ended or busy context. Since 0.1. */
TL_API bool tl_failed(tl_context *context);

/** The code of the first error, TL_OK without one, TL_INVALID_ARGUMENT for a NULL or ended context. Since 0.1.
 * @returns value */
TL_API tl_status tl_error_code(tl_context *context);

/**
 * The first error in words, "[function] rule: got values; hint": the function that was called without its tl_, behind it an
 * op inside where that failed, the rule that was broken, the values got and a hint; "" without an error. For NULL, an
 * ended context and one that another thread is using it is a fixed text that says so; never NULL. UTF-8, but for names and
 * paths that the program gave: they stand in it byte for byte. Valid until the error is cleared or the context ends; the "" for
 * good. Since 0.1.
 */
TL_API const char *tl_error_message(tl_context *context);

/** Forgets the error, and a request of tl_context_cancel(), so that the context can be used again. Since 0.1. */
TL_API void tl_clear_error(tl_context *context);

/**
 * Forgets the error where it has this code, and nothing else: a request of tl_context_cancel() that no call has met yet stays. For a
 * loop that expects an error and goes on behind it, as tl_fit() behind a step that is not finite, and is not to miss that somebody wants
 * it to end. Returns TL_OK when the context holds no error then, else the code of the one that stays. TL_INVALID_ARGUMENT for a code
 * that is none of an error. Since 0.1.
 */
TL_API tl_status tl_forget_error(tl_context *context, tl_status code) TL_WARN_UNUSED;

/**
 * Records an error of the caller's own, as callbacks do; an error that is there already stays. code must not be TL_OK;
 * message (may be NULL) is copied and never used as a format. Since 0.1.
 */
TL_API tl_status tl_set_error(tl_context *context, tl_status code, const char *message);

/* ---- scopes ----------------------------------------------------------------------------------------------------- */

/** Opens a scope: handles made from now on belong to it. Works while the context holds an error. Since 0.1. */
TL_API tl_status tl_scope_begin(tl_context *context);

/**
 * Ends the innermost scope and releases what belongs to it. Works while the context holds an error. TL_FAILED_PRECONDITION
 * when no scope is open, and inside a callback, of whatever kind, for a scope that the callback has not begun: the call that runs it
 * stands on that. Since 0.1.
 */
TL_API tl_status tl_scope_end(tl_context *context);

/**
 * Moves a tensor or variable one scope out, so that it outlives the innermost scope; without an open scope it stays where
 * it is. Works while the context holds an error. Returns the same handle, or NULL when it is not a live one (the context
 * holds the error). tl_layer_keep() and its like do the same for the other kinds. Since 0.1.
 * @returns same
 */
TL_API tl_tensor *tl_keep(tl_tensor *tensor);

#ifdef __cplusplus
}
#endif

#endif
