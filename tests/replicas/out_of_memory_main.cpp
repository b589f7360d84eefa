// Two ranks train by a compiled step whose gradients go in buckets, one beside the backward pass, while one allocation of theirs after the
// other fails, once or from there on for good, while the step is recorded and planned, and while it is replayed: as threads and as
// processes that meet in memory, f32 as they are and as bf16. Nobody hangs or ends, each call of the function returns or throws, a replay
// that fails has changed nothing, and all that have not failed give the right weights.
#include <cstdio>
#include <string>
#include <thread>

#include "core/autodiff/tape.h"
#include "core/base/clock.h"
#include "core/compile/function.h"
#include "core/ops/generated/functions.h"
#include "core/optim/adam.h"
#include "tests/dist/failing_new.h"
#include "tests/replicas/steps.h"
#include "tests/rounds.h"

using namespace tl;
using namespace tl::test;

namespace {

constexpr int64_t kSide = 136;  // 72 KiB, and 36 as bf16: worth a thread
constexpr size_t kWarm = 3;     // calls that record, plan and replay
constexpr size_t kSteps = 6;

struct Model {
  Model(Context& context, dist::Group& of)
      : c(context),
        group(shared(of)),
        w{VariableRef::make(mul_scalar(wave(c, {kSide, kSide}, 0), 0.1), "a"),
          VariableRef::make(mul_scalar(wave(c, {kSide, kSide}, 1), 0.1), "b")},
        adam(optim::make_adam(c, {})),
        function(
            c, [this](Span<const Tensor> in, size_t) { return step(in[0]); }, compile::FunctionOptions()) {
    for (size_t k = 0; k < kSteps; k++)
      batches.push_back({wave(c, {8, kSide}, group->rank() + 10 * static_cast<double>(k))});
  }

  Values step(const Tensor& x) {
    Tape tape(c, {});
    const Tensor loss = mean(square(matmul(tanh(matmul(x, w[0]->read())), w[1]->read())));
    Variable* const all[] = {w[0].get(), w[1].get()};
    const std::vector<Tensor> gradients = tape.gradient({loss}, {{Tensor(), all[0]}, {Tensor(), all[1]}});
    adam->apply(replicas::all_reduce(group, gradients, dist::Reduction::kMean, group->wire()), all);
    return {loss};
  }

  std::string state() const { return bytes(w[0]->value()) + bytes(w[1]->value()); }

  Context& c;
  replicas::GroupPtr group;
  VariableRef w[2];
  std::unique_ptr<optim::Optimizer> adam;
  compile::Function function;
  std::vector<Values> batches;
};

struct Scene {
  bool processes, records, good;
  bool bf16() const { return processes != good; }
  std::string text() const {
    return concat(processes ? "processes" : "threads", bf16() ? ", bf16" : "",
                  records ? ", recording" : ", replays", ", ", good ? "all from " : "");
  }
};

// What a rank came to.
struct Found {
  size_t done = 0;  // steps that ended well
  std::string state, problem;
  std::vector<std::string> states;  // of an undisturbed training, after each number of steps
};

std::atomic<int> ready{0};
std::atomic<bool> go{false};

void train(const Scene& scene, bool disturbed, std::unique_ptr<dist::Engine> engine, Context& context,
           Found& found) {
  dist::Group group(context, std::move(engine), 5);
  group.set_bucket_bytes(32 << 10);
  group.set_overlap(true);
  group.set_wire(scene.bf16() ? dist::Wire::kBf16 : dist::Wire::kAsIs);
  Model model(context, group);
  Values loss(1);
  const auto call = [&] {
    if (!disturbed) found.states.push_back(model.state());
    model.function.call(model.batches[found.done], loss);
    found.done++;
  };
  while (!scene.records && found.done < kWarm) call();
  ready++;
  while (!go) std::this_thread::yield();
  bool failed = false;
  try {
    while (found.done < kSteps) call();
  } catch (const Error& e) {
    const OfTheHub spared;
    failed = true;
    if (e.code() != Code::kPeerLost && e.code() != Code::kOutOfMemory) found.problem = e.message();
  } catch (const std::bad_alloc&) {
    failed = true;
  }
  const OfTheHub spared;
  found.state = model.state();
  if (!disturbed) found.states.push_back(found.state);
  if (!failed && model.function.text().find("start") == std::string::npos) found.problem = "nothing overlaps";
  // A step that is recorded may have failed before it came to the group.
  if (failed && !scene.records) try {
      group.barrier("test");
      found.problem = "the group goes on";
    } catch (const std::exception&) {
    }
}

std::vector<Found> run(const Scene& scene, long which) {
  const auto local = dist::LocalGroup::make(2);
  MemoryProcesses memory(2);
  std::vector<Found> out(2);
  std::vector<std::thread> ranks;
  ready = 0;
  go = false;
  for (int rank = 0; rank < 2; rank++)
    ranks.emplace_back([&, rank] {
      Found& mine = out[static_cast<size_t>(rank)];
      try {
        ContextOptions options;
        options.threads = 1;
        Context context(options);
        auto engine = scene.processes
                          ? dist::make_process_engine(memory.transport(rank), memory.control(rank))
                          : local->join(rank, {20, &context});
        train(scene, which >= 0, std::move(engine), context, mine);
      } catch (const std::exception& e) {
        const OfTheHub spared;
        mine.problem = concat("outside of a call: ", e.what());
      }
    });
  while (ready < 2) std::this_thread::yield();
  if (which >= 0) arm(which, scene.good);
  go = true;
  for (std::thread& t : ranks) t.join();
  armed = false;
  return out;
}

// What is wrong with it, where an allocation has failed; "" where nothing is.
std::string problem_of(const Scene& scene, const std::vector<Found>& found,
                       const std::vector<std::string>& states) {
  for (size_t rank = 0; rank < 2; rank++) {
    const Found& f = found[rank];
    if (!f.problem.empty()) return concat("rank ", rank, ": ", f.problem);
    // A step that is recorded takes effect before it has been kept for replays.
    const bool before = f.state == states[f.done];
    const bool taken = scene.records && f.done < kSteps && f.state == states[f.done + 1];
    if (!before && !taken) return concat("rank ", rank, " has other weights after ", f.done, " steps");
  }
  return "";
}

}  // namespace

// out_of_memory STEP: every STEP-th allocation of replays, and every 16 STEP-th of recordings, which ask for many
int main(int count, char** arguments) {
  const long step = failures_apart * (count > 1 ? std::atol(arguments[1]) : 1);
  int scenarios = 0, problems = 0;
  for (int kind = 0; kind < 8; kind++) {
    const Scene scene{kind % 2 == 1, kind >= 4, kind / 2 % 2 == 1};
    const std::vector<Found> well = run(scene, -1);
    const std::vector<std::string>& states = well[0].states;
    if (!well[0].problem.empty() || well[1].state != well[0].state || states.size() != kSteps + 1) {
      std::printf("FAILED  %s: an undisturbed training: %s\n", scene.text().c_str(), well[0].problem.c_str());
      return 1;
    }
    const long apart = scene.records ? 16 * step : step;
    for (long which = kind % apart;; which += apart) {
      const double begun = monotonic_seconds();
      const std::vector<Found> found = run(scene, which);
      std::string problem = problem_of(scene, found, states);
      const double took = monotonic_seconds() - begun;
      if (problem.empty() && took > 20) problem = concat("it took ", took, " s");
      if (!problem.empty()) std::printf("FAILED  %s%ld: %s\n", scene.text().c_str(), which, problem.c_str());
      scenarios++;
      problems += !problem.empty();
      if (!fired) {
        std::printf("%s%ld allocations\n", scene.text().c_str(), which);
        break;
      }
    }
  }
  std::printf("%d passed, %d failed\n", scenarios - problems, problems);
  return problems != 0 || scenarios == 0;
}
