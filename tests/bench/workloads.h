/* The workloads of ../shared/bench/README.md, written with the public C API. */
#ifndef TESTS_BENCH_WORKLOADS_H
#define TESTS_BENCH_WORKLOADS_H

#include <stdbool.h>
#include <tapeloop/tapeloop.h>

#include "tests/bench/measure.h"

enum { BATCHES = 8, MOST_LAYERS = 6, MOST_INPUTS = 4, MOST_OUTPUTS = 4, LOOP = 32 };

/* A stack of dense layers: weights and biases as variables, in one list for gradients and optimizers. */
typedef struct {
  int layers;
  tl_tensor *variables[2 * MOST_LAYERS]; /* weight, bias, weight, bias, ... */
} network;

typedef struct workload workload;

typedef struct {
  tl_context *c;
  const workload *of;
  int divide;            /* sizes of 64 and more, and the tasks of W5, are divided by it: 1, but in tests */
  tl_function *function; /* of a mode that calls one, else NULL */
  double losses[LOOP];   /* of the steps of the last call that runs many */
  network net, generator;
  tl_optimizer *optimizer, *second_optimizer;
  tl_tensor *x[BATCHES], *y[BATCHES], *noise[BATCHES], *mixing[BATCHES];
  tl_tensor *query_x[BATCHES], *query_y[BATCHES]; /* of W5 */
  tl_tensor *along[2 * MOST_LAYERS];              /* of W6: a direction for each variable */
  tl_layer *norms[2];                             /* of W8 */
  tl_tensor *hits;                                /* count of arg-max hits, kept over the steps */
} workload_state;

/* A step is written once, as a callback that computes from the tensors of a batch; its mode says how that is called. */
struct workload {
  const char *name, *mode; /* a mode that calls a function ends with "compiled" or "loop32" */
  void (*prepare)(workload_state *state);
  double (*step)(void *state, long i);
  int inner;                            /* steps in one call of step() */
  bool has_loss;                        /* a reference exists for its losses */
  double (*checked)(void *state, long); /* the step that gives its losses; NULL: step() does */
  tl_compute_callback body;
  int (*inputs)(workload_state *state, long i, tl_tensor **inputs); /* the tensors of step i; how many */
  int outputs;                                                      /* of the body; the first is the loss */
};

/* modes.c */
double step(void *state, long i);             /* the body, called as it is or as a function; its loss */
double step_loop(void *state, long i);        /* LOOP steps of a function in one call */
double check_loop(void *state, long i);       /* the loss of step i, by step_loop() */
double step_unseen(void *state, long i);      /* as step(), but nobody looks at what it computes */
double step_loop_unseen(void *state, long i); /* as step_loop(), likewise */
/* The context, with as many threads, what the workload needs, and the function of its mode. */
void open_workload(workload_state *state, const workload *of, int threads, int divide);
/* The body alone. Its outputs belong to the innermost scope. */
tl_status run_body(workload_state *state, long i, tl_tensor **outputs);

/* A size of a workload: n, or its part in tests. */
int part(const workload_state *state, int n);

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
int inputs_of_w5(workload_state *state, long i, tl_tensor **inputs);
tl_status w5_looped(tl_context *c, void *state, tl_tensor *const *inputs, size_t num_inputs,
                    tl_tensor **outputs, size_t num_outputs);
tl_status w5_batched(tl_context *c, void *state, tl_tensor *const *inputs, size_t num_inputs,
                     tl_tensor **outputs, size_t num_outputs);
void prepare_w6(workload_state *state);
tl_status w6_reverse(tl_context *c, void *state, tl_tensor *const *inputs, size_t num_inputs,
                     tl_tensor **outputs, size_t num_outputs);
tl_status w6_forward(tl_context *c, void *state, tl_tensor *const *inputs, size_t num_inputs,
                     tl_tensor **outputs, size_t num_outputs);
tl_status w6_gradient(tl_context *c, void *state, tl_tensor *const *inputs, size_t num_inputs,
                      tl_tensor **outputs, size_t num_outputs);
double check_w6(void *state, long i); /* the product of v and Hv */
/* attention.c */
void prepare_w8(workload_state *state);
tl_status w8(tl_context *c, void *state, tl_tensor *const *inputs, size_t num_inputs, tl_tensor **outputs,
             size_t num_outputs);

int inputs_xy(workload_state *state, long i, tl_tensor **inputs);

#endif
