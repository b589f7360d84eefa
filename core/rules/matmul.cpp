// Rules of matrix products.
#include "core/ops/generated/functions.h"
#include "core/ops/generated/promised.h"
#include "core/rules/batching.h"
#include "core/rules/checks.h"

namespace tl::rules {
namespace {

std::string described(const Shape& shape, bool transposed) {
  return concat(shape, transposed ? " transposed" : "");
}

Shape batch_of(const Shape& shape) { return Shape(Span<const int64_t>(shape.data(), shape.size() - 2)); }

// One matrix, used for the whole batch of the other operand.
bool is_single(const Tensor& x) { return x.shape().elements(0, x.rank() - 2) == 1; }

// All rows of all matrices of the batch as one matrix, without a copy.
Tensor all_rows(const Tensor& x) {
  int last = x.rank() - 1;
  return x.rank() == 2 ? x : reshape(x, {x.shape().elements(0, last), x.shape()[last]});
}

Tensor shaped(Tensor x, const Shape& shape) { return x.shape() == shape ? x : reshape(x, shape); }

}  // namespace

void infer_matmul(const InferArgs& args, OutputSpec* out) {
  const auto& attrs = args.as<MatmulAttrs>();
  const Shape &a = args[0].shape(), &b = args[1].shape();
  if (a.rank() < 2 || b.rank() < 2)
    invalid("[matmul] operands must have rank 2 or more: got ", a, " x ", b,
            "; reshape a vector to a matrix of one row or one column");
  int ra = a.rank(), rb = b.rank();
  int64_t rows = a[ra - (attrs.transpose_a ? 1 : 2)], inner_a = a[ra - (attrs.transpose_a ? 2 : 1)];
  int64_t inner_b = b[rb - (attrs.transpose_b ? 1 : 2)], columns = b[rb - (attrs.transpose_b ? 2 : 1)];
  if (inner_a != inner_b)
    invalid("[matmul] inner dimensions must agree: got ", described(a, attrs.transpose_a), " x ",
            described(b, attrs.transpose_b), ", that is ", inner_a, " and ", inner_b,
            "; transpose one operand or check the layer sizes");
  Shape shape = ra == 2 && rb == 2 ? Shape() : broadcast("matmul", batch_of(a), batch_of(b));
  shape.push_back(rows);
  shape.push_back(columns);
  DType dtype = args[0].dtype();
  out[0] = {dtype, checked_shape("matmul", Span<const int64_t>(shape.data(), shape.size()), size_of(dtype))};
}

// With C = op(A) op(B): d op(A) = dC op(B)^T and d op(B) = op(A)^T dC. Transposes are flags, never copies; where an
// operand is transposed its gradient is the transpose of that, with the factors swapped.
//
// A single matrix B that meets a batch of A gets the sum over the batch. When A is not transposed this is one product
// over all rows of the batch (the usual case: a dense layer on a batch of sequences); otherwise the tape sums. For a
// single A the batch does not lie next to the summed axis, so there the tape sums always.
void vjp_matmul(const VjpArgs& args, Tensor* grads) {
  const bool ta = args.as<MatmulAttrs>().transpose_a, tb = args.as<MatmulAttrs>().transpose_b;
  const Tensor &a = args[0], &b = args[1], &g = args.grad[0];
  if (args.needs(0)) grads[0] = ta ? matmul(b, g, tb, true) : matmul(g, b, false, !tb);
  if (args.needs(1)) {
    if (!ta && g.rank() > 2 && is_single(b)) {
      Tensor rows = all_rows(a), g_rows = all_rows(g);
      grads[1] =
          shaped(tb ? matmul(g_rows, rows, true, false) : matmul(rows, g_rows, true, false), b.shape());
    } else {
      grads[1] = tb ? matmul(g, a, true, ta) : matmul(a, g, !ta, false);
    }
  }
}

void jvp_matmul(const JvpArgs& args, Tensor* tangents) {
  const bool ta = args.as<MatmulAttrs>().transpose_a, tb = args.as<MatmulAttrs>().transpose_b;
  const Tensor &by_a = args.tangent[0], &by_b = args.tangent[1];
  if (by_a) tangents[0] = matmul(by_a, args[1], ta, tb);
  if (by_b) {
    Tensor product = matmul(args[0], by_b, ta, tb);
    tangents[0] = tangents[0] ? add(tangents[0], product) : product;
  }
}

// Examples that meet one matrix are further rows of one product, which is what the kernel makes of a batch of A; a batch of
// columns B is read as rows of the transposed product, where that takes no copy.
void batch_matmul(const BatchArgs& args, Tensor* out) {
  const bool ta = args.as<MatmulAttrs>().transpose_a, tb = args.as<MatmulAttrs>().transpose_b;
  const Shape &a = args.logical_in[0], &b = args.logical_in[1], &c = args.logical[0].shape;
  if (!args.batched[0] && a.rank() == 2 && b.rank() == 2) {
    const int64_t rows = c[0], columns = c[1];
    if (columns == 1 || (tb && rows == 1)) {
      Tensor as_rows = tb ? args[1] : reshape(args[1], {args.size, columns, b[0]});
      out[0] = reshape(matmul(as_rows, args[0], false, !ta), {args.size, rows, columns});
      return;
    }
  }
  const int rank = a.rank() > b.rank() ? a.rank() : b.rank();
  out[0] = matmul(aligned(args, 0, rank), aligned(args, 1, rank), ta, tb);
}

}  // namespace tl::rules
