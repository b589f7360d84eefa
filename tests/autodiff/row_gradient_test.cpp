// Row-sparse gradients of gathers (row 37 of the table of semantics, T24), against the dense ones.
#include "core/autodiff/row_gradient.h"

#include <random>

#include "core/autodiff/forward.h"
#include "tests/autodiff/tape_fixture.h"

namespace tl::tape_test {
namespace {

struct Rows : TapeFixture {
  Tensor indices(std::initializer_list<double> values, DType dtype = DType::kI64) {
    return cast(vector(values), dtype);
  }
  // The gradient of y by one source, as it comes when rows are allowed.
  RowGradient rows_of(Tape& tape, const Tensor& y, GradientSource source) {
    GradientSource xs[] = {std::move(source)};
    Tensor at[1];
    Tensor rows = tape.gradient({y}, xs, {}, Unconnected::kNone, {}, at)[0];
    return {at[0], rows};
  }
};

std::vector<int64_t> integers(const Tensor& t) {
  REQUIRE(t);
  REQUIRE(t.dtype() == DType::kI64);
  return std::vector<int64_t>(t.data<int64_t>(), t.data<int64_t>() + t.elements());
}
using I = std::vector<int64_t>;

TEST_CASE_METHOD(Rows,
                 "row 37: a gather gives rows, ascending and each once, summed in the order of the program") {
  VariableRef table = VariableRef::make(tensor({0, 1, 2, 3, 4, 5, 6, 7}, Shape{4, 2}), "table", true);
  Tape tape(c, {});
  Tensor first = gather(table->read(), indices({2, 0, 2}), 0);
  Tensor second = gather(table->read(), indices({0}, DType::kI32), -2);
  Tensor weights = tensor({1, 10, 2, 20, 3, 30}, Shape{3, 2});
  Tensor y = add(sum(mul(first, weights)), mul_scalar(sum(second), 100));
  RowGradient g = rows_of(tape, y, of(table));
  CHECK(integers(g.indices) == I{0, 2});
  CHECK(g.rows.shape() == Shape{2, 2});
  CHECK(values(g.rows) == V{102, 120, 4, 40});
}

TEST_CASE_METHOD(Rows, "rows are those of the dense gradient, for indices of any shape and number") {
  std::mt19937 random(7);
  for (int64_t count : {0, 1, 5, 40}) {
    for (bool twice : {false, true}) {
      Tensor x = full(c, {9, 3, 2}, 0.5, DType::kF64), at = c.allocate(DType::kI32, Shape{2, count});
      for (int64_t i = 0; i < at.elements(); i++)
        at.mutable_data<int32_t>()[i] = static_cast<int32_t>(random() % 9);
      Tape tape(c, {/*persistent=*/true});
      tape.watch(x);
      Tensor y = sum(sin(mul_scalar(gather(x, at, 0), 3)));
      if (twice) y = add(y, sum(square(gather(x, at, 0))));
      RowGradient g = rows_of(tape, y, of(x));
      REQUIRE(g.indices);
      Tensor dense = gradient(tape, y, of(x));
      CHECK(values(scatter_add(g.indices, g.rows, 9, 0)) == values(dense));
      // Merged rows have the norm of the dense gradient, so clipping needs nothing else.
      CHECK(values(sum(square(g.rows)))[0] == Approx(values(sum(square(dense)))[0]));
    }
  }
}

TEST_CASE_METHOD(Rows, "any other use of the table makes its gradient dense, the rows added last") {
  Tensor x = tensor({1, 2, 3, 4, 5, 6}, Shape{3, 2}), at = indices({1, 1});
  auto dense = [&](const std::function<Tensor()>& f) {
    Tape tape(c, {});
    tape.watch(x);
    RowGradient g = rows_of(tape, f(), of(x));
    CHECK_FALSE(g.indices);
    REQUIRE(g.rows);
    CHECK(g.rows.shape() == x.shape());
    return values(g.rows);
  };
  CHECK(dense([&] { return add(sum(gather(x, at, 0)), mul_scalar(sum(x), 10)); }) ==
        V{10, 10, 12, 12, 10, 10});
  CHECK(dense([&] { return sum(gather(x, at, 1)); }) == V{0, 2, 0, 2, 0, 2});
  CHECK(dense([&] { return sum(square(x)); }) == V{2, 4, 6, 8, 10, 12});
  CHECK(dense([&] { return add(sum(gather(mul_scalar(x, 2), at, 0)), sum(gather(x, at, 0))); }) ==
        V{0, 0, 6, 6, 0, 0});
  // The table is a target itself.
  Tape tape(c, {});
  tape.watch(x);
  Tensor y = sum(gather(x, at, 0)), places[1];
  GradientSource xs[] = {of(x)};
  CHECK(values(tape.gradient({y, x}, xs, {}, Unconnected::kNone, {}, places)[0]) == V{1, 1, 3, 3, 1, 1});
  CHECK_FALSE(places[0]);
}

TEST_CASE_METHOD(Rows, "a table that is computed from a source passes its gradient on") {
  Tensor w = scalar(3), base = tensor({1, 2, 3, 4}, Shape{2, 2});
  Tape tape(c, {});
  tape.watch(w);
  Tensor table = mul(base, w);
  Tensor y = sum(gather(table, indices({1, 1}), 0));
  GradientSource xs[] = {of(w), of(table)};
  Tensor places[2];
  std::vector<Tensor> g = tape.gradient({y}, xs, {}, Unconnected::kNone, {}, places);
  CHECK(values(g[0]) == V{14});
  CHECK(values(g[1]) == V{0, 0, 2, 2});
  CHECK_FALSE(places[0]);
  CHECK_FALSE(places[1]);
}

TEST_CASE_METHOD(Rows, "sources side by side, twice, and without connection") {
  VariableRef a = VariableRef::make(tensor({1, 2, 3}, Shape{3}), "a", true), lonely = variable(1);
  Tensor b = scalar(2);
  Tape tape(c, {});
  tape.watch(b);
  Tensor y = sum(mul(gather(a->read(), indices({2, 0}), 0), b));
  GradientSource xs[] = {of(a), of(b), of(a), of(lonely)};
  Tensor places[4];
  Reason reasons[4];
  std::vector<Tensor> g = tape.gradient({y}, xs, {}, Unconnected::kNone, reasons, places);
  CHECK(integers(places[0]) == I{0, 2});
  CHECK(values(g[0]) == V{2, 2});
  CHECK_FALSE(places[1]);
  CHECK(values(g[1]) == V{4});
  CHECK(values(g[2]) == V{2, 2});
  CHECK_FALSE(g[3]);
  CHECK(reasons[0] == Reason::kConnected);
  CHECK(reasons[3] == Reason::kNotRead);
}

TEST_CASE_METHOD(Rows, "rows have derivatives: outer tapes and forward modes see how they are made") {
  Tensor x = tensor({1, 2, 3}, Shape{3}), at = indices({2, 0, 2});
  auto rows = [&] {
    Tape inner(c, {});
    inner.watch(x);
    Tensor picked = gather(x, at, 0);
    return rows_of(inner, sum(mul(square(picked), picked)), of(x)).rows;  // 3 x^2 for 0, twice that for 2
  };
  Tape outer(c, {});
  outer.watch(x);
  CHECK(values(gradient(outer, rows(), of(x))) == V{6, 0, 36});
  Tensor one = tensor({1, 1, 1}, Shape{3});
  GradientSource xs[] = {of(x)};
  Forward forward(c, xs, Span<const Tensor>(&one, 1));
  CHECK(values(forward.tangent(rows())) == V{6, 36});
}

TEST_CASE_METHOD(Rows, "no tensor of the size of the table is made") {
  const int64_t size = 200000;
  Tensor x = full(c, {size, 8}, 0.5, DType::kF32);
  const size_t table_bytes = x.bytes();
  Tensor at = indices({5, 199999, 5});
  Tape tape(c, {});
  tape.watch(x);
  Tensor y = sum(square(gather(x, at, 0)));
  const size_t before = c.allocator().stats().live_bytes;
  RowGradient g = rows_of(tape, y, of(x));
  CHECK(g.rows.shape() == Shape{2, 8});
  CHECK(c.allocator().stats().peak_live_bytes - before < table_bytes / 100);
}

}  // namespace
}  // namespace tl::tape_test
