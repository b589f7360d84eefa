// What stands behind a tl_checkpoint_manager.
#pragma once

#include <string>
#include <utility>

#include "capi/src/checkpoint_object.h"
#include "core/io/checkpoint_manager.h"

namespace tl::capi {

// A manager, and what it saves.
struct ManagerObject {
  ManagerObject(Session& session, const void* checkpoint, std::string folder,
                const io::ManagerOptions& options)
      : held(session, checkpoint), manager(session.core(), std::move(folder), options) {}
  io::SavedObjects& objects(const char* op) {
    return object_of<CheckpointObject>(held.session(), held.get(), Kind::kCheckpoint, op, "checkpoint")
        .objects;
  }
  HeldHandle held;
  io::CheckpointManager manager;
};

}  // namespace tl::capi
