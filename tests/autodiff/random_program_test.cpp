// Random programs of 10 to 60 ops on random shapes, differentiated by tape and by forward mode, nested in random orders: the
// two agree in f64, and with differences (an element-wise op has one rule for both modes); and so do vmap and a loop over
// examples. A program that fails is cut down to the ops that it takes to fail, and its seed is printed.
//
// TAPELOOP_RANDOM_PROGRAMS=COUNT or COUNT:SEED chooses how many and which; the default is 200 with a seed of the day's time.
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
#include "tests/ops/differentiate.h"

namespace tl::test {
namespace {

class Draw {
 public:
  explicit Draw(uint64_t seed) : state_(seed * 0x9E3779B97F4A7C15u + 1) {}
  int64_t below(int64_t below) {
    state_ = state_ * 6364136223846793005u + 1442695040888963407u;
    return static_cast<int64_t>((state_ >> 33) % static_cast<uint64_t>(below));
  }
  bool coin() { return below(2) == 1; }

 private:
  uint64_t state_;
};

// An op is a number from which everything about it is drawn, so that ops can be left out of a program.
struct Program {
  uint64_t seed = 0;
  std::vector<uint64_t> ops;
};

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

// The program as a function. Which op runs next depends on shapes only, never on values.
Values run(const Program& program, const Values& inputs) {
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
  Map f = [&program](const Values& z) { return run(program, z); };
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
  run(program, inputs);
  return concat("inputs ", shapes, "; ", listing.text());
}

}  // namespace

TEST_CASE("random programs have the same derivatives in both modes, and under vmap",
          "[autodiff][forward][vmap]") {
  const uint64_t now = static_cast<uint64_t>(std::chrono::system_clock::now().time_since_epoch().count());
  unsigned long long count = 200, seed = now / 1000 % 1000000000;
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
