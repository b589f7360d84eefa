#include "tests/ops/random_program.h"

#include <algorithm>

#include "core/ops/generated/functions.h"

namespace tl::test {

Program draw_program(uint64_t seed) {
  Draw draw(seed);
  Program out{seed, {}};
  for (int64_t left = 10 + draw.below(51); left > 0; left--)
    out.ops.push_back(static_cast<uint64_t>(draw.below(int64_t{1} << 31)));
  return out;
}

std::vector<Array> inputs_of(const Program& program) {
  Draw draw(program.seed + 7);
  std::vector<Array> out;
  for (int64_t count = 2 + draw.below(2); count > 0; count--) {
    Shape shape;
    for (int64_t rank = draw.below(4); rank > 0; rank--) shape.push_back(1 + draw.below(4));
    out.push_back(sample_direction(shape, program.seed * 8 + static_cast<uint64_t>(count)));
    // No two are equal: max(x, min(x, y)) is x, but where x and y meet each of the two ops gives y a share.
    for (double& value : out.back().values)
      value += 0.1 * static_cast<double>(draw.below(int64_t{1} << 30)) / (int64_t{1} << 30);
  }
  return out;
}

namespace {

bool broadcasts(const Shape& a, const Shape& b) {
  for (int i = 1; i <= std::min(a.rank(), b.rank()); i++) {
    int64_t x = a[a.rank() - i], y = b[b.rank() - i];
    if (x != y && x != 1 && y != 1) return false;
  }
  return true;
}

// Values stay of order one, and away from where a function has no derivative, so that neither mode loses digits.
Tensor tame(const Tensor& x) { return mul_scalar(tanh(mul_scalar(x, 0.5)), 1.5); }

Tensor one_operand(Draw& draw, const Tensor& x) {
  switch (draw.below(15)) {
    case 0: return sin(x);
    case 1: return cos(mul_scalar(x, 1.5));
    case 2: return sigmoid(x);
    case 3: return softplus(x);
    case 4: return erf(x);
    case 5: return exp(mul_scalar(tanh(x), 0.5));
    case 6: return log1p(square(x));
    case 7: return sqrt(add_scalar(square(x), 0.5));
    case 8: return reciprocal(add_scalar(square(x), 1.0));
    case 9: return gelu(x);
    case 10: return elu(x);
    case 11: return neg(square(tanh(x)));
    case 12: return erfc(x);
    case 13: {  // the side that is not chosen is NaN below -0.5
      Tensor zero = full(x.context(), IntList{}, 0.0, x.dtype());
      return select(greater(x, zero), log(add_scalar(x, 0.5)), cos(x));
    }
    default: return rsqrt(add_scalar(square(x), 1.0));
  }
}

Tensor along_an_axis(Draw& draw, const Tensor& x) {
  const int64_t axis = draw.below(x.rank());
  const int at = static_cast<int>(axis);
  const int64_t size = x.shape()[at];
  IntList begin, end;
  for (int64_t d : x.shape()) begin.push_back(0), end.push_back(d);
  switch (draw.below(12)) {
    case 0: return tame(sum(x, {axis}, draw.coin()));
    case 1: return mean(x, {axis}, draw.coin());
    case 2: return max(x, {axis}, draw.coin());
    case 3: return tame(prod(x, {axis}, draw.coin()));
    case 4: return logsumexp(x, {axis}, draw.coin());
    case 5: return softmax(x, axis);
    case 6: return log_softmax(x, axis);
    case 7: return tame(cumsum(x, axis, draw.coin(), draw.coin()));
    case 8: begin[at] = draw.below(size); return slice(x, begin, end);
    case 9: {
      IntList high = begin;
      high[at] = 1 + draw.below(2);
      return pad(x, begin, high, {}, 0.25);
    }
    case 10: {
      Tensor indices = range(x.context(), 1 + draw.below(4), 0, 0, DType::kI64);
      return gather(x, add_scalar(indices, static_cast<double>(draw.below(size))), axis);
    }
    default: return concat({x, sin(x)}, axis);
  }
}

Tensor two_operands(Draw& draw, const Tensor& a, const Tensor& b) {
  switch (draw.below(8)) {
    case 0: return tame(add(a, b));
    case 1: return tame(sub(a, b));
    case 2: return tame(mul(a, b));
    case 3: return div(a, add_scalar(square(b), 1.0));
    case 4: return maximum(a, b);
    case 5: return minimum(a, b);
    case 6: return select(less(a, b), sin(a), cos(b));
    default: return pow(add_scalar(square(tanh(a)), 0.5), b);
  }
}

Tensor matrix_product(Draw& draw, const Tensor& x) {
  const int64_t n = x.elements(), rows = x.rank() > 0 ? x.shape()[0] : 1;
  Tensor a = reshape(x, {rows, n / rows});
  return draw.coin() ? tame(matmul(a, a, false, true)) : tame(matmul(a, sin(a), true, false));
}

}  // namespace

Values run_program(const Program& program, const Values& inputs) {
  Values pool = inputs;
  for (uint64_t op : program.ops) {
    Draw draw(op);
    // Recent tensors are preferred, so that programs are deep.
    auto pick = [&] {
      const int64_t size = static_cast<int64_t>(pool.size());
      return pool[static_cast<size_t>(draw.coin() ? size - 1 - draw.below(std::min<int64_t>(size, 3))
                                                  : draw.below(size))];
    };
    Tensor x = pick(), out;
    const int64_t kind = draw.below(10);
    if (kind < 3) {
      out = one_operand(draw, x);
    } else if (kind < 6 && x.rank() > 0) {
      out = along_an_axis(draw, x);
    } else if (kind < 9) {
      Tensor y = pick();
      out = broadcasts(x.shape(), y.shape()) ? two_operands(draw, x, y) : mul(x, tame(sum(y)));
    } else if (draw.coin()) {
      out = matrix_product(draw, x);
    } else {
      out = draw.coin() ? transpose(x) : reshape(x, {-1});
    }
    if (out.elements() <= 200 && out.rank() <= 5) pool.push_back(std::move(out));
  }
  return {pool.back(), pool[pool.size() / 2]};
}

}  // namespace tl::test
