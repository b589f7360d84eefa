/* The tape in five small programs: a variable, a constant that is watched, a second derivative, a tape used up, one that lasts. */
#include <stdio.h>
#include <tapeloop/tapeloop.h>

/* dy/dx of one number after another; NaN, with the error in the context, where there is none. */
static double slope(tl_tape *tape, tl_tensor *y, tl_tensor *x) {
  tl_tensor *gradient = NULL;
  (void)!tl_tape_gradient(tape, y, &x, 1, NULL, &gradient);
  return tl_tensor_item(gradient);
}

int main(void) {
  tl_context *c = tl_context_new(NULL);
  tl_tensor *x = tl_variable_new(c, tl_scalar(c, TL_F32, 3), "x", true);
  tl_tape *tape = tl_tape_begin(c, NULL);
  tl_tensor *y = tl_square(c, x); /* variables are watched when they are read */
  printf("x^2 at 3: %g, its slope %g\n", tl_tensor_item(y), slope(tape, y, x));

  tl_tensor *constant = tl_scalar(c, TL_F32, 3);
  tape = tl_tape_begin(c, NULL);
  bool fine =
      tl_tape_watch(tape, constant) == TL_OK; /* anything else must be watched: inputs, for saliency maps */
  y = tl_pow(c, constant, tl_scalar(c, TL_F32, 3));
  printf("x^3 at 3: its slope %g\n", slope(tape, y, constant));

  fine = fine && tl_variable_assign(x, tl_scalar(c, TL_F32, 2)) == TL_OK;
  tl_tape *outer = tl_tape_begin(c, NULL), *inner = tl_tape_begin(c, NULL);
  tl_tensor *first = NULL;
  y = tl_square(c, tl_square(c, x));
  fine =
      fine && tl_tape_gradient(inner, y, &x, 1, NULL, &first) == TL_OK; /* outer records what this computes */
  printf("x^4 at 2: %g, slope %g, slope of the slope %g\n", tl_tensor_item(y), tl_tensor_item(first),
         slope(outer, first, x));

  tape = tl_tape_begin(c, NULL);
  y = tl_square(c, x);
  slope(tape, y, x);
  fine = fine && !tl_failed(c);
  slope(tape, y, x); /* the first call has used the tape up */
  printf("a second gradient: %s\n", tl_error_message(c));
  fine = fine && tl_error_code(c) == TL_FAILED_PRECONDITION;
  tl_clear_error(c);

  tl_tape_options lasting;
  tl_tape_options_init(&lasting, sizeof lasting);
  lasting.persistent = true;
  tape = tl_tape_begin(c, &lasting);
  tl_tensor *square = tl_square(c, x), *cube = tl_mul(c, square, x);
  printf("a persistent tape: slopes %g and %g at 2\n", slope(tape, square, x), slope(tape, cube, x));
  tl_tape_release(tape); /* with all that it holds */

  if (tl_failed(c)) fprintf(stderr, "first-gradients: %s\n", tl_error_message(c));
  fine = fine && !tl_failed(c);
  return tl_context_free(c) != TL_OK || !fine;
}
