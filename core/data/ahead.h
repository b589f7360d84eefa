// Elements ahead of their time: threads that take elements of a source in turn, may run a function on them, and lay them down in
// order. So a slow function runs on several elements at once, and a consumer that is as fast finds the next one ready.
//
// What comes out, and the place that is saved, do not depend on how far ahead the threads are: each element carries the place of the
// source behind it. Threads begin with the first next() and end with the epoch, and wherever somebody goes to another place.
#pragma once

#include <memory>

#include "core/data/dataset.h"

namespace tl::data {

struct Ahead {
  int threads;
  int64_t elements;      // at most so many ahead
  FunctionPtr function;  // may be null
  uint64_t seed;
};

std::unique_ptr<Stage> open_ahead(const Dataset& source, const Control& control, Ahead how);

}  // namespace tl::data
