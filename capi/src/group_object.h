// What stands behind a tl_group, and how its functions are written: a rank whose call fails tells the others, whatever it fails for, so that
// nobody waits for it.
#pragma once

#include <memory>
#include <utility>

#include "capi/src/call.h"
#include "core/replicas/collectives.h"
#include "tapeloop/replicas.h"

namespace tl::capi {

struct GroupObject {
  GroupObject(const Session& of, std::unique_ptr<dist::Group> made) : session(of), group(std::move(made)) {}
  // Tapes may hold the group in their rules: this rank leaves it all the same.
  ~GroupObject() {
    std::string why;
    try {
      why = "it has released the group, or ended its context";
      if (session.failed()) why += concat(", which held the error: ", session.message());
    } catch (const std::bad_alloc&) {  // without the rest
    }
    group->end(why);
  }
  GroupObject(const GroupObject&) = delete;
  GroupObject& operator=(const GroupObject&) = delete;
  const Session& session;
  replicas::GroupPtr group;
};

inline tl_group* make_group(Session& s, std::unique_ptr<dist::Group> group) {
  return make_object<tl_group>(s, Kind::kGroup, new GroupObject(s, std::move(group)));
}

// f(session, group), a call of the group's.
template <class F>
tl_status with_group(tl_group* group, const char* name, F&& f) noexcept {
  Entered entered(group);
  replicas::GroupPtr alive;
  if (entered && entered.slot().kind == Kind::kGroup)
    alive = static_cast<GroupObject*>(entered.slot().object)->group;
  const tl_status status = effect<GroupObject>(group, Kind::kGroup, name, [&](Session& s, GroupObject&) {
    try {
      f(s, alive);
    } catch (const Error& e) {
      if (e.code() == Code::kMismatch) alive->leave(e.what(), Code::kMismatch);
      throw;
    }
  });
  // Also of an error or a request to cancel that was there before the call.
  if (status != TL_OK && alive) alive->leave(entered.session().message());
  return status;
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
