/* The bound that a machine sets to a compiled step: the least time that its operations and the bytes that it moves can take there.
 *
 *   tl_machine_peaks peaks;
 *   tl_bound_statistics bound = {.struct_size = sizeof bound};
 *   tl_machine_peaks_init(&peaks, sizeof peaks);
 *   if (tl_measure_peaks(c, NULL, &peaks) == TL_OK && tl_function_bound(train, &peaks, &bound) == TL_OK)
 *     printf("%.0f us a step, %.0f at the least\n", 1e6 * measured, 1e6 * bound.seconds);
 *
 * How near a step is to it tells whether anything is left to gain without computing something else. The library measures a machine in
 * tl_measure_peaks() only, and keeps nothing of it: peaks are numbers of the program's, from there, of a data sheet, or of a
 * machine that it plans for. */
#ifndef TAPELOOP_PEAKS_H
#define TAPELOOP_PEAKS_H

#include <tapeloop/base.h>
#include <tapeloop/function.h>

#ifdef __cplusplus
extern "C" {
#endif

/** What a machine can do at most. Fill it with tl_machine_peaks_init() first. Bandwidths are above 0, also of a level that there is
 * not: any number will do there. Append-only. */
typedef struct tl_machine_peaks {
  size_t struct_size; /**< bytes of this struct; set by the init function */
  int32_t threads;    /**< that the other numbers are of; 0 counts as 1 */
  double
      flops; /**< operations a second of all threads, in f32, a multiply-add being two: 2 x lanes x units x clock x threads */
  uint64_t l1_bytes;     /**< data cache of the first level of one thread; 0: none */
  uint64_t l2_bytes;     /**< cache of the second level of one thread; 0: none */
  uint64_t l3_bytes;     /**< cache of the third level that all threads share; 0: none */
  double l1_bandwidth;   /**< bytes a second that all threads read and write there */
  double l2_bandwidth;   /**< the same of the second level */
  double l3_bandwidth;   /**< the same of the third level */
  double dram_bandwidth; /**< the same of the memory behind the caches */
} tl_machine_peaks;

/** Sets all fields to zero. Pass sizeof(tl_machine_peaks). Does nothing for NULL. Since 0.1. */
TL_API void tl_machine_peaks_init(tl_machine_peaks *peaks, size_t struct_size);

/** How peaks are measured. Fill it with tl_peak_options_init() first. */
typedef struct tl_peak_options {
  size_t struct_size; /**< bytes of this struct; set by the init function */
  size_t
      turns; /**< of each of five measurements, of which the best counts; 1 to 10,000 (0, the default: 30) */
} tl_peak_options;

/** Sets all fields to their defaults. Pass sizeof(tl_peak_options). Does nothing for NULL. Since 0.1. */
TL_API void tl_peak_options_init(tl_peak_options *options, size_t struct_size);

/**
 * Measures this machine with the threads of the context, and fills all fields that the struct has room for: multiply-adds in
 * registers of the widest kind that the library uses; y = a + b, 12 bytes an element (McCalpin's add), with arrays of half a cache of
 * levels 1 and 2, a quarter of level 3, and four times level 3, of which at most 32 MiB count. It works for about half a second on all
 * threads, 2 ms or more for each turn, and holds 64 to 128 MiB of memory meanwhile, which is outside the context's limit. Other load
 * on the machine makes the numbers smaller. Where options are NULL they have their defaults.
 *
 * TL_INVALID_ARGUMENT (a struct without its size, turns out of range), TL_CANCELLED, TL_OUT_OF_MEMORY: peaks are as they were. Since 0.1.
 */
TL_API tl_status tl_measure_peaks(tl_context *context, const tl_peak_options *options,
                                  tl_machine_peaks *peaks) TL_WARN_UNUSED;

/** The bound of a step. Set struct_size first. Append-only. */
typedef struct tl_bound_statistics {
  size_t struct_size;        /**< sizeof(tl_bound_statistics), set by the caller */
  double seconds;            /**< a step: the larger one of the next two */
  double arithmetic_seconds; /**< flops of tl_function_stats() over those of the machine */
  double memory_seconds;     /**< moved_bytes over the bandwidth of the level */
  int64_t
      level; /**< of the memory that counts, the fastest that holds touched_bytes: 1 to 3 for caches, 4 for what lies behind them */
} tl_bound_statistics;

/**
 * The bound of the plan that was used last, by the roofline model (Williams, Waterman and Patterson, 2009): of what
 * tl_function_stats() tells and the peaks that are given. Caches of levels 1 and 2 count once for each thread. Nothing is timed. Works
 * while the context holds an error.
 *
 * It is a bound of this plan, not of the task: another plan may compute less. Kernels whose operands lie in a faster level than the
 * whole step can move their bytes faster than it says. Peaks are of f32: a step in f64 takes twice its arithmetic_seconds or more.
 *
 * TL_FAILED_PRECONDITION when there is no plan yet: the second call with inputs of a kind makes it. TL_INVALID_ARGUMENT for peaks
 * that are not above zero and finite, or a struct without its size; nothing is filled then. Since 0.1.
 */
TL_API tl_status tl_function_bound(tl_function *function, const tl_machine_peaks *peaks,
                                   tl_bound_statistics *bound) TL_WARN_UNUSED;

#ifdef __cplusplus
}
#endif

#endif
