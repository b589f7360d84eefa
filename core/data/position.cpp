#include "core/data/position.h"

#include <cmath>
#include <cstring>

#include "core/base/error.h"
#include "core/data/dataset.h"

namespace tl::data {
namespace {

// The number is the version of the form. Up to 2 a stage that rereads wrote many places of its source, not one.
constexpr char kPositionMagic[] = "TLPOS3";
constexpr size_t kMagicBytes = sizeof kPositionMagic - 1;
constexpr int kDeepest =
    Dataset::kMostLevels;  // parts in parts: a stage that rereads (rereader.h) is one more

// Seven bits a byte, lowest first; small numbers of either sign are short.
void put(std::string& out, int64_t value) {
  uint64_t bits = static_cast<uint64_t>(value) << 1 ^ static_cast<uint64_t>(value >> 63);
  for (; bits > 127; bits >>= 7) out.push_back(static_cast<char>(bits | 128));
  out.push_back(static_cast<char>(bits));
}

void put(std::string& out, const Position& p) {
  put(out, static_cast<int64_t>(p.words.size()));
  for (int64_t word : p.words) put(out, word);
  put(out, static_cast<int64_t>(p.parts.size()));
  for (const auto& part : p.parts) put(out, *part);
}

[[noreturn]] void damaged() {
  invalid(
      "[dataset_restore_position] the bytes must be those of a position: got others; were they cut off or "
      "changed?");
}

// FNV-1a of 64 bits (Fowler, Noll, Vo): a position that was damaged is found out before a stage believes its numbers.
uint64_t checksum(const char* bytes, size_t count) {
  uint64_t hash = 0xcbf29ce484222325;
  for (size_t i = 0; i < count; i++) hash = (hash ^ static_cast<unsigned char>(bytes[i])) * 0x100000001b3;
  return hash;
}
constexpr size_t kChecksumBytes = 8;

struct Bytes {
  const unsigned char* next;
  const unsigned char* end;

  int64_t number() {
    uint64_t bits = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      if (next == end) damaged();
      const uint64_t byte = *next++;
      if (shift == 63 && byte > 1) damaged();
      bits |= (byte & 127) << shift;
      if (byte < 128) return static_cast<int64_t>(bits >> 1 ^ -(bits & 1));
    }
    damaged();
  }
  // Of things that take a byte or more each.
  size_t count() {
    const int64_t n = number();
    if (n < 0 || n > end - next) damaged();
    return static_cast<size_t>(n);
  }
};

Position get(Bytes& in, int depth) {
  if (depth > kDeepest) damaged();
  Position p;
  p.words.resize(in.count());
  for (int64_t& word : p.words) word = in.number();
  const size_t parts = in.count();
  for (size_t i = 0; i < parts; i++) p.parts.push_back(std::make_shared<const Position>(get(in, depth + 1)));
  return p;
}

}  // namespace

int64_t word_of(double number) {
  int64_t bits;
  std::memcpy(&bits, &number, sizeof bits);
  return bits;
}

std::string to_bytes(const Position& position) {
  std::string out(kPositionMagic, kMagicBytes);
  put(out, position);
  const uint64_t sum = checksum(out.data(), out.size());
  for (size_t i = 0; i < kChecksumBytes; i++) out.push_back(static_cast<char>(sum >> 8 * i & 255));
  return out;
}

Position from_bytes(const std::string& bytes) {
  if (bytes.size() < kMagicBytes + kChecksumBytes ||
      bytes.compare(0, kMagicBytes - 1, kPositionMagic, kMagicBytes - 1) != 0)
    damaged();
  const char version = bytes[kMagicBytes - 1];
  if (version != kPositionMagic[kMagicBytes - 1] && version >= '1' && version <= '9')
    invalid("[dataset_restore_position] the position must be of version ", kPositionMagic + kMagicBytes - 1,
            ": got one of version ", std::string(1, version),
            ", of another version of tapeloop; go on with that one, or with dataset_seek");
  const auto* first = reinterpret_cast<const unsigned char*>(bytes.data());
  const unsigned char* end = first + bytes.size() - kChecksumBytes;
  const uint64_t sum = checksum(bytes.data(), bytes.size() - kChecksumBytes);
  for (size_t i = 0; i < kChecksumBytes; i++)
    if (end[i] != (sum >> 8 * i & 255)) damaged();
  Bytes in{first + kMagicBytes, end};
  Position position = get(in, 0);
  if (in.next != in.end) damaged();
  return position;
}

void PositionReader::refuse() {
  invalid(
      "[dataset_restore_position] the position must be one of this pipeline: got that of another; make the "
      "dataset with the same sources, stages and numbers");
}

int64_t PositionReader::word() {
  if (word_ == position_->words.size()) refuse();
  return position_->words[word_++];
}

int64_t PositionReader::word(int64_t least, int64_t most) {
  const int64_t w = word();
  if (w < least || w > most) refuse();
  return w;
}

double PositionReader::weight() {
  const int64_t bits = word();
  double number;
  std::memcpy(&number, &bits, sizeof number);
  if (!(number >= 0) || std::isinf(number)) refuse();
  return number;
}

void PositionReader::tag(int64_t expected) {
  if (word() != expected) refuse();
}

const std::shared_ptr<const Position>& PositionReader::part() {
  if (part_ == position_->parts.size()) refuse();
  return position_->parts[part_++];
}

void PositionReader::end() const {
  if (word_ != position_->words.size() || part_ != position_->parts.size()) refuse();
}

}  // namespace tl::data
