#include "core/io/csv.h"

#include <csv.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <exception>
#include <memory>
#include <unordered_set>
#include <utility>

namespace tl::io {
namespace {

constexpr size_t kCsvChunk = size_t{1} << 16;
constexpr size_t kLongestField = size_t{16} << 20;
constexpr char kUtf8Mark[] = "\xEF\xBB\xBF";

bool equal_in_any_case(std::string_view a, std::string_view b) {
  auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [&](char x, char y) { return lower(x) == lower(y); });
}

// A field in its forms. `parsed` tells which of them it has.
struct Field {
  Columns::Seen parsed = Columns::Seen::kText;
  int64_t whole = 0;
  double number = 0;
  bool in_range = true;  // of a number: that it is not beyond what a double holds
};

// Of a decimal number that is none of a double's: whether it is too close to 0, which its first digit other than 0 tells, rather than
// too large.
bool is_too_small(std::string_view number) {
  const size_t e = std::min(number.find_first_of("eE"), number.size());
  const std::string_view digits = number.substr(0, e);
  int64_t exponent = 0;
  if (e < number.size()) {
    const bool plus = number[e + 1] == '+';
    const char* begin = number.data() + e + 1 + plus;
    if (std::from_chars(begin, number.data() + number.size(), exponent).ec != std::errc())
      return *begin == '-';
  }
  const auto first = static_cast<int64_t>(std::min(digits.find_first_of("123456789"), digits.size()));
  const auto point = static_cast<int64_t>(std::min(digits.find('.'), digits.size()));
  return exponent + point - first < 0;
}

Field parse(std::string_view text) {
  Field out;
  if (equal_in_any_case(text, "true") || equal_in_any_case(text, "false")) {
    out.parsed = Columns::Seen::kTruth;
    out.whole = text.size() == 4;
    return out;
  }
  const bool plus = text.size() > 1 && text[0] == '+' && text[1] != '-';
  const char *begin = text.data() + plus, *end = text.data() + text.size();
  const auto whole = std::from_chars(begin, end, out.whole);
  if (whole.ec == std::errc() && whole.ptr == end) {
    out.parsed = Columns::Seen::kWhole;
    out.number = static_cast<double>(out.whole);
    return out;
  }
  const auto number = std::from_chars(begin, end, out.number);
  if (number.ptr == end && begin != end && number.ec != std::errc::invalid_argument) {
    out.parsed = Columns::Seen::kNumber;
    if (number.ec == std::errc::result_out_of_range) {
      out.in_range = is_too_small(text.substr(plus));
      out.number = text[0] == '-' ? -0.0 : 0.0;  // the double that is nearest
    }
  }
  return out;
}

// One walk through the file. What comes is told by calls of libcsv's, through which no exception may pass.
class Walk {
 public:
  explicit Walk(const Input& input) : input_(input) {}
  virtual ~Walk() = default;
  Walk(const Walk&) = delete;
  Walk& operator=(const Walk&) = delete;

  void run(char delimiter) {
    csv_parser parser;
    if (csv_init(&parser, CSV_STRICT | CSV_STRICT_FINI | CSV_EMPTY_IS_NULL) != 0) throw std::bad_alloc();
    std::unique_ptr<csv_parser, void (*)(csv_parser*)> owner(&parser, csv_free);
    csv_set_delim(&parser, static_cast<unsigned char>(delimiter));
    csv_set_blk_size(&parser, kCsvChunk);
    std::unique_ptr<char[]> chunk(new char[kCsvChunk]);
    for (uint64_t offset = 0; offset < input_.size();) {
      const size_t n = static_cast<size_t>(std::min<uint64_t>(kCsvChunk, input_.size() - offset));
      input_.read(offset, chunk.get(), n);
      size_t at = offset == 0 && n >= 3 && std::memcmp(chunk.get(), kUtf8Mark, 3) == 0 ? 3 : 0;
      while (at < n) {  // line by line, so that it is known where a row begins
        const void* feed = std::memchr(chunk.get() + at, '\n', n - at);
        const size_t end = feed ? static_cast<size_t>(static_cast<const char*>(feed) - chunk.get()) + 1 : n;
        if (!inside_row_) row_start_ = offset + at;
        inside_row_ = true;
        const size_t done = csv_parse(&parser, chunk.get() + at, end - at, on_field, on_row, this);
        after(parser, done == end - at, offset + at + done);
        at = end;
      }
      offset += n;
    }
    const int ended = csv_fini(&parser, on_field, on_row, this);
    after(parser, ended == 0, input_.size());
  }

 protected:
  // `null`: an empty field.
  virtual void field(size_t column, std::string_view text, bool null) = 0;
  virtual void row(size_t fields) = 0;
  uint64_t row_start() const { return row_start_; }
  const Input& input_;

 private:
  static void on_field(void* text, size_t bytes, void* walk) {
    static_cast<Walk*>(walk)->guarded([&](Walk& w) {
      w.field(w.fields_++, std::string_view(static_cast<const char*>(text), text ? bytes : 0),
              text == nullptr);
    });
  }
  static void on_row(int, void* walk) {
    static_cast<Walk*>(walk)->guarded([&](Walk& w) {
      w.inside_row_ = false;
      w.row(std::exchange(w.fields_, 0));
    });
  }
  template <class F>
  void guarded(F&& f) noexcept {
    if (failure_) return;
    try {
      f(*this);
    } catch (...) {
      failure_ = std::current_exception();
    }
  }
  void after(csv_parser& parser, bool well, uint64_t offset) {
    if (failure_) std::rethrow_exception(failure_);
    if (csv_get_buffer_size(&parser) > kLongestField)
      input_.fail_at(Code::kUnsupported, row_start_, "a field has at most ", kLongestField,
                     " bytes; does a quote lack its end?");
    if (well) return;
    if (csv_error(&parser) == CSV_ENOMEM) throw std::bad_alloc();
    input_.corrupt(offset,
                   offset == input_.size() ? "the file ends inside a field in quotes"
                                           : "a quote must begin or end a whole field, or be doubled inside",
                   "; the row begins at byte ", row_start_);
  }

  uint64_t row_start_ = 0;
  bool inside_row_ = false;
  size_t fields_ = 0;
  std::exception_ptr failure_;
};

class Missing {
 public:
  explicit Missing(const std::string& text) : text_(text) {}
  bool operator()(std::string_view field, bool null) const {
    if (null) return true;
    if (!text_.empty()) return field == text_;
    return equal_in_any_case(field, "NA") || equal_in_any_case(field, "NaN") ||
           equal_in_any_case(field, "null");
  }

 private:
  const std::string& text_;
};

// Names, types and the number of rows.
class FirstWalk final : public Walk {
 public:
  FirstWalk(const Input& input, const CsvOptions& options, Columns& columns)
      : Walk(input),
        options_(options),
        missing_(options.missing),
        columns_(columns),
        named_(!options.header) {}

  int64_t finish() {
    run(options_.delimiter);
    if (columns_.size() == 0)
      input_.corrupt(0, "a table must have at least one row: got an empty file",
                     options_.header ? "; the first row names the columns" : "");
    return rows_;
  }

 private:
  ColumnType type(size_t column) const {
    if (options_.types.empty()) return ColumnType::kGuess;
    return column < options_.types.size() ? static_cast<ColumnType>(options_.types[column])
                                          : ColumnType::kSkip;
  }

  void field(size_t column, std::string_view text, bool null) override {
    if (!named_) {
      if (text.find('\0') != std::string_view::npos)
        input_.corrupt(row_start(), "the name of a column must not hold a NUL");
      if (!names_.insert(std::string(text)).second)
        input_.corrupt(row_start(), "the names of the columns must differ: got '", text,
                       "' twice; is it a header at all?");
      columns_.add(row_start(), std::string(text), type(column));
      return;
    }
    if (rows_ == 0 && !options_.header) columns_.add(row_start(), std::to_string(column), type(column));
    if (column >= columns_.size()) return;  // row() will say so
    if (columns_.type(column) == ColumnType::kGuess)
      columns_.see(column, missing_(text, null) ? Columns::Seen::kMissing
                           : text.empty()       ? Columns::Seen::kSpelled
                                                : parse(text).parsed);
    columns_.see_row(column);
  }

  void row(size_t fields) override {
    if (rows_ == 0 && !options_.types.empty() && options_.types.size() != columns_.size())
      invalid("[", input_.op(), "] 'types' must have one letter for each column: got ", options_.types.size(),
              " for ", columns_.size(), " columns of ", input_.name(), "; '-' skips one, '?' guesses");
    if (!named_) {
      named_ = true;
      return;
    }
    if (fields != columns_.size())
      input_.corrupt(row_start(), "every row must have as many fields as the first, ", columns_.size(),
                     ": got ", fields, " in row ", rows_, " (of values, from 0); is the delimiter right?");
    rows_++;
  }

  const CsvOptions& options_;
  Missing missing_;
  Columns& columns_;
  std::unordered_set<std::string> names_;
  bool named_;
  int64_t rows_ = 0;
};

// Values.
class SecondWalk final : public Walk {
 public:
  SecondWalk(const Input& input, const CsvOptions& options, Columns& columns, int64_t rows)
      : Walk(input),
        options_(options),
        missing_(options.missing),
        columns_(columns),
        rows_(rows),
        row_(options.header ? -1 : 0) {}

  void finish() {
    run(options_.delimiter);
    if (row_ != rows_) changed();
  }

 private:
  void field(size_t column, std::string_view text, bool null) override {
    if (row_ < 0) return;
    if (row_ >= rows_ || column >= columns_.size()) changed();
    const ColumnType type = columns_.type(column);
    if (type == ColumnType::kSkip) return;
    if (missing_(text, null)) return columns_.put_missing(row_start(), column, row_, 0);
    if (type == ColumnType::kText) return columns_.put_text(row_start(), column, row_, 0, text);
    if (text.empty()) return columns_.put_missing(row_start(), column, row_, 0);  // in quotes
    const Field field = parse(text);
    switch (field.parsed) {
      case Columns::Seen::kTruth: return columns_.put_truth(row_start(), column, row_, 0, field.whole == 1);
      case Columns::Seen::kWhole: return columns_.put_whole(row_start(), column, row_, 0, field.whole);
      case Columns::Seen::kNumber:
        if (!field.in_range)
          input_.corrupt(row_start(), "a number must not be beyond f64: got '", text, "' in column '",
                         columns_.name(column), "', row ", row_,
                         " (of values, from 0); an infinity is spelled inf");
        return columns_.put_number(row_start(), column, row_, 0, field.number);
      default: columns_.put_text(row_start(), column, row_, 0, text);
    }
  }
  void row(size_t) override { row_++; }

  [[noreturn]] void changed() const {
    input_.fail_at(Code::kIo, row_start(),
                   "the file has changed while it was read; read it when nobody writes it");
  }

  const CsvOptions& options_;
  Missing missing_;
  Columns& columns_;
  int64_t rows_, row_;
};

void check(const Input& input, const CsvOptions& options) {
  const char d = options.delimiter;
  if (d == '\n' || d == '\r' || d == '"' || d == ' ' || d == '\0')
    invalid("[", input.op(), "] 'delimiter' must be a byte that can stand between fields: got ", int{d},
            "; ',', ';' and '\\t' are usual");
  for (char c : options.types)
    if (!std::strchr("?-fdilubc", c))
      invalid("[", input.op(), "] 'types' must consist of the letters ?-fdilubc: got '", std::string(1, c),
              "'; one for each column");
}

}  // namespace

Bundle read_csv(Context& context, const Input& input, const CsvOptions& options) {
  check(input, options);
  Columns columns(context, input, options.floats);
  const int64_t rows = FirstWalk(input, options, columns).finish();
  Budget budget(input, options.max_bytes, 8);
  columns.allocate(rows, budget);
  SecondWalk(input, options, columns, rows).finish();
  input.check_unchanged();
  return columns.finish();
}

}  // namespace tl::io
