// A timeline as a Chrome trace: the JSON form of the Trace Event Format, which Perfetto and chrome://tracing read.
#pragma once

#include <string>

#include "core/tensor/timeline.h"

namespace tl::io {

// Complete events ("X") with a name, a category and a detail, nested as they ran; counters ("C"). Times are microseconds with three
// decimals since the timeline began. `process` is the number under which the events of this process stand.
std::string chrome_trace(const Timeline& timeline, long process);

}  // namespace tl::io
