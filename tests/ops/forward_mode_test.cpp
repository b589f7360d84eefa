// Tangents of every op, to the third order, against the tape in f64: <u, J v> = <J^T u, v>, where J is the Jacobian of the
// op, of its gradient, of its tangent, and so on in all nestings of the two modes. The tape itself is checked against
// difference quotients (gradient_test.cpp), so that this needs no differences and allows a tolerance of 1e-12.
#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <cstdio>
#include <map>

#include "core/autodiff/forward.h"
#include "core/ops/generated/functions.h"
#include "tests/ops/differentiate.h"

namespace tl::test {
namespace {

constexpr double kTolerance = 1e-12;

// How many checks of each kind an op has passed.
struct Checks {
  size_t orders[kOrders + 1] = {};
  size_t parts = 0;       // operands alone
  size_t narrow = 0;      // f32
  size_t without = 0;     // no gradient and no tangent either, or no floating operand
  bool needed = false;    // some case has a floating operand, a floating result, and a gradient
  bool operands = false;  // some case has two floating operands or more
};

// A function, its operands, and how it came from the op: "tangent of gradient of op".
struct Step {
  Map f;
  std::vector<Array> z;
  std::string name;
};

std::vector<Array> joined(std::vector<Array> a, const std::vector<Array>& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

Array tangent_for(const Tensor& t, uint64_t seed) {
  Array out = sample_direction(t.shape(), seed);
  out.dtype = t.dtype();
  return out;
}

// An op without a gradient has no tangent, also through a cast back from a dtype that has none.
std::string check_without(const OpCase& c, Context& context, const Tensors& operands) {
  std::vector<GradientSource> primals;
  Values tangents;
  for (const Tensor& t : operands) {
    if (!is_floating(t.dtype())) continue;
    primals.push_back(GradientSource{t, nullptr});
    tangents.push_back(to_tensor(context, tangent_for(t, 7)));
  }
  Forward forward(context, primals, tangents);
  for (const Tensor& t : c.call(context, operands))
    if (forward.tangent(is_floating(t.dtype()) ? t : cast(t, DType::kF64)))
      return "an op without a gradient gave a tangent";
  return "";
}

// Tangents of one operand at a time, the others having none, add up to the tangents along all of them.
std::string check_parts(Context& context, const Map& f, const Values& point, const Values& along,
                        const Values& whole) {
  std::vector<Array> rest;
  double magnitude = 1;
  for (const Tensor& t : whole) {
    rest.push_back(to_array(t));
    for (double v : rest.back().values) magnitude = std::max(magnitude, std::fabs(v));
  }
  for (size_t i = 0; i < point.size(); i++) {
    Values only(point.size());
    only[i] = along[i];
    Values part = forward_tangents(context, f, point, only, Unconnected::kZero);
    for (size_t j = 0; j < part.size(); j++) {
      Array values = to_array(part[j]);
      for (size_t e = 0; e < values.values.size(); e++) rest[j].values[e] -= values.values[e];
    }
  }
  for (const Array& r : rest)
    for (double v : r.values)
      if (!(std::fabs(v) <= kTolerance * magnitude))
        return concat("the tangents of single operands do not add up: ", v, " is missing");
  return "";
}

// All orders of one case in f64.
std::string check_case(const OpCase& c, Checks& checks) {
  Context context(one_thread());
  Arrays sampled = sample_operands(c, DType::kF64);
  Tensors operands = to_tensors(context, sampled);
  std::vector<Array> z;
  for (const Array& a : sampled)
    if (is_floating(a.dtype)) z.push_back(a);
  if (z.empty()) return checks.without++, "";
  Map f = function_of(c, context, operands);
  Values point = tensors_of(context, z), out = f(point);
  if (c.gradient == Gradient::kNone || out.empty()) {
    checks.without++;
    return check_without(c, context, operands);
  }
  for (const Tensor& t : out)
    if (t.dtype() != DType::kF64) return "";  // f32 has too few digits to agree with
  checks.needed = true;

  Values along = tensors_of(context, directions_for(point, 300));
  Values whole = forward_tangents(context, f, point, along, Unconnected::kNone);
  for (const Tensor& t : whole) {
    if (!t) return "a tangent is missing";
    if (c.gradient == Gradient::kZero)
      for (double v : to_array(t).values)
        if (v != 0) return "the tangent is not zero";
  }
  if (z.size() > 1) {
    checks.operands = true;
    std::string problem = check_parts(context, f, point, along, whole);
    if (!problem.empty()) return problem;
    checks.parts++;
  }

  // Each function of one order gives two of the next: its gradient and its tangent.
  std::vector<Step> steps{{f, z, "the op"}};
  for (int order = 1; order <= kOrders; order++) {
    std::vector<Step> next;
    for (const Step& s : steps) {
      std::string problem = compare_modes(context, s.f, s.z, kTolerance);
      if (!problem.empty()) return concat("order ", order, ", ", s.name, ": ", problem);
      if (order == kOrders) continue;
      Values at = tensors_of(context, s.z);
      const uint64_t seed = 500 + 50 * static_cast<uint64_t>(order);
      next.push_back({gradient_of(context, s.f, s.z.size()), joined(s.z, directions_for(s.f(at), seed)),
                      "the gradient of " + s.name});
      next.push_back({tangent_of(context, s.f, s.z.size()), joined(s.z, directions_for(at, seed)),
                      "the tangent of " + s.name});
    }
    checks.orders[order]++;
    steps = std::move(next);
  }
  return "";
}

// The tangents in f32 are those in f64.
std::string check_narrow(const OpCase& c) {
  Context context(one_thread());
  Arrays in = sample_operands(c, DType::kF32);
  std::vector<Array> results[2];
  for (DType dtype : {DType::kF64, DType::kF32}) {
    Values point, along;
    for (size_t i = 0; i < in.size(); i++) {
      if (!is_floating(in[i].dtype)) continue;
      in[i].dtype = dtype;
      point.push_back(to_tensor(context, in[i]));
      along.push_back(to_tensor(context, tangent_for(point.back(), 60 + i)));
    }
    Map f = function_of(c, context, to_tensors(context, in));
    for (const Tensor& t : forward_tangents(context, f, point, along, Unconnected::kZero))
      results[dtype == DType::kF32].push_back(to_array(t));
  }
  for (size_t i = 0; i < results[1].size(); i++) {
    double largest = 0;
    for (double v : results[0][i].values) largest = std::max(largest, std::fabs(v));
    results[0][i].dtype = results[1][i].dtype;
    std::string problem = difference(results[1][i], results[0][i], 1e-4, 0.1 * largest);
    if (!problem.empty()) return concat("in f32: ", problem);
  }
  return "";
}

}  // namespace

TEST_CASE("tangents of every op agree with its gradients", "[ops][forward]") {
  std::map<std::string, Checks> checks;
  for (const OpCase& c : op_cases()) {
    if (c.error) continue;
    INFO(c.label());
    Checks& of_op = checks[c.op];
    std::string problem;
    try {
      problem = check_case(c, of_op);
      std::vector<DType> dtypes = run_dtypes(c);
      if (problem.empty() && of_op.needed && std::count(dtypes.begin(), dtypes.end(), DType::kF64)) {
        problem = check_narrow(c);
        of_op.narrow++;
      }
    } catch (const std::exception& e) {
      problem = e.what();
    }
    CHECK(problem == "");
  }
  // No op escapes: what has a gradient has passed each check, and what has none was seen to have no tangent.
  size_t differentiable = 0, sum[kOrders + 1] = {};
  for (const auto& [name, done] : checks) {
    INFO("op " << name);
    if (done.needed) {
      differentiable++;
      for (int order = 1; order <= kOrders; order++) CHECK(done.orders[order] > 0);
      CHECK((done.parts > 0) == done.operands);
      CHECK(done.narrow > 0);
    } else {
      CHECK(done.without > 0);
    }
    for (int order = 1; order <= kOrders; order++) sum[order] += done.orders[order];
  }
  CHECK(checks.size() == op_names().size());
  std::printf("ops with tangents: %zu of %zu; cases of order 1, 2, 3 in all nestings: %zu, %zu, %zu\n",
              differentiable, checks.size(), sum[1], sum[2], sum[3]);
}

TEST_CASE("every row says how its tangents are computed, and only rows with a gradient rule do",
          "[ops][forward]") {
  size_t ways[5] = {};
  for (const OpSchema& schema : all_schemas()) {
    INFO(schema.name);
    CHECK((schema.tangent != JvpKind::kNone) == (schema.gradient == GradientKind::kRule));
    CHECK((schema.jvp != nullptr) == (schema.tangent == JvpKind::kRule));
    CHECK((schema.linear_inputs != 0) == (schema.tangent == JvpKind::kLinear));
    ways[static_cast<int>(schema.tangent)]++;
  }
  for (size_t count : ways) CHECK(count > 0);
}

}  // namespace tl::test
