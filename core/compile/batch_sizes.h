// One program for all sizes of a batch, found from some recordings of a step.
//
// A recording holds numbers that the size of its batch went into: shapes of broadcasts, the 1 / n of a mean. One recording cannot
// tell such a number from one that happens to equal it; several with different sizes can (TensorFlow relaxes a shape at the second
// size). What differs between them must be a known function of the size, and what they share is kept.
//
// Two sizes may agree by chance: half of 2 and half of 3 are 1, n / 4 * 4 is n at 8 and at 12, 3 (1 / n) has the bits of 3 / n at
// most sizes. So a program is trusted for a size only where such functions would have shown (doubt()); others are recorded,
// and each recording must be what the program says. This is how whole-number quotients and remainders by whatever is no more than the
// largest recorded size, alone or times a number, are told from constants, k n and n + k, and roundings from each other. A threshold that
// no recorded size has crossed is not seen.
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

  // Holds the program against a recording with the same inputs but for the size: "", or why it is not that of all sizes. With "" the size
  // counts as recorded, and else it is of no use any more. Takes the size itself from the recording's inputs.
  std::string confirm(Context& context, const graph::Program& recording);
  // "" or why the recordings do not tell what the program is for a size. All sizes are at least 2: ops broadcast one row, and
  // everything is true of none.
  std::string doubt(int64_t size) const;

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
    kTimes,  // k n
    kPlus,   // n + k
    // k / n as people write it: k / n, k (1 / n), and both in f32.
    kQuotient,
    kQuotientByInverse,
    kQuotientF32,
    kQuotientByInverseF32,
    // 1 / (k n) likewise: 1 / (k n), (1 / k) / n, (1 / n) / k, (1 / k) (1 / n), and the first in f32.
    kReciprocal,
    kReciprocalOfK,
    kReciprocalOfN,
    kReciprocals,
    kReciprocalF32
  };
  struct SizeFunction {
    Form form;
    int64_t k;
  };
  // An attribute that follows the size.
  struct Following {
    uint32_t node;
    uint32_t offset;  // in bytes, in the node's attributes
    bool is_float;
    std::vector<SizeFunction> functions;  // that give what all recordings have; of whole numbers one
  };
  class Comparison;

  static bool whole_at(const SizeFunction& f, int64_t size, int64_t* out);
  static double real_at(const SizeFunction& f, int64_t size);

  graph::Program program_;
  std::vector<char> varies_;  // of each input
  std::vector<Following> following_;
  std::vector<int64_t> sizes_;  // that have been recorded, each once
};

}  // namespace tl::compile
