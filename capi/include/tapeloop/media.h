/* Images and sound: PNG and JPEG files and folders of them, WAV files (plot.h writes PNG). How readers treat files that cannot be trusted, and how files are
 * written, says files.h.
 *
 *   tl_dataset *train = tl_dataset_from_image_folder(c, "flowers/train", NULL);    elements: u8 (height, width, channels), i32 ()
 *   tl_bundle *labels = tl_image_folder_labels(c, "flowers/train");
 *   puts(tl_bundle_category(labels, "label", 0));                                  the name of class 0
 *
 * @errors TL_NOT_FOUND, TL_IO, TL_CORRUPT_DATA, TL_UNSUPPORTED of tl_read_image, tl_read_wav.
 * @errors TL_CORRUPT_DATA, TL_UNSUPPORTED of tl_decode_image.
 * @errors TL_NOT_FOUND, TL_IO of tl_dataset_from_image_folder, tl_image_folder_labels. */
#ifndef TAPELOOP_MEDIA_H
#define TAPELOOP_MEDIA_H

#include <tapeloop/base.h>
#include <tapeloop/data.h>
#include <tapeloop/files.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- images ----------------------------------------------------------------------------------------------------- */

/** How images are read. */
typedef struct tl_image_options {
  size_t struct_size;
  int32_t
      channels; /**< 1: grey, 3: red, green, blue, 4: with opacity; 0 (default): as the file has them, for PNG also 2, grey with opacity */
  uint64_t max_bytes; /**< most bytes to decode one image; 0 (default): the size of the file and 64 MiB */
} tl_image_options;

/** Sets all fields to their defaults. Pass sizeof(tl_image_options). Does nothing for NULL. Since 0.1. */
TL_API void tl_image_options_init(tl_image_options* options, size_t struct_size);

/**
 * The image in a PNG or JPEG file, told by its first bytes, as TL_U8 (height, width, channels). options may be NULL. Samples of 16
 * bits give their upper 8, palettes are resolved. Colour becomes grey by the weights of ITU-R BT.601; opacity that is not asked for is
 * left out, one that is not there is 255. Colour profiles and the orientation of a photograph are not looked at.
 *
 * NULL on failure: TL_CORRUPT_DATA (another format, damaged, cut off, also a JPEG that libjpeg reads with a warning; in JPEG, which has no
 * checksums, a flipped bit may also just change pixels), TL_UNSUPPORTED (JPEG in CMYK), TL_OUT_OF_MEMORY (an image that its
 * header makes larger than max_bytes), TL_INVALID_ARGUMENT (other channels). Since 0.1.
 */
TL_API tl_tensor* tl_read_image(tl_context* context, const char* path, const tl_image_options* options);

/** tl_read_image() for a file that is in memory: `bytes` bytes at `data`, which are only read during the call. options may be NULL. NULL on
 * failure. Since 0.1. */
TL_API tl_tensor* tl_decode_image(tl_context* context, const void* data, size_t bytes,
                                  const tl_image_options* options);

/**
 * The images of a folder with one subfolder for each class: elements of two tensors, the image as tl_read_image() gives it, decoded
 * when it is asked for, and its class, TL_I32 (). Classes count from 0 in the order of their names, images in that of theirs; they are
 * the files that end in .png, .jpg or .jpeg, in any case. Other files and names that begin with a dot are passed over. options may be
 * NULL. Images of different sizes cannot be batched.
 *
 * NULL on failure: TL_NOT_FOUND (no folder, no subfolder, one without images), TL_IO (a symbolic link inside, which may lead elsewhere),
 * TL_INVALID_ARGUMENT (other channels). An image that cannot be read makes tl_dataset_next() fail. Since 0.1.
 */
TL_API tl_dataset* tl_dataset_from_image_folder(tl_context* context, const char* folder,
                                                const tl_image_options* options);

/** The classes of the images of such a folder: a bundle of one tensor, "label", TL_I32 of the number of images, in the order of the
 * dataset; its texts are the names of the classes. NULL on failure, as above. Since 0.1. */
TL_API tl_bundle* tl_image_folder_labels(tl_context* context, const char* folder);

/* ---- sound ------------------------------------------------------------------------------------------------------ */

/**
 * The sound in a WAV file as TL_F32 (frames, channels); *rate (may be NULL) becomes the number of frames a second, 0 on failure.
 * Whole numbers of 8, 16, 24 and 32 bits are divided so that they lie in [-1, 1), floats of 32 and 64 bits stay as they are. Memory is
 * that of the tensor and 1 MiB. NULL on failure: TL_CORRUPT_DATA, TL_UNSUPPORTED (compressed sound, other numbers of bits). rate
 * may be NULL. Since 0.1.
 */
TL_API tl_tensor* tl_read_wav(tl_context* context, const char* path, int32_t* rate);

#ifdef __cplusplus
}
#endif

#endif
