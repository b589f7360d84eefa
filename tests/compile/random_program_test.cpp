// Random programs of the tape's test and their gradients, recorded and replayed in f64: the same bits as eager, with every pass
// and with each left out in turn; and by apply() alone, the program before and after each pass gives the same.
//
// TAPELOOP_RANDOM_PROGRAMS=COUNT or COUNT:SEED chooses how many and which, as for the tape.
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>

#include "core/graph/tracer.h"
#include "tests/compile/compile_fixture.h"
#include "tests/graph/program_text.h"
#include "tests/ops/random_program.h"
#include "tests/rounds.h"

namespace tl::compile_test {
namespace {

// "" or which result differs.
std::string difference(const Values& want, const Values& got) {
  if (want.size() != got.size()) return concat(want.size(), " results became ", got.size());
  for (size_t i = 0; i < want.size(); i++)
    if (!same_bits(want[i], got[i])) return concat("result ", i, " of ", want.size(), " differs");
  return "";
}

// The same where other roundings are allowed: results of a program in f64 are near each other. NaN is near NaN.
std::string distance(const Values& want, const Values& got) {
  if (want.size() != got.size()) return concat(want.size(), " results became ", got.size());
  for (size_t i = 0; i < want.size(); i++) {
    if (want[i].shape() != got[i].shape() || want[i].dtype() != got[i].dtype())
      return concat("result ", i, " has another shape or dtype");
    if (same_bits(want[i], got[i])) continue;
    double scale = 1;
    for (int64_t k = 0; k < want[i].elements(); k++)
      scale = std::max(scale, std::abs(want[i].data<double>()[k]));
    for (int64_t k = 0; k < want[i].elements(); k++) {
      const double a = want[i].data<double>()[k], b = got[i].data<double>()[k];
      if (!(std::abs(a - b) <= 1e-9 * scale) && !(std::isnan(a) && std::isnan(b)))
        return concat("result ", i, " of ", want.size(), " is ", b, " where it was ", a);
    }
  }
  return "";
}

// A step: the program's results, its gradient or the gradient of that, and a variable that moves along.
struct Step {
  Context& c;
  test::Map f;
  VariableRef state;
  Values operator()(Span<const Tensor> in) {
    Values z(in.begin(), in.end());
    z[0] = add(z[0], state->read());
    Values out = f(z);
    state->assign(add(mul_scalar(state->read(), 0.5), mean(out[0])));
    return out;
  }
};

std::string check(uint64_t seed) {
  const test::Program program = test::draw_program(seed);
  test::Draw draw(seed + 29);
  Context eager_context(test::one_thread()), context(test::one_thread());
  const uint64_t orders = static_cast<uint64_t>(draw.below(3));
  std::vector<test::Array> z = test::inputs_of(program);
  auto step_in = [&](Context& c) {
    test::Map f = [&program](const Values& x) { return test::run_program(program, x); };
    std::vector<test::Array> all = test::inputs_of(program);
    for (uint64_t k = 0; k < orders; k++) {
      Values at = test::tensors_of(c, all);
      const std::vector<test::Array> more = test::directions_for(f(at), seed + 900);
      f = test::gradient_of(c, f, all.size());
      all.insert(all.end(), more.begin(), more.end());
    }
    z = all;
    return Step{c, f, VariableRef::make(full(c, {}, 0.25, DType::kF64), "state")};
  };
  try {
    Step eager = step_in(eager_context), recorded = step_in(context);
    FunctionOptions o = strict();
    const std::vector<const char*> none;
    const size_t off = static_cast<size_t>(seed % (compile::passes().size() + 1));
    if (off > 0) o.plan.without_passes = {compile::passes()[off - 1].name};
    Function f(
        context, [&](Span<const Tensor> in, size_t) { return recorded(in); }, o);
    for (int i = 0; i < 3; i++) {
      std::vector<test::Array> at = z;
      for (test::Array& a : at)
        for (double& v : a.values) v *= 1 - 0.125 * i;
      Values want = eager(test::tensors_of(eager_context, at)), got(want.size());
      f.call(test::tensors_of(context, at), got);
      const std::string problem = difference(want, got);
      if (!problem.empty()) return concat(problem, " in call ", i);
      if (!same_bits(eager.state->value(), recorded.state->value()))
        return concat("the variable differs in call ", i);
    }
    if (f.stats().replays != 2) return "it was not replayed";

    Values in = test::tensors_of(context, z), variables{recorded.state->value()};
    Tensor held = recorded.state->value();
    graph::Program traced;
    Values own = in;
    {
      graph::Tracer tracer(context, own);
      traced = tracer.finish(recorded(own));
    }
    Values want = test::evaluate(context, traced, in, {held});
    for (const compile::Pass& pass : compile::passes()) {
      graph::Program after = traced;
      pass.run(after, context);
      std::string problem = graph::problem_of(after);
      if (problem.empty()) {
        const Values got = test::evaluate(context, after, in, {held});
        problem = pass.reassociates ? distance(want, got) : difference(want, got);
      }
      if (!problem.empty()) return concat("after ", pass.name, ": ", problem);
      if (!pass.reassociates) traced = std::move(after);
    }
    return "";
  } catch (const std::exception& e) {
    return e.what();
  }
}

}  // namespace

TEST_CASE("random programs are replayed with the bits of the eager ones", "[compile][numbers]") {
  const uint64_t now = static_cast<uint64_t>(std::chrono::system_clock::now().time_since_epoch().count());
  unsigned long long count = test::rounds(200), seed = now / 1000 % 1000000000;
  if (const char* wanted = std::getenv("TAPELOOP_RANDOM_PROGRAMS"))
    REQUIRE(std::sscanf(wanted, "%llu:%llu", &count, &seed) >= 1);
  std::printf("random compiled programs: %llu, TAPELOOP_RANDOM_PROGRAMS=%llu:%llu gives them again\n", count,
              count, seed);
  for (unsigned long long i = 0; i < count; i++) {
    const std::string problem = check(seed + i);
    if (!problem.empty()) FAIL_CHECK("program " << seed + i << ": " << problem);
  }
}

}  // namespace tl::compile_test
