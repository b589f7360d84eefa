// The passes that make one node of several: on text, and a network of some size whose replays have the bits of eager steps.
#include <catch2/catch.hpp>

#include "core/kernels/product_sum.h"
#include "core/kernels/product_update.h"
#include "core/ops/apply.h"
#include "core/optim/nadam.h"
#include "tests/compile/compile_fixture.h"
#include "tests/graph/program_text.h"

namespace tl::compile_test {

using namespace graph;

namespace {

struct Fusing {
  Context c{options_of()};
  using Run = void (*)(Program&, Context&);

  // The program after a pass. What it computes is what it computed before.
  std::string after(Run pass, const std::string& text) {
    Program p = test::program_of(c, text);
    REQUIRE(problem_of(p).empty());
    Values in, variables;
    for (ValueId id : p.inputs) in.push_back(drawn(p.values[id]));
    for (const VariableUse& use : p.variables) variables.push_back(drawn(p.values[use.initial]));
    const Values want = test::evaluate(c, p, in, variables);
    pass(p, c);
    REQUIRE(problem_of(p) == "");
    const Values got = test::evaluate(c, p, in, variables);
    for (size_t i = 0; i < want.size(); i++) CHECK(same_bits(want[i], got[i]));
    compile::drop_dead(p, c);
    return to_text(p);
  }
  Tensor drawn(const Value& v) {
    if (is_floating(v.dtype)) return uniform(c, IntList(v.shape), 0.1, 1, v.dtype);
    return cast(uniform(c, IntList(v.shape), 0, 2.9), v.dtype);
  }
  std::string fused(const std::string& text) { return after(compile::fuse_elementwise, text); }
  void stays(const std::string& text) { CHECK(fused(text) == text); }
};

// A classifier whose batch has more rows than a block of a sum, with dropout.
struct Network {
  explicit Network(Context& context)
      : c(context),
        w(VariableRef::make(mul_scalar(data(c, {100, 300}, 1), 0.1), "w")),
        b(VariableRef::make(data(c, {300}, 2), "b")),
        v(VariableRef::make(mul_scalar(data(c, {300, 20}, 3), 0.1), "v")),
        d(VariableRef::make(data(c, {20}, 4), "d")),
        adam(optim::make_adam(c, {})) {}

  Values step(Span<const Tensor> in) {
    Tape tape(c, {});
    const Tensor hidden = dropout(tanh(add(matmul(in[0], w->read()), b->read())), 0.25);
    const Tensor logits = add(matmul(hidden, v->read()), d->read());
    const Tensor loss = mean(sparse_softmax_cross_entropy(in[1], logits));
    std::vector<Variable*> all;
    std::vector<GradientSource> sources;
    for (const VariableRef& r : {w, b, v, d}) {
      all.push_back(r.get());
      sources.push_back({Tensor(), r.get()});
    }
    adam->apply(tape.gradient({loss}, sources), all);
    return {loss, mean(cast(correct_class(in[1], logits), DType::kF32)), logits};
  }

  Context& c;
  VariableRef w, b, v, d;
  std::unique_ptr<optim::Optimizer> adam;
};

}  // namespace

TEST_CASE_METHOD(Fusing, "chains become tile programs", "[compile]") {
  const std::string x = "input %0: f32 (4, 8)\ninput %1: f32 (8,)\n";
  CHECK(fused(x + "%2 = add %0 %1\n%3 = relu %2\nreturn %3\n") ==
        x + "%2: f32 (4, 8) = tile_program %0 %1 {add, relu}\nreturn %2\n");
  // A value that others take too is a result; a reduction comes last.
  CHECK(fused(x + "%2 = mul %0 %1\n%3 = sum %2 {axes=[0], keepdims=false}\nreturn %2 %3\n") ==
        x + "%2: f32 (4, 8), %3: f32 (8,) = tile_program %0 %1 {mul, sum}\nreturn %2 %3\n");
  // What drops or adds axes of size 1 costs nothing inside, and stands behind where somebody outside takes it.
  CHECK(fused(x + "%2 = sum %0 {axes=[1], keepdims=false}\n%3 = reshape %2 {shape=[4, 1]}\n%4 = sub %0 "
                  "%3\nreturn %4\n") == x + "%2: f32 (4, 8) = tile_program %0 {sum, sub}\nreturn %2\n");
  CHECK(fused(x + "%2 = exp %0\n%3 = reshape %2 {shape=[4, 1, 8]}\n%4 = neg %3\nreturn %3 %4\n") ==
        x + "%2: f32 (4, 8), %4: f32 (4, 1, 8) = tile_program %0 {exp, neg}\n"
            "%3: f32 (4, 1, 8) = reshape %2 {shape=[4, 1, 8]}\nreturn %3 %4\n");
  // An operand may be taken as a row and as a column.
  CHECK(fused("input %0: f32 (5, 5)\ninput %1: f32 (5,)\n%2 = reshape %1 {shape=[5, 1]}\n%3 = mul %0 %1\n"
              "%4 = mul %3 %2\nreturn %4\n") ==
        "input %0: f32 (5, 5)\ninput %1: f32 (5,)\n%2: f32 (5, 1) = reshape %1 {shape=[5, 1]}\n"
        "%3: f32 (5, 5) = tile_program %0 %1 %2 {mul, mul}\nreturn %3\n");
}

TEST_CASE_METHOD(Fusing, "what cannot be one program stays apart", "[compile]") {
  const std::string x = "input %0: f32 (4, 4)\n";
  stays(x + "%1: f32 (4, 4) = exp %0\nreturn %1\n");
  // A product stands between the two.
  stays(x +
        "%1: f32 (4, 4) = exp %0\n%2: f32 (4, 4) = matmul %1 %0 {transpose_a=false, transpose_b=false}\n"
        "%3: f32 (4, 4) = add %1 %2\nreturn %3\n");
  // A sum of all is not known while its operand's tiles are used. By itself it is a program, too, whose memory is taken before.
  CHECK(fused(x + "%1 = sum %0 {axes=[], keepdims=false}\n%2: f32 (4, 4) = sub %0 %1\nreturn %2\n") ==
        x + "%1: f32 () = tile_program %0 {sum}\n%2: f32 (4, 4) = sub %0 %1\nreturn %2\n");
  stays("input %0: i32 (4,)\n%1: i32 (4,) = add %0 %0\n%2: i32 (4,) = neg %1\nreturn %2\n");
  stays(x + "%1: f32 (4, 4) = exp %0\n%2: f32 (4, 4) = neg %1 {again=1}\nreturn %2\n");
  stays(x +
        "%1: f32 (16,) = reshape %0 {shape=[16]}\n%2: f32 (16,) = exp %1\n%3: f32 (2, 8) = reshape %2 "
        "{shape=[2, 8]}\n"
        "%4: f32 (2, 8) = neg %3\nreturn %4\n");
  // Two groups that need each other: neither exp may join the other's sum.
  const std::string crossed = fused(x +
                                    "input %1: f32 (4, 4)\n%2 = exp %0\n%3 = exp %1\n"
                                    "%4 = matmul %2 %2 {transpose_a=false, transpose_b=false}\n"
                                    "%5 = matmul %3 %3 {transpose_a=false, transpose_b=false}\n"
                                    "%6 = add %2 %5\n%7 = add %3 %4\nreturn %6 %7\n");
  CHECK((has(crossed, "{exp, add}") && has(crossed, "= exp")));
}

TEST_CASE_METHOD(Fusing, "draws of one call may share a program", "[compile]") {
  const std::string x = "input %0: f32 (4, 4)\n";
  stays(x +
        "%1: f32 (4, 4) = dropout %0 {rate=0.5, draw=0}\n%2: f32 (4, 4) = dropout %1 {rate=0.5, "
        "draw=1}\nreturn %2\n");
  CHECK(
      fused(x +
            "%1: f32 (4, 4) = dropout %0 {rate=0.5, draw=0}\n%2: f32 (4, 4) = dropout %1 {rate=0.5, draw=0}\n"
            "%3: f32 (4, 4) = relu %2\nreturn %3\n") ==
      x + "%1: f32 (4, 4) = tile_program %0 {dropout, dropout, relu, draw=0}\nreturn %1\n");
}

TEST_CASE_METHOD(Fusing, "the head of a classifier becomes one program", "[compile]") {
  CHECK(
      fused(
          "input %0: f32 (6, 3)\ninput %1: i32 (6,)\ninput %2: f32 (6, 1)\n"
          "%3 = sparse_softmax_cross_entropy %1 %0\n%4 = sum %3 {axes=[], keepdims=false}\n"
          "%5 = softmax %0 {axis=-1}\n%6 = one_hot %1 {depth=3, dtype=f32}\n%7 = sub %5 %6\n%8 = mul %7 %2\n"
          "%9 = sum %8 {axes=[0], keepdims=false}\nreturn %4 %8 %9\n") ==
      "input %0: f32 (6, 3)\ninput %1: i32 (6,)\ninput %2: f32 (6, 1)\n"
      "%3: f32 () = tile_program %1 %0 {sparse_softmax_cross_entropy, sum}\n"
      "%4: f32 (6, 3), %5: f32 (3,) = tile_program %0 %1 %2 {softmax, one_hot, sub, mul, sum}\nreturn %3 %4 "
      "%5\n");
  CHECK(has(fused("input %0: f32 (6, 3)\ninput %1: f32 (3,)\ninput %2: i32 (6,)\n%3 = add %0 %1\n"
                  "%4 = sparse_softmax_cross_entropy %2 %3\n%5 = softmax %3 {axis=1}\nreturn %4 %5\n"),
            "tile_program %0 %1 %2 {add, sparse_softmax_cross_entropy, softmax}"));
}

TEST_CASE_METHOD(Fusing, "steps of one optimizer become one node", "[compile]") {
  const std::string head =
      "input %0: f32 (3,)\ninput %1: f32 (2, 2)\nvariable 'a' %2: f32 (3,) becomes %5\n"
      "variable 'b' %3: f32 (2, 2) becomes %6\nvariable 'rate' %4: f32 ()\n";
  CHECK(after(compile::fuse_updates, head + "%5 = sgd_update %2 %0 %4\n%6 = sgd_update %3 %1 %4\nreturn\n") ==
        head +
            "%5: f32 (3,), %6: f32 (2, 2) = flat_update %2 %0 %3 %1 %4 {sgd_update, sgd_update}\nreturn\n");
  // Another rate, a step of what a step made, and a large variable.
  auto stays_apart = [&](const std::string& text) { CHECK(after(compile::fuse_updates, text) == text); };
  stays_apart(
      "input %0: f32 (3,)\nvariable 'a' %1: f32 (3,) becomes %5\nvariable 'b' %2: f32 (3,) becomes %6\n"
      "variable 'p' %3: f32 ()\nvariable 'q' %4: f32 ()\n"
      "%5: f32 (3,) = sgd_update %1 %0 %3\n%6: f32 (3,) = sgd_update %2 %0 %4\nreturn\n");
  stays_apart(
      "input %0: f32 (3,)\nvariable 'a' %1: f32 (3,) becomes %4\nvariable 'p' %2: f32 ()\n"
      "%3: f32 (3,) = sgd_update %1 %0 %2\n%4: f32 (3,) = sgd_update %3 %0 %2\nreturn\n");
  stays_apart(
      "input %0: f32 (3,)\ninput %1: f32 (20000,)\nvariable 'a' %2: f32 (3,) becomes %5\n"
      "variable 'b' %3: f32 (20000,) becomes %6\nvariable 'p' %4: f32 ()\n"
      "%5: f32 (3,) = sgd_update %2 %0 %4\n%6: f32 (20000,) = sgd_update %3 %1 %4\nreturn\n");
}

TEST_CASE("an update in front of a reduction stands in the memory of its variable", "[compile]") {
  Context c(options_of());
  VariableRef w = VariableRef::make(data(c, {30, 5}, 1), "w");
  auto step = [&](Span<const Tensor> in, size_t) {
    w->assign(sub(w->read(), mul_scalar(in[0], 0.5)));
    return Values{sum(w->read(), {0})};
  };
  Function f(c, step, strict());
  const Tensor first = w->value();
  Tensor want = first;
  for (uint64_t i = 0; i < 4; i++) {
    Values in{data(c, {30, 5}, 10 + i)}, got(1);
    want = sub(want, mul_scalar(in[0], 0.5));
    f.call(in, got);
    CHECK(same_bits(w->value(), want));
    CHECK(same_bits(got[0], sum(want, {0})));
  }
  CHECK(has(f.text(), "in place 'w'"));
}

TEST_CASE("a step of an optimizer that is written in ops stands in the memory of what it changes",
          "[compile]") {
  Context c(options_of());
  VariableRef w = VariableRef::make(data(c, {400, 50}, 1), "w");
  std::unique_ptr<optim::Optimizer> nadam = optim::make_nadam(c, {});
  auto step = [&](Span<const Tensor> in, size_t) {
    Variable* all[] = {w.get()};
    nadam->apply({in[0]}, all);
    return Values{};
  };
  Function f(c, step, strict());
  for (uint64_t i = 0; i < 4; i++) {
    Values in{data(c, {400, 50}, 10 + i)}, got;
    f.call(in, got);
  }
  for (const char* changed : {"in place 'w'", "m'", "v'"}) CHECK(has(f.text(), changed));
  CHECK_FALSE(has(f.text(), " new\n"));
}

TEST_CASE("images stay bytes until one pass casts and scales them", "[compile]") {
  Context c(options_of());
  VariableRef w = VariableRef::make(data(c, {49, 16}, 1), "w");
  auto step = [&](Span<const Tensor> in, size_t) {
    return Values{matmul(mul_scalar(cast(in[0], DType::kF32), 1.0 / 255), w->read())};
  };
  Function f(c, step, strict());
  for (uint64_t i = 0; i < 4; i++) {
    Values in{cast(mul_scalar(abs(data(c, {64, 49}, i)), 60), DType::kU8)}, got(1), want = step(in, 1);
    f.call(in, got);
    CHECK(same_bits(want[0], got[0]));
  }
  CHECK(f.stats().cost.nodes == 2);
  CHECK(f.stats().arena_bytes <= 64 * 49 * sizeof(float) + 64);  // one batch of floats, and no second
  CHECK(has(f.text(), "{cast, mul_scalar}"));
}

TEST_CASE_METHOD(Fusing, "products that are summed take the sum in", "[compile]") {
  if (!kernels::ProductSum::possible(DType::kF32, {true, false, 70, 80, 32})) {
    WARN("products of this CPU are those of a library, which may add up in another order");
    return;
  }
  const std::string a = "input %0: f32 (32, 70)\ninput %1: f32 (32, 80)\n";
  const std::string first = "%2: f32 (70, 80) = matmul %0 %1 {transpose_a=true, transpose_b=false}\n";
  auto product = [](const char* id) {
    return std::string("%") + id + " = matmul %0 %1 {transpose_a=true, transpose_b=false}\n";
  };
  auto sums = [&](const std::string& nodes) { return after(compile::fuse_product_sums, a + nodes); };
  // In either order of the operands, and one after the other.
  const std::string two = a + first + "%3: f32 (70, 80) = product_sum %0 %1 %2 {matmul, add, transpose_a}\n";
  CHECK(sums(product("2") + product("3") + "%4 = add %2 %3\nreturn %4\n") == two + "return %3\n");
  CHECK(sums(product("2") + product("3") + "%4 = add %3 %2\nreturn %4\n") == two + "return %3\n");
  CHECK(
      sums(product("2") + product("3") + "%4 = add %2 %3\n" + product("5") + "%6 = add %4 %5\nreturn %6\n") ==
      two + "%4: f32 (70, 80) = product_sum %0 %1 %3 {matmul, add, transpose_a}\nreturn %4\n");
  CHECK(sums(product("2") + product("3") + product("4") + "%5 = add %2 %3\n%6 = add %4 %5\nreturn %6\n") ==
        two + "%4: f32 (70, 80) = product_sum %0 %1 %3 {matmul, add, transpose_a}\nreturn %4\n");
  // Not one that others take too, a sum of something else, a product by broadcasting, a small one, one with large operands.
  auto stay = [&](const std::string& text) {
    CHECK_FALSE(has(after(compile::fuse_product_sums, text), "product_sum"));
  };
  stay(a + product("2") + product("3") + "%4 = add %2 %3\nreturn %2 %3 %4\n");
  stay(a + product("2") + "%3 = add %2 %2\nreturn %3\n");
  stay(a + product("2") + "input %5: f32 (70, 80)\n%4 = add %2 %5\nreturn %4\n");
  stay("input %0: f32 (32, 7)\ninput %1: f32 (32, 8)\n" + product("2") + product("3") +
       "%4 = add %2 %3\nreturn %4\n");
  stay("input %0: f32 (600, 70)\ninput %1: f32 (600, 80)\n" + product("2") + product("3") +
       "%4 = add %2 %3\nreturn %4\n");
  stay("input %0: f32 (32, 4096)\ninput %1: f32 (32, 1)\n" + product("2") + product("3") +
       "%4 = add %2 %3\nreturn %4\n");
}

TEST_CASE_METHOD(Fusing, "the step of a large variable takes the products of its gradient in", "[compile]") {
  if (!kernels::ProductUpdate::possible(DType::kF32, {true, false, 200, 100, 32})) {
    WARN("products of this CPU are those of a library, which may add up in another order");
    return;
  }
  const std::string head =
      "input %0: f32 (32, 200)\ninput %1: f32 (32, 100)\nvariable 'w' %2: f32 (200, 100) becomes %5\n"
      "variable 'rate' %3: f32 ()\n";
  auto product = [](const char* id) {
    return std::string("%") + id + ": f32 (200, 100) = matmul %0 %1 {transpose_a=true, transpose_b=false}\n";
  };
  const std::string step = "%5: f32 (200, 100) = sgd_update %2 %4 %3\n";
  auto fused = [&](const std::string& text) { return after(compile::fuse_product_updates, text); };
  const std::string one =
      head.substr(0, head.find(" becomes")) + " becomes %4\nvariable 'rate' %3: f32 ()\n" +
      "%4: f32 (200, 100) = product_update %0 %1 %2 %3 {matmul, sgd_update, transpose_a}\nreturn\n";
  CHECK(fused(head + product("4") + step + "return\n") == one);
  // Several products, in the order in which they are added.
  const std::string sums =
      after(compile::fuse_product_sums, head + product("6") + product("7") + "%8 = add %6 %7\n" +
                                            product("9") + "%4 = add %8 %9\n" + step + "return\n");
  CHECK(has(sums, "product_sum"));
  // Not a gradient that somebody else takes, one of something else, that of a small variable, products of a variable.
  auto stays = [&](const std::string& text) { CHECK_FALSE(has(fused(text), "product_update")); };
  stays(head + product("4") + step + "return %4\n");
  stays(head + product("6") + "%4: f32 (200, 100) = neg %6\n" + step + "return\n");
  stays(
      "input %0: f32 (32, 20)\ninput %1: f32 (32, 10)\nvariable 'w' %2: f32 (20, 10) becomes %5\n"
      "variable 'rate' %3: f32 ()\n%4: f32 (20, 10) = matmul %0 %1 {transpose_a=true, transpose_b=false}\n"
      "%5: f32 (20, 10) = sgd_update %2 %4 %3\nreturn\n");
  stays(
      "input %1: f32 (32, 100)\nvariable 'u' %0: f32 (32, 200)\nvariable 'w' %2: f32 (200, 100) becomes %5\n"
      "variable 'rate' %3: f32 ()\n" +
      product("4") + step + "return\n");
}

TEST_CASE_METHOD(Fusing, "Adam's step takes a product of packed operands in", "[compile]") {
  if (!kernels::ProductUpdate::possible_beside(DType::kF32, OpId::kAdamUpdate,
                                               {true, false, 1000, 1100, 500})) {
    WARN("this CPU does no step beside sums");
    return;
  }
  const auto text = [](const std::string& gradient, const std::string& op) {
    return "input %0: f32 (500, 1000)\ninput %1: f32 (500, 1100)\nvariable 'w' %2: f32 (1000, 1100) becomes "
           "%9\n"
           "variable 'm' %3: f32 (1000, 1100) becomes %10\nvariable 'v' %4: f32 (1000, 1100) becomes %11\n"
           "variable 'rate' %5: f32 ()\n%8: f32 (1000, 1100) = matmul %0 %1 {transpose_a=true, "
           "transpose_b=false}\n" +
           gradient + op + "\nreturn\n";
  };
  const std::string adam =
      "%9: f32 (1000, 1100), %10: f32 (1000, 1100), %11: f32 (1000, 1100) = adam_update %2 %8 %3 %4 %5 %5 %5 "
      "{beta1=0.9, beta2=0.999}";
  CHECK(has(after(compile::fuse_product_updates, text("", adam)),
            "= product_update %0 %1 %2 %3 %4 %5 %5 %5 {matmul, adam_update, transpose_a}"));
  const std::string momentum =
      "%9: f32 (1000, 1100), %10: f32 (1000, 1100) = momentum_update %2 %8 %3 %5 {momentum=0.9, "
      "nesterov=false}\n"
      "%11: f32 (1000, 1100) = neg %4";
  CHECK_FALSE(has(after(compile::fuse_product_updates, text("", momentum)), "product_update"));
  const std::string another = "%7: f32 (1000, 1100) = matmul %0 %1 {transpose_a=true, transpose_b=false}\n";
  const std::string sum = "%12: f32 (1000, 1100) = add %8 %7\n";
  std::string of_sum = adam;
  of_sum.replace(of_sum.find("%2 %8"), 5, "%2 %12");
  CHECK_FALSE(has(after(compile::fuse_product_updates, text(another + sum, of_sum)), "product_update"));
}

TEST_CASE("a step that takes several products in has the bits of the ops", "[compile]") {
  auto run = [](Context& c, const compile::PlanOptions& plan, bool compiled) {
    VariableRef w = VariableRef::make(data(c, {200, 100}, 1), "w");
    auto step = [&](Span<const Tensor> in, size_t) {
      Tensor gradient = matmul(in[0], in[1], true, false);
      gradient = add(gradient, matmul(in[0], tanh(in[1]), true, false));
      gradient = add(matmul(tanh(in[0]), in[1], true, false), gradient);
      Tensor made[1];
      const Tensor rate = full(c, {}, 0.1, DType::kF32), old = w->read();
      const Tensor* operands[] = {&old, &gradient, &rate};
      apply(OpId::kSgdUpdate, c, Inputs(operands, 3), nullptr, made, 0);
      w->assign(made[0]);
      return Values{};
    };
    FunctionOptions options = strict();
    options.plan = plan;
    Function f(c, step, options);
    for (uint64_t i = 0; i < 4; i++) {
      Values in{data(c, {32, 200}, i), data(c, {32, 100}, 10 + i)}, got;
      if (compiled)
        f.call(in, got);
      else
        step(in, 0);
    }
    if (compiled) {
      const bool fused = plan.without_passes.empty() &&
                         kernels::ProductUpdate::possible(DType::kF32, {true, false, 200, 100, 32});
      CHECK(has(f.text(), "{matmul, matmul, matmul, sgd_update, transpose_a; transpose_a; transpose_a}") ==
            fused);
    }
    return w->value();
  };
  Context reference(options_of());
  const Tensor want = run(reference, {}, false);
  for (int threads : {1, 3}) {
    compile::PlanOptions all = strict().plan, without = all;
    without.without_passes = {"fuse_product_updates"};
    Context c(options_of(threads)), other(options_of(threads));
    CHECK(same_bits(run(c, all, true), want));
    CHECK(same_bits(run(other, without, true), want));
  }
}

TEST_CASE("a layer whose step is done beside its gradient's sums has the bits of eager steps", "[compile]") {
  // The middle one is that large; the gradient of what goes into it is taken with its weights of before the step.
  const auto run = [](Context& c, const compile::PlanOptions* plan) {
    const std::vector<VariableRef> w = {
        VariableRef::make(mul_scalar(data(c, {40, 224}, 1), 0.2), "u"),
        VariableRef::make(mul_scalar(data(c, {224, 2100}, 2), 0.1), "w"),
        VariableRef::make(mul_scalar(data(c, {2100, 10}, 3), 0.1), "v"),
    };
    const std::unique_ptr<optim::Optimizer> adam = optim::make_adam(c, {});
    const auto step = [&](Span<const Tensor> in, size_t) {
      Tape tape(c, {});
      Tensor x = in[0];
      for (const VariableRef& layer : w) x = tanh(matmul(x, layer->read()));
      const Tensor loss = mean(square(x));
      std::vector<Variable*> all;
      std::vector<GradientSource> sources;
      for (const VariableRef& layer : w) {
        all.push_back(layer.get());
        sources.push_back({Tensor(), layer.get()});
      }
      adam->apply(tape.gradient({loss}, sources), all);
      return Values{loss};
    };
    FunctionOptions options = strict();
    if (plan) options.plan = *plan;
    Function f(c, step, options);
    Values out;
    for (uint64_t i = 0; i < 4; i++) {
      Values in{data(c, {256, 40}, 20 + i)}, got(1);
      if (plan)
        f.call(in, got);
      else
        got = step(in, 0);
      out.push_back(got[0]);
    }
    if (plan) {
      const bool beside =
          plan->without_passes.empty() && kernels::ProductUpdate::possible_beside(
                                              DType::kF32, OpId::kAdamUpdate, {true, false, 224, 2100, 256});
      CHECK(has(f.text(), "{matmul, adam_update, transpose_a}") == beside);
    }
    for (const VariableRef& layer : w) out.push_back(layer->value());
    return out;
  };
  Context reference(options_of());
  const Values want = run(reference, nullptr);
  for (int threads : {1, 2, 4}) {
    compile::PlanOptions all = strict().plan, without = all;
    without.without_passes = {"fuse_product_updates"};
    for (const compile::PlanOptions& plan : {all, without}) {
      Context c(options_of(threads));
      const Values got = run(c, &plan);
      for (size_t i = 0; i < want.size(); i++) CHECK(same_bits(want[i], got[i]));
    }
  }
}

TEST_CASE("a network of some size has the bits of eager steps, on any number of threads", "[compile]") {
  Context reference(options_of());
  Network eager(reference);
  std::vector<Values> want;
  auto inputs = [](Context& c) {
    return Values{data(c, {600, 100}, 9), cast(mul_scalar(abs(data(c, {600}, 10)), 4), DType::kI32)};
  };
  for (int i = 0; i < 5; i++) want.push_back(eager.step(inputs(reference)));
  for (int threads : {1, 2, 4}) {
    Context c(options_of(threads));
    Network network(c);
    Function f(
        c, [&](Span<const Tensor> in, size_t) { return network.step(in); }, strict());
    for (int i = 0; i < 5; i++) {
      Values got(3);
      f.call(inputs(c), got);
      for (size_t k = 0; k < got.size(); k++) CHECK(same_bits(want[static_cast<size_t>(i)][k], got[k]));
    }
    CHECK(f.stats().replays == 4);
    CHECK(has(f.text(), "{add, tanh, dropout, draw=0}"));
    CHECK(has(f.text(), "flat_update"));
    CHECK(same_bits(network.w->value(), eager.w->value()));
    CHECK(same_bits(network.d->value(), eager.d->value()));
  }
}

}  // namespace tl::compile_test
