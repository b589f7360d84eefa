// Fused programs against the same ops one by one: the same bits, for random chains over all kinds of operands, sizes
// around those of tiles and chunks, every instruction set and several numbers of threads.
#include <catch2/catch.hpp>
#include <cstring>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "core/kernels/tile/program.h"
#include "core/ops/apply.h"
#include "core/ops/generated/attrs.h"
#include "core/ops/generated/functions.h"
#include "tests/kernels/vector_tables.h"
#include "tests/rounds.h"

namespace tl::test {
namespace {

using kernels::DropoutDraw;
using kernels::TileDescription;
using kernels::TileInstruction;
using kernels::TileProgram;

// A description beside the tensors that the same ops give one by one.
class Chain {
 public:
  explicit Chain(Context& context) : context_(context) {}

  int input(const Tensor& t) {
    TL_INVARIANT(description_.instructions.empty());
    description_.inputs.push_back({t.dtype(), t.shape()});
    values_.push_back(t);
    return static_cast<int>(values_.size()) - 1;
  }

  template <class Attrs>
  int add(OpId op, std::array<int, 3> operands, const Attrs& attrs) {
    auto kept = std::make_shared<Attrs>(attrs);
    attrs_.push_back(kept);
    return add_with(op, operands, kept.get());
  }
  // An op whose operands and result have another shape in the program: `result` is what the op gave, in that shape.
  template <class Attrs>
  int add_as(OpId op, std::array<int, 3> operands, const Attrs& attrs, const Tensor& result) {
    auto kept = std::make_shared<Attrs>(attrs);
    attrs_.push_back(kept);
    description_.instructions.push_back({op, operands, kept.get()});
    values_.push_back(result);
    return static_cast<int>(values_.size()) - 1;
  }
  int add(OpId op, int a, int b = -1, int c = -1) { return add_with(op, {a, b, c}, nullptr); }
  int dropout(int x, double rate) {
    draws_.push_back({99, 7 + draws_.size()});
    return add(OpId::kDropout, {x, -1, -1}, DropoutAttrs{rate, draws_.back().seed, draws_.back().call});
  }
  int reduce(OpId op, int x, const IntList& axes) {  // the four structs have the same members
    return add(op, {x, -1, -1}, SumAttrs{axes, true});
  }
  // replaced: the input whose memory it should be able to take.
  void output(int value, int replaced = -1) {
    description_.outputs.push_back(value);
    description_.replaces.push_back(replaced);
  }

  const Tensor& value(int v) const { return values_[static_cast<size_t>(v)]; }
  size_t values() const { return values_.size(); }
  const TileDescription& description() const { return description_; }

  std::vector<Tensor> run(const TileProgram& program, ThreadPool& pool, bool share = false) const {
    std::vector<Tensor> inputs(values_.begin(),
                               values_.begin() + static_cast<std::ptrdiff_t>(description_.inputs.size()));
    std::vector<const void*> in;
    std::vector<void*> out;
    std::vector<Tensor> results;
    std::vector<bool> given(inputs.size(), false);
    if (share)
      for (Tensor& t : inputs) {
        Tensor copy = context_.allocate(t.dtype(), t.shape());
        if (t.bytes()) std::memcpy(copy.mutable_raw(), t.raw(), t.bytes());
        t = copy;
      }
    for (size_t o = 0; o < description_.outputs.size(); o++) {
      const OutputSpec& spec = program.output(o);
      Tensor result;
      for (size_t i = 0; share && i < inputs.size() && !result; i++)
        if (!given[i] && program.may_share(o, i) &&
            inputs[i].bytes() == value(description_.outputs[o]).bytes()) {
          result = inputs[i];
          given[i] = true;
        }
      if (!result) result = context_.allocate(spec.dtype, spec.shape);
      results.push_back(result);
      out.push_back(results.back().mutable_raw());
    }
    for (const Tensor& t : inputs) in.push_back(t.raw());
    program.run(pool, in.data(), out.data(), draws_.data());
    return results;
  }

  // The results are those of the ops, with every number of threads, also over the inputs.
  void check(const std::string& what = "") const {
    const TileProgram program(description_);
    INFO(what << "\n" << program.text());
    for (int threads : {1, 2, 4}) {
      ThreadPool pool(threads);
      compare(program, run(program, pool), threads);
    }
    ThreadPool pool(2);
    compare(program, run(program, pool, /*share=*/true), 0);
  }

 private:
  int add_with(OpId op, std::array<int, 3> operands, const void* attrs) {
    std::vector<const Tensor*> in;
    for (int o : operands)
      if (o >= 0) in.push_back(&values_[static_cast<size_t>(o)]);
    Tensor out;
    apply(op, context_, Inputs(in.data(), in.size()), attrs, &out, 0);
    description_.instructions.push_back({op, operands, attrs});
    values_.push_back(out);
    return static_cast<int>(values_.size()) - 1;
  }

  void compare(const TileProgram& program, const std::vector<Tensor>& results, int threads) const {
    for (size_t o = 0; o < results.size(); o++) {
      const Tensor& want = value(description_.outputs[o]);
      const OutputSpec& spec = program.output(o);
      REQUIRE(spec.dtype == want.dtype());
      REQUIRE(spec.shape == want.shape());
      INFO("output " << o << ", threads " << threads << ", shape " << text(want.shape()));
      const bool same = want.bytes() == 0 || std::memcmp(results[o].raw(), want.raw(), want.bytes()) == 0;
      REQUIRE(same);
    }
  }

  Context& context_;
  TileDescription description_;
  std::vector<Tensor> values_;
  std::vector<std::shared_ptr<void>> attrs_;
  std::vector<DropoutDraw> draws_;
};

ContextOptions options() {
  ContextOptions o;
  o.seed = 3;
  o.threads = 2;
  return o;
}

const std::vector<OpId> kUnary = {
    OpId::kNeg,     OpId::kAbs,      OpId::kSign, OpId::kSquare, OpId::kSqrt, OpId::kRsqrt, OpId::kReciprocal,
    OpId::kFloor,   OpId::kRelu,     OpId::kExp,  OpId::kExpm1,  OpId::kLog,  OpId::kLog1p, OpId::kTanh,
    OpId::kSigmoid, OpId::kSoftplus, OpId::kSin,  OpId::kCos,    OpId::kErf,  OpId::kErfc};
const std::vector<OpId> kBinary = {OpId::kAdd,     OpId::kSub,           OpId::kMul,
                                   OpId::kDiv,     OpId::kPow,           OpId::kMaximum,
                                   OpId::kMinimum, OpId::kStrongZeroMul, OpId::kStrongZeroDiv};
const std::vector<OpId> kPairs = {OpId::kReluGrad, OpId::kTanhGrad, OpId::kSigmoidGrad};
const std::vector<OpId> kCompare = {OpId::kEqual,     OpId::kNotEqual, OpId::kLess,
                                    OpId::kLessEqual, OpId::kGreater,  OpId::kGreaterEqual};
const std::vector<OpId> kReductions = {OpId::kSum, OpId::kProd, OpId::kMax, OpId::kMin};

Tensor drawn(Context& c, const Shape& shape, DType dtype) { return uniform(c, shape, -2, 2, dtype); }

}  // namespace

TEST_CASE("each op as a program of its own", "[kernels][tile][numbers]") {
  Context c(options());
  for (DType dtype : {DType::kF32, DType::kF64}) {
    for (int64_t n : {1, 2, 15, 1023, 1024, 1025, 4097, 9000}) {
      const Tensor x = drawn(c, {n}, dtype), y = drawn(c, {n}, dtype);
      for (const auto* ops : {&kUnary, &kBinary, &kPairs, &kCompare})
        for (OpId op : *ops) {
          Chain chain(c);
          const int a = chain.input(x), b = ops == &kUnary ? -1 : chain.input(y);
          chain.output(chain.add(op, a, b));
          chain.check(schema_of(op).name);
        }
      Chain numbers(c);
      const int a = numbers.input(x);
      numbers.output(numbers.add(OpId::kAddScalar, {a, -1, -1}, AddScalarAttrs{0.3}));
      numbers.output(numbers.add(OpId::kMulScalar, {a, -1, -1}, MulScalarAttrs{-1.7}));
      numbers.output(numbers.add(OpId::kClip, {a, -1, -1}, ClipAttrs{-0.5, 1.25}));
      numbers.output(numbers.dropout(a, 0.3));
      numbers.output(numbers.dropout(a, 0.5));
      numbers.check("with numbers");
    }
  }
}

TEST_CASE("masks, selections and conversions in a program", "[kernels][tile]") {
  Context c(options());
  const std::vector<DType> all = {DType::kF32, DType::kF64, DType::kI32,
                                  DType::kI64, DType::kU8,  DType::kBool};
  for (int64_t n : {1, 1025}) {
    for (DType from : all) {
      const Tensor x = cast(mul_scalar(drawn(c, {n}, DType::kF64), 3), from),
                   y = cast(mul_scalar(drawn(c, {n}, DType::kF64), 3), from);
      Chain chain(c);
      const int a = chain.input(x), b = chain.input(y);
      std::vector<int> masks;
      for (OpId op : kCompare)
        if (from != DType::kBool || op == OpId::kEqual || op == OpId::kNotEqual)
          masks.push_back(chain.add(op, a, b));
      for (int m : masks) chain.output(m);
      const int both = chain.add(OpId::kLogicalAnd, masks[0], masks[1]);
      const int any = chain.add(OpId::kLogicalOr, masks[0], both);
      const int none = chain.add(OpId::kLogicalNot, any);
      chain.output(none);
      chain.output(chain.add(OpId::kSelect, none, a, b));
      for (DType to : all) chain.output(chain.add(OpId::kCast, {a, -1, -1}, CastAttrs{to}));
      chain.check(name_of(from));
    }
  }
}

TEST_CASE("operands of every kind in a program", "[kernels][tile][numbers]") {
  Context c(options());
  struct Operands {
    Shape a, b, c;
  };
  const std::vector<Operands> all = {{{32, 128}, {128}, {32, 1}},
                                     {{5, 3}, {1, 3}, {}},
                                     {{1, 1}, {}, {1}},
                                     {{7, 1100}, {1100}, {7, 1}},
                                     {{3, 5000}, {3, 1}, {}},
                                     {{2000, 3}, {3}, {2000, 1}},
                                     {{33, 1}, {1, 65}, {33, 65}},
                                     {{4, 7, 110}, {7, 1}, {}},
                                     {{4, 7, 110}, {4, 1, 110}, {110}},
                                     {{6, 5, 4}, {6, 1, 1}, {5, 4}},
                                     {{2, 3, 4, 5}, {3, 1, 5}, {2, 1, 4, 1}},
                                     {{1, 2048}, {1, 1}, {2048}},
                                     {{400, 401}, {401}, {400, 1}}};
  for (DType dtype : {DType::kF32, DType::kF64}) {
    for (const Operands& o : all) {
      const Tensor x = drawn(c, o.a, dtype), y = drawn(c, o.b, dtype), z = drawn(c, o.c, dtype);
      for (OpId op : kBinary) {
        Chain chain(c);
        const int a = chain.input(x), b = chain.input(y), d = chain.input(z);
        const int left = chain.add(op, a, b), right = chain.add(op, d, left);
        const int back = chain.add(op, right, b);
        chain.output(chain.add(OpId::kSub, back, d));
        chain.output(chain.add(OpId::kTanhGrad, back, right));
        chain.check(schema_of(op).name);
      }
      for (OpId op : kCompare) {
        Chain chain(c);
        const int a = chain.input(x), b = chain.input(y), d = chain.input(z);
        const int m = chain.add(op, a, b), k = chain.add(op, d, b);
        chain.output(chain.add(OpId::kSelect, m, d, a));
        chain.output(chain.add(OpId::kSelect, k, a, b));
        chain.output(chain.add(OpId::kSelect, m, b, d));
        chain.check(schema_of(op).name);
      }
    }
  }
}

static void check_reductions(const std::vector<Shape>& shapes) {
  Context c(options());
  for (DType dtype : {DType::kF32, DType::kF64}) {
    for (const Shape& shape : shapes) {
      const Tensor x = drawn(c, shape, dtype), bias = drawn(c, {shape[1]}, dtype);
      for (OpId op : kReductions) {
        for (const IntList& axes : {IntList{}, IntList{0}, IntList{1}}) {
          if (axes == IntList{1} && shape[1] > 4096) continue;
          for (bool keep : {false, true}) {
            Chain chain(c);
            const int a = chain.input(x), b = chain.input(bias);
            const int y = chain.add(OpId::kAdd, a, b);
            if (keep) chain.output(y);
            chain.output(chain.reduce(op, y, axes));
            chain.check(concat(schema_of(op).name, " over ", axes));
          }
          Chain alone(c);
          alone.output(alone.reduce(op, alone.input(x), axes));
          alone.check(concat(schema_of(op).name, " alone over ", axes));
        }
      }
    }
  }
}

TEST_CASE("reductions in a program", "[kernels][tile]") {
  check_reductions({{1, 1},
                    {1, 5},
                    {5, 1},
                    {32, 10},
                    {63, 7},
                    {64, 32},
                    {65, 33},
                    {257, 40},
                    {1000, 10},
                    {12, 1024},
                    {9, 1025},
                    {5, 4097},
                    {1, 9000},
                    {9000, 1},
                    {70001, 2}});
}

TEST_CASE("reductions of large operands in a program", "[kernels][tile][long]") {
  check_reductions({{600, 128}, {30000, 3}, {300, 401}, {66000, 33}, {2, 70000}});
}

TEST_CASE("what follows a reduction in a program", "[kernels][tile]") {
  Context c(options());
  for (DType dtype : {DType::kF32, DType::kF64}) {
    for (const Shape& shape : {Shape{32, 10}, Shape{50, 400}, Shape{3, 4096}, Shape{401, 300}}) {
      Chain softmax(c);
      const int x = softmax.input(drawn(c, shape, dtype));
      const int most = softmax.reduce(OpId::kMax, x, {-1});
      const int e = softmax.add(OpId::kExp, softmax.add(OpId::kSub, x, most));
      const int total = softmax.reduce(OpId::kSum, e, {-1});
      softmax.output(softmax.add(OpId::kDiv, e, total));
      softmax.output(softmax.reduce(OpId::kSum, softmax.add(OpId::kLog, total), {0}));
      softmax.check("softmax");

      Chain norm(c);
      const int y = norm.input(drawn(c, shape, dtype)), w = norm.input(drawn(c, {shape[1]}, dtype));
      const int z = norm.add(OpId::kMul, y, w);
      const int all = norm.reduce(OpId::kSum, norm.add(OpId::kSquare, z), {});
      norm.output(norm.add(OpId::kSqrt, all));
      const int columns = norm.reduce(OpId::kSum, z, {0});
      norm.output(norm.add(OpId::kMul, columns, norm.add(OpId::kExp, w)));
      norm.check("norm");
    }
  }
}

struct NoAttrs {};

TEST_CASE("the head of a classifier as a program", "[kernels][tile]") {
  Context c(options());
  for (DType dtype : {DType::kF32, DType::kF64}) {
    for (DType labels_of : {DType::kI32, DType::kI64}) {
      for (const Shape& shape :
           {Shape{32, 10}, Shape{1, 7}, Shape{64, 17}, Shape{5, 1000}, Shape{700, 40}, Shape{3, 4096}}) {
        const int64_t rows = shape[0], classes = shape[1];
        const IntList column{rows, 1};
        const Tensor labels = cast(uniform(c, {rows}, 0, static_cast<double>(classes) - 0.01), labels_of);
        Chain chain(c);
        const int x = chain.input(drawn(c, shape, dtype)), bias = chain.input(drawn(c, {classes}, dtype)),
                  l = chain.input(reshape(labels, column)), up = chain.input(drawn(c, {rows, 1}, dtype));
        const int logits = chain.add(OpId::kAdd, x, bias);
        const Tensor z = chain.value(logits);
        // In both orders: one step makes them.
        int loss = -1, p = -1;
        auto add_loss = [&] {
          loss = chain.add_as(OpId::kSparseSoftmaxCrossEntropy, {l, logits, -1}, NoAttrs{},
                              reshape(sparse_softmax_cross_entropy(labels, z), column));
        };
        if (labels_of == DType::kI32) add_loss();
        p = chain.add(OpId::kSoftmax, {logits, -1, -1}, SoftmaxAttrs{-1});
        const int hot = chain.add_as(OpId::kOneHot, {l, -1, -1}, OneHotAttrs{classes, dtype},
                                     one_hot(labels, classes, dtype));
        if (loss < 0) add_loss();
        const int gradient = chain.add(OpId::kMul, chain.add(OpId::kSub, p, hot), up);
        const int correct = chain.add_as(OpId::kCorrectClass, {l, logits, -1}, NoAttrs{},
                                         reshape(correct_class(labels, z), column));
        const int number = chain.add(OpId::kCast, {correct, -1, -1}, CastAttrs{dtype});
        chain.output(gradient);
        chain.output(
            chain.add(OpId::kMulScalar, {chain.reduce(OpId::kSum, loss, {}), -1, -1}, MulScalarAttrs{0.25}));
        if (rows > 1) chain.output(chain.reduce(OpId::kSum, gradient, {0}));
        chain.output(chain.reduce(OpId::kSum, number, {}));
        chain.output(loss);
        CHECK(TileProgram(chain.description()).checks_data());
        chain.check(concat("classes ", classes));

        Chain dense(c);
        const int t = dense.input(softmax(drawn(c, shape, dtype))), y = dense.input(drawn(c, shape, dtype)),
                  g = dense.input(drawn(c, {rows, 1}, dtype));
        const int logs = dense.add(OpId::kLogSoftmax, {y, -1, -1}, LogSoftmaxAttrs{1});
        dense.output(dense.add(OpId::kNeg, dense.reduce(OpId::kSum, dense.add(OpId::kMul, t, logs), {-1})));
        const int weighted = dense.add(OpId::kMul, dense.add(OpId::kNeg, g), t);
        const int total = dense.reduce(OpId::kSum, weighted, {-1});
        dense.output(
            dense.add(OpId::kSub, weighted, dense.add(OpId::kMul, dense.add(OpId::kExp, logs), total)));
        dense.check("labels that are probabilities");
      }
    }
  }
}

TEST_CASE("norms and the places of extremes in a program", "[kernels][tile]") {
  Context c(options());
  for (DType dtype : {DType::kF32, DType::kF64}) {
    for (const Shape& shape : {Shape{32, 10}, Shape{2, 3, 300}, Shape{1, 9}, Shape{400, 401}}) {
      Chain chain(c);
      const int x = chain.input(drawn(c, shape, dtype)), scale = chain.input(drawn(c, {shape.back()}, dtype));
      const int total = chain.reduce(OpId::kSum, x, {-1});
      const int mean = chain.add(OpId::kMulScalar, {total, -1, -1}, MulScalarAttrs{0.1});
      const int centred = chain.add(OpId::kSub, x, mean);
      const int inverse = chain.add(OpId::kInverseRms, {centred, -1, -1}, InverseRmsAttrs{1e-3});
      chain.output(chain.add(OpId::kMul, chain.add(OpId::kMul, centred, inverse), scale));
      chain.output(chain.add(OpId::kLogsumexp, {x, -1, -1}, LogsumexpAttrs{{-1}, true}));
      chain.output(chain.add(OpId::kArgmax, {centred, -1, -1}, ArgmaxAttrs{{-1}, true}));
      chain.output(chain.add(OpId::kArgmin, {centred, -1, -1}, ArgminAttrs{{-1}, true}));
      chain.check(text(shape));
    }
  }
}

TEST_CASE("labels that are no classes stop a program before it writes", "[kernels][tile]") {
  TileDescription d;
  d.inputs = {{DType::kI32, {3, 1}}, {DType::kF32, {3, 4}}};
  const SoftmaxAttrs last{-1};
  d.instructions = {{OpId::kSparseSoftmaxCrossEntropy, {0, 1, -1}, nullptr},
                    {OpId::kSoftmax, {1, -1, -1}, &last}};
  d.outputs = {2, 3};
  const TileProgram program(d);
  const float logits[12] = {};
  float loss[3] = {-1, -1, -1}, p[12] = {};
  p[11] = -1;
  ThreadPool pool(1);
  for (int32_t bad : {-1, 4}) {
    const int32_t labels[] = {0, 3, bad};
    const void* in[] = {labels, logits};
    void* out[] = {loss, p};
    std::string message;
    try {
      program.run(pool, in, out);
    } catch (const Error& e) {
      message = e.message();
      CHECK(e.code() == Code::kInvalidArgument);
    }
    CHECK(message.find(concat("[sparse_softmax_cross_entropy] a label must be in [0, 4): got ", bad,
                              " at position 2")) == 0);
    CHECK(loss[0] == -1);
    CHECK(p[11] == -1);
  }
}

TEST_CASE("broadcast_to in a program costs nothing or is spelt out", "[kernels][tile]") {
  Context c(options());
  Chain chain(c);
  const int g = chain.input(drawn(c, {}, DType::kF32)), x = chain.input(drawn(c, {40, 60}, DType::kF32));
  const int wide = chain.add(OpId::kBroadcastTo, {g, -1, -1}, BroadcastToAttrs{{40, 60}});
  const int product = chain.add(OpId::kMul, wide, x);
  chain.output(product);
  chain.output(wide);
  chain.output(chain.reduce(OpId::kSum, chain.add(OpId::kNeg, wide), {0}));
  chain.output(chain.add(OpId::kReluGrad, wide, product));
  chain.output(chain.dropout(wide, 0.25));
  chain.check();
}

TEST_CASE("a program leaves memory alone that its results are to take", "[kernels][tile]") {
  Context c(options());
  for (const Shape& shape : {Shape{3000}, Shape{5, 7}}) {
    // The step of an optimizer: m + (g - m) / 4 over m, w - m over w. The differences are formed while w and m are needed.
    const Tensor w = drawn(c, shape, DType::kF32), m = drawn(c, shape, DType::kF32),
                 g = drawn(c, shape, DType::kF32);
    for (bool replaces : {false, true}) {
      Chain chain(c);
      const int in_w = chain.input(w), in_m = chain.input(m), in_g = chain.input(g);
      const int change =
          chain.add(OpId::kMulScalar, {chain.add(OpId::kSub, in_g, in_m), -1, -1}, MulScalarAttrs{0.25});
      const int mean = chain.add(OpId::kAdd, in_m, change);
      chain.output(chain.add(OpId::kAdd, chain.add(OpId::kNeg, mean), in_w), replaces ? in_w : -1);
      chain.output(mean, replaces ? in_m : -1);
      chain.check(replaces ? "replaced" : "new");
      const TileProgram program(chain.description());
      INFO(program.text());
      CHECK(program.may_share(0, 0) == replaces);
      CHECK(program.may_share(1, 1) == replaces);
    }
    // Selections read masks while they write, so that the memory of one is never theirs.
    Chain masked(c);
    const int x = masked.input(w), mask = masked.input(greater(m, w));
    masked.output(masked.add(OpId::kSelect, mask, x, masked.add(OpId::kNeg, x)), x);
    masked.check("a selection");
    CHECK(TileProgram(masked.description()).may_share(0, 0));
  }
}

TEST_CASE("random programs", "[kernels][tile]") {
  Context c(options());
  std::mt19937_64 random(17);
  auto pick = [&](size_t n) { return static_cast<size_t>(random() % n); };
  const std::vector<Shape> domains = {{1},       {17},       {1024},    {1025},     {5000},
                                      {3, 5},    {32, 128},  {64, 10},  {9, 1300},  {700, 33},
                                      {2, 3, 4}, {8, 9, 70}, {5, 1, 6}, {200, 257}, {3, 4, 1, 50}};
  int fused = 0, refused = 0;
  for (int round = 0; round < test::rounds(1500); round++) {
    const DType dtype = pick(2) ? DType::kF32 : DType::kF64;
    const Shape domain = domains[pick(domains.size())];
    Chain chain(c);
    const size_t inputs = 1 + pick(4);
    for (size_t i = 0; i < inputs; i++) {
      Shape shape = domain;
      for (int a = 0; a < shape.rank() && i > 0; a++)
        if (pick(3) == 0) shape[a] = 1;
      chain.input(drawn(c, shape, dtype));
    }
    std::vector<int> floats, masks;
    for (size_t i = 0; i < inputs; i++) floats.push_back(static_cast<int>(i));
    auto any = [&](const std::vector<int>& of) {
      return of[of.size() - 1 - pick(std::min<size_t>(of.size(), 4))];
    };
    const size_t length = 1 + pick(12);
    for (size_t i = 0; i < length; i++) {
      const int x = any(floats), y = any(floats);
      switch (pick(9)) {
        case 0:
        case 1: floats.push_back(chain.add(kUnary[pick(kUnary.size())], x)); break;
        case 2:
        case 3: floats.push_back(chain.add(kBinary[pick(kBinary.size())], x, y)); break;
        case 4: masks.push_back(chain.add(kCompare[pick(kCompare.size())], x, y)); break;
        case 5:
          if (masks.empty()) break;
          floats.push_back(chain.add(OpId::kSelect, any(masks), x, y));
          break;
        case 6:
          if (masks.empty()) break;
          floats.push_back(chain.add(OpId::kCast, {any(masks), -1, -1}, CastAttrs{dtype}));
          break;
        case 7: floats.push_back(chain.dropout(x, 0.4)); break;
        default:
          if (chain.value(x).rank() == 0) break;
          floats.push_back(chain.reduce(kReductions[pick(4)], x,
                                        pick(2)   ? IntList{-1}
                                        : pick(2) ? IntList{0}
                                                  : IntList{}));
      }
    }
    const int first = static_cast<int>(inputs), values = static_cast<int>(chain.values());
    if (first == values) continue;
    chain.output(values - 1, round % 3 ? round % static_cast<int>(inputs) : -1);
    if (pick(2) && values - 2 >= first)
      chain.output(first + static_cast<int>(pick(static_cast<size_t>(values - first - 1))));
    try {
      TileProgram program(chain.description());
    } catch (const Error& e) {
      REQUIRE(e.code() == Code::kUnsupported);
      refused++;
      continue;
    }
    fused++;
    chain.check(concat("round ", round));
  }
  INFO(fused << " programs, " << refused << " refused");
  CHECK(fused > rounds(1500) * 8 / 15);
}

TEST_CASE("every op of the table that is fusable has a step", "[kernels][tile]") {
  for (const OpSchema& schema : all_schemas()) {
    if (!schema.elementwise) continue;
    INFO(schema.name);
    const std::vector<uint64_t> attrs((schema.attr_bytes + 7u) / 8 + 1);
    for (DType dtype : {DType::kF32, DType::kF64}) {
      TileDescription d;
      const CastAttrs to{DType::kF64};
      TileInstruction i{schema.id, {-1, -1, -1}, attrs.data()};
      if (schema.id == OpId::kCast) i.attrs = &to;
      for (int k = 0; k < schema.num_inputs; k++) {
        const bool takes = contains(schema.inputs[k].dtypes, dtype);
        d.inputs.push_back({takes ? dtype : DType::kBool, Shape{3}});
        i.operands[static_cast<size_t>(k)] = k;
      }
      d.instructions = {i};
      d.outputs = {schema.num_inputs};
      CHECK(TileProgram(d).outputs() == 1);
    }
  }
}

// Elements one by one through the table's own functions: knows nothing of tiles.
TEST_CASE("a program on every instruction set", "[kernels][tile]") {
  for (const VectorTable* t : runnable_vector_tables()) {
    INFO(isa_name(t->isa));
    const auto& u = t->f32.unary;
    const auto& k = t->f32.arithmetic;
    for (size_t rows : {size_t{1}, size_t{3}, size_t{70}}) {
      for (size_t cols : {size_t{1}, size_t{10}, size_t{257}, size_t{1500}}) {
        const std::vector<float> x = uniform_values<float>(rows * cols, -2, 2, 1),
                                 b = uniform_values<float>(cols, -2, 2, 2),
                                 g = uniform_values<float>(rows, -2, 2, 3);
        TileDescription d;
        const int64_t r = static_cast<int64_t>(rows), n = static_cast<int64_t>(cols);
        d.inputs = {{DType::kF32, {r, n}}, {DType::kF32, {n}}, {DType::kF32, {r, 1}}};
        const SumAttrs everything{IntList{}, true};
        d.instructions = {{OpId::kAdd, {0, 1, -1}, nullptr},       // 3
                          {OpId::kTanh, {3, -1, -1}, nullptr},     // 4
                          {OpId::kMul, {2, 4, -1}, nullptr},       // 5
                          {OpId::kTanhGrad, {5, 4, -1}, nullptr},  // 6
                          {OpId::kExp, {6, -1, -1}, nullptr},      // 7
                          {OpId::kSum, {7, -1, -1}, &everything}};
        d.outputs = {7, 8};
        const TileProgram program(d, *t);
        std::vector<float> want(rows * cols), got(rows * cols, -1);
        for (size_t i = 0; i < want.size(); i++) {
          float a, h, m, e;
          k.add.vector_vector(&x[i], &b[i % cols], &a, 1);
          u.tanh(&a, &h, 1);
          k.mul.vector_vector(&g[i / cols], &h, &m, 1);
          k.tanh_grad(&m, &h, &e, 1);
          u.exp(&e, &want[i], 1);
        }
        const float sum = t->f32.reduction.sum(want.data(), want.size());
        float total = -1;
        const void* in[] = {x.data(), b.data(), g.data()};
        void* out[] = {got.data(), &total};
        ThreadPool pool(2);
        program.run(pool, in, out);
        REQUIRE(same_bits(got.data(), want.data(), want.size()));
        REQUIRE(same_bits(&total, &sum, 1));
      }
    }
  }
}

TEST_CASE("programs that are refused", "[kernels][tile]") {
  const SumAttrs all{IntList{}, false}, middle{IntList{1}, false};
  auto code_of = [](const TileDescription& d) {
    try {
      TileProgram program(d);
    } catch (const Error& e) {
      CHECK(e.message().find("[") == 0);
      return e.code();
    }
    return Code::kOk;
  };
  const OutputSpec x{DType::kF32, {4, 5}}, i{DType::kI32, {4, 5}}, b{DType::kF32, {3}};
  CHECK(code_of({{x}, {{OpId::kNeg, {0, -1, -1}, nullptr}}, {1}}) == Code::kOk);
  CHECK(code_of({{x}, {{OpId::kNeg, {0, -1, -1}, nullptr}}, {}}) == Code::kInvalidArgument);
  CHECK(code_of({{x}, {{OpId::kNeg, {0, -1, -1}, nullptr}}, {0}}) == Code::kInvalidArgument);
  CHECK(code_of({{x}, {{OpId::kNeg, {0, -1, -1}, nullptr}}, {2}}) == Code::kInvalidArgument);
  CHECK(code_of({{x}, {{OpId::kNeg, {1, -1, -1}, nullptr}}, {1}}) == Code::kInvalidArgument);
  CHECK(code_of({{x, b}, {{OpId::kAdd, {0, 1, -1}, nullptr}}, {2}}) == Code::kInvalidArgument);
  CHECK(code_of({{x, i}, {{OpId::kAdd, {0, 1, -1}, nullptr}}, {2}}) == Code::kInvalidArgument);
  CHECK(code_of({{i}, {{OpId::kExp, {0, -1, -1}, nullptr}}, {1}}) == Code::kInvalidArgument);
  CHECK(code_of({{i, i}, {{OpId::kAdd, {0, 1, -1}, nullptr}}, {2}}) == Code::kUnsupported);
  CHECK(code_of({{x, x}, {{OpId::kMatmul, {0, 1, -1}, nullptr}}, {2}}) == Code::kUnsupported);
  // Values without elements, beside those that have some or alone.
  const OutputSpec none{DType::kF32, {0, 5}}, row{DType::kF32, {5}}, tall{DType::kF32, {4, 0}};
  CHECK(code_of({{none}, {{OpId::kNeg, {0, -1, -1}, nullptr}}, {1}}) == Code::kUnsupported);
  CHECK(code_of({{none, row}, {{OpId::kMul, {0, 1, -1}, nullptr}}, {2}}) == Code::kUnsupported);
  CHECK(code_of({{none}, {{OpId::kSum, {0, -1, -1}, &all}}, {1}}) == Code::kUnsupported);
  CHECK(code_of({{tall}, {{OpId::kSum, {0, -1, -1}, &middle}, {OpId::kTanh, {1, -1, -1}, nullptr}}, {2}}) ==
        Code::kUnsupported);
  // A sum over everything is not known while the tiles are computed; the middle of three axes is neither rows nor columns.
  CHECK(code_of({{x}, {{OpId::kSum, {0, -1, -1}, &all}, {OpId::kSub, {0, 1, -1}, nullptr}}, {2}}) ==
        Code::kUnsupported);
  CHECK(code_of({{{DType::kF32, {2, 3, 4}}}, {{OpId::kSum, {0, -1, -1}, &middle}}, {1}}) ==
        Code::kUnsupported);
  CHECK(code_of({{{DType::kF32, {2, 5000}}}, {{OpId::kSum, {0, -1, -1}, &middle}}, {1}}) ==
        Code::kUnsupported);
}

}  // namespace tl::test
