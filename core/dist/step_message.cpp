#include "core/dist/step_message.h"

#include <algorithm>
#include <cstring>

#include "core/base/error.h"

namespace tl::dist {
namespace {

constexpr size_t kBehindHead =
    (sizeof(StepHead) + Bytes::kAlignment - 1) / Bytes::kAlignment * Bytes::kAlignment;

constexpr uint8_t kAsBf16 = 0x80;  // in the byte of a dtype

template <class T>
void append(std::vector<std::byte>& bytes, T value) {
  const auto* from = reinterpret_cast<const std::byte*>(&value);
  bytes.insert(bytes.end(), from, from + sizeof value);
}

[[noreturn]] void not_a_call(const char* what) {
  fail(Code::kCorruptData, "a rank must say what it calls: got a message with ", what,
       "; do all ranks run the same version?");
}

class CallReader {
 public:
  explicit CallReader(Span<const std::byte> bytes) : bytes_(bytes) {}
  template <class T>
  T read() {
    T value;
    if (bytes_.size() - at_ < sizeof value) not_a_call("an end too early");
    std::memcpy(&value, bytes_.data() + at_, sizeof value);
    at_ += sizeof value;
    return value;
  }
  // How many things of so many bytes follow.
  size_t count(size_t least_bytes) {
    const auto n = read<uint32_t>();
    if (n > (bytes_.size() - at_) / least_bytes) not_a_call("a count that is too large");
    return n;
  }
  bool at_end() const { return at_ == bytes_.size(); }

 private:
  Span<const std::byte> bytes_;
  size_t at_ = 0;
};

// Two sums with different multipliers, over words: calls that differ by a mistake of a program are told apart.
void digest_of(Span<const std::byte> bytes, uint64_t (&out)[2]) {
  uint64_t a = 0x9e3779b97f4a7c15, b = 0xc2b2ae3d27d4eb4f;
  for (size_t at = 0; at < bytes.size(); at += sizeof(uint64_t)) {
    uint64_t word = 0;
    std::memcpy(&word, bytes.data() + at, std::min(sizeof word, bytes.size() - at));
    a = (a ^ word) * 0x100000001b3;
    a ^= a >> 29;
    b = (b + word) * 0xff51afd7ed558ccd;
    b ^= b >> 33;
  }
  out[0] = a;
  out[1] = b ^ bytes.size();
}

}  // namespace

void encode(const Call& call, std::vector<std::byte>& bytes) {
  append(bytes, static_cast<int32_t>(call.operation));
  append(bytes, static_cast<int32_t>(call.reduction));
  append(bytes, call.root);
  append(bytes, call.color);
  append(bytes, call.key);
  append(bytes, call.bucket_bytes);
  append(bytes, static_cast<uint32_t>(call.subject.size()));
  for (const char c : call.subject) append(bytes, c);
  append(bytes, static_cast<uint32_t>(call.rows.size()));
  for (const int64_t rows : call.rows) append(bytes, rows);
  append(bytes, static_cast<uint32_t>(call.tensors.size()));
  for (const TensorKind& t : call.tensors) {
    append(bytes,
           static_cast<uint8_t>(static_cast<uint8_t>(t.dtype) | (t.wire == Wire::kBf16 ? kAsBf16 : 0)));
    append(bytes, static_cast<uint8_t>(t.shape.rank()));
    for (const int64_t size : t.shape) append(bytes, size);
  }
}

Call decode_call(Span<const std::byte> bytes) {
  CallReader in(bytes);
  Call call;
  call.operation = static_cast<Operation>(in.read<int32_t>());
  call.reduction = static_cast<Reduction>(in.read<int32_t>());
  call.root = in.read<int32_t>();
  call.color = in.read<int64_t>();
  call.key = in.read<int64_t>();
  call.bucket_bytes = in.read<uint64_t>();
  for (size_t n = in.count(1); n > 0; n--) call.subject.push_back(in.read<char>());
  for (size_t n = in.count(sizeof(int64_t)); n > 0; n--) call.rows.push_back(in.read<int64_t>());
  for (size_t n = in.count(2); n > 0; n--) {
    const auto kind = in.read<uint8_t>();
    const auto dtype = static_cast<DType>(kind & ~kAsBf16);
    const Wire wire = kind & kAsBf16 ? Wire::kBf16 : Wire::kAsIs;
    const auto rank = in.read<uint8_t>();
    if (!is_known(dtype) || rank > kMaxRank || (wire == Wire::kBf16 && dtype != DType::kF32))
      not_a_call("an unknown dtype or rank");
    int64_t sizes[kMaxRank];
    for (int i = 0; i < rank; i++) sizes[i] = in.read<int64_t>();
    try {
      call.tensors.push_back(
          {dtype, checked_shape("group", Span<const int64_t>(sizes, rank), size_of(dtype)), wire});
    } catch (const Error&) {
      not_a_call("an impossible shape");
    }
  }
  if (!in.at_end()) not_a_call("more than a call");
  return call;
}

size_t padded_bytes(const Call& call) {
  size_t bytes = 0;
  for (const TensorKind& t : call.tensors) bytes += padded(t.bytes());
  return bytes;
}

// What lies between parts of a message goes over the network too.
StepMessage::StepMessage(size_t capacity) : bytes_(capacity) { std::memset(data(), 0, capacity); }

size_t StepMessage::write_call(const Call& call, uint64_t step, uint64_t next_channel,
                               Span<const std::byte* const> tensors) {
  std::vector<std::byte> description;
  encode(call, description);
  StepHead head;
  head.step = step;
  head.next_channel = next_channel;
  head.description_bytes = description.size();
  digest_of(description, head.digest);
  size_t end = kBehindHead;
  if (description.size() <= capacity() / 2) {
    head.carries_description = 1;
    std::memcpy(data() + end, description.data(), description.size());
    end += padded(description.size());
  }
  const size_t bytes = padded_bytes(call);
  if (!tensors.empty() && head.carries_description && bytes <= capacity() - end) {
    head.carries_data = 1;
    head.data_bytes = static_cast<uint32_t>(bytes);
    for (size_t k = 0; k < tensors.size(); k++) {
      const size_t size = call.tensors[k].bytes();
      if (size) std::memcpy(data() + end, tensors[k], size);
      end += padded(size);
    }
  }
  std::memcpy(data(), &head, sizeof head);
  return end;
}

size_t StepMessage::write_leaving(Code code, std::string_view text, uint64_t step) {
  StepHead head;
  head.kind = StepHead::kLeaves;
  head.step = step;
  head.code = static_cast<int32_t>(code);
  text = text.substr(0, capacity() - kBehindHead);
  head.description_bytes = text.size();
  head.carries_description = 1;
  std::memcpy(data(), &head, sizeof head);
  if (!text.empty()) std::memcpy(data() + kBehindHead, text.data(), text.size());
  return kBehindHead + text.size();
}

const StepHead& StepMessage::checked_head() const {
  const StepHead& h = head();
  const size_t room = capacity() - kBehindHead;
  if (h.magic != StepHead::kMagic) not_a_call("another beginning");
  if (h.kind != StepHead::kCalls && h.kind != StepHead::kLeaves) not_a_call("an unknown kind");
  if ((h.carries_description && (h.description_bytes > room || padded(h.description_bytes) > room)) ||
      (h.carries_data && (!h.carries_description || h.data_bytes > room - padded(h.description_bytes))))
    not_a_call("more than fits");
  return h;
}

Span<const std::byte> StepMessage::description() const {
  return {data() + kBehindHead, static_cast<size_t>(head().description_bytes)};
}

std::string StepMessage::text() const {
  const Span<const std::byte> bytes = description();
  return std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size());
}

void StepMessage::find_tensors(const Call& call, std::vector<const std::byte*>& in) const {
  in.clear();
  if (head().data_bytes != padded_bytes(call)) not_a_call("other tensors than it says");
  const std::byte* at = data() + kBehindHead + padded(head().description_bytes);
  for (const TensorKind& t : call.tensors) {
    in.push_back(at);
    at += padded(t.bytes());
  }
}

}  // namespace tl::dist
