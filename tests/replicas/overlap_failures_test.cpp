// Replays whose exchanges go on beside their kernels, and everything that can happen between two buckets: the error is that of the call,
// nothing has changed, nothing is still going on, and the others learn why.
#include <atomic>
#include <catch2/catch.hpp>
#include <future>

#include "core/compile/function.h"
#include "core/ops/generated/functions.h"
#include "core/replicas/collectives.h"
#include "tests/dist/memory_transport.h"
#include "tests/replicas/steps.h"

using namespace tl;
using namespace tl::test;
using Catch::Matchers::Contains;
using compile::Function;
using compile::FunctionOptions;
using replicas::GroupPtr;
using replicas::Reduction;

namespace {

constexpr int64_t kSide = 128;  // 64 KiB: worth a thread

// Two buckets, the second of which is made while the first is on its way; labels are looked at between them.
struct Step {
  Step(Context& context, dist::Group& of)
      : c(context),
        group(shared(of)),
        a(VariableRef::make(full(c, {kSide, kSide}, 0.5, DType::kF32), "a")),
        b(VariableRef::make(full(c, {kSide, kSide}, 0.25, DType::kF32), "b")),
        f(
            c, [this](Span<const Tensor> in, size_t) { return run(in); }, options()) {
    group->set_overlap(true);
  }

  Values run(Span<const Tensor> in) {
    const Tensor first = first_bucket(in[0]);
    const Tensor loss = mean(sparse_softmax_cross_entropy(in[1], in[0]));
    const Tensor second = replicas::all_reduce(group, matmul(tanh(in[0]), b->read()), Reduction::kSum);
    a->assign(add(a->read(), first));
    b->assign(add(b->read(), second));
    return {loss};
  }
  Tensor first_bucket(const Tensor& x) {
    return replicas::all_reduce(group, mul_scalar(x, 2), Reduction::kSum);
  }

  Values inputs(int32_t label) const {
    return {full(c, {kSide, kSide}, 0.01 * (group->rank() + 1), DType::kF32),
            tensor<int32_t>(c, {kSide}, std::vector<int32_t>(kSide, label))};
  }
  std::string state() const { return bytes(a->value()) + bytes(b->value()); }

  static FunctionOptions options() {
    FunctionOptions o;
    o.plan.verify = o.plan.poison = true;
    return o;
  }

  Context& c;
  GroupPtr group;
  VariableRef a, b;
  Function f;
};

struct Case {
  const char* name;
  Code code;
  const char* text;  // in rank 0's message
};

// What rank 1 does behind the first bucket of a step, which it makes by hand; where it keeps rank 0 waiting, until that has failed.
void misbehave(const std::string& how, dist::Group& g, Step& step, const Values& in, MemoryProcesses* memory,
               std::atomic<uint32_t>& cancel, const std::shared_future<void>& failed) {
  (void)step.first_bucket(in[0]);
  if (how == "leaves") g.leave("gone fishing");
  if (how == "killed") memory->kill(1);
  if (how == "another call") g.barrier("test");
  if (how == "another shape")
    (void)replicas::all_reduce(step.group, full(step.c, {kSide}, 1, DType::kF32), Reduction::kSum);
  if (how == "cancelled") cancel = 7;
  if (how == "late" || how == "cancelled") failed.wait();
}

void run_case(const Case& one, bool processes) {
  INFO(one.name << (processes ? ", processes" : ", threads"));
  MemoryProcesses memory(2);
  auto local = dist::LocalGroup::make(2);
  std::vector<std::string> before(2), after(2), text(2), plan(2);
  std::vector<Code> code(2, Code::kOk);
  Context first({1, 1, 0, nullptr, nullptr}), second({1, 1, 0, nullptr, nullptr});
  std::atomic<uint32_t> cancel{0};
  first.set_cancel_word(&cancel, 7);
  std::promise<void> over;
  const std::shared_future<void> failed = over.get_future();
  const auto rank_body = [&](int rank, Context& c) {
    const auto r = static_cast<size_t>(rank);
    try {
      auto engine = processes ? dist::make_process_engine(memory.transport(rank), memory.control(rank))
                              : local->join(rank, {20, &c});
      dist::Group g(c, std::move(engine), 20);
      Step step(c, g);
      Values loss(1);
      for (int k = 0; k < 3; k++) step.f.call(step.inputs(1), loss);
      plan[r] = step.f.text();
      before[r] = step.state();
      loss[0] = Tensor();
      if (rank == 0 && std::string(one.name) == "late") g.set_timeout(0.05);
      try {
        const bool bad = std::string(one.name) == "label";
        if (rank == 1 && !bad)
          misbehave(one.name, g, step, step.inputs(1), &memory, cancel, failed);
        else
          step.f.call(step.inputs(rank == 0 && bad ? 1000 : 1), loss);
      } catch (const Error& e) {
        code[r] = e.code();
        text[r] = e.message();
      }
      if (rank == 0) over.set_value();
      if (loss[0]) text[r] += " it has set its output";
      after[r] = step.state();
      // The group is over for this rank, and says so again instead of waiting.
      if (rank == 0) {
        try {
          g.barrier("test");
          text[r] += " the group goes on";
        } catch (const Error&) {
        }
      }
    } catch (const Error& e) {
      text[r] += " outside: " + e.message();
    }
  };
  std::thread other([&] { rank_body(1, second); });
  rank_body(0, first);
  other.join();
  CHECK_THAT(plan[0], Contains("call=0, sum, start") && Contains("call=0, sum, finish"));
  CHECK(code[0] == one.code);
  CHECK_THAT(text[0],
             Contains(one.text) && !Contains("it has set") && !Contains("goes on") && !Contains("outside"));
  CHECK_THAT(text[1], !Contains("outside"));
  for (size_t r = 0; r < 2; r++) CHECK((before[r] == after[r]));
}

}  // namespace

TEST_CASE("a replay that fails between two buckets has changed nothing, and nothing of it goes on",
          "[replicas][compile]") {
  const Case cases[] = {
      {"leaves", Code::kPeerLost, "gone fishing"},  {"another call", Code::kMismatch, "operation"},
      {"another shape", Code::kMismatch, "shape"},  {"late", Code::kTimedOut, "rank 1"},
      {"cancelled", Code::kCancelled, "cancelled"}, {"label", Code::kInvalidArgument, "label"}};
  for (const Case& one : cases)
    for (const bool processes : {false, true}) run_case(one, processes);
  run_case({"killed", Code::kPeerLost, "rank 1"}, true);
}

TEST_CASE("a rank with overlap and one without make the same calls, and groups within a group take turns",
          "[replicas][compile]") {
  std::vector<std::string> state(2);
  std::vector<uint64_t> steps(2);
  all_ok(run_processes(2, [&](int rank, Context& c, dist::Group& g) {
    const auto r = static_cast<size_t>(rank);
    Step step(c, g);
    g.set_overlap(rank == 0);
    const std::unique_ptr<dist::Group> part = g.split("test", 0, 0);
    const GroupPtr inner(part.get(), [](dist::Group*) {});
    // A short call of another group, over the same connections, while the long one is on its way.
    Function f(
        c,
        [&](Span<const Tensor> in, size_t) {
          const Tensor first = step.first_bucket(in[0]);
          const Tensor norm = replicas::all_reduce(inner, sum(matmul(in[0], in[0])), Reduction::kSum);
          return Values{add(first, norm)};
        },
        Step::options());
    Values out(1);
    for (int k = 0; k < 4; k++) {
      f.call(step.inputs(1), out);
      state[r] += bytes(out[0]);
    }
    steps[r] = part->steps();
  }));
  CHECK(steps == std::vector<uint64_t>{4, 4});
  CHECK((state[0] == state[1]));
}
