// Replicas that run out of memory: all of them end, whichever allocation fails, on whichever thread; and checkpoints of which each writes
// a share stay whole.
#include <cmath>
#include <cstdlib>
#include <filesystem>

#include "tests/capi/out_of_memory.h"

namespace {

// A compiled step that adds up what all ranks give.
tl_status added(tl_context* c, void* group, tl_tensor* const* inputs, size_t, tl_tensor** outputs, size_t) {
  outputs[0] = tl_group_all_reduce(static_cast<tl_group*>(group), inputs[0], TL_REDUCE_SUM);
  return tl_error_code(c);
}

// Every kind of step, and a gradient through one.
tl_status exchange(tl_context* c, tl_group* group, void* done) {
  const int64_t two[] = {2}, four[] = {4};
  tl_tensor *x = tl_ones(c, two, 1), *list[] = {x, x}, *sums[2], *gradient = nullptr;
  tl_tensor* v = tl_variable_new(c, x, "v", true);
  if (tl_group_mirror(group, &v, 1) != TL_OK || tl_group_check_mirrored(group, &v, 1) != TL_OK ||
      tl_group_all_reduce_list(group, list, 2, TL_REDUCE_SUM, sums) != TL_OK)
    return tl_error_code(c);
  tl_tape* tape = tl_tape_begin(c, nullptr);
  tl_tensor* all = tl_group_all_gather(group, v);
  if (tl_tape_gradient(tape, tl_square(c, all), &v, 1, nullptr, &gradient) != TL_OK) return tl_error_code(c);
  (void)tl_group_reduce_scatter(group, tl_ones(c, four, 1), TL_REDUCE_MEAN);
  tl_group* part = tl_group_split(group, 0, 0);
  (void)tl_group_average_loss(part, gradient);
  tl_function* compiled = tl_function_new(c, added, group, nullptr, nullptr);
  for (int k = 0; k < 3; k++)  // recorded, planned, replayed
    if (tl_function_call(compiled, &x, 1, sums, 1) != TL_OK) return tl_error_code(c);
  tl_group_decision decision{};
  decision.struct_size = sizeof decision;
  tl_checkpoint* state = tl_checkpoint_new(c);
  int64_t step = 0;
  if (tl_group_vote(group, 1, 2, false, false, &decision) != TL_OK ||
      tl_checkpoint_add_variable(state, "v", v) != TL_OK ||
      tl_checkpoint_set_text(state, "note", "x") != TL_OK ||
      tl_group_synchronize(group, state, tl_group_rank(group), &step) != TL_OK)
    return tl_error_code(c);
  if (!tl_failed(c)) ++*static_cast<std::atomic<int>*>(done);
  return tl_error_code(c);
}

// Fails at allocation k, k + step, ... until none fails.
void test_run(int count, long step) {
  tl_replicas_options o;
  tl_replicas_options_init(&o, sizeof o);
  o.threads = 1;
  o.timeout_seconds = 20;
  bool finished = false;
  for (long k = 0; !finished && k < 8 * kMost; k += step) {
    const std::string where = std::to_string(count) + " replicas, allocation " + std::to_string(k);
    tl_context* c = new_context();
    std::atomic<int> done{0};
    allocations_left = k;
    const tl_status status = tl_replicas_run(c, count, &o, exchange, &done);
    allocations_left = -1;
    finished = status == TL_OK;
    check(finished == !tl_failed(c), where + ": a result or an error");
    if (finished) check(done == count, where + ": all have done all");
    // Where one rank alone had none, another may have been told before it could say so.
    if (!finished)
      check(status == TL_OUT_OF_MEMORY || status == TL_PEER_LOST, where + ": " + tl_error_message(c));
    tl_clear_error(c);
    if (!finished && k % 16 == 0)
      check(tl_replicas_run(c, count, &o, exchange, &done) == TL_OK,
            where + ": the next " + tl_error_message(c));
    check(tl_context_free(c) == TL_OK, where + ": context_free");
  }
  check(finished, std::to_string(count) + " replicas: they never succeeded");
}

struct Saves {
  std::string folder;
  int64_t step = 0;
  std::atomic<bool> counts{false};  // from when on allocations fail
  long after = -1;
};

// Two variables, of which each of two ranks writes one; both hold the step.
tl_checkpoint* state_of(tl_context* c, double value, tl_tensor** w) {
  const int64_t sizes[] = {40, 30};
  tl_checkpoint* all = tl_checkpoint_new(c);
  for (int i = 0; i < 2; i++) {
    w[i] = tl_variable_new(c, tl_full(c, &sizes[i], 1, value, TL_F64), "w", true);
    if (tl_checkpoint_add_variable(all, i ? "b" : "a", w[i]) != TL_OK) return nullptr;
  }
  return all;
}

tl_status save_together(tl_context* c, tl_group* group, void* user) {
  auto* saves = static_cast<Saves*>(user);
  tl_tensor* w[2];
  tl_checkpoint* all = state_of(c, static_cast<double>(saves->step), w);
  tl_checkpoint_manager* manager = tl_checkpoint_manager_new(c, all, saves->folder.c_str(), nullptr);
  if (!manager || tl_group_barrier(group) != TL_OK) return tl_error_code(c);
  if (!saves->counts.exchange(true)) allocations_left = saves->after;
  const tl_status status = tl_group_save_sharded(group, manager, saves->step, NAN);
  allocations_left = -1;
  return status;
}

// The newest checkpoint is the one before, or that of the save in which an allocation failed; whole, and the next save leaves nothing else.
void test_saves(int count, long stride) {
  char name[] = "/tmp/tapeloop-test-XXXXXX";
  check(mkdtemp(name) != nullptr, "a folder");
  tl_replicas_options o;
  tl_replicas_options_init(&o, sizeof o);
  o.threads = 1;
  o.timeout_seconds = 20;
  Saves saves;
  saves.folder = name;
  int64_t known = -1;
  bool finished = false;
  const auto newest = [&](const std::string& where) {
    tl_context* c = new_context();
    tl_tensor* w[2];
    tl_checkpoint* all = state_of(c, -1, w);
    tl_checkpoint_manager* manager = tl_checkpoint_manager_new(c, all, name, nullptr);
    int64_t step = -1;
    check(tl_checkpoint_manager_restore_latest(manager, &step) == TL_OK, where + ": restored");
    for (tl_tensor* v : w)
      check(tl_tensor_item(tl_min(c, v)) == static_cast<double>(step) &&
                tl_tensor_item(tl_max(c, v)) == static_cast<double>(step),
            where + ": whole");
    check(tl_context_free(c) == TL_OK, where + ": context_free");
    return step;
  };
  for (long k = 0; !finished && k < 8 * kMost; k += stride) {
    const std::string where = std::to_string(count) + " ranks save, allocation " + std::to_string(k);
    saves.step++, saves.counts = false, saves.after = k;
    tl_context* c = new_context();
    const tl_status status = tl_replicas_run(c, count, &o, save_together, &saves);
    finished = status == TL_OK;
    if (!finished)
      check(status == TL_OUT_OF_MEMORY || status == TL_PEER_LOST, where + ": " + tl_error_message(c));
    tl_clear_error(c);
    const int64_t found = newest(where);
    check(found == saves.step || (!finished && found == known), where + ": the newest is there");
    known = found;
    if (k % 16 == 0) {
      saves.step++, saves.counts = false, saves.after = -1;
      check(tl_replicas_run(c, count, &o, save_together, &saves) == TL_OK, where + ": the next");
      known = saves.step;
      for (const auto& entry : std::filesystem::directory_iterator(name))
        check(entry.path().filename().string().find(".tmp-") == std::string::npos, where + ": nothing else");
    }
    check(tl_context_free(c) == TL_OK, where + ": context_free");
  }
  check(finished, std::to_string(count) + " ranks: they never saved");
  std::filesystem::remove_all(name);
}

}  // namespace

void test_replicas() {
  test_run(1, 1);
  test_run(2, 5);
  test_saves(2, 3);
}
