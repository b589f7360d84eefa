#include "core/base/error.h"

#include <charconv>
#include <cmath>

namespace tl {

const char* code_name(Code code) {
  switch (code) {
    case Code::kOk: return "ok";
    case Code::kInvalidArgument: return "invalid argument";
    case Code::kFailedPrecondition: return "failed precondition";
    case Code::kOutOfMemory: return "out of memory";
    case Code::kNotFound: return "not found";
    case Code::kIo: return "input/output error";
    case Code::kCorruptData: return "corrupt data";
    case Code::kUnsupported: return "unsupported";
    case Code::kBusy: return "busy";
    case Code::kNonFinite: return "non-finite value";
    case Code::kInternal: return "internal error";
    case Code::kCancelled: return "cancelled";
    case Code::kPeerLost: return "peer lost";
    case Code::kMismatch: return "mismatch";
    case Code::kTimedOut: return "timed out";
  }
  return "unknown code";
}

namespace {

template <class T>
std::string shortest(T value) {
  if (std::isnan(value)) return "nan";
  if (std::isinf(value)) return value > 0 ? "inf" : "-inf";
  char buffer[32];
  auto end = std::to_chars(buffer, buffer + sizeof buffer, value).ptr;
  return std::string(buffer, end);
}

}  // namespace

std::string text(double value) { return shortest(value); }
std::string text(float value) { return shortest(value); }

}  // namespace tl
