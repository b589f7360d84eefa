// What a rank sends to each other when it comes to a step: which step, its Call as bytes, and its tensors where they are small. It may
// come from a process whose memory is not in order: what is read is checked.
//
// A description that is too long for the message is known by its digest, and sent apart where digests differ.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/span.h"
#include "core/dist/call.h"

namespace tl::dist {

// Bytes that tensors of any dtype may lie in, without contents of their own.
class Bytes {
 public:
  static constexpr size_t kAlignment = 64;
  Bytes() = default;
  explicit Bytes(size_t size)
      : data_(static_cast<std::byte*>(::operator new (size ? size : 1, std::align_val_t{kAlignment}))),
        size_(size) {}
  std::byte* data() const { return data_.get(); }
  size_t size() const { return size_; }

 private:
  struct Free {
    void operator()(std::byte* data) const { ::operator delete (data, std::align_val_t{kAlignment}); }
  };
  std::unique_ptr<std::byte, Free> data_;
  size_t size_ = 0;
};

struct StepHead {
  static constexpr uint32_t kMagic = 0x314c5053;  // "SPL1"
  enum Kind : uint32_t { kCalls = 1, kLeaves = 2 };
  uint32_t magic = kMagic, kind = kCalls;
  uint64_t step = 0;
  uint64_t next_channel = 0;       // of groups within groups: the least number that the rank has not used
  uint64_t digest[2] = {};         // of the description
  uint64_t description_bytes = 0;  // of kLeaves: of the text
  uint32_t carries_description = 0, carries_data = 0;
  uint32_t data_bytes = 0;  // behind the description, each tensor at a multiple of 8
  int32_t code = 0;         // of kLeaves
};

// A message as it came, or goes.
class StepMessage {
 public:
  StepMessage() = default;
  explicit StepMessage(size_t capacity);

  std::byte* data() const { return bytes_.data(); }
  size_t capacity() const { return bytes_.size(); }

  // Writes it; the tensors too, where there are some and they fit. Returns its bytes.
  size_t write_call(const Call& call, uint64_t step, uint64_t next_channel,
                    Span<const std::byte* const> tensors);
  size_t write_leaving(Code code, std::string_view text, uint64_t step);

  // Of one that came; throws kCorruptData where it is none.
  const StepHead& checked_head() const;
  const StepHead& head() const { return *reinterpret_cast<const StepHead*>(bytes_.data()); }
  Span<const std::byte> description() const;
  std::string text() const;  // of kLeaves
  // Where the tensors of `call` lie in it; throws kCorruptData where they are not there.
  void find_tensors(const Call& call, std::vector<const std::byte*>& in) const;

 private:
  Bytes bytes_;
};

// Appends what decode_call() reads. The same call has the same bytes.
void encode(const Call& call, std::vector<std::byte>& bytes);
Call decode_call(Span<const std::byte> bytes);  // throws kCorruptData

// Bytes of tensors one behind another, each at a multiple of 8.
constexpr size_t padded(size_t bytes) { return (bytes + 7) / 8 * 8; }
size_t padded_bytes(const Call& call);

}  // namespace tl::dist
