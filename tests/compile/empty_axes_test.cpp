// Small random programs, most of whose axes have no element or one: a step with the gradient of its results, optimizers and
// variables, eager and compiled, with all passes and with each left out in turn. What a batch of no rows leaves of a step has
// values without elements beside others, sums over nothing among them, and a kernel for both must write the latter.
#include <cmath>
#include <cstdlib>

#include "tests/compile/compile_fixture.h"
#include "tests/ops/random_program.h"
#include "tests/rounds.h"

namespace tl::compile_test {
namespace {

template <class T>
bool same_numbers(const Tensor& a, const Tensor& b) {
  for (int64_t k = 0; k < a.elements(); k++) {
    const T x = a.data<T>()[k], y = b.data<T>()[k];
    if (std::memcmp(&x, &y, sizeof x) != 0 && !(std::isnan(x) && std::isnan(y))) return false;
  }
  return true;
}

// The same bits, of whatever NaN: memory that nobody wrote is a NaN here, and so is what eager steps make of no elements.
bool same(const Tensor& a, const Tensor& b) {
  if (a.dtype() != b.dtype() || a.shape() != b.shape()) return false;
  if (a.dtype() == DType::kF32) return same_numbers<float>(a, b);
  return a.dtype() == DType::kF64 ? same_numbers<double>(a, b) : same_bits(a, b);
}

int64_t length(test::Draw& draw) {
  constexpr int64_t kLengths[] = {0, 0, 1, 1, 2, 3, 5};
  return kLengths[draw.below(7)];
}

Shape shape_of(test::Draw& draw) {
  Shape s;
  for (int64_t rank = draw.below(4); rank > 0; rank--) s.push_back(length(draw));
  return s;
}

bool go_together(const Shape& a, const Shape& b) {
  for (int i = 1; i <= std::min(a.rank(), b.rank()); i++) {
    const int64_t x = a[a.rank() - i], y = b[b.rank() - i];
    if (x != y && x != 1 && y != 1) return false;
  }
  return true;
}

Tensor unary(test::Draw& draw, const Tensor& x) {
  switch (draw.below(6)) {
    case 0: return tanh(x);
    case 1: return exp(mul_scalar(x, 0.25));
    case 2: return square(x);
    case 3: return relu(x);
    case 4: return add_scalar(x, 0.5);
    default: return dropout(x, 0.5);
  }
}

Tensor binary(test::Draw& draw, const Tensor& x, const Tensor& y) {
  switch (draw.below(6)) {
    case 0: return add(x, y);
    case 1: return sub(x, y);
    case 2: return mul(x, y);
    case 3: return maximum(x, y);
    case 4: return minimum(x, y);
    default: return select(greater(x, y), x, y);
  }
}

Tensor reduced(test::Draw& draw, const Tensor& x) {
  IntList axes;
  int64_t count = 1;
  for (int a = 0; a < x.rank(); a++)
    if (draw.coin()) axes.push_back(a), count *= x.shape()[a];
  if (axes.empty()) count = x.elements();
  const bool keep = draw.coin();
  switch (draw.below(5)) {
    case 0: return prod(x, axes, keep);
    case 1: return logsumexp(x, axes, keep);
    case 2: return count > 0 ? max(x, axes, keep) : sum(x, axes, keep);
    default: return sum(x, axes, keep);
  }
}

// Rows along the last axis.
Tensor of_rows(test::Draw& draw, Context& c, const Tensor& x) {
  if (x.rank() == 0 || x.shape().back() == 0) return neg(x);
  switch (draw.below(4)) {
    case 0: return softmax(x);
    case 1: return log_softmax(x);
    case 2: return cast(one_hot(argmax(x, {-1}), 3), x.dtype());
    default: {
      IntList front;
      for (int a = 0; a + 1 < x.rank(); a++) front.push_back(x.shape()[a]);
      return sparse_softmax_cross_entropy(full(c, front, 0, DType::kI32), x);
    }
  }
}

Tensor moved(test::Draw& draw, Context& c, const Tensor& x) {
  IntList begin, end, wide;
  for (int64_t n : x.shape()) {
    begin.push_back(0);
    end.push_back(draw.below(3) ? n : draw.below(n + 1));
    wide.push_back(n == 1 ? length(draw) : n);
  }
  switch (draw.below(6)) {
    case 0: return x.rank() ? slice(x, begin, end) : x;
    case 1: return broadcast_to(x, wide);
    case 2: return transpose(x);
    case 3: return x.rank() ? concat(std::vector<Tensor>{x, x}, draw.below(x.rank())) : x;
    case 4: return expand_dims(x, draw.below(x.rank() + 1));
    default: {
      if (x.rank() == 0 || x.shape()[0] == 0) return x;
      return gather(x, full(c, {length(draw)}, 0, DType::kI64), 0);
    }
  }
}

Tensor product(const Tensor& x, const Tensor& y) {
  if (x.rank() == 2 && y.rank() == 2 && x.shape()[1] == y.shape()[0]) return matmul(x, y);
  return x.rank() == 2 ? add(matmul(x, x, false, true), matmul(neg(x), x, false, true)) : neg(x);
}

struct StepOfAxes {
  Context& c;
  uint64_t seed;
  DType dtype;
  std::vector<VariableRef> variables;
  std::unique_ptr<optim::Optimizer> optimizer;

  StepOfAxes(Context& context, uint64_t number)
      : c(context), seed(number), dtype(number % 2 ? DType::kF32 : DType::kF64) {
    test::Draw draw(seed);
    for (int i = 0; i < 3; i++)
      variables.push_back(VariableRef::make(data(c, shape_of(draw), number + 7, dtype), concat("v", i)));
    optimizer = draw.coin() ? optim::make_adam(c, {}) : optim::make_sgd(c, {});
  }

  Values operator()(Span<const Tensor> in) {
    test::Draw draw(seed + 1);
    Tape tape(c, {});
    Values values(in.begin(), in.end());
    for (const VariableRef& v : variables) values.push_back(v->read());
    const size_t given = values.size();
    const auto any = [&] {
      return values[static_cast<size_t>(draw.below(static_cast<int64_t>(values.size())))];
    };
    for (int64_t i = 4 + draw.below(10); i > 0; i--) {
      const Tensor x = any(), y = any();
      switch (draw.below(8)) {
        case 0: values.push_back(unary(draw, x)); break;
        case 1:
        case 2:
          values.push_back(go_together(x.shape(), y.shape()) ? binary(draw, x, y) : unary(draw, x));
          break;
        case 3:
        case 4: values.push_back(reduced(draw, x)); break;
        case 5: values.push_back(of_rows(draw, c, x)); break;
        case 6: values.push_back(product(x, y)); break;
        default: values.push_back(moved(draw, c, x));
      }
      if (values.back().rank() > 4 || values.back().elements() > 500) values.back() = sum(values.back());
    }
    Values out(values.end() - 3, values.end());
    Tensor loss = sum(values.back());
    for (size_t i = given; i < values.size(); i++) loss = add(loss, sum(tanh(values[i])));
    std::vector<GradientSource> sources;
    std::vector<Variable*> all;
    for (const VariableRef& v : variables) {
      loss = add(loss, sum(square(v->read())));  // each has a gradient
      sources.push_back({Tensor(), v.get()});
      all.push_back(v.get());
    }
    out.push_back(loss);
    const std::vector<Tensor> gradients = tape.gradient({loss}, sources);
    out.insert(out.end(), gradients.begin(), gradients.end());
    optimizer->apply(gradients, all);
    return out;
  }
};

// "" or what differs.
std::string difference_of(uint64_t seed) {
  Context eager_context(options_of()), context(options_of());
  StepOfAxes eager(eager_context, seed), recorded(context, seed);
  FunctionOptions o = strict();
  const size_t off = static_cast<size_t>(seed / 2 % (compile::passes().size() + 1));
  if (off > 0) o.plan.without_passes = {compile::passes()[off - 1].name};
  Function f(
      context, [&](Span<const Tensor> in, size_t) { return recorded(in); }, o);
  test::Draw draw(seed + 2);
  const Shape a = shape_of(draw), b = shape_of(draw);
  for (uint64_t call = 0; call < 3; call++) {
    const auto inputs = [&](Context& c) {
      return Values{data(c, a, seed + call, eager.dtype), data(c, b, seed + call + 50, eager.dtype)};
    };
    const Values want = eager(inputs(eager_context));
    Values got(want.size());
    f.call(inputs(context), got);
    for (size_t i = 0; i < want.size(); i++)
      if (!same(want[i], got[i]))
        return concat("result ", i, " of shape ", want[i].shape(), " in call ", call);
    std::vector<VariableRef> x = eager.optimizer->variables(), y = recorded.optimizer->variables();
    x.insert(x.end(), eager.variables.begin(), eager.variables.end());
    y.insert(y.end(), recorded.variables.begin(), recorded.variables.end());
    for (size_t i = 0; i < x.size(); i++)
      if (!same(x[i]->value(), y[i]->value())) return concat("variable '", x[i]->name(), "' in call ", call);
  }
  return f.stats().replays == 2 ? "" : "it was not replayed";
}

}  // namespace

TEST_CASE("programs with axes of no element and of one are replayed as they run", "[compile][tile]") {
  unsigned long long first = 0;
  if (const char* wanted = std::getenv("TAPELOOP_EMPTY_AXES")) first = std::strtoull(wanted, nullptr, 10);
  for (unsigned long long i = first, end = first + static_cast<unsigned long long>(test::rounds(1500));
       i < end; i++) {
    std::string problem;
    try {
      problem = difference_of(i);
    } catch (const std::exception& e) {
      problem = e.what();
    }
    if (!problem.empty()) FAIL_CHECK("program " << i << ": " << problem);
  }
}

TEST_CASE("a sum over no elements is written beside results that have none", "[compile][tile]") {
  for (DType dtype : {DType::kF32, DType::kF64}) {
    Context c(options_of());
    const Values in{data(c, {3, 4}, 1, dtype)};
    const auto step = [&](Span<const Tensor> x, size_t) {
      Tape tape(c, {});
      tape.watch(x[0]);
      const Tensor none = slice(x[0], {0, 0}, {3, 0}), y = mean(tanh(add_scalar(sum(none, {1}), 0.5)));
      GradientSource at[] = {{x[0], nullptr}};
      return Values{y, square(none), tape.gradient({y}, at)[0]};
    };
    Function f(c, step, strict());
    const double expected = std::tanh(0.5);
    for (int call = 0; call < 3; call++) {
      Values got(3);
      f.call(in, got);
      const double y = dtype == DType::kF32 ? got[0].data<float>()[0] : got[0].data<double>()[0];
      CHECK(std::abs(y - expected) < 1e-6);
      CHECK(got[1].shape() == Shape{3, 0});
      CHECK(same_bits(got[2], full(c, {3, 4}, 0, dtype)));
    }
  }
}

TEST_CASE("a batch without rows is broadcast and replayed", "[compile][tile]") {
  Context c(options_of());
  struct Pair {
    Shape x, y;
  };
  for (const Pair& p : {Pair{{0, 1, 4}, {3, 1}}, Pair{{0, 1, 4}, {3, 4}}, Pair{{0, 8, 1, 4}, {8, 4, 1}},
                        Pair{{0, 1, 3, 1}, {3, 1, 1}}, Pair{{1, 0, 3}, {2, 1, 3}}}) {
    const Tensor w = data(c, p.y, 1);
    Function f(
        c,
        [&](Span<const Tensor> in, size_t) {
          const Tensor y = tanh(mul(in[0], w));
          return Values{y, sum(y)};
        },
        strict());
    for (int call = 0; call < 3; call++) {
      Values got(2);
      f.call(Values{data(c, p.x, 2)}, got);
      CHECK(got[0].elements() == 0);
      CHECK(got[1].data<float>()[0] == 0);
    }
  }
}

// What the random programs are too small for: sums of products, products with the step of their weight, rows of a variable, and
// sums of rows whose products are reassociated.
TEST_CASE("products of no rows and rows of no indices are replayed as they run", "[compile]") {
  struct Net {
    Context& c;
    VariableRef w, table;
    std::unique_ptr<optim::Optimizer> adam;
    explicit Net(Context& context)
        : c(context),
          w(VariableRef::make(data(c, {130, 140}, 1), "w")),
          table(VariableRef::make(data(c, {6, 4}, 2), "table")),
          adam(optim::make_adam(c, {})) {}
    // x and y: n rows for the weight; at: rows of the table.
    Values step(Span<const Tensor> in) {
      const Tensor &x = in[0], &y = in[1], &at = in[2];
      Tape tape(c, {});
      const Tensor w_now = w->read(), between = add(mul_scalar(x, 0.25), mul_scalar(y, 0.75));
      Tensor loss = sum(tanh(matmul(x, w_now)));
      for (const Tensor& other : {y, between}) loss = add(loss, sum(square(matmul(other, w_now))));
      GradientSource source[] = {{Tensor(), w.get()}};
      Variable* all[] = {w.get()};
      adam->apply(tape.gradient({loss}, source), all);
      table->assign(set_rows(table->read(), at, full(c, {at.elements(), 4}, 3, DType::kF32)));
      return {loss, sum(table->read(), {1})};
    }
  };
  for (bool reassociate : {false, true})
    for (int64_t rows : {0, 1})
      for (int64_t written : {0, 1}) {
        INFO(rows << " rows, " << written << " written");
        Context eager_context(options_of()), context(options_of());
        Net eager(eager_context), compiled(context);
        FunctionOptions o = strict();
        o.plan.allow_reassociation = reassociate;
        Function f(
            context, [&](Span<const Tensor> in, size_t) { return compiled.step(in); }, o);
        for (uint64_t call = 0; call < 3; call++) {
          const auto inputs = [&](Context& c) {
            return Values{data(c, {rows, 130}, call), data(c, {rows, 130}, call + 9),
                          full(c, {written}, 2, DType::kI64)};
          };
          const Values want = eager.step(inputs(eager_context));
          Values got(2);
          f.call(inputs(context), got);
          CHECK(same_bits(want[1], got[1]));
          if (reassociate && rows > 0) {
            CHECK(got[0].data<float>()[0] == Approx(want[0].data<float>()[0]).epsilon(1e-4));
            continue;
          }
          CHECK(same_bits(want[0], got[0]));
          CHECK(same_bits(eager.w->value(), compiled.w->value()));
        }
        CHECK(f.stats().replays == 2);
      }
}

}  // namespace tl::compile_test
