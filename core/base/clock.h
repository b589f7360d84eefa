// The clock for waits, rates and progress, which never goes back, and how long a wait may be blind.
#pragma once

#include <chrono>
#include <cstdio>
#include <string>

namespace tl {

// How soon somebody who waits looks whether it is asked to stop.
constexpr std::chrono::milliseconds kPatience{5};

// Seconds since some moment before the program began.
inline double monotonic_seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

// For messages.
inline std::string seconds_text(double seconds) {
  char text[32];
  std::snprintf(text, sizeof text, "%.3g", seconds);
  return text;
}

}  // namespace tl
