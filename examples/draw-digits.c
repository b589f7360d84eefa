/* Draws the digits of the digit classifier into IDX files, the format of MNIST, for programs in other languages. */
#include <stdio.h>
#include <stdlib.h>

#include "digits_drawing.h"

/* An IDX file of bytes: the magic number 0x0000080R of R axes, their sizes in big-endian order, the bytes. */
static int write_idx(const char* folder, const char* name, int axes, const uint32_t* sizes,
                     const uint8_t* bytes) {
  char path[4096];
  if (snprintf(path, sizeof path, "%s/%s", folder, name) >= (int)sizeof path) return 0;
  FILE* file = fopen(path, "wb");
  if (!file) return 0;
  uint8_t magic[4] = {0, 0, 8, (uint8_t)axes};
  size_t count = 1;
  int good = fwrite(magic, 1, 4, file) == 4;
  for (int i = 0; i < axes; i++) {
    uint8_t size[4] = {(uint8_t)(sizes[i] >> 24), (uint8_t)(sizes[i] >> 16), (uint8_t)(sizes[i] >> 8),
                       (uint8_t)sizes[i]};
    good = good && fwrite(size, 1, 4, file) == 4;
    count *= sizes[i];
  }
  good = good && fwrite(bytes, 1, count, file) == count;
  return (fclose(file) == 0) && good;
}

static int write_split(const char* folder, tl_data_part part, const char* images_name,
                       const char* labels_name) {
  const size_t count = digits_count(part);
  const uint32_t sizes[3] = {(uint32_t)count, DIGIT_SIDE, DIGIT_SIDE};
  uint8_t *images = malloc(count * DIGIT_PIXELS), *labels = malloc(count);
  int good = images && labels;
  if (good) draw_digits(part, images, labels);
  good = good && write_idx(folder, images_name, 3, sizes, images) &&
         write_idx(folder, labels_name, 1, sizes, labels);
  free(images);
  free(labels);
  return good;
}

int main(int argc, char** argv) {
  if (argc != 2) return fputs("usage: draw-digits FOLDER\n", stderr), 2;
  if (write_split(argv[1], TL_DATA_TRAIN, "train-images-idx3-ubyte", "train-labels-idx1-ubyte") &&
      write_split(argv[1], TL_DATA_TEST, "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"))
    return 0;
  perror(argv[1]);
  return 1;
}
