/* The workloads of ../shared/bench/README.md, written with the public C API. */
#ifndef TESTS_BENCH_WORKLOADS_H
#define TESTS_BENCH_WORKLOADS_H

#include <stdbool.h>
#include <tapeloop/tapeloop.h>

#include "tests/bench/measure.h"

enum { BATCHES = 8, MOST_LAYERS = 4 };

/* A stack of dense layers: weights and biases as variables, in one list for gradients and optimizers. */
typedef struct {
  int layers;
  tl_tensor *variables[2 * MOST_LAYERS]; /* weight, bias, weight, bias, ... */
} network;

typedef struct {
  tl_context *c;
  network net, generator;
  tl_optimizer *optimizer, *second_optimizer;
  tl_tensor *x[BATCHES], *y[BATCHES], *noise[BATCHES], *mixing[BATCHES];
  tl_tensor *hits; /* count of arg-max hits, kept over the steps */
} workload_state;

typedef struct {
  const char *name;
  void (*prepare)(workload_state *state);
  double (*step)(void *state, long i);
  int inner;     /* steps in one call of step() */
  bool has_loss; /* a reference exists for its losses */
} workload;

extern const workload workloads[];
extern const int workload_count;

/* Layers with the given sizes (ended by 0); their numbers start at `first`. */
network make_network(tl_context *c, const int *sizes, int first);
/* x through the network with an activation between the layers (none after the last). */
tl_tensor *forward(tl_context *c, const network *net, tl_tensor *x,
                   tl_tensor *(*activation)(tl_context *, tl_tensor *));
tl_tensor *filled(tl_context *c, uint64_t id, const int64_t *dims, size_t rank, float lo, float hi);

#endif
