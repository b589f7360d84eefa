#define _POSIX_C_SOURCE 200809L
#include "tests/bench/numbers.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

uint32_t random24(uint64_t id, uint64_t i) {
  uint64_t z = (id << 32) + i + 0x9E3779B97F4A7C15u;
  z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
  z = (z ^ z >> 27) * 0x94D049BB133111EBu;
  return (uint32_t)((z ^ z >> 31) >> 40);
}

void fill(float *out, uint64_t id, size_t n, float lo, float hi) {
  for (size_t i = 0; i < n; i++) out[i] = lo + (hi - lo) * ((float)random24(id, i) * 0x1p-24f);
}

void fill_labels(int32_t *out, uint64_t id, size_t n, int k) {
  for (size_t i = 0; i < n; i++) out[i] = (int32_t)(random24(id, i) % (uint32_t)k);
}

double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

double peak_memory_mb(void) {
  char line[256];
  long kb = 0;
  FILE *status = fopen("/proc/self/status", "r");
  if (!status) return 0;
  while (fgets(line, sizeof line, status))
    if (!strncmp(line, "VmHWM:", 6)) kb = strtol(line + 6, NULL, 10);
  fclose(status);
  return (double)kb / 1024;
}
