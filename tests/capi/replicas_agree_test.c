/* What all ranks of a group must have in common beside shapes, and what a call of a group may fail for: an error on all of them, at once. Replicas
 * are threads. Assertions belong to the thread of the test, so replicas write down what they find. */
#include "tests/capi/harness.h"

enum { MOST = 3, TEXT = 500 };

typedef struct {
  int size;
  int which; /* of a test's cases */
  tl_status code[MOST];
  char text[MOST][TEXT];
  double number[MOST];
} found;

static tl_status note(found *f, tl_context *c, int32_t rank) {
  f->code[rank] = tl_error_code(c);
  snprintf(f->text[rank], TEXT, "%s", tl_error_message(c));
  tl_clear_error(c); /* the replica ends well: the test looks at what is noted */
  return TL_OK;
}

static void run(found *f, int size, tl_replica_callback body) {
  tl_context *c = new_context();
  tl_replicas_options o;
  tl_replicas_options_init(&o, sizeof o);
  o.threads = 1, o.timeout_seconds = 20;
  f->size = size;
  if (tl_replicas_run(c, size, &o, body, f) != TL_OK) fail_msg("%s", tl_error_message(c));
  free_context(c);
}

static void expect(const found *f, int rank, tl_status code, const char *text) {
  if (f->code[rank] != code || !strstr(f->text[rank], text))
    fail_msg("case %d, rank %d: %s: '%s' lacks '%s'", f->which, rank, tl_status_name(f->code[rank]),
             f->text[rank], text);
}

static void expect_all(const found *f, tl_status code, const char *text) {
  for (int r = 0; r < f->size; r++) expect(f, r, code, text);
}

/* Which metric rank 1 merges with the others': of another kind (0), with other thresholds (1) or more of them than are shown (2), with another
 * option (3) or under another name (4). Their states have the same shapes. */
static tl_status metrics_that_differ(tl_context *c, tl_group *g, void *user) {
  found *f = user;
  const int32_t r = tl_group_rank(g);
  const bool odd = r == 1;
  double two[] = {0.1, odd ? 0.8 : 0.9}, twelve[12];
  for (int k = 0; k < 12; k++) twelve[k] = odd && k == 11 ? 1 : k / 12.0;
  tl_threshold_options o;
  tl_threshold_options_init(&o, sizeof o);
  o.from_logits = odd;
  tl_metric *metric = NULL;
  switch (f->which) {
    case 0: metric = odd ? tl_metric_root_mean_squared_error(c, "m") : tl_metric_mean(c, "m"); break;
    case 1: metric = tl_metric_precision(c, two, 2, NULL); break;
    case 2: metric = tl_metric_precision(c, twelve, 12, NULL); break;
    case 3: metric = tl_metric_recall(c, two + 1, 0, &o); break;
    default: metric = tl_metric_mean(c, odd ? "loss" : "error");
  }
  if (tl_group_metric_result(g, metric)) return tl_set_error(c, TL_INTERNAL, "nobody noticed");
  return note(f, c, r);
}

static void metrics_that_differ_are_errors_on_all_ranks(void **state) {
  (void)state;
  const char *texts[] = {"metric 'm', root mean squared error and metric 'm', mean",
                         "metric 'precision', precision, thresholds 0.1 0.8 and metric 'precision', "
                         "precision, thresholds 0.1 0.9",
                         "and on, 12 with the check sum",
                         "recall, thresholds 0.5, from logits and metric 'recall', recall, thresholds 0.5",
                         "metric 'loss', mean and metric 'error', mean"};
  for (int which = 0; which < 5; which++) {
    found f = {.which = which};
    run(&f, 3, metrics_that_differ);
    expect_all(&f, TL_MISMATCH, "at step 1 rank 1 differs from rank 0 in the subject: ");
    expect_all(&f, TL_MISMATCH, texts[which]);
  }
}

/* Losses of another dtype on rank 1 (0); none on any rank (1). */
static tl_status losses(tl_context *c, tl_group *g, void *user) {
  found *f = user;
  const int32_t r = tl_group_rank(g);
  const int64_t count = f->which == 0 ? 2 : 0;
  tl_tensor *loss =
      tl_group_average_loss(g, tl_zeros_dtype(c, &count, 1, r == 1 && f->which == 0 ? TL_F64 : TL_F32));
  f->number[r] = loss ? tl_tensor_item(loss) : -1;
  return note(f, c, r);
}

static void losses_are_of_one_dtype_and_none_at_all_are_zero(void **state) {
  (void)state;
  found differ = {0}, none = {.which = 1};
  run(&differ, 2, losses);
  expect_all(&differ, TL_MISMATCH, "subject: count of f64 losses and count of f32 losses");
  run(&none, 2, losses);
  for (int r = 0; r < 2; r++) assert_true(none.code[r] == TL_OK && none.number[r] == 0);
}

/* Two finite numbers whose sum is none (0), and an infinity of rank 1 alone (1). */
static tl_status not_finite(tl_context *c, tl_group *g, void *user) {
  found *f = user;
  const int32_t r = tl_group_rank(g);
  const float value = f->which == 0 ? 0x1p127f : r == 1 ? INFINITY : 1;
  tl_tensor *x = tl_tensor_new(c, TL_F32, NULL, 0, &value, sizeof value);
  if (tl_context_set_non_finite_check(c, TL_NON_FINITE_CHECK_ALL) != TL_OK) return tl_error_code(c);
  (void)(f->which == 0 ? tl_group_all_reduce(g, x, TL_REDUCE_SUM) : tl_group_all_gather(g, x));
  return note(f, c, r);
}

static void what_is_not_finite_is_found_in_collectives_too(void **state) {
  (void)state;
  found sum = {0}, gathered = {.which = 1};
  run(&sum, 2, not_finite);
  expect_all(&sum, TL_NON_FINITE, "[group_all_reduce] results must be finite: got 1 infinity in f32");
  expect_all(&sum, TL_NON_FINITE,
             "'tensor 0' f32 () in [1.7014118346046923e+38, 1.7014118346046923e+38]; another rank gave it, "
             "or the call made");
  run(&gathered, 2, not_finite);
  expect_all(&gathered, TL_NON_FINITE,
             "[group_all_gather] results must be finite: got 1 infinity in f32 (2,), the first at element 1");
  assert_non_null(strstr(gathered.text[0], "another rank gave it"));
  assert_non_null(strstr(gathered.text[1], "the operand was so already"));
}

/* Rank 1 makes a call of the group that fails before anything is sent, and goes on without another; rank 0 waits for it. */
enum { CANCELLED, HELD, TIMEOUT, WIRE, SOURCE, SPLIT, SAVE, REASON, WHYS };

static tl_status one_call_fails(tl_context *c, tl_group *g, void *user) {
  found *f = user;
  const int32_t r = tl_group_rank(g);
  if (r == 0) {
    if (tl_group_barrier(g) == TL_OK) return tl_set_error(c, TL_INTERNAL, "nobody failed");
    return note(f, c, r);
  }
  tl_status status = TL_INTERNAL;
  if (f->which == HELD) (void)tl_set_error(c, TL_IO, "the well is dry");
  if (f->which == CANCELLED || f->which == SPLIT) (void)tl_context_cancel(c);
  switch (f->which) {
    case CANCELLED: status = tl_group_barrier(g); break;
    case HELD: status = tl_group_set_overlap(g, true); break;
    case TIMEOUT: status = tl_group_set_timeout(g, 0); break;
    case WIRE: status = tl_group_set_wire_dtype(g, 7); break;
    case SOURCE: status = tl_group_distribute(g, NULL) ? TL_OK : tl_error_code(c); break;
    case SPLIT: status = tl_group_split(g, 0, 0) ? TL_OK : tl_error_code(c); break;
    case SAVE: status = tl_group_vote(g, 0, -1, false, false, NULL); break;
    default: status = tl_group_leave(g, NULL);
  }
  (void)note(f, c, r);
  f->code[r] = status;
  return TL_OK;
}

static void whatever_a_call_of_the_group_fails_for_the_others_learn(void **state) {
  (void)state;
  const char *texts[WHYS] = {[CANCELLED] = "the context was asked to stop",
                             [HELD] = "the well is dry",
                             [TIMEOUT] = "the timeout must be above 0",
                             [WIRE] = "got number 7",
                             [SOURCE] = "'source'",
                             [SPLIT] = "the context was asked to stop",
                             [SAVE] = "[group_vote]",
                             [REASON] = "it leaves without a reason"};
  const tl_status codes[WHYS] = {[CANCELLED] = TL_CANCELLED, [HELD] = TL_IO, [SPLIT] = TL_CANCELLED};
  for (int which = 0; which < WHYS; which++) {
    found f = {.which = which};
    run(&f, 2, one_call_fails); /* one that waits to the end of its time says so */
    expect(&f, 0, TL_PEER_LOST, "rank 1 was lost before step 1");
    expect(&f, 0, TL_PEER_LOST, texts[which]);
    assert_int_equal(f.code[1], codes[which] ? codes[which] : TL_INVALID_ARGUMENT);
  }
}

static tl_status in_place(tl_context *c, tl_group *g, void *user) {
  found *f = user;
  const int32_t r = tl_group_rank(g);
  tl_tensor *x = tl_zeros(c, NULL, 0), *list[] = {x, x, x};
  f->number[r] = tl_group_all_reduce_list(g, list, 2, TL_REDUCE_SUM, list + f->which);
  if (list[0] != x || list[1] != x || list[2] != x) f->number[r] = -1;
  return note(f, c, r);
}

static void lists_must_lie_apart(void **state) {
  (void)state;
  for (int which = 0; which < 2; which++) {
    found f = {.which = which};
    run(&f, 1, in_place);
    expect(&f, 0, TL_INVALID_ARGUMENT, "'outputs' must lie apart from 'tensors'");
    assert_true(f.number[0] == TL_INVALID_ARGUMENT);
  }
}

int replicas_agree_tests(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(metrics_that_differ_are_errors_on_all_ranks),
      cmocka_unit_test(losses_are_of_one_dtype_and_none_at_all_are_zero),
      cmocka_unit_test(what_is_not_finite_is_found_in_collectives_too),
      cmocka_unit_test(whatever_a_call_of_the_group_fails_for_the_others_learn),
      cmocka_unit_test(lists_must_lie_apart),
  };
  return RUN_GROUP("replicas_agree", tests);
}
