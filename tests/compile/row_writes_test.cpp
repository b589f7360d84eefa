// Rows of a variable that a compiled step writes: in the variable's own memory, all or nothing.
#include "tests/compile/compile_fixture.h"
#include "tests/graph/program_text.h"

namespace tl::compile_test {

using namespace graph;

namespace {

// A table of 5 rows; a step writes two rows and gives twice the table as it becomes.
struct Table {
  explicit Table(Context& context) : c(context), x(VariableRef::make(data(c, {5, 3}, 7), "x")) {}
  Values step(Span<const Tensor> in) {
    const Tensor next = set_rows(x->read(), in[0], in[1]);
    x->assign(next);
    return {mul_scalar(next, 2)};
  }
  Context& c;
  VariableRef x;
};

std::string split(Context& c, const std::string& text) {
  Program p = test::program_of(c, text);
  compile::split_row_writes(p, c);
  REQUIRE(problem_of(p) == "");
  drop_unused(p);
  return to_text(p);
}

}  // namespace

TEST_CASE("rows of a variable are checked and written apart", "[compile]") {
  Context c(options_of());
  const std::string head =
      "input %0: i32 (2,)\ninput %1: f32 (2, 3)\nvariable 'x' %2: f32 (5, 3) becomes %3\n";
  CHECK(
      split(c, head + "%3 = set_rows %2 %0 %1\nreturn\n") ==
      "input %0: i32 (2,)\ninput %1: f32 (2, 3)\nvariable 'x' %2: f32 (5, 3) becomes %3\n"
      "%4: i32 (2,) = checked_rows %0 {set_rows}\n%3: f32 (5, 3) = write_rows %2 %4 %1 {set_rows}\nreturn\n");
  // Of what is no variable, or does not become its value.
  const std::string other =
      "input %0: i32 (2,)\ninput %1: f32 (2, 3)\ninput %2: f32 (5, 3)\n"
      "%3: f32 (5, 3) = set_rows %2 %0 %1\nreturn %3\n";
  CHECK(split(c, other) == other);
  const std::string kept =
      "input %0: i32 (2,)\ninput %1: f32 (2, 3)\nvariable 'x' %2: f32 (5, 3)\n"
      "%3: f32 (5, 3) = set_rows %2 %0 %1\nreturn %3\n";
  CHECK(split(c, kept) == kept);
}

TEST_CASE("a compiled step writes rows of a variable in place", "[compile]") {
  Context reference(options_of()), c(options_of());
  Table eager(reference), table(c);
  Function f(
      c, [&](Span<const Tensor> in, size_t) { return table.step(in); }, strict());
  auto inputs = [](Context& context, std::initializer_list<int32_t> rows, uint64_t seed) {
    return Values{labels(context, rows), data(context, {2, 3}, seed)};
  };
  const void* memory = nullptr;
  for (int i = 0; i < 4; i++) {
    const uint64_t seed = static_cast<uint64_t>(i);
    const Values want = eager.step(inputs(reference, {i, i + 1}, seed));
    Values got(1);
    f.call(inputs(c, {i, i + 1}, seed), got);
    CHECK(same_bits(want[0], got[0]));
    CHECK(same_bits(eager.x->value(), table.x->value()));
    if (i > 1) CHECK(table.x->value().raw() == memory);
    memory = table.x->value().raw();
  }
  CHECK(has(f.text(), "write_rows"));
  // Somebody holds the value: it stays, and the variable gets new memory.
  const Tensor held = table.x->value();
  const Tensor copy = add_scalar(held, 0);
  Values got(1);
  f.call(inputs(c, {0, 4}, 20), got);
  eager.step(inputs(reference, {0, 4}, 20));
  CHECK(same_bits(held, copy));
  CHECK(same_bits(eager.x->value(), table.x->value()));
  // Wrong rows are refused, and nothing has been written.
  for (const auto& wrong : {inputs(c, {3, 5}, 30), inputs(c, {1, 1}, 30), inputs(c, {-1, 1}, 30)}) {
    CHECK(has(message_of([&] { f.call(wrong, got); }, Code::kInvalidArgument), "] set_rows: "));
    CHECK(same_bits(eager.x->value(), table.x->value()));
  }
  CHECK(f.stats().replays == 4);
}

}  // namespace tl::compile_test
