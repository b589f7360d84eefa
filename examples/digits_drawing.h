/* Draws handwritten-looking digits, so that the example needs no download. */
#ifndef DIGITS_DRAWING_H
#define DIGITS_DRAWING_H

#include <stddef.h>
#include <stdint.h>
#include <tapeloop/tapeloop.h>

enum { DIGIT_SIDE = 28, DIGIT_PIXELS = DIGIT_SIDE * DIGIT_SIDE };

/* Draws `count` digits, each 0 to 9 with the same chance, white on black, as bytes: images gets count * DIGIT_PIXELS of
 * them, labels count. Digit i follows from (seed, i) alone; give other seeds to training and test data. */
void draw_digits(uint64_t seed, size_t count, uint8_t* images, uint8_t* labels);

/* The same as a dataset of images (28, 28) and labels, both u8. */
tl_dataset* drawn_digits(tl_context* c, uint64_t seed, size_t count);

#endif
