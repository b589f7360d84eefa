// Every op of the table and every sample under vmap, against a loop over the examples: values of each dtype, and in f64 the
// gradients of each example (a tape inside vmap), the gradients of the whole batch (a tape around it), and the tangents both
// ways. Operands are batched all, each alone, and all but one. Error samples give inside vmap the text that they give outside.
#include <catch2/catch.hpp>
#include <cmath>
#include <cstdio>
#include <map>

#include "core/autodiff/forward.h"
#include "core/autodiff/vmap.h"
#include "core/base/error.h"
#include "tests/ops/differentiate.h"

namespace tl::test {
namespace {

constexpr int64_t kExamples = 3;

struct BatchingChecks {
  size_t values = 0, inside = 0, outside = 0, tangents = 0, nested = 0, errors = 0;
  bool differentiable = false, operands = false;
};

// Some values of each example along a new first axis.
Array stacked(const std::vector<Array>& of) {
  Array out{{}, of[0].dtype, {}};
  out.shape.push_back(static_cast<int64_t>(of.size()));
  for (int64_t d : of[0].shape) out.shape.push_back(d);
  for (const Array& a : of) out.values.insert(out.values.end(), a.values.begin(), a.values.end());
  return out;
}

// The operands of a case for each example, of which those without a bit in `mask` are the same.
class Sampled {
 public:
  Sampled(const OpCase& c, DType run, uint64_t mask, int64_t examples) : mask_(mask) {
    for (int64_t i = 0; i < examples; i++) {
      of_.push_back(sample_operands(c, run, static_cast<uint64_t>(i)));
      for (size_t k = 0; k < of_[0].size(); k++)
        if (!batched(k)) of_.back()[k] = of_[0][k];
    }
  }
  bool batched(size_t k) const { return mask_ >> k & 1; }
  size_t operands() const { return of_[0].size(); }
  size_t examples() const { return of_.size(); }
  const Array& at(size_t example, size_t k) const { return of_[example][k]; }
  Tensors example(Context& context, size_t i) const { return to_tensors(context, of_[i]); }
  // What vmap gets.
  Tensors whole(Context& context) const {
    Tensors out;
    for (size_t k = 0; k < operands(); k++) {
      std::vector<Array> column;
      for (const Arrays& a : of_) column.push_back(a[k]);
      out.push_back(to_tensor(context, batched(k) ? stacked(column) : of_[0][k]));
    }
    return out;
  }
  std::vector<int64_t> axes() const {
    std::vector<int64_t> out;
    for (size_t k = 0; k < operands(); k++) out.push_back(batched(k) ? 0 : kNoAxis);
    return out;
  }

 private:
  uint64_t mask_;
  std::vector<Arrays> of_;
};

Values call(const OpCase& c, Context& context, Span<const Tensor> in) {
  context.random() = RandomState{11, 0};
  Tensors out = c.call(context, Tensors(std::vector<Tensor>(in.begin(), in.end())));
  return Values(out.begin(), out.end());
}

Values floating(const Values& all) {
  Values out;
  for (const Tensor& t : all)
    if (is_floating(t.dtype())) out.push_back(t);
  return out;
}

std::string compare(const Values& got, const std::vector<std::vector<Array>>& expected, double tolerance) {
  for (size_t i = 0; i < got.size(); i++) {
    std::vector<Array> column;
    for (const std::vector<Array>& e : expected) column.push_back(e[i]);
    std::string problem = difference(to_array(got[i]), stacked(column), tolerance, 1);
    if (!problem.empty()) return concat("result ", i, ": ", problem);
  }
  return "";
}

std::vector<Array> arrays_of(const Values& values) {
  std::vector<Array> out;
  for (const Tensor& t : values) out.push_back(to_array(t));
  return out;
}

double tolerance_of_run(const OpCase& c, DType run) {
  return run == DType::kF32 ? std::max(c.tolerance_f32, 1e-5) : std::max(c.tolerance_f64, 1e-12);
}

std::string check_values(const OpCase& c, DType run, uint64_t mask, BatchingChecks& checks) {
  Context context(one_thread());
  Sampled s(c, run, mask, kExamples);
  std::vector<std::vector<Array>> expected;
  try {
    for (size_t i = 0; i < s.examples(); i++)
      expected.push_back(arrays_of(call(c, context, s.example(context, i))));
  } catch (const Error&) {
    return "";  // an attribute that this dtype does not allow: forward_test.cpp asks for the error
  }
  Values got = vmap(
      context, "op", [&](Span<const Tensor> in) { return call(c, context, in); }, s.whole(context), s.axes());
  checks.values++;
  if (!context.batch_levels().empty()) return "a level was left open";
  return compare(got, expected, tolerance_of_run(c, run));
}

// Two levels, of 2 and 3 examples.
std::string check_nested(const OpCase& c, DType run, uint64_t outer, uint64_t inner, BatchingChecks& checks) {
  Context context(one_thread());
  Sampled s(c, run, outer | inner, 6);  // example (i, j) is number 3 i + j
  auto number = [&](size_t k, size_t i, size_t j) {
    return (outer >> k & 1 ? 3 * i : 0) + (inner >> k & 1 ? j : 0);
  };
  Tensors whole;
  std::vector<int64_t> outer_axes, inner_axes;
  for (size_t k = 0; k < s.operands(); k++) {
    std::vector<Array> rows;
    for (size_t i = 0; i < 2; i++) {
      std::vector<Array> row;
      for (size_t j = 0; j < 3; j++) row.push_back(s.at(number(k, i, j), k));
      rows.push_back(inner >> k & 1 ? stacked(row) : row[0]);
    }
    whole.push_back(to_tensor(context, outer >> k & 1 ? stacked(rows) : rows[0]));
    outer_axes.push_back(outer >> k & 1 ? 0 : kNoAxis);
    inner_axes.push_back(inner >> k & 1 ? 0 : kNoAxis);
  }
  std::vector<std::vector<Array>> expected;
  for (size_t i = 0; i < 2; i++) {
    std::vector<std::vector<Array>> of_row;
    for (size_t j = 0; j < 3; j++) {
      Tensors in;
      for (size_t k = 0; k < s.operands(); k++) in.push_back(to_tensor(context, s.at(number(k, i, j), k)));
      of_row.push_back(arrays_of(call(c, context, in)));
    }
    std::vector<Array> row;
    for (size_t o = 0; o < of_row[0].size(); o++)
      row.push_back(stacked({of_row[0][o], of_row[1][o], of_row[2][o]}));
    expected.push_back(row);
  }
  Values got = vmap(
      context, "outer",
      [&](Span<const Tensor> row) {
        return vmap(
            context, "inner", [&](Span<const Tensor> in) { return call(c, context, in); }, row, inner_axes);
      },
      whole, outer_axes);
  checks.nested++;
  return compare(got, expected, tolerance_of_run(c, run));
}

// The floating operands among `in`, and how a list of those becomes a list of all.
struct Floating {
  std::vector<size_t> places;
  explicit Floating(const Sampled& s) {
    for (size_t k = 0; k < s.operands(); k++)
      if (is_floating(s.at(0, k).dtype)) places.push_back(k);
  }
  Values of(Span<const Tensor> in) const {
    Values out;
    for (size_t k : places) out.push_back(in[k]);
    return out;
  }
  Map function(const OpCase& c, Context& context, Span<const Tensor> in) const {
    Values all(in.begin(), in.end());
    return [this, &c, &context, all](const Values& z) {
      Values operands = all;
      for (size_t i = 0; i < places.size(); i++) operands[places[i]] = z[i];
      return floating(call(c, context, operands));
    };
  }
};

// Fixed weights for each example, of the shapes of `like`.
std::vector<std::vector<Array>> weights(const Values& like, uint64_t seed) {
  std::vector<std::vector<Array>> out;
  for (int64_t i = 0; i < kExamples; i++)
    out.push_back(directions_for(like, seed + 50 * static_cast<uint64_t>(i)));
  return out;
}

Values whole_of(Context& context, const std::vector<std::vector<Array>>& examples) {
  Values out;
  for (size_t k = 0; k < examples[0].size(); k++) {
    std::vector<Array> column;
    for (const std::vector<Array>& e : examples) column.push_back(e[k]);
    out.push_back(to_tensor(context, stacked(column)));
  }
  return out;
}

// What the gradient of a batch by an operand is: that of each example, or their sum where it is the same for all.
Array total(const std::vector<Array>& examples, bool batched) {
  if (batched) return stacked(examples);
  Array out = examples[0];
  for (size_t i = 1; i < examples.size(); i++)
    for (size_t e = 0; e < out.values.size(); e++) out.values[e] += examples[i].values[e];
  return out;
}

std::string check_derivatives(const OpCase& c, uint64_t mask, BatchingChecks& checks) {
  Context context(one_thread());
  Sampled s(c, DType::kF64, mask, kExamples);
  Floating f(s);
  if (f.places.empty()) return "";
  checks.operands = true;
  Tensors first = s.example(context, 0);
  Values out = floating(call(c, context, first));
  if (c.gradient == Gradient::kNone || out.empty()) return "";
  for (const Tensor& t : out)
    if (t.dtype() != DType::kF64) return "";  // a cast; the mathematics is that of the one to f64
  checks.differentiable = true;
  const std::vector<std::vector<Array>> u = weights(out, 400), v = weights(f.of(first), 700);
  const size_t n = f.places.size();

  std::vector<std::vector<Array>> gradients, tangents;
  for (size_t i = 0; i < s.examples(); i++) {
    Tensors in = s.example(context, i);
    Map g = f.function(c, context, in);
    gradients.push_back(
        arrays_of(tape_gradient(context, g, f.of(in), n, tensors_of(context, u[i]), Unconnected::kZero)));
    tangents.push_back(
        arrays_of(forward_tangents(context, g, f.of(in), tensors_of(context, v[i]), Unconnected::kZero)));
  }
  const double tolerance = std::max(c.tolerance_f64, 1e-11);
  const Tensors whole = s.whole(context);
  const std::vector<int64_t> axes = s.axes();

  // Of each example: the tape and the forward mode are inside. Also for operands that are the same for all.
  for (bool reverse : {true, false}) {
    Values directions = whole_of(context, reverse ? u : v), all(whole.begin(), whole.end());
    all.insert(all.end(), directions.begin(), directions.end());
    std::vector<int64_t> all_axes = axes;
    all_axes.resize(all.size(), 0);
    Values got = vmap(
        context, "derivative",
        [&](Span<const Tensor> in) {
          Map g = f.function(c, context, Span<const Tensor>(in.data(), whole.size()));
          Values w(in.begin() + whole.size(), in.end());
          return reverse ? tape_gradient(context, g, f.of(in), n, w, Unconnected::kZero)
                         : forward_tangents(context, g, f.of(in), w, Unconnected::kZero);
        },
        all, all_axes);
    std::string problem = compare(got, reverse ? gradients : tangents, tolerance);
    if (!problem.empty()) return concat(reverse ? "gradient" : "tangent", " inside vmap: ", problem);
  }
  checks.inside++;
  checks.tangents++;

  // Of the whole batch: outside.
  Map batch = [&](const Values& z) {
    Values all(whole.begin(), whole.end());
    for (size_t i = 0; i < n; i++) all[f.places[i]] = z[i];
    return floating(vmap(
        context, "op", [&](Span<const Tensor> in) { return call(c, context, in); }, all, axes));
  };
  Values z = f.of(whole), by = tape_gradient(context, batch, z, n, whole_of(context, u), Unconnected::kZero);
  for (size_t i = 0; i < n; i++) {
    std::vector<Array> column;
    for (const std::vector<Array>& g : gradients) column.push_back(g[i]);
    std::string problem = difference(to_array(by[i]), total(column, s.batched(f.places[i])), tolerance, 3);
    if (!problem.empty()) return concat("gradient ", i, " of vmap: ", problem);
  }
  checks.outside++;
  // <u, J v> = <J^T u, v> with the tape that has just been compared.
  std::vector<Array> point = arrays_of(z);
  std::string problem = compare_modes(context, batch, point, 1e-11);
  if (!problem.empty()) return concat("tangent of vmap: ", problem);
  checks.tangents++;
  return "";
}

bool has_rank(const OpCase& c, int most) {
  for (const TensorSample& t : c.tensors)
    if (t.shape.rank() > most) return true;
  return false;
}

std::string check_error(const OpCase& c, BatchingChecks& checks) {
  if (has_rank(c, kMaxRank - 1)) return "";  // of which there is no batch
  Context context(one_thread());
  const DType run = run_dtypes(c)[0];
  Sampled s(c, run, ~uint64_t{0}, 2);
  if (s.operands() == 0) return "";
  Tensors whole = s.whole(context);
  const size_t live = context.live_tensors();
  std::string text;
  try {
    vmap(
        context, "op", [&](Span<const Tensor> in) { return call(c, context, in); }, whole);
    return "no error was thrown inside vmap";
  } catch (const Error& e) {
    text = e.message();
  }
  checks.errors++;
  if (text.find(c.error) == std::string::npos && text.find("inside vmap") == std::string::npos)
    return concat("the message lacks '", c.error, "': ", text);
  if (text.find(concat("[", c.op, "]")) == std::string::npos)
    return concat("the message does not begin with the op's name: ", text);
  return context.live_tensors() == live && context.batch_levels().empty() ? "" : "something was left behind";
}

// All, each alone, all but one.
std::vector<uint64_t> masks_of(const OpCase& c) {
  const size_t n = c.tensors.size();
  const uint64_t all = (uint64_t{1} << n) - 1;
  std::vector<uint64_t> out{all};
  for (size_t k = 0; n > 1 && k < n; k++) {
    out.push_back(uint64_t{1} << k);
    if (n > 2) out.push_back(all & ~(uint64_t{1} << k));
  }
  return out;
}

std::string check_sample(const OpCase& c, BatchingChecks& checks) {
  if (c.error) return check_error(c, checks);
  if (c.tensors.empty() || has_rank(c, kMaxRank - 1)) return "";  // no operand, or no axis is left
  // What an op draws for an example depends on the others in the batch: vmap_test.cpp looks at that.
  const bool draws =
      std::string(c.op) == "dropout" && std::string(c.text).find("rate=0.") != std::string::npos;
  if (draws) return "";
  for (uint64_t mask : masks_of(c)) {
    std::string problem;
    for (DType run : run_dtypes(c)) {
      problem = check_values(c, run, mask, checks);
      if (!problem.empty()) return concat(run, ", operands ", mask, ": ", problem);
    }
    problem = check_derivatives(c, mask, checks);
    if (!problem.empty()) return concat("operands ", mask, ": ", problem);
  }
  if (has_rank(c, kMaxRank - 2)) return "";
  const uint64_t all = masks_of(c)[0];
  const DType run = run_dtypes(c)[0];
  for (uint64_t mask : masks_of(c)) {
    std::string problem = check_nested(c, run, all, mask, checks);
    if (problem.empty()) problem = check_nested(c, run, mask, all & ~mask ? all & ~mask : all, checks);
    if (!problem.empty()) return concat("two levels, operands ", mask, ": ", problem);
  }
  return "";
}

}  // namespace

TEST_CASE("every op under vmap does what a loop does", "[ops][vmap]") {
  std::map<std::string, BatchingChecks> by_op;
  for (const OpCase& c : op_cases()) {
    std::string problem;
    try {
      problem = check_sample(c, by_op[c.op]);
    } catch (const std::exception& e) {
      problem = e.what();
    }
    if (!problem.empty()) FAIL_CHECK(c.label() << ": " << problem);
  }
  BatchingChecks sum;
  for (const char* name : op_names()) {
    const BatchingChecks& k = by_op[name];
    bool operands = false;
    for (const OpCase& c : op_cases()) operands |= std::string(c.op) == name && !c.tensors.empty();
    if (operands && (k.values == 0 || k.nested == 0)) FAIL_CHECK(name << " has no sample that vmap runs");
    if (k.differentiable && (k.inside == 0 || k.outside == 0 || k.tangents < 2))
      FAIL_CHECK(name << " has derivatives, but none that vmap runs");
    sum.values += k.values, sum.inside += k.inside, sum.outside += k.outside, sum.tangents += k.tangents;
    sum.nested += k.nested, sum.errors += k.errors;
  }
  std::printf(
      "vmap: %zu comparisons of values, %zu nested, %zu gradients inside, %zu outside, %zu tangents, %zu "
      "errors\n",
      sum.values, sum.nested, sum.inside, sum.outside, sum.tangents, sum.errors);
}

}  // namespace tl::test
