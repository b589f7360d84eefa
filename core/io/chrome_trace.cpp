#include "core/io/chrome_trace.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "core/base/escape.h"

namespace tl::io {
namespace {

// 1234567 nanoseconds as 1234.567 microseconds, exactly.
std::string microseconds(uint64_t nanoseconds) {
  const std::string rest = std::to_string(1000 + nanoseconds % 1000);
  return concat(nanoseconds / 1000, ".", rest.substr(1));
}

const char* category(Timeline::Kind kind) {
  switch (kind) {
    case Timeline::Kind::kOp: return "op";
    case Timeline::Kind::kKernel: return "kernel";
    default: return "span";
  }
}

}  // namespace

std::string chrome_trace(const Timeline& timeline, long process) {
  const std::vector<Timeline::Event>& events = timeline.events();
  std::vector<size_t> order(events.size());
  std::iota(order.begin(), order.end(), size_t{0});
  // What holds others in front of them: readers take the order for that of nesting.
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) {
    if (events[a].begun != events[b].begun) return events[a].begun < events[b].begun;
    return events[a].lasted > events[b].lasted;
  });
  std::vector<std::string> texts;
  for (const std::string& t : timeline.texts()) texts.push_back(json_text(t));
  const std::string place = concat(",\"pid\":", process, ",\"tid\":1");
  std::string out = "{\"displayTimeUnit\":\"ns\",\"traceEvents\":[\n";
  out += concat("{\"ph\":\"M\",\"name\":\"process_name\"", place, ",\"args\":{\"name\":\"tapeloop\"}},\n",
                "{\"ph\":\"M\",\"name\":\"thread_name\"", place, ",\"args\":{\"name\":\"context\"}}");
  for (const size_t i : order) {
    const Timeline::Event& e = events[i];
    if (e.kind == Timeline::Kind::kCounter) {
      if (!std::isfinite(e.value)) continue;
      out += concat(",\n{\"ph\":\"C\",\"name\":", texts[e.name], place, ",\"ts\":", microseconds(e.begun),
                    ",\"args\":{\"value\":", json_number(e.value), "}}");
      continue;
    }
    out += concat(",\n{\"ph\":\"X\",\"name\":", texts[e.name], ",\"cat\":\"", category(e.kind), "\"", place,
                  ",\"ts\":", microseconds(e.begun), ",\"dur\":", microseconds(e.lasted));
    if (e.detail != Timeline::kNoText) out += concat(",\"args\":{\"detail\":", texts[e.detail], "}");
    out += "}";
  }
  return out + concat("\n],\"otherData\":{\"lost_events\":", timeline.lost(), "}}\n");
}

}  // namespace tl::io
