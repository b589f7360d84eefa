// Every op of the table against its reference: dtypes, shapes and values for every dtype that its row allows, with
// operands in memory of their own and as rows of larger tensors, with one thread and two; special values; errors.
#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <cstring>
#include <limits>
#include <set>

#include "core/base/error.h"
#include "core/ops/generated/functions.h"
#include "tests/ops/op_case.h"
#include "tests/ops/reference.h"

namespace tl::test {
namespace {

ContextOptions with_threads(int threads) {
  ContextOptions options;
  options.threads = threads;
  options.seed = 7;
  return options;
}

const OpSchema* schema_named(const char* name) {
  for (const OpSchema& schema : all_schemas())
    if (std::strcmp(schema.name, name) == 0) return &schema;
  return nullptr;  // a composite op
}

// Where a sum of terms of size one may cancel, errors are absolute; an op of one element has relative ones, down to
// the noise near its zeros.
double floor_of(const OpCase& c, const Arrays& in) {
  const OpSchema* schema = schema_named(c.op);
  if (schema && schema->elementwise) return 1e-3;
  double largest = 1;
  for (const Array& a : in)
    for (double v : a.values) largest = std::max(largest, std::fabs(v));
  return largest;
}

double tolerance_of(const OpCase& c, DType dtype) {
  return dtype == DType::kF64 ? c.tolerance_f64 : c.tolerance_f32;
}

// The outputs of a case in a new context that is gone when this returns.
std::string compare_with_reference(const OpCase& c, const Arrays& in, const Arrays& expected, Layout layout,
                                   int threads) {
  Context context(with_threads(threads));
  Tensors got = c.call(context, to_tensors(context, in, layout));
  if (got.size() != expected.size()) return "the number of outputs differs";
  for (size_t i = 0; i < got.size(); i++) {
    std::string what =
        difference(to_array(got[i]), expected[i], tolerance_of(c, got[i].dtype()), floor_of(c, in));
    if (!what.empty()) return concat("output ", i, ": ", what);
  }
  return "";
}

}  // namespace

TEST_CASE("ops give the values of their references", "[ops]") {
  size_t runs = 0, refused = 0;
  for (const OpCase& c : op_cases()) {
    if (c.error || !c.reference) continue;
    for (DType run : run_dtypes(c)) {
      INFO(c.label() << " in " << name_of(run));
      Arrays in = sample_operands(c, run), expected;
      try {
        expected = c.reference(in);
      } catch (const reference::Refused&) {
        Context context(with_threads(1));
        Tensors operands = to_tensors(context, in);
        CHECK_THROWS_AS(c.call(context, operands), Error);
        refused++;
        continue;
      }
      for (Layout layout : {Layout::kOwn, Layout::kRows}) {
        INFO((layout == Layout::kOwn ? "own memory" : "rows of a larger tensor"));
        std::string problem;
        try {
          problem = compare_with_reference(c, in, expected, layout, 1);
        } catch (const std::exception& e) {
          problem = e.what();
        }
        CHECK(problem == "");
        runs++;
      }
    }
  }
  WARN("forward runs: " << runs << ", refused attributes: " << refused);
}

TEST_CASE("ops give the same bits for any layout and number of threads", "[ops]") {
  Context one(with_threads(1)), two(with_threads(2));
  for (const OpCase& c : op_cases()) {
    if (c.error) continue;
    INFO(c.label());
    Arrays in = sample_operands(c, run_dtypes(c)[0]);
    Tensors expected;
    bool threw = false;
    auto call = [&](Context& context, Layout layout) {
      context.random() = RandomState{7, 0};
      return c.call(context, to_tensors(context, in, layout));
    };
    try {
      expected = call(one, Layout::kOwn);
      for (Layout layout : {Layout::kOwn, Layout::kRows}) {
        Tensors other = call(two, layout);
        for (size_t i = 0; i < expected.size(); i++) CHECK(same_bits(expected[i], other[i]));
      }
    } catch (const Error& e) {
      threw = true;
      INFO(e.message());
      CHECK_FALSE(threw);
    }
  }
}

TEST_CASE("ops leave their operands as they were", "[ops]") {
  Context context(with_threads(1));
  for (const OpCase& c : op_cases()) {
    if (c.error) continue;
    INFO(c.label());
    Arrays in = sample_operands(c, run_dtypes(c)[0]);
    Tensors operands = to_tensors(context, in);
    std::string problem;
    try {
      c.call(context, operands);
    } catch (const Error& e) {
      problem = e.message();
    }
    for (size_t i = 0; i < in.size(); i++)
      if (!same_bits(operands[i], to_tensor(context, in[i]))) problem = "an operand has changed";
    CHECK(problem == "");
  }
}

TEST_CASE("ops report wrong operands and leave nothing behind", "[ops]") {
  size_t samples = 0;
  for (const OpCase& c : op_cases()) {
    if (!c.error) continue;
    INFO(c.label());
    CHECK(check_error_sample(c) == "");
    samples++;
  }
  CHECK(samples > 0);
}

TEST_CASE("element-wise ops follow IEEE 754 at special values", "[ops]") {
  // Zeros of both signs, infinities, NaN, subnormal and extreme numbers, and where exp over- and underflows.
  const std::vector<double> specials = {
      0.0,  -0.0, INFINITY, -INFINITY, NAN,   1e-42,    -1e-42, 3e38, -3e38, 1e-30, -1e-30, 0.5,
      -0.5, 1,    -1,       2,         -2,    3,        -3,     20,   -20,   87,    -87,    89,
      -89,  -104, 0.999999, 1e-7,      -1e-7, 1.000001, 709,    -709, 710,   -746,  1e5};
  Context context(with_threads(1));
  std::set<std::string> seen;
  for (const OpCase& c : op_cases()) {
    const OpSchema* schema = schema_named(c.op);
    bool plain = !c.error && c.reference && schema && schema->elementwise && c.tensors.size() <= 2;
    for (const TensorSample& t : c.tensors)
      plain = plain && t.dtype == kFloating && contains(t.allowed, DType::kF64);
    // The definitions of these two say nothing about infinite labels or gradients.
    std::string name = c.op;
    if (!plain || name == "sigmoid_cross_entropy" || name.find("_grad") != std::string::npos) continue;
    if (c.tensors.size() == 2 && !seen.insert(name).second) continue;
    for (DType dtype : {DType::kF64, DType::kF32}) {
      INFO(c.label() << " in " << name_of(dtype));
      Arrays in;
      int64_t n = static_cast<int64_t>(specials.size());
      if (c.tensors.size() == 1) {
        in.push_back(rounded(Array{Shape{n}, dtype, specials}));
      } else {
        in.push_back(rounded(Array{Shape{n, 1}, dtype, specials}));
        in.push_back(rounded(Array{Shape{n}, dtype, specials}));
      }
      Arrays expected = c.reference(in);
      Tensors got = c.call(context, to_tensors(context, in));
      // Element by element, to name the operands. Sine and cosine of huge numbers lose their argument's last bits.
      Array all = to_array(got[0]);
      for (size_t i = 0; i < all.values.size(); i++) {
        double a = in.size() == 1 ? in[0].values[i] : in[0].values[i / static_cast<size_t>(n)];
        double b = in.size() == 1 ? 0 : in[1].values[i % static_cast<size_t>(n)];
        Array left{Shape{}, all.dtype, {all.values[i]}}, right{Shape{}, all.dtype, {expected[0].values[i]}};
        std::string what = difference(left, right, tolerance_of(c, dtype), 1e-3);
        if (!what.empty()) {
          INFO("operands " << a << ", " << b);
          CHECK(what == "");
        }
      }
    }
  }
}

TEST_CASE("reductions and softmax keep NaN and infinities", "[ops]") {
  Context context(with_threads(1));
  using Function = Tensor (*)(const Tensor&);
  using Reference = Arrays (*)(const Array&);
  const IntList last{-1};
  struct {
    const char* name;
    Function op;
    Reference expected;
  } const table[] = {
      {"sum", [](const Tensor& x) { return sum(x, IntList{-1}); },
       [](const Array& x) { return reference::sum(x, IntList{-1}, false); }},
      {"max", [](const Tensor& x) { return max(x, IntList{-1}); },
       [](const Array& x) { return reference::max(x, IntList{-1}, false); }},
      {"min", [](const Tensor& x) { return min(x, IntList{-1}); },
       [](const Array& x) { return reference::min(x, IntList{-1}, false); }},
      {"prod", [](const Tensor& x) { return prod(x, IntList{-1}); },
       [](const Array& x) { return reference::prod(x, IntList{-1}, false); }},
      {"argmax", [](const Tensor& x) { return argmax(x, IntList{-1}); },
       [](const Array& x) { return reference::argmax(x, IntList{-1}, false); }},
      {"argmin", [](const Tensor& x) { return argmin(x, IntList{-1}); },
       [](const Array& x) { return reference::argmin(x, IntList{-1}, false); }},
      {"logsumexp", [](const Tensor& x) { return logsumexp(x, IntList{-1}); },
       [](const Array& x) { return reference::logsumexp(x, IntList{-1}, false); }},
      {"cumsum", [](const Tensor& x) { return cumsum(x); },
       [](const Array& x) { return reference::cumsum(x, -1, false, false); }},
      {"softmax", [](const Tensor& x) { return softmax(x); },
       [](const Array& x) { return reference::softmax(x, -1); }},
  };
  const double inf = INFINITY;
  const std::vector<std::vector<double>> rows = {{1, NAN, 3, 3},     {NAN, 1, NAN, 0}, {inf, 1, 2, inf},
                                                 {-inf, 1, 2, -inf}, {2, 2, 1, 1},     {-0.0, 0, -0.0, 0},
                                                 {inf, -inf, 0, 1},  {1, 2, 3, NAN}};
  for (const auto& f : table) {
    for (DType dtype : {DType::kF32, DType::kF64}) {
      for (const auto& row : rows) {
        // softmax of an infinity is NaN by its definition, (inf - inf); the references do the same.
        INFO(f.name << " in " << name_of(dtype) << " of " << row[0] << " " << row[1] << " " << row[2] << " "
                    << row[3]);
        Array x{Shape{1, 4}, dtype, row};
        CHECK(difference(to_array(f.op(to_tensor(context, x))), f.expected(x)[0], 1e-5, 1) == "");
      }
    }
  }
  // The same with the row long enough for the vector loops, the odd one at each end.
  for (const auto& f : table) {
    for (size_t at : {size_t{0}, size_t{70}, size_t{149}}) {
      INFO(f.name << " with a NaN at " << at);
      Array x{Shape{2, 150}, DType::kF32, std::vector<double>(300)};
      for (size_t i = 0; i < 300; i++) x.values[i] = static_cast<double>(i % 7) * 0.25;
      x.values[150 + at] = NAN;
      CHECK(difference(to_array(f.op(to_tensor(context, x))), f.expected(x)[0], 1e-5, 40) == "");
    }
  }
}

TEST_CASE("integers beyond the range of their dtype wrap around", "[ops]") {
  Context context(with_threads(1));
  auto number = [&](DType dtype, double value) { return to_tensor(context, Array{Shape{}, dtype, {value}}); };
  auto result = [](const Tensor& t) { return to_array(t).values; };
  using Values = std::vector<double>;
  Tensor bytes = to_tensor(context, Array{Shape{3}, DType::kU8, {200, 100, 3}});
  CHECK(result(sum(bytes)) == Values{47});                  // 303 - 256
  CHECK(result(prod(bytes)) == Values{96});                 // 60000 - 234 * 256
  CHECK(result(cumsum(bytes)) == Values{200, 44, 47});      // 300 - 256
  CHECK(result(add(bytes, bytes)) == Values{144, 200, 6});  // 400 - 256
  CHECK(result(mul(bytes, bytes)) == Values{64, 16, 9});    // 40000 - 156 * 256, 10000 - 39 * 256
  CHECK(result(add_scalar(bytes, 100)) == Values{44, 200, 103});
  CHECK(result(mul_scalar(bytes, 2)) == Values{144, 200, 6});
  CHECK(result(sub(number(DType::kU8, 3), number(DType::kU8, 4))) == Values{255});
  CHECK(result(neg(number(DType::kU8, 1))) == Values{255});
  CHECK(result(square(number(DType::kU8, 16))) == Values{0});
  Tensor most = number(DType::kI32, 2147483647), least = number(DType::kI32, -2147483648.0);
  CHECK(result(add(most, number(DType::kI32, 1))) == Values{-2147483648.0});
  CHECK(result(mul(most, number(DType::kI32, 2))) == Values{-2});
  CHECK(result(abs(least)) == Values{-2147483648.0});
  CHECK(result(cast(sum(bytes), DType::kI64)) == Values{47});
  CHECK(result(sum(cast(bytes, DType::kI64))) == Values{303});
}

TEST_CASE("ops that promise to share memory share it", "[ops]") {
  Context context(with_threads(1));
  Tensor x = to_tensor(context, Array{Shape{4, 3}, DType::kF32, std::vector<double>(12, 1.0)});
  CHECK(reshape(x, IntList{3, 4}).raw() == x.raw());
  CHECK(identity(x).raw() == x.raw());
  CHECK(stop_gradient(x).raw() == x.raw());
  CHECK(expand_dims(x, 0).raw() == x.raw());
  CHECK(squeeze(expand_dims(x, 1)).raw() == x.raw());
  CHECK(flatten(x, 0).raw() == x.raw());
  CHECK(slice(x, IntList{1, 0}, IntList{3, 3}).raw() == x.raw() + 3 * sizeof(float));
  CHECK(identity(x).id() != x.id());
}

}  // namespace tl::test
