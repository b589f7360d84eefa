// Ops that walk over axes, with shapes, axes and dtypes drawn at random (from a fixed seed) up to sizes at which tiles,
// merged axes, vector loops and threads come into play: the references' values, and the same bits with two threads.
#include <catch2/catch.hpp>
#include <functional>

#include "core/ops/generated/functions.h"
#include "tests/ops/op_case.h"
#include "tests/ops/reference.h"
#include "tests/rounds.h"

namespace tl::test {
namespace {

class RandomDraw {
 public:
  explicit RandomDraw(uint64_t seed) : state_(seed) {}
  // In [0, below).
  int64_t below(int64_t below) {
    state_ = state_ * 6364136223846793005u + 1442695040888963407u;
    return static_cast<int64_t>((state_ >> 33) % static_cast<uint64_t>(below));
  }
  int64_t between(int64_t low, int64_t high) { return low + below(high - low + 1); }
  bool coin() { return below(2) == 1; }
  // Sizes of which some are 1, some small and some beyond a tile; never more than 40000 elements.
  Shape shape(int least_rank, int most_rank) {
    const int64_t sizes[] = {1, 1, 2, 3, 5, 8, 13, 16, 17, 32, 33, 64, 70, 129, 300};
    Shape out;
    int64_t elements = 1;
    for (int64_t rank = between(least_rank, most_rank); rank > 0; rank--) {
      int64_t size = sizes[below(15)];
      while (elements * size > 40000) size = (size + 1) / 2;
      elements *= size;
      out.push_back(size);
    }
    return out;
  }
  Array array(DType dtype, const Shape& shape) {
    Array out = sample_direction(shape, static_cast<uint64_t>(below(1 << 30)));
    out.dtype = dtype;
    for (double& v : out.values) {
      if (dtype == DType::kBool)
        v = v > 0;
      else if (!is_floating(dtype))
        v = static_cast<double>(below(100));
    }
    return rounded(out);
  }
  DType any() {
    const DType all[] = {DType::kF32, DType::kF32, DType::kF64, DType::kI32,
                         DType::kI64, DType::kU8,  DType::kBool};
    return all[below(7)];
  }
  DType number() {
    DType out = any();
    return out == DType::kBool ? DType::kF32 : out;
  }
  DType floating() { return coin() ? DType::kF32 : DType::kF64; }
  std::vector<int64_t> permutation(int rank) {
    std::vector<int64_t> out(static_cast<size_t>(rank));
    for (int i = 0; i < rank; i++) out[i] = i;
    for (int i = rank; i > 1; i--) std::swap(out[i - 1], out[below(i)]);
    return out;
  }
  // Some of the axes, at least one, in any order and of either sign.
  IntList axes(int rank) {
    std::vector<int64_t> order = permutation(rank);
    IntList out;
    for (int64_t i = 0, count = between(1, rank); i < count; i++)
      out.push_back(coin() ? order[i] : order[i] - rank);
    return out;
  }
  // A shape that broadcasts to `shape`.
  Shape broadcasting(const Shape& shape) {
    Shape out;
    for (int i = static_cast<int>(below(shape.rank() + 1)); i < shape.rank(); i++)
      out.push_back(below(3) == 0 ? 1 : shape[i]);
    return out;
  }

 private:
  uint64_t state_;
};

IntList as_list(const std::vector<int64_t>& values) {
  return IntList(Span<const int64_t>(values.data(), values.size()));
}

struct Contexts {
  Contexts() : one(with(1)), two(with(2)) {}
  static ContextOptions with(int threads) {
    ContextOptions options;
    options.threads = threads;
    return options;
  }
  Context one, two;
};

std::string describe(const Arrays& in) {
  std::string out;
  for (const Array& a : in) out += concat(a.dtype, " ", a.shape, " ");
  return out;
}

using Call = std::function<Tensor(const Tensors&)>;

void check(Contexts& contexts, const Arrays& in, const Call& call, const Arrays& expected, double floor = 1) {
  INFO(describe(in));
  Tensor one = call(to_tensors(contexts.one, in));
  Tensor two = call(to_tensors(contexts.two, in, Layout::kRows));
  CHECK(same_bits(one, two));
  double tolerance = one.dtype() == DType::kF64 ? 1e-12 : 1e-5;
  CHECK(difference(to_array(one), expected[0], tolerance, floor) == "");
}

constexpr int kRepeats = rounds(150);

}  // namespace

TEST_CASE("transposes of random shapes", "[ops][shapes]") {
  Contexts contexts;
  RandomDraw draw(1);
  for (int k = 0; k < 3 * kRepeats; k++) {
    Arrays in{draw.array(draw.any(), draw.shape(1, 6))};
    IntList order = as_list(draw.permutation(in[0].shape.rank()));
    INFO("permutation " << text(order));
    check(
        contexts, in, [&](const Tensors& t) { return transpose(t[0], order); },
        reference::transpose(in[0], order));
  }
}

TEST_CASE("reductions of random shapes", "[ops][shapes]") {
  Contexts contexts;
  RandomDraw draw(2);
  for (int k = 0; k < kRepeats; k++) {
    Arrays in{draw.array(draw.number(), draw.shape(1, 5))};
    IntList axes = draw.axes(in[0].shape.rank());
    bool keepdims = draw.coin();
    INFO("axes " << text(axes));
    const Array& x = in[0];
    check(
        contexts, in, [&](const Tensors& t) { return sum(t[0], axes, keepdims); },
        reference::sum(x, axes, keepdims), 20);
    check(
        contexts, in, [&](const Tensors& t) { return max(t[0], axes, keepdims); },
        reference::max(x, axes, keepdims));
    check(
        contexts, in, [&](const Tensors& t) { return min(t[0], axes, keepdims); },
        reference::min(x, axes, keepdims));
    check(
        contexts, in, [&](const Tensors& t) { return argmax(t[0], axes, keepdims); },
        reference::argmax(x, axes, keepdims));
    check(
        contexts, in, [&](const Tensors& t) { return argmin(t[0], axes, keepdims); },
        reference::argmin(x, axes, keepdims));
    if (!is_floating(x.dtype)) continue;
    check(
        contexts, in, [&](const Tensors& t) { return logsumexp(t[0], axes, keepdims); },
        reference::logsumexp(x, axes, keepdims));
    check(
        contexts, in, [&](const Tensors& t) { return mean(t[0], axes, keepdims); },
        reference::mean(x, axes, keepdims));
    // Factors near one, so that products of thousands stay in range.
    Array near_one = x;
    for (double& v : near_one.values) v = 1 + v * 1e-3;
    near_one = rounded(near_one);
    check(
        contexts, Arrays{near_one}, [&](const Tensors& t) { return prod(t[0], axes, keepdims); },
        reference::prod(near_one, axes, keepdims), 20);
  }
}

TEST_CASE("broadcasting of random shapes", "[ops][shapes]") {
  Contexts contexts;
  RandomDraw draw(3);
  for (int k = 0; k < kRepeats; k++) {
    Shape result = draw.shape(1, 5);
    DType dtype = draw.number();
    Arrays in{draw.array(dtype, draw.broadcasting(result)), draw.array(dtype, draw.broadcasting(result))};
    check(
        contexts, in, [](const Tensors& t) { return sub(t[0], t[1]); }, reference::sub(in[0], in[1]));
    check(
        contexts, in, [](const Tensors& t) { return maximum(t[0], t[1]); }, reference::maximum(in[0], in[1]));
    check(
        contexts, in, [](const Tensors& t) { return less(t[0], t[1]); }, reference::less(in[0], in[1]));
    if (is_floating(dtype))
      check(
          contexts, in, [](const Tensors& t) { return div(t[0], t[1]); }, reference::div(in[0], in[1]));
    in = Arrays{draw.array(DType::kBool, draw.broadcasting(result)), in[0], in[1]};
    check(
        contexts, in, [](const Tensors& t) { return select(t[0], t[1], t[2]); },
        reference::select(in[0], in[1], in[2]));
    in = Arrays{draw.array(draw.any(), draw.broadcasting(result))};
    check(
        contexts, in, [&](const Tensors& t) { return broadcast_to(t[0], result); },
        reference::broadcast_to(in[0], result));
  }
}

TEST_CASE("slices, pads and concatenations of random shapes", "[ops][shapes]") {
  Contexts contexts;
  RandomDraw draw(4);
  for (int k = 0; k < kRepeats; k++) {
    Arrays in{draw.array(draw.any(), draw.shape(1, 5))};
    const Shape shape = in[0].shape;
    IntList begin, end, strides, low, high, interior;
    int64_t padded = 1;
    for (int64_t size : shape) {
      begin.push_back(draw.below(3) == 0 ? draw.between(0, size) : 0);
      end.push_back(draw.below(3) == 0 ? draw.between(begin[begin.size() - 1], size) : size);
      strides.push_back(draw.below(3) == 0 ? draw.between(1, 4) : 1);
      low.push_back(draw.below(3) == 0 ? draw.below(4) : 0);
      high.push_back(draw.below(3) == 0 ? draw.below(4) : 0);
      interior.push_back(draw.below(4) == 0 && padded < 10000 ? draw.below(3) : 0);
      padded *= low[low.size() - 1] + high[high.size() - 1] + size * (1 + interior[interior.size() - 1]);
    }
    INFO("begin " << text(begin) << " end " << text(end) << " strides " << text(strides));
    check(
        contexts, in, [&](const Tensors& t) { return slice(t[0], begin, end, strides); },
        reference::slice(in[0], begin, end, strides));
    INFO("low " << text(low) << " high " << text(high) << " interior " << text(interior));
    check(
        contexts, in, [&](const Tensors& t) { return pad(t[0], low, high, interior, 1); },
        reference::pad(in[0], low, high, interior, 1));
    int64_t axis = draw.below(shape.rank());
    for (int64_t count = draw.below(3); count > 0; count--) {
      Shape other = shape;
      other[static_cast<int>(axis)] = draw.between(0, 9);
      in.push_back(draw.array(in[0].dtype, other));
    }
    INFO("axis " << axis);
    check(
        contexts, in, [&](const Tensors& t) { return concat(t, axis); }, reference::concat(in, axis));
  }
}

TEST_CASE("gathers, scatters, scans and softmax along random axes", "[ops][shapes]") {
  Contexts contexts;
  RandomDraw draw(5);
  for (int k = 0; k < kRepeats; k++) {
    Arrays in{draw.array(draw.number(), draw.shape(1, 4))};
    const Shape shape = in[0].shape;
    const int axis = static_cast<int>(draw.below(shape.rank()));
    INFO("axis " << axis);
    Array indices = draw.array(draw.coin() ? DType::kI32 : DType::kI64, Shape{draw.between(0, 20)});
    if (draw.coin()) indices.shape = Shape{1, indices.shape[0]};
    for (double& v : indices.values) v = static_cast<double>(draw.below(shape[axis]));
    Arrays gather_in{in[0], indices}, gathered = reference::gather(in[0], indices, axis);
    check(
        contexts, gather_in, [&](const Tensors& t) { return gather(t[0], t[1], axis); }, gathered);
    Arrays scatter_in{indices, draw.array(in[0].dtype, gathered[0].shape)};
    check(
        contexts, scatter_in, [&](const Tensors& t) { return scatter_add(t[0], t[1], shape[axis], axis); },
        reference::scatter_add(indices, scatter_in[1], shape[axis], axis), 20);
    bool exclusive = draw.coin(), reverse = draw.coin();
    check(
        contexts, in, [&](const Tensors& t) { return cumsum(t[0], axis, exclusive, reverse); },
        reference::cumsum(in[0], axis, exclusive, reverse), 30);
    if (!is_floating(in[0].dtype)) continue;
    check(
        contexts, in, [&](const Tensors& t) { return softmax(t[0], axis); }, reference::softmax(in[0], axis));
    check(
        contexts, in, [&](const Tensors& t) { return log_softmax(t[0], axis); },
        reference::log_softmax(in[0], axis));
  }
}

TEST_CASE("matrix products of random shapes", "[ops][shapes]") {
  Contexts contexts;
  RandomDraw draw(6);
  for (int k = 0; k < kRepeats; k++) {
    bool transpose_a = draw.coin(), transpose_b = draw.coin();
    const int64_t sizes[] = {1, 2, 3, 4, 7, 8, 15, 16, 17, 31, 33, 48, 65};
    int64_t rows = sizes[draw.below(13)], inner = sizes[draw.below(13)], columns = sizes[draw.below(13)];
    if (draw.below(20) == 0) inner = 0;
    Shape batch;
    for (int64_t rank = draw.below(3); rank > 0; rank--) batch.push_back(draw.between(1, 4));
    Shape a = draw.broadcasting(batch), b = draw.broadcasting(batch);
    for (int64_t size : {transpose_a ? inner : rows, transpose_a ? rows : inner}) a.push_back(size);
    for (int64_t size : {transpose_b ? columns : inner, transpose_b ? inner : columns}) b.push_back(size);
    DType dtype = draw.floating();
    Arrays in{draw.array(dtype, a), draw.array(dtype, b)};
    INFO("transpose_a " << transpose_a << " transpose_b " << transpose_b);
    check(
        contexts, in, [&](const Tensors& t) { return matmul(t[0], t[1], transpose_a, transpose_b); },
        reference::matmul(in[0], in[1], transpose_a, transpose_b), 10);
  }
}

}  // namespace tl::test
