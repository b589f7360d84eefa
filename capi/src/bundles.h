// What stands behind a tl_bundle.
#pragma once

#include "capi/src/call.h"
#include "core/io/bundle.h"
#include "tapeloop/files.h"

namespace tl::capi {

inline tl_bundle* make_bundle(Session& session, io::Bundle bundle) {
  for (const io::Bundle::Entry& entry : bundle.entries) session.core().note_host_data(entry.tensor);
  return make_object<tl_bundle>(session, Kind::kBundle, new io::Bundle(std::move(bundle)));
}

}  // namespace tl::capi
