/* How a step is timed and what is printed: the rules of ../shared/bench/README.md. */
#ifndef TESTS_BENCH_MEASURE_H
#define TESTS_BENCH_MEASURE_H

#include <stdbool.h>

/* One training step; i counts the calls. Returns the step's loss. */
typedef double (*step_function)(void *state, long i);

typedef struct {
  double p10, median, p90; /* microseconds a step */
  long steps;
  double allocations; /* of the heap, a step, while it is timed */
} timing;

/* Warm-up, calibration, then up to 40 samples of about 0.1 s each; `inner` steps in one call. quick: few samples. */
timing measure(step_function step, void *state, int inner, bool quick);

typedef struct {
  double loss[10];
  double loss_end;                      /* of step 200; NaN when the steps are too slow for it */
  double first_call_ms, second_call_ms; /* of a function: it records, then it makes its plan */
  double first_pass_ms;                 /* the first eight steps, one with each batch */
} losses;

/* Steps 0 to 200 from the initial weights; slow steps stop after the first ten. */
losses check_losses(step_function step, void *state);

#endif
