// Checkpoints when memory runs out: a save leaves the old checkpoint as the newest, or the new one, whole, and nothing beside them;
// a restore changes everything or nothing.
#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <vector>

#include "tests/capi/out_of_memory.h"

namespace {

// A small run with state of every kind. What it holds follows from one number.
struct Run {
  Run(const std::string& folder, bool asynchronous) : c(new_context()) {
    const int64_t dims[] = {3};
    w = tl_variable_new(c, tl_ones(c, dims, 1), "w", true);
    adam = tl_adam(c, nullptr);
    tl_tensor* g = tl_ones(c, dims, 1);
    fine = tl_optimizer_apply(adam, &g, &w, 1) == TL_OK;
    metric = tl_metric_mean(c, "loss");
    data = tl_dataset_shuffle_buffer(c, tl_dataset_range(c, 0, 100, 1), 1, 5);
    all = tl_checkpoint_new(c);
    fine &= tl_checkpoint_add_variable(all, "w", w) == TL_OK &&
            tl_checkpoint_add_optimizer(all, "adam", adam) == TL_OK &&
            tl_checkpoint_add_metric(all, "loss", metric) == TL_OK &&
            tl_checkpoint_add_dataset(all, "data", data) == TL_OK &&
            tl_checkpoint_add_random(all, "random") == TL_OK;
    tl_checkpoint_manager_options o;
    tl_checkpoint_manager_options_init(&o, sizeof o);
    o.asynchronous = asynchronous;
    o.max_to_keep = 1;
    manager = tl_checkpoint_manager_new(c, all, folder.c_str(), &o);
    hold(0);
  }
  ~Run() { check(tl_context_free(c) == TL_OK, "checkpoints: context_free"); }

  void hold(int n) {
    fine &= tl_scope_begin(c) == TL_OK;
    const int64_t dims[] = {3};
    tl_tensor *g = tl_full(c, dims, 1, n, TL_F32), *element = nullptr;
    fine &= tl_optimizer_apply(adam, &g, &w, 1) == TL_OK && tl_metric_reset(metric) == TL_OK &&
            tl_metric_update(metric, tl_scalar(c, TL_F32, n), nullptr) == TL_OK &&
            tl_dataset_seek(data, 0, n) == TL_OK && tl_dataset_next(data, &element, 1);
    fine &= tl_context_set_seed(c, static_cast<uint64_t>(n) + 1) == TL_OK;
    (void)tl_normal(c, dims, 1);
    const std::string text = "n = " + std::to_string(n);
    fine &= tl_checkpoint_set_int64(all, "n", n) == TL_OK &&
            tl_checkpoint_set_double(all, "half", n / 2.) == TL_OK &&
            tl_checkpoint_set_text(all, "text", text.c_str()) == TL_OK;
    fine &= tl_scope_end(c) == TL_OK && !tl_failed(c);
  }

  // All that it holds, as numbers.
  std::vector<double> state() {
    std::vector<double> out;
    fine &= tl_scope_begin(c) == TL_OK;
    size_t count = 0;
    tl_tensor* const* slots = tl_optimizer_variables(adam, &count);
    std::vector<tl_tensor*> tensors(slots, slots + count);
    tensors.push_back(w);
    for (tl_tensor* t : tensors)
      out.push_back(tl_tensor_item(tl_cast(c, tl_sum(c, tl_cast(c, t, TL_F64)), TL_F64)));
    out.push_back(tl_metric_result(metric));
    out.push_back(static_cast<double>(tl_dataset_position(data)));
    int64_t n = -1;
    double half = -1;
    char text[32] = "";
    fine &= tl_checkpoint_get_int64(all, "n", &n) == TL_OK &&
            tl_checkpoint_get_double(all, "half", &half) == TL_OK &&
            tl_checkpoint_get_text(all, "text", text, sizeof text, nullptr) == TL_OK;
    out.insert(out.end(), {static_cast<double>(n), half, static_cast<double>(text[4])});
    fine &= tl_scope_end(c) == TL_OK && !tl_failed(c);
    return out;
  }

  tl_context* c;
  tl_tensor* w;
  tl_optimizer* adam;
  tl_metric* metric;
  tl_dataset* data;
  tl_checkpoint* all;
  tl_checkpoint_manager* manager;
  bool fine = false;
};

struct Folder {
  Folder() {
    std::string name = std::filesystem::exists("/dev/shm") ? "/dev/shm/tapeloop-memory-XXXXXX"
                                                           : "/tmp/tapeloop-memory-XXXXXX";
    check(::mkdtemp(name.data()) != nullptr, "checkpoints: a temporary folder");
    path = name;
  }
  ~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path, ignored);
  }
  std::vector<std::string> names() const {
    std::vector<std::string> out;
    for (const auto& entry : std::filesystem::directory_iterator(path))
      out.push_back(entry.path().filename().string());
    std::sort(out.begin(), out.end());
    return out;
  }
  std::string path;
};

void test_saves(bool asynchronous) {
  bool finished = false;
  for (long k = 0; k < 10 * kMost && !finished; k += kApart) {
    const std::string where =
        std::string(asynchronous ? "asynchronous save" : "save") + ", allocation " + std::to_string(k);
    const Folder folder;
    Run run(folder.path, asynchronous);
    run.hold(1);
    const std::vector<double> first = run.state();
    check(run.fine && tl_checkpoint_manager_save(run.manager, 1, NAN) == TL_OK &&
              tl_checkpoint_manager_wait(run.manager) == TL_OK,
          where + ": the first: " + tl_error_message(run.c));
    run.hold(2);
    const std::vector<double> second = run.state();
    allocations_left = k;
    finished = tl_checkpoint_manager_save(run.manager, 2, NAN) == TL_OK;
    finished &= tl_checkpoint_manager_wait(run.manager) == TL_OK;
    allocations_left = -1;
    check(finished == !tl_failed(run.c), where + ": done and an error, or neither");
    if (!finished) check(tl_error_code(run.c) == TL_OUT_OF_MEMORY, where + ": " + tl_error_message(run.c));
    tl_clear_error(run.c);
    check(run.state() == second, where + ": a save changed something");
    run.hold(3);
    int64_t step = -1;
    check(tl_checkpoint_manager_restore_latest(run.manager, &step) == TL_OK &&
              (step == 2 || (step == 1 && !finished)),
          where + ": the newest is " + std::to_string(step) + ": " + tl_error_message(run.c));
    check(run.state() == (step == 2 ? second : first) && run.fine, where + ": it holds something else");
    tl_clear_error(run.c);
    // What could not be done for want of memory is done by the next save.
    check(tl_checkpoint_manager_save(run.manager, 4, NAN) == TL_OK &&
              tl_checkpoint_manager_wait(run.manager) == TL_OK,
          where + ": the next: " + tl_error_message(run.c));
    check(folder.names() == std::vector<std::string>{"lock", "step-4"}, where + ": something is left behind");
  }
  check(finished, "saves: they never succeeded");
}

void test_restores(bool partly) {
  const Folder folder;
  {
    Run run(folder.path, false);
    run.hold(1);
    check(run.fine && tl_checkpoint_manager_save(run.manager, 1, NAN) == TL_OK, "restore: the checkpoint");
  }
  bool finished = false;
  for (long k = 0; k < 10 * kMost && !finished; k += kApart) {
    const std::string where =
        std::string(partly ? "partial restore" : "restore") + ", allocation " + std::to_string(k);
    Run run(folder.path, false);
    run.hold(1);
    const std::vector<double> saved = run.state();
    run.hold(2);
    const std::vector<double> before = run.state();
    int64_t step = -1;
    char report[64];
    const std::string path = folder.path + "/step-1";
    allocations_left = k;
    finished =
        partly ? tl_checkpoint_restore_partly(run.all, path.c_str(), report, sizeof report, nullptr) == TL_OK
               : tl_checkpoint_manager_restore_latest(run.manager, &step) == TL_OK;
    allocations_left = -1;
    check(finished == !tl_failed(run.c), where + ": done and an error, or neither");
    if (!finished) check(tl_error_code(run.c) == TL_OUT_OF_MEMORY, where + ": " + tl_error_message(run.c));
    if (finished && !partly) check(step == 1, where + ": another step");
    tl_clear_error(run.c);
    check(run.state() == (finished ? saved : before), where + ": half of it");
    check(tl_checkpoint_restore(run.all, path.c_str()) == TL_OK && run.state() == saved && run.fine,
          where + ": it does not go on");
  }
  check(finished, "restores: they never succeeded");
}

}  // namespace

void test_checkpoints() {
  for (bool asynchronous : {false, true}) test_saves(asynchronous);
  for (bool partly : {false, true}) test_restores(partly);
}
