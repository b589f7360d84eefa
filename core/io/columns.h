// Columns: what readers of tables share. A file is walked through twice: first every value is looked at, which settles dtypes,
// sizes and the number of rows; then the tensors are allocated, and every value is put where it belongs. So no second copy of the
// values is ever held.
//
// A value is missing (no field, a null), a truth, a whole number, another number, a number that is spelled as a text for the format
// has none (NaN and the infinities in JSON; an empty text in quotes in CSV, which is a missing one), or a text. What a column becomes:
//
//   its values                          dtype      a missing one is
//   none, or numbers with a fraction,   f32, f64   NaN
//   spelled ones among them
//   whole numbers that fit 64 bits      i64, with missing ones as above
//   truths                              bool; with missing ones as texts are
//   texts, spelled numbers among them   i32: codes from 0 in the order of first appearance, and the texts beside them; -1
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/io/bundle.h"
#include "core/io/input.h"

namespace tl::io {

// What a column is to be. The letters are those of column types in read_csv.
enum class ColumnType : char {
  kGuess = '?',
  kSkip = '-',
  kF32 = 'f',
  kF64 = 'd',
  kI32 = 'i',
  kI64 = 'l',
  kU8 = 'u',
  kBool = 'b',
  kText = 'c',
};

class Columns {
 public:
  static constexpr size_t kMost = size_t{1} << 16;

  // `floats`: the dtype of guessed columns of numbers, f32 or f64.
  Columns(Context& context, const Input& input, DType floats)
      : context_(context), input_(input), floats_(floats) {}

  // Throws kUnsupported for more than kMost. `shape`: of one value; empty for one number.
  size_t add(uint64_t offset, std::string name, ColumnType type);
  size_t size() const { return columns_.size(); }
  const std::string& name(size_t column) const { return columns_[column].name; }
  ColumnType type(size_t column) const { return columns_[column].type; }
  int64_t width(size_t column) const {
    return columns_[column].width;
  }  // elements of one value, after allocate()

  // The first walk. A value that a column of a given type cannot hold is only found in the second one.
  enum class Seen : uint8_t { kMissing = 1, kTruth = 2, kWhole = 4, kNumber = 8, kText = 16, kSpelled = 32 };
  void see(size_t column, Seen value) { columns_[column].seen |= static_cast<uint8_t>(value); }
  bool has_seen(size_t column, Seen value) const {
    return columns_[column].seen & static_cast<uint8_t>(value);
  }
  // Values of a column may be arrays: their common shape, kept from the first row that has one. Throws where it differs.
  void see_shape(uint64_t offset, size_t column, const Shape& shape);
  // That a row has the column. Missing are those of rows that have not.
  void see_row(size_t column) { columns_[column].rows++; }

  // Between the walks: settles types, checks the budget and allocates.
  void allocate(int64_t rows, Budget& budget);

  // The second walk: the value of element `place` of a row. Throw kCorruptData where the column cannot hold it.
  void put_missing(uint64_t offset, size_t column, int64_t row, int64_t place);
  void put_whole(uint64_t offset, size_t column, int64_t row, int64_t place, int64_t value);
  void put_number(uint64_t offset, size_t column, int64_t row, int64_t place, double value);
  void put_truth(uint64_t offset, size_t column, int64_t row, int64_t place, bool value);
  void put_text(uint64_t offset, size_t column, int64_t row, int64_t place, std::string_view value);

  Bundle finish();  // without those that are skipped

 private:
  struct Column {
    std::string name;
    ColumnType type;
    uint8_t seen = 0;
    bool has_shape = false;
    Shape shape;
    int64_t rows = 0;
    int64_t width = 1;
    Tensor tensor;
    Categories categories;
  };
  ColumnType settled(const Column& column) const;
  template <class T>
  T& at(Column& column, int64_t row, int64_t place) {
    return column.tensor.mutable_data<T>()[row * column.width + place];
  }
  [[noreturn]] void refuse(uint64_t offset, size_t column, int64_t row, const std::string& value) const;

  Context& context_;
  const Input& input_;
  DType floats_;
  std::vector<Column> columns_;
};

}  // namespace tl::io
