#include "core/io/json_header.h"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <iterator>
#include <memory>
#include <nlohmann/json.hpp>
#include <numeric>

#include "core/base/escape.h"

namespace tl::io {
namespace {

struct TypeRow {
  const char* name;
  size_t bytes;
};
constexpr TypeRow kTypes[] = {{"BOOL", 1}, {"U8", 1},  {"I8", 1},  {"F8_E4M3", 1}, {"F8_E5M2", 1},
                              {"I16", 2},  {"U16", 2}, {"F16", 2}, {"BF16", 2},    {"I32", 4},
                              {"U32", 4},  {"F32", 4}, {"I64", 8}, {"U64", 8},     {"F64", 8}};

// The text as the parser takes it, a block of the file at a time: runs of white space between values as one space, so that the
// parser, which keeps what it has read since the last value, never keeps much.
class TextStream {
 public:
  TextStream(const File& file, int64_t begin, int64_t end, Poll poll)
      : file_(file), next_(begin), end_(end), at_(begin), poll_(poll), block_(new char[kBytes]) {
    advance();
  }
  bool over() const { return over_; }
  char current() const { return current_; }
  int64_t offset() const { return at_; }  // in the file, of the current byte
  uint32_t checksum() const { return checksum_; }

  void advance() {
    const bool after_space = is_space(current_) && !in_text_;
    do {
      if (!take()) return;
    } while (after_space && !in_text_ && is_space(current_));
    follow();
  }

 private:
  static constexpr size_t kBytes = size_t{1} << 16;
  static bool is_space(char c) { return c == ' ' || c == '\n' || c == '\t' || c == '\r'; }

  bool take() {
    if (used_ == filled_) {
      filled_ = static_cast<size_t>(std::min<int64_t>(end_ - next_, kBytes));
      used_ = 0;
      if (filled_ == 0) {
        over_ = true;
        return false;
      }
      poll_();
      file_.read(next_, block_.get(), filled_);
      checksum_ = static_cast<uint32_t>(
          crc32_z(checksum_, reinterpret_cast<const unsigned char*>(block_.get()), filled_));
      next_ += static_cast<int64_t>(filled_);
    }
    at_ = next_ - static_cast<int64_t>(filled_ - used_);
    current_ = block_[used_++];
    return true;
  }

  // Texts and numbers of a length that no honest file has are refused before the parser keeps them.
  void follow() {
    const bool structural = !in_text_ && std::strchr("{}[],:", current_) && current_ != '\0';
    length_ = structural ? 0 : length_ + 1;
    if (length_ > 2 * kMostTextBytes || (!in_text_ && length_ > 64 && current_ != '"'))
      file_.corrupt(at_,
                    "a name, text or number is longer than any that is taken; is it a safetensors file?");
    if (escaped_) {
      escaped_ = false;
    } else if (in_text_ && current_ == '\\') {
      escaped_ = true;
    } else if (current_ == '"') {
      in_text_ = !in_text_;
      length_ = 0;
    }
  }

  const File& file_;
  int64_t next_, end_, at_;
  Poll poll_;
  std::unique_ptr<char[]> block_;
  size_t filled_ = 0, used_ = 0, length_ = 0;
  char current_ = '\0';
  bool over_ = false, in_text_ = false, escaped_ = false;
  uint32_t checksum_ = 0;
};

// What the parser asks for bytes.
class StreamIterator {
 public:
  using iterator_category = std::input_iterator_tag;
  using value_type = char;
  using difference_type = std::ptrdiff_t;
  using pointer = const char*;
  using reference = char;

  explicit StreamIterator(TextStream* stream) : stream_(stream) {}
  char operator*() const { return stream_->current(); }
  StreamIterator& operator++() {
    stream_->advance();
    return *this;
  }
  friend bool operator==(const StreamIterator& a, const StreamIterator& b) { return a.over() == b.over(); }
  friend bool operator!=(const StreamIterator& a, const StreamIterator& b) { return !(a == b); }

 private:
  bool over() const { return !stream_ || stream_->over(); }
  TextStream* stream_;  // null: the end
};

using Json = nlohmann::json;

// What both formats refuse.
class JsonReader : public nlohmann::json_sax<Json> {
 public:
  JsonReader(const File& file, TextStream& stream) : file_(file), stream_(stream) {}

  bool null() override { unexpected("null"); }
  bool boolean(bool) override { unexpected("a truth value"); }
  bool number_integer(number_integer_t) override { unexpected("a negative number"); }
  bool number_unsigned(number_unsigned_t) override { unexpected("a number"); }
  bool number_float(number_float_t, const string_t&) override { unexpected("a number that is no integer"); }
  bool string(string_t&) override { unexpected("a text"); }
  bool binary(binary_t&) override { unexpected("bytes"); }
  bool start_object(size_t) override { unexpected("an object"); }
  bool start_array(size_t) override { unexpected("a list"); }
  bool end_array() override { return true; }
  bool parse_error(size_t, const std::string& token, const Json::exception&) override {
    std::string near = token.substr(0, 32);
    for (char& c : near)
      if (c < ' ' || c > '~') c = '?';
    corrupt("this is no JSON, near '", near, "'; copy or download the file again");
  }

 protected:
  template <class... Parts>
  [[noreturn]] void corrupt(const Parts&... parts) const {
    file_.corrupt(stream_.offset(), parts...);
  }
  template <class... Parts>
  [[noreturn]] void unsupported(const Parts&... parts) const {
    file_.check_unchanged();  // as corrupt() does
    fail(Code::kUnsupported, "[", file_.op(), "] ", file_.path(), ", at byte ", stream_.offset(), ": ",
         parts...);
  }
  [[noreturn]] void unexpected(const char* got) const {
    corrupt("the format has something else in this place: got ", got, "; is it the right kind of file?");
  }
  void check_text(const string_t& text) const {
    if (text.size() > kMostTextBytes)
      corrupt("a name or text has at most ", kMostTextBytes, " bytes: got ", text.size(),
              "; is it the right kind of file?");
    if (text.find('\0') != std::string::npos)
      corrupt("a name or text must hold no NUL: got one in '", text.c_str(), "'; rename it");
  }
  void add_text(Texts& texts, std::string key, string_t& value) const {
    check_text(value);
    if (texts.size() >= kMostTexts)
      corrupt("there are at most ", kMostTexts, " texts; is it the right kind of file?");
    if (!texts.emplace(std::move(key), std::move(value)).second)
      corrupt("a name stands here for the second time; write the file again");
  }

  const File& file_;
  TextStream& stream_;
};

class TextsReader final : public JsonReader {
 public:
  TextsReader(const File& file, TextStream& stream, Texts& texts) : JsonReader(file, stream), texts_(texts) {}
  bool start_object(size_t) override {
    if (inside_) unexpected("an object");
    return inside_ = true;
  }
  bool end_object() override { return true; }
  bool key(string_t& key) override {
    check_text(key);
    key_ = std::move(key);
    return true;
  }
  bool string(string_t& value) override {
    if (!inside_) unexpected("a text");
    add_text(texts_, std::move(key_), value);
    return true;
  }

 private:
  Texts& texts_;
  std::string key_;
  bool inside_ = false;
};

void parse(TextStream& stream, JsonReader& reader) {
  Json::sax_parse(StreamIterator(&stream), StreamIterator(nullptr), &reader);
}

}  // namespace

const char* name_of(StoredType type) { return kTypes[static_cast<size_t>(type)].name; }
size_t size_of(StoredType type) { return kTypes[static_cast<size_t>(type)].bytes; }

// Fills a header. `data` is where the elements begin.
class HeaderReader final : public JsonReader {
 public:
  HeaderReader(const File& file, TextStream& stream, SafetensorsHeader& header, int64_t data)
      : JsonReader(file, stream), header_(header), data_(data) {}

  bool start_object(size_t) override {
    if (in_list_ || level_ == 2) unexpected("an object");
    level_++;
    if (level_ == 2) seen_ = 0;
    return true;
  }
  bool end_object() override {
    if (level_ == 2 && !in_metadata_) add();
    level_--;
    in_metadata_ = false;
    return true;
  }
  bool key(string_t& key) override {
    check_text(key);
    if (level_ == 1) {
      in_metadata_ = key == "__metadata__";
      if (in_metadata_ && std::exchange(had_metadata_, true))
        corrupt("the metadata stand here for the second time; write the file again");
      name_ = std::move(key);
    } else if (in_metadata_) {
      field_ = std::move(key);
    } else {
      const int bit = key == "dtype"          ? kDtype
                      : key == "shape"        ? kShape
                      : key == "data_offsets" ? kOffsets
                                              : 0;
      if (bit == 0 || (seen_ & bit))
        corrupt("a tensor has one each of 'dtype', 'shape' and 'data_offsets': got '", key.substr(0, 64),
                "' ", bit ? "twice" : "besides", "; is it a safetensors file?");
      seen_ |= bit;
      expected_ = bit;
    }
    return true;
  }
  bool string(string_t& value) override {
    if (level_ == 2 && in_metadata_) {
      add_text(header_.metadata_, std::move(field_), value);
      return true;
    }
    if (level_ != 2 || in_list_ || expected_ != kDtype) unexpected("a text");
    for (size_t i = 0; i < std::size(kTypes); i++)
      if (value == kTypes[i].name) {
        type_ = static_cast<StoredType>(i);
        return true;
      }
    unsupported("the dtype is none that is known here: got '", value.substr(0, 64), "'; convert the file");
  }
  bool start_array(size_t) override {
    if (level_ != 2 || in_metadata_ || in_list_ || expected_ == kDtype || expected_ == 0)
      unexpected("a list");
    in_list_ = true;
    (expected_ == kShape ? rank_ : offsets_) = 0;
    return true;
  }
  bool end_array() override {
    in_list_ = false;
    expected_ = 0;
    return true;
  }
  bool number_unsigned(number_unsigned_t value) override {
    if (!in_list_) unexpected("a number");
    if (value > static_cast<number_unsigned_t>(INT64_MAX))
      corrupt("a size or offset must fit in 63 bits: got ", value, "; is it a safetensors file?");
    const bool shape = expected_ == kShape;
    size_t& count = shape ? rank_ : offsets_;
    if (shape && count == kMaxRank)
      unsupported("a tensor has at most ", kMaxRank, " axes here: got more for '", name_.substr(0, 64),
                  "'; convert the file");
    if (!shape && count == 2) corrupt("a tensor has two offsets: got more; is it a safetensors file?");
    (shape ? dims_.data() : offset_.data())[count++] = static_cast<int64_t>(value);
    return true;
  }

  // The tensors in the order of their bytes, which must fill the file.
  void finish() {
    auto& entries = header_.entries_;
    std::vector<uint32_t>& by_name = header_.by_name_;
    std::sort(entries.begin(), entries.end(), [](const auto& a, const auto& b) {
      return a.begin != b.begin ? a.begin < b.begin : a.end != b.end ? a.end < b.end : a.name < b.name;
    });
    int64_t at = data_;
    for (const auto& e : entries) {
      if (e.begin != at)
        file_.corrupt(8, "the elements of tensors must follow one another: got those of '",
                      header_.name(e).substr(0, 64), "' at byte ", e.begin, " of the file where byte ", at,
                      " comes next, which is ", e.begin < at ? "an overlap" : "a hole",
                      "; write the file again");
      at = e.end;
    }
    if (at != file_.size())
      file_.corrupt(at, "the file must end with the last tensor: got ", file_.size(), " bytes",
                    at > file_.size() ? "; the file is cut off, copy or download it again"
                                      : "; bytes follow that no tensor has");
    by_name.resize(entries.size());
    std::iota(by_name.begin(), by_name.end(), 0u);
    std::sort(by_name.begin(), by_name.end(),
              [&](uint32_t a, uint32_t b) { return header_.name(entries[a]) < header_.name(entries[b]); });
    for (size_t i = 1; i < by_name.size(); i++)
      if (header_.name(entries[by_name[i]]) == header_.name(entries[by_name[i - 1]]))
        file_.corrupt(8, "each tensor has a name of its own: got '",
                      header_.name(entries[by_name[i]]).substr(0, 64), "' twice; write the file again");
  }

 private:
  enum : int { kDtype = 1, kShape = 2, kOffsets = 4 };

  void add() {
    if (seen_ != (kDtype | kShape | kOffsets) || offsets_ != 2)
      corrupt("a tensor needs 'dtype', 'shape' and two 'data_offsets': got '", name_.substr(0, 64),
              "' without one of them; is it a safetensors file?");
    // Zero sizes do not excuse an overflow of the others: views of the shape compute with them.
    int64_t most = static_cast<int64_t>(size_of(type_)), bytes = most;
    bool overflow = false;
    for (size_t i = 0; i < rank_; i++) {
      overflow |= __builtin_mul_overflow(most, std::max<int64_t>(dims_[i], 1), &most);
      overflow |= __builtin_mul_overflow(bytes, dims_[i], &bytes);
    }
    // Widened on the way into memory an element may be eight times as large.
    overflow |= __builtin_mul_overflow(most, int64_t{8}, &most);
    if (overflow)
      corrupt("the sizes of '", name_.substr(0, 64), "' overflow 64 bits; is it a safetensors file?");
    const int64_t begin = offset_[0], end = offset_[1], room = file_.size() - data_;
    if (begin > end || end > room)
      corrupt("offsets ascend and lie in the file: got ", begin, " and ", end, " for '", name_.substr(0, 64),
              "' in ", room, " bytes of elements; the file is cut off or damaged, copy or download it again");
    if (end - begin != bytes)
      corrupt("offsets must span the elements: got ", end - begin, " bytes for '", name_.substr(0, 64),
              "', whose dtype ", name_of(type_), " and shape take ", bytes, "; is it a safetensors file?");
    if (header_.entries_.size() == kMostTensors)
      unsupported("a file holds at most ", kMostTensors, " tensors here: got more; split it");
    header_.entries_.push_back({static_cast<uint32_t>(header_.names_.size()),
                                static_cast<uint32_t>(name_.size()),
                                static_cast<uint32_t>(header_.dims_.size()), static_cast<uint8_t>(rank_),
                                type_, data_ + begin, data_ + end});
    header_.names_.append(name_).push_back('\0');
    header_.dims_.insert(header_.dims_.end(), dims_.begin(),
                         dims_.begin() + static_cast<std::ptrdiff_t>(rank_));
  }

  SafetensorsHeader& header_;
  const int64_t data_;
  int level_ = 0, seen_ = 0, expected_ = 0;
  bool in_metadata_ = false, had_metadata_ = false, in_list_ = false;
  std::string name_, field_;
  StoredType type_ = StoredType::kF32;
  std::array<int64_t, kMaxRank> dims_{};
  std::array<int64_t, 2> offset_{};
  size_t rank_ = 0, offsets_ = 0;
};

namespace {

// The bytes of a header's text, and the eight that say how many those are.
uint64_t read_length(const File& file, unsigned char (&length)[8]) {
  if (file.size() < 8)
    file.corrupt(file.size(), "the length of the header takes 8 bytes: got ", file.size(),
                 "; is it a safetensors file?");
  file.read(0, length, sizeof length);
  uint64_t bytes = 0;
  for (int i = 7; i >= 0; i--) bytes = bytes << 8 | length[i];
  if (bytes > static_cast<uint64_t>(kMostHeaderBytes))
    file.corrupt(0, "a header has at most ", kMostHeaderBytes, " bytes: got ", bytes,
                 "; is it a safetensors file?");
  if (static_cast<int64_t>(bytes) > file.size() - 8)
    file.corrupt(0, "the header must lie in the file: got ", bytes, " bytes of ", file.size() - 8,
                 "; the file is cut off, copy or download it again");
  return bytes;
}

}  // namespace

SafetensorsHeader::SafetensorsHeader(const File& file, Poll poll, uint32_t* checksum) {
  unsigned char length[8];
  const uint64_t bytes = read_length(file, length);
  const int64_t data = 8 + static_cast<int64_t>(bytes);
  names_.reserve(bytes);
  TextStream stream(file, 8, data, poll);
  if (stream.over() || stream.current() != '{')
    file.corrupt(8, "a header begins with '{': got something else; is it a safetensors file?");
  HeaderReader reader(file, stream, *this, data);
  parse(stream, reader);
  reader.finish();
  const auto of_length = static_cast<uint32_t>(crc32_z(0, length, sizeof length));
  if (checksum)
    *checksum =
        static_cast<uint32_t>(crc32_combine(of_length, stream.checksum(), static_cast<z_off_t>(bytes)));
}

uint32_t SafetensorsHeader::checksum_of(const File& file, Poll poll) {
  unsigned char length[8];
  const int64_t end = 8 + static_cast<int64_t>(read_length(file, length));
  auto checksum = static_cast<uint32_t>(crc32_z(0, length, sizeof length));
  std::vector<unsigned char> block(static_cast<size_t>(std::min<int64_t>(end - 8, kBlock)));
  for (int64_t at = 8; at < end;) {
    poll();
    const auto n = static_cast<size_t>(std::min<int64_t>(end - at, kBlock));
    file.read(at, block.data(), n);
    checksum = static_cast<uint32_t>(crc32_z(checksum, block.data(), n));
    at += static_cast<int64_t>(n);
  }
  return checksum;
}

size_t SafetensorsHeader::find(std::string_view name) const {
  auto name_at = [&](uint32_t i) { return this->name(entries_[i]); };
  auto found = std::lower_bound(by_name_.begin(), by_name_.end(), name,
                                [&](uint32_t i, std::string_view wanted) { return name_at(i) < wanted; });
  return found != by_name_.end() && name_at(*found) == name ? *found : entries_.size();
}

Texts read_texts(const File& file, int64_t begin, int64_t end, Poll poll, uint32_t* checksum) {
  Texts texts;
  TextStream stream(file, begin, end, poll);
  TextsReader reader(file, stream, texts);
  parse(stream, reader);
  if (checksum) *checksum = stream.checksum();
  return texts;
}

bool is_utf8(const std::string& text) {
  try {
    (void)Json(text).dump();
    return true;
  } catch (const Json::exception&) {
    return false;
  }
}

std::string quoted(const char* op, const char* what, const std::string& text) {
  if (text.size() > kMostTextBytes)
    invalid("[", op, "] ", what, " has at most ", kMostTextBytes, " bytes: got ", text.size(),
            "; keep it in a tensor");
  if (text.find('\0') != std::string::npos)
    invalid("[", op, "] ", what, " must hold no NUL: got one in '", text.c_str(),
            "'; keep bytes in a tensor of u8");
  if (!is_utf8(text))
    invalid("[", op, "] ", what, " must be UTF-8: got other bytes in ", json_text(text),
            "; keep bytes in a tensor of u8");
  std::string written = Json(text).dump();
  if (written.size() > 2 * kMostTextBytes)
    invalid("[", op, "] ", what, " has at most ", 2 * kMostTextBytes, " bytes with its escapes: got ",
            written.size(), "; keep it in a tensor");
  return written;
}

}  // namespace tl::io
