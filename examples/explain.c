/* Shows three ways to lose a gradient, what the library says of each, and the cure. */
#include <stdio.h>
#include <tapeloop/tapeloop.h>

/* Takes the gradient of y for x, and says why there is none. */
static void gradient(tl_tape* tape, const char* what, tl_tensor* y, tl_tensor* x) {
  tl_tensor* g;
  if (tl_tape_gradient(tape, y, &x, 1, NULL, &g) != TL_OK) return;
  if (g) {
    printf("%s: %g\n", what, tl_tensor_item(g));
    return;
  }
  char text[512];
  if (tl_tape_explain(tape, y, x, text, sizeof text, NULL) == TL_OK) printf("%s: NULL\n   %s\n", what, text);
}

int main(void) {
  tl_context* c = tl_context_new(NULL);
  tl_tape_options explain;
  tl_tape_options_init(&explain, sizeof explain);
  explain.explain = true; /* remembers what every value was made of, so that the answer is exact */
  tl_tensor* weight = tl_variable_new(c, tl_scalar(c, TL_F32, 2.5), "weight", true);
  tl_tensor* total = tl_variable_new(c, tl_scalar(c, TL_F32, 0), "total", false);
  tl_tensor* input = tl_scalar(c, TL_F32, 3);

  /* 1. Through an integer. The cure: let the gradient pass as if there had been no rounding. */
  tl_tape* tape = tl_tape_begin(c, &explain);
  tl_tensor* rounded = tl_cast(c, tl_cast(c, weight, TL_I32), TL_F32);
  gradient(tape, "1. rounded through an integer", tl_square(c, rounded), weight);
  tape = tl_tape_begin(c, &explain);
  rounded = tl_cast(c, tl_cast(c, weight, TL_I32), TL_F32);
  gradient(tape, "   with grad_pass_through", tl_square(c, tl_grad_pass_through(c, rounded, weight)), weight);

  /* 2. Through a variable. The cure: use the value, and assign it besides. */
  tape = tl_tape_begin(c, &explain);
  tl_tensor* sum = tl_add(c, total, weight);
  if (tl_variable_assign(total, sum) != TL_OK) fprintf(stderr, "the assignment failed\n");
  gradient(tape, "2. assigned to a variable", tl_square(c, total), weight);
  tape = tl_tape_begin(c, &explain);
  sum = tl_add(c, total, weight);
  gradient(tape, "   with the value itself", tl_square(c, sum), weight);

  /* 3. Of a tensor that nobody watches: only trainable variables are watched by themselves. */
  tape = tl_tape_begin(c, &explain);
  gradient(tape, "3. a tensor", tl_mul(c, tl_square(c, input), weight), input);
  tape = tl_tape_begin(c, &explain);
  if (tl_tape_watch(tape, input) == TL_OK)
    gradient(tape, "   watched", tl_mul(c, tl_square(c, input), weight), input);

  bool failed = tl_failed(c);
  if (failed) fprintf(stderr, "explain: %s\n", tl_error_message(c));
  return tl_context_free(c) != TL_OK || failed;
}
