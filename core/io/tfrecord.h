// TFRecord files: byte strings of any length one after the other, each with checksums (CRC-32C, masked) of its length and of its
// bytes. TensorFlow's data sets and TensorBoard's logs are such files; record_writer.h makes
// them.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "core/io/input.h"
#include "core/tensor/tensor.h"

namespace tl::io {

class TfRecords {
 public:
  // Finds the records and checks their lengths; their bytes stay in the file. Needs 8 bytes of memory a record. Throws kCorruptData (a
  // checksum of a length that does not fit, a record that the file is too short for), kUnsupported (a file compressed by gzip), and
  // what Input throws. A file that is cut off between two records is a whole file as far as the format can tell.
  explicit TfRecords(std::unique_ptr<Input> input);

  int64_t size() const { return static_cast<int64_t>(starts_.size()); }
  // The bytes of a record, u8 (n). Throws kCorruptData where its checksum does not fit.
  Tensor read(Context& context, int64_t index) const;
  const Input& input() const { return *input_; }

 private:
  std::unique_ptr<Input> input_;
  std::vector<uint64_t> starts_;
};

}  // namespace tl::io
