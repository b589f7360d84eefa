/* Draws handwritten-looking digits, so that the example needs no download. */
#ifndef DIGITS_DRAWING_H
#define DIGITS_DRAWING_H

#include <stddef.h>
#include <stdint.h>
#include <tapeloop/tapeloop.h>

enum { DIGIT_SIDE = 28, DIGIT_PIXELS = DIGIT_SIDE * DIGIT_SIDE };

/* The digits of the examples, in every language: 30,000 to train with, or 5,000 others to test. Each is 0 to 9 with the same
 * chance, white on black, as bytes: images gets count * DIGIT_PIXELS of them, labels count. */
size_t digits_count(tl_data_part part);
void draw_digits(tl_data_part part, uint8_t* images, uint8_t* labels);

/* The same as a dataset of images (28, 28) and labels, both u8. */
tl_dataset* drawn(tl_context* c, tl_data_part part);

#endif
