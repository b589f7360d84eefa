// Messages of the control channel as bytes, and the token of the tests.
#pragma once

#include <string>

#include "core/dist/control_message.h"

namespace tl::test {

inline const std::string kToken = "0123456789abcdef0123456789abcdef";

inline std::string bytes_of(const dist::control::Message& message) {
  std::string out;
  dist::control::encode(message, out);
  return out;
}

}  // namespace tl::test
