// What a call says that must fail.
#pragma once

#include <string>

#include "core/base/error.h"

namespace tl {

// The message of the error that f throws, or nothing.
template <class F>
std::string error_of(F&& f) {
  try {
    f();
  } catch (const Error& e) {
    return e.message();
  }
  return "";
}

}  // namespace tl
