/* How the body of a step is called: as it is, as a function, and as a function that runs many steps in one call. */
#include <math.h>
#include <string.h>

#include "tests/bench/workloads.h"

tl_status run_body(workload_state *s, long i, tl_tensor **outputs) {
  tl_tensor *in[MOST_INPUTS];
  const size_t n = (size_t)s->of->inputs(s, i, in), m = (size_t)s->of->outputs;
  if (s->function) return tl_function_call(s->function, in, n, outputs, m);
  return s->of->body(s->c, s, in, n, outputs, m);
}

/* A compiled one gives its loss as a number. */
static double step_item(workload_state *s, long i) {
  tl_tensor *in[MOST_INPUTS];
  double loss;
  const size_t n = (size_t)s->of->inputs(s, i, in);
  return tl_function_call_items(s->function, in, n, &loss, 1) == TL_OK ? loss : NAN;
}

double step(void *state, long i) {
  workload_state *s = state;
  if (s->function && s->of->outputs == 1) return step_item(s, i);
  tl_tensor *out[MOST_OUTPUTS] = {NULL};
  tl_scope_begin(s->c);
  const double value = run_body(s, i, out) == TL_OK ? tl_tensor_item(out[0]) : NAN;
  tl_scope_end(s->c);
  return value;
}

double step_unseen(void *state, long i) {
  workload_state *s = state;
  tl_tensor *out[MOST_OUTPUTS];
  tl_scope_begin(s->c);
  const double value = run_body(s, i, out) == TL_OK ? 0 : NAN;
  tl_scope_end(s->c);
  return value;
}

/* LOOP steps in one call; the outputs belong to the innermost scope. */
static bool run_loop(workload_state *s, long i, tl_tensor **outputs) {
  tl_tensor *in[LOOP * MOST_INPUTS];
  size_t n = 0;
  for (int k = 0; k < LOOP; k++) n += (size_t)s->of->inputs(s, i * LOOP + k, in + n);
  return tl_function_run_n(s->function, LOOP, in, n, outputs, (size_t)(LOOP * s->of->outputs), NULL) == TL_OK;
}

double step_loop(void *state, long i) {
  workload_state *s = state;
  tl_tensor *out[LOOP * MOST_OUTPUTS];
  tl_scope_begin(s->c);
  const bool done = run_loop(s, i, out);
  for (int k = 0; k < LOOP; k++) s->losses[k] = done ? tl_tensor_item(out[k * s->of->outputs]) : NAN;
  tl_scope_end(s->c);
  return s->losses[LOOP - 1];
}

double step_loop_unseen(void *state, long i) {
  workload_state *s = state;
  tl_tensor *out[LOOP * MOST_OUTPUTS];
  tl_scope_begin(s->c);
  const bool done = run_loop(s, i, out);
  tl_scope_end(s->c);
  return done ? 0 : NAN;
}

double check_loop(void *state, long i) {
  workload_state *s = state;
  if (i % LOOP == 0) (void)step_loop(s, i / LOOP);
  return s->losses[i % LOOP];
}

void open_workload(workload_state *s, const workload *of, int threads, int divide) {
  tl_context_options options;
  tl_context_options_init(&options, sizeof options);
  options.threads = threads;
  memset(s, 0, sizeof *s);
  s->c = tl_context_new(&options);
  s->of = of;
  s->divide = divide;
  of->prepare(s);
  if (strstr(of->mode, "compiled") || strstr(of->mode, "loop32")) {
    tl_function_options how;
    tl_function_options_init(&how, sizeof how);
    how.polymorphic_batch = !strcmp(of->name, "W12");
    how.allow_reassociation = strstr(of->mode, "reassociated") != NULL;
    s->function = tl_function_new(s->c, of->body, s, NULL, &how);
  }
}
