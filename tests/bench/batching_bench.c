/* What batching costs, on W1's net (784-128-10): the gradients of each of 32 examples against that of their mean, and the 10 x
 * 784 Jacobian by the input against one gradient. In turns in one process, the least of many samples; one JSON line for each.
 *
 *     batching_bench [--quick] [--threads N]                                                                            */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/bench/numbers.h"
#include "tests/bench/workloads.h"

enum { EXAMPLES = 32, WEIGHTS = 4, CALLS = 4 };

typedef struct {
  tl_context *c;
  network net;
  tl_tensor *x, *y, *one;
} problem;

static tl_tensor *loss_of(tl_context *c, const network *net, tl_tensor *x, tl_tensor *y) {
  return tl_mean(c, tl_sparse_softmax_cross_entropy(c, y, forward(c, net, x, tl_relu)));
}

static void mean_gradient(problem *p) {
  tl_tensor *gradients[WEIGHTS];
  tl_tape *tape = tl_tape_begin(p->c, NULL);
  if (tl_tape_gradient(tape, loss_of(p->c, &p->net, p->x, p->y), p->net.variables, WEIGHTS, NULL,
                       gradients) != TL_OK)
    return; /* a failure stays in the context */
}

static tl_status gradient_of_one(tl_context *c, void *data, tl_tensor *const *inputs, size_t num_inputs,
                                 tl_tensor **outputs, size_t num_outputs) {
  problem *p = data;
  tl_tape *tape = tl_tape_begin(c, NULL);
  tl_tensor *x = tl_reshape(c, inputs[0], (int64_t[]){1, 784}, 2);
  tl_tensor *y = tl_reshape(c, inputs[num_inputs - 1], (int64_t[]){1}, 1);
  return tl_tape_gradient(tape, loss_of(c, &p->net, x, y), p->net.variables, num_outputs, NULL, outputs);
}

static void gradient_of_each(problem *p) {
  tl_tensor *in[] = {p->x, p->y}, *each[WEIGHTS];
  if (tl_vmap(p->c, gradient_of_one, p, NULL, in, NULL, 2, each, WEIGHTS) != TL_OK) return;
}

static tl_tape *tape_on_input(problem *p) {
  tl_tape_options options;
  tl_tape_options_init(&options, sizeof options);
  options.ignore_variables = true;
  tl_tape *tape = tl_tape_begin(p->c, &options);
  return tl_tape_watch(tape, p->one) == TL_OK ? tape : NULL;
}

static void input_gradient(problem *p) {
  tl_tensor *gradient;
  tl_tape *tape = tape_on_input(p);
  tl_tensor *y = tl_sum(p->c, forward(p->c, &p->net, p->one, tl_relu));
  if (tl_tape_gradient(tape, y, &p->one, 1, NULL, &gradient) != TL_OK) return;
}

static void input_jacobian(problem *p) {
  tl_tensor *jacobian;
  tl_tape *tape = tape_on_input(p);
  tl_tensor *y = forward(p->c, &p->net, p->one, tl_relu);
  if (tl_tape_jacobian(tape, y, &p->one, 1, NULL, &jacobian) != TL_OK) return;
}

/* Microseconds of one call, of CALLS in a row: alone they would find the caches as the other one has left them. */
static double timed(problem *p, void (*call)(problem *)) {
  double begin = now();
  for (int i = 0; i < CALLS; i++) {
    tl_scope_begin(p->c);
    call(p);
    tl_scope_end(p->c);
  }
  return (now() - begin) / CALLS * 1e6;
}

static void compare(problem *p, const char *name, void (*base)(problem *), void (*batched)(problem *),
                    double most, int turns) {
  double least[2] = {1e30, 1e30};
  for (int i = 0; i < turns; i++) {
    double a = timed(p, base), b = timed(p, batched);
    if (a < least[0]) least[0] = a;
    if (b < least[1]) least[1] = b;
  }
  printf(
      "{\"batching\": \"%s\", \"base_us\": %.1f, \"batched_us\": %.1f, \"ratio\": %.2f, \"at_most\": %.0f}\n",
      name, least[0], least[1], least[1] / least[0], most);
}

int main(int argc, char **argv) {
  tl_context_options options;
  tl_context_options_init(&options, sizeof options);
  options.threads = 1;
  int turns = 400;
  for (int i = 1; i < argc; i++) {
    if (strcmp(argv[i], "--quick") == 0) turns = 40;
    if (strcmp(argv[i], "--threads") == 0 && i + 1 < argc) options.threads = atoi(argv[++i]);
  }
  problem p = {.c = tl_context_new(&options)};
  p.net = make_network(p.c, (int[]){784, 128, 10, 0}, 0);
  p.x = filled(p.c, 100, (int64_t[]){EXAMPLES, 784}, 2, 0, 1);
  p.y = labels(p.c, 200, EXAMPLES, 10);
  p.one = filled(p.c, 300, (int64_t[]){1, 784}, 2, 0, 1);
  compare(&p, "gradients of each example", mean_gradient, gradient_of_each, 4, turns);
  compare(&p, "10 x 784 input Jacobian", input_gradient, input_jacobian, 12, turns);
  bool failed = tl_failed(p.c);
  if (failed) fprintf(stderr, "%s\n", tl_error_message(p.c));
  return tl_context_free(p.c) != TL_OK || failed;
}
