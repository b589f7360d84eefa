// What all optimizers do alike, shown with SGD and Adam: their formulas over many sizes in both conventions, missing gradients
// (O15), misuse, and the promise that a failure changes nothing. The other optimizers: optimizer_cases_test.cpp.
#include "core/optim/optimizer.h"

#include "core/autodiff/tape.h"
#include "core/optim/adam.h"
#include "core/optim/sgd.h"
#include "tests/nn/fixture.h"
#include "tests/optim/short_words.h"
#include "tests/rounds.h"

namespace tl::test {
namespace {

using namespace tl::optim;
using Numbers = std::vector<double>;
using OptimizerPtr = std::unique_ptr<Optimizer>;

AdamOptions adam_options(double rate, double beta1 = 0.9, double beta2 = 0.999, double epsilon = 1e-7,
                         EpsilonForm form = EpsilonForm::kKeras) {
  AdamOptions o;
  o.learning_rate = rate;
  o.beta1 = beta1;
  o.beta2 = beta2;
  o.epsilon = epsilon;
  o.epsilon_form = form;
  return o;
}

TEST_CASE_METHOD(Fixture, "the two momentum conventions differ after a change of the rate", "[optim]") {
  for (auto [form, want] : {std::pair{MomentumForm::kKeras, -.2}, std::pair{MomentumForm::kPyTorch, -.119}}) {
    OptimizerPtr sgd = make_sgd(c, sgd_options(.1, .9, false, form));
    VariableRef w = variable({0});
    apply_one(*sgd, w, vector({1}));
    sgd->set_learning_rate(.01);
    apply_one(*sgd, w, vector({1}));
    check_near(values(w), {want}, 1e-15);
  }
}

TEST_CASE_METHOD(Fixture, "the two places of Adam's epsilon differ for small gradients", "[optim]") {
  for (auto [form, want] :
       {std::pair{EpsilonForm::kKeras, 3.15e-6}, std::pair{EpsilonForm::kPyTorch, 9.09e-5}}) {
    VariableRef w = variable({0});
    apply_one(*make_adam(c, adam_options(1e-3, .9, .999, 1e-7, form)), w, vector({1e-8}));
    CHECK(std::abs(values(w)[0] + want) < want * 2e-3);
  }
}

// Adam and AdamW in the words of the papers, with bias-corrected moments for PyTorch's form.
void reference_adam(double& w, double& m, double& v, double g, int t, const AdamOptions& o, double decay) {
  w -= w * decay * o.learning_rate;
  m = o.beta1 * m + (1 - o.beta1) * g;
  v = o.beta2 * v + (1 - o.beta2) * g * g;
  double c1 = 1 - std::pow(o.beta1, t), c2 = 1 - std::pow(o.beta2, t);
  if (o.epsilon_form == EpsilonForm::kKeras)
    w -= o.learning_rate * std::sqrt(c2) / c1 * m / (std::sqrt(v) + o.epsilon);
  else
    w -= o.learning_rate * (m / c1) / (std::sqrt(v / c2) + o.epsilon);
}

TEST_CASE_METHOD(Fixture, "Adam follows its formula over many sizes, steps and rates", "[optim]") {
  for (EpsilonForm form : {EpsilonForm::kKeras, EpsilonForm::kPyTorch})
    for (DType dtype : {DType::kF32, DType::kF64})
      for (double decay : {0., .1})
        for (int64_t n : {1, 7, 16, 5000}) {
          AdamWOptions o{adam_options(.01, .8, .95, 1e-3, form), decay};
          OptimizerPtr adam = make_adamw(c, o);
          Tensor start = random(Shape{n}, dtype);
          VariableRef w = VariableRef::make(start, "w");
          Numbers ww = values(start), m(ww.size()), v(ww.size());
          for (int t = 1; t <= 4; t++) {
            if (t == 3) adam->set_learning_rate(o.adam.learning_rate = .05);
            Tensor g = random(Shape{n}, dtype);
            apply_one(*adam, w, g);
            Numbers gg = values(g);
            for (size_t i = 0; i < gg.size(); i++) reference_adam(ww[i], m[i], v[i], gg[i], t, o.adam, decay);
          }
          double tolerance = dtype == DType::kF64 ? 1e-13 : 2e-6;
          check_near(values(w), ww, tolerance);
          std::vector<VariableRef> slots = adam->slots(*w);
          REQUIRE(slots.size() == 2);
          check_near(values(slots[0]), m, tolerance);
          check_near(values(slots[1]), v, tolerance);
        }
}

TEST_CASE_METHOD(Fixture, "SGD follows its formulas over many sizes and rates", "[optim]") {
  for (MomentumForm form : {MomentumForm::kKeras, MomentumForm::kPyTorch})
    for (DType dtype : {DType::kF32, DType::kF64})
      for (bool nesterov : {false, true})
        for (double mu : {0., .7, 1.}) {
          if (nesterov && mu == 0) continue;
          OptimizerPtr sgd = make_sgd(c, sgd_options(.1, mu, nesterov, form));
          Tensor start = random(Shape{3, 41}, dtype);
          VariableRef w = VariableRef::make(start, "w");
          Numbers ww = values(start), m(ww.size());
          for (double rate : {.1, .1, .02, .2}) {
            sgd->set_learning_rate(rate);
            Tensor g = random(Shape{3, 41}, dtype);
            apply_one(*sgd, w, g);
            Numbers gg = values(g);
            for (size_t i = 0; i < gg.size(); i++) {
              if (form == MomentumForm::kKeras) {
                m[i] = mu * m[i] - rate * gg[i];
                ww[i] += nesterov ? mu * m[i] - rate * gg[i] : m[i];
              } else {
                m[i] = mu * m[i] + gg[i];
                ww[i] -= rate * (nesterov ? gg[i] + mu * m[i] : m[i]);
              }
            }
          }
          check_near(values(w), ww, dtype == DType::kF64 ? 1e-13 : 2e-6);
          CHECK(sgd->slots(*w).size() == (mu == 0 ? 0 : 1));
        }
}

struct Logged : Fixture {
  std::vector<std::string> lines;
  Logged() {
    c.set_log(
        [](void* user, LogLevel level, const char* text) {
          CHECK(level == LogLevel::kWarning);
          static_cast<std::vector<std::string>*>(user)->push_back(text);
        },
        &lines);
  }
};

TEST_CASE_METHOD(Logged, "O15 missing gradients: all is an error, some is one warning", "[optim]") {
  OptimizerPtr sgd = make_sgd(c, sgd_options(1));
  VariableRef a = VariableRef::make(tensor({3, 4, 5, 6}, {2, 2}), "first"),
              b = VariableRef::make(tensor({3, 4, 5, 6}, {2, 2}), "second");
  Tensor ones = tensor({1, 1, 1, 1}, {2, 2});
  Variable* variables[] = {a.get(), b.get()};
  Tensor none[2], some[2] = {Tensor(), ones};
  std::string text = message_of([&] { sgd->apply(none, variables); });
  CHECK(has(text, "no gradients provided for any variable"));
  CHECK(has(text, "'first', 'second'"));
  CHECK(sgd->iterations() == 0);
  CHECK(lines.empty());
  sgd->apply(some, variables);
  REQUIRE(lines.size() == 1);
  CHECK(has(lines[0], "'first'"));
  CHECK_FALSE(has(lines[0], "second"));
  CHECK(values(a) == Numbers{3, 4, 5, 6});
  CHECK(values(b) == Numbers{2, 3, 4, 5});
  sgd->apply(some, variables);
  CHECK(lines.size() == 1);
  CHECK(values(b) == Numbers{1, 2, 3, 4});
  CHECK(sgd->iterations() == 2);
}

TEST_CASE_METHOD(Fixture, "a call that makes no sense is refused before anything changes", "[optim]") {
  Context other(ContextOptions{});
  OptimizerPtr adam = make_adam(c, adam_options(.1));
  VariableRef a = variable({1, 2}, "a"), b = variable({3}, "b"),
              i = VariableRef::make(vector({1}, DType::kI32), "count");
  VariableRef f = VariableRef::make(full(other, {1}, 1, DType::kF64), "foreign");
  Tensor ga = vector({1, 1}), gb = vector({1});
  auto apply = [&](const std::vector<Tensor>& grads, const std::vector<Variable*>& variables) {
    return message_of([&] { adam->apply(grads, variables); });
  };
  CHECK(has(apply({ga}, {a.get(), b.get()}), "1 gradients and 2 variables"));
  CHECK(has(apply({}, {}), "at least 1 variable: got 0"));
  CHECK(has(apply({ga, gb}, {a.get(), nullptr}), "'variables[1]' must be a variable"));
  CHECK(has(apply({ga, gb, ga}, {a.get(), b.get(), a.get()}), "'a' again at position 2"));
  CHECK(has(apply({ga, gb}, {b.get(), a.get()}), "same order"));
  CHECK(has(apply({ga, vector({1}, DType::kF32)}, {a.get(), b.get()}), "f32"));
  CHECK(has(apply({ga, vector({1}, DType::kI32)}, {a.get(), i.get()}), "got 'count' of i32"));
  CHECK(has(apply({ga, gb}, {a.get(), f.get()}), "another context"));
  CHECK(has(apply({ga, full(other, {1}, 1, DType::kF64)}, {a.get(), b.get()}), "another context"));
  CHECK(values(a) == Numbers{1, 2});
  CHECK(values(b) == Numbers{3});
  CHECK(adam->iterations() == 0);
  CHECK(adam->variables().size() == 2);
}

TEST_CASE_METHOD(Fixture, "a variable that stands twice is found in long lists, too", "[optim]") {
  OptimizerPtr sgd = make_sgd(c, sgd_options(1));
  std::vector<VariableRef> refs;
  std::vector<Variable*> variables;
  std::vector<Tensor> grads;
  for (int i = 0; i < 100; i++) {
    refs.push_back(variable({1}, "w"));
    variables.push_back(refs.back().get());
    grads.push_back(vector({1}));
  }
  sgd->apply(grads, variables);
  variables[99] = variables[0];
  CHECK(has(message_of([&] { sgd->apply(grads, variables); }), "again at position 99"));
  CHECK(values(refs[0]) == Numbers{0});
}

TEST_CASE_METHOD(Fixture, "hyper-parameters outside their range are named with their value", "[optim]") {
  const double nan = std::nan(""), inf = std::numeric_limits<double>::infinity();
  for (double rate : {-1., nan, inf}) {
    CHECK(has(message_of([&] { make_sgd(c, sgd_options(rate)); }), "learning_rate"));
    CHECK(has(message_of([&] { make_adam(c, adam_options(rate)); }), "learning_rate"));
    OptimizerPtr sgd = make_sgd(c, sgd_options(.5));
    CHECK(has(message_of([&] { sgd->set_learning_rate(rate); }), text(rate).c_str()));
    CHECK(sgd->learning_rate() == .5);
  }
  for (double bad : {-.1, 1.1, nan})
    CHECK(has(message_of([&] { make_sgd(c, sgd_options(1, bad)); }), "momentum"));
  CHECK(has(message_of([&] { make_sgd(c, sgd_options(1, 0, true)); }), "nesterov"));
  CHECK(has(message_of([&] { make_sgd(c, sgd_options(1, .9, true, static_cast<MomentumForm>(7))); }), "7"));
  for (double bad : {-.1, 1., nan}) {
    CHECK(has(message_of([&] { make_adam(c, adam_options(1, bad)); }), "beta1"));
    CHECK(has(message_of([&] { make_adam(c, adam_options(1, .9, bad)); }), "beta2"));
  }
  for (double bad : {-.1, nan, inf}) {
    CHECK(has(message_of([&] { make_adam(c, adam_options(1, .9, .9, bad)); }), "epsilon"));
    CHECK(has(message_of([&] { make_adamw(c, adamw_options(1, bad)); }), "weight_decay"));
  }
  CHECK(
      has(message_of([&] { make_adam(c, adam_options(1, .9, .9, 1, static_cast<EpsilonForm>(-1))); }), "-1"));
}

TEST_CASE_METHOD(Fixture, "an update runs in place only when nobody else holds the value", "[optim]") {
  for (int kind : {0, 1, 2}) {
    OptimizerPtr o = kind == 0   ? make_adam(c, adam_options(.1))
                     : kind == 1 ? make_sgd(c, sgd_options(.1, .9))
                                 : make_sgd(c, sgd_options(.1));
    VariableRef w = VariableRef::make(random(Shape{1000}), "w");
    apply_one(*o, w, random(Shape{1000}));
    const std::byte* memory = w->peek().raw();
    std::vector<const std::byte*> slot_memory;
    for (VariableRef& s : o->slots(*w)) slot_memory.push_back(s->peek().raw());
    Tensor g = random(Shape{1000});
    size_t live = c.allocator().stats().live_bytes;
    apply_one(*o, w, g);
    CHECK(w->peek().raw() == memory);
    for (size_t i = 0; i < slot_memory.size(); i++) CHECK(o->slots(*w)[i]->peek().raw() == slot_memory[i]);
    CHECK(c.allocator().stats().live_bytes == live);

    Tensor held = w->read();
    Numbers before = values(held);
    uint64_t id = held.id();
    apply_one(*o, w, g);
    CHECK(w->peek().raw() != memory);
    CHECK(w->peek().id() != id);
    CHECK(values(held) == before);
    CHECK(values(w) != before);
  }
}

TEST_CASE_METHOD(Fixture, "in place or not, the bits are the same", "[optim]") {
  for (bool use_adam : {false, true}) {
    Numbers results[2];
    for (bool hold : {false, true}) {
      Context own(ContextOptions{3, 1, 0, nullptr, nullptr});
      OptimizerPtr o = use_adam ? make_adam(own, adam_options(.1)) : make_sgd(own, sgd_options(.1, .9, true));
      VariableRef w = VariableRef::make(normal(own, {77}), "w");
      for (int step = 0; step < 3; step++) {
        Tensor held = hold ? w->peek() : Tensor();
        apply_one(*o, w, normal(own, {77}));
      }
      results[hold] = values(w);
    }
    CHECK(results[0] == results[1]);
  }
}

TEST_CASE_METHOD(Fixture,
                 "a gradient that shares the memory of its variable is read before it is overwritten",
                 "[optim]") {
  // The gradient of w^2 / 2 may be w itself.
  OptimizerPtr o = make_sgd(c, sgd_options(.5, .9));
  VariableRef w = variable({4, 8});
  apply_one(*o, w, w->peek());
  CHECK(values(w) == Numbers{2, 4});
}

TEST_CASE_METHOD(Fixture, "out of memory leaves variables, slots and the count as they were", "[optim]") {
  enum { kAdam, kSgd, kMomentum, kPyTorch };
  for (int kind : {kAdam, kSgd, kMomentum, kPyTorch})
    for (bool built : {false, true}) {
      Context own(ContextOptions{3, 1, 0, nullptr, nullptr});
      OptimizerPtr o = kind == kAdam       ? make_adam(own, adam_options(.1))
                       : kind == kSgd      ? make_sgd(own, sgd_options(.1))
                       : kind == kMomentum ? make_sgd(own, sgd_options(.1, .9))
                                           : make_sgd(own, sgd_options(.1, .9, true, MomentumForm::kPyTorch));
      // The second is held, so its update needs memory of its own; the first would be done in place before it.
      std::vector<VariableRef> refs;
      std::vector<Variable*> variables;
      std::vector<Tensor> grads;
      for (int i = 0; i < 3; i++) {
        refs.push_back(VariableRef::make(normal(own, {50000}), "w" + std::to_string(i)));
        variables.push_back(refs.back().get());
        grads.push_back(normal(own, {50000}));
      }
      Tensor held = refs[1]->peek();
      if (built) {
        o->apply(grads, variables);
        held = refs[1]->peek();
      }
      auto state = [&] {
        std::vector<Numbers> all;
        for (auto& v : refs) all.push_back(values(v));
        for (auto& v : o->variables()) all.push_back(values(v));
        return all;
      };
      own.allocator().trim();
      std::vector<Numbers> before = state();
      size_t live = own.allocator().stats().live_bytes;
      int failures = 0;
      for (size_t extra = 0;; extra += 40000 * failures_apart) {
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
        failures++;
        REQUIRE(state() == before);
        REQUIRE(extra < 40u << 20);
      }
      CHECK(failures * failures_apart > 2);
      CHECK(o->iterations() == (built ? 2 : 1));
      for (size_t i = 0; i < 3; i++) CHECK(values(refs[i]) != before[i]);
    }
}

TEST_CASE_METHOD(Fixture, "the state has names and an order", "[optim]") {
  OptimizerPtr o = make_adam(c, adam_options(.25));
  VariableRef a = variable({1}, "dense/kernel"), b = variable({1}, "dense/bias");
  Variable* both[] = {a.get(), b.get()};
  o->build(both);
  o->build(both);
  std::vector<std::string> names;
  for (VariableRef& v : o->variables()) {
    names.push_back(v->name());
    CHECK_FALSE(v->trainable());
  }
  CHECK(names == std::vector<std::string>{"adam/iterations", "adam/learning_rate", "adam/dense/kernel/m",
                                          "adam/dense/kernel/v", "adam/dense/bias/m", "adam/dense/bias/v"});
  CHECK(o->learning_rate() == .25);
  CHECK(o->iterations() == 0);
  // Other orders of the same variables find the same slots.
  Variable* reversed[] = {b.get(), a.get()};
  Tensor grads[] = {vector({1}), vector({2})};
  o->apply(grads, reversed);
  CHECK(o->variables().size() == 6);
  check_near(values(o->slots(*b)[0]), {.1}, 1e-15);
  check_near(values(o->slots(*a)[0]), {.2}, 1e-15);
}

TEST_CASE_METHOD(Fixture, "slots of variables of one name, and of none, have names of their own", "[optim]") {
  const OptimizerPtr o = make_sgd(c, {.25, .5});
  std::vector<VariableRef> kept;
  std::vector<Variable*> variables;
  for (const char* name : {"w", "", "w_1", "w", "", "w"}) {
    kept.push_back(variable({1}, name));
    variables.push_back(kept.back().get());
  }
  o->build(Span<Variable* const>(variables.data(), 4));
  o->build(Span<Variable* const>(variables.data(), variables.size()));
  std::vector<std::string> names;
  for (const VariableRef& v : o->variables()) names.push_back(v->name());
  CHECK(std::vector<std::string>(names.begin() + 2, names.end()) ==
        std::vector<std::string>{"sgd/w/momentum", "sgd/variable/momentum", "sgd/w_1/momentum",
                                 "sgd/w_2/momentum", "sgd/variable_1/momentum", "sgd/w_3/momentum"});
}

TEST_CASE_METHOD(Fixture, "a tape that is still open neither records updates nor loses its values",
                 "[optim]") {
  for (auto make : {+[](Context& c) { return make_sgd(c, sgd_options(.1)); },
                    +[](Context& c) { return make_sgd(c, sgd_options(.1, .9)); },
                    +[](Context& c) { return make_adam(c, adam_options(.1)); }}) {
    OptimizerPtr o = make(c);
    VariableRef w = variable({3});
    TapeOptions persistent;
    persistent.persistent = true;
    Tape tape(c, persistent);
    Tensor loss = square(w->read());
    GradientSource source[] = {{Tensor(), w.get()}};
    Tensor first = tape.gradient({loss}, source)[0];
    CHECK(values(first) == Numbers{6});
    size_t recorded = tape.recorded_ops();
    apply_one(*o, w, first);
    CHECK(values(w)[0] < 3);
    // The updates cut the path where they touch what the tape knows; nothing that can be differentiated is recorded.
    CHECK(tape.recorded_ops() == recorded);
    CHECK(values(tape.gradient({loss}, source)[0]) == Numbers{6});
  }
}

TEST_CASE_METHOD(Fixture, "a line is fitted by each optimizer", "[optim]") {
  for (auto make : {+[](Context& c) { return make_sgd(c, sgd_options(.1)); },
                    +[](Context& c) { return make_sgd(c, sgd_options(.05, .9, true)); },
                    +[](Context& c) { return make_adam(c, adam_options(.1)); }}) {
    OptimizerPtr o = make(c);
    Tensor x = vector({0, 1, 2, 3}), y = vector({-1, 2, 5, 8});
    VariableRef slope = VariableRef::make(scalar(0), "slope"),
                offset = VariableRef::make(scalar(0), "offset");
    Variable* variables[] = {slope.get(), offset.get()};
    GradientSource sources[] = {{Tensor(), slope.get()}, {Tensor(), offset.get()}};
    for (int step = 0; step < 1000; step++) {
      Tape tape(c, {});
      Tensor loss = mean(square(sub(add(mul(x, slope->read()), offset->read()), y)));
      o->apply(tape.gradient({loss}, sources), variables);
    }
    CHECK(std::abs(item(slope->peek()) - 3) < 1e-5);
    CHECK(std::abs(item(offset->peek()) + 1) < 1e-5);
    CHECK(o->iterations() == 1000);
  }
}

}  // namespace
}  // namespace tl::test
