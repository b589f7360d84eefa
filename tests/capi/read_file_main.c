/* Reads one file in a process of its own, and says what that took: "STATUS BASE PEAK", the name of the status and the resident memory in
 * kB before the call and at its highest. tests/capi/memory_test.py makes the files and calls it.
 *
 *     capi_read_file KIND PATH    KIND: npy, npz, csv, json, image, wav, tfrecord, cifar, idx, safetensors, checkpoint */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <tapeloop/tapeloop.h>

/* A line of /proc/self/status in kB. */
static long resident(const char *what) {
  FILE *file = fopen("/proc/self/status", "r");
  char line[256];
  long kb = -1;
  while (file && fgets(line, sizeof line, file))
    if (!strncmp(line, what, strlen(what))) kb = strtol(line + strlen(what), NULL, 10);
  if (file) fclose(file);
  return kb;
}

/* From now on the peak is that of what follows. */
static void forget_peak(void) {
  FILE *file = fopen("/proc/self/clear_refs", "w");
  if (!file || fputs("5", file) < 0 || fclose(file) != 0) exit(3);
}

static void read_it(tl_context *c, const char *kind, const char *path) {
  if (!strcmp(kind, "npy")) (void)tl_read_npy(c, path);
  if (!strcmp(kind, "npz")) (void)tl_read_npz(c, path, 0);
  if (!strcmp(kind, "csv")) (void)tl_read_csv(c, path, NULL);
  if (!strcmp(kind, "json")) (void)tl_read_json_lines(c, path, NULL);
  if (!strcmp(kind, "image")) (void)tl_read_image(c, path, NULL);
  if (!strcmp(kind, "wav")) (void)tl_read_wav(c, path, NULL);
  if (!strcmp(kind, "idx")) (void)tl_read_idx(c, path, 0);
  if (!strcmp(kind, "cifar")) (void)tl_dataset_from_cifar10_folder(c, path, TL_DATA_TRAIN);
  if (!strcmp(kind, "tfrecord")) {
    tl_dataset *records = tl_dataset_from_tfrecord(c, path);
    tl_tensor *record;
    while (records && tl_dataset_next(records, &record, 1)) {
    }
  }
  if (!strcmp(kind, "safetensors")) {
    tl_safetensors *file = tl_safetensors_open(c, path);
    const size_t count = file ? tl_safetensors_count(file) : 0;
    for (size_t i = 0; i < count && !tl_failed(c); i++)
      if (tl_scope_begin(c) == TL_OK) {
        (void)tl_safetensors_read(file, tl_safetensors_name(file, i));
        if (tl_scope_end(c) != TL_OK) return;
      }
  }
  if (!strcmp(kind, "checkpoint")) {
    tl_checkpoint *all = tl_checkpoint_new(c);
    if (tl_checkpoint_set_int64(all, "step", 0) == TL_OK && tl_checkpoint_restore(all, path) == TL_OK) return;
  }
}

int main(int argc, char **argv) {
  if (argc != 3) return 2;
  tl_context_options options;
  tl_context_options_init(&options, sizeof options);
  options.threads = 1;
  tl_context *c = tl_context_new(&options);
  if (!c) return 2;
  read_it(c, argv[1], "/dev/null/nothing"); /* the code of the reader is there, whatever it reads */
  tl_clear_error(c);
  forget_peak();
  const long base = resident("VmRSS:");
  read_it(c, argv[1], argv[2]);
  const long peak = resident("VmHWM:");
  printf("%s %ld %ld\n%s\n", tl_status_name(tl_error_code(c)), base, peak, tl_error_message(c));
  return 0;
}
