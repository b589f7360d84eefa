#include "core/tensor/timeline.h"

#include <chrono>

namespace tl {
namespace {

uint64_t clock_nanoseconds() noexcept {
  return static_cast<uint64_t>(std::chrono::duration_cast<std::chrono::nanoseconds>(
                                   std::chrono::steady_clock::now().time_since_epoch())
                                   .count());
}

}  // namespace

Timeline::Timeline(size_t most_events, bool details)
    : most_events_(most_events), details_(details), begun_(clock_nanoseconds()) {}

uint64_t Timeline::now() const noexcept { return clock_nanoseconds() - begun_; }

uint32_t Timeline::text(const std::string& text) noexcept {
  try {
    const auto found = text_numbers_.find(text);
    if (found != text_numbers_.end()) return found->second;
    texts_.push_back(text);
    const auto number = static_cast<uint32_t>(texts_.size() - 1);
    text_numbers_.emplace(text, number);  // where that fails the text stands there twice, later
    return number;
  } catch (...) {
    return kNoText;
  }
}

void Timeline::push(const Event& event) noexcept {
  if (event.name == kNoText || events_.size() >= most_events_) {
    lost_++;
    return;
  }
  try {
    events_.push_back(event);
  } catch (...) {
    lost_++;
  }
}

void Timeline::add(Kind kind, uint32_t name, uint32_t detail, uint64_t begun, uint64_t ended) noexcept {
  push({kind, name, detail, begun, ended - begun, 0});
}

void Timeline::count(const std::string& name, double value) noexcept {
  push({Kind::kCounter, text(name), kNoText, now(), 0, value});
}

void Timeline::begin_span(const std::string& name) { open_.push_back({text(name), now()}); }

bool Timeline::end_span() noexcept {
  if (open_.empty()) return false;
  add(Kind::kSpan, open_.back().name, kNoText, open_.back().begun, now());
  open_.pop_back();
  return true;
}

void TimedSpan::begin(const std::string& name) {
  alive_ = timeline_->shared_from_this();
  name_ = timeline_->text(name);
  begun_ = timeline_->now();
}

void TimedSpan::end() noexcept {
  timeline_->add(Timeline::Kind::kSpan, name_, Timeline::kNoText, begun_, timeline_->now());
}

}  // namespace tl
