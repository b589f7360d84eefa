// How a plugin says over the table of transport.h what went wrong: its own code throws Failed, and the function of the table says it.
#pragma once

#include <cstdio>
#include <string>

#include "core/base/error.h"
#include "core/dist/transport.h"

namespace tl::dist {

struct Failed {
  Code code;
  int rank;  // whose connection it was, or -1
  std::string text;
};

inline int32_t say(const Failed& failed, tl_transport_error* error) {
  error->code = static_cast<int32_t>(failed.code);
  error->rank = failed.rank;
  std::snprintf(error->text, sizeof error->text, "%s", failed.text.c_str());
  return error->code;
}

}  // namespace tl::dist
