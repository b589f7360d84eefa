#include "core/io/example.h"

#include <cstring>
#include <memory>
#include <unordered_set>

namespace tl::io {
namespace {

constexpr size_t kMostFeatures = size_t{1} << 16;

enum Wire : uint32_t { kVarint = 0, kFixed64 = 1, kBytes = 2, kFixed32 = 5 };

// A part of the message: a field's number and its content. No message is copied, and none nests deeper than the code does.
class MessageReader {
 public:
  MessageReader(const Input& input, const unsigned char* begin, const unsigned char* at,
                const unsigned char* end)
      : input_(&input), begin_(begin), at_(at), end_(end) {}

  bool next() {
    if (at_ == end_) return false;
    const uint64_t tag = varint();
    field_ = tag >> 3;
    wire_ = static_cast<uint32_t>(tag & 7);
    if (field_ == 0 || field_ >= uint64_t{1} << 29) corrupt("a field's number");
    switch (wire_) {
      case kVarint: value_ = varint(); break;
      case kFixed64: skip(8); break;
      case kFixed32: skip(4); break;
      case kBytes: {
        const uint64_t length = varint();
        skip(length);
        break;
      }
      default: corrupt("a kind of field");
    }
    return true;
  }
  bool is(uint64_t field, uint32_t wire) const { return field_ == field && wire_ == wire; }
  uint64_t value() const { return value_; }
  const unsigned char* content() const { return content_; }
  size_t size() const { return size_; }
  MessageReader inner() const { return MessageReader(*input_, begin_, content_, content_ + size_); }
  bool at_end() const { return at_ == end_; }

  uint64_t varint() {
    uint64_t value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      if (at_ == end_) corrupt("a number that ends");
      const uint64_t byte = *at_++;
      if (shift == 63 && byte > 1) corrupt("a number of 64 bits");
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    corrupt("a number of 64 bits");
  }
  [[noreturn]] void corrupt(const char* wanted) const {
    input_->corrupt(static_cast<uint64_t>(at_ - begin_), "the message is no tf.train.Example: ", wanted,
                    " is expected");
  }

 private:
  void skip(uint64_t bytes) {
    if (bytes > static_cast<uint64_t>(end_ - at_)) corrupt("as many bytes as a field promises");
    content_ = at_;
    size_ = static_cast<size_t>(bytes);
    at_ += bytes;
  }

  const Input* input_;
  const unsigned char *begin_, *at_, *end_;
  uint64_t field_ = 0, value_ = 0;
  uint32_t wire_ = 0;
  const unsigned char* content_ = nullptr;
  size_t size_ = 0;
};

// A list of numbers, packed or one by one. visit(message) is called for each, twice the same way: to count and to read.
template <class Packed, class Single>
void each_number(MessageReader list, uint32_t single_wire, Packed&& packed, Single&& single) {
  while (list.next()) {
    if (list.is(1, kBytes))
      packed(list);
    else if (list.is(1, single_wire))
      single(list);
  }
}

Tensor floats(Context& context, const MessageReader& list) {
  int64_t count = 0;
  each_number(
      list, kFixed32,
      [&](MessageReader& m) {
        if (m.size() % 4 != 0) m.corrupt("a list of floats of 4 bytes each");
        count += static_cast<int64_t>(m.size() / 4);
      },
      [&](MessageReader&) { count++; });
  Tensor out = context.allocate(DType::kF32, {count});
  auto* to = out.mutable_data<float>();
  auto put = [&](MessageReader& m) {
    for (size_t i = 0; i < m.size(); i += 4) {
      const unsigned char* b = m.content() + i;
      const uint32_t word = b[0] | static_cast<uint32_t>(b[1]) << 8 | static_cast<uint32_t>(b[2]) << 16 |
                            static_cast<uint32_t>(b[3]) << 24;
      std::memcpy(to++, &word, 4);
    }
  };
  each_number(list, kFixed32, put, put);
  return out;
}

Tensor integers(Context& context, const MessageReader& list) {
  int64_t count = 0;
  each_number(
      list, kVarint,
      [&](MessageReader& m) {
        for (MessageReader values = m.inner(); !values.at_end(); count++) values.varint();
      },
      [&](MessageReader&) { count++; });
  Tensor out = context.allocate(DType::kI64, {count});
  auto* to = out.mutable_data<int64_t>();
  each_number(
      list, kVarint,
      [&](MessageReader& m) {
        for (MessageReader values = m.inner(); !values.at_end();)
          *to++ = static_cast<int64_t>(values.varint());
      },
      [&](MessageReader& m) { *to++ = static_cast<int64_t>(m.value()); });
  return out;
}

Tensor byte_strings(Context& context, const Input& input, const MessageReader& list,
                    const std::string& name) {
  int64_t count = 0, length = 0;
  for (MessageReader m = list; m.next();) {
    if (!m.is(1, kBytes)) continue;
    const auto size = static_cast<int64_t>(m.size());
    if (count && size != length)
      input.fail_at(Code::kUnsupported, 0, "byte strings of a feature must have one length: got ", length,
                    " and ", size, " in '", name, "'; keep them in features of their own");
    length = size;
    count++;
  }
  Tensor out = context.allocate(DType::kU8, count == 1 ? Shape{length} : Shape{count, length});
  std::byte* to = out.mutable_raw();
  for (MessageReader m = list; m.next();) {
    if (!m.is(1, kBytes)) continue;
    if (m.size()) std::memcpy(to, m.content(), m.size());
    to += m.size();
  }
  return out;
}

// The last of its kinds counts, as in protocol buffers.
Tensor feature_value(Context& context, const Input& input, MessageReader feature, const std::string& name) {
  Tensor out;
  while (feature.next()) {
    if (feature.is(1, kBytes)) out = byte_strings(context, input, feature.inner(), name);
    if (feature.is(2, kBytes)) out = floats(context, feature.inner());
    if (feature.is(3, kBytes)) out = integers(context, feature.inner());
  }
  return out ? out : context.allocate(DType::kF32, {0});
}

}  // namespace

Bundle read_example(Context& context, const Input& input) {
  const auto size = static_cast<size_t>(input.size());
  std::unique_ptr<unsigned char[]> bytes(new unsigned char[size]);
  input.read(0, bytes.get(), size);
  Bundle out;
  std::unordered_set<std::string> names;
  for (MessageReader example(input, bytes.get(), bytes.get(), bytes.get() + size); example.next();) {
    if (!example.is(1, kBytes)) continue;
    for (MessageReader features = example.inner(); features.next();) {
      if (!features.is(1, kBytes)) continue;
      std::string name;
      MessageReader feature(input, bytes.get(), bytes.get(), bytes.get());
      for (MessageReader entry = features.inner(); entry.next();) {
        if (entry.is(1, kBytes)) name.assign(reinterpret_cast<const char*>(entry.content()), entry.size());
        if (entry.is(2, kBytes)) feature = entry.inner();
      }
      if (name.find('\0') != std::string::npos || !names.insert(name).second)
        features.corrupt("a feature's name without NUL, that comes once,");
      if (out.entries.size() == kMostFeatures)
        input.fail_at(Code::kUnsupported, 0, "an Example has at most ", kMostFeatures, " features: got more");
      Tensor value = feature_value(context, input, feature, name);
      out.entries.push_back({std::move(name), std::move(value), {}});
    }
  }
  return out;
}

}  // namespace tl::io
