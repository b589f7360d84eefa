#include "core/io/json_lines.h"

#include <algorithm>
#include <limits>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <unordered_map>

#include "core/base/escape.h"
#include "core/io/columns.h"

namespace tl::io {
namespace {

using nlohmann::json;

constexpr size_t kLinesChunk = size_t{1} << 16;
constexpr size_t kLongestLine = size_t{8} << 20;  // the parser takes up to eight times a text that has no end
constexpr int kDeepestArray = kMaxRank - 1;       // the first axis is that of the rows

// Calls line(offset, text) for every line that is not blank.
template <class F>
void each_line(const Input& input, F&& line) {
  std::unique_ptr<char[]> chunk(new char[kLinesChunk]);
  std::string text;
  uint64_t start = 0;
  auto end_line = [&] {
    if (text.find_first_not_of(" \t\r") != std::string::npos) line(start, text);
    text.clear();
  };
  for (uint64_t offset = 0; offset < input.size();) {
    const auto n = static_cast<size_t>(std::min<uint64_t>(kLinesChunk, input.size() - offset));
    input.read(offset, chunk.get(), n);
    for (const char *at = chunk.get(), *end = at + n; at < end;) {
      const char* feed = std::find(at, end, '\n');
      text.append(at, feed);
      if (text.size() > kLongestLine)
        input.fail_at(Code::kUnsupported, start, "a line has at most ", kLongestLine,
                      " bytes; is it JSON lines?");
      if (feed == end) break;
      end_line();
      start = offset + static_cast<uint64_t>(feed + 1 - chunk.get());
      at = feed + 1;
    }
    offset += n;
  }
  end_line();
}

// The end of what the parser has read last, on one line. It spells control characters "<U+0009>".
std::string shown(std::string token) {
  constexpr size_t most = 32, spelled = 8;
  for (size_t at = 0; (at = token.find("<U+", at)) != std::string::npos; at++)
    if (at + spelled <= token.size() && token[at + spelled - 1] == '>') token.replace(at, spelled, "?");
  std::string out = token.size() > most ? "..." + token.substr(token.size() - most) : token;
  for (char& c : out)
    if (c < ' ' || c > '~') c = '?';
  return out;
}

// What both walks do with the events of a line. The parser keeps no stack of calls, so that nothing nests deeper than here.
class Line : public nlohmann::json_sax<json> {
 public:
  Line(const Input& input, Columns& columns, std::unordered_map<std::string, size_t>& names)
      : input_(input), columns_(columns), names_(names) {}

  void parse(uint64_t offset, const std::string& text) {
    offset_ = offset;
    inside_ = false;
    seen_.assign(columns_.size(), false);
    json::sax_parse(text, this);
    row_++;
  }
  int64_t rows() const { return row_; }

  // A null that is the whole value is no value: the row lacks the key.
  bool null() override {
    return inside_ && depth_ == 0 ? true : value([&] { on_missing(); });
  }
  bool boolean(bool v) override {
    return value([&] { on_truth(v); });
  }
  bool number_integer(number_integer_t v) override {
    return value([&] { on_whole(v); });
  }
  bool number_unsigned(number_unsigned_t v) override {
    if (v > static_cast<uint64_t>(INT64_MAX)) return value([&] { on_number(static_cast<double>(v)); });
    return value([&] { on_whole(static_cast<int64_t>(v)); });
  }
  bool number_float(number_float_t v, const string_t&) override {
    return value([&] { on_number(v); });
  }
  bool string(string_t& v) override {
    return value([&] { on_text(v); });
  }
  bool binary(binary_t&) override { return false; }  // not in JSON

  bool start_object(std::size_t) override {
    if (inside_)
      input_.fail_at(Code::kUnsupported, offset_, "a line must be a flat object: got one inside it, in '",
                     columns_.name(column_), "'; give its values keys of their own");
    inside_ = true;
    return true;
  }
  bool end_object() override { return true; }

  bool key(string_t& name) override {
    if (name.find('\0') != std::string::npos) input_.corrupt(offset_, "a key must not hold a NUL");
    column_ = column_of(name);
    if (column_ >= seen_.size()) seen_.resize(column_ + 1);
    if (seen_[column_]) input_.corrupt(offset_, "a key must come once in a line: got '", name, "' twice");
    seen_[column_] = true;
    depth_ = 0;
    bottom_ = -1;
    place_ = 0;
    std::fill(std::begin(known_), std::end(known_), false);
    return true;
  }

  bool start_array(std::size_t) override {
    if (!inside_)
      input_.corrupt(offset_, "a line must be an object: got an array; write one object in each line");
    if (bottom_ >= 0 && depth_ > bottom_) ragged();
    if (depth_ == kDeepestArray)
      input_.fail_at(Code::kUnsupported, offset_, "arrays nest at most ", kDeepestArray,
                     " deep: got more in '", columns_.name(column_), "'");
    counts_[depth_++] = 0;
    return true;
  }
  bool end_array() override {
    depth_--;
    if (bottom_ < 0) bottom_ = depth_;  // the first array that ends is one of the innermost
    if (known_[depth_] && dims_[depth_] != counts_[depth_]) ragged();
    known_[depth_] = true;
    dims_[depth_] = counts_[depth_];
    if (depth_ == 0)
      end_value(Shape(Span<const int64_t>(dims_, static_cast<size_t>(bottom_ + 1))));
    else
      counts_[depth_ - 1]++;
    return true;
  }

  // Of what the parser says only where it stands: its words are of its own version.
  bool parse_error(std::size_t position, const std::string& token, const json::exception& error) override {
    constexpr int kNumberOverflow = 406;
    const uint64_t at = offset_ + (position ? position - 1 : 0);
    const std::string near = shown(token);
    if (error.id == kNumberOverflow)
      input_.corrupt(at, "a number must not be beyond f64: got '", near,
                     "'; JSON has no infinity, a text \"inf\" stands for one in a column of numbers");
    input_.corrupt(at, "the line is no JSON", near.empty() ? ": it ends too early" : ", near '", near,
                   near.empty() ? "" : "'", "; write one object in each line");
  }

 protected:
  virtual size_t column_of(const std::string& name) = 0;
  virtual void on_missing() = 0;
  virtual void on_truth(bool value) = 0;
  virtual void on_whole(int64_t value) = 0;
  virtual void on_number(double value) = 0;
  virtual void on_text(const std::string& value) = 0;
  virtual void end_value(const Shape& shape) = 0;

  const Input& input_;
  Columns& columns_;
  std::unordered_map<std::string, size_t>& names_;
  uint64_t offset_ = 0;
  size_t column_ = 0;
  int64_t row_ = 0, place_ = 0;

 private:
  template <class F>
  bool value(F&& f) {
    if (!inside_) input_.corrupt(offset_, "a line must be an object: got a single value");
    if (depth_ > 0) {
      if (bottom_ >= 0 && depth_ - 1 != bottom_) ragged();
      if (bottom_ < 0) bottom_ = depth_ - 1;
      counts_[depth_ - 1]++;
    }
    f();
    place_++;
    if (depth_ == 0) end_value(Shape());
    return true;
  }
  [[noreturn]] void ragged() const {
    input_.corrupt(offset_, "an array must have the same shape in all its parts: it has not in '",
                   columns_.name(column_), "'");
  }

  bool inside_ = false;
  std::vector<bool> seen_;
  int depth_ = 0;    // of arrays that are open
  int bottom_ = -1;  // the depth of the innermost arrays, which hold the values; -1: not known yet
  int64_t counts_[kDeepestArray] = {}, dims_[kDeepestArray] = {};
  bool known_[kDeepestArray] = {};
};

// What stands for a number that JSON has none for: exactly what logs of metrics write (core/base/escape.h).
std::optional<double> spelled_number(const std::string& text) {
  for (const double v : {std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity(),
                         -std::numeric_limits<double>::infinity()})
    if (json_text(text) == json_number(v)) return v;
  return std::nullopt;
}

class FirstLine final : public Line {
 public:
  using Line::Line;

 private:
  size_t column_of(const std::string& name) override {
    auto [found, is_new] = names_.try_emplace(name, columns_.size());
    if (is_new) columns_.add(offset_, name, ColumnType::kGuess);
    return found->second;
  }
  // A number that is now a text is an error and no column of texts: nobody writes it so on purpose.
  void see(Columns::Seen kind) {
    using Seen = Columns::Seen;
    columns_.see(column_, kind);
    const bool number = columns_.has_seen(column_, Seen::kWhole) || columns_.has_seen(column_, Seen::kNumber);
    if (columns_.has_seen(column_, Seen::kTruth) && columns_.has_seen(column_, Seen::kSpelled)) mixed();
    if (number + columns_.has_seen(column_, Seen::kText) + columns_.has_seen(column_, Seen::kTruth) > 1)
      mixed();
  }
  [[noreturn]] void mixed() const {
    input_.corrupt(offset_,
                   "values of a key must be of one kind: got several of number, text and truth for '",
                   columns_.name(column_), "'");
  }
  void on_missing() override { see(Columns::Seen::kMissing); }
  void on_truth(bool) override { see(Columns::Seen::kTruth); }
  void on_whole(int64_t) override { see(Columns::Seen::kWhole); }
  void on_number(double) override { see(Columns::Seen::kNumber); }
  void on_text(const std::string& v) override {
    see(spelled_number(v) ? Columns::Seen::kSpelled : Columns::Seen::kText);
  }
  void end_value(const Shape& shape) override {
    columns_.see_shape(offset_, column_, shape);
    columns_.see_row(column_);
  }
};

class SecondLine final : public Line {
 public:
  SecondLine(const Input& input, Columns& columns, std::unordered_map<std::string, size_t>& names,
             int64_t rows)
      : Line(input, columns, names), rows_(rows) {}

 private:
  size_t column_of(const std::string& name) override {
    const auto found = names_.find(name);
    if (found == names_.end() || row_ >= rows_) changed();
    width_ = columns_.width(found->second);
    return found->second;
  }
  int64_t here() const {
    if (place_ >= width_) changed();
    return place_;
  }
  void on_missing() override { columns_.put_missing(offset_, column_, row_, here()); }
  void on_truth(bool v) override { columns_.put_truth(offset_, column_, row_, here(), v); }
  void on_whole(int64_t v) override { columns_.put_whole(offset_, column_, row_, here(), v); }
  void on_number(double v) override { columns_.put_number(offset_, column_, row_, here(), v); }
  void on_text(const std::string& v) override {
    const std::optional<double> number =
        columns_.type(column_) == ColumnType::kText ? std::nullopt : spelled_number(v);
    if (number)
      columns_.put_number(offset_, column_, row_, here(), *number);
    else
      columns_.put_text(offset_, column_, row_, here(), v);
  }
  void end_value(const Shape&) override {}
  [[noreturn]] void changed() const {
    input_.fail_at(Code::kIo, offset_,
                   "the file has changed while it was read; read it when nobody writes it");
  }
  int64_t rows_, width_ = 0;
};

}  // namespace

Bundle read_json_lines(Context& context, const Input& input, const JsonLinesOptions& options) {
  Columns columns(context, input, options.floats);
  std::unordered_map<std::string, size_t> names;
  FirstLine first(input, columns, names);
  each_line(input, [&](uint64_t offset, const std::string& text) { first.parse(offset, text); });
  if (columns.size() == 0) input.corrupt(0, "there must be at least one line with a key: got none");
  Budget budget(input, options.max_bytes, 8);
  columns.allocate(first.rows(), budget);
  SecondLine second(input, columns, names, first.rows());
  each_line(input, [&](uint64_t offset, const std::string& text) { second.parse(offset, text); });
  if (second.rows() != first.rows())
    input.fail_at(Code::kIo, input.size(),
                  "the file has changed while it was read; read it when nobody writes it");
  input.check_unchanged();
  return columns.finish();
}

}  // namespace tl::io
