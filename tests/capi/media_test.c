/* Images, sound, records and CIFAR through the C API: values, and every kind of wrong argument. What the formats allow is tested in
 * tests/io. */
/* mkdtemp() is POSIX. */
#define _POSIX_C_SOURCE 200809L

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/capi/harness.h"

static void images_are_written_and_read(void** state) {
  (void)state;
  tl_context* c = new_context();
  char path[PATH_ROOM];
  temporary_file(path, "", 0);
  const uint8_t pixels[] = {1, 2, 3, 4, 5, 6};
  const int64_t dims[] = {1, 2, 3};
  tl_tensor* image = tl_tensor_new(c, TL_U8, dims, 3, pixels, sizeof pixels);
  assert_int_equal(tl_write_png(image, path), TL_OK);
  tl_tensor* read = tl_read_image(c, path, NULL);
  uint8_t got[8];
  assert_true(tl_tensor_rank(read) == 3 && tl_tensor_dim(read, 2) == 3);
  assert_int_equal(tl_tensor_read(read, got, 6), TL_OK);
  assert_true(memcmp(got, pixels, 6) == 0);
  tl_image_options options;
  tl_image_options_init(&options, sizeof options);
  options.channels = 4;
  assert_int_equal(tl_tensor_read(tl_read_image(c, path, &options), got, 8), TL_OK);
  assert_true(got[2] == 3 && got[3] == 255 && got[7] == 255);

  unsigned char file[1024];
  FILE* f = fopen(path, "rb");
  const size_t bytes = fread(file, 1, sizeof file, f);
  fclose(f);
  assert_int_equal(tl_tensor_read(tl_decode_image(c, file, bytes, NULL), got, 6), TL_OK);
  assert_true(memcmp(got, pixels, 6) == 0);
  assert_null(tl_decode_image(c, file, bytes - 1, NULL));
  expect_error(c, TL_CORRUPT_DATA, "[decode_image] memory, at byte");
  assert_null(tl_decode_image(c, NULL, 5, NULL));
  expect_error(c, TL_INVALID_ARGUMENT, "NULL");
  assert_null(tl_decode_image(c, NULL, 0, NULL));
  expect_error(c, TL_CORRUPT_DATA, "PNG or JPEG");
  options.channels = 2;
  assert_null(tl_read_image(c, path, &options));
  expect_error(c, TL_INVALID_ARGUMENT, "'channels'");
  options.channels = 0;
  options.max_bytes = 16;
  assert_null(tl_read_image(c, path, &options));
  expect_error(c, TL_OUT_OF_MEMORY, path);
  remove(path);
  assert_null(tl_read_image(c, path, NULL));
  expect_error(c, TL_NOT_FOUND, path);
  free_context(c);
}

static void folders_of_images_are_datasets(void** state) {
  (void)state;
  tl_context* c = new_context();
  char folder[] = "/tmp/tapeloop-images-XXXXXX", path[3][PATH_ROOM];
  assert_non_null(mkdtemp(folder));
  const int64_t dims[] = {1, 1};
  for (uint8_t i = 0; i < 3; i++) { /* a/0.png, b/1.png, b/2.png */
    snprintf(path[i], PATH_ROOM, "%s/%c", folder, i ? 'b' : 'a');
    mkdir(path[i], 0700);
    snprintf(path[i], PATH_ROOM, "%s/%c/%d.png", folder, i ? 'b' : 'a', i);
    assert_int_equal(tl_write_png(tl_tensor_new(c, TL_U8, dims, 2, &i, 1), path[i]), TL_OK);
  }
  tl_dataset* images = tl_dataset_from_image_folder(c, folder, NULL);
  assert_true(tl_dataset_size(images) == 3 && tl_dataset_width(images) == 2);
  tl_tensor* batch[2];
  images = tl_dataset_batch(c, images, 3, false);
  assert_true(tl_dataset_next(images, batch, 2));
  uint8_t pixels[3];
  int32_t classes[3];
  assert_int_equal(tl_tensor_read(batch[0], pixels, sizeof pixels), TL_OK);
  assert_int_equal(tl_tensor_read(batch[1], classes, sizeof classes), TL_OK);
  for (int i = 0; i < 3; i++) assert_true(pixels[i] == i && classes[i] == (i > 0));
  tl_bundle* labels = tl_image_folder_labels(c, folder);
  assert_true(tl_bundle_category_count(labels, "label") == 2);
  assert_string_equal(tl_bundle_category(labels, "label", 1), "b");
  assert_true(tl_tensor_elements(tl_bundle_get(labels, "label")) == 3);

  /* One that cannot be read ends the loop, and moves nothing. */
  FILE* f = fopen(path[1], "wb");
  fclose(f);
  images = tl_dataset_from_image_folder(c, folder, NULL);
  assert_true(tl_dataset_next(images, batch, 2) && !tl_dataset_next(images, batch, 2));
  assert_true(tl_dataset_position(images) == 1);
  expect_error(c, TL_CORRUPT_DATA, path[1]);
  tl_image_options options;
  tl_image_options_init(&options, sizeof options);
  options.channels = 7;
  assert_null(tl_dataset_from_image_folder(c, folder, &options));
  expect_error(c, TL_INVALID_ARGUMENT, "'channels'");
  remove(path[2]);
  assert_int_equal(symlink(path[0], path[2]), 0);
  assert_null(tl_dataset_from_image_folder(c, folder, NULL));
  expect_error(c, TL_IO, "symbolic link");
  assert_null(tl_image_folder_labels(c, folder));
  expect_error(c, TL_IO, "[image_folder_labels]");
  for (int i = 0; i < 3; i++) remove(path[i]);
  assert_null(tl_dataset_from_image_folder(c, folder, NULL));
  expect_error(c, TL_NOT_FOUND, "images of one class");
  for (int i = 0; i < 2; i++) {
    snprintf(path[i], PATH_ROOM, "%s/%c", folder, i ? 'b' : 'a');
    remove(path[i]);
  }
  assert_null(tl_image_folder_labels(c, folder));
  expect_error(c, TL_NOT_FOUND, "a subfolder for each class");
  remove(folder);
  assert_null(tl_dataset_from_image_folder(c, NULL, NULL));
  expect_error(c, TL_INVALID_ARGUMENT, "NULL");
  free_context(c);
}

static void sound_is_read(void** state) {
  (void)state;
  tl_context* c = new_context();
  static const unsigned char file[] = {
      'R', 'I', 'F', 'F', 40,  0,  0, 0, 'W', 'A', 'V', 'E', 'f', 'm', 't', ' ', 16, 0, 0, 0, 1, 0,  1, 0,
      64,  31,  0,   0,   128, 62, 0, 0, 2,   0,   16,  0,   'd', 'a', 't', 'a', 4,  0, 0, 0, 0, 64, 0, 128};
  char path[PATH_ROOM];
  temporary_file(path, file, sizeof file);
  int32_t rate = -1;
  tl_tensor* samples = tl_read_wav(c, path, &rate);
  float got[2];
  assert_int_equal(tl_tensor_read(samples, got, sizeof got), TL_OK);
  assert_true(rate == 8000 && got[0] == 0.5f && got[1] == -1 && tl_tensor_dim(samples, 1) == 1);
  assert_non_null(tl_read_wav(c, path, NULL));
  remove(path);
  assert_null(tl_read_wav(c, path, &rate));
  assert_true(rate == 0);
  expect_error(c, TL_NOT_FOUND, path);
  free_context(c);
}

static void records_are_written_and_read(void** state) {
  (void)state;
  tl_context* c = new_context();
  char path[PATH_ROOM];
  temporary_file(path, "", 0);
  /* Example{features{feature{"x": int64_list{value: 5}}}} */
  static const unsigned char example[] = {0x0a, 0x0c, 0x0a, 0x0a, 0x0a, 1, 'x', 0x12, 5, 0x1a, 3, 0x0a, 1, 5};
  const int64_t length = sizeof example;
  tl_tensor* records[2] = {tl_tensor_new(c, TL_U8, &length, 1, example, sizeof example),
                           tl_scalar(c, TL_F32, 1)};
  assert_int_equal(tl_write_tfrecord(c, path, records, 2), TL_OK);
  tl_dataset* all = tl_dataset_from_tfrecord(c, path);
  assert_true(tl_dataset_size(all) == 2 && tl_dataset_width(all) == 1);
  tl_tensor* record;
  assert_true(tl_dataset_next(all, &record, 1));
  tl_bundle* features = tl_parse_example(c, record);
  assert_true(tl_tensor_item(tl_bundle_get(features, "x")) == 5);
  assert_true(tl_dataset_next(all, &record, 1) && tl_tensor_elements(record) == 4);
  assert_null(tl_parse_example(c, record));
  expect_error(c, TL_CORRUPT_DATA, "tf.train.Example");
  assert_null(tl_parse_example(c, records[1]));
  expect_error(c, TL_INVALID_ARGUMENT, "u8 of one axis");
  /* A byte of the second record flips while the file is open. */
  FILE* f = fopen(path, "r+b");
  fseek(f, -5, SEEK_END);
  fputc(0x7e, f);
  fclose(f);
  all = tl_dataset_from_tfrecord(c, path);
  assert_true(tl_dataset_next(all, &record, 1) && !tl_dataset_next(all, &record, 1));
  expect_error(c, TL_CORRUPT_DATA, "the checksum of record 1");
  assert_int_equal(tl_write_tfrecord(c, path, NULL, 2), TL_INVALID_ARGUMENT);
  expect_error(c, TL_INVALID_ARGUMENT, "NULL");
  assert_int_equal(tl_write_tfrecord(c, path, NULL, 0), TL_OK);
  assert_true(tl_dataset_size(tl_dataset_from_tfrecord(c, path)) == 0);
  remove(path);
  assert_null(tl_dataset_from_tfrecord(c, path));
  expect_error(c, TL_NOT_FOUND, path);
  free_context(c);
}

static void cifar_folders_are_datasets(void** state) {
  (void)state;
  tl_context* c = new_context();
  char folder[] = "/tmp/tapeloop-cifar-XXXXXX", path[2][PATH_ROOM];
  assert_non_null(mkdtemp(folder));
  static unsigned char content[3074];
  content[0] = 7;
  for (int i = 0; i < 2; i++) {
    snprintf(path[i], PATH_ROOM, "%s/%s", folder, i ? "test.bin" : "data_batch_1.bin");
    FILE* f = fopen(path[i], "wb");
    assert_true(fwrite(content, 1, (size_t)(3073 + i), f) == (size_t)(3073 + i));
    fclose(f);
  }
  tl_tensor* element[3];
  tl_dataset* ten = tl_dataset_from_cifar10_folder(c, folder, TL_DATA_TRAIN);
  assert_true(tl_dataset_size(ten) == 1 && tl_dataset_next(ten, element, 2));
  assert_true(tl_tensor_dim(element[0], 2) == 3 && tl_tensor_item(element[1]) == 7);
  tl_dataset* hundred = tl_dataset_from_cifar100_folder(c, folder, TL_DATA_TEST);
  assert_true(tl_dataset_width(hundred) == 3 && tl_dataset_next(hundred, element, 3));
  assert_true(tl_tensor_item(element[1]) == 0 && tl_tensor_item(element[2]) == 7);
  assert_null(tl_dataset_from_cifar10_folder(c, folder, TL_DATA_TEST));
  expect_error(c, TL_NOT_FOUND, "test_batch.bin");
  assert_null(tl_dataset_from_cifar10_folder(c, folder, 3));
  expect_error(c, TL_INVALID_ARGUMENT, "the part must be");
  assert_null(tl_dataset_from_cifar100_folder(c, NULL, TL_DATA_TRAIN));
  expect_error(c, TL_INVALID_ARGUMENT, "NULL");
  remove(path[0]);
  remove(path[1]);
  remove(folder);
  free_context(c);
}

int media_tests(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(images_are_written_and_read),
      cmocka_unit_test(folders_of_images_are_datasets),
      cmocka_unit_test(sound_is_read),
      cmocka_unit_test(records_are_written_and_read),
      cmocka_unit_test(cifar_folders_are_datasets),
  };
  return RUN_GROUP("media", tests);
}
