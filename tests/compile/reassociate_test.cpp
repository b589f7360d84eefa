// The passes that reassociate: on text, and by numbers. Random programs and a critic with a penalty on its slope stay within the
// bound that function.h tells, against f64, and have the same bits on any number of threads.
#include <cmath>

#include "tests/compile/compile_fixture.h"
#include "tests/graph/program_text.h"
#include "tests/ops/random_program.h"
#include "tests/rounds.h"

namespace tl::compile_test {
namespace {

using graph::Program;
using Run = void (*)(Program&, Context&);

struct Text {
  Context c{options_of()};
  std::string after(Run run, const std::string& text) {
    Program p = test::program_of(c, text);
    REQUIRE(graph::problem_of(p).empty());
    run(p, c);
    REQUIRE(graph::problem_of(p).empty());
    return graph::to_text(test::program_of(c, graph::to_text(p)));  // with numbers in the order of lines
  }
  void same(Run run, const std::string& text) { CHECK(after(run, text) == after(compile::drop_dead, text)); }
};

// Two matrices, a column, a matrix on the right, and gradients.
const std::string kInputs =
    "input %0: f32 (6, 40)\ninput %1: f32 (6, 40)\ninput %2: f32 (6, 1)\ninput %3: f32 (40, 8)\n";
const std::string kGradients = "input %4: f32 (6, 8)\ninput %5: f32 (6, 8)\ninput %6: f32 (6, 8)\n";

std::string product(const std::string& result, const std::string& operands, const char* transposed = "") {
  auto is = [&](char side) { return *transposed == side ? "true" : "false"; };
  return concat("%", result, " = matmul ", operands, " {transpose_a=", is('a'), ", transpose_b=", is('b'),
                "}\n");
}
// The bits of tensors, which live longer than their context.
std::vector<std::string> bits_of(const Values& values) {
  std::vector<std::string> out;
  for (const Tensor& t : values) out.emplace_back(reinterpret_cast<const char*>(t.raw()), t.bytes());
  return out;
}

std::string typed(std::string line, const char* type) {
  return line.insert(line.find(" ="), concat(": f32 ", type));
}

}  // namespace

TEST_CASE_METHOD(Text, "the product of a sum of scaled rows becomes the sum of the products", "[compile]") {
  const Run run = compile::reassociate_products;
  const std::string there = product("20", "%0 %3") + product("21", "%1 %3");
  const std::string kept =
      kInputs + typed(product("4", "%0 %3"), "(6, 8)") + typed(product("5", "%1 %3"), "(6, 8)");
  auto becomes = [&](const std::string& mixed, const std::string& sum) {
    INFO(mixed);
    const std::string text = kInputs + mixed + there + product("30", "%10 %3") + "return %20 %21 %30\n";
    CHECK(after(run, text) == kept + sum);
  };
  const std::string scaled = "%6: f32 (6, 8) = mul %4 %2\n";
  becomes("%8 = mul %0 %2\n%10 = add %8 %1\n", scaled + "%7: f32 (6, 8) = add %6 %5\nreturn %4 %5 %7\n");
  becomes("%8 = mul %2 %0\n%10 = sub %8 %1\n", scaled + "%7: f32 (6, 8) = sub %6 %5\nreturn %4 %5 %7\n");
  becomes("%8 = mul_scalar %0 {value=3}\n%9 = neg %1\n%10 = add %8 %9\n",
          "%6: f32 (6, 8) = mul_scalar %4 {value=3}\n%7: f32 (6, 8) = sub %6 %5\nreturn %4 %5 %7\n");
  CHECK(after(run, kInputs + "%8 = full {shape=[], value=3, dtype=f32}\n%9 = mul %8 %0\n%10 = sub %9 %1\n" +
                       there + product("30", "%10 %3") + "return %20 %21 %30\n") ==
        kInputs + "%4: f32 () = full {shape=[], value=3, dtype=f32}\n" +
            typed(product("5", "%0 %3"), "(6, 8)") + typed(product("6", "%1 %3"), "(6, 8)") +
            "%7: f32 (6, 8) = mul %5 %4\n%8: f32 (6, 8) = sub %7 %6\nreturn %5 %6 %8\n");
  // e a + (1 - e) b: expanded, and with a column of its own for 1 - e.
  becomes(
      "%7 = mul %0 %2\n%8 = mul %1 %2\n%9 = sub %7 %8\n%10 = add %9 %1\n",
      scaled +
          "%7: f32 (6, 1) = neg %2\n%8: f32 (6, 1) = add_scalar %7 {value=1}\n%9: f32 (6, 8) = mul %5 %8\n"
          "%10: f32 (6, 8) = add %6 %9\nreturn %4 %5 %10\n");
  CHECK(
      after(
          run,
          kInputs +
              "%6 = neg %2\n%7 = add_scalar %6 {value=1}\n%8 = mul %0 %2\n%9 = mul %1 %7\n%10 = add %8 %9\n" +
              there + product("30", "%10 %3") + "return %20 %21 %30\n") ==
      kInputs + "%4: f32 (6, 1) = neg %2\n%5: f32 (6, 1) = add_scalar %4 {value=1}\n" +
          typed(product("6", "%0 %3"), "(6, 8)") + typed(product("7", "%1 %3"), "(6, 8)") +
          "%8: f32 (6, 8) = mul %6 %2\n%9: f32 (6, 8) = mul %7 %5\n%10: f32 (6, 8) = add %8 %9\nreturn %6 %7 "
          "%10\n");
  // By way of the difference, and in front of the products that it is made of.
  const std::string by_difference =
      kInputs + "%7 = sub %0 %1\n%8 = mul %2 %7\n%10 = add %8 %1\n" + product("30", "%10 %3");
  const std::string expanded =
      kept + scaled +
      "%7: f32 (6, 1) = neg %2\n%8: f32 (6, 1) = add_scalar %7 {value=1}\n%9: f32 (6, 8) = mul %5 %8\n"
      "%10: f32 (6, 8) = add %6 %9\n";
  CHECK(after(run, by_difference + there + "return %20 %21 %30\n") == expanded + "return %4 %5 %10\n");
  // A product with the difference is the sum of those, too, and what follows takes it from them.
  CHECK(after(run,
              by_difference + there + product("31", "%7 %3") + "%32 = exp %31\nreturn %20 %21 %30 %32\n") ==
        expanded + "%11: f32 (6, 8) = sub %4 %5\n%12: f32 (6, 8) = exp %11\nreturn %4 %5 %10 %12\n");
  // One product that is another one's multiple; a transposed right operand.
  const std::string transposed = "input %0: f32 (6, 40)\ninput %1: f32 (8, 40)\n";
  CHECK(after(run, transposed + "%2 = mul_scalar %0 {value=2}\n" + product("3", "%0 %1", "b") +
                       product("4", "%2 %1", "b") + "return %3 %4\n") ==
        transposed + typed(product("2", "%0 %1", "b"), "(6, 8)") +
            "%3: f32 (6, 8) = mul_scalar %2 {value=2}\nreturn %2 %3\n");
}

TEST_CASE_METHOD(Text, "products of sums stay where that is not so or saves nothing", "[compile]") {
  const std::string there = product("20", "%0 %3") + product("21", "%1 %3"), both = "return %20 %21 %30\n";
  const std::string mixed = "%8 = mul %0 %2\n%10 = add %8 %1\n";
  auto stays = [&](const std::string& text) {
    INFO(text);
    same(compile::reassociate_products, text);
  };
  // The product with one of them is missing, or is one with another matrix, or with this one in another way.
  stays(kInputs + mixed + product("20", "%0 %3") + product("30", "%10 %3") + "return %20 %30\n");
  const std::string square =
      "input %0: f32 (6, 40)\ninput %1: f32 (6, 40)\ninput %2: f32 (6, 1)\ninput %3: f32 (40, 40)\n"
      "input %4: f32 (40, 40)\n";
  stays(square + mixed + product("20", "%0 %3") + product("21", "%1 %4") + product("30", "%10 %3") + both);
  stays(square + mixed + product("20", "%0 %3") + product("21", "%1 %3", "b") + product("30", "%10 %3") +
        both);
  // A number for each column; a matrix of numbers; sums of something else.
  const std::string columns =
      "input %0: f32 (6, 40)\ninput %1: f32 (6, 40)\ninput %2: f32 (1, 40)\ninput %3: f32 (40, 8)\n";
  stays(columns + mixed + there + product("30", "%10 %3") + both);
  stays(kInputs + "%10 = mul %0 %1\n" + there + product("30", "%10 %3") + both);
  stays(kInputs + "%10 = add %0 %2\n" + there + product("30", "%10 %3") + both);
  stays(kInputs + "%8 = add_scalar %0 {value=1}\n%10 = add %8 %1\n" + there + product("30", "%10 %3") + both);
  stays(kInputs + "%8 = exp %0\n%10 = add %8 %1\n" + there + product("30", "%10 %3") + both);
  // Terms that all cancel.
  stays(kInputs + "%10 = sub %0 %0\n" + there + product("30", "%10 %3") + both);
  // Sums of few terms: 2 x 12 operations for an element of a product, and of 3 for the sum.
  const std::string narrow =
      "input %0: f32 (6, 12)\ninput %1: f32 (6, 12)\ninput %2: f32 (6, 1)\ninput %3: f32 (12, 8)\n";
  stays(narrow + mixed + there + product("30", "%10 %3") + both);
  // A segment that is run again to save memory.
  stays(kInputs + "%8 = mul %0 %2 {again=1}\n%10 = add %8 %1\n" + there + product("30", "%10 %3") + both);
}

TEST_CASE_METHOD(Text, "a product with a sum of scaled rows goes into the others of its sum", "[compile]") {
  const Run run = compile::reassociate_product_sums;
  const std::string inputs = kInputs + kGradients, mixed = "%8 = mul %0 %2\n%10 = sub %8 %1\n";
  const std::string left = product("20", "%0 %4", "a"), right = product("21", "%1 %5", "a"),
                    middle = product("30", "%10 %6", "a");
  const std::string want = inputs + "%7: f32 (6, 8) = mul %6 %2\n%8: f32 (6, 8) = add %4 %7\n" +
                           typed(product("9", "%0 %8", "a"), "(40, 8)") + "%10: f32 (6, 8) = sub %5 %6\n" +
                           typed(product("11", "%1 %10", "a"), "(40, 8)") +
                           "%12: f32 (40, 8) = add %9 %11\nreturn %12\n";
  // In whatever order they are added up.
  CHECK(after(run, inputs + mixed + left + right + middle +
                       "%31 = add %20 %21\n%32 = add %31 %30\nreturn %32\n") == want);
  CHECK(after(run, inputs + mixed + middle + left + right +
                       "%31 = add %30 %20\n%32 = add %31 %21\nreturn %32\n") == want);
  CHECK(after(run, inputs + mixed + middle + left + right +
                       "%31 = add %30 %21\n%32 = add %20 %31\nreturn %32\n") == want);
  // Two products with one matrix; what is left of the sum is one product.
  CHECK(after(run, inputs + left + product("21", "%0 %5", "a") +
                       "%30 = add %20 %21\n%31 = exp %30\nreturn %31\n") ==
        inputs + "%7: f32 (6, 8) = add %4 %5\n" + typed(product("8", "%0 %7", "a"), "(40, 8)") +
            "%9: f32 (40, 8) = exp %8\nreturn %9\n");
  // The right operands.
  CHECK(after(run, inputs + mixed + product("20", "%4 %0", "a") + product("21", "%5 %1", "a") +
                       product("30", "%6 %10", "a") + "%31 = add %20 %21\n%32 = add %31 %30\nreturn %32\n") ==
        inputs + "%7: f32 (6, 8) = mul %6 %2\n%8: f32 (6, 8) = add %4 %7\n" +
            typed(product("9", "%8 %0", "a"), "(8, 40)") + "%10: f32 (6, 8) = sub %5 %6\n" +
            typed(product("11", "%10 %1", "a"), "(8, 40)") + "%12: f32 (8, 40) = add %9 %11\nreturn %12\n");
  // Beside something else that is added.
  CHECK(after(run, inputs + mixed + left + right + middle +
                       "%31 = add %20 %3\n%32 = add %31 %30\n%33 = add %32 %21\nreturn %33\n") ==
        inputs + "%7: f32 (6, 8) = mul %6 %2\n%8: f32 (6, 8) = add %4 %7\n" +
            typed(product("9", "%0 %8", "a"), "(40, 8)") + "%10: f32 (6, 8) = sub %5 %6\n" +
            typed(product("11", "%1 %10", "a"), "(40, 8)") +
            "%12: f32 (40, 8) = add %9 %3\n%13: f32 (40, 8) = add %12 %11\nreturn %13\n");
  // The operand of the last product is made of what comes late: the first product waits for it.
  CHECK(after(run, inputs + left + "%22 = exp %20\n" + product("23", "%3 %22", "a") +
                       "%24 = sum %23 {axes=[0], keepdims=true}\n%25 = mul %6 %24\n" +
                       product("26", "%1 %5", "a") + product("27", "%1 %25", "a") +
                       "%28 = add %26 %27\nreturn %28\n") ==
        inputs + typed(product("7", "%0 %4", "a"), "(40, 8)") + "%8: f32 (40, 8) = exp %7\n" +
            typed(product("9", "%3 %8", "a"), "(8, 8)") +
            "%10: f32 (1, 8) = sum %9 {axes=[0], keepdims=true}\n" +
            "%11: f32 (6, 8) = mul %6 %10\n%12: f32 (6, 8) = add %5 %11\n" +
            typed(product("13", "%1 %12", "a"), "(40, 8)") + "return %13\n");
}

TEST_CASE_METHOD(Text, "sums of products stay where that is not so or saves nothing", "[compile]") {
  const std::string inputs = kInputs + kGradients, mixed = "%8 = mul %0 %2\n%10 = sub %8 %1\n";
  const std::string left = product("20", "%0 %4", "a"), right = product("21", "%1 %5", "a"),
                    middle = product("30", "%10 %6", "a"), sum = "%31 = add %20 %21\n%32 = add %31 %30\n";
  auto stays = [&](const std::string& text) {
    INFO(text);
    same(compile::reassociate_product_sums, text);
  };
  stays(inputs + mixed + left + middle + "%31 = add %20 %30\nreturn %31\n");  // the other is missing
  stays(inputs + mixed + left + right + middle + sum + "return %32 %30\n");   // taken by somebody else
  stays(inputs + mixed + left + right + middle + sum + "return %32 %31\n");   // so is a part of the sum
  stays(inputs + mixed + left + product("21", "%1 %5", "a") + middle +
        "%31 = sub %20 %21\n%32 = add %31 %30\nreturn %32\n");
  stays(inputs + "%7 = sum %2 {axes=[0], keepdims=false}\n%8 = exp %0\n%10 = sub %8 %1\n" + left + right +
        middle + sum + "return %32 %7\n");
  // Products whose rows are those of the sum, which no factor of a row may cross.
  const std::string square =
      "input %0: f32 (40, 40)\ninput %1: f32 (40, 40)\ninput %2: f32 (40, 1)\ninput %3: f32 (40, 40)\n"
      "input %4: f32 (40, 40)\ninput %5: f32 (40, 40)\n";
  stays(square + mixed + product("20", "%0 %3") + product("21", "%1 %4") + product("30", "%10 %5") + sum +
        "return %32\n");
  const std::string columns =
      "input %0: f32 (6, 40)\ninput %1: f32 (6, 40)\ninput %2: f32 (1, 40)\ninput %3: f32 (40, 8)\n" +
      kGradients;
  stays(columns + mixed + left + right + middle + sum + "return %32\n");
  const std::string narrow =
      "input %0: f32 (6, 12)\ninput %1: f32 (6, 12)\ninput %2: f32 (6, 1)\ninput %3: f32 (12, 8)\n" +
      kGradients;
  stays(narrow + mixed + left + right + middle + sum + "return %32\n");
  stays(inputs + mixed + left + right +
        product("30", "%10 %6", "a").insert(product("30", "%10 %6", "a").size() - 2, ", again=1") + sum +
        "return %32\n");
}

namespace {

// Matrices made of others by what the passes look through, their products with one matrix, and a sum of products with some.
struct Combinations {
  struct Made {
    int op, of, with;  // of matrices in front of it
    int column;
    double number;
  };
  int64_t rows, inner, columns;
  size_t bases, made_count;
  std::vector<Made> made;
  std::vector<int> order;  // of the products
  std::vector<int> summed;
  bool transposed, right;

  explicit Combinations(uint64_t seed) {
    test::Draw draw(seed);
    auto below = [&](int n) { return static_cast<int>(draw.below(n)); };
    rows = 3 + below(8), inner = 40 + below(90), columns = 24 + below(40);
    bases = static_cast<size_t>(2 + below(2));
    made_count = static_cast<size_t>(1 + below(3));
    for (size_t i = 0; i < made_count; i++) {
      const int there = static_cast<int>(bases + i);
      made.push_back({below(6), below(there), below(there), below(2), 0.25 * (below(17) - 8)});
    }
    for (size_t i = 0; i < bases + made_count; i++)
      order.insert(order.begin() + below(static_cast<int>(i) + 1), static_cast<int>(i));
    summed = order;
    std::swap(summed[0], summed[static_cast<size_t>(below(static_cast<int>(summed.size())))]);
    transposed = below(2) == 1;
    right = below(2) == 1;
  }

  // Operations that a matrix takes of the bases, each as often as it counts.
  int operations(size_t matrix) const {
    if (matrix < bases) return 0;
    const Made& m = made[matrix - bases];
    return operations(static_cast<size_t>(m.of)) + (m.op < 3 ? operations(static_cast<size_t>(m.with)) : 0) +
           (m.op == 2 ? 4 : 1);
  }

  // inputs: bases, a gradient for each matrix, two columns, the matrix on the right. magnitudes: no term is taken off, so that
  // absolute values of inputs give what the terms have in all.
  Values run(Span<const Tensor> in, bool magnitudes) const {
    Values x(in.begin(), in.begin() + static_cast<int64_t>(bases));
    const Tensor *gradients = in.begin() + bases, *column = gradients + bases + made_count, &w = column[2];
    auto minus = [&](const Tensor& a, const Tensor& b) { return magnitudes ? add(a, b) : sub(a, b); };
    for (const Made& m : made) {
      const Tensor &a = x[static_cast<size_t>(m.of)], &b = x[static_cast<size_t>(m.with)],
                   &e = column[m.column];
      switch (m.op) {
        case 0: x.push_back(add(a, b)); break;
        case 1: x.push_back(minus(a, b)); break;
        case 2: {
          const Tensor rest = magnitudes ? add_scalar(e, 1) : add_scalar(neg(e), 1);
          x.push_back(add(mul(e, a), mul(b, rest)));
          break;
        }
        case 3: x.push_back(mul(a, e)); break;
        case 4: x.push_back(mul_scalar(a, magnitudes ? std::abs(m.number) : m.number)); break;
        default: x.push_back(magnitudes ? a : neg(a)); break;
      }
    }
    Values out(x.size());
    for (int i : order) out[static_cast<size_t>(i)] = matmul(x[static_cast<size_t>(i)], w, false, transposed);
    Tensor sum;
    for (int i : summed) {
      const Tensor &a = x[static_cast<size_t>(i)], &g = gradients[i];
      const Tensor one = right ? matmul(g, a, true, false) : matmul(a, g, true, false);
      sum = sum ? add(sum, one) : one;
    }
    out.push_back(sum);
    return out;
  }

  Values inputs(Context& c, uint64_t seed, DType dtype, bool magnitudes) const {
    std::vector<Shape> shapes(bases, Shape{rows, inner});
    shapes.insert(shapes.end(), bases + made_count, Shape{rows, columns});
    shapes.insert(shapes.end(), 2, Shape{rows, 1});
    shapes.push_back(transposed ? Shape{columns, inner} : Shape{inner, columns});
    Values out;
    for (const Shape& shape : shapes) {
      const Tensor t = cast(data(c, shape, seed++), dtype);
      out.push_back(magnitudes ? abs(t) : t);
    }
    return out;
  }

  // "" or what is out of the bound; how much work has gone.
  std::string check(uint64_t seed, double* saved) const {
    Context exact(options_of());
    const Values want = run(inputs(exact, seed, DType::kF64, false), false);
    const Values magnitude = run(inputs(exact, seed, DType::kF64, true), true);
    std::vector<std::string> first;
    for (int threads : {1, 2, 4}) {
      Context c(options_of(threads));
      FunctionOptions o = strict();
      double flops[2];
      Values got(want.size());
      for (bool allowed : {false, true}) {
        o.plan.allow_reassociation = allowed;
        Function f(
            c, [&](Span<const Tensor> in, size_t) { return run(in, false); }, o);
        for (int call = 0; call < 2; call++) f.call(inputs(c, seed, DType::kF32, false), got);
        flops[allowed] = f.stats().cost.flops;
      }
      *saved = 1 - flops[1] / flops[0];
      for (size_t i = 0; i < got.size(); i++) {
        int most = operations(i < order.size() ? i : 0);
        for (size_t k = 0; i == order.size() && k < order.size(); k++) most = std::max(most, operations(k));
        const bool is_sum = i == order.size();
        const double length = static_cast<double>(is_sum ? rows : inner) + 2 * most + 4 +
                              (is_sum ? static_cast<double>(summed.size()) : 0);
        for (int64_t e = 0; e < got[i].elements(); e++) {
          const double off = std::abs(got[i].data<float>()[e] - want[i].data<double>()[e]);
          if (!(off <= 1.0001 * length * 0x1p-24 * magnitude[i].data<double>()[e]))
            return concat("element ", e, " of result ", i, " is off by ", off, " of ",
                          magnitude[i].data<double>()[e]);
        }
      }
      if (first.empty()) first = bits_of(got);
      if (bits_of(got) != first) return concat("other bits on ", threads, " threads");
    }
    return "";
  }
};

}  // namespace

TEST_CASE("random sums of scaled rows stay within the bound of reassociation", "[compile]") {
  const uint64_t count = test::rounds(60);
  uint64_t cheaper = 0;
  for (uint64_t seed = 1; seed <= count; seed++) {
    const Combinations program(seed);
    double saved = 0;
    const std::string problem = program.check(1000 * seed, &saved);
    if (!problem.empty()) FAIL_CHECK("program " << seed << ": " << problem);
    CHECK(saved >= 0);
    cheaper += saved > 0.05;
  }
  CHECK(cheaper > count / 2);
}

namespace {

// A critic with a penalty on its slope between two batches, as WGAN-GP has, trained by SGD.
struct Critic {
  Critic(Context& context, DType dtype) : c(context), type(dtype) {
    uint64_t seed = 1;
    for (const Shape& shape : {Shape{96, 48}, Shape{48}, Shape{48, 1}, Shape{1}})
      weights.push_back(VariableRef::make(mul_scalar(cast(data(c, shape, seed++), type), 0.1), "weight"));
    optim::SgdOptions o;
    o.learning_rate = 0.05;
    sgd = optim::make_sgd(c, o);
  }
  Values inputs(uint64_t i) {
    return {cast(data(c, {64, 96}, 100 + i), type), cast(data(c, {64, 96}, 200 + i), type),
            cast(sigmoid(data(c, {64, 1}, 300 + i)), type)};
  }
  Tensor score(const Tensor& x) {
    const Tensor hidden = tanh(add(matmul(x, weights[0]->read()), weights[1]->read()));
    return add(matmul(hidden, weights[2]->read()), weights[3]->read());
  }
  Values step(Span<const Tensor> in) {
    Tape outer(c, {});
    Tensor mixed = add(in[1], mul(in[2], sub(in[0], in[1])));
    TapeOptions o;
    o.watch_variables = false;
    Tape inner(c, o);
    inner.watch(mixed);
    const Tensor of_mixed = score(mixed);
    GradientSource at[] = {{mixed, nullptr}};
    const Tensor slopes = inner.gradient({of_mixed}, at)[0];
    const Tensor far = square(add_scalar(sqrt(sum(square(slopes), {1})), -1));
    const Tensor loss = add(sub(mean(score(in[1])), mean(score(in[0]))), mul_scalar(mean(far), 10));
    std::vector<GradientSource> sources;
    std::vector<Variable*> all;
    for (const VariableRef& w : weights) {
      sources.push_back({Tensor(), w.get()});
      all.push_back(w.get());
    }
    sgd->apply(outer.gradient({loss}, sources), all);
    return {loss};
  }
  Context& c;
  DType type;
  std::vector<VariableRef> weights;
  std::unique_ptr<optim::Optimizer> sgd;
};

}  // namespace

TEST_CASE("a critic with a penalty trains as in f64 when sums are reassociated", "[compile]") {
  Context exact_context(options_of());
  Critic exact(exact_context, DType::kF64);
  std::vector<double> losses;
  for (uint64_t i = 0; i < 8; i++) losses.push_back(exact.step(exact.inputs(i))[0].data<double>()[0]);
  std::vector<std::string> first;
  for (int threads : {1, 2, 4}) {
    std::string text[2];
    for (bool allowed : {false, true}) {
      Context c(options_of(threads));
      Critic critic(c, DType::kF32);
      FunctionOptions o = strict();
      o.plan.allow_reassociation = allowed;
      Function f(
          c, [&](Span<const Tensor> in, size_t) { return critic.step(in); }, o);
      for (uint64_t i = 0; i < 8; i++) {
        Values got(1);
        f.call(critic.inputs(i), got);
        CHECK(std::abs(got[0].data<float>()[0] - losses[i]) <= 1e-5 * std::abs(losses[i]));
      }
      text[allowed] = f.text();
      if (!allowed) continue;
      Values all;
      for (const VariableRef& w : critic.weights) all.push_back(w->value());
      if (first.empty()) first = bits_of(all);
      CHECK(bits_of(all) == first);
    }
    // Of nine products with the large matrix two have gone.
    auto products = [](const std::string& plan) {
      size_t count = 0;
      for (size_t at = 0; (at = plan.find("matmul", at)) != std::string::npos; at++) count++;
      return count;
    };
    CHECK(products(text[0]) - products(text[1]) == 2);
  }
}

}  // namespace tl::compile_test
