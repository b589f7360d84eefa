// One program for all sizes of a batch, found from two recordings of a step.
//
// A recording holds numbers that the size of its batch went into: shapes of broadcasts, the 1 / n of a mean. One recording cannot
// tell such a number from one that happens to equal it; two with different sizes can (TensorFlow relaxes a shape at the second
// size, too). What differs between them must be a known function of the size, and what they share is kept.
//
// This file compares programs and makes others of them. It runs nothing.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/graph/program.h"

namespace tl::compile {

class SizedProgram {
 public:
  // Of two recordings whose inputs have the same dtypes and shapes, but that the leading dimension of some differs: it is one
  // number in all these inputs of the first, and another in all of the second. Null, and why, where they have no common program:
  // other ops, an attribute that is no known function of the size, data of the host that differ.
  static std::unique_ptr<SizedProgram> of(Context& context, const graph::Program& first,
                                          const graph::Program& second, std::string& why);

  // The program for inputs of some size of a batch. Throws as an op would that takes no such shape.
  graph::Program at(int64_t size) const;
  // Whether the leading dimension of an input is the size of the batch.
  bool varies(size_t input) const { return varies_[input] != 0; }
  // "" or why its programs cannot run any more: a variable or optimizer has been released.
  std::string stale() const;
  // One of its programs.
  const graph::Program& program() const { return program_; }

 private:
  enum class Form : uint8_t {
    kTimes,      // k n
    kPlus,       // n + k
    kQuotient,   // k / n
    kReciprocal  // 1 / (k n)
  };
  // An attribute that follows the size.
  struct Following {
    uint32_t node;
    uint32_t offset;  // in bytes, in the node's attributes
    bool is_float;
    Form form;
    int64_t k;
  };
  class Comparison;

  graph::Program program_;
  std::vector<char> varies_;  // of each input
  std::vector<Following> following_;
};

}  // namespace tl::compile
