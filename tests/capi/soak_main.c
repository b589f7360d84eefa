/* Ten thousand training steps in one process: resident memory stays flat after the first hundred, and after each step
 * the context holds as many tensors, values and bytes as after the one before. Prints the figures. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <tapeloop/tapeloop.h>

enum { WARM = 100, STEPS = 10000, BATCH = 32, INPUTS = 64, HIDDEN = 32, CLASSES = 10 };

static long resident_kb(void) {
  char line[256];
  long kb = -1;
  FILE *status = fopen("/proc/self/status", "r");
  while (status && fgets(line, sizeof line, status))
    if (!strncmp(line, "VmRSS:", 6)) kb = strtol(line + 6, NULL, 10);
  if (status) fclose(status);
  return kb;
}

static tl_tensor *weight(tl_context *c, int64_t rows, int64_t cols, const char *name) {
  tl_tensor *initial = tl_normal_with(c, (int64_t[]){rows, cols}, 2, 0, 0.1, TL_F32);
  tl_tensor *variable = tl_variable_new(c, initial, name, true);
  tl_tensor_release(initial);
  return variable;
}

static void step(tl_context *c, tl_tensor **variables, tl_optimizer *adam) {
  tl_scope_begin(c);
  tl_tensor *x = tl_normal(c, (int64_t[]){BATCH, INPUTS}, 2), *grads[4];
  tl_tensor *labels = tl_argmax_axes(c, tl_slice(c, x, (int64_t[]){0, 0}, 2, (int64_t[]){BATCH, CLASSES}, 2),
                                     (int64_t[]){1}, 1, false);
  tl_tape *tape = tl_tape_begin(c, NULL);
  tl_tensor *hidden = tl_dropout(c, tl_relu(c, tl_add(c, tl_matmul(c, x, variables[0]), variables[1])), 0.1);
  tl_tensor *logits = tl_add(c, tl_matmul(c, hidden, variables[2]), variables[3]);
  tl_tensor *loss = tl_mean(c, tl_sparse_softmax_cross_entropy(c, labels, logits));
  if (tl_tape_gradient(tape, loss, variables, 4, NULL, grads) == TL_OK &&
      tl_optimizer_apply(adam, grads, variables, 4) != TL_OK)
    fprintf(stderr, "%s\n", tl_error_message(c));
  tl_scope_end(c);
}

int main(void) {
  tl_context *c = tl_context_new(NULL);
  tl_tensor *variables[] = {weight(c, INPUTS, HIDDEN, "w1"), weight(c, 1, HIDDEN, "b1"),
                            weight(c, HIDDEN, CLASSES, "w2"), weight(c, 1, CLASSES, "b2")};
  tl_optimizer *adam = tl_adam(c, NULL);
  tl_context_statistics first, now;
  memset(&first, 0, sizeof first);
  first.struct_size = now.struct_size = sizeof now;
  long warm_kb = 0, differing = 0;
  for (int i = 1; i <= STEPS; i++) {
    step(c, variables, adam);
    if (tl_context_stats(c, i == WARM ? &first : &now) != TL_OK) break;
    if (i == WARM) warm_kb = resident_kb();
    if (i > WARM &&
        (now.tensors != first.tensors || now.values != first.values || now.live_bytes != first.live_bytes ||
         now.system_allocations != first.system_allocations))
      differing++;
  }
  long end_kb = resident_kb();
  printf("resident after %d steps: %ld kB, after %d steps: %ld kB\n", WARM, warm_kb, STEPS, end_kb);
  printf("live tensors after each step: %llu, steps that differ: %ld\n", (unsigned long long)first.tensors,
         differing);
  /* The system's own book-keeping moves by a few pages; a leak of one tensor a step would be megabytes. */
  int failed = tl_failed(c) || differing != 0 || end_kb - warm_kb > 256;
  if (tl_failed(c)) printf("%s\n", tl_error_message(c));
  tl_context_free(c);
  printf("%d passed, %d failed\n", !failed, failed);
  return failed;
}
