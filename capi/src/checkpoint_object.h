// What stands behind a tl_checkpoint: objects by name, which their handles keep alive, and values of the program's.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <utility>

#include "capi/src/stateful.h"
#include "core/io/saved_objects.h"

namespace tl::capi {

// Why a recorded step cannot restore.
constexpr const char* kRestores =
    "it restores a checkpoint, which replays would not do; restore outside of the step";

// A reference to a live handle of a session.
class HeldHandle {
 public:
  HeldHandle(Session& session, const void* handle) : session_(session), handle_(handle) {
    TL_INVARIANT(add_reference(handle));
  }
  ~HeldHandle() { session_.release(handle_); }  // of an object that went with its context: nothing
  HeldHandle(const HeldHandle&) = delete;
  HeldHandle& operator=(const HeldHandle&) = delete;
  Session& session() const { return session_; }
  const void* get() const { return handle_; }

 private:
  Session& session_;
  const void* handle_;
};

// A number or text of the program's.
class SavedValue final : public io::Stateful {
 public:
  explicit SavedValue(StateValue first) : value(std::move(first)) {}
  void save(State& state, const std::string& path) const override { state.set(path, value); }
  PendingRestorePtr prepare(const State& state, const std::string& path) override {
    return pending_restore([this, taken = *state.find(path)]() mutable { std::swap(value, taken); });
  }
  StateValue value;
};

struct CheckpointObject {
  io::SavedObjects objects;
  std::map<std::string, std::shared_ptr<SavedValue>> values;
};

}  // namespace tl::capi
