/* The numbers that every program of the benchmark starts from (../shared/bench/README.md), and the machine's clock. */
#ifndef TESTS_BENCH_NUMBERS_H
#define TESTS_BENCH_NUMBERS_H

#include <stddef.h>
#include <stdint.h>

/* splitmix64(id * 2^32 + i) >> 40: 24 bits. */
uint32_t random24(uint64_t id, uint64_t i);
/* lo + (hi - lo) * u(id, i) for n elements, in float. */
void fill(float *out, uint64_t id, size_t n, float lo, float hi);
/* random24(id, i) mod k. */
void fill_labels(int32_t *out, uint64_t id, size_t n, int k);
/* Seconds of a clock that never steps back. */
double now(void);
/* Peak resident memory of the process in MB. */
double peak_memory_mb(void);

#endif
