// What every optimizer of optimizer_cases.h must do: follow its formula, give the same bits when compiled, when its state has
// been carried over and when somebody holds the values, leave all as it was without memory, and take rows or say why not.
#include "tests/optim/optimizer_cases.h"

#include <cstring>

#include "core/compile/function.h"
#include "tests/nn/fixture.h"
#include "tests/optim/short_words.h"
#include "tests/rounds.h"

namespace tl::test {
namespace {

using namespace tl::optim;
using Numbers = std::vector<double>;
using OptimizerPtr = std::unique_ptr<Optimizer>;
using Values = std::vector<Tensor>;

void check_same_bits(const std::vector<VariableRef>& a, const std::vector<VariableRef>& b) {
  REQUIRE(a.size() == b.size());
  for (size_t i = 0; i < a.size(); i++) {
    CAPTURE(a[i]->name());
    CHECK(a[i]->name() == b[i]->name());
    CHECK(same_bits(a[i]->value(), b[i]->value()));
  }
}

// What an optimizer and its variables hold.
std::vector<VariableRef> state_of(const Optimizer& optimizer, const std::vector<VariableRef>& trained) {
  std::vector<VariableRef> all = optimizer.variables();
  all.insert(all.end(), trained.begin(), trained.end());
  return all;
}

TEST_CASE_METHOD(Fixture, "20 steps of each optimizer in each convention follow its formula", "[optim]") {
  for (size_t k = 0; k < 2 * optimizer_cases().size(); k++)
    for (DType dtype : {DType::kF64, DType::kF32}) {
      const OptimizerCase& one = optimizer_cases()[k / 2];
      const Shape shape = k % 2 ? Shape{3, 4} : Shape{5, 2};
      CAPTURE(one.name, k, dtype, shape);
      OptimizerPtr optimizer = one.make(c);
      Tensor start = random(shape, dtype);
      VariableRef w = VariableRef::make(start, "w");
      Trained want = one.start(values(start), static_cast<size_t>(shape[0]), static_cast<size_t>(shape[1]));
      double rate = one.rate, tolerance = dtype == DType::kF64 ? 1e-12 : 1e-4;
      for (int t = 1; t <= 20; t++) {
        if (t == 8) optimizer->set_learning_rate(rate = .02);
        Tensor g = random(shape, dtype);
        apply_one(*optimizer, w, g);
        one.step(want, values(g), t, rate);
        check_near(values(w), want.w, tolerance);
        std::vector<VariableRef> slots = optimizer->slots(*w);
        REQUIRE(slots.size() == want.slots.size());
        for (size_t i = 0; i < slots.size(); i++) check_near(values(slots[i]), want.slots[i], tolerance);
      }
    }
}

TEST_CASE_METHOD(Fixture, "L2 decay: 20 steps of each optimizer follow its formula at g + decay w",
                 "[optim]") {
  StepOptions options;
  options.weight_decay = .3;
  options.weight_decay_form = WeightDecayForm::kL2;
  int compared = 0;
  for (const OptimizerCase& one : optimizer_cases()) {
    INFO(one.name);
    OptimizerPtr o = one.make(c);
    try {
      o->configure(options);
    } catch (const Error& e) {
      CHECK(has(e.message(), "a weight decay of its own"));
      continue;
    }
    compared++;
    VariableRef w = VariableRef::make(random(Shape{3, 4}), "w"),
                kept = VariableRef::make(random(Shape{3, 4}), "kept");
    Variable *excluded[] = {kept.get()}, *both[] = {w.get(), kept.get()};
    o->exclude_from_weight_decay(excluded);
    Trained decayed = one.start(values(w), 3, 4), plain = one.start(values(kept), 3, 4);
    for (int t = 1; t <= 20; t++) {
      Tensor g = random(Shape{3, 4}), grads[] = {g, g};
      o->apply(grads, both);
      Numbers with = values(g);
      for (size_t i = 0; i < with.size(); i++) with[i] += .3 * decayed.w[i];
      one.step(decayed, with, t, one.rate);
      one.step(plain, values(g), t, one.rate);
      check_near(values(w), decayed.w, 1e-12);
      check_near(values(kept), plain.w, 1e-12);
    }
    if (!one.takes_rows) continue;
    Tensor rows[] = {random(Shape{1, 4})}, at[] = {cast(vector({2}), DType::kI64)};
    Variable* only[] = {w.get()};
    const Numbers before = values(w);
    VariableRef row = VariableRef::make(gather(w->peek(), at[0], 0), "row");
    OptimizerPtr same = one.make(c);
    same->configure(options);
    Variable* of_row[] = {row.get()};
    same->build(of_row);
    for (size_t k = 0; k < o->slots(*w).size(); k++)
      same->slots(*row)[k]->assign(gather(o->slots(*w)[k]->peek(), at[0], 0));
    same->variables()[0]->assign(o->variables()[0]->value());
    o->apply(rows, only, at);
    apply_one(*same, row, rows[0]);
    Numbers want = before;
    const Numbers moved = values(row);
    std::copy(moved.begin(), moved.end(), want.begin() + 8);
    CHECK(values(w) == want);
  }
  CHECK(compared > 20);
}

// Two variables, trained by gradients that depend on them.
struct Net {
  Net(Context& context, const OptimizerCase& of, DType dtype) : c(context), optimizer(of.make(context)) {
    w = VariableRef::make(normal(c, {3, 4}, 0, 1, dtype), "w");
    b = VariableRef::make(normal(c, {70}, 0, 1, dtype), "b");
  }
  Values step(Span<const Tensor> in) {
    Tensor grads[] = {add(w->read(), in[0]), mul(b->read(), in[1])};
    Variable* variables[] = {w.get(), b.get()};
    optimizer->apply(grads, variables);
    return {sum(grads[1])};
  }
  std::vector<VariableRef> state() const { return state_of(*optimizer, {w, b}); }

  Context& c;
  VariableRef w, b;
  OptimizerPtr optimizer;
};

TEST_CASE("each optimizer has the same bits compiled and eager", "[optim][compile]") {
  for (size_t k = 0; k < optimizer_cases().size(); k++)
    for (DType dtype : {DType::kF64, DType::kF32}) {
      CAPTURE(optimizer_cases()[k].name, k, dtype);
      Context first(ContextOptions{3, 1, 0, nullptr, nullptr}),
          second(ContextOptions{3, 1, 0, nullptr, nullptr});
      Net eager(first, optimizer_cases()[k], dtype), compiled(second, optimizer_cases()[k], dtype);
      compile::FunctionOptions options;
      options.plan.verify = options.plan.poison = true;
      compile::Function function(
          second, [&](Span<const Tensor> x, size_t) { return compiled.step(x); }, options);
      for (int step = 0; step < 6; step++) {
        if (step == 3)
          for (Net* net : {&eager, &compiled}) net->optimizer->set_learning_rate(.02);
        Values a, b;
        for (Context* c : {&first, &second}) {
          Values& in = c == &first ? a : b;
          in = {normal(*c, {3, 4}, 0, 1, dtype), normal(*c, {70}, 0, 1, dtype)};
        }
        Tensor out[1];
        function.call(b, out);
        CHECK(same_bits(eager.step(a)[0], out[0]));
        check_same_bits(eager.state(), compiled.state());
      }
      CHECK(function.stats().traces == 1);
      CHECK(function.stats().replays == 5);
      CHECK(compiled.optimizer->iterations() == 6);
    }
}

TEST_CASE_METHOD(Fixture, "an optimizer with the state of another goes on as that one would", "[optim]") {
  for (const OptimizerCase& one : optimizer_cases()) {
    CAPTURE(one.name);
    OptimizerPtr first = one.make(c), second = one.make(c);
    VariableRef a = VariableRef::make(random(Shape{3, 4}), "w"),
                b = VariableRef::make(random(Shape{3, 4}), "w");
    for (int t = 0; t < 12; t++) apply_one(*first, a, random(Shape{3, 4}));
    Variable* variables[] = {b.get()};
    second->build(variables);
    std::vector<VariableRef> from = state_of(*first, {a}), to = state_of(*second, {b});
    REQUIRE(from.size() == to.size());
    for (size_t i = 0; i < from.size(); i++) to[i]->assign(from[i]->value());
    for (int t = 0; t < 3; t++) {
      Tensor g = random(Shape{3, 4});
      apply_one(*first, a, g);
      apply_one(*second, b, g);
    }
    check_same_bits(state_of(*first, {a}), state_of(*second, {b}));
  }
}

TEST_CASE_METHOD(Fixture, "values that are held stay, and the step has the same bits", "[optim]") {
  for (const OptimizerCase& one : optimizer_cases()) {
    CAPTURE(one.name);
    OptimizerPtr first = one.make(c), second = one.make(c);
    Tensor start = random(Shape{3, 4});
    VariableRef a = VariableRef::make(start, "w"), b = VariableRef::make(add_scalar(start, 0), "w");
    for (int t = 0; t < 3; t++) {
      // The gradient of w^2 / 2 may be w itself.
      std::vector<Tensor> held{a->peek()};
      for (const VariableRef& slot : first->slots(*a)) held.push_back(slot->peek());
      std::vector<Numbers> before;
      for (const Tensor& h : held) before.push_back(values(h));
      apply_one(*first, a, a->peek());
      apply_one(*second, b, b->peek());
      for (size_t i = 0; i < held.size(); i++) CHECK(values(held[i]) == before[i]);
    }
    check_same_bits(state_of(*first, {a}), state_of(*second, {b}));
  }
}

TEST_CASE_METHOD(Fixture, "an optimizer without memory for its step leaves all as it was", "[optim]") {
  for (const OptimizerCase& one : optimizer_cases()) {
    CAPTURE(one.name);
    Context own(ContextOptions{3, 1, 0, nullptr, nullptr});
    OptimizerPtr optimizer = one.make(own);
    VariableRef a = VariableRef::make(normal(own, {100, 100}), "a"),
                b = VariableRef::make(normal(own, {9000}), "b");
    Variable* variables[] = {a.get(), b.get()};
    Tensor grads[] = {normal(own, {100, 100}), normal(own, {9000})};
    optimizer->apply(grads, variables);
    // What is held takes memory of its own, also where the update would run in place.
    Tensor held[] = {a->peek(), b->peek()};
    auto state = [&] {
      std::vector<Numbers> all;
      for (const VariableRef& v : state_of(*optimizer, {a, b})) all.push_back(values(v));
      return all;
    };
    const std::vector<Numbers> before = state();
    own.allocator().trim();
    const size_t live = own.allocator().stats().live_bytes;
    int failures = 0;
    for (size_t extra = 0;; extra += 20000 * failures_apart) {
      own.allocator().trim();
      own.allocator().set_limit(live + extra);
      bool done = false;
      try {
        optimizer->apply(grads, variables);
        done = true;
      } catch (const Error& e) {
        CHECK(e.code() == Code::kOutOfMemory);
      }
      own.allocator().set_limit(0);
      if (done) break;
      failures++;
      REQUIRE(state() == before);
      REQUIRE(extra < 8u << 20);
    }
    CHECK(failures * failures_apart > 2);
    CHECK(state() != before);
    CHECK(optimizer->iterations() == 2);
  }
}

TEST_CASE_METHOD(Fixture, "each optimizer takes rows lazily or says why it does not", "[optim]") {
  for (const OptimizerCase& one : optimizer_cases()) {
    CAPTURE(one.name);
    OptimizerPtr lazy = one.make(c), dense = one.make(c);
    Tensor start = random(Shape{5, 3}), at = cast(vector({1, 4}), DType::kI64);
    VariableRef whole = VariableRef::make(start, "whole"),
                part = VariableRef::make(gather(start, at, 0), "part");
    if (!one.takes_rows) {
      std::string text = message_of([&] { apply_one(*lazy, whole, random(Shape{2, 3}), at); });
      CHECK(has(text, "gradients of rows are not taken, because "));
      CHECK(has(text, "'row_indices[0]' for 'whole'; give its whole gradient"));
      CHECK(lazy->iterations() == 0);
      continue;
    }
    for (int t = 0; t < 4; t++) {
      Tensor g = random(Shape{2, 3});
      apply_one(*lazy, whole, g, at);
      apply_one(*dense, part, g);
    }
    std::vector<VariableRef> of_whole = lazy->slots(*whole), of_part = dense->slots(*part);
    of_whole.push_back(whole), of_part.push_back(part);
    for (size_t i = 0; i < of_whole.size(); i++)
      CHECK(values(gather(of_whole[i]->peek(), at, 0)) == values(of_part[i]));
    Tensor others = cast(vector({0, 2, 3}), DType::kI64);
    CHECK(values(gather(whole->peek(), others, 0)) == values(gather(start, others, 0)));
  }
}

}  // namespace
}  // namespace tl::test
