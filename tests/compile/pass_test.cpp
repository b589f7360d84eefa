// Each pass, alone, on text: what goes in and what comes out. What is not named in a case stays as it is.
#include <catch2/catch.hpp>

#include "core/base/error.h"
#include "core/compile/pass.h"
#include "core/kernels/gemm/backend_choice.h"
#include "tests/graph/program_text.h"

namespace tl::compile_test {

using namespace graph;
using test::program_of;

namespace {

struct Passes {
  Context c{ContextOptions{1, 1, 0, nullptr, nullptr}};
  using Run = void (*)(Program&, Context&);

  // The program after a pass and without what is dead after it.
  std::string after(Run pass, const std::string& text) {
    Program p = program_of(c, text);
    REQUIRE(problem_of(p).empty());
    pass(p, c);
    REQUIRE(problem_of(p).empty());
    if (pass != compile::schedule) compile::drop_dead(p, c);
    REQUIRE(problem_of(p).empty());
    return to_text(p);
  }
  void same(Run pass, const std::string& text) { CHECK(after(pass, text) == text); }
};

}  // namespace

TEST_CASE_METHOD(Passes, "canonicalise takes operands for results that are the same", "[compile]") {
  const std::string x = "input %0: f32 (2, 3)\n";
  const std::string only_x = x + "return %0\n";
  auto gone = [&](const std::string& nodes, const std::string& result) {
    INFO(nodes);
    CHECK(after(compile::canonicalise, x + nodes + "return " + result + "\n") == only_x);
  };
  gone("%1 = identity %0\n", "%1");
  gone("%1 = stop_gradient %0\n%2 = identity %1\n", "%2");
  gone("%1 = reshape %0 {shape=[2, 3]}\n", "%1");
  gone("%1 = reshape %0 {shape=[6]}\n%2 = reshape %1 {shape=[2, 3]}\n", "%2");
  gone("%1 = broadcast_to %0 {shape=[2, 3]}\n", "%1");
  gone("%1 = cast %0 {dtype=f32}\n", "%1");
  gone("%1 = slice %0 {begin=[0, 0], end=[2, 3], strides=[]}\n", "%1");
  gone("%1 = transpose %0 {permutation=[]}\n%2 = transpose %1 {permutation=[1, 0]}\n", "%2");
  gone("%1 = neg %0\n%2 = neg %1\n", "%2");
  gone("%1 = mul_scalar %0 {value=1}\n", "%1");
  CHECK(after(compile::canonicalise,
              x + "%1 = reshape %0 {shape=[3, 2]}\n%2 = reshape %1 {shape=[6]}\nreturn %2\n") ==
        x + "%1: f32 (6,) = reshape %0 {shape=[6]}\nreturn %1\n");
  CHECK(after(compile::canonicalise,
              "input %0: f32 (2, 3, 4)\n%1 = transpose %0 {permutation=[1, 2, 0]}\n%2 = transpose %1 "
              "{permutation=[0, 2, 1]}\n"
              "return %2\n") ==
        "input %0: f32 (2, 3, 4)\n%1: f32 (3, 2, 4) = transpose %0 {permutation=[1, 0, 2]}\nreturn %1\n");
  // 0 is added to zeros of either sign; only integers have one.
  same(compile::canonicalise, x + "%1: f32 (2, 3) = add_scalar %0 {value=0}\nreturn %1\n");
  CHECK(after(compile::canonicalise, "input %0: i32 (2,)\n%1 = add_scalar %0 {value=0}\nreturn %1\n") ==
        "input %0: i32 (2,)\nreturn %0\n");
  same(compile::canonicalise,
       x + "%1: f32 (2, 1) = slice %0 {begin=[0, 0], end=[2, 1], strides=[]}\nreturn %1\n");
  same(compile::canonicalise, x + "%1: f64 (2, 3) = cast %0 {dtype=f64}\nreturn %1\n");
  // The check of a range stays for its error.
  CHECK(
      after(compile::canonicalise,
            x + "%1 = check_range %0 {low=0, high=1, nan=false}\n%2 = exp %1\nreturn %2\n") ==
      x + "%1: f32 (2, 3) = check_range %0 {low=0, high=1, nan=false}\n%2: f32 (2, 3) = exp %0\nreturn %2\n");
}

TEST_CASE_METHOD(Passes, "element-wise ops broadcast by themselves", "[compile]") {
  const std::string inputs = "input %0: f32 (2, 3)\ninput %1: f32 (3,)\n";
  CHECK(after(compile::absorb_broadcasts,
              inputs + "%2 = broadcast_to %1 {shape=[2, 3]}\n%3 = mul %0 %2\nreturn %3\n") ==
        inputs + "%2: f32 (2, 3) = mul %0 %1\nreturn %2\n");
  same(compile::absorb_broadcasts,
       inputs + "%2: f32 (2, 3) = broadcast_to %1 {shape=[2, 3]}\n%3: f32 (2, 3) = mul %2 %1\nreturn %3\n");
  same(compile::absorb_broadcasts,
       inputs + "%2: f32 (2, 3) = broadcast_to %1 {shape=[2, 3]}\n%3: f32 (2, 3) = exp %2\nreturn %3\n");
}

TEST_CASE_METHOD(Passes, "products of matrices take one matrix for copies of it", "[compile]") {
  if (kernels::gemm_cpu() == kernels::GemmCpu::portable) {
    WARN("skipped: the portable kernels do not give each row the same bits in a larger product");
    return;
  }
  const std::string inputs = "input %0: f32 (4, 10, 40)\ninput %1: f32 (40, 40)\n";
  const std::string copies = "%2: f32 (4, 40, 40) = broadcast_to %1 {shape=[4, 40, 40]}\n";
  auto product = [](const char* operands, const char* how) {
    return concat("matmul ", operands, " {", how, "}\nreturn %");
  };
  const char* plain = "transpose_a=false, transpose_b=false";
  const char* right = "transpose_a=false, transpose_b=true";
  const char* left = "transpose_a=true, transpose_b=false";
  for (const char* how : {plain, right})
    CHECK(after(compile::absorb_broadcasts, inputs + copies + "%3 = " + product("%0 %2", how) + "3\n") ==
          inputs + "%2: f32 (4, 10, 40) = " + product("%0 %1", how) + "2\n");
  CHECK(after(compile::absorb_broadcasts, "input %0: f32 (4, 40, 7)\ninput %1: f32 (40, 40)\n" + copies +
                                              "%3 = " + product("%2 %0", left) + "3\n") ==
        "input %0: f32 (4, 40, 7)\ninput %1: f32 (40, 40)\n%2: f32 (4, 40, 7) = " + product("%1 %0", left) +
            "2\n");
  // Copies on both sides; the last is needed for the shape.
  CHECK(after(compile::absorb_broadcasts,
              "input %0: f32 (3, 40)\ninput %1: f32 (40, 40)\n" + copies +
                  "%3 = broadcast_to %0 {shape=[4, 3, 40]}\n%4 = " + product("%3 %2", plain) + "4\n") ==
        "input %0: f32 (3, 40)\ninput %1: f32 (40, 40)\n%2: f32 (4, 40, 40) = broadcast_to %1 {shape=[4, 40, "
        "40]}\n%3: f32 (4, 3, 40) = " +
            product("%0 %2", plain) + "3\n");
  // Rows of one matrix by itself are summed in another way than those of many.
  same(compile::absorb_broadcasts, "input %0: f32 (4, 1, 40)\ninput %1: f32 (40, 40)\n" + copies +
                                       "%3: f32 (4, 1, 40) = " + product("%0 %2", plain) + "3\n");
}

TEST_CASE_METHOD(Passes, "what is computed of constants is computed once", "[compile]") {
  const std::string x = "input %0: f32 (2, 3)\n";
  CHECK(after(compile::fold_constants,
              x + "%1 = full {shape=[3], value=2, dtype=f32}\n%2 = exp %1\n%3 = mul %0 %2\nreturn %3\n") ==
        x + "constant %1: f32 (3,)\n%2: f32 (2, 3) = mul %0 %1\nreturn %2\n");
  CHECK(after(compile::fold_constants,
              x + "constant %1: f32 (3,) of the host\n%2 = neg %1\n%3 = mul %0 %2\nreturn %3\n") ==
        x + "constant %1: f32 (3,) of the host\n%2: f32 (2, 3) = mul %0 %1\nreturn %2\n");
  same(compile::fold_constants,
       "%0: f32 (100, 1000) = full {shape=[100, 1000], value=2, dtype=f32}\nreturn %0\n");
  same(compile::fold_constants,
       "%0: f32 (3,) = uniform {shape=[3], low=0, high=1, dtype=f32, draw=0}\nreturn %0\n");
}

TEST_CASE_METHOD(Passes, "constants of one number are that number where it is broadcast", "[compile]") {
  const std::string x = "input %0: f32 (2, 3)\n";
  // Those of the text are filled with ones.
  CHECK(after(compile::shrink_constants,
              x + "constant %1: f32 (2, 1)\n%2 = mul %0 %1\n%3 = add %1 %2\nreturn %3\n") ==
        x + "constant %3: f32 ()\n%1: f32 (2, 3) = mul %0 %3\n%2: f32 (2, 3) = add %3 %1\nreturn %2\n");
  // Where the op needs its shape, takes no broadcast, or is given out.
  same(compile::shrink_constants,
       "input %0: f32 (3,)\nconstant %1: f32 (2, 1)\n%2: f32 (2, 3) = mul %0 %1\nreturn %2\n");
  same(compile::shrink_constants,
       x + "constant %1: f32 (2, 3)\n%2: f32 (2, 3) = relu_grad %0 %1\nreturn %1 %2\n");
  Program p = program_of(c, x + "constant %1: f32 (2, 3)\n%2: f32 (2, 3) = mul %0 %1\nreturn %2\n");
  p.constants[0].tensor.mutable_data<float>()[4] = -1;
  const std::string before = to_text(p);
  compile::shrink_constants(p, c);
  CHECK(to_text(p) == before);
}

TEST_CASE_METHOD(Passes, "what is computed twice is computed once", "[compile]") {
  const std::string x = "input %0: f32 (2, 3)\n";
  CHECK(after(compile::merge_common, x + "%1 = exp %0\n%2 = exp %0\n%3 = sum %1 {axes=[0], "
                                         "keepdims=false}\n%4 = sum %2 {axes=[0], keepdims=false}\n"
                                         "%5 = add %3 %4\nreturn %5\n") ==
        x + "%1: f32 (2, 3) = exp %0\n%2: f32 (3,) = sum %1 {axes=[0], keepdims=false}\n%3: f32 (3,) = add "
            "%2 %2\nreturn %3\n");
  same(compile::merge_common, x + "%1: f32 (3,) = sum %0 {axes=[0], keepdims=false}\n"
                                  "%2: f32 (2,) = sum %0 {axes=[1], keepdims=false}\nreturn %1 %2\n");
  // Two draws are two, and so are a recomputed segment and its first run.
  same(compile::merge_common, x + "%1: f32 (2, 3) = dropout %0 {rate=0.5, draw=0}\n"
                                  "%2: f32 (2, 3) = dropout %0 {rate=0.5, draw=1}\nreturn %1 %2\n");
  same(compile::merge_common,
       x + "%1: f32 (2, 3) = exp %0\n%2: f32 (2, 3) = exp %0 {again=1}\nreturn %1 %2\n");
}

TEST_CASE_METHOD(Passes, "what nobody takes goes, but checks stay", "[compile]") {
  CHECK(
      after(
          compile::drop_dead,
          "input %0: f32 (2, 3)\ninput %1: i32 (2,)\nvariable 'w' %2: f32 (3,)\n%3 = exp %0\n%4 = mul %3 %2\n"
          "%5 = sparse_softmax_cross_entropy %1 %3\nreturn %0\n") ==
      "input %0: f32 (2, 3)\ninput %1: i32 (2,)\n%2: f32 (2, 3) = exp %0\n"
      "%3: f32 (2,) = sparse_softmax_cross_entropy %1 %2\nreturn %0\n");
}

TEST_CASE_METHOD(Passes, "updates come behind all that can fail, and no later than they must", "[compile]") {
  const std::string head =
      "input %0: f32 (3,)\ninput %1: i32 (2,)\ninput %2: f32 (2, 3)\nvariable 'w' %3: f32 (3,) becomes %5\n"
      "variable 'rate' %4: f32 ()\n";
  const std::string update = "%5: f32 (3,) = sgd_update %3 %0 %4\n";
  const std::string check = "%6: f32 (2,) = sparse_softmax_cross_entropy %1 %2\n";
  const std::string product = "%7: f32 (3,) = mul %3 %0\n", other = "%8: f32 (3,) = exp %0\n";
  const std::string result = "return %6 %7 %8\n";
  CHECK(after(compile::schedule, head + update + check + product + other + result) ==
        head + "%6: f32 (2,) = sparse_softmax_cross_entropy %1 %2\n%7: f32 (3,) = mul %3 %0\n" + update +
            "%8: f32 (3,) = exp %0\n" + result);
  // What takes the new value follows it; when that can fail, the update stays in front.
  const std::string head2 =
      "input %0: f32 (3,)\nvariable 'w' %1: f32 (3,) becomes %3\nvariable 'rate' %2: f32 ()\n";
  const std::string checked =
      head2 +
      "%3: f32 (3,) = sgd_update %1 %0 %2\n"
      "%4: f32 (3,) = check_range %3 {low=0, high=1, nan=false}\n%5: f32 (3,) = exp %0\nreturn %5\n";
  CHECK(after(compile::schedule, checked) == checked);
}

TEST_CASE_METHOD(Passes, "a broken program is found between passes", "[compile]") {
  Program p = program_of(c, "input %0: f32 (2, 3)\n%1 = exp %0\nreturn %1\n");
  p.outputs[0] = 9;
  CHECK_THROWS_WITH(compile::run_passes(p, c, {}, true, false),
                    Catch::Contains("after 'recording' a program is broken: return takes %9"));
}

}  // namespace tl::compile_test
