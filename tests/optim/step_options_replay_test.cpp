// The promises that all step options share: an eager step and a replay have the same bits, a failure changes nothing, gradients
// of rows and memory are treated as without them.
#include <cstring>

#include "core/compile/function.h"
#include "core/optim/nadam.h"
#include "tests/optim/short_words.h"
#include "tests/optim/step_options_cases.h"
#include "tests/rounds.h"

namespace tl::test {
namespace {

// What an error of the step says where it is that of a replay.
std::string of_a_replay(const std::string& text) {
  const size_t end = text.find("] ");
  return text.empty() ? text : "[function] " + text.substr(1, end - 1) + ": " + text.substr(end + 2);
}

struct Option {
  const char* name;
  std::function<void(StepOptions&)> change;
  bool goes_bad = false;  // some gradients hold NaN or an infinity
  uint64_t kinds = 1;     // of steps
  // Constraints of weights, a range and norms; null: none.
  std::function<void(Optimizer&, Span<Variable* const>)> constrain = nullptr;
};

std::vector<Option> all_options() {
  auto accumulate = [](StepOptions& s) { s.gradient_accumulation_steps = 3; };
  auto average = [](StepOptions& s) {
    s.use_ema = true;
    s.ema_momentum = .8;
    s.ema_overwrite_frequency = 2;
  };
  auto dynamic = [](StepOptions& s) {
    s.dynamic_loss_scale = true;
    s.loss_scale_growth_interval = 2;
  };
  auto in_range = [](Optimizer& o, Span<Variable* const> v) { o.constrain_range(-.4, .45, v); };
  auto in_norm = [](Optimizer& o, Span<Variable* const> v) { o.constrain_norm(.9, .95, .5, {}, v); };
  return {{"none", [](StepOptions&) {}},
          {"a range", [](StepOptions&) {}, false, 1, in_range},
          {"norms", [](StepOptions&) {}, false, 1, in_norm},
          {"a range, Lookahead", [](StepOptions& s) { s.lookahead_steps = 2; }, false, 2, in_range},
          {"accumulation", accumulate, false, 2},
          {"clip by value", [](StepOptions& s) { s.clip_value = .5; }},
          {"clip by norm", [](StepOptions& s) { s.clip_norm = .5; }},
          {"clip adaptively", [](StepOptions& s) { s.adaptive_clip_factor = .1; }},
          {"clip by global norm", [](StepOptions& s) { s.global_clip_norm = .5; }},
          {"clip by global norm, or an error",
           [](StepOptions& s) { s.global_clip_norm = .5, s.non_finite = NonFiniteGradients::kError; }},
          {"weight decay", [](StepOptions& s) { s.weight_decay = .1; }},
          {"L2", [](StepOptions& s) { s.weight_decay = .1, s.weight_decay_form = WeightDecayForm::kL2; }},
          {"averages", [](StepOptions& s) { s.use_ema = true; }},
          {"averages that overwrite", average, false, 2},
          {"Lookahead", [](StepOptions& s) { s.lookahead_steps = 2; }, false, 2},
          {"fixed loss scale", [](StepOptions& s) { s.loss_scale_factor = 100; }},
          {"dynamic loss scale", dynamic, true},
          {"skipping", [](StepOptions& s) { s.non_finite = NonFiniteGradients::kSkip; }, true},
          {"refusing", [](StepOptions& s) { s.non_finite = NonFiniteGradients::kError; }},
          {"everything",
           [=](StepOptions& s) {
             accumulate(s);
             average(s);
             dynamic(s);
             s.weight_decay = .1;
             s.global_clip_norm = 1;
           },
           true, 3, in_norm}};
}

struct Model {
  Model(Context& context, const Named& named, const Option& option)
      : c(context),
        w(VariableRef::make(full(c, {3, 4}, .5, DType::kF32), "w")),
        b(VariableRef::make(full(c, {4}, -.25, DType::kF64), "b")),
        idle(VariableRef::make(full(c, {2}, 1, DType::kF32), "idle")),
        history(VariableRef::make(full(c, {4}, 1, DType::kF32), "history")),
        kinds(option.kinds),
        optimizer(named.make(context)) {
    Variable* bias[] = {b.get()};
    optimizer->exclude_from_weight_decay(bias);
    Variable* overwritten[] = {history.get()};
    optimizer->overwrite_with_gradient(overwritten);
    StepOptions o;
    option.change(o);
    if (named.without_decay) o.weight_decay = 0;
    if (named.own_averages) {
      kinds -= o.ema_overwrite_frequency > 0;
      o.use_ema = false;
      o.ema_overwrite_frequency = 0;
      kinds -= o.lookahead_steps > 0;
      o.lookahead_steps = 0;
    }
    optimizer->configure(o);
    Variable* both[] = {w.get(), b.get()};
    if (option.constrain && !named.own_averages) option.constrain(*optimizer, both);
  }
  std::vector<Tensor> step(Span<const Tensor> in) {
    Tensor loss = optimizer->scale_loss(sum(in[0]));
    Tensor gw = mul(mul(in[0], w->read()), div(loss, sum(in[0])));
    Tensor gb = mul(cast(sum(gw, {0}), DType::kF64), b->read());
    Tensor grads[] = {gw, Tensor(), gb, sum(gw, {0})};
    Variable* all[] = {w.get(), idle.get(), b.get(), history.get()};
    optimizer->apply(grads, all);
    return {loss};
  }
  std::vector<VariableRef> state() const {
    std::vector<VariableRef> all = optimizer->variables();
    for (const VariableRef& v : {w, b, idle, history}) all.push_back(v);
    return all;
  }
  Context& c;
  VariableRef w, b, idle, history;
  size_t kinds;  // of steps
  OptimizerPtr optimizer;
};

Tensor input(Context& c, int i, bool bad) {
  Tensor x = c.allocate(DType::kF32, {3, 4});
  for (int k = 0; k < 12; k++) x.mutable_data<float>()[k] = std::sin(static_cast<float>(5 * i + 3 * k)) + .3f;
  if (bad && i % 4 == 2)
    x.mutable_data<float>()[i % 12] = i % 8 == 2 ? std::numeric_limits<float>::infinity() : std::nanf("");
  return x;
}

TEST_CASE("with each option, each optimizer's replay has the bits of its eager step", "[optim][compile]") {
  int diagonal = 0;  // under a sanitizer each optimizer has other options
  for (const Named& named : optimizers()) {
    int pair = diagonal++;
    for (const Option& option : all_options()) {
      if (pair++ % 8 >= rounds(8)) continue;
      INFO(named.name << ", " << option.name);
      const ContextOptions options{1, 1, 0, nullptr, nullptr};
      Context eager_context(options), context(options);
      Model eager(eager_context, named, option), compiled(context, named, option);
      compile::FunctionOptions strict;
      strict.plan.verify = strict.plan.poison = true;
      strict.retrace_is_error = true;  // kinds of steps are none
      compile::Function f(
          context, [&](Span<const Tensor> in, size_t) { return compiled.step(in); }, strict);
      for (int i = 0; i < 26; i++) {
        eager.step({input(eager_context, i, option.goes_bad)});
        Tensor in[] = {input(context, i, option.goes_bad)}, out[1];
        f.call(in, out);
        const std::vector<VariableRef> a = eager.state(), b = compiled.state();
        REQUIRE(a.size() == b.size());
        for (size_t k = 0; k < a.size(); k++) {
          INFO("step " << i << ", " << a[k]->name());
          REQUIRE(same_bits(a[k]->value(), b[k]->value()));
        }
      }
      CHECK(f.stats().traces == compiled.kinds);
      CHECK(f.stats().replays == 26 - compiled.kinds);
      if (option.goes_bad) CHECK(compiled.optimizer->skipped_steps() == 6);
      CHECK(values(compiled.w) != Numbers(12, .5));
      for (double x : values(compiled.w)) CHECK(std::isfinite(x));
      CHECK(values(compiled.history) != Numbers(4, 1));
    }
  }
}

TEST_CASE("a refused gradient changes nothing in a replay, either", "[optim][compile]") {
  Context c(ContextOptions{1, 1, 0, nullptr, nullptr});
  Option option{"", [](StepOptions& s) { s.non_finite = NonFiniteGradients::kError; }};
  Model m(c, some_optimizers()[2], option);
  compile::Function f(c, [&](Span<const Tensor> in, size_t) { return m.step(in); }, {});
  Tensor out[1];
  for (int i = 0; i < 3; i++) {
    Tensor in[] = {input(c, i, false)};
    f.call(in, out);
  }
  std::vector<Numbers> before;
  for (const VariableRef& v : m.state()) before.push_back(values(v));
  Tensor in[] = {input(c, 2, true)};
  const std::string text = message_of([&] { f.call(in, out); }, Code::kNonFinite);
  CHECK(has(text, "[function] adam: the gradient of 'w' must be finite: "));
  CHECK(text == of_a_replay(message_of([&] { m.step(in); }, Code::kNonFinite)));
  const std::vector<VariableRef> state = m.state();
  for (size_t k = 0; k < state.size(); k++) CHECK(values(state[k]) == before[k]);
}

// A rate that cannot be had.
class NoRate final : public Schedule {
 protected:
  double at(int64_t) const override { invalid("[mine] no rate today"); }
};

TEST_CASE("a call that only accumulates needs no rate, eager or replayed", "[optim][compile]") {
  const ContextOptions options{1, 1, 0, nullptr, nullptr};
  const Option twice{"", [](StepOptions& s) { s.gradient_accumulation_steps = 2; }};
  const Named nadam{"nadam", [](Context& c) { return make_nadam(c, {}); }, true};
  auto text_of = [](const std::function<void()>& f) {
    try {
      f();
    } catch (const Error& e) {
      return e.message();
    }
    return std::string();
  };
  for (double rate : {kNan, kInf, -1., 0., 1.})  // 0: a schedule that fails; 1: a late step
    for (const Named& named : {some_optimizers()[2], nadam}) {
      INFO(named.name << ", " << rate);
      Context eager_context(options), context(options);
      Model eager(eager_context, named, twice), compiled(context, named, twice);
      compile::Function f(context, [&](Span<const Tensor> in, size_t) { return compiled.step(in); }, {});
      auto outcome_of_both = [&](int i) {
        Tensor in[] = {input(context, i, false)}, out[1];
        const std::string a = text_of([&] { eager.step({input(eager_context, i, false)}); }),
                          b = text_of([&] { f.call(in, out); });
        CHECK((f.stats().replays > 0 ? of_a_replay(a) : a) == b);
        const std::vector<VariableRef> sa = eager.state(), sb = compiled.state();
        for (size_t k = 0; k < sa.size(); k++) CHECK(same_bits(sa[k]->value(), sb[k]->value()));
        return a;
      };
      for (int i = 0; i < 4; i++) REQUIRE(outcome_of_both(i).empty());
      for (Model* m : {&eager, &compiled}) {
        if (rate == 0) {
          m->optimizer->set_schedule(std::make_shared<NoRate>());
        } else if (rate == 1) {
          Tensor late = m->c.allocate(DType::kI64, {});
          late.mutable_data<int64_t>()[0] = std::numeric_limits<int64_t>::max() - 1;
          m->optimizer->variables()[0]->assign(late);
        } else {
          m->optimizer->variables()[1]->assign(full(m->c, {}, rate, DType::kF64));
        }
      }
      CHECK(outcome_of_both(4).empty());
      CHECK(outcome_of_both(5).empty() == (rate == 1));
    }
}

TEST_CASE("what a recorded step cannot know ahead is an error", "[optim][compile]") {
  for (int kind : {0, 1, 2, 3, 4, 5, 6, 7}) {
    Context c(ContextOptions{1, 1, 0, nullptr, nullptr});
    Option option{"", [](StepOptions& s) { s.dynamic_loss_scale = s.use_ema = true; }};
    Model m(c, some_optimizers()[0], option);
    Variable* all[] = {m.w.get(), m.idle.get(), m.b.get(), m.history.get()};
    if (kind < 4) m.optimizer->build(all);
    compile::Function f(c,
                        [&](Span<const Tensor> in, size_t) {
                          if (kind == 0) (void)m.step(in);
                          if (kind == 1) (void)m.optimizer->loss_scale();
                          if (kind == 2) (void)m.optimizer->skipped_steps();
                          if (kind == 3) m.optimizer->swap_averages(all), m.optimizer->swap_averages(all);
                          if (kind == 4) m.optimizer->configure({});
                          if (kind == 5) m.optimizer->exclude_from_weight_decay(all);
                          if (kind == 6) m.optimizer->constrain_range(0, 1, all);
                          if (kind == 7) m.optimizer->overwrite_with_gradient(all);
                          return m.step(in);
                        },
                        {});
    Tensor in[] = {input(c, 0, false)}, out[1];
    const std::string text = message_of([&] { f.call(in, out); }, Code::kFailedPrecondition);
    const char* want[] = {"sgd",
                          "optimizer_loss_scale",
                          "optimizer_skipped_steps",
                          "optimizer_swap_averages",
                          "optimizer_configure",
                          "optimizer_exclude_from_weight_decay",
                          "optimizer_constrain",
                          "optimizer_overwrite_with_gradient"};
    CHECK(has(text, want[kind]));
  }
}

TEST_CASE("several accumulating steps in one recorded step are recorded for each place in the round",
          "[optim][compile]") {
  const ContextOptions options{1, 1, 0, nullptr, nullptr};
  Context eager_context(options), context(options);
  Option option{"", [](StepOptions& s) { s.gradient_accumulation_steps = 3; }};
  Model eager(eager_context, some_optimizers()[2], option), compiled(context, some_optimizers()[2], option);
  compile::Function f(context,
                      [&](Span<const Tensor> in, size_t) {
                        (void)compiled.step(in);
                        return compiled.step(in);
                      },
                      {});
  for (int i = 0; i < 12; i++) {
    for (int twice = 0; twice < 2; twice++) eager.step({input(eager_context, i, false)});
    Tensor in[] = {input(context, i, false)}, out[1];
    f.call(in, out);
    CHECK(same_bits(eager.w->value(), compiled.w->value()));
    CHECK(eager.optimizer->iterations() == compiled.optimizer->iterations());
  }
  CHECK(f.stats().traces == 3);
}

TEST_CASE("each kind of step has a plan for all sizes of a batch", "[optim][compile]") {
  const ContextOptions options{1, 1, 0, nullptr, nullptr};
  Context eager_context(options), context(options);
  auto make = [](Context& c) {
    return configured(adam(c), [](StepOptions& s) { s.gradient_accumulation_steps = 2; });
  };
  OptimizerPtr eager = make(eager_context), compiled = make(context);
  VariableRef a = VariableRef::make(full(eager_context, {4}, 1, DType::kF32), "w"),
              b = VariableRef::make(full(context, {4}, 1, DType::kF32), "w");
  auto step = [](Optimizer& o, const VariableRef& w, const Tensor& x) {
    apply_one(o, w, mul(mean(x, {0}), w->read()));
    return std::vector<Tensor>{x};
  };
  compile::FunctionOptions all_sizes;
  all_sizes.polymorphic_batch = all_sizes.retrace_is_error = all_sizes.plan.verify = true;
  compile::Function f(
      context, [&](Span<const Tensor> in, size_t) { return step(*compiled, b, in[0]); }, all_sizes);
  int call = 0;
  for (int64_t size : {3, 5, 6, 4, 7, 8, 9, 3, 5, 11}) {
    auto input = [&](Context& c) {
      Tensor x = c.allocate(DType::kF32, {size, 4});
      for (int64_t k = 0; k < 4 * size; k++)
        x.mutable_data<float>()[k] = std::sin(static_cast<float>(7 * call + k));
      return x;
    };
    step(*eager, a, input(eager_context));
    Tensor in[] = {input(context)}, out[1];
    f.call(in, out);
    INFO("call " << call++);
    CHECK(same_bits(a->value(), b->value()));
    CHECK(eager->iterations() == compiled->iterations());
  }
  CHECK(f.stats().traces == 6);  // three sizes of each kind
  CHECK(f.stats().resized == 4);
}

TEST_CASE("another kind of step is no retrace that is an error, another shape is", "[optim][compile]") {
  Context c(ContextOptions{1, 1, 0, nullptr, nullptr});
  OptimizerPtr o = configured(adam(c), [](StepOptions& s) { s.gradient_accumulation_steps = 2; });
  VariableRef w = VariableRef::make(full(c, {4}, 1, DType::kF32), "w");
  compile::FunctionOptions strict;
  strict.retrace_is_error = true;
  compile::Function f(
      c,
      [&](Span<const Tensor> in, size_t) {
        apply_one(*o, w, mean(in[0], {0}));
        return std::vector<Tensor>{in[0]};
      },
      strict);
  auto call = [&](int64_t rows) {
    Tensor in[] = {full(c, {rows, 4}, 1, DType::kF32)}, out[1];
    f.call(in, out);
  };
  for (int i = 0; i < 5; i++) call(3);
  CHECK(f.stats().traces == 2);
  CHECK(f.retraces() == std::vector<std::string>{"kind of step of the optimizer 'adam'"});
  CHECK(has(message_of([&] { call(5); }, Code::kFailedPrecondition), "must not be recorded again"));
  call(3);
  CHECK(o->iterations() == 3);
}

TEST_CASE_METHOD(Fixture, "gradients of rows go through all options", "[optim]") {
  for (const Option& option : all_options()) {
    if (option.goes_bad && option.kinds == 3) continue;
    INFO(option.name);
    // Plain SGD, for which rows are the dense update; decay is left to the dense one's rows below.
    Named plain{"sgd", [](Context& context) { return sgd(context, .1); }};
    StepOptions o;
    option.change(o);
    if (o.weight_decay > 0) continue;  // lazy: only the rows that are touched decay
    OptimizerPtr of_rows = plain.make(c), dense = plain.make(c);
    of_rows->configure(o);
    dense->configure(o);
    VariableRef a = VariableRef::make(random(Shape{5, 2}), "w"),
                b = VariableRef::make(cast(a->peek(), DType::kF64), "w");
    b->assign(add_scalar(a->peek(), 0));
    Variable *va[] = {a.get()}, *vb[] = {b.get()};
    if (option.constrain) option.constrain(*of_rows, va), option.constrain(*dense, vb);
    for (int i = 0; i < 7; i++) {
      Tensor indices = vector(i % 2 ? Numbers{0, 3} : Numbers{1, 2}, DType::kI64), rows = random(Shape{2, 2});
      if (i == 4 && option.goes_bad) rows = vector({1, kNan, 2, 3}).view(Shape{2, 2});
      Tensor whole = scatter_add(indices, rows, 5);
      Tensor ga[] = {rows}, gb[] = {whole}, ia[] = {indices};
      of_rows->apply(ga, va, ia);
      dense->apply(gb, vb);
      check_near(values(a), values(b), 1e-14);
      const auto sa = of_rows->variables(), sb = dense->variables();
      REQUIRE(sa.size() == sb.size());
      for (size_t k = 0; k < sa.size(); k++) check_near(values(sa[k]), values(sb[k]), 1e-14);
    }
  }
}

TEST_CASE_METHOD(Fixture, "rows decay lazily", "[optim]") {
  OptimizerPtr o = configured(sgd(c, .5), [](StepOptions& s) { s.weight_decay = .1; });
  VariableRef w = VariableRef::make(tensor({1, 1, 1}, {3, 1}), "w");
  Tensor rows[] = {tensor({1}, {1, 1})}, indices[] = {vector({1}, DType::kI64)};
  Variable* list[] = {w.get()};
  o->apply(rows, list, indices);
  check_near(values(w), {1, 1 - .05 - .5, 1}, 1e-15);
}

TEST_CASE_METHOD(Fixture, "updates with options stay in their memory when nobody else holds it", "[optim]") {
  for (const Option& option : all_options()) {
    StepOptions o;
    option.change(o);
    // Weights share memory with what they have become, until the next step.
    if (o.ema_overwrite_frequency > 0 || o.looks_ahead() || option.goes_bad) continue;
    INFO(option.name);
    if (has(option.name, "norms")) continue;  // they take memory
    OptimizerPtr adam = make_adam(c, {});
    adam->configure(o);
    VariableRef w = VariableRef::make(random(Shape{1000}), "w");
    Variable* list[] = {w.get()};
    if (option.constrain) option.constrain(*adam, list);
    Tensor g = random(Shape{1000});
    for (int i = 0; i < 4; i++) apply_one(*adam, w, g);
    const std::byte* memory = w->peek().raw();
    std::vector<const std::byte*> slots;
    for (const VariableRef& s : adam->slots(*w)) slots.push_back(s->peek().raw());
    for (int i = 0; i < 6; i++) {
      apply_one(*adam, w, g);
      CHECK(w->peek().raw() == memory);
      for (size_t k = 0; k < slots.size(); k++) CHECK(adam->slots(*w)[k]->peek().raw() == slots[k]);
    }
    Tensor held = w->read();
    const Numbers before = values(held);
    for (int i = 0; i < 3; i++) apply_one(*adam, w, g);
    CHECK(values(held) == before);
  }
}

TEST_CASE("out of memory in a step with options changes nothing", "[optim]") {
  for (const Option& option : all_options())
    for (bool hold : {false, true}) {
      INFO(option.name << (hold ? ", held" : ""));
      Context own(ContextOptions{3, 1, 0, nullptr, nullptr});
      OptimizerPtr o = make_adam(own, {});
      StepOptions so;
      option.change(so);
      o->configure(so);
      std::vector<VariableRef> refs;
      std::vector<Variable*> variables;
      std::vector<Tensor> grads;
      for (int i = 0; i < 2; i++) {
        refs.push_back(VariableRef::make(normal(own, {50000}), "w" + std::to_string(i)));
        variables.push_back(refs.back().get());
        grads.push_back(normal(own, {50000}));
      }
      if (option.constrain) option.constrain(*o, variables);
      for (int i = 0; i < 5; i++) o->apply(grads, variables);
      Tensor held = hold ? refs[1]->peek() : Tensor();
      auto state = [&] {
        std::vector<Numbers> all;
        for (auto& v : refs) all.push_back(values(v));
        for (auto& v : o->variables()) all.push_back(values(v));
        return all;
      };
      own.allocator().trim();
      const std::vector<Numbers> before = state();
      const size_t live = own.allocator().stats().live_bytes;
      for (size_t extra = 0;; extra += 50000 * failures_apart) {
        own.allocator().trim();
        own.allocator().set_limit(live + extra);
        bool done = false;
        try {
          o->apply(grads, variables);
          done = true;
        } catch (const Error& e) {
          CHECK(e.code() == Code::kOutOfMemory);
        }
        own.allocator().set_limit(0);
        if (done) break;
        REQUIRE(state() == before);
        REQUIRE(extra < 40u << 20);
      }
      CHECK(state() != before);
    }
}

TEST_CASE_METHOD(Fixture,
                 "a run that is resumed from its variables in the midst of a round goes on to the bit",
                 "[optim]") {
  const Option everything = all_options().back();
  for (const Named& named : optimizers()) {
    INFO(named.name);
    Model first(c, named, everything), second(c, named, everything);
    for (int i = 0; i < 8; i++) first.step({input(c, i, true)});
    Variable* all[] = {second.w.get(), second.idle.get(), second.b.get(), second.history.get()};
    second.optimizer->build(all);
    const std::vector<VariableRef> from = first.state(), to = second.state();
    REQUIRE(from.size() == to.size());
    for (size_t k = 0; k < from.size(); k++) {
      CHECK(from[k]->name() == to[k]->name());
      to[k]->assign(add_scalar(from[k]->read(), 0));
    }
    for (int i = 8; i < 20; i++) {
      first.step({input(c, i, true)});
      second.step({input(c, i, true)});
    }
    for (size_t k = 0; k < from.size(); k++) {
      INFO(from[k]->name());
      CHECK(same_bits(from[k]->value(), to[k]->value()));
    }
  }
}

}  // namespace
}  // namespace tl::test
