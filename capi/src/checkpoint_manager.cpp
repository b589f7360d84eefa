// Checkpoints of the C API: those of a run in one folder.
#include <algorithm>
#include <cmath>

#include "capi/src/checkpoint_manager_object.h"
#include "capi/src/options.h"
#include "tapeloop/checkpoint.h"

using namespace tl;
using namespace tl::capi;

namespace {

template <class F>
tl_status on_manager(tl_checkpoint_manager* manager, const char* op, F&& f) {
  return effect<ManagerObject>(manager, Kind::kCheckpointManager, op, f);
}

// f(manager) gives a step, or none.
template <class F>
int64_t step_of(tl_checkpoint_manager* manager, const char* op, F&& f) {
  int64_t step = -1;
  (void)on_manager(manager, op, [&](Session&, ManagerObject& m) { step = f(m.manager).value_or(-1); });
  return step;
}

}  // namespace

extern "C" {

TL_API void tl_checkpoint_manager_options_init(tl_checkpoint_manager_options* options, size_t size) {
  zero_options(options, size);
}

TL_API tl_checkpoint_manager* tl_checkpoint_manager_new(tl_context* context, tl_checkpoint* checkpoint,
                                                        const char* folder,
                                                        const tl_checkpoint_manager_options* options) {
  constexpr const char* op = "checkpoint_manager_new";
  return make(context, op, [&](Session& s) {
    (void)object_of(s, checkpoint, Kind::kCheckpoint, op, "checkpoint");
    const tl_checkpoint_manager_options o = options_from(op, options, tl_checkpoint_manager_options_init);
    io::ManagerOptions own;
    if (o.max_to_keep != 0) own.max_to_keep = o.max_to_keep;
    own.best = static_cast<io::Best>(o.best);
    own.keep_every = o.keep_every;
    own.asynchronous = o.asynchronous;
    return make_object<tl_checkpoint_manager>(
        s, Kind::kCheckpointManager,
        new ManagerObject(s, checkpoint, checked_text(op, "folder", folder), own));
  });
}

TL_API tl_status tl_checkpoint_manager_save(tl_checkpoint_manager* manager, int64_t step, double metric) {
  constexpr const char* op = "checkpoint_manager_save";
  return on_manager(manager, op, [&](Session& s, ManagerObject& m) {
    s.core().note_unreplayable(
        "it writes a checkpoint, which replays would not write; save outside of the step");
    m.manager.save(step, std::isnan(metric) ? std::nullopt : std::optional<double>(metric),
                   m.objects(op).save());
  });
}

TL_API tl_status tl_checkpoint_manager_take(tl_checkpoint_manager* manager) {
  return on_manager(manager, "checkpoint_manager_take", [](Session& s, ManagerObject& m) {
    s.core().note_unreplayable("it takes a folder of checkpoints, which replays would not; take it outside");
    m.manager.take();
  });
}

TL_API tl_status tl_checkpoint_manager_wait(tl_checkpoint_manager* manager) {
  return on_manager(manager, "checkpoint_manager_wait", [](Session&, ManagerObject& m) { m.manager.wait(); });
}

TL_API int64_t tl_checkpoint_manager_latest(tl_checkpoint_manager* manager) {
  return step_of(manager, "checkpoint_manager_latest", [](io::CheckpointManager& m) { return m.latest(); });
}

TL_API int64_t tl_checkpoint_manager_best(tl_checkpoint_manager* manager) {
  return step_of(manager, "checkpoint_manager_best", [](io::CheckpointManager& m) { return m.best(); });
}

TL_API tl_status tl_checkpoint_manager_steps(tl_checkpoint_manager* manager, int64_t* steps, size_t capacity,
                                             size_t* count) {
  constexpr const char* op = "checkpoint_manager_steps";
  return on_manager(manager, op, [&](Session&, ManagerObject& m) {
    check_buffer(op, "steps", steps, capacity);
    check_buffer(op, "count", count, 1);
    const std::vector<int64_t> all = m.manager.steps();
    std::copy_n(all.begin(), std::min(capacity, all.size()), steps);
    *count = all.size();
  });
}

TL_API tl_status tl_checkpoint_manager_restore(tl_checkpoint_manager* manager, int64_t step) {
  constexpr const char* op = "checkpoint_manager_restore";
  return on_manager(manager, op, [&](Session& s, ManagerObject& m) {
    s.core().note_unreplayable(kRestores);
    m.objects(op).prepare(m.manager.load(step))->take();
  });
}

TL_API tl_status tl_checkpoint_manager_restore_latest(tl_checkpoint_manager* manager, int64_t* step) {
  constexpr const char* op = "checkpoint_manager_restore_latest";
  if (step) *step = -1;
  return on_manager(manager, op, [&](Session& s, ManagerObject& m) {
    check_buffer(op, "step", step, 1);
    s.core().note_unreplayable(kRestores);
    State state;
    const std::optional<int64_t> found = m.manager.load_latest(state);
    if (!found) return;
    m.objects(op).prepare(state)->take();
    *step = *found;
  });
}

TL_API tl_checkpoint_manager* tl_checkpoint_manager_keep(tl_checkpoint_manager* manager) {
  return keep(manager, Kind::kCheckpointManager, "checkpoint_manager_keep") ? manager : nullptr;
}
TL_API void tl_checkpoint_manager_release(tl_checkpoint_manager* manager) {
  release_from_any_thread(manager, Kind::kCheckpointManager);
}

}  // extern "C"
