/* The workloads of the benchmark, in part of their size: compiled steps have the bits of eager ones at 1, 2 and 4 threads, also
 * when many run in one call, and ten thousand replays ask the heap for nothing. Those that may reassociate have bits of their own,
 * the same for any number of threads and steps a call. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/bench/allocations.h"
#include "tests/bench/workloads.h"

enum { STEPS = LOOP, PART = 4, SMALL_PART = 16, REPLAYS = 10000, FEW_REPLAYS = 50 };

/* FNV-1a. */
static uint64_t digest(uint64_t h, const void *data, size_t bytes) {
  const unsigned char *at = data;
  for (size_t i = 0; i < bytes; i++) h = (h ^ at[i]) * 0x100000001B3u;
  return h;
}

static uint64_t digest_tensor(uint64_t h, tl_tensor *t) {
  const int64_t n = tl_tensor_elements(t);
  const size_t bytes = (size_t)n * (tl_tensor_dtype(t) == TL_I64 ? 8 : 4);
  void *data = malloc(bytes);
  if (data && tl_tensor_read(t, data, bytes) == TL_OK) h = digest(h, data, bytes);
  free(data);
  return h;
}

static uint64_t digest_state(uint64_t h, const workload_state *s) {
  const network *nets[] = {&s->net, &s->generator};
  for (int n = 0; n < 2; n++)
    for (int k = 0; k < 2 * nets[n]->layers; k++) h = digest_tensor(h, nets[n]->variables[k]);
  return s->hits ? digest_tensor(h, s->hits) : h;
}

static bool is_function(const workload *w) {
  return strstr(w->mode, "compiled") || strstr(w->mode, "loop32");
}
static bool is_loop(const workload *w) { return strstr(w->mode, "loop32") != NULL; }

/* The losses of STEPS steps, or all their outputs, and the variables after them; 0 on failure. */
static uint64_t run(const workload *w, int threads, bool losses_alone) {
  workload_state s;
  open_workload(&s, w, threads, PART);
  uint64_t h = 0xCBF29CE484222325u;
  for (int i = 0; i < STEPS; i++) {
    if (losses_alone) {
      const double loss = is_loop(w) ? check_loop(&s, i) : step(&s, i);
      h = digest(h, &loss, sizeof loss);
      continue;
    }
    tl_tensor *out[MOST_OUTPUTS] = {NULL};
    tl_scope_begin(s.c);
    if (run_body(&s, i, out) == TL_OK)
      for (int k = 0; k < w->outputs; k++) h = digest_tensor(h, out[k]);
    tl_scope_end(s.c);
  }
  h = digest_state(h, &s);
  tl_function_statistics stats = {.struct_size = sizeof stats};
  bool ok = !tl_failed(s.c) && h != 0;
  if (s.function) ok = ok && tl_function_stats(s.function, &stats) == TL_OK && stats.replays >= STEPS / 2;
  if (tl_failed(s.c)) printf("%s %s: %s\n", w->name, w->mode, tl_error_message(s.c));
  tl_context_free(s.c);
  return ok ? h : 0;
}

/* The mode whose bits a compiled one has: eager, or the compiled one that reassociates, too. */
static const workload *reference_of(const workload *compiled) {
  const bool own = strstr(compiled->mode, "reassociated") != NULL;
  for (const workload *w = workloads; w < workloads + workload_count; w++) {
    const size_t n = strlen(w->mode);
    if (own && !strcmp(w->name, compiled->name) && !strcmp(w->mode, "compiled-reassociated")) return w;
    if (own || strcmp(w->name, compiled->name) != 0 || is_function(w)) continue;
    if (!strcmp(w->mode, "eager") || (!strncmp(w->mode, compiled->mode, n) && compiled->mode[n] == '-'))
      return w;
  }
  return NULL;
}

static int has_the_bits_of_its_reference(const workload *w) {
  const bool losses_alone = is_loop(w);
  const workload *reference = reference_of(w);
  if (!reference) return printf("%s %s: no such mode beside it\n", w->name, w->mode), 1;
  int wrong = 0;
  const uint64_t want = run(reference, 1, losses_alone);
  if (!want || run(reference, 4, losses_alone) != want)
    wrong += printf("%s %s: 4 threads differ from 1\n", w->name, reference->mode) > 0;
  for (int threads = 1; threads <= 4; threads *= 2)
    if (run(w, threads, losses_alone) != want)
      wrong += printf("%s %s, %d threads: differs from %s\n", w->name, w->mode, threads, reference->mode) > 0;
  return wrong;
}

static int asks_the_heap_for_nothing(const workload *w, int threads) {
  workload_state s;
  open_workload(&s, w, threads, SMALL_PART);
  const int calls = (counts_allocations() ? REPLAYS : FEW_REPLAYS) / w->inner + 1;
  const int warm = 2 * BATCHES + 2; /* each size is recorded, then planned */
  unsigned long before = 0;
  for (int i = 0; i < warm + calls; i++) {
    if (i == warm) before = allocation_count();
    if (isnan(w->step(&s, i))) break;
  }
  const unsigned long made = allocation_count() - before;
  const bool failed = tl_failed(s.c);
  if (failed) printf("%s %s: %s\n", w->name, w->mode, tl_error_message(s.c));
  if (made)
    printf("%s %s, %d threads: %lu allocations in %d calls\n", w->name, w->mode, threads, made, calls);
  tl_context_free(s.c);
  return failed || made != 0;
}

int main(void) {
  int wrong = 0, checked = 0;
  for (const workload *w = workloads; w < workloads + workload_count; w++) {
    if (!is_function(w)) continue;
    const bool seen = w->step != step_loop_unseen; /* its single steps are those of the mode beside it */
    if (seen) wrong += has_the_bits_of_its_reference(w);
    wrong += asks_the_heap_for_nothing(w, 1) + asks_the_heap_for_nothing(w, 2);
    checked++;
  }
  printf(
      "%d modes of workloads, %d wrong%s\n", checked, wrong,
      counts_allocations() ? "" : " (allocations not counted: a sanitizer or another C library has malloc)");
  return checked < 20 || wrong != 0;
}
