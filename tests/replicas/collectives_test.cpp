// Gradients of collectives, to second order and in forward mode, against matrices: a collective is linear, y = A x with the tensors
// of all ranks behind one another, and A is written down by hand here. With L = sum(w y^3) over all ranks the gradient is
// A'(3 w y^2), its derivative along v is A'(6 w y A v), and the tangent of y along v is A v.
#include "core/replicas/collectives.h"

#include <catch2/catch.hpp>
#include <cmath>
#include <functional>

#include "core/autodiff/forward.h"
#include "core/autodiff/tape.h"
#include "core/ops/generated/functions.h"
#include "core/replicas/strategy.h"
#include "tests/dist/ranks.h"

using namespace tl;
using namespace tl::test;
using Catch::Matchers::Contains;
using replicas::GroupPtr;
using replicas::Reduction;

namespace {

using V = std::vector<double>;
using Matrix = std::vector<V>;
constexpr int kRanks = 3;

// The tensors of all ranks: shapes, and values that differ.
struct Input {
  std::vector<Shape> shapes;
  std::vector<V> x, v;
  size_t total = 0;
  explicit Input(std::vector<Shape> of) : shapes(std::move(of)) {
    for (size_t r = 0; r < shapes.size(); r++) {
      x.emplace_back();
      v.emplace_back();
      for (int64_t i = 0; i < shapes[r].elements(); i++, total++) {
        const auto at = static_cast<double>(total);
        x[r].push_back(std::sin(1.3 * at) * 1.5);
        v[r].push_back(std::cos(0.7 * at));
      }
    }
  }
};

V joined(const std::vector<V>& parts) {
  V out;
  for (const V& p : parts) out.insert(out.end(), p.begin(), p.end());
  return out;
}
V times(const Matrix& a, const V& x) {
  V out;
  for (const V& row : a) {
    double sum = 0;
    for (size_t j = 0; j < x.size(); j++) sum += row[j] * x[j];
    out.push_back(sum);
  }
  return out;
}
V transposed_times(const Matrix& a, const V& y) {
  V out(a[0].size(), 0);
  for (size_t i = 0; i < a.size(); i++)
    for (size_t j = 0; j < out.size(); j++) out[j] += a[i][j] * y[i];
  return out;
}
double weight_at(size_t i) { return 0.5 + 0.1 * static_cast<double>(i); }

bool close(const V& got, const V& want) {
  bool same = got.size() == want.size();
  for (size_t i = 0; same && i < got.size(); i++)
    same = std::abs(got[i] - want[i]) <= 1e-12 * (1 + std::abs(want[i]));
  return same;
}

using Collective = std::function<Tensor(const GroupPtr&, const Tensor&)>;

void check(const char* name, const Input& in, const Matrix& a, const Collective& f) {
  INFO(name);
  std::vector<V> y(kRanks), gradient(kRanks), second(kRanks), tangent(kRanks);
  const std::vector<Outcome> out = run_ranks(kRanks, [&](int rank, Context& c, dist::Group& g) {
    const auto r = static_cast<size_t>(rank);
    const GroupPtr group(&g, [](dist::Group*) {});
    const Tensor x = tensor<double>(c, in.shapes[r], in.x[r]), v = tensor<double>(c, in.shapes[r], in.v[r]);
    // Where this rank's results begin among those of all.
    const Tensor length = tensor<double>(c, Shape{1}, {static_cast<double>(f(group, x).elements())});
    const V lengths = values<double>(g.all_gather("test", length));
    size_t first = 0;
    for (size_t k = 0; k < r; k++) first += static_cast<size_t>(lengths[k]);
    {
      Tape outer(c, {}), inner(c, {});
      outer.watch(x);
      inner.watch(x);
      const Tensor value = f(group, x);
      y[r] = values<double>(value);
      V mine;
      for (size_t i = 0; i < y[r].size(); i++) mine.push_back(weight_at(first + i));
      const Tensor w = tensor<double>(c, value.shape(), mine);
      const Tensor loss = sum(mul(w, mul(value, mul(value, value))));
      const GradientSource source[] = {{x, nullptr}};
      const Tensor d = inner.gradient(Span<const Tensor>(&loss, 1), source)[0];
      gradient[r] = values<double>(d);
      const Tensor along = sum(mul(d, v));
      second[r] = values<double>(outer.gradient(Span<const Tensor>(&along, 1), source)[0]);
    }
    const GradientSource primal[] = {{x, nullptr}};
    Forward forward(c, primal, Span<const Tensor>(&v, 1));
    tangent[r] = values<double>(forward.tangent(f(group, x)));
  });
  for (const Outcome& o : out) {
    INFO(o.text);
    REQUIRE(o.code == Code::kOk);
  }
  const V want = times(a, joined(in.x)), moved = times(a, joined(in.v));
  CHECK(close(joined(y), want));
  V first, then;
  for (size_t i = 0; i < want.size(); i++) {
    first.push_back(3 * weight_at(i) * want[i] * want[i]);
    then.push_back(6 * weight_at(i) * want[i] * moved[i]);
  }
  CHECK(close(joined(gradient), transposed_times(a, first)));
  CHECK(close(joined(second), transposed_times(a, then)));
  CHECK(close(joined(tangent), moved));
}

// y has `rows` values; entry(i, j) is how much of x[j] is in y[i].
Matrix matrix(size_t rows, size_t columns, const std::function<double(size_t, size_t)>& entry) {
  Matrix a(rows, V(columns));
  for (size_t i = 0; i < rows; i++)
    for (size_t j = 0; j < columns; j++) a[i][j] = entry(i, j);
  return a;
}

}  // namespace

TEST_CASE("collectives have the gradients of first and second order, and the tangents, of their matrices",
          "[replicas]") {
  const Input even({Shape{4}, Shape{4}, Shape{4}}), three({Shape{3, 2}, Shape{3, 2}, Shape{3, 2}}),
      uneven({Shape{2, 2}, Shape{0, 2}, Shape{3, 2}}), scalars({Shape{}, Shape{}, Shape{}});
  check("all_reduce sum", even, matrix(12, 12, [](size_t i, size_t j) { return i % 4 == j % 4; }),
        [](const GroupPtr& g, const Tensor& x) { return replicas::all_reduce(g, x, Reduction::kSum); });
  check("all_reduce mean", even, matrix(12, 12, [](size_t i, size_t j) { return (i % 4 == j % 4) / 3.0; }),
        [](const GroupPtr& g, const Tensor& x) { return replicas::all_reduce(g, x, Reduction::kMean); });
  for (Reduction r : {Reduction::kMin, Reduction::kMax}) {
    const V x = joined(even.x);
    auto holder = [&](size_t i) {
      size_t best = i % 4;
      for (size_t j = i % 4; j < 12; j += 4)
        if (r == Reduction::kMin ? x[j] < x[best] : x[j] > x[best]) best = j;
      return best;
    };
    check("extreme", even, matrix(12, 12, [&](size_t i, size_t j) { return holder(i) == j; }),
          [r](const GroupPtr& g, const Tensor& t) { return replicas::all_reduce(g, t, r); });
  }
  check("reduce to 1", even, matrix(12, 12, [](size_t i, size_t j) { return i / 4 == 1 && i % 4 == j % 4; }),
        [](const GroupPtr& g, const Tensor& x) { return replicas::reduce(g, x, Reduction::kSum, 1); });
  check("mean at 2", even,
        matrix(12, 12, [](size_t i, size_t j) { return (i / 4 == 2 && i % 4 == j % 4) / 3.0; }),
        [](const GroupPtr& g, const Tensor& x) { return replicas::reduce(g, x, Reduction::kMean, 2); });
  check("broadcast", even, matrix(12, 12, [](size_t i, size_t j) { return j / 4 == 2 && i % 4 == j % 4; }),
        [](const GroupPtr& g, const Tensor& x) { return replicas::broadcast(g, x, 2); });
  check("all_gather, uneven", uneven, matrix(30, 10, [](size_t i, size_t j) { return i % 10 == j; }),
        [](const GroupPtr& g, const Tensor& x) { return replicas::all_gather(g, x); });
  check("all_gather of scalars", scalars, matrix(9, 3, [](size_t i, size_t j) { return i % 3 == j; }),
        [](const GroupPtr& g, const Tensor& x) { return replicas::all_gather(g, x); });
  // Four rows in parts of 2, 1 and 1: y[i] is the sum of x[i], x[i + 4], x[i + 8].
  check("reduce_scatter sum, uneven", even, matrix(4, 12, [](size_t i, size_t j) { return j % 4 == i; }),
        [](const GroupPtr& g, const Tensor& x) { return replicas::reduce_scatter(g, x, Reduction::kSum); });
  check("reduce_scatter mean", three, matrix(6, 18, [](size_t i, size_t j) { return (j % 6 == i) / 3.0; }),
        [](const GroupPtr& g, const Tensor& x) { return replicas::reduce_scatter(g, x, Reduction::kMean); });
  // Rank i / 6 has in block b of two what rank b had in block i / 6.
  check("all_to_all", three,
        matrix(18, 18, [](size_t i, size_t j) { return j == (i % 6 / 2) * 6 + i / 6 * 2 + i % 2; }),
        [](const GroupPtr& g, const Tensor& x) { return replicas::all_to_all(g, x); });
}

TEST_CASE("an extreme that several ranks hold shares its gradient", "[replicas]") {
  std::vector<V> gradients(kRanks);
  const std::vector<Outcome> out = run_ranks(kRanks, [&](int rank, Context& c, dist::Group& g) {
    const GroupPtr group(&g, [](dist::Group*) {});
    const Tensor x = tensor<double>(c, Shape{2}, {rank == 1 ? 1.0 : 4.0, 2.0});
    Tape tape(c, {});
    tape.watch(x);
    const Tensor loss = sum(replicas::all_reduce(group, x, Reduction::kMax));
    const GradientSource source[] = {{x, nullptr}};
    gradients[static_cast<size_t>(rank)] =
        values<double>(tape.gradient(Span<const Tensor>(&loss, 1), source)[0]);
  });
  for (const Outcome& o : out) CHECK(o.text == "");
  CHECK(gradients[0] == V{1.5, 1});
  CHECK(gradients[1] == V{0, 1});
  CHECK(gradients[2] == V{1.5, 1});
}

TEST_CASE("variables are mirrored, averaged and compared; a difference names rank and variable",
          "[replicas]") {
  std::vector<V> mirrored(kRanks), averaged(kRanks);
  const std::vector<Outcome> out = run_ranks(kRanks, [&](int rank, Context& c, dist::Group& g) {
    const auto r = static_cast<size_t>(rank);
    const GroupPtr group(&g, [](dist::Group*) {});
    VariableRef a = VariableRef::make(tensor<double>(c, Shape{2}, {rank + 1.0, 7.0}), "a"),
                b = VariableRef::make(tensor<double>(c, Shape{}, {rank * 3.0}), "b");
    Variable* list[] = {a.get(), b.get()};
    const Tensor before = a->read();
    replicas::mirror(group, list);
    mirrored[r] = values<double>(a->read());
    if (values<double>(before)[0] != rank + 1.0) mirrored[r].clear();
    replicas::check_mirrored(group, list);
    b->assign(tensor<double>(c, Shape{}, {rank * 3.0}));
    replicas::average(group, Span<Variable* const>(list + 1, 1));
    averaged[r] = values<double>(b->read());
    if (rank == 2) b->assign(tensor<double>(c, Shape{}, {3.0000001}));
    replicas::check_mirrored(group, list);
  });
  for (size_t r = 0; r < kRanks; r++) {
    CHECK(mirrored[r] == V{1, 7});
    CHECK(averaged[r] == V{3});
    CHECK(out[r].code == Code::kMismatch);
    CHECK_THAT(out[r].text, Contains("variable 1 ('b') of rank 2 differs from rank 0's"));
  }
}

TEST_CASE("shares of a mean loss add up to that of the whole batch, whatever each rank has", "[replicas]") {
  const std::vector<V> losses = {{1, 2, 4}, {}, {10}};
  V shares(kRanks, 0), merged(kRanks, 0), kept(kRanks, 0);
  const std::vector<Outcome> out = run_ranks(kRanks, [&](int rank, Context& c, dist::Group& g) {
    const auto r = static_cast<size_t>(rank);
    const GroupPtr group(&g, [](dist::Group*) {});
    const Tensor x = tensor<double>(c, Shape{static_cast<int64_t>(losses[r].size())}, losses[r]);
    shares[r] = values<double>(replicas::average_loss(group, x))[0];
    VariableRef total = VariableRef::make(sum(x), "total", false);
    merged[r] = values<double>(replicas::with_sums(group, "a total", Span<const VariableRef>(&total, 1),
                                                   [&] { return total->value(); }))[0];
    kept[r] = values<double>(total->value())[0];
  });
  for (const Outcome& o : out) CHECK(o.text == "");
  CHECK(shares == V{7.0 / 4, 0, 10.0 / 4});
  CHECK(merged == V{17, 17, 17});
  CHECK(kept == V{7, 0, 10});
}
