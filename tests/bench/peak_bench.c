/* Prints what the machine can do as one JSON line, for the bounds of the steps that tests/bench/run measures.
 *
 *   peak_bench [--threads N] */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <tapeloop/tapeloop.h>

int main(int argc, char **argv) {
  int threads = 1;
  for (int i = 1; i < argc; i++) {
    if (strcmp(argv[i], "--threads") != 0 || i + 1 == argc ||
        (threads = (int)strtol(argv[++i], NULL, 10)) < 1) {
      fprintf(stderr, "usage: peak_bench [--threads N]\n");
      return 2;
    }
  }
  tl_context_options o;
  tl_context_options_init(&o, sizeof o);
  o.threads = threads;
  tl_context *c = tl_context_new(&o);
  tl_machine_peaks p;
  tl_machine_peaks_init(&p, sizeof p);
  if (tl_measure_peaks(c, NULL, &p) != TL_OK) {
    fprintf(stderr, "%s\n", tl_error_message(c));
    return 1;
  }
  printf("{\"peer\":\"tapeloop\",\"workload\":\"PEAK\",\"threads\":%d,\"fma_gflops\":%.1f", p.threads,
         p.flops * 1e-9);
  printf(",\"l1_bytes\":%llu,\"l2_bytes\":%llu,\"l3_bytes\":%llu", (unsigned long long)p.l1_bytes,
         (unsigned long long)p.l2_bytes, (unsigned long long)p.l3_bytes);
  printf(",\"l1_gbs\":%.1f,\"l2_gbs\":%.1f,\"l3_gbs\":%.1f,\"dram_gbs\":%.1f}\n", p.l1_bandwidth * 1e-9,
         p.l2_bandwidth * 1e-9, p.l3_bandwidth * 1e-9, p.dram_bandwidth * 1e-9);
  tl_context_free(c);
  return 0;
}
