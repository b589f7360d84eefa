/* How the body of a step is called: as it is, as a function, and as a function that runs many steps in one call. */
#include <math.h>

#include "tests/bench/workloads.h"

tl_status run_body(workload_state *s, long i, tl_tensor **outputs) {
  tl_tensor *in[MOST_INPUTS];
  const size_t n = (size_t)s->of->inputs(s, i, in), m = (size_t)s->of->outputs;
  if (s->function) return tl_function_call(s->function, in, n, outputs, m);
  return s->of->body(s->c, s, in, n, outputs, m);
}

double step(void *state, long i) {
  workload_state *s = state;
  tl_tensor *out[MOST_OUTPUTS] = {NULL};
  tl_scope_begin(s->c);
  const double value = run_body(s, i, out) == TL_OK ? tl_tensor_item(out[0]) : NAN;
  tl_scope_end(s->c);
  return value;
}

double step_loop(void *state, long i) {
  workload_state *s = state;
  tl_tensor *in[LOOP * MOST_INPUTS], *out[LOOP];
  size_t n = 0;
  tl_scope_begin(s->c);
  for (int k = 0; k < LOOP; k++) n += (size_t)s->of->inputs(s, i * LOOP + k, in + n);
  const bool done = tl_function_run_n(s->function, LOOP, in, n, out, LOOP, NULL) == TL_OK;
  for (int k = 0; k < LOOP; k++) s->losses[k] = done ? tl_tensor_item(out[k]) : NAN;
  tl_scope_end(s->c);
  return s->losses[LOOP - 1];
}

double check_loop(void *state, long i) {
  workload_state *s = state;
  if (i % LOOP == 0) (void)step_loop(s, i / LOOP);
  return s->losses[i % LOOP];
}
