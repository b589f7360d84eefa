// Reason: why a gradient is missing. Finding: the reason with the place where the path from the source breaks.
#pragma once

#include <cstdint>
#include <string>

#include "core/tensor/dtype.h"
#include "core/tensor/shape.h"

namespace tl {

// The numbers are those of tl_gradient_reason in the C API: append only, never renumber.
enum class Reason : int32_t {
  kConnected = 0,
  kNotWatched = 1,         // the source was never watched
  kWatchedLate = 2,        // what the target is made of was computed before the source was watched
  kPaused = 3,             // it was computed while the tape was paused
  kReset = 4,              // it was computed, or the source was watched, before the tape was reset
  kInteger = 5,            // an integer or bool stands on the path
  kStopGradient = 6,       // stop_gradient cuts the path
  kAssigned = 7,           // the value passed through an assignment to a variable
  kNotDifferentiable = 8,  // an op without gradient stands on the path
  kRuleGaveNone = 9,       // a gradient rule gave none for its operand
  kNotRead = 10,           // the variable was not read while the tape recorded
  kOutside = 11,           // it was computed before the tape began or after it ended
  kIndependent = 12,       // no chain of ops that the tape knows leads from the source to the target
  kUnknown = 13,           // the tape did not see enough to tell
};

struct Finding {
  Reason reason = Reason::kConnected;
  std::string place;  // the op, rule or variable where the path breaks; empty where no place is known
  uint64_t step =
      0;  // its number among all that ran since the tape began, where the tape has counted them; else 0
  bool has_result = false;
  DType dtype = DType::kF32;  // of the result at that place
  Shape shape;
  size_t others = 0;  // further places where it breaks
};

const char* name_of(Reason reason);

// In words, with what to do: "no gradient of ... with respect to ...: ...".
std::string describe(const Finding& finding, const std::string& target, const std::string& source,
                     bool tape_explains);

}  // namespace tl
