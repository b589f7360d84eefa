// Functions of the caller's that call themselves: how deep they may.
#pragma once

#include <string>

#include "core/base/error.h"
#include "core/tensor/context.h"

namespace tl {

// A level takes some kilobytes of the stack, and that of a second thread may have no more than half a megabyte.
inline constexpr size_t kMostNestedCalls = 200;

// One level of the caller's code inside the library inside the caller's code, or of a gradient inside a gradient. Throws where
// there are too many, with the name of the function.
class NestedCall {
 public:
  NestedCall(Context& context, const std::string& function) : context_(context) {
    if (context.nested_calls() >= kMostNestedCalls)
      fail(Code::kFailedPrecondition, "[", function, "] callbacks must not nest deeper than ",
           kMostNestedCalls, " levels: got a call inside ", kMostNestedCalls,
           " others; write the recursion as a loop, or see that it ends");
    context.nested_calls()++;
  }
  ~NestedCall() { context_.nested_calls()--; }
  NestedCall(const NestedCall&) = delete;
  NestedCall& operator=(const NestedCall&) = delete;

 private:
  Context& context_;
};

}  // namespace tl
