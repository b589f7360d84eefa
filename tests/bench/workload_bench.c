/* Runs one workload and prints one JSON line, in the form of ../shared/bench/README.md. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/bench/allocations.h"
#include "tests/bench/numbers.h"
#include "tests/bench/workloads.h"

/* Where one call runs many steps, the first eight are one call. */
static void print_losses(const losses *l, const workload *w) {
  printf(",\"first_call_ms\":%.3f", l->first_call_ms);
  if (w->inner == 1) printf(",\"second_call_ms\":%.3f", l->second_call_ms);
  if (w->inner == 1 && !strcmp(w->name, "W12")) printf(",\"first_pass_ms\":%.3f", l->first_pass_ms);
  printf(",\"loss\":[");
  for (int i = 0; i < 10; i++) printf("%s%.9g", i ? "," : "", l->loss[i]);
  printf("]");
  if (!isnan(l->loss_end)) printf(",\"loss_end\":%.9g", l->loss_end);
}

/* What a compiled step is made of. */
static void print_plan(tl_function *f) {
  tl_function_statistics s = {.struct_size = sizeof s};
  if (!f || tl_function_stats(f, &s) != TL_OK) return;
  printf(
      ",\"kernels\":%llu,\"clusters\":%llu,\"flops\":%.6g,\"bytes\":%.6g,\"touched_bytes\":%.6g,\"arena_"
      "bytes\":%llu,"
      "\"traces\":%llu",
      (unsigned long long)s.kernels, (unsigned long long)s.clusters, s.flops, s.moved_bytes, s.touched_bytes,
      (unsigned long long)s.arena_bytes, (unsigned long long)s.traces);
}

/* Peaks as text: the fields of tl_machine_peaks in order, with commas between them, as tests/bench/run writes them. */
static bool read_peaks(const char *text, tl_machine_peaks *p) {
  unsigned long long bytes[3];
  tl_machine_peaks_init(p, sizeof *p);
  if (sscanf(text, "%d,%lf,%llu,%llu,%llu,%lf,%lf,%lf,%lf", &p->threads, &p->flops, &bytes[0], &bytes[1],
             &bytes[2], &p->l1_bandwidth, &p->l2_bandwidth, &p->l3_bandwidth, &p->dram_bandwidth) != 9)
    return false;
  p->l1_bytes = bytes[0], p->l2_bytes = bytes[1], p->l3_bytes = bytes[2];
  return true;
}

/* The least that its step can take on a machine with these peaks. */
static void print_bound(tl_function *f, const tl_machine_peaks *peaks) {
  static const char *const levels[] = {"l1", "l2", "l3", "dram"};
  tl_bound_statistics b = {.struct_size = sizeof b};
  if (!f || tl_function_bound(f, peaks, &b) != TL_OK) return;
  printf(",\"bound_us\":%.4g,\"bound_by\":\"%s\"", b.seconds * 1e6,
         b.arithmetic_seconds >= b.memory_seconds ? "fma" : levels[b.level - 1]);
}

static int run(const workload *w, int threads, bool quick, const tl_machine_peaks *peaks) {
  double begun = now();
  tl_context *empty = tl_context_new(NULL);
  const double import_ms = (now() - begun) * 1e3;
  tl_context_free(empty);
  workload_state state;
  open_workload(&state, w, threads, 1);
  losses checked = {.first_call_ms = NAN};
  if (w->has_loss) checked = check_losses(w->checked ? w->checked : w->step, &state);
  timing t = measure(w->step, &state, w->inner, quick);
  if (tl_failed(state.c)) {
    fprintf(stderr, "%s: %s\n", w->name, tl_error_message(state.c));
    return 1;
  }
  printf(
      "{\"peer\":\"tapeloop\",\"version\":\"%s\",\"lang\":\"c\",\"mode\":\"%s\",\"workload\":\"%s\","
      "\"threads\":%d",
      tl_version(), w->mode, w->name, threads);
  printf(",\"us\":{\"p10\":%.4g,\"median\":%.4g,\"p90\":%.4g},\"steps\":%ld", t.p10, t.median, t.p90,
         t.steps);
  if (counts_allocations()) printf(",\"allocations\":%g", t.allocations);
  if (w->has_loss) print_losses(&checked, w);
  print_plan(state.function);
  if (peaks) print_bound(state.function, peaks);
  printf(",\"import_ms\":%.3f,\"rss_mb\":%.1f}\n", import_ms, peak_memory_mb());
  tl_context_free(state.c);
  return 0;
}

int main(int argc, char **argv) {
  const char *name = NULL, *mode = NULL;
  int threads = 1;
  bool quick = false;
  tl_machine_peaks peaks, *given = NULL;
  for (int i = 1; i < argc; i++) {
    if (!strcmp(argv[i], "--quick")) {
      quick = true;
    } else if (!strcmp(argv[i], "--list")) {
      for (int w = 0; w < workload_count; w++) printf("%s %s\n", workloads[w].name, workloads[w].mode);
      return 0;
    } else if (!strcmp(argv[i], "--workload") && i + 1 < argc) {
      name = argv[++i];
    } else if (!strcmp(argv[i], "--mode") && i + 1 < argc) {
      mode = argv[++i];
    } else if (!strcmp(argv[i], "--threads") && i + 1 < argc) {
      threads = (int)strtol(argv[++i], NULL, 10);
    } else if (!strcmp(argv[i], "--peaks") && i + 1 < argc && read_peaks(argv[i + 1], &peaks)) {
      given = &peaks;
      i++;
    } else {
      fprintf(stderr,
              "usage: workload_bench --workload W1 [--mode eager] [--threads N] [--quick] [--peaks NUMBERS] "
              "| --list\n");
      return 2;
    }
  }
  for (int w = 0; w < workload_count; w++)
    if (name && !strcmp(workloads[w].name, name) && (!mode || !strcmp(workloads[w].mode, mode)))
      return run(&workloads[w], threads, quick, given);
  fprintf(stderr, "unknown workload or mode, see --list\n");
  return 2;
}
