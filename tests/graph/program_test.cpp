// Programs: their text, what the verifier finds, and what a tracer records.
#include <catch2/catch.hpp>

#include "core/autodiff/recompute.h"
#include "core/autodiff/tape.h"
#include "core/base/error.h"
#include "core/graph/tracer.h"
#include "core/ops/generated/functions.h"
#include "core/optim/sgd.h"
#include "tests/graph/program_text.h"

namespace tl::graph_test {

using namespace graph;
using test::program_of;

namespace {

struct Fixture {
  Context c{ContextOptions{1, 1, 0, nullptr, nullptr}};
};

constexpr const char* kText =
    "input %0: f32 (2, 3)\n"
    "input %1: i32 (2,)\n"
    "variable 'w' %2: f32 (3, 4) becomes %8\n"
    "variable 'count' becomes %4\n"
    "constant %3: f32 (3, 4) of the host\n"
    "%4: f32 (2, 4) = matmul %0 %2 {transpose_a=false, transpose_b=false}\n"
    "%5: f32 (2, 4) = dropout %4 {rate=0.5, draw=1}\n"
    "%6: f32 (2,) = sparse_softmax_cross_entropy %1 %5\n"
    "%7: f32 (1,) = sum %6 {axes=[0], keepdims=true, again=2}\n"
    "%8: f32 (3, 4) = add %2 %3\n"
    "return %7 %5\n";

}  // namespace

TEST_CASE_METHOD(Fixture, "a program reads as it is written", "[graph]") {
  Program p = program_of(c, kText);
  CHECK(to_text(p) == kText);
  CHECK(problem_of(p).empty());
  CHECK(p.draws == 2);
}

TEST_CASE_METHOD(Fixture, "the verifier finds what is broken", "[graph]") {
  auto broken = [&](auto change) {
    Program p = program_of(c, kText);
    change(p);
    return problem_of(p);
  };
  CHECK(broken([](Program&) {}).empty());
  CHECK(broken([](Program& p) { std::swap(p.nodes[0], p.nodes[1]); }) ==
        "dropout takes %4, which is not defined before it");
  CHECK(broken([](Program& p) { p.nodes[1].in[0] = 99; }) == "dropout takes %99, but there are 9 values");
  CHECK(broken([](Program& p) { p.nodes.push_back(p.nodes[0]); }) == "%4 is defined twice");
  CHECK(broken([](Program& p) { p.values[7].shape = Shape{2}; }) == "sum makes f32 (1,), but %7 is f32 (2,)");
  CHECK(broken([](Program& p) { p.nodes[0].in[1] = 0; }).find("matmul: [matmul]") == 0);
  CHECK(broken([](Program& p) { p.nodes[4].in.pop_back(); }) == "add has 1 operands");
  CHECK(broken([](Program& p) { p.nodes[1].attrs.clear(); }) == "dropout has attributes of another size");
  CHECK(broken([](Program& p) { p.draws = 1; }) == "dropout draws call 1 of 1");
  CHECK(broken([](Program& p) { p.nodes.pop_back(); }) ==
        "variable 'w' takes %8, which is not defined before it");
  CHECK(broken([](Program& p) { p.outputs[0] = 44; }) == "return takes %44, but there are 9 values");
  CHECK(broken([](Program& p) { p.variables[0].initial = 0; }) == "%2 is not what variable 'w' begins with");
  CHECK(broken([](Program& p) { p.constants.clear(); }) == "%3 names number 0 of 0");
  CHECK(broken([](Program& p) { p.inputs[1] = 0; }) == "%1 is not input 1");
  CHECK(broken([](Program& p) { p.nodes[0].out[0] = 2; }) == "matmul makes %2, which is no result");
}

TEST_CASE_METHOD(Fixture, "what nobody takes can be left out", "[graph]") {
  Program p = program_of(c, kText);
  p.nodes.erase(p.nodes.begin() + 4);
  p.variables[0].final = kNoValue;
  p.nodes[0].in[1] = 2;
  drop_unused(p);
  CHECK(problem_of(p).empty());
  CHECK(p.constants.empty());
  CHECK(p.variables.size() == 2);
  CHECK(p.values.size() == 7);
}

TEST_CASE_METHOD(Fixture, "attributes are compared by meaning", "[graph]") {
  auto sum_of = [&](const char* attrs) {
    return program_of(c, concat("input %0: f32 (2, 3)\n%1 = sum %0 {", attrs, "}\nreturn %1\n")).nodes[0];
  };
  Node a = sum_of("axes=[0], keepdims=true"), b = sum_of("axes=[0], keepdims=true");
  // Numbers behind the end of a list and padding mean nothing.
  reinterpret_cast<int64_t*>(b.attrs.data())[5] = 77;
  CHECK(same_attrs(*a.schema, a.attrs.data(), b.attrs.data()));
  CHECK(hash_attrs(*a.schema, a.attrs.data()) == hash_attrs(*a.schema, b.attrs.data()));
  for (const char* other :
       {"axes=[1], keepdims=true", "axes=[0], keepdims=false", "axes=[0, 1], keepdims=true"}) {
    Node d = sum_of(other);
    CHECK(!same_attrs(*a.schema, a.attrs.data(), d.attrs.data()));
  }
}

TEST_CASE_METHOD(Fixture, "a tracer records what runs", "[graph]") {
  Tensor x = full(c, {2, 3}, 2, DType::kF32), outside = full(c, {3}, 5, DType::kF32);
  VariableRef w = VariableRef::make(full(c, {3}, 3, DType::kF32), "w");
  auto sgd = optim::make_sgd(c, {});
  Tensor in[] = {x, x};
  Tracer tracer(c, in);
  Tape tape(c, {});
  Tensor weighted = mul(in[1], w->read());  // first: compilers are free in the order of arguments
  Tensor y = sum(mul(add(in[0], outside), weighted));
  GradientSource source[] = {{Tensor(), w.get()}};
  Variable* all[] = {w.get()};
  sgd->apply(tape.gradient({y}, source), all);
  Program p = tracer.finish({y});
  CHECK(tracer.problem().empty());
  CHECK(problem_of(p).empty());
  const std::string text = to_text(p);
  INFO(text);
  CHECK(text.find("input %0: f32 (2, 3)\ninput %1: f32 (2, 3)\nvariable 'w' %2: f32 (3,) becomes %") == 0);
  CHECK(text.find("constant %4: f32 (3,)\n") != std::string::npos);
  CHECK(text.find("f32 () = sgd[0]\n") != std::string::npos);
  CHECK(text.find("= sgd_update %2 %") != std::string::npos);
  CHECK(p.host_sources.size() == 1);
  CHECK(p.host_sources[0].steps == 1);
  CHECK(p.constants.size() == 1);
  CHECK(!c.observed());
}

TEST_CASE_METHOD(Fixture, "a tracer tells draws of the step from others", "[graph]") {
  Tensor x = full(c, {2, 3}, 2, DType::kF64);
  uniform(c, {2});
  Tensor in[] = {x};
  Tracer tracer(c, in);
  Tape tape(c, {});
  tape.watch(in[0]);
  Tensor noise = normal(c, {3}, 0, 1, DType::kF64), y = dropout(mul(in[0], noise), 0.5);
  GradientSource source[] = {{in[0], nullptr}};
  Tensor g = tape.gradient({y}, source)[0];
  Program p = tracer.finish({g});
  int draws[2] = {0, 0};
  for (const Node& node : p.nodes)
    if (node.draw >= 0) draws[node.draw]++;
  CHECK(p.draws == 2);
  CHECK(draws[0] == 1);
  CHECK(draws[1] == 2);  // the gradient has the mask of the forward pass
}

TEST_CASE_METHOD(Fixture, "a recomputed segment is told from its first run", "[graph]") {
  Tensor in[] = {full(c, {2, 3}, 0.5, DType::kF64)};
  Tracer tracer(c, in);
  Tape tape(c, {});
  tape.watch(in[0]);
  Tensor y = recompute(
      c, "segment", [](Span<const Tensor> x) { return std::vector<Tensor>{tanh(tanh(x[0]))}; }, in)[0];
  GradientSource source[] = {{in[0], nullptr}};
  Tensor g = tape.gradient({y}, source)[0];
  Program p = tracer.finish({g});
  int first = 0, again = 0;
  for (const Node& node : p.nodes)
    if (node.is(OpId::kTanh)) (node.again ? again : first)++;
  CHECK(first == 2);
  CHECK(again == 2);
  CHECK(c.recomputing() == 0);
}

TEST_CASE_METHOD(Fixture, "a tracer says why a step cannot be replayed", "[graph]") {
  VariableRef w = VariableRef::make(full(c, {3}, 3, DType::kF32), "w");
  auto sgd = optim::make_sgd(c, {});
  auto problem = [&](auto step) {
    Tensor in[] = {full(c, {3}, 2, DType::kF32)};
    Tracer tracer(c, in);
    std::vector<Tensor> out = step(in[0]);
    tracer.finish(out);
    return tracer.problem();
  };
  using Out = std::vector<Tensor>;
  auto starts = [](const std::string& text, const char* with) { return text.rfind(with, 0) == 0; };
  CHECK(problem([&](Tensor& x) { return Out{neg(x)}; }).empty());
  CHECK(starts(problem([&](Tensor& x) {
                 Tensor y = exp(x);
                 c.note_host_read(y, "tensor_read");
                 return Out{y};
               }),
               "tensor_read looks at a result of exp"));
  CHECK(starts(problem([&](Tensor& x) {
                 c.note_host_read(x, "tensor_read");
                 return Out{x};
               }),
               "tensor_read looks at input 0"));
  CHECK(starts(problem([&](Tensor& x) {
                 c.note_host_read(w->read(), "tensor_read");
                 return Out{x};
               }),
               "tensor_read looks at the value of variable 'w'"));
  CHECK(problem([&](Tensor& x) {
          Tensor constant = full(c, {}, 1, DType::kF32);
          c.note_host_data(constant);
          c.note_host_read(constant, "tensor_item");
          return Out{x};
        }).empty());
  auto update = [&](const Tensor& x) {
    Variable* all[] = {w.get()};
    sgd->apply(Out{x}, all);
  };
  CHECK(starts(problem([&](Tensor& x) {
                 update(x);
                 sgd->set_learning_rate(0.5);
                 return Out{x};
               }),
               "it sets variable 'sgd/learning_rate', which sgd takes its numbers from"));
  CHECK(starts(problem([&](Tensor& x) {
                 update(x);
                 return Out{sgd->variables()[0]->read()};
               }),
               "it uses variable 'sgd/iterations' after the step of the optimizer"));
  CHECK(problem([&](Tensor& x) {
          Tensor before = sgd->variables()[0]->read();
          update(x);
          return Out{before};
        }).empty());
  CHECK(starts(problem([&](Tensor& x) {
                 c.set_seed(7);
                 return Out{x};
               }),
               "it sets the seed"));
  // The numbers stand at that seed already: replays would go on from where they are.
  c.set_seed(7);
  CHECK(starts(problem([&](Tensor& x) {
                 c.set_seed(7);
                 return Out{x};
               }),
               "it sets the seed"));
  CHECK(problem([&](Tensor& x) { return Out{dropout(x, 0.5)}; }).empty());
  CHECK(starts(problem([&](Tensor& x) {
                 auto other = optim::make_sgd(c, {});
                 Variable* all[] = {w.get()};
                 other->apply(Out{x}, all);
                 return Out{x};
               }),
               "the optimizer 'sgd' has been released in it"));
}

}  // namespace tl::graph_test
