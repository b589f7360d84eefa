#include "core/io/tfrecord.h"

#include <string_view>

#include "core/io/little_endian.h"
#include "core/io/record_writer.h"

namespace tl::io {
namespace {

constexpr size_t kHead = 12, kFoot = 4;  // the length and its checksum; the checksum of the bytes

// The length of the record that begins at a place.
uint64_t length_at(const Input& input, uint64_t at) {
  unsigned char head[kHead];
  input.read(at, head, kHead);
  if (at == 0 && head[0] == 0x1f && head[1] == 0x8b)
    input.fail_at(Code::kUnsupported, 0,
                  "a TFRecord file must not be compressed: got one of gzip; decompress it first");
  const uint64_t length = little_endian(head, 8);
  if (little_endian(head + 8, 4) != masked_crc32c({reinterpret_cast<const char*>(head), 8}))
    input.corrupt(at, "the checksum of a record's length does not fit; is it a TFRecord file?");
  const uint64_t left = input.size() - at - kHead;
  if (length > left || left - length < kFoot)
    input.corrupt(at, "a record of ", length, " bytes and a checksum of ", kFoot, " does not fit the ", left,
                  " bytes that are left; the file is cut off");
  return length;
}

}  // namespace

TfRecords::TfRecords(std::unique_ptr<Input> input) : input_(std::move(input)) {
  for (uint64_t at = 0; at < input_->size();) {
    const uint64_t length = length_at(*input_, at);
    starts_.push_back(at);
    at += kHead + length + kFoot;
  }
  input_->check_unchanged();
}

Tensor TfRecords::read(Context& context, int64_t index) const {
  TL_INVARIANT(index >= 0 && index < size());
  const uint64_t at = starts_[static_cast<size_t>(index)], length = length_at(*input_, at);
  Tensor out = context.allocate(DType::kU8, {static_cast<int64_t>(length)});
  input_->read(at + kHead, out.mutable_raw(), length);
  unsigned char foot[kFoot];
  input_->read(at + kHead + length, foot, kFoot);
  if (little_endian(foot, 4) != masked_crc32c({reinterpret_cast<const char*>(out.raw()), length}))
    input_->corrupt(at, "the checksum of record ", index, " does not fit; copy or download the file again");
  input_->check_unchanged();
  return out;
}

}  // namespace tl::io
