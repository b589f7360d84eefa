#include "tests/bench/measure.h"

#include <math.h>
#include <stdlib.h>

#include "tests/bench/allocations.h"
#include "tests/bench/numbers.h"

enum { SAMPLES = 40, LOSS_END_STEP = 200 };

static int ascending(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

static double quantile(const double *sorted, int n, double q) {
  double at = q * (n - 1);
  int i = (int)at;
  return i + 1 < n ? sorted[i] + (at - i) * (sorted[i + 1] - sorted[i]) : sorted[n - 1];
}

timing measure(step_function step, void *state, int inner, bool quick) {
  double warm = quick ? 0.3 : 3, sample = quick ? 0.03 : 0.1, samples[SAMPLES], t0 = now();
  int want = quick ? 7 : SAMPLES, got = 0;
  long i = 0, n = 0;
  while (i < 3 || ((i * inner < 20 || now() - t0 < 0.3) && now() - t0 < warm)) step(state, i++);
  for (t0 = now(); n == 0 || now() - t0 < sample; n++) step(state, i++);
  double each = (now() - t0) / (double)n;
  long calls = (long)fmax(2, ceil(sample / each));
  if (calls > 8) calls = (calls + 7) / 8 * 8; /* whole rounds over the batches */
  if ((double)calls * each * 20 > 20) calls = 1;
  double start = now();
  const unsigned long before = allocation_count();
  while (got < want && (got < 3 || now() - start < 20)) {
    t0 = now();
    for (long c = 0; c < calls; c++) step(state, i++);
    samples[got++] = (now() - t0) / (double)(calls * inner) * 1e6;
  }
  const unsigned long made = allocation_count() - before;
  qsort(samples, (size_t)got, sizeof *samples, ascending);
  timing out = {quantile(samples, got, 0.1), quantile(samples, got, 0.5), quantile(samples, got, 0.9),
                got * calls * inner, (double)made / (double)(got * calls * inner)};
  return out;
}

losses check_losses(step_function step, void *state) {
  losses out;
  out.loss_end = NAN;
  double t0 = now(), t1 = t0, t7 = 0;
  for (int i = 0; i < 10; i++) {
    out.loss[i] = step(state, i);
    if (i == 0) out.first_call_ms = ((t1 = now()) - t0) * 1e3;
    if (i == 1) out.second_call_ms = (now() - t1) * 1e3;
    if (i == 7) out.first_pass_ms = ((t7 = now()) - t0) * 1e3;
  }
  if ((now() - t7) / 2 * (LOSS_END_STEP + 1) > 60) return out;
  for (int i = 10; i <= LOSS_END_STEP; i++) out.loss_end = step(state, i);
  return out;
}
