/* Plots as files: curves and images as SVG and PNG, without a program beside this one.
 *
 *   tl_plot *plot = tl_plot_new(c, "digits", NULL);
 *   tl_plot_set_labels(plot, "epoch", "loss");
 *   for each epoch: tl_plot_add(plot, "train", epoch, loss), tl_plot_add(plot, "test", epoch, test_loss);
 *   tl_plot_write_svg(plot, "loss.svg");
 *   tl_write_png(tl_plot_image(plot), "loss.png");
 *
 *   tl_write_png(tl_image_grid(c, digits, NULL), "digits.png");       (count, height, width): side by side
 *
 * SVG is text: any browser shows it, and it stays sharp in print. Files are written under a temporary name and renamed, so that nobody
 * sees a part of one, and an older one stays where writing fails. */
#ifndef TAPELOOP_PLOT_H
#define TAPELOOP_PLOT_H

#include <tapeloop/base.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Curves over one pair of axes. It belongs to the innermost scope like a tensor. */
typedef struct tl_plot tl_plot;

/** How curves are drawn. Fill it with tl_plot_options_init() first. */
typedef struct tl_plot_options {
  size_t struct_size; /**< bytes of this struct; set by the init function */
  int64_t width;      /**< of the picture, in pixels, 200 to 10000 (default 720) */
  int64_t height;     /**< of the picture, in pixels, 150 to 10000 (default 432) */
  bool log_x;         /**< a logarithmic x axis (default false) */
  bool log_y;         /**< a logarithmic y axis (default false) */
  double
      smoothing; /**< in [0, 1): a curve is drawn pale, with its exponential moving average of this weight over it, without
                           the bias of the beginning, as TensorBoard's slider does it (default 0: as it is) */
  int64_t
      scale; /**< pixels of tl_plot_image() for each of the picture, along both axes: 2 for fine screens; 1 to 16 (default 1) */
} tl_plot_options;

/** Sets all fields to their defaults. Pass sizeof(tl_plot_options). Does nothing for NULL. Since 0.1. */
TL_API void tl_plot_options_init(tl_plot_options *options, size_t struct_size);

/** A plot without curves. title (may be NULL) stands above it. options may be NULL for the defaults. NULL on failure. Since 0.1. */
TL_API tl_plot *tl_plot_new(tl_context *context, const char *title, const tl_plot_options *options);

/** What stands at the axes; x and y: x (may be NULL) and y (may be NULL) leave theirs as it is. Since 0.1. */
TL_API tl_status tl_plot_set_labels(tl_plot *plot, const char *x, const char *y);

/**
 * Adds a point to the curve of this name, which begins with its first one; curves stand in the legend in the order of their first
 * points, points are joined in theirs. What is not finite, and what is not positive along a logarithmic axis, has no place: the curve
 * has a gap there. Since 0.1.
 */
TL_API tl_status tl_plot_add(tl_plot *plot, const char *name, double x, double y);

/**
 * Adds `count` points at once. x (may be NULL) are their places, NULL for 0, 1, 2 and so on, after the number of points that are there;
 * y (may be NULL when count is 0). Also for a curve without points, which stands in the legend. Since 0.1.
 * @array x[count], y[count]
 */
TL_API tl_status tl_plot_add_many(tl_plot *plot, const char *name, const double *x, const double *y,
                                  size_t count);

/** The plot as SVG, for a file or a web page. As tl_tensor_format() writes: cut to capacity, *length (may be NULL) is the whole
 * length, buffer may be NULL with a capacity of 0. TL_FAILED_PRECONDITION for a plot in which no point has a place. Since 0.1. */
TL_API tl_status tl_plot_svg(tl_plot *plot, char *buffer, size_t capacity, size_t *length);

/** Writes the plot as an SVG file. TL_NOT_FOUND (no such folder), TL_IO, TL_INVALID_ARGUMENT (an empty path),
 * TL_FAILED_PRECONDITION as tl_plot_svg(). Since 0.1. */
TL_API tl_status tl_plot_write_svg(tl_plot *plot, const char *path);

/**
 * The plot as an image: u8 (height, width, 3), times `scale` of its options, for tl_write_png() and tl_logger_image(). Letters are drawn as
 * lines, those of ASCII; any other is a box, where an SVG has them all. NULL on failure, TL_FAILED_PRECONDITION as tl_plot_svg().
 * Since 0.1.
 */
TL_API tl_tensor *tl_plot_image(tl_plot *plot);

/** Moves it one scope out, as tl_keep() moves a tensor; returns it, or NULL on failure (the context holds the error).
 * Since 0.1.
 * @returns same */
TL_API tl_plot *tl_plot_keep(tl_plot *plot);

/** Gives it up before its scope ends. NULL and a released one do nothing. From any thread at any time. Since 0.1.
 * @thread any */
TL_API void tl_plot_release(tl_plot *plot);

/* ---- images ------------------------------------------------------------------------------------------------------ */

/** How images stand side by side. Fill it with tl_image_grid_options_init() first. */
typedef struct tl_image_grid_options {
  size_t struct_size; /**< bytes of this struct; set by the init function */
  int64_t columns;    /**< images in a row (default: the square root of their number, rounded up) */
  int64_t padding;    /**< pixels between images and around them; below 0: none (default 2) */
  int64_t scale;      /**< each pixel becomes a square of so many a side (default 1; in SVG 2) */
  double background;  /**< what stands between them, 0 for black to 1 for white (default 0) */
} tl_image_grid_options;

/** Sets all fields to their defaults. Pass sizeof(tl_image_grid_options). Does nothing for NULL. Since 0.1. */
TL_API void tl_image_grid_options_init(tl_image_grid_options *options, size_t struct_size);

/**
 * Images side by side, as one image. images: (count, height, width) or (count, height, width, 1, 3 or 4 channels), u8, bool, or f32 and
 * f64 in [0, 1], where what lies outside becomes the nearest value in it and NaN black. The result is u8, (height, width) or
 * (height, width, channels). No gradient passes, and it cannot be inside the step of a tl_function. options may be NULL for the
 * defaults. NULL on failure. Since 0.1.
 */
TL_API tl_tensor *tl_image_grid(tl_context *context, tl_tensor *images, const tl_image_grid_options *options);

/** Writes an image as a PNG file: (height, width) or (height, width, 1, 3 or 4 channels), of values as tl_image_grid() takes them.
 * TL_NOT_FOUND (no such folder), TL_IO, TL_INVALID_ARGUMENT. Not inside the step of a tl_function. Since 0.1. */
TL_API tl_status tl_write_png(tl_tensor *image, const char *path);

/**
 * Writes images side by side as an SVG file, each with a caption under it: the elements of captions, a tensor of `count` elements
 * (labels, say); captions (may be NULL): none. title (may be NULL) stands above. The padding of options counts pixels of the picture
 * here. options may be NULL for the defaults. Errors as tl_write_png(). Since 0.1.
 */
TL_API tl_status tl_write_image_svg(tl_tensor *images, tl_tensor *captions, const char *title,
                                    const tl_image_grid_options *options, const char *path);

#ifdef __cplusplus
}
#endif

#endif
