/* Progress bars on a terminal, in a file, in a pipe that nobody reads, drawn by a callback, and used wrongly. */
#define _XOPEN_SOURCE 700 /* posix_openpt */
#define _DEFAULT_SOURCE   /* ioctl */
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include "tests/capi/harness.h"

/* A pseudo terminal of so many columns: what is written to `end` is read from `screen`. */
typedef struct {
  int screen, end;
} terminal;

static terminal open_terminal(unsigned short columns) {
  terminal t;
  t.screen = posix_openpt(O_RDWR | O_NOCTTY);
  assert_true(t.screen >= 0);
  assert_int_equal(grantpt(t.screen), 0);
  assert_int_equal(unlockpt(t.screen), 0);
  t.end = open(ptsname(t.screen), O_RDWR | O_NOCTTY);
  assert_true(t.end >= 0);
  struct termios raw;
  assert_int_equal(tcgetattr(t.end, &raw), 0);
  raw.c_oflag &= ~(tcflag_t)OPOST; /* a new line stays one */
  assert_int_equal(tcsetattr(t.end, TCSANOW, &raw), 0);
  struct winsize size = {.ws_row = 24, .ws_col = columns};
  assert_int_equal(ioctl(t.end, TIOCSWINSZ, &size), 0);
  assert_int_equal(fcntl(t.screen, F_SETFL, O_NONBLOCK), 0);
  return t;
}

static void close_terminal(terminal t) {
  close(t.end);
  close(t.screen);
}

/* What has been written and not read yet; less than the buffer of a terminal. */
static const char *seen(int descriptor) {
  static char text[4096];
  ssize_t n, at = 0;
  while ((n = read(descriptor, text + at, sizeof text - 1 - (size_t)at)) > 0) at += n;
  text[at] = 0;
  return text;
}

static tl_progress *new_bar(tl_context *c, int descriptor, double interval) {
  tl_progress_options o;
  tl_progress_options_init(&o, sizeof o);
  o.descriptor = descriptor;
  o.no_times = true;
  o.interval = interval;
  tl_progress *bar = tl_progress_new(c, &o);
  assert_non_null(bar);
  return bar;
}

static void update(tl_progress *bar, int64_t step) {
  while (!tl_progress_due(bar)) continue;
  assert_int_equal(tl_progress_update(bar, step), TL_OK);
}

static tl_progress_statistics stats(tl_progress *bar) {
  tl_progress_statistics s = {.struct_size = sizeof s};
  assert_int_equal(tl_progress_stats(bar, &s), TL_OK);
  return s;
}

static void a_bar_on_a_terminal(void **state) {
  (void)state;
  tl_context *c = new_context();
  assert_int_equal(setenv("TERM", "xterm", 1), 0);
  assert_int_equal(setenv("LC_ALL", "C", 1), 0);
  assert_int_equal(setenv("NO_COLOR", "1", 1), 0);
  terminal t = open_terminal(31);
  tl_progress *bar = new_bar(c, t.end, 1e-9);
  assert_int_equal(tl_progress_start(bar, 10, "a"), TL_OK);
  assert_string_equal(seen(t.screen), "");
  update(bar, 5);
  assert_string_equal(seen(t.screen),
                      "\ra  50% [========>       ] 5/10\x1b[K"); /* 30 columns: the last is free */
  struct winsize size = {.ws_row = 24, .ws_col = 21};
  assert_int_equal(ioctl(t.end, TIOCSWINSZ, &size), 0);
  update(bar, 6);
  assert_string_equal(seen(t.screen), "\ra  60% [===>  ] 6/10\x1b[K");
  assert_int_equal(tl_progress_value(bar, "loss", 0.25), TL_OK);
  size.ws_col = 41;
  assert_int_equal(ioctl(t.end, TIOCSWINSZ, &size), 0);
  assert_int_equal(tl_progress_finish(bar), TL_OK);
  assert_string_equal(seen(t.screen), "\ra  60% [=========>     ] 6/10  loss 0.25\x1b[K\n");
  assert_int_equal(tl_progress_finish(bar), TL_OK);
  assert_string_equal(seen(t.screen), "");

  /* One that is given up amid a round leaves the cursor at the beginning of a line. */
  assert_int_equal(tl_progress_start(bar, 0, NULL), TL_OK);
  update(bar, 7);
  assert_string_equal(seen(t.screen), "\r7\x1b[K");
  tl_progress_release(bar);
  assert_string_equal(seen(t.screen), "\n");

  assert_int_equal(setenv("NO_COLOR", "", 1), 0);
  assert_int_equal(setenv("LC_ALL", "", 1), 0);
  assert_int_equal(setenv("LC_CTYPE", "C.UTF-8", 1), 0);
  bar = new_bar(c, t.end, 1e-9);
  assert_int_equal(tl_progress_start(bar, 2, NULL), TL_OK);
  update(bar, 1);
  assert_string_equal(seen(t.screen), "\r 50% |\x1b[32m██████████████▌\x1b[0m              | 1/2\x1b[K");
  tl_progress_release(bar);
  assert_string_equal(seen(t.screen), "\n");

  assert_int_equal(setenv("TERM", "dumb", 1), 0);
  bar = new_bar(c, t.end, 0);
  assert_int_equal(tl_progress_start(bar, 2, "plain"), TL_OK);
  assert_int_equal(tl_progress_update(bar, 2), TL_OK);
  assert_int_equal(tl_progress_finish(bar), TL_OK);
  assert_string_equal(seen(t.screen), "plain 100%  2/2\n");
  close_terminal(t);
  unsetenv("TERM");
  unsetenv("LC_ALL");
  unsetenv("LC_CTYPE");
  unsetenv("NO_COLOR");
  free_context(c);
}

static void lines_in_a_file(void **state) {
  (void)state;
  tl_context *c = new_context();
  char path[PATH_ROOM];
  temporary_file(path, "", 0);
  const int file = open(path, O_RDWR);
  tl_progress *bar = new_bar(c, file, 0);
  for (int epoch = 1; epoch <= 2; epoch++) {
    assert_int_equal(tl_progress_start(bar, 3, epoch == 1 ? "one" : "two\n"), TL_OK);
    for (int64_t step = 1; step <= 3; step++) assert_int_equal(tl_progress_update(bar, step), TL_OK);
    assert_int_equal(tl_progress_value(bar, "loss", 1.0 / 3), TL_OK);
  }
  assert_false(tl_progress_due(bar)); /* lines without times come at the end of rounds only */
  assert_int_equal(tl_progress_finish(bar), TL_OK);
  assert_int_equal(lseek(file, 0, SEEK_SET), 0);
  assert_string_equal(seen(file), "one 100%  3/3  loss 0.3333\ntwo  100%  3/3  loss 0.3333\n");
  close(file);
  unlink(path);
  free_context(c);
}

static void numbers_and_text(void **state) {
  (void)state;
  tl_context *c = new_context();
  tl_progress_options o;
  tl_progress_options_init(&o, sizeof o);
  o.ascii = true;
  tl_progress *bar = tl_progress_new(c, &o);
  tl_progress_statistics s = stats(bar);
  assert_true(s.step == 0 && s.elapsed == 0 && s.rate == 0 && isnan(s.waited) && !s.finished);
  assert_int_equal(tl_progress_start(bar, 8, "x"), TL_OK);
  assert_int_equal(tl_progress_set_waited(bar, 1), TL_OK);
  assert_int_equal(tl_progress_update(bar, 8), TL_OK);
  assert_int_equal(tl_progress_set_waited(bar, 1e9), TL_OK);
  assert_int_equal(tl_progress_finish(bar), TL_OK);
  s = stats(bar);
  assert_true(s.step == 8 && s.total == 8 && s.elapsed > 0 && s.finished && !s.write_failed);
  assert_true(s.rate == 8 / s.elapsed && s.left == 0 && s.waited == 1);
  char line[400], part[6];
  size_t length = 0;
  assert_int_equal(tl_progress_text(bar, line, sizeof line, &length), TL_OK);
  assert_int_equal(length, strlen(line));
  assert_memory_equal(line, "x 100% [", 8);
  assert_non_null(strstr(line, "input 100.0%"));
  assert_int_equal(tl_progress_text(bar, part, sizeof part, NULL), TL_OK);
  assert_string_equal(part, "x 100");
  /* A program of an older header knows fewer numbers. */
  tl_progress_statistics older = {.struct_size = offsetof(tl_progress_statistics, elapsed), .elapsed = 42};
  assert_int_equal(tl_progress_stats(bar, &older), TL_OK);
  assert_true(older.step == 8 && older.elapsed == 42);
  free_context(c);
}

static void a_reader_that_goes_ends_no_program(void **state) {
  (void)state;
  tl_context *c = new_context();
  int ends[2];
  assert_int_equal(pipe(ends), 0);
  tl_progress *bar = new_bar(c, ends[1], 0);
  close(ends[0]);
  assert_int_equal(tl_progress_start(bar, 1, NULL), TL_OK);
  assert_false(stats(bar).write_failed);
  assert_int_equal(tl_progress_finish(bar), TL_OK); /* SIGPIPE would end this process */
  assert_true(stats(bar).write_failed);
  sigset_t pending;
  assert_int_equal(sigpending(&pending), 0);
  assert_false(sigismember(&pending, SIGPIPE));
  assert_int_equal(tl_progress_start(bar, 1, NULL), TL_OK);
  assert_int_equal(tl_progress_finish(bar), TL_OK);
  close(ends[1]);

  const int full = open("/dev/full", O_WRONLY);
  bar = new_bar(c, full, 0);
  assert_int_equal(tl_progress_start(bar, 1, NULL), TL_OK);
  assert_int_equal(tl_progress_finish(bar), TL_OK);
  assert_true(stats(bar).write_failed);
  close(full);
  free_context(c);
}

/* A pipe or a terminal that nobody reads from just now. A call that waits is ended by the alarm. */
static void nobody_waits_for_a_reader(void **state) {
  (void)state;
  assert_int_equal(setenv("TERM", "xterm", 1), 0);
  assert_int_equal(setenv("LC_ALL", "C", 1), 0);
  assert_int_equal(setenv("NO_COLOR", "1", 1), 0);
  for (int kind = 0; kind < 4; kind++) {
    tl_context *c = new_context();
    int ends[2];
    if (kind == 2) {
      const terminal t = open_terminal(81);
      ends[0] = t.screen;
      ends[1] = t.end;
    } else if (kind == 3) {
      assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    } else {
      assert_int_equal(pipe(ends), 0);
    }
    if (kind == 1) assert_int_equal(fchmod(ends[1], 0), 0); /* it cannot be opened once more, but by root */
    const int flags = fcntl(ends[1], F_GETFL);
    assert_int_equal(fcntl(ends[0], F_SETFL, O_NONBLOCK), 0);
    tl_progress_options o;
    tl_progress_options_init(&o, sizeof o);
    o.descriptor = ends[1];
    o.style = TL_PROGRESS_BAR;
    o.interval = 1e-9;
    o.width = 1000;
    o.no_times = true;
    tl_progress *bar = tl_progress_new(c, &o);
    char label[901];
    memset(label, 'x', sizeof label - 1);
    label[sizeof label - 1] = 0;
    alarm(60);
    assert_int_equal(tl_progress_start(bar, 5000, label), TL_OK);
    for (int64_t step = 1; step <= 1500; step++) update(bar, step);
    assert_int_equal(tl_progress_finish(bar), TL_OK);
    assert_int_equal(tl_progress_start(bar, 2, "second"), TL_OK);
    update(bar, 1);
    assert_int_equal(tl_progress_finish(bar), TL_OK);
    assert_int_equal(tl_progress_start(bar, 3, "third"), TL_OK);
    update(bar, 2);
    alarm(0);
    assert_false(stats(bar).write_failed);
    assert_int_equal(fcntl(ends[1], F_GETFL), flags);

    /* Whoever reads again finds whole drawings, and the last line of each round, behind them. */
    static char text[1 << 21];
    size_t length = 0;
    for (int ended = 0; ended < 2; ended++) {
      for (ssize_t n; (n = read(ends[0], text + length, sizeof text - 1 - length)) > 0;) length += (size_t)n;
      if (ended == 0) tl_progress_release(bar);
    }
    text[length] = 0;
    int rounds = 0;
    for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
      const char *last = strrchr(line, '\r');
      assert_non_null(last);
      if (rounds == 0) assert_non_null(strstr(last, "x  30% "));
      if (rounds == 0) assert_non_null(strstr(last, " 1500/5000"));
      if (rounds == 1) assert_non_null(strstr(last, "second  50% "));
      for (const char *drawing = line; rounds == 0 && (drawing = strchr(drawing, '\r')) != NULL; drawing++) {
        assert_memory_equal(drawing + 1, label, 900);
        assert_memory_equal(drawing + 901 + 5, " ", 1);
      }
      rounds++;
    }
    assert_true(rounds == 2);
    close(ends[0]);
    close(ends[1]);
    free_context(c);
  }
  unsetenv("TERM");
  unsetenv("LC_ALL");
  unsetenv("NO_COLOR");
}

typedef struct {
  tl_context *c;
  tl_progress *bar;
  int calls, destroyed;
  tl_status answer;
  char last[100];
} drawing;

static tl_status draw(void *user_data, const char *text, const tl_progress_statistics *statistics) {
  drawing *d = user_data;
  d->calls++;
  snprintf(d->last, sizeof d->last, "%s", text);
  assert_int_equal(stats(d->bar).step, statistics->step);
  tl_scalar(d->c, TL_F32, 1);                                    /* gone with the call */
  assert_int_equal(tl_context_free(d->c), TL_BUSY);              /* not from in here */
  if (d->answer == TL_CORRUPT_DATA) tl_progress_release(d->bar); /* but this is allowed */
  return d->answer == TL_CORRUPT_DATA ? TL_OK : d->answer;
}

static void destroyed(void *user_data) { ((drawing *)user_data)->destroyed++; }

static void a_callback_draws_instead(void **state) {
  (void)state;
  tl_context *c = new_context();
  drawing d = {.c = c, .bar = new_bar(c, 0, 1e-9)};
  assert_int_equal(tl_progress_set_callback(d.bar, draw, &d, destroyed), TL_OK);
  assert_int_equal(tl_progress_start(d.bar, 0, "x"), TL_OK);
  update(d.bar, 1);
  assert_string_equal(d.last, "x 1");
  d.answer = TL_UNSUPPORTED;
  while (!tl_progress_due(d.bar)) continue;
  assert_int_equal(tl_progress_update(d.bar, 2), TL_UNSUPPORTED);
  expect_error(c, TL_UNSUPPORTED,
               "the drawing callback must return TL_OK or set the error that it returns: got status 7");
  d.answer = TL_OK;
  assert_int_equal(tl_progress_finish(d.bar), TL_OK);
  assert_string_equal(d.last, "x 2");
  assert_int_equal(d.calls, 3);
  assert_int_equal(tl_progress_set_callback(d.bar, draw, &d, destroyed), TL_OK);
  assert_int_equal(d.destroyed, 1);
  assert_int_equal(tl_progress_set_callback(d.bar, NULL, NULL, NULL), TL_OK);
  assert_int_equal(d.destroyed, 2);
  assert_int_equal(tl_progress_set_callback(NULL, draw, &d, destroyed), TL_INVALID_ARGUMENT);
  assert_int_equal(d.destroyed, 3);

  assert_int_equal(tl_progress_set_callback(d.bar, draw, &d, destroyed), TL_OK);
  assert_int_equal(tl_progress_start(d.bar, 0, "x"), TL_OK);
  d.answer = TL_CORRUPT_DATA; /* stands for: release the bar inside of its own drawing */
  assert_int_equal(tl_progress_finish(d.bar), TL_OK);
  assert_int_equal(d.destroyed, 4);
  assert_int_equal(tl_progress_finish(d.bar), TL_INVALID_ARGUMENT);
  expect_error(c, TL_INVALID_ARGUMENT, "[progress_finish]");
  free_context(c);
}

static void wrong_use(void **state) {
  (void)state;
  tl_context *c = new_context();
  tl_progress_options o;
  const struct {
    size_t field;
    int32_t value;
    const char *rule;
  } cases[] = {
      {offsetof(tl_progress_options, descriptor), 987, "'descriptor' must be that of an open file: got 987"},
      {offsetof(tl_progress_options, descriptor), -1, "'descriptor' must be that of an open file: got -1"},
      {offsetof(tl_progress_options, style), 3, "'style' must be auto (0), bar (1) or lines (2): got 3"},
      {offsetof(tl_progress_options, width), 1001, "'width' must be 1 to 1000: got 1001"},
      {offsetof(tl_progress_options, digits), 18, "'digits' must be 1 to 17: got 18"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    tl_progress_options_init(&o, sizeof o);
    memcpy((char *)&o + cases[i].field, &cases[i].value, sizeof cases[i].value);
    assert_null(tl_progress_new(c, &o));
    expect_error(c, TL_INVALID_ARGUMENT, cases[i].rule);
  }
  tl_progress_options_init(&o, sizeof o);
  o.interval = NAN;
  assert_null(tl_progress_new(c, &o));
  expect_error(c, TL_INVALID_ARGUMENT, "'interval' must be seconds");

  tl_progress *bar = tl_progress_new(c, NULL);
  assert_int_equal(tl_progress_finish(bar), TL_OK); /* nothing has begun */
  assert_int_equal(tl_progress_update(bar, 1), TL_FAILED_PRECONDITION);
  expect_error(c, TL_FAILED_PRECONDITION, "[progress_update] a round must have begun");
  assert_int_equal(tl_progress_start(bar, -1, NULL), TL_INVALID_ARGUMENT);
  expect_error(c, TL_INVALID_ARGUMENT, "[progress_start] 'total' must not be negative: got -1");
  assert_int_equal(tl_progress_value(bar, NULL, 1), TL_INVALID_ARGUMENT);
  expect_error(c, TL_INVALID_ARGUMENT, "[progress_value] 'name' must not be NULL");
  assert_int_equal(tl_progress_stats(bar, NULL), TL_INVALID_ARGUMENT);
  expect_error(c, TL_INVALID_ARGUMENT, "'statistics' must not be NULL");
  assert_int_equal(tl_progress_text(bar, NULL, 3, NULL), TL_INVALID_ARGUMENT);
  expect_error(c, TL_INVALID_ARGUMENT, "'buffer' must not be NULL");
  /* While the context holds an error nothing changes, but numbers can be read. */
  assert_int_equal(tl_progress_start(bar, 5, NULL), TL_OK);
  assert_int_equal(tl_set_error(c, TL_IO, "mine"), TL_OK);
  assert_int_equal(tl_progress_update(bar, 1), TL_IO);
  assert_int_equal(stats(bar).step, 0);
  tl_clear_error(c);
  tl_scope_begin(c);
  tl_progress *kept = tl_progress_keep(tl_progress_new(c, NULL)), *lost = tl_progress_new(c, NULL);
  tl_scope_end(c);
  assert_int_equal(tl_progress_start(kept, 5, NULL), TL_OK);
  assert_int_equal(tl_progress_start(lost, 5, NULL), TL_INVALID_ARGUMENT);
  expect_error(c, TL_INVALID_ARGUMENT, "[progress_start]");
  free_context(c);
}

int progress_tests(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_bar_on_a_terminal),
      cmocka_unit_test(lines_in_a_file),
      cmocka_unit_test(numbers_and_text),
      cmocka_unit_test(a_reader_that_goes_ends_no_program),
      cmocka_unit_test(a_callback_draws_instead),
      cmocka_unit_test(nobody_waits_for_a_reader),
      cmocka_unit_test(wrong_use),
  };
  return RUN_GROUP("progress", tests);
}
