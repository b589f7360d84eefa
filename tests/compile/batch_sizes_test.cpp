// One plan for all sizes of a batch: what recordings must have in common, on text, and functions that are asked for it. The
// eager step at each size is what a plan is compared with.
#include "core/compile/batch_sizes.h"

#include <algorithm>
#include <cmath>

#include "tests/compile/compile_fixture.h"
#include "tests/graph/program_text.h"

namespace tl::compile_test {
namespace {

using compile::SizedProgram;
using test::program_of;

// The program for `size` rows of those for 3 and 5, as text; or why there is none.
std::string sized(const std::string& three, const std::string& five, int64_t size) {
  Context c(options_of());
  std::string why;
  auto made = SizedProgram::of(c, program_of(c, three), program_of(c, five), why);
  if (!made) return why;
  CHECK(to_text(made->at(3)) == to_text(program_of(c, three)));
  CHECK(to_text(made->at(5)) == to_text(program_of(c, five)));
  return to_text(made->at(size));
}

std::string with(std::string text, const std::string& size) {
  for (size_t at; (at = text.find('N')) != std::string::npos;) text.replace(at, 1, size);
  return text;
}

FunctionOptions all_sizes() {
  FunctionOptions o = strict();
  o.polymorphic_batch = true;
  return o;
}

}  // namespace

TEST_CASE("numbers that follow the size are found by two recordings", "[compile]") {
  const std::string shapes =
      "input %0: f32 (N, 4)\n"
      "%1: f32 (4,) = sum %0 {axes=[0], keepdims=false}\n"
      "%2: f32 (N, 4) = broadcast_to %1 {shape=[N, 4]}\n"
      "return %2\n";
  CHECK(sized(with(shapes, "3"), with(shapes, "5"), 7) == with(shapes, "7"));
  auto scaled = [](const std::string& n, const std::string& value) {
    return with("input %0: f32 (N, 3)\n%1: f32 (N, 3) = mul_scalar %0 {value=", n) + value +
           with("}\nreturn %1\n", n);
  };
  CHECK(sized(scaled("3", "0.3333333333333333"), scaled("5", "0.2"), 4) == scaled("4", "0.25"));  // 1 / n
  CHECK(sized(scaled("3", "-0.16666666666666666"), scaled("5", "-0.1"), 4) ==
        scaled("4", "-0.125"));                                                                // -1 / (2 n)
  CHECK(sized(scaled("3", "3.3333333333333335"), scaled("5", "2"), 4) == scaled("4", "2.5"));  // 10 / n
  CHECK(sized(scaled("3", "6"), scaled("5", "10"), 4) == scaled("4", "8"));                    // 2 n
  CHECK(sized(scaled("3", "0.5"), scaled("5", "0.5"), 4) == scaled("4", "0.5"));
  // All but the last row; rows and columns as one axis.
  const std::string shifted =
      "input %0: f32 (N, 2)\n%1: f32 (M, 2) = slice %0 {begin=[0, 0], end=[M, 2], strides=[]}\nreturn %1\n";
  auto without_last = [&](int n) {
    std::string text = with(shifted, std::to_string(n));
    for (size_t at; (at = text.find('M')) != std::string::npos;) text.replace(at, 1, std::to_string(n - 1));
    return text;
  };
  CHECK(sized(without_last(3), without_last(5), 9) == without_last(9));
  auto flat = [](int n) {
    return with("input %0: f32 (N, 4)\n%1: f32 (", std::to_string(n)) + std::to_string(4 * n) +
           ",) = reshape %0 {shape=[" + std::to_string(4 * n) + "]}\nreturn %1\n";
  };
  CHECK(sized(flat(3), flat(5), 6) == flat(6));
}

TEST_CASE("recordings without a common program say why", "[compile]") {
  const std::string head = "input %0: f32 (N, 3)\n";
  auto why = [&](const std::string& three, const std::string& five) {
    return sized(with(head, "3") + three, with(head, "5") + five, 7);
  };
  CHECK(why("%1 = mul_scalar %0 {value=1.5}\nreturn %1\n", "%1 = mul_scalar %0 {value=2.25}\nreturn %1\n") ==
        "attribute 'value' of mul_scalar is 1.5 for 3 rows and 2.25 for 5, which is no known function of the "
        "size");
  CHECK(has(why("%1 = neg %0\nreturn %1\n", "%1 = exp %0\nreturn %1\n"),
            "they run different ops: neg and exp"));
  CHECK(has(why("%1 = neg %0\nreturn %1\n", "%1 = neg %0\n%2 = neg %1\nreturn %2\n"),
            "different ops: 1 and 2"));
  CHECK(has(sized("input %0: f32 (3, 3)\nreturn %0\n", "input %0: f32 (5, 4)\nreturn %0\n", 7),
            "another dimension"));
  CHECK(has(sized("input %0: f32 (3, 3)\nreturn %0\n", "input %0: f32 (3, 3)\nreturn %0\n", 7),
            "no leading dimension"));
  CHECK(has(sized("input %0: f32 (3,)\ninput %1: f32 (3,)\nreturn %0\n",
                  "input %0: f32 (5,)\ninput %1: f32 (6,)\nreturn %0\n", 7),
            "input 1 is not that of the others"));
  CHECK(has(why("%1 = sum %0 {axes=[0], keepdims=false}\nreturn %1\n",
                "%1 = sum %0 {axes=[1], keepdims=false}\nreturn %1\n"),
            "attribute 'axes' of sum"));
  CHECK(has(why("%1 = sum %0 {axes=[0], keepdims=false}\nreturn %1\n",
                "%1 = sum %0 {axes=[0], keepdims=true}\nreturn %1\n"),
            "attribute 'keepdims' of sum"));
}

TEST_CASE("a size that equals another number is told from it", "[compile]") {
  // The batch is as large as the layer is wide; only the rows follow it.
  const std::string text =
      "input %0: f32 (N, 3)\n%1: f32 (N, 3) = mul_scalar %0 {value=0.3333333333333333}\n"
      "%2: f32 (N, 3) = broadcast_to %1 {shape=[N, 3]}\nreturn %2\n";
  CHECK(sized(with(text, "3"), with(text, "5"), 8) == with(text, "8"));
}

TEST_CASE("a few recordings serve every size of a batch, with the bits of the eager step", "[compile]") {
  for (double rate : {0.0, 0.25}) {
    Context eager_context(options_of()), context(options_of());
    Classifier eager(eager_context, rate), compiled(context, rate);
    int runs = 0;
    Function f(
        context, [&](Span<const Tensor> in, size_t) { return runs++, compiled.step(in); }, all_sizes());
    for (int pass = 0; pass < 2; pass++)
      for (int64_t rows : {25, 26, 27, 28, 6, 8, 3, 2, 40}) {
        INFO(rows << " rows, pass " << pass);
        auto inputs = [&](Context& c) {
          return Values{data(c, {rows, 6}, static_cast<uint64_t>(rows)),
                        full(c, {rows}, rows % 3, DType::kI32)};
        };
        const Values want = eager.step(inputs(eager_context)), in = inputs(context);
        Values got(2);
        f.call(in, got);
        CHECK(same_bits(want[0], got[0]));
        CHECK(same_bits(want[1], got[1]));
        const std::vector<VariableRef> a = eager.state(), b = compiled.state();
        for (size_t k = 0; k < a.size(); k++) CHECK(same_bits(a[k]->value(), b[k]->value()));
      }
    // Of 25 to 28 and of 6: from then on one size is more than twice another.
    CHECK(runs == 5);
    CHECK(f.stats().traces == 5);
    CHECK(f.stats().resized == 4);
    CHECK(f.retraces() == std::vector<std::string>{
                              "shape of input 0: (25, 6) became (26, 6)",
                              "shape of input 0: (26, 6) became (27, 6); the first 3 sizes are recorded",
                              "shape of input 0: (27, 6) became (28, 6); the recorded sizes are from 25 to "
                              "27, and tell of others when one is twice another",
                              "shape of input 0: (28, 6) became (6, 6); the recorded sizes are from 25 to "
                              "28, and tell of others when one is twice another"});
  }
}

TEST_CASE("a size below 2 has a recording of its own", "[compile]") {
  Context context(options_of());
  int runs = 0;
  // A row is broadcast to a batch: with one row, the gradient sums nothing.
  VariableRef w = VariableRef::make(data(context, {1, 4}, 3), "w");
  Function f(
      context,
      [&](Span<const Tensor> in, size_t) {
        runs++;
        Tape tape(context, {});
        GradientSource at[] = {{Tensor(), w.get()}};
        return tape.gradient({mul(in[0], w->read())}, at);
      },
      all_sizes());
  auto call = [&](int64_t rows) {
    Values in{full(context, {rows, 4}, 0.5, DType::kF32)}, got(1);
    f.call(in, got);
    for (int64_t k = 0; k < 4; k++) CHECK(got[0].data<float>()[k] == 0.5f * static_cast<float>(rows));
  };
  for (int64_t rows : {4, 1, 0, 3, 7, 9, 1, 0, 2}) call(rows);
  CHECK(runs == 5);  // of 4, 1, 0, 3 and 7
  CHECK(f.stats().resized == 2);
}

TEST_CASE("X1 a length that is relaxed after three", "[compile]") {
  Context c(options_of());
  int runs = 0;
  Function relaxing(
      c, [&](Span<const Tensor> in, size_t) { return runs++, Values{add_scalar(in[0], 1)}; }, all_sizes());
  for (int64_t length = 0; length < 9; length++) {
    Values got(1);
    relaxing.call({full(c, {length}, 2, DType::kF32)}, got);
    CHECK(got[0].shape() == Shape{length});
    for (int64_t k = 0; k < length; k++) CHECK(got[0].data<float>()[k] == 3);
  }
  CHECK(runs == 5);  // from the third length above 1 on it is unknown
}

TEST_CASE("a step that depends on the size otherwise is recorded for each, with the reason", "[compile]") {
  Context context(options_of());
  int runs = 0;
  auto call = [&](Function& f, int64_t rows) {
    Values in{full(context, {rows, 2}, 1, DType::kF32)}, got(1);
    f.call(in, got);
    return got[0].data<float>()[0];
  };
  Function root(
      context,
      [&](Span<const Tensor> in, size_t) {
        runs++;
        return Values{mul_scalar(in[0], std::sqrt(static_cast<double>(in[0].shape()[0])))};
      },
      all_sizes());
  for (int64_t rows : {4, 9, 16, 25}) CHECK(call(root, rows) == std::sqrt(static_cast<float>(rows)));
  CHECK(runs == 4);
  REQUIRE(root.retraces().size() == 3);
  CHECK(has(
      root.retraces()[0],
      "(4, 2) became (9, 2); the two have no plan for all sizes: attribute 'value' of mul_scalar is 2 for"));
  Function constant(
      context,
      [&](Span<const Tensor> in, size_t) {
        Tensor t = context.allocate(DType::kF32, Shape{});
        t.mutable_data<float>()[0] = 1 / static_cast<float>(in[0].shape()[0]);
        context.note_host_data(t);
        return Values{mul(in[0], t)};
      },
      all_sizes());
  CHECK(call(constant, 4) == 0.25f);
  CHECK(call(constant, 8) == 0.125f);
  CHECK(call(constant, 2) == 0.5f);
  CHECK(has(constant.retraces().back(), "different data of the host"));
  CHECK(constant.stats().resized == 0);

  // An op of the step may refuse a size: it is recorded, and fails as the step does.
  Function sliced(
      context,
      [&](Span<const Tensor> in, size_t) {
        return Values{slice(in[0], {0, 0}, {3, 2})};
      },
      all_sizes());
  call(sliced, 4), call(sliced, 5), call(sliced, 8);
  CHECK(call(sliced, 6) == 1);
  CHECK(sliced.stats().resized == 1);
  Values got(1), two{full(context, {2, 2}, 1, DType::kF32)};
  CHECK(has(message_of([&] { sliced.call(two, got); }, Code::kInvalidArgument), "slice"));
  CHECK(call(sliced, 7) == 1);
}

// Numbers and bounds that a step makes of the size, most of which agree with k n, n + k, k / n or a constant at some sizes.
struct OfSize {
  const char* name;
  bool is_bound;  // of a slice; else a factor
  std::function<double(int64_t)> of;
};

TEST_CASE("functions of the size that agree by chance are told from each other", "[compile]") {
  const auto real = [](int64_t n) { return static_cast<double>(n); };
  const std::vector<OfSize> all = {
      {"n / 2", true, [](int64_t n) { return n / 2; }},
      {"(n + 1) / 2", true, [](int64_t n) { return (n + 1) / 2; }},
      {"n / 3", true, [](int64_t n) { return n / 3; }},
      {"n - n / 2", true, [](int64_t n) { return n - n / 2; }},
      {"n / 4 * 4", true, [](int64_t n) { return n / 4 * 4; }},
      {"n % 4", true, [](int64_t n) { return n % 4; }},
      {"n / 3 + n % 3", true, [](int64_t n) { return n / 3 + n % 3; }},
      {"3 (n / 2)", false, [&](int64_t n) { return real(n / 2 * 3); }},
      {"n n", false, [&](int64_t n) { return real(n * n); }},
      {"n (n + 1) / 2", false, [&](int64_t n) { return real(n * (n + 1) / 2); }},
      {"sqrt(n)", false, [&](int64_t n) { return std::sqrt(real(n)); }},
      {"(n - 1) / n", false, [&](int64_t n) { return n ? real(n - 1) / real(n) : 0; }},
      {"n 0.1", false, [&](int64_t n) { return real(n) * 0.1; }},
      {"floor(log2 n)", false, [&](int64_t n) { return std::floor(std::log2(real(n) + .5)); }},
      {"1 / n in f32", false, [](int64_t n) { return n ? 1 / static_cast<float>(n) : 0; }},
      {"3 / n in f32", false, [](int64_t n) { return n ? 3 / static_cast<float>(n) : 0; }},
      {"3 (1 / n)", false, [&](int64_t n) { return n ? 3 * (1 / real(n)) : 0; }},
      {"(1 / 7) / n", false, [&](int64_t n) { return n ? 1.0 / 7 / real(n) : 0; }},
      {"1 / (7 n)", false, [&](int64_t n) { return n ? 1 / (7 * real(n)) : 0; }},
      {"1 / (n / 2)", false, [&](int64_t n) { return n > 1 ? 1 / real(n / 2) : 0; }},
  };
  const std::vector<std::vector<int64_t>> orders = {
      {0, 100, 6, 36, 7, 10, 5},    {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 20, 21},
      {3, 2, 20, 8, 9, 5},          {2, 4, 8, 16, 32, 64, 3, 5, 10, 7, 49},
      {4, 8, 12, 16, 20, 24, 9, 6}, {4, 9, 16, 25, 36, 10, 11},
      {2, 5, 8, 11, 6, 7},          {32, 64, 96, 17, 5, 10, 33},
      {10, 8, 12, 16, 6, 4, 20, 2}, {25, 26, 27, 28, 50, 100, 13, 14, 3}};
  for (const OfSize& f : all)
    for (size_t o = 0; o < orders.size(); o++) {
      Context context(options_of());
      const auto step = [&](Span<const Tensor> in, size_t) {
        const int64_t n = in[0].shape()[0];
        if (!f.is_bound) return Values{mul_scalar(in[0], f.of(n))};
        return Values{mul_scalar(slice(in[0], {0, 0}, {static_cast<int64_t>(f.of(n)), 2}), 2)};
      };
      Function g(context, step, all_sizes());
      for (int64_t n : orders[o]) {
        INFO(f.name << " for " << n << " rows, order " << o);
        const Values in{data(context, {n, 2}, static_cast<uint64_t>(n), DType::kF64)};
        Values got(1);
        g.call(in, got);
        CHECK(same_bits(got[0], step(in, 1)[0]));
      }
    }
}

TEST_CASE("a recording that is of no use to others does not end the plan for all sizes", "[compile]") {
  Context context(options_of());
  int runs = 0;
  Function f(
      context,
      [&](Span<const Tensor> in, size_t) {
        runs++;
        return Values{mul_scalar(in[0], 1 / static_cast<double>(in[0].shape()[0])), sum(in[1])};
      },
      all_sizes());
  const auto call = [&](int64_t rows, int64_t table) {
    Values got(2);
    f.call(Values{full(context, {rows}, 1, DType::kF64), full(context, {table}, 1, DType::kF64)}, got);
    CHECK(got[0].data<double>()[0] == 1 / static_cast<double>(rows));
    CHECK(got[1].data<double>()[0] == static_cast<double>(table));
  };
  for (int64_t rows : {4, 5, 8}) call(rows, 3);
  CHECK(runs == 3);
  call(8, 6);  // another table
  call(1, 3);
  CHECK(runs == 5);
  for (int64_t rows : {6, 7, 9, 2}) call(rows, 3);
  CHECK(runs == 5);
}

TEST_CASE("an error for retraces does not depend on the order of sizes of a batch", "[compile]") {
  FunctionOptions o = all_sizes();
  o.retrace_is_error = true;
  std::vector<int64_t> order{0, 1, 5, 6, 8, 12};
  do {
    Context context(options_of());
    Function f(
        context, [&](Span<const Tensor> in, size_t) { return Values{sum(tanh(in[0]))}; }, o);
    const auto call = [&](int64_t rows, int64_t columns) {
      Values got(1);
      f.call(Values{full(context, {rows, columns}, 0, DType::kF32)}, got);
      CHECK(got[0].data<float>()[0] == 0);
    };
    for (int i = 0; i < 2; i++)
      for (int64_t rows : order) call(rows, 3);
    CHECK(
        has(message_of([&] { call(order[0], 4); }, Code::kFailedPrecondition), "must not be recorded again"));
  } while (std::next_permutation(order.begin(), order.end()));
}

TEST_CASE("one plan for all sizes and released variables, errors for retraces, and no memory", "[compile]") {
  Context context(options_of());
  VariableRef w = VariableRef::make(full(context, {2}, 3, DType::kF32), "w");
  FunctionOptions o = all_sizes();
  o.retrace_is_error = true;
  auto step = [&](Span<const Tensor> in, size_t) { return Values{mul(in[0], w->read())}; };
  auto call = [&](Function& f, int64_t rows, int64_t columns = 2) {
    Values in{full(context, {rows, columns}, 1, DType::kF32)}, got(1);
    f.call(in, got);
    return got[0].data<float>()[0];
  };
  Function f(context, step, o);
  for (int64_t rows : {4, 5, 8, 6, 7, 4, 5}) CHECK(call(f, rows) == 3);
  CHECK(has(message_of([&] { call(f, 6, 1); }, Code::kFailedPrecondition), "(shape of input 0"));
  CHECK(f.stats().traces == 3);

  o.retrace_is_error = false;
  Function g(context, step, o);
  for (int64_t rows : {4, 5, 8, 6}) CHECK(call(g, rows) == 3);
  context.allocator().trim();
  context.allocator().set_limit(1);
  CHECK(has(message_of([&] { call(g, 400); }, Code::kOutOfMemory), "limit"));
  context.allocator().set_limit(0);
  CHECK(g.stats().signatures == 4);
  CHECK(call(g, 400) == 3);
  w = VariableRef::make(full(context, {2}, 5, DType::kF32), "w");
  CHECK(call(g, 7) == 5);
  CHECK(has(g.retraces().back(), "the plan for all sizes has ended: variable 'w' has been released"));
  for (int64_t rows : {9, 4, 10}) CHECK(call(g, rows) == 5);
  CHECK(g.stats().traces == 6);
}

TEST_CASE("plans of a context share their memory", "[compile]") {
  Context context(options_of());
  auto step = [](Span<const Tensor> in, size_t) {
    Tensor x = matmul(in[0], in[0]);
    return Values{sum(matmul(sin(x), x))};
  };
  auto live = [&] { return context.allocator().stats().live_bytes; };
  Values big{data(context, {64, 64}, 2)}, middle{data(context, {48, 48}, 3)}, tiny{data(context, {8, 8}, 1)},
      got(1);
  const float of_big = step(big, 1)[0].data<float>()[0], of_middle = step(middle, 1)[0].data<float>()[0],
              of_tiny = step(tiny, 1)[0].data<float>()[0];
  auto call = [&](Function& f, const Values& in, float want) {
    f.call(in, got);
    CHECK(got[0].data<float>()[0] == want);
    got[0] = Tensor();
  };
  Function first(context, step, strict()), second(context, step, strict());
  for (int i = 0; i < 2; i++) call(first, middle, of_middle);
  call(second, big, of_big);
  const size_t before = live(), room = first.stats().arena_bytes;
  call(second, big, of_big);  // its plan moves the memory of all
  CHECK(second.stats().arena_bytes > room);
  CHECK(live() - before < second.stats().arena_bytes);
  const size_t shared = live();
  call(first, tiny, of_tiny);
  for (int i = 0; i < 2; i++) {
    call(first, tiny, of_tiny);
    call(first, middle, of_middle);
    call(second, big, of_big);
  }
  CHECK(live() == shared);
}

}  // namespace tl::compile_test
