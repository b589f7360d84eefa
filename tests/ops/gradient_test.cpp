// The gradients of every differentiable op, to the third order, against central differences in f64.
//
// A check of order k differentiates <w, f> for a function f of several tensors and fixed weights w, where f is the op
// for order 1 and the gradient of order k-1, computed by a tape, for order k. The tape's answer is compared with a
// difference quotient of sixth order, whose truncation error h^6 and rounding error 1e-16 / h are both near 1e-13 of
// the values: this allows tolerances that are a thousand times tighter than those of a plain central difference.
#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <functional>
#include <set>

#include "core/autodiff/tape.h"
#include "core/base/error.h"
#include "core/ops/generated/functions.h"
#include "tests/ops/differentiate.h"
#include "tests/ops/op_case.h"
#include "tests/rounds.h"

namespace tl::test {
namespace {

constexpr double kStep = 1e-3;
// Above this many elements an operand is checked along random directions instead of along each axis.
constexpr size_t kMostElements = 40;
constexpr int kDirections = 3;

struct Counts {
  size_t cases = 0;
  size_t checks[4] = {};  // by order
  size_t errors = 0;
};

// The sum over all outputs of weights * (difference quotient of f along `direction` in operand i).
double difference_quotient(Context& context, const Map& f, const std::vector<Array>& z, size_t i,
                           const std::vector<double>& direction, const std::vector<Array>& weights) {
  auto at = [&](double step) {
    std::vector<Tensor> moved;
    for (size_t k = 0; k < z.size(); k++) {
      Array a = z[k];
      if (k == i)
        for (size_t e = 0; e < a.values.size(); e++) a.values[e] += step * direction[e];
      moved.push_back(to_tensor(context, a));
    }
    std::vector<Array> out;
    for (const Tensor& t : f(moved)) out.push_back(to_array(t));
    return out;
  };
  // Subtracting element by element before summing keeps large elements that do not move out of the result.
  long double sum = 0;
  const double coefficients[] = {45, -9, 1};
  for (int k = 1; k <= 3; k++) {
    std::vector<Array> up = at(k * kStep), down = at(-k * kStep);
    for (size_t j = 0; j < up.size(); j++)
      for (size_t e = 0; e < up[j].values.size(); e++)
        sum += static_cast<long double>(coefficients[k - 1]) * weights[j].values[e] *
               (up[j].values[e] - down[j].values[e]);
  }
  return static_cast<double>(sum / (60 * kStep));
}

// Compares gradients of <weights, f> with respect to the first operands of f with difference quotients. "" or the
// first difference.
std::string compare_with_differences(Context& context, const Map& f, const std::vector<Array>& z,
                                     const std::vector<Tensor>& gradients, const std::vector<Array>& weights,
                                     double tolerance) {
  // Rounding errors of the quotient are those of f's largest values.
  double magnitude = 1;
  {
    std::vector<Tensor> in;
    for (const Array& a : z) in.push_back(to_tensor(context, a));
    for (const Tensor& t : f(in))
      for (double v : to_array(t).values) magnitude = std::max(magnitude, std::fabs(v));
  }
  for (size_t i = 0; i < gradients.size(); i++) {
    if (gradients[i].dtype() != DType::kF64 || gradients[i].shape() != z[i].shape)
      return concat("gradient ", i, " is ", gradients[i].dtype(), " ", gradients[i].shape());
    std::vector<double> got = to_array(gradients[i]).values;
    size_t n = got.size();
    bool each = n <= kMostElements;
    for (size_t k = 0; k < (each ? n : static_cast<size_t>(kDirections)); k++) {
      std::vector<double> direction(n, 0.0);
      if (each)
        direction[k] = 1;
      else
        direction = sample_direction(z[i].shape, 1000 + k).values;
      double expected = difference_quotient(context, f, z, i, direction, weights), tape = 0;
      for (size_t e = 0; e < n; e++) tape += got[e] * direction[e];
      double scale = std::max(std::fabs(expected), std::fabs(tape));
      if (!(std::fabs(tape - expected) <= tolerance * scale + 1e-9 * magnitude))
        return concat("gradient ", i, " along direction ", k, " is ", tape, ", differences give ", expected);
    }
  }
  return "";
}

// All orders of one case. Throws what the library throws.
std::string check_case(const OpCase& c, DType run, Counts& counts) {
  Context context(one_thread());
  Arrays sampled = sample_operands(c, run);
  Tensors operands = to_tensors(context, sampled);
  std::vector<Array> z;
  for (const Array& a : sampled)
    if (is_floating(a.dtype)) z.push_back(a);
  if (z.empty()) return "";
  Map f = function_of(c, context, operands);
  std::vector<Tensor> in = tensors_of(context, z);
  std::vector<Tensor> out = f(in);

  bool differentiable = c.gradient != Gradient::kNone && !out.empty();
  if (!differentiable) {
    // Unconnected: a null gradient, also through a cast back from a dtype that has none.
    Tape tape(context, TapeOptions{});
    std::vector<GradientSource> sources;
    for (const Tensor& t : in) {
      tape.watch(t);
      sources.push_back(GradientSource{t, nullptr});
    }
    Tensors all = operands;
    size_t next = 0;
    for (size_t i = 0; i < all.size(); i++)
      if (is_floating(all[i].dtype())) all[i] = in[next++];
    std::vector<Tensor> targets;
    for (const Tensor& t : c.call(context, all))
      targets.push_back(is_floating(t.dtype()) ? t : cast(t, DType::kF64));
    for (const Tensor& g : tape.gradient(targets, sources))
      if (g) return "an op without a gradient gave one";
    return "";
  }
  for (const Tensor& t : out)
    if (t.dtype() != DType::kF64) return "";  // f32 has too few digits for differences

  std::vector<Array> weights = directions_for(out, 100);
  for (int order = 1; order <= kOrders; order++) {
    const size_t sources = z.size();
    std::vector<Tensor> point = tensors_of(context, z), seeds = tensors_of(context, weights);
    std::vector<Tensor> gradients = tape_gradient(context, f, point, sources, seeds,
                                                  order == 1 ? Unconnected::kNone : Unconnected::kZero);
    for (size_t i = 0; i < gradients.size(); i++) {
      if (!gradients[i]) return concat("the gradient of operand ", i, " is missing");
      if (c.gradient == Gradient::kZero)
        for (double v : to_array(gradients[i]).values)
          if (v != 0) return concat("the gradient of operand ", i, " is not zero");
    }
    // Looser for higher orders: the functions differenced carry the errors of the gradients inside.
    const double tolerances[] = {0, 1e-7, 1e-6, 1e-5};
    std::string problem = compare_with_differences(context, f, z, gradients, weights, tolerances[order]);
    if (!problem.empty()) return concat("order ", order, ": ", problem);
    counts.checks[order]++;
    // The next function: this gradient, as a function of the point and of the weights.
    f = gradient_of(context, f, sources);
    z.insert(z.end(), weights.begin(), weights.end());
    weights = directions_for(gradients, 100 * static_cast<uint64_t>(order) + 150);
  }
  return "";
}

}  // namespace

TEST_CASE("gradients of every op agree with differences", "[ops][gradient]") {
  Counts counts;
  std::set<std::string> exercised;
  int number = 0;
  for (const OpCase& c : op_cases()) {
    INFO(c.label());
    if (number++ % 4 >= rounds(4) && exercised.count(c.op))
      continue;  // under a sanitizer a fourth, and each op
    if (c.error) {
      CHECK(check_error_sample(c) == "");
      counts.errors++;
      continue;
    }
    counts.cases++;
    std::string problem;
    try {
      problem = check_case(c, DType::kF64, counts);
    } catch (const std::exception& e) {
      problem = e.what();
    }
    CHECK(problem == "");
    exercised.insert(c.op);
  }
  for (const char* name : op_names()) {
    INFO("op " << name << " has no case");
    CHECK(exercised.count(name) == 1);
  }
  std::printf(
      "ops: %zu, cases: %zu, first-order checks: %zu, second-order checks: %zu, third-order checks: %zu, "
      "error samples: %zu\n",
      op_names().size(), counts.cases, counts.checks[1], counts.checks[2], counts.checks[3], counts.errors);
}

TEST_CASE("gradients in f32 are those in f64", "[ops][gradient]") {
  for (const OpCase& c : op_cases()) {
    if (c.error || c.gradient == Gradient::kNone) continue;
    std::vector<DType> dtypes = run_dtypes(c);
    if (std::count(dtypes.begin(), dtypes.end(), DType::kF64) == 0) continue;
    INFO(c.label());
    Arrays in32 = sample_operands(c, DType::kF32);
    Context context(one_thread());
    std::vector<Array> results[2];
    std::string problem;
    try {
      for (DType dtype : {DType::kF64, DType::kF32}) {
        Arrays in = in32;
        std::vector<Tensor> z;
        for (size_t i = 0; i < in.size(); i++) {
          if (in[i].dtype == DType::kF32) in[i].dtype = dtype;
          if (is_floating(in[i].dtype)) z.push_back(to_tensor(context, in[i]));
        }
        Map f = function_of(c, context, to_tensors(context, in));
        std::vector<Tensor> out = f(z), weights;
        if (out.empty()) break;
        for (const Tensor& t : out) {
          Array w = sample_direction(t.shape(), 3);
          w.dtype = t.dtype();
          weights.push_back(to_tensor(context, w));
        }
        for (const Tensor& g : tape_gradient(context, f, z, z.size(), weights, Unconnected::kNone)) {
          if (!g)
            problem = "a gradient is missing";
          else
            results[dtype == DType::kF32].push_back(to_array(g));
        }
      }
    } catch (const std::exception& e) {
      problem = e.what();
    }
    CHECK(problem == "");
    for (size_t i = 0; i < results[1].size(); i++) {
      double largest = 0;
      for (double v : results[0][i].values) largest = std::max(largest, std::fabs(v));
      results[0][i].dtype = results[1][i].dtype;
      CHECK(difference(results[1][i], results[0][i], 1e-4, 0.1 * largest) == "");
    }
  }
}

TEST_CASE("a cast passes gradients between floating dtypes", "[ops][gradient]") {
  Context context(one_thread());
  Tensor x = to_tensor(context, Array{Shape{3}, DType::kF32, {1, -2, 3}});
  Tape tape(context, TapeOptions{});
  tape.watch(x);
  Tensor y = square(cast(x, DType::kF64));
  GradientSource source{x, nullptr};
  Tensor g = tape.gradient(Span<const Tensor>(&y, 1), Span<const GradientSource>(&source, 1))[0];
  REQUIRE(g);
  CHECK(difference(to_array(g), Array{Shape{3}, DType::kF32, {2, -4, 6}}, 0, 0) == "");
}

TEST_CASE("equal elements share the gradient of max, min, maximum and minimum", "[ops][gradient]") {
  Context context(one_thread());
  auto gradient = [&](const Array& value, const std::function<Tensor(const Tensor&)>& f) {
    Tensor x = to_tensor(context, value);
    Tape tape(context, TapeOptions{});
    tape.watch(x);
    Tensor y = f(x);
    GradientSource source{x, nullptr};
    return to_array(tape.gradient(Span<const Tensor>(&y, 1), Span<const GradientSource>(&source, 1))[0])
        .values;
  };
  Array x{Shape{2, 4}, DType::kF64, {1, 3, 3, 0, 5, 5, 5, 5}};
  using Values = std::vector<double>;
  CHECK(gradient(x, [](const Tensor& t) { return max(t, IntList{1}); }) ==
        Values{0, 0.5, 0.5, 0, .25, .25, .25, .25});
  CHECK(gradient(x, [](const Tensor& t) { return min(t, IntList{1}); }) ==
        Values{0, 0, 0, 1, .25, .25, .25, .25});
  Tensor three = to_tensor(context, Array{Shape{}, DType::kF64, {3}});
  CHECK(gradient(x, [&](const Tensor& t) { return maximum(t, three); }) ==
        Values{0, 0.5, 0.5, 0, 1, 1, 1, 1});
  CHECK(gradient(x, [&](const Tensor& t) { return minimum(t, three); }) ==
        Values{1, 0.5, 0.5, 1, 0, 0, 0, 0});
  Array zero{Shape{3}, DType::kF64, {-1, 0, 1}};
  CHECK(gradient(zero, [](const Tensor& t) { return abs(t); }) == Values{-1, 0, 1});
  CHECK(gradient(zero, [](const Tensor& t) { return relu(t); }) == Values{0, 0, 1});
  CHECK(gradient(zero, [](const Tensor& t) { return clip(t, -1, 1); }) == Values{1, 1, 1});
  // At NaN as PyTorch has it: what is not at or below zero passes, and what is not above zero gets the slope.
  Array nan{Shape{9}, DType::kF64, {NAN, 0, 1, NAN, -1, 2, NAN, 3, NAN}};
  CHECK(gradient(nan, [](const Tensor& t) { return relu(t); }) == Values{1, 0, 1, 1, 0, 1, 1, 1, 1});
  CHECK(gradient(nan, [](const Tensor& t) { return relu(cast(t, DType::kF32)); }) ==
        Values{1, 0, 1, 1, 0, 1, 1, 1, 1});
  CHECK(gradient(nan, [](const Tensor& t) { return elu(t, 1); })[0] == 1);
  CHECK(gradient(nan, [](const Tensor& t) { return leaky_relu(t, .25); })[0] == .25);
}

TEST_CASE("select keeps the NaN of the side that is not chosen out of the gradient", "[ops][gradient]") {
  Context context(one_thread());
  Tensor condition = to_tensor(context, Array{Shape{2}, DType::kBool, {1, 0}});
  Tensor a = to_tensor(context, Array{Shape{2}, DType::kF64, {2, NAN}});
  Tensor b = to_tensor(context, Array{Shape{2}, DType::kF64, {INFINITY, 3}});
  Tape tape(context, TapeOptions{});
  tape.watch(a);
  tape.watch(b);
  Tensor y = select(condition, a, b);
  GradientSource sources[] = {{a, nullptr}, {b, nullptr}};
  std::vector<Tensor> g = tape.gradient(Span<const Tensor>(&y, 1), Span<const GradientSource>(sources, 2));
  CHECK(to_array(g[0]).values == std::vector<double>{1, 0});
  CHECK(to_array(g[1]).values == std::vector<double>{0, 1});
}

TEST_CASE("dropout passes the gradient through the mask of its forward pass", "[ops][gradient]") {
  Context context(one_thread());
  Tensor x = to_tensor(context, sample_direction(Shape{20, 50}, 5));
  Tape tape(context, TapeOptions{});
  tape.watch(x);
  Tensor y = dropout(x, 0.4);
  dropout(x, 0.4);  // a call in between must not move the mask
  GradientSource source{x, nullptr};
  Array g = to_array(tape.gradient(Span<const Tensor>(&y, 1), Span<const GradientSource>(&source, 1))[0]);
  Array in = to_array(x), out = to_array(y);
  size_t dropped = 0;
  for (size_t i = 0; i < in.values.size(); i++) {
    dropped += out.values[i] == 0;
    double expected = out.values[i] == 0 ? 0 : 1 / (1 - 0.4);
    if (std::fabs(g.values[i] - expected) > 1e-12) FAIL_CHECK("element " << i << " has " << g.values[i]);
  }
  CHECK(dropped > 300);
  CHECK(dropped < 500);
}

TEST_CASE("the gradient of pow is finite at a zero base", "[ops][gradient]") {
  Context context(one_thread());
  Tensor a = to_tensor(context, Array{Shape{3}, DType::kF64, {0, 0, 2}});
  Tensor b = to_tensor(context, Array{Shape{3}, DType::kF64, {2, 1, 3}});
  Tape tape(context, TapeOptions{});
  tape.watch(a);
  tape.watch(b);
  Tensor y = pow(a, b);
  GradientSource sources[] = {{a, nullptr}, {b, nullptr}};
  std::vector<Tensor> g = tape.gradient(Span<const Tensor>(&y, 1), Span<const GradientSource>(sources, 2));
  CHECK(difference(to_array(g[0]), Array{Shape{3}, DType::kF64, {0, 1, 12}}, 1e-12, 1) == "");
  CHECK(difference(to_array(g[1]), Array{Shape{3}, DType::kF64, {0, 0, 8 * std::log(2.0)}}, 1e-12, 1) == "");
}

}  // namespace tl::test
