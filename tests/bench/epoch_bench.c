/* W10 of ../shared/bench/README.md: epochs of a classifier through a pipeline, beside the same steps on constant batches. Prints one
 * JSON line: seconds an epoch, their ratio, and the share of the time that steps waited for input. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/bench/numbers.h"
#include "tests/bench/workloads.h"

enum { IMAGES = 20000, PIXELS = 784, BATCH = 32, STEPS = IMAGES / BATCH, MOST_EPOCHS = 40 };

/* The step of W1 with images as bytes: it casts and scales them in the pass that reads them. */
static tl_status classify(tl_context *c, void *state, tl_tensor *const *inputs, size_t num_inputs,
                          tl_tensor **outputs, size_t num_outputs) {
  workload_state *s = state;
  (void)num_inputs;
  (void)num_outputs;
  tl_tape *tape = tl_tape_begin(c, NULL);
  tl_tensor *x = tl_div(c, tl_cast(c, inputs[0], TL_F32), tl_scalar(c, TL_F32, 255));
  tl_tensor *hidden = tl_relu(c, tl_add(c, tl_matmul(c, x, s->net.variables[0]), s->net.variables[1]));
  tl_tensor *logits = tl_add(c, tl_matmul(c, hidden, s->net.variables[2]), s->net.variables[3]);
  outputs[0] = tl_mean(c, tl_sparse_softmax_cross_entropy(c, inputs[1], logits));
  train(tape, outputs[0], &s->net, s->optimizer);
  tl_tensor *hit =
      tl_equal(c, tl_argmax_axes(c, logits, (int64_t[]){1}, 1, false), tl_cast(c, inputs[1], TL_I64));
  return tl_variable_assign(s->hits, tl_add(c, s->hits, tl_sum(c, tl_cast(c, hit, TL_I64))));
}

static tl_dataset *images(tl_context *c) {
  uint8_t *pixels = malloc((size_t)IMAGES * PIXELS);
  int32_t *classes = malloc(IMAGES * sizeof *classes);
  if (!pixels || !classes) exit(1);
  for (size_t i = 0; i < (size_t)IMAGES * PIXELS; i++) pixels[i] = (uint8_t)(random24(42, i) >> 16);
  fill_labels(classes, 43, IMAGES, 10);
  tl_tensor *all[] = {
      tl_tensor_new(c, TL_U8, (int64_t[]){IMAGES, PIXELS}, 2, pixels, (size_t)IMAGES * PIXELS),
      tl_tensor_new(c, TL_I32, (int64_t[]){IMAGES}, 1, classes, IMAGES * sizeof *classes)};
  free(pixels);
  free(classes);
  return tl_dataset_from_tensors(c, all, 2);
}

static void step_on(workload_state *s, tl_tensor *const *batch) {
  tl_tensor *loss;
  tl_scope_begin(s->c);
  (void)!tl_function_call(s->function, batch, 2, &loss, 1); /* a failure stays in the context */
  tl_scope_end(s->c);
}

static double pipeline_epoch(workload_state *s, tl_dataset *train) {
  tl_tensor *batch[2];
  const double begin = now();
  while (tl_dataset_next(train, batch, 2)) step_on(s, batch);
  return now() - begin;
}

static double constant_epoch(workload_state *s) {
  const double begin = now();
  for (int i = 0; i < STEPS; i++) step_on(s, (tl_tensor *[]){s->x[i % BATCHES], s->y[i % BATCHES]});
  return now() - begin;
}

static int by_size(const void *a, const void *b) {
  const double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

static int run(int threads, bool quick) {
  double begun = now();
  tl_context *empty = tl_context_new(NULL);
  const double import_ms = (now() - begun) * 1e3;
  tl_context_free(empty);
  tl_context_options options;
  tl_context_options_init(&options, sizeof options);
  options.threads = threads;
  workload_state s = {.c = tl_context_new(&options), .divide = 1};
  s.net = make_network(s.c, (int[]){PIXELS, 128, 10, 0}, 0);
  s.optimizer = adam(s.c, 1e-3, 0.9, 0.999);
  s.hits = tl_variable_new(s.c, tl_scalar(s.c, TL_I64, 0), "hits", false);
  s.function = tl_function_new(s.c, classify, &s, NULL, NULL);
  tl_dataset *all = images(s.c), *few = tl_dataset_batch(s.c, all, BATCH, true);
  for (int b = 0; b < BATCHES; b++) {
    tl_tensor *batch[2];
    if (!tl_dataset_next(few, batch, 2)) break;
    s.x[b] = tl_tensor_retain(batch[0]);
    s.y[b] = tl_tensor_retain(batch[1]);
  }
  tl_dataset *train =
      tl_dataset_prefetch(s.c, tl_dataset_batch(s.c, tl_dataset_shuffle(s.c, all, 1), BATCH, true), 16);

  begun = now();
  pipeline_epoch(&s, train);
  const double first_ms = (now() - begun) * 1e3, start = now();
  double epochs[MOST_EPOCHS], least = 1e9, least_constant = 1e9, wait = 0;
  int n = 0;
  constant_epoch(&s);
  while (n < (quick ? 3 : 10) && (n < 3 || now() - start < 40)) {
    epochs[n] = pipeline_epoch(&s, train);
    wait += tl_dataset_input_wait(train);
    if (epochs[n] < least) least = epochs[n];
    n++;
    const double constant = constant_epoch(&s);
    if (constant < least_constant) least_constant = constant;
  }
  if (tl_failed(s.c)) {
    fprintf(stderr, "W10: %s\n", tl_error_message(s.c));
    return 1;
  }
  qsort(epochs, (size_t)n, sizeof *epochs, by_size);
  const double p10 = epochs[n / 10], median = epochs[n / 2], p90 = epochs[(9 * n) / 10];
  printf(
      "{\"peer\":\"tapeloop\",\"version\":\"%s\",\"lang\":\"c\",\"mode\":\"compiled\",\"workload\":\"W10\","
      "\"threads\":%d,\"epoch_s\":{\"p10\":%.5g,\"median\":%.5g,\"p90\":%.5g}",
      tl_version(), threads, p10, median, p90);
  printf(",\"us\":{\"p10\":%.4g,\"median\":%.4g,\"p90\":%.4g},\"steps\":%d", p10 / STEPS * 1e6,
         median / STEPS * 1e6, p90 / STEPS * 1e6, n * STEPS);
  printf(",\"over_constant\":%.4f,\"input_wait_percent\":%.3f", least / least_constant, wait / n);
  printf(",\"first_call_ms\":%.3f,\"import_ms\":%.3f,\"rss_mb\":%.1f}\n", first_ms, import_ms,
         peak_memory_mb());
  tl_context_free(s.c);
  return 0;
}

int main(int argc, char **argv) {
  int threads = 1;
  bool quick = false;
  for (int i = 1; i < argc; i++) {
    if (!strcmp(argv[i], "--quick")) {
      quick = true;
    } else if (!strcmp(argv[i], "--list")) {
      puts("W10 compiled");
      return 0;
    } else if ((!strcmp(argv[i], "--workload") || !strcmp(argv[i], "--mode")) && i + 1 < argc) {
      i++; /* there is one of each */
    } else if (!strcmp(argv[i], "--threads") && i + 1 < argc) {
      threads = (int)strtol(argv[++i], NULL, 10);
    } else {
      fprintf(stderr, "usage: epoch_bench [--threads N] [--quick] | --list\n");
      return 2;
    }
  }
  return run(threads, quick);
}
