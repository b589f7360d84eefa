#include "core/io/columns.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace tl::io {
namespace {

constexpr size_t kShown = 40;  // of a text in a message

DType dtype_of(ColumnType type) {
  switch (type) {
    case ColumnType::kF64: return DType::kF64;
    case ColumnType::kI32:
    case ColumnType::kText: return DType::kI32;
    case ColumnType::kI64: return DType::kI64;
    case ColumnType::kU8: return DType::kU8;
    case ColumnType::kBool: return DType::kBool;
    default: return DType::kF32;
  }
}

const char* words_of(ColumnType type) {
  switch (type) {
    case ColumnType::kF32: return "numbers (f32)";
    case ColumnType::kF64: return "numbers (f64)";
    case ColumnType::kI32: return "whole numbers (i32)";
    case ColumnType::kI64: return "whole numbers (i64)";
    case ColumnType::kU8: return "whole numbers from 0 to 255 (u8)";
    case ColumnType::kBool: return "truths (bool)";
    default: return "texts";
  }
}

}  // namespace

size_t Columns::add(uint64_t offset, std::string name, ColumnType type) {
  if (columns_.size() == kMost)
    input_.fail_at(Code::kUnsupported, offset, "a table has at most ", kMost,
                   " columns; is the delimiter right?");
  Column column;
  column.name = std::move(name);
  column.type = type;
  columns_.push_back(std::move(column));
  return columns_.size() - 1;
}

void Columns::see_shape(uint64_t offset, size_t column, const Shape& shape) {
  Column& c = columns_[column];
  if (c.has_shape && c.shape != shape)
    input_.corrupt(offset, "values of '", c.name, "' must all have one shape: got ", shape, " after ",
                   c.shape);
  c.has_shape = true;
  c.shape = shape;
}

ColumnType Columns::settled(const Column& c) const {
  if (c.type != ColumnType::kGuess) return c.type;
  const ColumnType number = floats_ == DType::kF64 ? ColumnType::kF64 : ColumnType::kF32;
  auto has = [&](Seen s) { return (c.seen & static_cast<uint8_t>(s)) != 0; };
  if (has(Seen::kText)) return ColumnType::kText;
  if (has(Seen::kTruth))
    return has(Seen::kMissing) || has(Seen::kWhole) || has(Seen::kNumber) || has(Seen::kSpelled)
               ? ColumnType::kText
               : ColumnType::kBool;
  return has(Seen::kWhole) && !has(Seen::kNumber) && !has(Seen::kSpelled) && !has(Seen::kMissing)
             ? ColumnType::kI64
             : number;
}

void Columns::allocate(int64_t rows, Budget& budget) {
  for (Column& c : columns_) {
    if (c.rows < rows) c.seen |= static_cast<uint8_t>(Seen::kMissing);
    c.type = settled(c);
    if (c.type == ColumnType::kSkip) continue;
    const DType dtype = dtype_of(c.type);
    Shape shape{rows};
    int64_t bytes = static_cast<int64_t>(size_of(dtype));
    bool overflow = __builtin_mul_overflow(bytes, std::max<int64_t>(rows, 1), &bytes);
    for (int64_t size : c.shape) {
      overflow |= __builtin_mul_overflow(bytes, std::max<int64_t>(size, 1), &bytes);
      shape.push_back(size);
    }
    if (overflow) input_.corrupt(0, "the sizes of '", c.name, "' overflow 64 bits: got ", shape);
    c.width = c.shape.elements();
    budget.take(input_, input_.size(), static_cast<uint64_t>(shape.elements()) * size_of(dtype),
                "the column '", c.name, "'");
    c.tensor = context_.allocate(dtype, shape);
    const auto count = static_cast<size_t>(c.tensor.elements());
    // Where rows lack the column nobody will come by.
    if (c.rows == rows) continue;
    if (dtype == DType::kF32)
      std::fill_n(c.tensor.mutable_data<float>(), count, NAN);
    else if (dtype == DType::kF64)
      std::fill_n(c.tensor.mutable_data<double>(), count, NAN);
    else if (c.type == ColumnType::kText)
      std::fill_n(c.tensor.mutable_data<int32_t>(), count, -1);
    else
      input_.corrupt(input_.size(), "a column of ", words_of(c.type), " must have a value in every row: '",
                     c.name, "' has ", c.rows, " in ", rows, " rows");
  }
}

void Columns::refuse(uint64_t offset, size_t column, int64_t row, const std::string& value) const {
  const Column& c = columns_[column];
  input_.corrupt(offset, "column '", c.name, "' must hold ", words_of(c.type), ": got ", value, " in row ",
                 row, " (of values, from 0)");
}

void Columns::put_missing(uint64_t offset, size_t column, int64_t row, int64_t place) {
  Column& c = columns_[column];
  switch (c.type) {
    case ColumnType::kF32: at<float>(c, row, place) = NAN; break;
    case ColumnType::kF64: at<double>(c, row, place) = NAN; break;
    case ColumnType::kText: at<int32_t>(c, row, place) = -1; break;
    default: refuse(offset, column, row, "no value");
  }
}

void Columns::put_whole(uint64_t offset, size_t column, int64_t row, int64_t place, int64_t value) {
  Column& c = columns_[column];
  bool fits = true;
  switch (c.type) {
    case ColumnType::kF32: at<float>(c, row, place) = static_cast<float>(value); break;
    case ColumnType::kF64: at<double>(c, row, place) = static_cast<double>(value); break;
    case ColumnType::kI64: at<int64_t>(c, row, place) = value; break;
    case ColumnType::kI32:
      fits = value >= std::numeric_limits<int32_t>::min() && value <= std::numeric_limits<int32_t>::max();
      at<int32_t>(c, row, place) = static_cast<int32_t>(value);
      break;
    case ColumnType::kU8:
      fits = value >= 0 && value <= 255;
      at<uint8_t>(c, row, place) = static_cast<uint8_t>(value);
      break;
    case ColumnType::kBool:
      fits = value == 0 || value == 1;
      at<uint8_t>(c, row, place) = static_cast<uint8_t>(value == 1);
      break;
    default: fits = false;
  }
  if (!fits) refuse(offset, column, row, text(value));
}

void Columns::put_number(uint64_t offset, size_t column, int64_t row, int64_t place, double value) {
  Column& c = columns_[column];
  if (c.type == ColumnType::kF64) {
    at<double>(c, row, place) = value;
  } else if (c.type == ColumnType::kF32) {
    const auto single = static_cast<float>(value);
    if (std::isinf(single) && !std::isinf(value)) refuse(offset, column, row, text(value));
    at<float>(c, row, place) = single;
  } else {
    refuse(offset, column, row, text(value));
  }
}

void Columns::put_truth(uint64_t offset, size_t column, int64_t row, int64_t place, bool value) {
  Column& c = columns_[column];
  const char* word = value ? "true" : "false";
  if (c.type == ColumnType::kText) return put_text(offset, column, row, place, word);
  if (c.type != ColumnType::kBool) refuse(offset, column, row, word);
  at<uint8_t>(c, row, place) = value;
}

void Columns::put_text(uint64_t offset, size_t column, int64_t row, int64_t place, std::string_view value) {
  Column& c = columns_[column];
  if (c.type != ColumnType::kText)
    refuse(offset, column, row, concat("'", value.substr(0, kShown), value.size() > kShown ? "...'" : "'"));
  if (value.find('\0') != std::string_view::npos)
    input_.corrupt(offset, "a text must not hold a NUL: got one in column '", c.name, "', row ", row);
  const int32_t code = c.categories.code_of(value);
  if (code < 0)
    input_.fail_at(Code::kUnsupported, offset, "a column of texts has at most ", Categories::kMost,
                   " different ones: '", c.name, "' has more; leave it out");
  at<int32_t>(c, row, place) = code;
}

Bundle Columns::finish() {
  Bundle out;
  for (Column& c : columns_) {
    if (c.type == ColumnType::kSkip) continue;
    c.categories.forget_index();
    out.entries.push_back({std::move(c.name), std::move(c.tensor), std::move(c.categories)});
  }
  return out;
}

}  // namespace tl::io
