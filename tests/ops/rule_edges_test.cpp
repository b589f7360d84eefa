// Gradient rules where the formula of the textbook is 0 * infinity or 0 / 0, and where a rule takes a shortcut. The
// samples of the op table stay away from such points, because differences have no limit there; here the expected values
// come from limits and from the definition.
#include <catch2/catch.hpp>
#include <cmath>
#include <functional>
#include <limits>

#include "core/autodiff/tape.h"
#include "core/base/error.h"
#include "core/compile/function.h"
#include "core/ops/generated/functions.h"
#include "tests/ops/op_case.h"

namespace tl::test {
namespace {

using Numbers = std::vector<double>;
using Function = std::function<Tensor(const std::vector<Tensor>&)>;

constexpr double kInf = std::numeric_limits<double>::infinity();

Array vector_of(Numbers values) {
  return Array{Shape{static_cast<int64_t>(values.size())}, DType::kF64, std::move(values)};
}
Array number(double value) { return Array{Shape{}, DType::kF64, {value}}; }

class Edge {
 public:
  Edge() : context(ContextOptions{}) {}

  // The gradients of the sum of f's elements.
  std::vector<Numbers> gradients(const std::vector<Array>& at, const Function& f) {
    std::vector<Tensor> in = tensors(at);
    std::vector<Numbers> out;
    for (const Tensor& g : differentiate(in, f)) out.push_back(to_array(g).values);
    return out;
  }

  // The gradients of the sum of all elements of all first gradients.
  std::vector<Numbers> second(const std::vector<Array>& at, const Function& f) {
    std::vector<Tensor> in = tensors(at);
    Tensor total;
    std::vector<Numbers> out;
    for (const Tensor& g : differentiate(in, [&](const std::vector<Tensor>& z) {
           Tensor all;
           for (const Tensor& g : differentiate(z, f)) all = all ? add(all, sum(g)) : sum(g);
           return all;
         }))
      out.push_back(to_array(g).values);
    return out;
  }

  std::vector<Tensor> tensors(const std::vector<Array>& arrays) {
    std::vector<Tensor> out;
    for (const Array& a : arrays) out.push_back(to_tensor(context, a));
    return out;
  }

  Context context;

 private:
  std::vector<Tensor> differentiate(const std::vector<Tensor>& z, const Function& f) {
    Tape tape(context, TapeOptions{});
    std::vector<GradientSource> sources;
    for (const Tensor& t : z) {
      tape.watch(t);
      sources.push_back(GradientSource{t, nullptr});
    }
    Tensor y = f(z);
    return tape.gradient(Span<const Tensor>(&y, 1), Span<const GradientSource>(sources), {},
                         Unconnected::kZero);
  }
};

void check_close(const Numbers& got, const Numbers& expected, double tolerance = 1e-12) {
  REQUIRE(got.size() == expected.size());
  for (size_t i = 0; i < got.size(); i++) {
    INFO("element " << i);
    CHECK(got[i] == Approx(expected[i]).epsilon(tolerance).margin(tolerance));
  }
}

}  // namespace

TEST_CASE("logsumexp has no NaN where the log of zero is well defined", "[ops][rules]") {
  Edge edge;
  Array x{Shape{3, 2}, DType::kF64, {-kInf, -kInf, -kInf, 1, 0, 0}};
  auto rows = [](const std::vector<Tensor>& z) { return logsumexp(z[0], {1}); };
  check_close(edge.gradients({x}, rows)[0], {0, 0, 0, 1, 0.5, 0.5});
  // The gradients of a row sum to 1, so the gradient of that sum is 0.
  check_close(edge.second({x}, rows)[0], {0, 0, 0, 0, 0, 0});
}

TEST_CASE("elu and its gradients do not overflow", "[ops][rules]") {
  Edge edge;
  Array x = vector_of({1000, 3, 0, -1, -1000});
  auto f = [](const std::vector<Tensor>& z) { return elu(z[0], 1.5); };
  check_close(to_array(f(edge.tensors({x}))).values, {1000, 3, 0, 1.5 * std::expm1(-1.0), -1.5});
  check_close(edge.gradients({x}, f)[0], {1, 1, 1.5, 1.5 * std::exp(-1.0), 0});
  Array off_zero = vector_of({1000, 3, -1, -1000});
  check_close(edge.second({off_zero}, f)[0], {0, 0, 1.5 * std::exp(-1.0), 0});
}

TEST_CASE("leaky_relu takes any slope", "[ops][rules]") {
  Edge edge;
  Array x = vector_of({2, 0, -2});
  for (double slope : {0.2, 3.0, -1.0, 0.0}) {
    auto f = [slope](const std::vector<Tensor>& z) { return leaky_relu(z[0], slope); };
    INFO("slope " << slope);
    check_close(to_array(f(edge.tensors({x}))).values, {2, 0, -2 * slope});
    check_close(edge.gradients({x}, f)[0], {1, slope, slope});
  }
}

TEST_CASE("pow at a zero base and a zero exponent", "[ops][rules]") {
  Edge edge;
  // d/da a^b = b a^(b-1), and 0^0 is the constant 1 along a; d/db a^b is 0 at a = 0 for b >= 0.
  auto f = [](const std::vector<Tensor>& z) { return pow(z[0], z[1]); };
  Array a = vector_of({0, 0, 0, 3, 0}), b = vector_of({0, 1, 2, 0, 3});
  std::vector<Numbers> g = edge.gradients({a, b}, f);
  check_close(g[0], {0, 1, 0, 0, 0});
  check_close(g[1], {0, 0, 0, std::log(3.0), 0});
  // Along a alone: b (b-1) a^(b-2).
  auto constant_exponent = [&](const std::vector<Tensor>& z) {
    return pow(z[0], to_tensor(edge.context, b));
  };
  check_close(edge.second({a}, constant_exponent)[0], {0, 0, 2, 0, 0});
  // The mixed derivative at b = 0 is 1 / a.
  Array three = vector_of({3}), zero = vector_of({0});
  double log3 = std::log(3.0);
  std::vector<Numbers> second = edge.second({three, zero}, f);
  check_close(second[0], {1.0 / 3});
  check_close(second[1], {1.0 / 3 + log3 * log3});
}

TEST_CASE("the gradient of prod is exact with any number of zeros, and again", "[ops][rules]") {
  Edge edge;
  auto f = [](const std::vector<Tensor>& z) { return prod(z[0]); };
  check_close(edge.gradients({vector_of({2, 0, 3, 4, 5})}, f)[0], {0, 120, 0, 0, 0});
  check_close(edge.gradients({vector_of({2, 0, 3, 0, 5})}, f)[0], {0, 0, 0, 0, 0});
  // d2/dx_i dx_j is the product of the others; the sum over i for each j.
  check_close(edge.second({vector_of({2, 0, 3, 0, 5})}, f)[0], {0, 30, 0, 30, 0});
  check_close(edge.gradients({vector_of({7})}, f)[0], {1});
  check_close(edge.gradients({Array{Shape{0}, DType::kF64, {}}}, f)[0], {});
}

TEST_CASE("the gradient of prod beside infinities is the product of the others", "[ops][rules]") {
  Edge edge;
  auto f = [](const std::vector<Tensor>& z) { return prod(z[0]); };
  // Powers of two, so that no order of multiplication rounds, and what makes products undefined.
  const double pool[] = {kInf, -kInf, 0, 2, -0.5, 4, -2, 0.25};
  const auto others = [](const Numbers& x, size_t i, size_t j) {
    double product = 1;
    for (size_t k = 0; k < x.size(); k++)
      if (k != i && k != j) product *= x[k];
    return product;
  };
  uint64_t draw = 1;
  for (int round = 0; round < 200; round++) {
    Numbers x(static_cast<size_t>(round % 9 + 1));
    for (double& v : x) v = pool[(draw = draw * 6364136223846793005u + 1442695040888963407u) >> 61];
    const Numbers got = edge.gradients({vector_of(x)}, f)[0];
    REQUIRE(got.size() == x.size());
    for (size_t i = 0; i < x.size(); i++) {
      const double expected = others(x, i, i);
      CAPTURE(round, i, x, got[i], expected);
      CHECK((std::isnan(expected) ? std::isnan(got[i]) : got[i] == expected));
    }
    // d2/dx_i dx_j, where it is defined.
    for (size_t i = 0; round % 4 == 0 && i < x.size(); i++) {
      const auto element = [&](const std::vector<Tensor>& z) {
        Tape tape(edge.context, {});
        tape.watch(z[0]);
        Tensor y = prod(z[0]);
        GradientSource source[] = {GradientSource{z[0], nullptr}};
        const auto at = static_cast<int64_t>(i);
        return slice(tape.gradient({y}, source)[0], {at}, {at + 1});
      };
      const Numbers second = edge.gradients({vector_of(x)}, element)[0];
      for (size_t j = 0; j < x.size(); j++) {
        const double expected = i == j ? 0 : others(x, i, j);
        CAPTURE(round, i, j, x, second[j], expected);
        if (!std::isnan(expected)) CHECK(second[j] == expected);
      }
    }
  }
  // A zero that comes from outside is strong: of what a select did not choose there is no gradient.
  auto unchosen = [](const std::vector<Tensor>& z) {
    return select(less(z[0], z[0]), prod(z[0]), sum(z[0]));
  };
  CHECK(edge.gradients({vector_of({kInf, 0, 3})}, unchosen)[0] == Numbers{3, 3, 3});
}

TEST_CASE("a NaN that max, min, maximum or minimum gives has the gradient that the table tells",
          "[ops][rules]") {
  Edge edge;
  const double nan = std::nan("");
  Array rows{Shape{3, 3}, DType::kF64, {1, nan, 3, nan, nan, 0, 1, 5, 5}};
  auto greatest = [](const std::vector<Tensor>& z) { return max(z[0], {1}); };
  auto least = [](const std::vector<Tensor>& z) { return min(z[0], {1}); };
  CHECK(std::isnan(to_array(greatest(edge.tensors({rows}))).values[0]));
  CHECK(edge.gradients({rows}, greatest)[0] == Numbers{0, 0, 0, 0, 0, 0, 0, 0.5, 0.5});
  CHECK(edge.gradients({rows}, least)[0] == Numbers{0, 0, 0, 0, 0, 0, 1, 0, 0});
  // Of two operands the second, whichever is the NaN.
  Array a = vector_of({nan, 1, nan, 2}), b = vector_of({1, nan, nan, 1});
  auto larger = [](const std::vector<Tensor>& z) { return maximum(z[0], z[1]); };
  auto smaller = [](const std::vector<Tensor>& z) { return minimum(z[0], z[1]); };
  CHECK(std::isnan(to_array(larger(edge.tensors({a, b}))).values[1]));
  CHECK(edge.gradients({a, b}, larger) == std::vector<Numbers>{{0, 0, 0, 1}, {1, 1, 1, 0}});
  CHECK(edge.gradients({a, b}, smaller) == std::vector<Numbers>{{0, 0, 0, 0}, {1, 1, 1, 1}});
}

TEST_CASE("activations have their limits at the infinities, eager and compiled", "[ops][rules][compile]") {
  using Activation = Tensor (*)(const Tensor&);
  struct Limits {
    const char* name;
    Activation f;
    double below, above, slope_below, slope_above;  // at -infinity and infinity
  };
  const Limits table[] = {
      {"relu", [](const Tensor& x) { return relu(x); }, 0, kInf, 0, 1},
      {"leaky_relu", [](const Tensor& x) { return leaky_relu(x); }, -kInf, kInf, 0.01, 1},
      {"leaky_relu, slope 0", [](const Tensor& x) { return leaky_relu(x, 0); }, 0, kInf, 0, 1},
      {"leaky_relu, slope -1", [](const Tensor& x) { return leaky_relu(x, -1); }, kInf, kInf, -1, 1},
      {"elu", [](const Tensor& x) { return elu(x, 1.5); }, -1.5, kInf, 0, 1},
      {"silu", [](const Tensor& x) { return silu(x); }, 0, kInf, 0, 1},
      {"gelu", [](const Tensor& x) { return gelu(x); }, 0, kInf, 0, 1},
      {"gelu, approximate", [](const Tensor& x) { return gelu(x, true); }, 0, kInf, 0, 1},
      {"tanh", [](const Tensor& x) { return tanh(x); }, -1, 1, 0, 0},
      {"sigmoid", [](const Tensor& x) { return sigmoid(x); }, 0, 1, 0, 0},
      {"softplus", [](const Tensor& x) { return softplus(x); }, 0, kInf, 0, 1},
      {"erf", [](const Tensor& x) { return erf(x); }, -1, 1, 0, 0},
      {"erfc", [](const Tensor& x) { return erfc(x); }, 2, 0, 0, 0},
      {"clip", [](const Tensor& x) { return clip(x, -2, 3); }, -2, 3, 0, 0},
  };
  for (const Limits& a : table)
    for (DType dtype : {DType::kF32, DType::kF64}) {
      Context context(ContextOptions{});
      // f, f' and f'' of each element. Long enough for the vector loops and for what is left behind them.
      const auto step = [&](Span<const Tensor> in, size_t) {
        Tape outer(context, {}), inner(context, {});
        outer.watch(in[0]), inner.watch(in[0]);
        GradientSource x[] = {GradientSource{in[0], nullptr}};
        Tensor y = a.f(in[0]), slope = inner.gradient({y}, x)[0];
        return std::vector<Tensor>{y, slope, outer.gradient({slope}, x, {}, Unconnected::kZero)[0]};
      };
      Array at{Shape{39}, dtype, {}};
      for (int i = 0; i < 13; i++) at.values.insert(at.values.end(), {-kInf, kInf, std::nan("")});
      const Tensor in[] = {to_tensor(context, at)};
      compile::Function compiled(context, step, {});
      for (int call = 0; call < 4; call++) {
        std::vector<Tensor> got(3);
        if (call == 0)
          got = step(in, 3);
        else
          compiled.call(in, got);
        const Numbers y = to_array(got[0]).values, slope = to_array(got[1]).values,
                      bend = to_array(got[2]).values;
        const auto is = [&](double value, double wanted) {
          return std::fabs(value - wanted) < 1e-7 || value == wanted;
        };
        for (size_t i = 0; i < 39; i += 3) {
          CAPTURE(a.name, name_of(dtype), call, i, y[i], y[i + 1], slope[i], slope[i + 1], bend[i],
                  bend[i + 1]);
          CHECK(is(y[i], a.below));
          CHECK(is(y[i + 1], a.above));
          CHECK(is(slope[i], a.slope_below));
          CHECK(is(slope[i + 1], a.slope_above));
          CHECK(is(bend[i], 0));
          CHECK(is(bend[i + 1], 0));
          CHECK(std::isnan(y[i + 2]));
        }
      }
      CHECK(compiled.stats().replays == 2);
    }
}

TEST_CASE("Adam's update has finite derivatives where no gradient has ever arrived", "[ops][rules]") {
  Edge edge;
  // The first element has v' = m' = 0; the second is an ordinary one.
  std::vector<Array> at = {vector_of({1, 1}), vector_of({0, 1}), vector_of({0, 0.5}), vector_of({0, 2}),
                           number(0.1),       number(0),         number(1e-8)};
  auto new_w = [](const std::vector<Tensor>& z) {
    return adam_update(z[0], z[1], z[2], z[3], z[4], z[5], z[6], 0.9, 0.99)[0];
  };
  double m = 0.5 + 0.5 * 0.1, v = 2 - 0.01;
  for (const auto& gradients : {edge.gradients(at, new_w), edge.second(at, new_w)})
    for (const Numbers& values : gradients)
      for (double value : values) CHECK(std::isfinite(value));
  std::vector<Numbers> g = edge.gradients(at, new_w);
  CHECK(g[2][1] == Approx(-0.1 * 0.9 / (std::sqrt(v) + 1e-8)));
  CHECK(g[3][1] == Approx(0.1 * m / (2 * v * std::sqrt(v)) * 0.99));
  CHECK(g[4][0] == Approx(-m / std::sqrt(v)));
}

TEST_CASE("a single matrix in a batched product gets the sum over the batch", "[ops][rules]") {
  Edge edge;
  for (int flags = 0; flags < 4; flags++) {
    for (bool single_first : {false, true}) {
      bool ta = flags & 1, tb = flags & 2;
      INFO("flags " << flags << ", single " << (single_first ? "a" : "b"));
      Shape a = ta ? Shape{3, 2} : Shape{2, 3}, b = tb ? Shape{4, 3} : Shape{3, 4};
      Shape& batched = single_first ? b : a;
      batched = Shape{5, batched[0], batched[1]};
      Array in_a = sample_direction(a, 1), in_b = sample_direction(b, 2);
      Array weights = sample_direction(Shape{5, 2, 4}, 3);
      std::vector<Numbers> g = edge.gradients({in_a, in_b}, [&](const std::vector<Tensor>& z) {
        return mul(matmul(z[0], z[1], ta, tb), to_tensor(edge.context, weights));
      });
      auto index_a = [&](int n, int i, int k) {
        return (single_first ? 0 : n * 6) + (ta ? k * 2 + i : i * 3 + k);
      };
      auto index_b = [&](int n, int k, int j) {
        return (single_first ? n * 12 : 0) + (tb ? j * 3 + k : k * 4 + j);
      };
      Numbers by_a(in_a.values.size()), by_b(in_b.values.size());
      for (int n = 0; n < 5; n++)
        for (int i = 0; i < 2; i++)
          for (int j = 0; j < 4; j++)
            for (int k = 0; k < 3; k++) {
              double w = weights.values[static_cast<size_t>(n * 8 + i * 4 + j)];
              by_a[static_cast<size_t>(index_a(n, i, k))] +=
                  w * in_b.values[static_cast<size_t>(index_b(n, k, j))];
              by_b[static_cast<size_t>(index_b(n, k, j))] +=
                  w * in_a.values[static_cast<size_t>(index_a(n, i, k))];
            }
      check_close(g[0], by_a);
      check_close(g[1], by_b);
    }
  }
}

TEST_CASE("numbers given as attributes are checked against the dtype", "[ops][rules]") {
  Edge edge;
  auto message = [](const std::function<void()>& f) -> std::string {
    try {
      f();
    } catch (const Error& e) {
      return e.message();
    }
    return "";
  };
  Tensor f32 = full(edge.context, {2}, 1, DType::kF32), f64 = full(edge.context, {2}, 1, DType::kF64);
  Tensor u8 = full(edge.context, {2}, 7, DType::kU8), i64 = full(edge.context, {2}, 7, DType::kI64);
  CHECK(message([&] { add_scalar(f32, 1e300); }).find("out of range for f32") != std::string::npos);
  CHECK(message([&] { add_scalar(f64, 1e300); }) == "");
  CHECK(message([&] { add_scalar(f32, kInf); }) == "");
  CHECK(message([&] { mul_scalar(u8, -1); }).find("out of range for u8") != std::string::npos);
  CHECK(message([&] { add_scalar(i64, 0x1p63); }).find("out of range for i64") != std::string::npos);
  CHECK(message([&] { add_scalar(i64, -0x1p63); }) == "");
  CHECK(message([&] { clip(u8, -3, 300); }) == "");
  CHECK(message([&] { clip(u8, 300, 400); }).find("out of range for u8") != std::string::npos);
  CHECK(message([&] { clip(u8, 0.5, 3); }).find("whole number") != std::string::npos);
  CHECK(message([&] { clip(i64, -kInf, 3); }) == "");
  CHECK(message([&] { full(edge.context, {1}, 2, DType::kBool); }).find("out of range for bool") !=
        std::string::npos);
  CHECK(message([&] { full(edge.context, {1}, 0, static_cast<DType>(77)); }).find("unknown") !=
        std::string::npos);
  CHECK(message([&] { range(edge.context, 300, 0, 1, DType::kU8); }).find("out of range for u8") !=
        std::string::npos);
  CHECK(message([&] { range(edge.context, 4, 3, -1, DType::kU8); }) == "");
  CHECK(message([&] { pad(u8, {0}, {1}, {}, 1.5); }).find("whole number") != std::string::npos);
  int64_t huge = std::numeric_limits<int64_t>::max();
  CHECK(message([&] { pad(f32, {huge}, {huge}); }).find("overflow") != std::string::npos);
  CHECK(message([&] { pad(f32, {0}, {0}, {huge}); }).find("overflow") != std::string::npos);
  CHECK(message([&] { uniform(edge.context, {2}, -3e38, 3e38); }).find("out of range for f32") !=
        std::string::npos);
}

}  // namespace tl::test
