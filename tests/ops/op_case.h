// What a line of `samples` or `errors` of the op table becomes: an OpCase, with the call of the op, the call
// of its reference, and everything needed to draw its operands. generated/op_cases.cpp makes the list; this
// file does not compare anything, the tests do.
#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

#include "core/tensor/context.h"
#include "core/tensor/tensor.h"

namespace tl::test {

// A list that the generated calls index, and of which they hand a part to a variadic operand.
template <class T>
class Pack {
 public:
  Pack() = default;
  Pack(std::initializer_list<T> items) : items_(items) {}
  explicit Pack(std::vector<T> items) : items_(std::move(items)) {}
  Pack part(size_t at, size_t count) const {
    return Pack(std::vector<T>(items_.begin() + at, items_.begin() + at + count));
  }
  void push_back(T item) { items_.push_back(std::move(item)); }
  const T& operator[](size_t i) const { return items_[i]; }
  T& operator[](size_t i) { return items_[i]; }
  const T* data() const { return items_.data(); }
  size_t size() const { return items_.size(); }
  auto begin() const { return items_.begin(); }
  auto end() const { return items_.end(); }

 private:
  std::vector<T> items_;
};

// A value of the references: every dtype in double, which holds all the integers that the samples reach.
struct Array {
  Shape shape;
  DType dtype = DType::kF64;
  std::vector<double> values;  // row-major
};

using Arrays = Pack<Array>;
using Tensors = Pack<Tensor>;

inline Tensors outputs(Tensor t) { return {std::move(t)}; }
template <size_t N>
Tensors outputs(const std::array<Tensor, N>& list) {
  return Tensors(std::vector<Tensor>(list.begin(), list.end()));
}

// "Without a dtype of its own": the tests run every dtype that the row allows.
inline constexpr DType kFloating = static_cast<DType>(0);

struct TensorSample {
  const char* name;
  Shape shape;
  DType dtype;  // or kFloating
  double low, high;
  DTypeSet allowed;
};

// Every derivative is checked to this order.
inline constexpr int kOrders = 3;

enum class Gradient { kRule, kComposite, kZero, kNone };

struct OpCase {
  const char* op;
  int index;         // among the samples, or among the error samples, of its row
  const char* text;  // the sample as the table writes it
  std::vector<TensorSample> tensors;
  Tensors (*call)(Context& context, const Tensors& in);
  Arrays (*reference)(const Arrays& in);  // null for random ops and error samples
  Gradient gradient;
  std::vector<double> kinks;  // operand values at which the op has no derivative
  bool distinct;              // operand values must differ: the op compares them
  double tolerance_f32, tolerance_f64;
  const char* error;  // for an error sample, what the message must contain; otherwise null

  std::string label() const { return std::string(op) + ": " + text; }
};

const std::vector<OpCase>& op_cases();
const std::vector<const char*>& op_names();

// The dtypes to run for the operands without a dtype of their own. One entry, of no meaning, when there is no
// such operand; for an error sample f32 alone.
std::vector<DType> run_dtypes(const OpCase& c);

// The operands of a case: the same for the same case and dtype, away from kinks, pairwise apart where the row
// says `distinct`. `variant` draws others of the same kind.
Arrays sample_operands(const OpCase& c, DType run, uint64_t variant = 0);

// Numbers in [0.5, 1.5] with random signs: directions and weights of gradient checks.
Array sample_direction(const Shape& shape, uint64_t seed);

// How the memory of a tensor is laid out.
enum class Layout {
  kOwn,   // a buffer of its own, 64-byte aligned
  kRows,  // rows out of the middle of a larger tensor: shared and not aligned
};
Tensor to_tensor(Context& context, const Array& array, Layout layout = Layout::kOwn);
Tensors to_tensors(Context& context, const Arrays& arrays, Layout layout = Layout::kOwn);
Array to_array(const Tensor& tensor);
Arrays to_arrays(const Tensors& tensors);
// The values as the dtype can hold them (f32 rounds; the others are exact already).
Array rounded(Array array);

// "" when `got` agrees with `expected`, otherwise what differs. Dtypes and shapes must be equal, integers
// too; NaN agrees with NaN, an infinity with the same infinity, and numbers within tolerance * (|expected| +
// floor).
std::string difference(const Array& got, const Array& expected, double tolerance, double floor);
// The same bits?
bool same_bits(const Tensor& a, const Tensor& b);

// Runs an error sample. "" when the op threw kInvalidArgument with the text and left no tensor behind,
// otherwise what went wrong.
std::string check_error_sample(const OpCase& c);

}  // namespace tl::test
