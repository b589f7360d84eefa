// Naive references of the ops: plain loops in double, written from the definitions in the op table and from
// nothing else, so that they share no code, and no mistake, with the rules and kernels. Random ops have none
// (random_test.cpp checks their distributions). reference_<family>.cpp define them.
//
// Floating results are not rounded to f32; integer results are exact and wrap around like the machine's.
#pragma once

#include <functional>

#include "tests/ops/op_case.h"

namespace tl::test::reference {

// Thrown where the definition does not allow an attribute for the dtype of the operands, such as 1.5 for
// integers. The op must then fail with kInvalidArgument.
struct Refused {};

// ---- what the references share (reference_elementwise.cpp)
// -----------------------------------------------------

// The coordinates of the element at a row-major position, and back.
std::vector<int64_t> coordinates(const Shape& shape, int64_t position);
int64_t position(const Shape& shape, const std::vector<int64_t>& coordinates);
// -1 is the last axis.
int resolve_axis(int64_t axis, int rank);
// NumPy's rule. The shapes of samples always agree.
Shape broadcast_shape(const Shape& a, const Shape& b);
// Where the element at `coordinates` of a broadcast result comes from.
int64_t broadcast_position(const Shape& operand, const std::vector<int64_t>& coordinates);
// An integer result as its dtype holds it; floating ones are left alone.
double wrapped(DType dtype, double value);
// A number of the host language as an element of the dtype; throws Refused where it has no such element.
double converted(DType dtype, double value);
Array filled(DType dtype, const Shape& shape, double value);
Arrays one(Array array);
Arrays map(const Array& x, const std::function<double(double)>& f);
Arrays map(const Array& a, const Array& b, const std::function<double(double, double)>& f);

// ---- arithmetic
// --------------------------------------------------------------------------------------------------
Arrays add(const Array& a, const Array& b);
Arrays sub(const Array& a, const Array& b);
Arrays mul(const Array& a, const Array& b);
Arrays div(const Array& a, const Array& b);
Arrays pow(const Array& a, const Array& b);
Arrays strong_zero_mul(const Array& a, const Array& b);
Arrays strong_zero_div(const Array& a, const Array& b);
Arrays maximum(const Array& a, const Array& b);
Arrays minimum(const Array& a, const Array& b);
Arrays add_scalar(const Array& x, double value);
Arrays mul_scalar(const Array& x, double value);

// ---- functions of one element
// ------------------------------------------------------------------------------------
Arrays neg(const Array& x);
Arrays exp(const Array& x);
Arrays log(const Array& x);
Arrays log1p(const Array& x);
Arrays expm1(const Array& x);
Arrays sqrt(const Array& x);
Arrays rsqrt(const Array& x);
Arrays square(const Array& x);
Arrays abs(const Array& x);
Arrays sign(const Array& x);
Arrays tanh(const Array& x);
Arrays sigmoid(const Array& x);
Arrays softplus(const Array& x);
Arrays relu(const Array& x);
Arrays sin(const Array& x);
Arrays cos(const Array& x);
Arrays erf(const Array& x);
Arrays erfc(const Array& x);
Arrays reciprocal(const Array& x);
Arrays floor(const Array& x);
Arrays clip(const Array& x, double low, double high);
Arrays leaky_relu(const Array& x, double slope);
Arrays elu(const Array& x, double alpha);
Arrays silu(const Array& x);
Arrays gelu(const Array& x, bool approximate);
Arrays relu_grad(const Array& grad, const Array& out);
Arrays tanh_grad(const Array& grad, const Array& out);
Arrays sigmoid_grad(const Array& grad, const Array& out);

// ---- comparison, logic, choice
// -----------------------------------------------------------------------------------
Arrays equal(const Array& a, const Array& b);
Arrays not_equal(const Array& a, const Array& b);
Arrays less(const Array& a, const Array& b);
Arrays less_equal(const Array& a, const Array& b);
Arrays greater(const Array& a, const Array& b);
Arrays greater_equal(const Array& a, const Array& b);
Arrays logical_and(const Array& a, const Array& b);
Arrays logical_or(const Array& a, const Array& b);
Arrays logical_not(const Array& x);
Arrays select(const Array& condition, const Array& a, const Array& b);
Arrays cast(const Array& x, DType dtype);

// ---- reductions and scans
// ----------------------------------------------------------------------------------------
Arrays sum(const Array& x, const IntList& axes, bool keepdims);
Arrays mean(const Array& x, const IntList& axes, bool keepdims);
Arrays max(const Array& x, const IntList& axes, bool keepdims);
Arrays min(const Array& x, const IntList& axes, bool keepdims);
Arrays prod(const Array& x, const IntList& axes, bool keepdims);
Arrays argmax(const Array& x, const IntList& axes, bool keepdims);
Arrays argmin(const Array& x, const IntList& axes, bool keepdims);
Arrays cumsum(const Array& x, int64_t axis, bool exclusive, bool reverse);
Arrays logsumexp(const Array& x, const IntList& axes, bool keepdims);

// ---- linear algebra
// ----------------------------------------------------------------------------------------------
Arrays matmul(const Array& a, const Array& b, bool transpose_a, bool transpose_b);

// ---- shape
// -------------------------------------------------------------------------------------------------------
Arrays reshape(const Array& x, const IntList& shape);
Arrays transpose(const Array& x, const IntList& permutation);
Arrays broadcast_to(const Array& x, const IntList& shape);
Arrays expand_dims(const Array& x, int64_t axis);
Arrays squeeze(const Array& x, const IntList& axes);
Arrays concat(const Arrays& values, int64_t axis);
Arrays stack(const Arrays& values, int64_t axis);
Arrays slice(const Array& x, const IntList& begin, const IntList& end, const IntList& strides);
Arrays pad(const Array& x, const IntList& low, const IntList& high, const IntList& interior, double value);
Arrays flatten(const Array& x, int64_t axis);
Arrays identity(const Array& x);
Arrays stop_gradient(const Array& x);

// ---- indexing
// ----------------------------------------------------------------------------------------------------
Arrays gather(const Array& x, const Array& indices, int64_t axis);
Arrays scatter_add(const Array& indices, const Array& updates, int64_t size, int64_t axis);
Arrays set_rows(const Array& x, const Array& indices, const Array& rows);
Arrays one_hot(const Array& indices, int64_t depth, DType dtype);

// ---- softmax and cross-entropies
// ---------------------------------------------------------------------------------
Arrays softmax(const Array& x, int64_t axis);
Arrays log_softmax(const Array& x, int64_t axis);
Arrays softmax_cross_entropy(const Array& labels, const Array& logits);
Arrays sparse_softmax_cross_entropy(const Array& labels, const Array& logits);
Arrays sigmoid_cross_entropy(const Array& labels, const Array& logits);
Arrays inverse_rms(const Array& x, double epsilon);
Arrays correct_class(const Array& labels, const Array& predictions);
Arrays correct_side(const Array& labels, const Array& predictions, double threshold);
Arrays check_range(const Array& x, double low, double high, bool nan);
Arrays check_finite(const Array& x);

// ---- creation
// ----------------------------------------------------------------------------------------------------
Arrays full(const IntList& shape, double value, DType dtype);
Arrays zeros(const IntList& shape, DType dtype);
Arrays ones(const IntList& shape, DType dtype);
Arrays range(int64_t count, double start, double step, DType dtype);

// ---- optimizer updates
// -------------------------------------------------------------------------------------------
Arrays sgd_update(const Array& w, const Array& g, const Array& rate);
Arrays momentum_update(const Array& w, const Array& g, const Array& m, const Array& rate, double momentum,
                       bool nesterov);
Arrays adam_update(const Array& w, const Array& g, const Array& m, const Array& v, const Array& rate,
                   const Array& decay, const Array& epsilon, double beta1, double beta2);

}  // namespace tl::test::reference
