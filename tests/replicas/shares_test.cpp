// Optimizers whose slots are shared out over ranks: the bits of steps on each rank alone, eager and compiled; who has which slots; steps
// that fail on one rank or in the exchange change nothing; and all slots together again.
#include <atomic>
#include <catch2/catch.hpp>

#include "core/autodiff/tape.h"
#include "core/base/parts.h"
#include "core/compile/function.h"
#include "core/ops/generated/functions.h"
#include "core/optim/adafactor.h"
#include "core/optim/adam.h"
#include "core/optim/sgd.h"
#include "core/replicas/collectives.h"
#include "tests/dist/memory_transport.h"
#include "tests/replicas/steps.h"

using namespace tl;
using namespace tl::test;
using Catch::Matchers::Contains;

namespace {

using Made = std::unique_ptr<optim::Optimizer> (*)(Context&);
std::unique_ptr<optim::Optimizer> adam(Context& c) { return optim::make_adam(c, {}); }
std::unique_ptr<optim::Optimizer> momentum(Context& c) {
  optim::SgdOptions o;
  o.momentum = 0.9;
  return optim::make_sgd(c, o);
}
std::unique_ptr<optim::Optimizer> adafactor(Context& c) { return optim::make_adafactor(c, {}); }

// A linear model in three layers, of which the last has a gradient in even steps only.
struct Model {
  Model(Context& context, dist::Group& of, Made make)
      : c(context),
        group(shared(of)),
        w{VariableRef::make(mul_scalar(wave(c, {6, 40}, 1), 0.2), "a"),
          VariableRef::make(mul_scalar(wave(c, {40, 5}, 2), 0.2), "b"),
          VariableRef::make(wave(c, {5}, 3), "c")},
        optimizer(make(c)) {
    for (const VariableRef& v : w) all.push_back(v.get());
  }

  void share() {
    std::vector<size_t> bytes;
    for (Variable* v : all) bytes.push_back(v->peek().bytes());
    optimizer->share_out(all, owners_by_size(bytes, group->size()), group->rank());
  }
  std::vector<Tensor> exchange(Span<const Tensor> values, Span<const int> owners) {
    return group->broadcast_each("test", values, owners);
  }
  void gather() {
    optimizer->gather_shares(all, [&](Span<const Tensor> v, Span<const int> o) { return exchange(v, o); });
  }

  Values step(Span<const Tensor> in, bool with_bias) {
    Tape tape(c, {});
    const Tensor y = matmul(tanh(matmul(in[0], w[0]->read())), w[1]->read());
    const Tensor loss = mean(square(with_bias ? add(y, w[2]->read()) : y));
    std::vector<GradientSource> sources;
    for (size_t i = 0; i < (with_bias ? 3u : 2u); i++) sources.push_back({Tensor(), all[i]});
    std::vector<Tensor> sums =
        replicas::all_reduce(group, tape.gradient({loss}, sources), dist::Reduction::kMean);
    sums.resize(3);
    if (optimizer->is_shared_out())
      optimizer->apply_share(sums, all,
                             [&](Span<const Tensor> v, Span<const int> o) { return exchange(v, o); });
    else
      optimizer->apply(sums, all);
    return {loss};
  }

  Values batch(int number) { return {wave(c, {4, 6}, 10 * number + group->rank())}; }
  std::string weights() const {
    std::string out;
    for (const VariableRef& v : w) out += bytes(v->value());
    return out;
  }
  std::string state() const {
    std::string out = weights();
    for (const VariableRef& v : optimizer->variables()) out += v->name() + bytes(v->value());
    return out;
  }
  size_t slots() const { return optimizer->variables().size() - 2; }

  Context& c;
  replicas::GroupPtr group;
  std::vector<VariableRef> w;
  std::vector<Variable*> all;
  std::unique_ptr<optim::Optimizer> optimizer;
};

enum class How { kWhole, kEager, kCompiled, kMixed };

// The state of each rank behind some steps, all slots gathered; the weights of all in front of that.
std::vector<std::string> trained(int size, bool processes, Made make, How how) {
  std::vector<std::string> out(static_cast<size_t>(size));
  std::atomic<size_t> slots{0};
  const RankBody body = [&](int rank, Context& c, dist::Group& g) {
    Model m(c, g, make);
    compile::Function with(
        c, [&](Span<const Tensor> in, size_t) { return m.step(in, true); }, strict());
    compile::Function without(
        c, [&](Span<const Tensor> in, size_t) { return m.step(in, false); }, strict());
    const bool compiled = how == How::kCompiled || (how == How::kMixed && rank % 2 == 1);
    for (int k = 0; k < 9; k++) {
      if (k == 1 && how != How::kWhole) m.share();  // with slots that are there
      Values loss(1);
      if (compiled && k > 0)
        (k % 2 ? without : with).call(m.batch(k), loss);
      else
        m.step(m.batch(k), k % 2 == 0);
    }
    slots += m.slots();
    out[static_cast<size_t>(rank)] = m.weights();
    if (how != How::kWhole) m.gather();
    out[static_cast<size_t>(rank)] += m.state();
  };
  all_ok(processes ? run_processes(size, body) : run_ranks(size, body));
  Context c({});
  dist::Group alone(c, nullptr);
  Model one(c, alone, make);
  one.optimizer->build(one.all);
  CHECK(slots == one.slots() * static_cast<size_t>(how == How::kWhole ? size : 1));  // each slot on one rank
  return out;
}

}  // namespace

TEST_CASE("an optimizer in shares takes the steps of one that has all slots, to the bit",
          "[replicas][compile]") {
  for (int size : {1, 2, 3, 4}) {
    INFO(size << " ranks");
    const std::vector<std::string> want = trained(size, false, adam, How::kWhole);
    for (const How how : {How::kEager, How::kCompiled, How::kMixed})
      CHECK((trained(size, size == 3, adam, how) == want));
  }
  for (Made make : {momentum, adafactor})
    CHECK((trained(2, true, make, How::kCompiled) == trained(2, false, make, How::kWhole)));
}

TEST_CASE("the largest variable goes first, and each to who has the least", "[replicas]") {
  CHECK(owners_by_size({}, 3).empty());
  CHECK(owners_by_size({5, 9, 9, 1, 0, 4}, 1) == std::vector<int>(6, 0));
  // 9 and 9 go to 0 and 1, 5 to 2, 4 to 2, 1 to 0, where all have 9, and 0 to 1.
  CHECK(owners_by_size({5, 9, 9, 1, 0, 4}, 3) == std::vector<int>{2, 0, 1, 0, 1, 2});
}

TEST_CASE("each tensor goes from its root to all, and ranks that name others learn of it", "[replicas]") {
  for (const bool processes : {false, true}) {
    std::vector<std::string> got(3);
    const RankBody body = [&](int rank, Context& c, dist::Group& g) {
      const Values list{wave(c, {3}, rank), wave(c, {70'000}, rank), wave(c, {0}, rank), wave(c, {2}, rank)};
      for (const Tensor& t : g.broadcast_each("test", list, {2, 0, 1, 1}))
        got[static_cast<size_t>(rank)] += bytes(t);
      (void)g.broadcast_each("test", list, {2, 0, 1, rank == 1 ? 0 : 2});
    };
    for (const Outcome& o : processes ? run_processes(3, body) : run_ranks(3, body)) {
      CHECK(o.code == Code::kMismatch);
      CHECK_THAT(o.text, Contains("rank 1 differs from rank 0 in the root of tensor 3: 0 and 2"));
    }
    Context c({});
    const std::string want = bytes(wave(c, {3}, 2)) + bytes(wave(c, {70'000}, 0)) + bytes(wave(c, {2}, 1));
    for (const std::string& g : got) CHECK((g == want));
  }
  Context c({});
  dist::Group one(c, nullptr);
  const Tensor x = wave(c, {2}, 0);
  CHECK_THROWS_WITH(one.broadcast_each("test", Span<const Tensor>(&x, 1), {1}), Contains("0 to 0: got 1"));
  CHECK_THROWS_WITH(one.broadcast_each("test", Span<const Tensor>(&x, 1), {}), Contains("got 0 for 1;"));
}

TEST_CASE("a step in shares that fails has changed nothing, and the optimizer stays sharded", "[replicas]") {
  std::vector<std::string> problem(2);
  (void)run_ranks(2, [&](int rank, Context& c, dist::Group& g) {
    std::string& wrong = problem[static_cast<size_t>(rank)];
    Model m(c, g, adam);
    m.share();
    m.step(m.batch(0), true);
    const std::string before = m.state();
    const auto fails = [&](const char* what, auto&& f) {
      try {
        f();
        wrong += concat(what, " has not failed; ");
      } catch (const Error&) {
      }
      if (m.state() != before || !m.optimizer->is_shared_out())
        wrong += concat(what, " has changed something; ");
    };
    const std::vector<Tensor> gradients{wave(c, {6, 40}, 1), wave(c, {40, 5}, 1), wave(c, {5}, 1)};
    const auto no_exchange = [](Span<const Tensor>, Span<const int>) -> std::vector<Tensor> {
      invalid("it does not come about");
    };
    fails("an exchange of a step", [&] { m.optimizer->apply_share(gradients, m.all, no_exchange); });
    fails("an exchange of a gathering", [&] { m.optimizer->gather_shares(m.all, no_exchange); });
    fails("a step alone", [&] { m.optimizer->apply(gradients, m.all); });
    fails("a second sharding", [&] { m.share(); });
    fails("a gathering of some",
          [&] { m.optimizer->gather_shares(Span<Variable* const>(m.all.data(), 2), no_exchange); });
    const VariableRef other = VariableRef::make(wave(c, {2}, 1), "other");
    Variable* const stranger = other.get();
    const Tensor gradient = wave(c, {2}, 1);
    fails("a variable without an owner", [&] {
      m.optimizer->apply_share(Span<const Tensor>(&gradient, 1), Span<Variable* const>(&stranger, 1),
                               no_exchange);
    });
    if (rank == 1) g.leave("gone fishing");
    fails("a step without rank 1", [&] { m.step(m.batch(1), true); });
  });
  for (const std::string& wrong : problem) CHECK(wrong == "");
}

TEST_CASE("optimizers that are more than a formula are not sharded", "[replicas]") {
  Context c({});
  dist::Group alone(c, nullptr);
  Model m(c, alone, adam);
  CHECK_THROWS_WITH(m.gather(), Contains("must be sharded"));
  CHECK_THROWS_WITH(m.optimizer->apply_share({}, m.all, [](auto, auto) { return std::vector<Tensor>(); }),
                    Contains("must be sharded"));
  m.optimizer->build(m.all);
  CHECK_THROWS_WITH(m.optimizer->share_out(Span<Variable* const>(m.all.data(), 1), std::vector<int>{0}, 0),
                    Contains("all variables of the optimizer must be given: got 1 of 3"));
  CHECK_FALSE(m.optimizer->is_shared_out());
  Model clipped(c, alone, [](Context& own) {
    auto made = adam(own);
    optim::StepOptions o;
    o.global_clip_norm = 1;
    made->configure(o);
    return made;
  });
  CHECK_THROWS_WITH(clipped.share(), Contains("cannot be sharded: got 'adam'"));
  Model grouped(c, alone, adam);
  grouped.optimizer->add_group(adam(c), Span<Variable* const>(grouped.all.data(), 1));
  CHECK_THROWS_WITH(grouped.share(), Contains("cannot be sharded"));
}
