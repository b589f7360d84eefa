/* Draws curves as SVG, with tapeloop's own plots:
 *
 *   draw_curves OUTPUT.svg TITLE X_LABEL Y_LABEL [log-x] [log-y] < POINTS
 *
 * POINTS: a line each, "NAME<TAB>X<TAB>Y"; curves in the order in which their names come. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <tapeloop/tapeloop.h>

int main(int argc, char **argv) {
  if (argc < 5) {
    fprintf(stderr, "usage: draw_curves OUTPUT.svg TITLE X_LABEL Y_LABEL [log-x] [log-y] < POINTS\n");
    return 2;
  }
  tl_context *c = tl_context_new(NULL);
  tl_plot_options o;
  tl_plot_options_init(&o, sizeof o);
  for (int i = 5; i < argc; i++) {
    o.log_x |= strcmp(argv[i], "log-x") == 0;
    o.log_y |= strcmp(argv[i], "log-y") == 0;
  }
  tl_plot *plot = tl_plot_new(c, argv[2], &o);
  tl_status status = tl_plot_set_labels(plot, argv[3], argv[4]);
  char line[256];
  while (status == TL_OK && fgets(line, sizeof line, stdin)) {
    char *name = strtok(line, "\t"), *x = strtok(NULL, "\t"), *y = strtok(NULL, "\n");
    if (name && x && y) status = tl_plot_add(plot, name, strtod(x, NULL), strtod(y, NULL));
  }
  if (status == TL_OK) status = tl_plot_write_svg(plot, argv[1]);
  if (status != TL_OK) fprintf(stderr, "%s\n", tl_error_message(c));
  tl_clear_error(c);
  return tl_context_free(c) != TL_OK || status != TL_OK;
}
