// What stands behind a tl_group, and how its functions are written: a rank whose call fails tells the others, so that nobody waits for it.
#pragma once

#include <memory>
#include <utility>

#include "capi/src/call.h"
#include "core/replicas/collectives.h"
#include "tapeloop/replicas.h"

namespace tl::capi {

struct GroupObject {
  explicit GroupObject(std::unique_ptr<dist::Group> of) : group(std::move(of)) {}
  // Tapes may hold the group in their rules: this rank leaves it all the same.
  ~GroupObject() { group->end("it has released the group, or ended its context"); }
  GroupObject(const GroupObject&) = delete;
  GroupObject& operator=(const GroupObject&) = delete;
  replicas::GroupPtr group;
};

inline tl_group* make_group(Session& s, std::unique_ptr<dist::Group> group) {
  return make_object<tl_group>(s, Kind::kGroup, new GroupObject(std::move(group)));
}

// f(session, group), a call that all ranks make.
template <class F>
tl_status with_group(tl_group* group, const char* name, F&& f) noexcept {
  Entered entered(group);
  if (entered && entered.slot().kind == Kind::kGroup && entered.session().failed())
    static_cast<GroupObject*>(entered.slot().object)->group->leave(entered.session().message());
  return effect<GroupObject>(group, Kind::kGroup, name, [&](Session& s, GroupObject& object) {
    const replicas::GroupPtr alive = object.group;
    try {
      f(s, alive);
    } catch (const Error& e) {
      alive->leave(e.what(), e.code() == Code::kMismatch ? Code::kMismatch : Code::kPeerLost);
      throw;
    } catch (const std::exception& e) {
      alive->leave(e.what());
      throw;
    }
  });
}

// The same, of a call that returns a tensor: f(session, group) gives it.
template <class F>
tl_tensor* collective(tl_group* group, const char* name, F&& f) noexcept {
  tl_tensor* out = nullptr;
  (void)with_group(group, name, [&](Session& s, const replicas::GroupPtr& g) {
    s.reserve_handles(1);
    out = s.make_tensor(f(s, g));
  });
  return out;
}

}  // namespace tl::capi
