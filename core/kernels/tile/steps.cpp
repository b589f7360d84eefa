// The kernels of the steps: for each op and each combination of kinds, the function of the vector table that serves.
#include "core/kernels/tile/steps.h"

#include <algorithm>
#include <cstring>

#include "core/kernels/convert.h"
#include "core/kernels/random_stream.h"
#include "core/kernels/select_run.h"
#include "core/ops/generated/attrs.h"

namespace tl::kernels {
namespace {

template <class T>
T* pointer(const Tile& t, uint16_t slot) {
  return static_cast<T*>(t.at[slot]);
}
template <class T>
const T* operand(const Step& s, const Tile& t, int i) {
  return pointer<T>(t, s.in[i]);
}

// How the operands of a step advance: as one run where each is of the result's kind or a scalar, else row by row.
struct Walk {
  size_t rows, cols;
  size_t next_row[3];
  bool advances[3];
  Walk(const Step& s, const Tile& t, int operands) : rows(1), cols(t.counts[s.kind]) {
    bool by_rows = false;
    for (int i = 0; i < operands; i++) {
      by_rows |= s.in_kind[i] != s.kind && s.in_kind[i] != kScalarKind;
      advances[i] = s.in_kind[i] != kScalarKind;
      next_row[i] = 0;
    }
    if (!by_rows) return;
    rows = t.rows;
    cols = t.cols;
    for (int i = 0; i < operands; i++) {
      advances[i] = (s.in_kind[i] & kRowKind) != 0;
      next_row[i] = s.in_kind[i] == kMatrixKind ? t.cols : s.in_kind[i] == kColumnKind ? 1 : 0;
    }
  }
};

// ---- one operand --------------------------------------------------------------------------------

template <class T>
void run_unary(const Step& s, const Tile& t) {
  (*static_cast<const typename UnaryKernels<T>::Fn*>(s.kernels))(operand<T>(s, t, 0), pointer<T>(t, s.out),
                                                                 t.counts[s.kind]);
}

template <class T>
void run_with_number(const Step& s, const Tile& t) {
  static_cast<const BinaryKernels<T>*>(s.kernels)->vector_scalar(
      operand<T>(s, t, 0), number_of<T>(s.number[0]), pointer<T>(t, s.out), t.counts[s.kind]);
}

template <class T>
void run_clip(const Step& s, const Tile& t) {
  static_cast<const ArithmeticKernels<T>*>(s.kernels)->clip(operand<T>(s, t, 0), number_of<T>(s.number[0]),
                                                            number_of<T>(s.number[1]), pointer<T>(t, s.out),
                                                            t.counts[s.kind]);
}

template <class T>
void run_dropout(const Step& s, const Tile& t) {
  RandomAt at = t.draws[s.draw];
  at.begin = t.offsets[s.kind];
  static_cast<const RandomKernels<T>*>(s.kernels)->dropout(operand<T>(s, t, 0), pointer<T>(t, s.out),
                                                           t.counts[s.kind], s.number[0].threshold,
                                                           number_of<T>(s.number[1]), at);
}

template <class From, class To>
void run_cast(const Step& s, const Tile& t) {
  convert_run<To>(operand<From>(s, t, 0),
                  pointer<std::conditional_t<std::is_same_v<To, bool>, uint8_t, To>>(t, s.out),
                  t.counts[s.kind]);
}

void run_logical_not(const Step& s, const Tile& t) {
  const uint8_t* x = operand<uint8_t>(s, t, 0);
  uint8_t* y = pointer<uint8_t>(t, s.out);
  const size_t n = t.counts[s.kind];
  for (size_t i = 0; i < n; i++) y[i] = x[i] == 0;
}

// ---- two operands -------------------------------------------------------------------------------

// The members of BinaryKernels, one for each combination of kinds.
template <class T>
void run_vector_vector(const Step& s, const Tile& t) {
  static_cast<const BinaryKernels<T>*>(s.kernels)->vector_vector(operand<T>(s, t, 0), operand<T>(s, t, 1),
                                                                 pointer<T>(t, s.out), t.counts[s.kind]);
}
template <class T>
void run_vector_scalar(const Step& s, const Tile& t) {
  static_cast<const BinaryKernels<T>*>(s.kernels)->vector_scalar(operand<T>(s, t, 0), *operand<T>(s, t, 1),
                                                                 pointer<T>(t, s.out), t.counts[s.kind]);
}
template <class T>
void run_scalar_vector(const Step& s, const Tile& t) {
  static_cast<const BinaryKernels<T>*>(s.kernels)->scalar_vector(*operand<T>(s, t, 0), operand<T>(s, t, 1),
                                                                 pointer<T>(t, s.out), t.counts[s.kind]);
}
template <class T>
using MatrixFn = void (*)(const T*, const T*, T*, size_t, size_t);
template <class T, MatrixFn<T> BinaryKernels<T>::*kForm>
void run_matrix(const Step& s, const Tile& t) {
  (static_cast<const BinaryKernels<T>*>(s.kernels)->*kForm)(operand<T>(s, t, 0), operand<T>(s, t, 1),
                                                            pointer<T>(t, s.out), t.rows, t.cols);
}

// A comparison, logic, or a binary function of a row and a column: row by row, whatever the kinds.
template <class Kernels, class T, class R>
void run_rows(const Step& s, const Tile& t) {
  const Kernels& k = *static_cast<const Kernels*>(s.kernels);
  const T *a = operand<T>(s, t, 0), *b = operand<T>(s, t, 1);
  R* y = pointer<R>(t, s.out);
  const Walk w(s, t, 2);
  for (size_t r = 0; r < w.rows; r++, a += w.next_row[0], b += w.next_row[1], y += w.cols) {
    if (w.advances[0] && w.advances[1])
      k.vector_vector(a, b, y, w.cols);
    else if (w.advances[0])
      k.vector_scalar(a, *b, y, w.cols);
    else if (w.advances[1])
      k.scalar_vector(*a, b, y, w.cols);
    else
      k.vector_vector(a, b, y, 1);  // scalars
  }
}

template <class T>
Step::Run run_of_binary(TileKind a, TileKind b, TileKind out) {
  using K = BinaryKernels<T>;
  if (a == out && b == out) return run_vector_vector<T>;
  if (a == out && b == kScalarKind) return run_vector_scalar<T>;
  if (a == kScalarKind && b == out) return run_scalar_vector<T>;
  if (a == out && b == kRowKind) return run_matrix<T, &K::matrix_row>;
  if (a == kRowKind && b == out) return run_matrix<T, &K::row_matrix>;
  if (a == out && b == kColumnKind) return run_matrix<T, &K::matrix_column>;
  if (a == kColumnKind && b == out) return run_matrix<T, &K::column_matrix>;
  return run_rows<K, T, T>;
}

template <class T, typename ArithmeticKernels<T>::Pair ArithmeticKernels<T>::*kPair>
void run_pair(const Step& s, const Tile& t) {
  (static_cast<const ArithmeticKernels<T>*>(s.kernels)->*kPair)(operand<T>(s, t, 0), operand<T>(s, t, 1),
                                                                pointer<T>(t, s.out), t.counts[s.kind]);
}

// Comparisons of integers, and logic, in the form of the vector table's comparisons.
template <class T, class F>
constexpr CompareKernels<T> integer_compare() {
  return {[](const T* a, const T* b, uint8_t* y, size_t n) {
            for (size_t i = 0; i < n; i++) y[i] = F::of(a[i], b[i]);
          },
          [](const T* a, T b, uint8_t* y, size_t n) {
            for (size_t i = 0; i < n; i++) y[i] = F::of(a[i], b);
          },
          [](T a, const T* b, uint8_t* y, size_t n) {
            for (size_t i = 0; i < n; i++) y[i] = F::of(a, b[i]);
          }};
}
#define TL_INTEGER(Name, expression)     \
  struct Name {                          \
    template <class T>                   \
    static constexpr bool of(T a, T b) { \
      return expression;                 \
    }                                    \
  };
TL_INTEGER(IsEqual, a == b)
TL_INTEGER(IsNotEqual, a != b)
TL_INTEGER(IsLess, a < b)
TL_INTEGER(IsLessEqual, a <= b)
TL_INTEGER(IsGreater, a > b)
TL_INTEGER(IsGreaterEqual, a >= b)
TL_INTEGER(AreBoth, (a != 0) & (b != 0))
TL_INTEGER(IsAny, (a != 0) | (b != 0))
#undef TL_INTEGER
template <class T, class F>
constexpr CompareKernels<T> kIntegerCompare = integer_compare<T, F>();

template <class T>
const CompareKernels<T>* integer_compare_of(OpId op) {
  switch (op) {
    case OpId::kEqual: return &kIntegerCompare<T, IsEqual>;
    case OpId::kNotEqual: return &kIntegerCompare<T, IsNotEqual>;
    case OpId::kLess: return &kIntegerCompare<T, IsLess>;
    case OpId::kLessEqual: return &kIntegerCompare<T, IsLessEqual>;
    case OpId::kGreater: return &kIntegerCompare<T, IsGreater>;
    case OpId::kGreaterEqual: return &kIntegerCompare<T, IsGreaterEqual>;
    case OpId::kLogicalAnd: return &kIntegerCompare<T, AreBoth>;
    case OpId::kLogicalOr: return &kIntegerCompare<T, IsAny>;
    default: return nullptr;
  }
}

// ---- three operands -----------------------------------------------------------------------------

template <class T>
void run_select(const Step& s, const Tile& t) {
  const uint8_t* condition = operand<uint8_t>(s, t, 0);
  const T *a = operand<T>(s, t, 1), *b = operand<T>(s, t, 2);
  T* y = pointer<T>(t, s.out);
  const Walk w(s, t, 3);
  for (size_t r = 0; r < w.rows; r++) {
    select_run(*static_cast<const VectorTable*>(s.kernels), condition, w.advances[0], a, w.advances[1], b,
               w.advances[2], y, w.cols);
    condition += w.next_row[0];
    a += w.next_row[1];
    b += w.next_row[2];
    y += w.cols;
  }
}

// ---- moves and reductions -----------------------------------------------------------------------

template <class T>
void run_spread(const Step& s, const Tile& t) {
  const T* x = operand<T>(s, t, 0);
  T* y = pointer<T>(t, s.out);
  const Walk w(s, t, 1);
  for (size_t r = 0; r < w.rows; r++, x += w.next_row[0], y += w.cols) {
    if (w.advances[0])
      std::copy_n(x, w.cols, y);
    else
      std::fill_n(y, w.cols, *x);
  }
}

// Walks the offsets of the positions along the axes [first, last), in order: one division for each axis where it begins.
class Offsets {
 public:
  Offsets(const Strides& a, int first, int last, size_t position) : a_(a), first_(first), last_(last) {
    int64_t rest = static_cast<int64_t>(position);
    for (int i = first; i < last; i++) {
      at_[i] = rest % a.size[i];
      rest /= a.size[i];
      offset_ += at_[i] * a.stride[i];
    }
  }
  int64_t now() const { return offset_; }
  void next() {
    for (int i = first_; i < last_; i++) {
      offset_ += a_.stride[i];
      if (++at_[i] < a_.size[i]) return;
      offset_ -= a_.size[i] * a_.stride[i];
      at_[i] = 0;
    }
  }

 private:
  const Strides& a_;
  const int first_, last_;
  int64_t at_[kMaxRank], offset_ = 0;
};

template <class T>
void run_gather(const Step& s, const Tile& t) {
  const Strides& a = *s.number[0].strides;
  const T* x = operand<T>(s, t, 0);
  T* y = pointer<T>(t, s.out);
  const size_t rows = s.kind & kColumnKind ? t.rows : 1, cols = s.kind & kRowKind ? t.cols : 1;
  // Elements that lie side by side, or are the same.
  const size_t run = s.kind & kRowKind ? static_cast<size_t>(a.size[0]) : 1;
  const bool same = run == 1 || a.stride[0] == 0;
  Offsets row(a, a.in_row, s.kind & kColumnKind ? a.rank : a.in_row, t.row);
  for (size_t r = 0; r < rows; r++, row.next()) {
    size_t in_run = t.col % run;
    Offsets col(a, 1, s.kind & kRowKind ? a.in_row : 1, t.col / run);
    for (size_t c = 0; c < cols; col.next()) {
      const size_t n = std::min(cols - c, run - in_run);
      const T* from = x + row.now() + col.now();
      if (same)
        std::fill_n(y, n, *from);
      else
        std::copy_n(from + in_run, n, y);
      y += n;
      c += n;
      in_run = 0;
    }
  }
}

template <class T>
void run_row_reduction(const Step& s, const Tile& t) {
  const auto reduce = *static_cast<const typename ReductionKernels<T>::Fn*>(s.kernels);
  const T* x = operand<T>(s, t, 0);
  T* y = pointer<T>(t, s.out);
  if (s.in_kind[0] != kMatrixKind) {
    *y = reduce(x, t.counts[s.in_kind[0]]);
    return;
  }
  for (size_t r = 0; r < t.rows; r++) y[r] = reduce(x + r * t.cols, t.cols);
}

// f(T{}) for types of the size of an element.
template <class F>
Step::Run by_size(size_t element, F f) {
  if (element == 8) return f(uint64_t{});
  if (element == 4) return f(uint32_t{});
  return f(uint8_t{});
}

// ---- which kernel -------------------------------------------------------------------------------

template <class T>
const typename UnaryKernels<T>::Fn* unary_of(const UnaryKernels<T>& k, OpId op) {
  switch (op) {
    case OpId::kNeg: return &k.neg;
    case OpId::kAbs: return &k.abs;
    case OpId::kSign: return &k.sign;
    case OpId::kSquare: return &k.square;
    case OpId::kSqrt: return &k.sqrt;
    case OpId::kRsqrt: return &k.rsqrt;
    case OpId::kReciprocal: return &k.reciprocal;
    case OpId::kFloor: return &k.floor;
    case OpId::kRelu: return &k.relu;
    case OpId::kExp: return &k.exp;
    case OpId::kExpm1: return &k.expm1;
    case OpId::kLog: return &k.log;
    case OpId::kLog1p: return &k.log1p;
    case OpId::kTanh: return &k.tanh;
    case OpId::kSigmoid: return &k.sigmoid;
    case OpId::kSoftplus: return &k.softplus;
    case OpId::kSin: return &k.sin;
    case OpId::kCos: return &k.cos;
    case OpId::kErf: return &k.erf;
    case OpId::kErfc: return &k.erfc;
    default: return nullptr;
  }
}

template <class T>
const BinaryKernels<T>* binary_of(const ArithmeticKernels<T>& k, OpId op) {
  switch (op) {
    case OpId::kAdd: return &k.add;
    case OpId::kSub: return &k.sub;
    case OpId::kMul: return &k.mul;
    case OpId::kDiv: return &k.div;
    case OpId::kStrongZeroMul: return &k.strong_zero_mul;
    case OpId::kStrongZeroDiv: return &k.strong_zero_div;
    case OpId::kPow: return &k.pow;
    case OpId::kMaximum: return &k.maximum;
    case OpId::kMinimum: return &k.minimum;
    default: return nullptr;
  }
}

template <class T>
const CompareKernels<T>* compare_of(const ArithmeticKernels<T>& k, OpId op) {
  switch (op) {
    case OpId::kEqual: return &k.equal;
    case OpId::kNotEqual: return &k.not_equal;
    case OpId::kLess: return &k.less;
    case OpId::kLessEqual: return &k.less_equal;
    case OpId::kGreater: return &k.greater;
    case OpId::kGreaterEqual: return &k.greater_equal;
    default: return nullptr;
  }
}

template <class T>
void make_float_step(const FloatTable<T>& table, OpId op, const void* attrs, Step& s) {
  const ArithmeticKernels<T>& k = table.arithmetic;
  if (const auto* unary = unary_of(table.unary, op)) {
    s.kernels = unary;
    s.run = run_unary<T>;
  } else if (const auto* binary = binary_of(k, op)) {
    s.kernels = binary;
    s.run = run_of_binary<T>(s.in_kind[0], s.in_kind[1], s.kind);
  } else if (const auto* compare = compare_of(k, op)) {
    s.kernels = compare;
    s.run = run_rows<CompareKernels<T>, T, uint8_t>;
  } else if (op == OpId::kAddScalar || op == OpId::kMulScalar) {
    const bool add = op == OpId::kAddScalar;
    s.kernels = add ? &k.add : &k.mul;
    s.run = run_with_number<T>;
    set_number(s.number[0], static_cast<T>(add ? static_cast<const AddScalarAttrs*>(attrs)->value
                                               : static_cast<const MulScalarAttrs*>(attrs)->value));
  } else if (op == OpId::kClip) {
    const auto& limits = *static_cast<const ClipAttrs*>(attrs);
    s.kernels = &k;
    s.run = run_clip<T>;
    set_number(s.number[0], static_cast<T>(limits.low));
    set_number(s.number[1], static_cast<T>(limits.high));
  } else if (op == OpId::kReluGrad || op == OpId::kTanhGrad || op == OpId::kSigmoidGrad) {
    using K = ArithmeticKernels<T>;
    s.kernels = &k;
    s.run = op == OpId::kReluGrad   ? run_pair<T, &K::relu_grad>
            : op == OpId::kTanhGrad ? run_pair<T, &K::tanh_grad>
                                    : run_pair<T, &K::sigmoid_grad>;
  } else if (op == OpId::kDropout) {
    const DropoutChoice choice(static_cast<const DropoutAttrs*>(attrs)->rate);
    s.kernels = &table.random;
    s.run = run_dropout<T>;
    s.number[0].threshold = choice.threshold;
    set_number(s.number[1], static_cast<T>(choice.scale));
  }
}

template <class From>
Step::Run cast_to(DType to) {
  switch (to) {
    case DType::kF32: return run_cast<From, float>;
    case DType::kF64: return run_cast<From, double>;
    case DType::kI32: return run_cast<From, int32_t>;
    case DType::kI64: return run_cast<From, int64_t>;
    case DType::kU8: return run_cast<From, uint8_t>;
    case DType::kBool: return run_cast<From, bool>;
  }
  return nullptr;
}

template <class T>
void make_integer_step(OpId op, Step& s) {
  s.kernels = integer_compare_of<T>(op);
  if (s.kernels) s.run = run_rows<CompareKernels<T>, T, uint8_t>;
}

template <class T>
const typename ReductionKernels<T>::Fn* reduction_of(const ReductionKernels<T>& k, OpId op) {
  return op == OpId::kSum    ? &k.sum
         : op == OpId::kProd ? &k.product
         : op == OpId::kMax  ? &k.maximum
                             : &k.minimum;
}

}  // namespace

Step make_step(const VectorTable& table, OpId op, DType dtype, DType to, int operands,
               const TileKind* in_kind, TileKind kind, const void* attrs) {
  Step s;
  s.kind = kind;
  for (int i = 0; i < operands; i++) s.in_kind[i] = in_kind[i];
  if (op == OpId::kSelect) {
    s.kernels = &table;
    s.run = by_size(size_of(dtype), [](auto zero) -> Step::Run { return run_select<decltype(zero)>; });
    return s;
  }
  if (op == OpId::kLogicalNot) {
    s.run = run_logical_not;
    return s;
  }
  switch (dtype) {
    case DType::kF32:
      make_float_step(table.f32, op, attrs, s);
      if (op == OpId::kCast) s.run = cast_to<float>(to);
      break;
    case DType::kF64:
      make_float_step(table.f64, op, attrs, s);
      if (op == OpId::kCast) s.run = cast_to<double>(to);
      break;
    case DType::kI32:
      make_integer_step<int32_t>(op, s);
      if (op == OpId::kCast) s.run = cast_to<int32_t>(to);
      break;
    case DType::kI64:
      make_integer_step<int64_t>(op, s);
      if (op == OpId::kCast) s.run = cast_to<int64_t>(to);
      break;
    case DType::kU8:
    case DType::kBool:
      make_integer_step<uint8_t>(op, s);
      if (op == OpId::kCast) s.run = cast_to<uint8_t>(to);
      break;
  }
  return s;
}

Step make_row_reduction(const VectorTable& table, OpId op, DType dtype, TileKind in_kind) {
  Step s;
  s.in_kind[0] = in_kind;
  s.kind = in_kind == kMatrixKind ? kColumnKind : kScalarKind;
  if (dtype == DType::kF32) {
    s.kernels = reduction_of(table.f32.reduction, op);
    s.run = run_row_reduction<float>;
  } else {
    s.kernels = reduction_of(table.f64.reduction, op);
    s.run = run_row_reduction<double>;
  }
  return s;
}

Step make_spread(size_t element, TileKind from, TileKind kind) {
  Step s;
  s.in_kind[0] = from;
  s.kind = kind;
  s.run = by_size(element, [](auto zero) -> Step::Run { return run_spread<decltype(zero)>; });
  return s;
}

Step make_gather(size_t element, const Strides* strides, TileKind kind) {
  Step s;
  s.in_kind[0] = s.kind = kind;
  s.number[0].strides = strides;
  s.run = by_size(element, [](auto zero) -> Step::Run { return run_gather<decltype(zero)>; });
  return s;
}

bool works_in_place(OpId op, int operand) {
  // A conversion reads and writes elements of different types, which the compiler takes for different memory.
  return op != OpId::kCast && !(op == OpId::kSelect && operand == 0);
}

int cost_of(OpId op) {
  switch (op) {
    case OpId::kExp:
    case OpId::kExpm1:
    case OpId::kLog:
    case OpId::kLog1p:
    case OpId::kTanh:
    case OpId::kSigmoid:
    case OpId::kSoftplus:
    case OpId::kSin:
    case OpId::kCos:
    case OpId::kErf:
    case OpId::kErfc:
    case OpId::kDropout: return 6;
    case OpId::kPow: return 12;
    default: return 1;
  }
}

}  // namespace tl::kernels
