// Collectives in compiled steps: replays give the bits of eager steps, make the same calls as they do, in their order, and fail without a
// change, whoever fails and however.
#include <catch2/catch.hpp>
#include <cmath>
#include <cstring>

#include "core/autodiff/tape.h"
#include "core/compile/function.h"
#include "core/ops/generated/functions.h"
#include "core/optim/adam.h"
#include "core/replicas/strategy.h"
#include "tests/dist/memory_transport.h"
#include "tests/replicas/steps.h"
#include "tests/rounds.h"

using namespace tl;
using namespace tl::test;
using Catch::Matchers::Contains;
using compile::Function;
using compile::FunctionOptions;
using replicas::GroupPtr;
using replicas::Reduction;

namespace {

// A classifier that all ranks train together.
struct Model {
  Model(Context& context, GroupPtr of)
      : c(context),
        group(std::move(of)),
        w(VariableRef::make(wave(c, {6, 8}, 1), "w")),
        b(VariableRef::make(full(c, {8}, 0, DType::kF32), "b")),
        v(VariableRef::make(wave(c, {8, 3}, 2), "v")),
        seen(VariableRef::make(full(c, {}, 0, DType::kI64), "seen", false)),
        adam(optim::make_adam(c, {})) {}

  // The share of the loss; the dropout draws, and `seen` counts the examples of all ranks.
  Values step(Span<const Tensor> in) {
    Tape tape(c, {});
    const Tensor hidden = dropout(relu(add(matmul(in[0], w->read()), b->read())), 0.25);
    const Tensor logits = matmul(hidden, v->read());
    const Tensor loss = replicas::average_loss(group, sparse_softmax_cross_entropy(in[1], logits));
    Variable* all[] = {w.get(), b.get(), v.get()};
    GradientSource sources[] = {{Tensor(), w.get()}, {Tensor(), b.get()}, {Tensor(), v.get()}};
    const Values sums = replicas::all_reduce(group, tape.gradient({loss}, sources), Reduction::kSum);
    adam->apply(sums, all);
    const Tensor hits = sum(cast(equal(argmax(logits, {1}), cast(in[1], DType::kI64)), DType::kI64));
    seen->assign(add(seen->read(), replicas::all_reduce(group, hits, Reduction::kSum)));
    return {loss};
  }

  std::string state() const {
    std::string out = std::to_string(c.random().next_call);
    for (const VariableRef& r : adam->variables()) out += bytes(r->value());
    for (const VariableRef& r : {w, b, v, seen}) out += bytes(r->value());
    return out;
  }

  Context& c;
  GroupPtr group;
  VariableRef w, b, v, seen;
  std::unique_ptr<optim::Optimizer> adam;
};

Values batch(Context& c, int rank, int step, int64_t rows) {
  std::vector<int32_t> labels;
  for (int64_t i = 0; i < rows; i++) labels.push_back(static_cast<int32_t>((i * 7 + rank + step) % 3));
  return {wave(c, {rows, 6}, rank + 10 * step), tensor<int32_t>(c, {rows}, labels)};
}

enum class How { kEager, kReplayed, kRetraced, kAnySize };

// Losses and states after each step of one rank.
std::string trained(How how, int rank, Context& c, dist::Group& g, const std::vector<int64_t>& rows,
                    compile::FunctionStats* stats = nullptr) {
  Model model(c, shared(g));
  Function f(
      c, [&](Span<const Tensor> in, size_t) { return model.step(in); }, strict(how == How::kAnySize));
  std::string out;
  for (size_t step = 0; step < rows.size(); step++) {
    const Values in = batch(c, rank, static_cast<int>(step), rows[step]);
    Values loss(1);
    if (how == How::kEager)
      loss = model.step(in);
    else
      f.call(in, loss);
    if (how == How::kRetraced && step % 3 == 1) f.forget();
    out += bytes(loss[0]) + model.state();
  }
  if (stats) *stats = f.stats();
  return out;
}

void expect_well(const std::vector<Outcome>& outcomes) {
  for (const Outcome& o : outcomes) {
    INFO(o.text);
    REQUIRE(o.code == Code::kOk);
  }
}

}  // namespace

TEST_CASE("a compiled data-parallel step has the bits of the eager one, on any number of ranks",
          "[replicas][compile]") {
  const std::vector<int64_t> rows(6, 5);
  for (int size : {1, 2, 4}) {
    std::vector<std::string> eager(4), replayed(4);
    std::vector<compile::FunctionStats> stats(4);
    expect_well(run_ranks(size, [&](int rank, Context& c, dist::Group& g) {
      eager[static_cast<size_t>(rank)] = trained(How::kEager, rank, c, g, rows);
    }));
    expect_well(run_ranks(size, [&](int rank, Context& c, dist::Group& g) {
      const auto r = static_cast<size_t>(rank);
      replayed[r] = trained(How::kReplayed, rank, c, g, rows, &stats[r]);
    }));
    for (size_t r = 0; r < static_cast<size_t>(size); r++) {
      CHECK(eager[r] == replayed[r]);
      CHECK(stats[r].replays == rows.size() - 1);
    }
  }
}

TEST_CASE("ranks that record, replay and run eagerly make the same calls", "[replicas][compile]") {
  // The last batches are uneven, and rank 2 has none at all.
  const std::vector<std::vector<int64_t>> rows = {
      {5, 5, 3, 5, 2, 4, 5}, {5, 5, 2, 5, 5, 3, 5}, {5, 5, 0, 5, 5, 1, 5}, {5, 5, 2, 5, 5, 6, 2}};
  std::vector<std::string> want(4), got(4);
  std::vector<compile::FunctionStats> stats(4);
  expect_well(run_ranks(4, [&](int rank, Context& c, dist::Group& g) {
    const auto r = static_cast<size_t>(rank);
    want[r] = trained(How::kEager, rank, c, g, rows[r]);
  }));
  const How hows[] = {How::kAnySize, How::kEager, How::kReplayed, How::kRetraced};
  expect_well(run_ranks(4, [&](int rank, Context& c, dist::Group& g) {
    const auto r = static_cast<size_t>(rank);
    got[r] = trained(hows[r], rank, c, g, rows[r], &stats[r]);
  }));
  for (size_t r = 0; r < 4; r++) CHECK(want[r] == got[r]);
  CHECK(stats[0].traces == 3);  // of the sizes 5, 3 and 2; that of 4 is made of the three
  CHECK(stats[0].resized == 1);
  CHECK(stats[2].traces == 3);
  CHECK(stats[3].traces > 3);
}

TEST_CASE("every collective can stand in a compiled step, and so can its gradients of first and second order",
          "[replicas][compile]") {
  auto body = [](const GroupPtr& g, const Tensor& x) {
    Context& c = x.context();
    Tape outer(c, {}), inner(c, {});
    outer.watch(x);
    inner.watch(x);
    g->barrier("test");
    Tensor y = replicas::all_reduce(g, x, Reduction::kMean);
    y = add(y, replicas::all_reduce(g, square(x), Reduction::kMax));
    y = add(y, replicas::broadcast(g, x, 1));
    y = add(y, replicas::reduce(g, x, Reduction::kSum, 2));
    y = mul(y, replicas::all_to_all(g, y));
    const Tensor parts = replicas::reduce_scatter(g, mul(y, x), Reduction::kSum);
    const Tensor all = replicas::all_gather(g, square(parts));
    const Tensor loss = sum(mul(all, x));
    const GradientSource source[] = {{x, nullptr}};
    const Tensor d = inner.gradient(Span<const Tensor>(&loss, 1), source)[0];
    const Tensor norm = sum(square(d));
    return Values{all, d, outer.gradient(Span<const Tensor>(&norm, 1), source)[0]};
  };
  std::vector<int> same(3, 0);
  std::vector<uint64_t> replays(3, 0);
  expect_well(run_ranks(3, [&](int rank, Context& c, dist::Group& g) {
    const GroupPtr group = shared(g);
    Function f(
        c, [&](Span<const Tensor> in, size_t) { return body(group, in[0]); }, strict());
    for (int step = 0; step < 3; step++) {
      const Values in{wave(c, {6, 2}, rank + 3 * step)};
      Values got(3);
      f.call(in, got);
      const Values want = body(group, in[0]);
      for (size_t k = 0; k < 3; k++) same[static_cast<size_t>(rank)] += bytes(got[k]) == bytes(want[k]);
    }
    replays[static_cast<size_t>(rank)] = f.stats().replays;
  }));
  CHECK(same == std::vector<int>{9, 9, 9});
  CHECK(replays == std::vector<uint64_t>{2, 2, 2});
}

TEST_CASE("exchanges are neither merged nor dropped nor moved past one another", "[replicas][compile]") {
  std::vector<std::string> text(2), dot(2);
  expect_well(run_ranks(2, [&](int rank, Context& c, dist::Group& g) {
    const GroupPtr group = shared(g);
    const Tensor outside = full(c, {4}, 1, DType::kF32);
    // `a` and the sum at the end would make one chain, for which the second call had to stand before the first.
    Function f(
        c,
        [&](Span<const Tensor> in, size_t) {
          const Tensor a = mul_scalar(in[0], 2);
          (void)replicas::all_reduce(group, a, Reduction::kSum);
          const Tensor e = replicas::all_reduce(group, in[0], Reduction::kSum);
          (void)replicas::all_reduce(group, in[0], Reduction::kSum);
          (void)replicas::all_reduce(group, outside, Reduction::kSum);
          group->barrier("group_barrier");
          return Values{exp(add(neg(e), a))};
        },
        strict());
    for (int step = 0; step < 3; step++) {
      const Values in{wave(c, {4}, rank + step)};
      Values got(1);
      f.call(in, got);
    }
    text[static_cast<size_t>(rank)] = f.text();
    dot[static_cast<size_t>(rank)] = f.dot();
  }));
  for (const std::string& t : text) {
    size_t at = 0;
    for (const char* call :
         {"call=0, sum", "call=1, sum", "call=2, sum", "call=3, sum", "group_barrier {call=4}"}) {
      const size_t next = t.find(call, at);
      INFO(t << call);
      REQUIRE(next != std::string::npos);
      at = next;
    }
  }
  CHECK_THAT(dot[0],
             Contains("group_all_reduce") && Contains("style=\"rounded,bold\"") && Contains("style=dotted"));
}

TEST_CASE(
    "a replay whose exchange fails, or that fails for itself, changes nothing, and the others learn why",
    "[replicas][compile]") {
  struct Case {
    const char* name;
    Code first, second;  // of rank 0, which does nothing wrong, and of rank 1
    const char* text;    // in that of rank 0
  };
  const Case cases[] = {{"label", Code::kPeerLost, Code::kInvalidArgument, "label"},
                        {"leaves", Code::kPeerLost, Code::kPeerLost, "gone fishing"},
                        {"other call", Code::kMismatch, Code::kMismatch, "operation"},
                        {"late", Code::kTimedOut, Code::kTimedOut, "rank 1"}};
  for (const Case& one : cases) {
    INFO(one.name);
    const std::string name = one.name;
    std::vector<std::string> before(2), after(2), text(2);
    std::vector<Code> code(2, Code::kOk);
    expect_well(run_ranks(2, [&](int rank, Context& c, dist::Group& g) {
      const auto r = static_cast<size_t>(rank);
      Model model(c, shared(g)), other(c, shared(g));
      // Two updates, of which the second depends on what the first one wrote.
      Function f(
          c,
          [&](Span<const Tensor> in, size_t) {
            const Tensor first = model.step(in)[0];
            const Tensor scaled = add(in[0], sum(model.w->read()));
            const Values then{scaled, in[1]};
            return Values{add(first, other.step(then)[0])};
          },
          strict());
      for (int step = 0; step < 3; step++) {
        Values loss(1);
        f.call(batch(c, rank, step, 5), loss);
      }
      before[r] = model.state() + other.state();
      Values in = batch(c, rank, 3, 5), loss(1);
      try {
        if (rank == 1 && name == "label") in[1] = tensor<int32_t>(c, {5}, {0, 1, 2, 3, 0});
        if (rank == 1 && name == "leaves") g.leave("gone fishing");
        if (rank == 1 && name == "other call") g.barrier("test");
        if (name == "late") g.set_timeout(rank == 0 ? 0.05 : 20);
        if (rank == 1 && name == "late") std::this_thread::sleep_for(std::chrono::milliseconds(200));
        f.call(in, loss);
      } catch (const Error& e) {
        code[r] = e.code();
        text[r] = e.message();
      }
      if (loss[0]) text[r] = "it has set its output";
      after[r] = model.state() + other.state();
    }));
    CHECK(code[0] == one.first);
    CHECK(code[1] == one.second);
    CHECK_THAT(text[0], Contains(one.text));
    for (size_t r = 0; r < 2; r++) CHECK(before[r] == after[r]);
  }
}

TEST_CASE("a gather in a replay has the rows of the recording, or fails on all ranks before anything changes",
          "[replicas][compile]") {
  // Those whose rows are new to them record anew, and have room for all. In the second case the rows add up to as many as before.
  for (const bool processes : {false, true})
    for (const bool as_many : {false, true}) {
      std::vector<std::string> reason(3);
      std::vector<double> kept(3, 0);
      const RankBody body = [&](int rank, Context& c, dist::Group& g) {
        const auto r = static_cast<size_t>(rank);
        const GroupPtr group = shared(g);
        VariableRef total = VariableRef::make(full(c, {}, 0, DType::kF32), "total");
        Function f(
            c,
            [&](Span<const Tensor> in, size_t) {
              const Tensor all = replicas::all_gather(group, in[0]);
              total->assign(add(total->read(), sum(all)));
              return Values{all};
            },
            strict(true));
        Values out(1);
        for (int64_t rows : {2, 2, 3, 3}) f.call(Values{full(c, {rows, 2}, 1, DType::kF32)}, out);
        reason[r] = f.retraces().at(0);
        const int64_t rows = as_many ? (rank == 0 ? 2 : 2 * rank - 1) : (rank == 0 ? 3 : 2);
        try {
          f.call(Values{full(c, {rows, 2}, 1, DType::kF32)}, out);
        } catch (...) {
          kept[r] = static_cast<double>(total->value().data<float>()[0]);
          throw;
        }
      };
      const std::vector<Outcome> out = processes ? run_processes(3, body) : run_ranks(3, body);
      for (size_t r = 0; r < 3; r++) {
        INFO((processes ? "processes" : "threads") << ", rank " << r);
        CHECK(out[r].code == Code::kMismatch);
        CHECK_THAT(out[r].text,
                   Contains("gathers other rows than the compiled step of rank 0 was recorded with: "));
        CHECK_THAT(out[r].text, Contains("step 5 rank 1 gathers"));
        CHECK(out[r].text == out[0].text);
        CHECK(kept[r] == 60);
        CHECK_THAT(reason[r], Contains("depends on the sizes of other ranks"));
      }
    }
}

TEST_CASE("a step whose group has been released is recorded anew, with the one that is there",
          "[replicas][compile]") {
  std::vector<double> got(2, 0);
  std::vector<std::string> reason(2);
  expect_well(run_ranks(2, [&](int rank, Context& c, dist::Group& g) {
    const auto r = static_cast<size_t>(rank);
    GroupPtr group = g.split("test", 0, 0);
    Function f(
        c,
        [&](Span<const Tensor> in, size_t) {
          return Values{replicas::all_reduce(group, in[0], Reduction::kSum)};
        },
        strict());
    Values out(1);
    const Values in{full(c, {}, rank + 1, DType::kF32)};
    for (int step = 0; step < 3; step++) f.call(in, out);
    g.barrier("test");
    group->end("it has released the group");
    group = g.split("test", 0, 0);
    for (int step = 0; step < 3; step++) f.call(in, out);
    got[r] = values<float>(out[0])[0];
    reason[r] = f.retraces().at(0);
  }));
  for (size_t r = 0; r < 2; r++) {
    CHECK(got[r] == 3);
    CHECK_THAT(reason[r], Contains("the group of group_all_reduce has been released"));
  }
}
