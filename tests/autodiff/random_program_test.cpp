// Random programs of 10 to 60 ops on random shapes, differentiated by tape and by forward mode, nested in random orders: the
// two agree in f64, and with differences (an element-wise op has one rule for both modes); and so do vmap and a loop over
// examples. A program that fails is cut down to the ops that it takes to fail, and its seed is printed.
//
// TAPELOOP_RANDOM_PROGRAMS=COUNT or COUNT:SEED chooses how many and which; the default is 200 (a quarter under a sanitizer), with a
// seed of the day's time.
#include <catch2/catch.hpp>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>

#include "core/autodiff/vmap.h"
#include "core/base/error.h"
#include "core/ops/generated/functions.h"
#include "core/ops/schema.h"
#include "core/tensor/recorder.h"
#include "tests/ops/random_program.h"
#include "tests/rounds.h"

namespace tl::test {
namespace {

double inner_product(const Values& values, const std::vector<Array>& weights) {
  double sum = 0;
  for (size_t i = 0; i < weights.size(); i++) {
    const double* x = values[i].data<double>();
    for (size_t k = 0; k < weights[i].values.size(); k++) sum += weights[i].values[k] * x[k];
  }
  return sum;
}

// Does a tangent agree with difference quotients of fourth order? "" or the difference. Programs have kinks and jumps. Where
// one lies between the points, quotients of several steps differ; where it lies at the point itself, those of the two sides do. There
// a hundred times as much is allowed; elsewhere that is next to nothing.
std::string compare_with_differences(Context& context, const Map& f, const std::vector<Array>& z) {
  Values point = tensors_of(context, z);
  std::vector<Array> v = directions_for(point, 300), u = directions_for(f(point), 400);
  const double tangent =
      inner_product(forward_tangents(context, f, point, tensors_of(context, v), Unconnected::kZero), u);
  auto value_at = [&](double t) {
    std::vector<Array> moved = z;
    for (size_t i = 0; i < z.size(); i++)
      for (size_t k = 0; k < z[i].values.size(); k++) moved[i].values[k] += t * v[i].values[k];
    return inner_product(f(tensors_of(context, moved)), u);
  };
  auto quotient = [&](double h) {
    return (8 * (value_at(h) - value_at(-h)) - (value_at(2 * h) - value_at(-2 * h))) / (12 * h);
  };
  const double here = value_at(0), step = 1e-4;
  auto one_sided = [&](double h) { return (4 * value_at(h) - value_at(2 * h) - 3 * here) / (2 * h); };
  const double coarse = quotient(1e-3), middle = quotient(7e-4), fine = quotient(5e-4);
  const double unsteady =
      std::fabs(coarse - fine) + std::fabs(middle - fine) + std::fabs(one_sided(step) - one_sided(-step));
  const double allowed = 1e-7 * (1 + std::fabs(here) + std::fabs(fine)) + 100 * unsteady;
  if (std::fabs(fine - tangent) <= allowed) return "";
  return concat("the tangent is ", tangent, ", differences give ", coarse, " and ", fine);
}

// The program as a batch of examples against a loop over them: values and gradients, of inputs that differ from example to
// example and of inputs that do not, in a random nesting of tape and vmap.
std::string check_batch(Context& context, const Program& program, const Map& f, const std::vector<Array>& z) {
  Draw draw(program.seed + 17);
  const int64_t examples = 1 + draw.below(3);
  std::vector<int64_t> axes;
  for (size_t k = 0; k < z.size(); k++) axes.push_back(draw.below(4) == 0 && k > 0 ? kNoAxis : 0);
  Values whole, u;
  std::vector<Values> each(static_cast<size_t>(examples)), weights(each);
  for (size_t k = 0; k < z.size(); k++) {
    Values rows;
    for (size_t i = 0; i < each.size(); i++) {
      Array a = axes[k] == 0 ? sample_direction(z[k].shape, program.seed * 64 + k * 8 + i) : z[k];
      each[i].push_back(to_tensor(context, a));
      rows.push_back(each[i].back());
    }
    whole.push_back(axes[k] == 0 ? stack(rows) : rows[0]);
  }
  Values out = f(each[0]);
  for (const Tensor& y : out) {
    Values rows;
    for (size_t i = 0; i < each.size(); i++) {
      weights[i].push_back(to_tensor(context, sample_direction(y.shape(), program.seed * 64 + 900 + i)));
      rows.push_back(weights[i].back());
    }
    u.push_back(stack(rows));
  }
  const bool inside = draw.coin();
  Values got;
  if (inside) {
    Values all = whole;
    all.insert(all.end(), u.begin(), u.end());
    std::vector<int64_t> all_axes = axes;
    all_axes.resize(all.size(), 0);
    got = vmap(
        context, "program",
        [&](Span<const Tensor> in) {
          return gradient_of(context, f, z.size())(Values(in.begin(), in.end()));
        },
        all, all_axes);
  } else {
    Map batch = [&](const Values& at) {
      return vmap(
          context, "program", [&](Span<const Tensor> in) { return f(Values(in.begin(), in.end())); }, at,
          axes);
    };
    got = tape_gradient(context, batch, whole, z.size(), u, Unconnected::kZero);
  }
  for (size_t k = 0; k < z.size(); k++) {
    Values rows;
    for (size_t i = 0; i < each.size(); i++)
      rows.push_back(tape_gradient(context, f, each[i], z.size(), weights[i], Unconnected::kZero)[k]);
    Tensor expected = stack(rows);
    if (!inside && axes[k] == kNoAxis) expected = sum(expected, {0});
    double size = 1;
    for (double v : to_array(expected).values) size = std::max(size, std::fabs(v));
    std::string problem = difference(to_array(got[k]), to_array(expected), 1e-10, size);
    if (!problem.empty())
      return concat("the gradient by input ", k, inside ? " inside" : " of", " vmap: ", problem);
  }
  return "";
}

// "" or what is wrong, at a random order (1 to 3) of a random nesting of the modes.
std::string check(const Program& program) {
  Context context(one_thread());
  Draw draw(program.seed + 13);
  Map f = [&program](const Values& z) { return run_program(program, z); };
  std::vector<Array> z = inputs_of(program);
  std::string nesting;
  try {
    // Third order costs much and adds little: one program in eight.
    for (int64_t order = draw.below(8) == 0 ? 3 : 1 + draw.below(2); order > 1; order--) {
      Values at = tensors_of(context, z);
      const bool reverse = draw.coin();
      std::vector<Array> more = directions_for(reverse ? f(at) : at, program.seed + 900);
      f = reverse ? gradient_of(context, f, z.size()) : tangent_of(context, f, z.size());
      z.insert(z.end(), more.begin(), more.end());
      nesting += reverse ? "reverse " : "forward ";
    }
    std::string problem = compare_modes(context, f, z, 1e-10);
    if (problem.empty()) problem = compare_with_differences(context, f, z);
    if (problem.empty()) problem = check_batch(context, program, f, z);
    return problem.empty() ? "" : concat("after ", nesting, ": ", problem);
  } catch (const std::exception& e) {
    return e.what();
  }
}

// Leaves ops out while the program still fails.
Program shrunk(Program program) {
  for (bool smaller = true; smaller;) {
    smaller = false;
    for (size_t i = program.ops.size(); i-- > 0;) {
      Program without = program;
      without.ops.erase(without.ops.begin() + static_cast<std::ptrdiff_t>(i));
      if (check(without).empty()) continue;
      program = std::move(without);
      smaller = true;
    }
  }
  return program;
}

// What the ops of a program are, for the reader of a failure: names and shapes of the results, in order.
class Listing final : public Observer {
 public:
  explicit Listing(Context& context) : context_(context) { context_.add_observer(this); }
  ~Listing() override { context_.remove_observer(this); }
  Listing(const Listing&) = delete;
  Listing& operator=(const Listing&) = delete;
  void on_op(const OpCall& call) override {
    text_ += concat(text_.empty() ? "" : ", ", call.schema.name, " ", call.out[0].shape());
  }
  const std::string& text() const { return text_; }

 private:
  Context& context_;
  std::string text_;
};

std::string listed(const Program& program) {
  Context context(one_thread());
  Values inputs = tensors_of(context, inputs_of(program));
  std::string shapes;
  for (const Tensor& t : inputs) shapes += concat(t.shape(), " ");
  Listing listing(context);
  run_program(program, inputs);
  return concat("inputs ", shapes, "; ", listing.text());
}

}  // namespace

TEST_CASE("random programs have the same derivatives in both modes, and under vmap",
          "[autodiff][forward][vmap]") {
  const uint64_t now = static_cast<uint64_t>(std::chrono::system_clock::now().time_since_epoch().count());
  unsigned long long count = test::rounds(200), seed = now / 1000 % 1000000000;
  if (const char* wanted = std::getenv("TAPELOOP_RANDOM_PROGRAMS"))
    REQUIRE(std::sscanf(wanted, "%llu:%llu", &count, &seed) >= 1);
  std::printf("random programs: %llu, TAPELOOP_RANDOM_PROGRAMS=%llu:%llu gives them again\n", count, count,
              seed);
  for (unsigned long long i = 0; i < count; i++) {
    Program program = draw_program(seed + i);
    std::string problem = check(program);
    if (problem.empty()) continue;
    Program core = shrunk(program);
    std::string ops;
    for (uint64_t op : core.ops) ops += concat(op, " ");
    FAIL_CHECK("program " << seed + i << ": " << problem << "; with " << core.ops.size() << " ops: "
                          << check(core) << "; " << listed(core) << "; numbers of the ops " << ops);
  }
}

}  // namespace tl::test
