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
  tl_tensor *query_x[BATCHES], *query_y[BATCHES]; /* of W5 */
  tl_tensor *along[2 * MOST_LAYERS];              /* of W6: a direction for each variable */
  tl_tensor *hits;                                /* count of arg-max hits, kept over the steps */
} workload_state;

typedef struct {
  const char *name, *mode;
  void (*prepare)(workload_state *state);
  double (*step)(void *state, long i);
  int inner;                            /* steps in one call of step() */
  bool has_loss;                        /* a reference exists for its losses */
  double (*checked)(void *state, long); /* the step that gives its losses; NULL: step() does */
} workload;

extern const workload workloads[];
extern const int workload_count;

/* Layers with the given sizes (ended by 0); their numbers start at `first`. */
network make_network(tl_context *c, const int *sizes, int first);
/* x through the network with an activation between the layers (none after the last). */
tl_tensor *forward(tl_context *c, const network *net, tl_tensor *x,
                   tl_tensor *(*activation)(tl_context *, tl_tensor *));
/* Gradients of a loss with respect to a network, and one update; the end of a step. */
void train(tl_tape *tape, tl_tensor *loss, network *net, tl_optimizer *optimizer);
tl_optimizer *adam(tl_context *c, double rate, double beta1, double beta2);
tl_tensor *labels(tl_context *c, uint64_t id, int n, int classes);
tl_tensor *filled(tl_context *c, uint64_t id, const int64_t *dims, size_t rank, float lo, float hi);

/* second_order.c */
void prepare_w5(workload_state *state);
double step_w5_looped(void *state, long i);
double step_w5_batched(void *state, long i);
void prepare_w6(workload_state *state);
double step_w6_reverse(void *state, long i);
double step_w6_forward(void *state, long i);
double check_w6_reverse(void *state, long i);
double check_w6_forward(void *state, long i);
double step_w6_gradient(void *state, long i);

#endif
