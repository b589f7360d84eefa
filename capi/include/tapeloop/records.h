/* Records: TFRecord files, and data sets that come in binary layouts of their own (CIFAR; for the MNIST family see data.h, for tables
 * such as Iris tl_read_csv()). How readers treat files that cannot be trusted, and how files are written, says files.h.
 *
 *   tl_dataset *records = tl_dataset_from_tfrecord(c, "train.tfrecord");
 *   tl_tensor *record;
 *   while (tl_dataset_next(records, &record, 1)) {
 *     tl_bundle *example = tl_parse_example(c, record);
 *     tl_tensor *image = tl_decode_image(c, tl_tensor_data(tl_bundle_get(example, "image/encoded")), ...);
 *   }
 *
 * @errors TL_NOT_FOUND, TL_IO, TL_CORRUPT_DATA, TL_UNSUPPORTED of tl_dataset_from_tfrecord, tl_dataset_next.
 * @errors TL_CORRUPT_DATA, TL_UNSUPPORTED of tl_parse_example.
 * @errors TL_NOT_FOUND, TL_IO, TL_CORRUPT_DATA of tl_dataset_from_cifar10_folder, tl_dataset_from_cifar100_folder.
 * @errors TL_NOT_FOUND, TL_IO of tl_write_tfrecord. */
#ifndef TAPELOOP_RECORDS_H
#define TAPELOOP_RECORDS_H

#include <tapeloop/base.h>
#include <tapeloop/data.h>
#include <tapeloop/files.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- TFRecord --------------------------------------------------------------------------------------------------- */

/**
 * The records of a TFRecord file in their order: elements of one tensor, TL_U8 of the record's bytes. The file stays open, and records are
 * read when they are asked for. Checksums (masked CRC-32C) of lengths are compared here, those of records in tl_dataset_next(), which
 * fails where one does not fit. A file that is cut off between two records is a whole file as far as the format can tell. NULL on
 * failure: TL_CORRUPT_DATA, TL_UNSUPPORTED (compressed by gzip). Since 0.1.
 */
TL_API tl_dataset* tl_dataset_from_tfrecord(tl_context* context, const char* path);

/** Writes a TFRecord file of `count` records, each the elements of a tensor as they lie in memory, in place of a file that is there.
 * Since 0.1. */
TL_API tl_status tl_write_tfrecord(tl_context* context, const char* path, tl_tensor* const* records,
                                   size_t count) TL_WARN_UNUSED;

/**
 * The features of a tf.train.Example, the usual content of a record, given as TL_U8 of one axis: floats are TL_F32 (k), integers TL_I64
 * (k), one byte string TL_U8 (n), several of one length TL_U8 (k, n). NULL on failure: TL_CORRUPT_DATA (no such message),
 * TL_UNSUPPORTED (byte strings of different lengths in one feature), TL_INVALID_ARGUMENT (another dtype or rank). Since 0.1.
 */
TL_API tl_bundle* tl_parse_example(tl_context* context, tl_tensor* record);

/* ---- data sets -------------------------------------------------------------------------------------------------- */

/**
 * CIFAR-10 from a folder of its binary version: elements of an image, TL_U8 (32, 32, 3), and its label, TL_U8 (). Training data are
 * data_batch_1.bin to data_batch_5.bin, as many of these as there are, test data test_batch.bin. NULL on failure: TL_NOT_FOUND,
 * TL_CORRUPT_DATA (a size that is no number of records, a label above 9), TL_INVALID_ARGUMENT (an unknown part). Since 0.1.
 */
TL_API tl_dataset* tl_dataset_from_cifar10_folder(tl_context* context, const char* folder, tl_data_part part);

/** CIFAR-100 from a folder of its binary version, train.bin or test.bin: as CIFAR-10, but elements are an image, its fine label (0 to 99)
 * and its coarse label (0 to 19). NULL on failure. Since 0.1. */
TL_API tl_dataset* tl_dataset_from_cifar100_folder(tl_context* context, const char* folder,
                                                   tl_data_part part);

#ifdef __cplusplus
}
#endif

#endif
