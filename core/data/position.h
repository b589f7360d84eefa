// Position: where a pipeline stands, in numbers that its stages write one after the other and read back in the same order. Parts
// are positions that several of them share, so that a copy costs little however long they are. As bytes each use of a part stands
// for itself: a stage writes the place of its source once, or positions would grow with the product of the stages.
//
// As bytes it can be kept in a file: the same on every machine, with a checksum. A position fits the pipeline that wrote it, and any
// other that was made in the same way.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace tl::data {

struct Position {
  std::vector<int64_t> words;
  std::vector<std::shared_ptr<const Position>> parts;

  void clear() {
    words.clear();
    parts.clear();
  }
};

// The bits of a number, for a position.
int64_t word_of(double number);

std::string to_bytes(const Position& position);
// Throws kInvalidArgument where the bytes are none of to_bytes(), those of other versions of the form among them. Memory for at most
// what the bytes hold.
Position from_bytes(const std::string& bytes);

// Reads a position, and throws kInvalidArgument for one that another pipeline has written.
class PositionReader {
 public:
  explicit PositionReader(const Position& position) : position_(&position) {}

  int64_t word();
  int64_t word(int64_t least, int64_t most);  // in these bounds
  double weight();                            // of word_of(): finite and not negative
  void tag(int64_t expected);
  const std::shared_ptr<const Position>& part();
  void end() const;  // nothing may be left
  [[noreturn]] static void refuse();

 private:
  const Position* position_;
  size_t word_ = 0, part_ = 0;
};

}  // namespace tl::data
