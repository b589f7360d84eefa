// The table of vector kernels: loops over raw contiguous arrays, compiled once per instruction set and chosen once per
// process. No tensors, no threads, no allocation and no exceptions here; the callers partition work over these functions.
//
// Common to all of them: n may be 0; pointers need no alignment beyond their type's; an output may be exactly one of the
// inputs (in place) but must not overlap one otherwise; no function reads or writes outside [0, n).
// Figures of accuracy (units in the last place, "ulp") are in README.md and are checked by tests/kernels/vector_test.cpp.
#pragma once

#include <cstddef>
#include <cstdint>

namespace tl {

enum class Isa : int32_t {
  kPortable = 0,  // what the compiler's target has at least: SSE2 on x86-64, NEON on arm64
  kAvx2 = 1,      // AVX2 and FMA
  kAvx512 = 2,    // AVX-512 F, DQ, BW, VL
};

// Long reductions are cut into chunks of this many elements, whose results are combined in a tree that depends only on
// their number (`combine_*`). Threads may compute chunks in any order.
constexpr size_t kReductionChunk = 4096;
// Column reductions do the same with this many rows; the blocks are combined first to last.
constexpr size_t kColumnBlockRows = 256;

template <class T>
struct UnaryKernels {
  using Fn = void (*)(const T* x, T* y, size_t n);
  Fn neg, abs, sign, square, sqrt, rsqrt, reciprocal, floor,
      relu;  // correctly rounded, but rsqrt: 1 / sqrt(x)
  Fn exp, expm1, log, log1p, tanh, sigmoid, softplus, sin, cos, erf, erfc;
};

// rows x cols against a row vector of cols elements, or a column vector of rows elements; matrices are contiguous.
template <class T>
struct BinaryKernels {
  void (*vector_vector)(const T* a, const T* b, T* y, size_t n);
  void (*vector_scalar)(const T* a, T b, T* y, size_t n);
  void (*scalar_vector)(T a, const T* b, T* y, size_t n);
  void (*matrix_row)(const T* a, const T* row, T* y, size_t rows, size_t cols);
  void (*row_matrix)(const T* row, const T* b, T* y, size_t rows, size_t cols);
  void (*matrix_column)(const T* a, const T* column, T* y, size_t rows, size_t cols);
  void (*column_matrix)(const T* column, const T* b, T* y, size_t rows, size_t cols);
};

// Results are the bytes 0 and 1. Comparisons with NaN are false, but not_equal.
template <class T>
struct CompareKernels {
  void (*vector_vector)(const T* a, const T* b, uint8_t* y, size_t n);
  void (*vector_scalar)(const T* a, T b, uint8_t* y, size_t n);
  void (*scalar_vector)(T a, const T* b, uint8_t* y, size_t n);
};

// y = condition ? a : b; any byte but 0 is true.
template <class T>
struct SelectKernels {
  void (*vector_vector)(const uint8_t* condition, const T* a, const T* b, T* y, size_t n);
  void (*vector_scalar)(const uint8_t* condition, const T* a, T b, T* y, size_t n);
  void (*scalar_vector)(const uint8_t* condition, T a, const T* b, T* y, size_t n);
  void (*scalar_scalar)(const uint8_t* condition, T a, T b, T* y, size_t n);
};

template <class T>
struct ArithmeticKernels {
  BinaryKernels<T> add, sub, mul, div, pow;
  // a * b, but 0 where either is 0; a / b, but 0 where a is 0: whatever the other operand is.
  BinaryKernels<T> strong_zero_mul, strong_zero_div;
  BinaryKernels<T> maximum, minimum;  // NaN where either operand is NaN
  CompareKernels<T> equal, not_equal, less, less_equal, greater, greater_equal;
  SelectKernels<T> select;
  // Gradients from the function's own result, and the loss of logits x against targets z in [0, 1]:
  // out > 0 ? grad : 0; grad (1 - out^2); grad out (1 - out); max(x, 0) - x z + log(1 + e^-|x|). Where a factor of the
  // second and third is 0 the result is 0, whatever the others are.
  using Pair = void (*)(const T* a, const T* b, T* y, size_t n);
  Pair relu_grad, tanh_grad, sigmoid_grad;                  // of grad and out
  Pair sigmoid_cross_entropy;                               // of z and x
  void (*clip)(const T* x, T low, T high, T* y, size_t n);  // low <= high; NaN stays
  void (*accumulate)(const T* x, T* y, size_t n);           // y += x
  void (*axpy)(T a, const T* x, T* y, size_t n);            // y += a * x
  void (*axpby)(T a, const T* x, T b, T* y, size_t n);      // y = a * x + b * y
};

// Sums, products, maxima and the dot product of a run have the same bits on every instruction set.
// Empty: sum 0, product 1, maximum -inf, minimum +inf. NaN among the elements gives NaN.
template <class T>
struct ReductionKernels {
  using Fn = T (*)(const T* x, size_t n);
  Fn sum, product, maximum, minimum, sum_squares;
  T (*dot)(const T* a, const T* b, size_t n);
  // f(x, n) for n > kReductionChunk is combine_f over f of each chunk. sum_squares and dot combine with combine_sum.
  Fn combine_sum, combine_product, combine_maximum, combine_minimum;
  // out[c] = f over r of x[r * stride + c]; with `accumulate` the old out[c] is the first operand.
  using Columns = void (*)(const T* x, size_t rows, size_t cols, size_t stride, T* out, bool accumulate);
  Columns sum_columns, product_columns, maximum_columns, minimum_columns;
  // out[c] = f(... f(f(out[c], x[0][c]), x[1][c]) ...) whatever the number of rows: goes on with a block of rows that an
  // earlier call began.
  using MoreRows = void (*)(const T* x, size_t rows, size_t cols, size_t stride, T* out);
  MoreRows sum_more_rows, product_more_rows, maximum_more_rows, minimum_more_rows;
  // Index of the first largest (smallest) element; a NaN counts as the largest (smallest), as in NumPy. n = 0 gives 0.
  size_t (*argmax)(const T* x, size_t n);
  size_t (*argmin)(const T* x, size_t n);
};

// Each row of a contiguous rows x cols matrix by itself.
template <class T>
struct RowKernels {
  void (*softmax)(const T* x, T* y, size_t rows, size_t cols);
  void (*log_softmax)(const T* x, T* y, size_t rows, size_t cols);
  void (*logsumexp)(const T* x, T* y, size_t rows, size_t cols);  // y has `rows` elements
  // loss[r] = logsumexp(row r) - logits[r][labels[r]]. `probabilities` (rows x cols, softmax of the logits, may be the
  // logits) is optional. A label outside [0, cols) gives NaN as that row's loss and reads nothing.
  void (*cross_entropy_i32)(const T* logits, const int32_t* labels, T* loss, T* probabilities, size_t rows,
                            size_t cols);
  void (*cross_entropy_i64)(const T* logits, const int64_t* labels, T* loss, T* probabilities, size_t rows,
                            size_t cols);
};

// The scalars of one Adam step; the caller computes step_size = lr * sqrt(1 - beta2^t) / (1 - beta1^t) (Keras) once.
template <class T>
struct AdamStep {
  T step_size;
  T one_minus_beta1;
  T one_minus_beta2;
  T epsilon;
  T decay;  // factor on the parameter before the update: 1 - lr * weight_decay for decoupled decay, 1 without
};

// State in, state out: each *_out may be the matching input (in place) or another array. Same bits on every set. An m' of Adam
// below 2^-100 (float) or 2^-900 (double) becomes 0, and so does a denormal m' of the others.
template <class T>
struct OptimizerKernels {
  void (*sgd)(const T* p, const T* g, T* p_out, size_t n, T lr);  // p - lr g
  // Keras: m' = mu m - lr g; p' = p + m', with Nesterov p' = p + mu m' - lr g.
  void (*momentum_keras)(const T* p, const T* m, const T* g, T* p_out, T* m_out, size_t n, T lr, T mu,
                         bool nesterov);
  // PyTorch: m' = mu m + g; p' = p - lr m', with Nesterov p' = p - lr (g + mu m').
  void (*momentum_torch)(const T* p, const T* m, const T* g, T* p_out, T* m_out, size_t n, T lr, T mu,
                         bool nesterov);
  // m' = m + (g - m)(1 - beta1); v' = v + (g g - v)(1 - beta2); p' = p decay - step_size m' / (sqrt(v') + epsilon).
  void (*adam)(const T* p, const T* m, const T* v, const T* g, T* p_out, T* m_out, T* v_out, size_t n,
               const AdamStep<T>& step);
};

// Where in the Philox4x32-10 stream a call draws: key (seed and op), call (step), and the index of the first element.
// Element i is a function of (key, call, i) alone, so any sub-range can be computed by anybody.
struct RandomAt {
  uint64_t key;
  uint64_t call;
  uint64_t begin;
};

// Same bits on every instruction set.
template <class T>
struct RandomKernels {
  void (*uniform)(T* y, size_t n, RandomAt at);  // [0, 1): multiples of 2^-24 (float), 2^-53 (double)
  void (*normal)(T* y, size_t n,
                 RandomAt at);  // mean 0, variance 1, by Box and Muller; |y| < 6.8 (float), 8.7
  // y = kept ? x * scale : 0, where element i is kept if its 16 random bits are less than keep_threshold (0..65536).
  // The decisions are those of keep_mask with the same `at`, for float and for double.
  void (*dropout)(const T* x, T* y, size_t n, uint32_t keep_threshold, T scale, RandomAt at);
};

// to[r * to_stride + c] = from[c * from_stride + r] for rows x cols of the output; strides in elements. Any elements of
// the size of T: bits are moved as they are. The two must not overlap.
template <class T>
using Transpose = void (*)(const T* from, size_t from_stride, T* to, size_t to_stride, size_t rows,
                           size_t cols);

template <class T>
struct FloatTable {
  UnaryKernels<T> unary;
  ArithmeticKernels<T> arithmetic;
  ReductionKernels<T> reduction;
  RowKernels<T> row;
  OptimizerKernels<T> optimizer;
  RandomKernels<T> random;
  Transpose<T> transpose;
};

// Multiply-adds in chains that do not wait for one another, more than a core has in flight: the peak of a CPU is measured with
// them. Each of `kPeakFloats` floats becomes x * 0.999f + 0.001f, `rounds` times, in as many of them as the registers of the set hold;
// the others stay. Returns how many were changed.
constexpr size_t kPeakFloats = 192;
using MultiplyAdds = size_t (*)(float* chains, size_t rounds);

struct VectorTable {
  Isa isa;
  FloatTable<float> f32;
  FloatTable<double> f64;
  void (*random_u32)(uint32_t* y, size_t n, RandomAt at);  // the words of the stream, four per block
  void (*keep_mask)(uint8_t* y, size_t n, uint32_t keep_threshold, RandomAt at);  // bytes 0 and 1
  MultiplyAdds multiply_adds;
};

// The table for this CPU: chosen at the first call, the same for the life of the process. Any thread.
const VectorTable& vector_table();
// The table of a given instruction set, or null where this build or this CPU lacks it.
const VectorTable* vector_table_for(Isa isa);
const char* isa_name(Isa isa);  // "portable", "avx2", "avx512"

template <class T>
const FloatTable<T>& float_table(const VectorTable& table);
template <>
inline const FloatTable<float>& float_table<float>(const VectorTable& table) {
  return table.f32;
}
template <>
inline const FloatTable<double>& float_table<double>(const VectorTable& table) {
  return table.f64;
}

}  // namespace tl
