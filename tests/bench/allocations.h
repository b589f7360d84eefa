/* Counts what a program asks of the heap: malloc and its kin are replaced, where that can be done, by functions that count. */
#ifndef TESTS_BENCH_ALLOCATIONS_H
#define TESTS_BENCH_ALLOCATIONS_H

#include <stdbool.h>

/* Whether allocations are counted: not under sanitizers, which replace the same functions, nor with another C library than glibc. */
bool counts_allocations(void);

/* Of all threads so far. */
unsigned long allocation_count(void);

#endif
