// Random programs of 10 to 60 ops on random shapes: what is run, whichever way a test runs it.
#pragma once

#include <vector>

#include "tests/ops/differentiate.h"

namespace tl::test {

// Numbers from a seed, the same everywhere.
class Draw {
 public:
  explicit Draw(uint64_t seed) : state_(seed * 0x9E3779B97F4A7C15u + 1) {}
  int64_t below(int64_t below) {
    state_ = state_ * 6364136223846793005u + 1442695040888963407u;
    return static_cast<int64_t>((state_ >> 33) % static_cast<uint64_t>(below));
  }
  bool coin() { return below(2) == 1; }

 private:
  uint64_t state_;
};

// An op is a number from which everything about it is drawn, so that ops can be left out of a program.
struct Program {
  uint64_t seed = 0;
  std::vector<uint64_t> ops;
};

Program draw_program(uint64_t seed);
std::vector<Array> inputs_of(const Program& program);
// The program as a function. Which op runs next depends on shapes only, never on values.
Values run_program(const Program& program, const Values& inputs);

}  // namespace tl::test
