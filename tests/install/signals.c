/* A program that takes its signals itself: blocks SIGTERM, and waits for it. To link and use tapeloop must not change that. The threads
 * that are there before main() would have no signal blocked, so that there must be none; those of a context take none. */
#define _POSIX_C_SOURCE 200809L
#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <tapeloop/tapeloop.h>
#include <time.h>
#include <unistd.h>

static int threads(void) {
  int n = 0;
  DIR *tasks = opendir("/proc/self/task");
  if (tasks == NULL) return -1;
  for (struct dirent *entry; (entry = readdir(tasks)) != NULL;) n += entry->d_name[0] != '.';
  closedir(tasks);
  return n;
}

/* Large products of both kinds, which a library may be loaded for. */
static int use(int count) {
  tl_context_options options;
  tl_context_options_init(&options, sizeof options);
  options.threads = count;
  tl_context *c = tl_context_new(&options);
  if (c == NULL) return 1;
  const int64_t shape[] = {300, 300};
  for (int k = 0; k < 2; k++) {
    tl_tensor *x = tl_uniform_range(c, shape, 2, 0, 1, k == 0 ? TL_F32 : TL_F64);
    tl_tensor_release(tl_matmul(c, x, x));
    tl_tensor_release(x);
  }
  const int failed = tl_failed(c);
  if (failed) fprintf(stderr, "%s\n", tl_error_message(c));
  /* While the threads of the context are there. */
  kill(getpid(), SIGTERM);
  tl_context_free(c);
  return failed;
}

int main(void) {
  sigset_t term;
  sigemptyset(&term);
  sigaddset(&term, SIGTERM);
  sigprocmask(SIG_BLOCK, &term, NULL);
  if (threads() != 1) {
    fprintf(stderr, "%d threads before the first call\n", threads());
    return EXIT_FAILURE;
  }
  for (int count = 1; count <= 2; count++) {
    const struct timespec at_once = {0, 0};
    if (use(count) || sigtimedwait(&term, NULL, &at_once) != SIGTERM) return EXIT_FAILURE;
  }
  puts("both signals came in order");
  return EXIT_SUCCESS;
}
