// EventLog: when a tape recorded, told by tensor ids, which grow: costs nothing while ops run, and tells of each tensor in
// which state the tape was when it was made.
#pragma once

#include <cstdint>
#include <vector>

#include "core/base/make_room.h"

namespace tl {

enum class TapeWindow : uint8_t { kBefore, kRecording, kPaused, kEnded };

class EventLog {
 public:
  // So that the next note cannot fail.
  void make_room() { tl::make_room(events_, 1); }
  // The tape's state from the tensor with this id on.
  void note(TapeWindow window, uint64_t id) {
    if (!events_.empty() && events_.back().from == id) events_.pop_back();
    if (events_.empty() || events_.back().window != window) events_.push_back({id, window});
  }
  TapeWindow at(uint64_t id) const {
    TapeWindow window = TapeWindow::kBefore;
    for (const Event& e : events_) {
      if (e.from > id) break;
      window = e.window;
    }
    return window;
  }
  // Whether tensors were made in between without being recorded, from `from` on and before `id`.
  bool interrupted(uint64_t from, uint64_t id) const {
    for (size_t i = 0; i < events_.size() && events_[i].from < id; i++)
      if (events_[i].window != TapeWindow::kRecording &&
          (i + 1 == events_.size() || events_[i + 1].from > from))
        return true;
    return false;
  }
  void forget() { events_.clear(); }

 private:
  struct Event {
    uint64_t from;
    TapeWindow window;
  };
  std::vector<Event> events_;
};

}  // namespace tl
