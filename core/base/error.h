// The error type of the core and the text helpers that build its messages.
// Errors travel as C++ exceptions inside the core and are turned into codes at the C boundary, nowhere else.
// This file does not know contexts, tensors or ops.
#pragma once

#include <cstdint>
#include <exception>
#include <string>
#include <string_view>
#include <utility>

namespace tl {

// The numbers are those of tl_status in the C API: append only, never renumber.
enum class Code : int32_t {
  kOk = 0,
  kInvalidArgument = 1,     // a value, shape, dtype, handle or option that the call does not accept
  kFailedPrecondition = 2,  // the object is in a state in which the call makes no sense (a consumed tape)
  kOutOfMemory = 3,         // the allocator's limit or the machine's memory is exhausted
  kNotFound = 4,            // a file that does not exist
  kIo = 5,                  // reading or writing failed (disk full, permission, device)
  kCorruptData = 6,         // a file whose content contradicts its format
  kUnsupported = 7,         // known, but not offered (an op without gradient, a newer minor version)
  kBusy = 8,        // the context is in use by another thread, or a folder of checkpoints by another writer
  kNonFinite = 9,   // a NaN or an infinity where the caller asked for none
  kInternal = 10,   // a broken invariant of tapeloop itself: please report it
  kCancelled = 11,  // somebody asked the context to stop
  kPeerLost = 12,   // another rank of a group has failed, left or was cancelled
  kMismatch = 13,   // the ranks of a group have not made the same call
  kTimedOut = 14,   // a rank of a group has not come in time
};

const char* code_name(Code code);

// A failure with a code and the text "[op] rule: values got; hint". What no op of its own says (an optimizer, the allocator)
// may leave "[op] " out: the C API puts the name of the function that failed in front.
class Error : public std::exception {
 public:
  Error(Code code, std::string message) : code_(code), message_(std::move(message)) {}
  Code code() const { return code_; }
  const std::string& message() const { return message_; }
  const char* what() const noexcept override { return message_.c_str(); }

 private:
  Code code_;
  std::string message_;
};

// Text of one message part. Other layers add overloads for their own types (Shape, DType) in namespace tl.
inline std::string text(std::string_view s) { return std::string(s); }
inline std::string text(const char* s) { return s ? s : "(null)"; }
inline std::string text(const std::string& s) { return s; }
inline std::string text(bool b) { return b ? "true" : "false"; }
std::string text(double value);  // shortest form that reads back to the same value
std::string text(float value);   // as a float: 0.1, not 0.10000000149011612
template <class T, class = std::enable_if_t<std::is_integral_v<T>>>
std::string text(T value) {
  return std::to_string(value);
}

// Only for parts that have a text: the op concat() of tensors is another function of this name.
template <class... Parts>
auto concat(const Parts&... parts) -> decltype((text(parts), ..., std::string())) {
  std::string out;
  (out.append(text(parts)), ...);
  return out;
}

template <class... Parts>
[[noreturn]] void fail(Code code, const Parts&... parts) {
  throw Error(code, concat(parts...));
}

template <class... Parts>
[[noreturn]] void invalid(const Parts&... parts) {
  fail(Code::kInvalidArgument, parts...);
}

// For invariants of ours, not for bad input: a failure here is a bug of tapeloop.
#define TL_INVARIANT(condition)                                                                         \
  do {                                                                                                  \
    if (!(condition))                                                                                   \
      ::tl::fail(::tl::Code::kInternal, "broken invariant `" #condition "` at " __FILE__ ":", __LINE__, \
                 "; this is a bug in tapeloop");                                                        \
  } while (0)

}  // namespace tl
