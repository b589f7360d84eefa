// Timeline: what ran in a context and when, kept in memory while somebody traces it (core/io/chrome_trace.h writes it to a file).
//
// A context has none in ordinary operation: who may record looks at one pointer. Recording never fails: an event that finds no room
// is counted and lost.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/tensor/context.h"

namespace tl {

class Timeline : public std::enable_shared_from_this<Timeline> {
 public:
  enum class Kind : uint8_t { kOp, kKernel, kSpan, kCounter };
  static constexpr uint32_t kNoText = 0xFFFFFFFF;

  struct Event {
    Kind kind;
    uint32_t name, detail;   // in texts(); detail may be kNoText
    uint64_t begun, lasted;  // nanoseconds since the timeline began
    double value;            // of a counter
  };

  // Keeps the first `most_events` events; those that come later are counted only.
  Timeline(size_t most_events, bool details);

  uint64_t now() const noexcept;
  bool details() const { return details_; }
  // The number of a text; kNoText without memory.
  uint32_t text(const std::string& text) noexcept;
  void add(Kind kind, uint32_t name, uint32_t detail, uint64_t begun, uint64_t ended) noexcept;
  void count(const std::string& name, double value) noexcept;

  // Spans of the program's own, which nest. end_span is false when none is open.
  void begin_span(const std::string& name);
  bool end_span() noexcept;

  const std::vector<Event>& events() const { return events_; }
  const std::vector<std::string>& texts() const { return texts_; }
  uint64_t lost() const { return lost_; }

 private:
  struct Open {
    uint32_t name;
    uint64_t begun;
  };
  void push(const Event& event) noexcept;

  size_t most_events_;
  bool details_;
  uint64_t begun_;
  uint64_t lost_ = 0;
  std::vector<Event> events_;
  std::vector<Open> open_;
  std::vector<std::string> texts_;
  std::unordered_map<std::string, uint32_t> text_numbers_;
};

// Something that a traced context shows as one span; nothing where it is not traced. `name` is called only where it is.
class TimedSpan {
 public:
  template <class Name>
  TimedSpan(const Context& context, Name&& name) : timeline_(context.timeline()) {
    if (__builtin_expect(timeline_ == nullptr, 1)) return;
    try {
      begin(name());
    } catch (...) {  // no memory for the name: what runs goes on without a span
      timeline_ = nullptr;
    }
  }
  ~TimedSpan() {
    if (__builtin_expect(timeline_ != nullptr, 0)) end();
  }
  TimedSpan(const TimedSpan&) = delete;
  TimedSpan& operator=(const TimedSpan&) = delete;

 private:
  void begin(const std::string& name);
  void end() noexcept;

  Timeline* timeline_;
  std::shared_ptr<Timeline> alive_;  // the trace may end meanwhile
  uint32_t name_ = Timeline::kNoText;
  uint64_t begun_ = 0;
};

}  // namespace tl
