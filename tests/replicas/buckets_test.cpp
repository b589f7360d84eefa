// Lists of gradients in buckets, and buckets that go out beside the backward pass: the same bits whatever the buckets, overlap, threads and
// engine, and a step that fails between two buckets has changed nothing.
#include <atomic>
#include <catch2/catch.hpp>
#include <cmath>
#include <future>
#include <utility>

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

// Layers whose gradients are 64 KiB and more, and biases, which are not.
struct Model {
  static constexpr int64_t kSizes[] = {32, 512, 64, 256, 8};

  Model(Context& context, dist::Group& of) : c(context), group(shared(of)), adam(optim::make_adam(c, {})) {
    for (int l = 0; l + 1 < 5; l++) {
      weights.push_back(VariableRef::make(mul_scalar(wave(c, {kSizes[l], kSizes[l + 1]}, l), 0.1), "w"));
      weights.push_back(VariableRef::make(full(c, {kSizes[l + 1]}, 0, DType::kF32), "b"));
    }
  }

  Values step(Span<const Tensor> in) {
    Tape tape(c, {});
    Tensor x = in[0];
    std::vector<Variable*> all;
    std::vector<GradientSource> sources;
    for (size_t l = 0; l < weights.size(); l += 2) {
      x = add(matmul(l ? tanh(x) : x, weights[l]->read()), weights[l + 1]->read());
      for (size_t k = l; k < l + 2; k++) all.push_back(weights[k].get());
    }
    for (Variable* v : all) sources.push_back({Tensor(), v});
    const Tensor loss = mean(sparse_softmax_cross_entropy(in[1], x));
    adam->apply(replicas::all_reduce(group, tape.gradient({loss}, sources), Reduction::kMean, group->wire()),
                all);
    return {loss};
  }

  Values batch(int step) const {
    std::vector<int32_t> labels;
    for (int i = 0; i < 4; i++) labels.push_back((i * 7 + step + group->rank()) % 8);
    return {wave(c, {4, kSizes[0]}, group->rank() + 10 * step), tensor<int32_t>(c, {4}, labels)};
  }

  std::string state() const {
    std::string out;
    for (const VariableRef& r : weights) out += bytes(r->value());
    for (const VariableRef& r : adam->variables()) out += bytes(r->value());
    return out;
  }

  Context& c;
  GroupPtr group;
  std::vector<VariableRef> weights;
  std::unique_ptr<optim::Optimizer> adam;
};

// Two ranks with so many threads each, as threads or as processes that meet in memory.
std::vector<Outcome> run_two(bool processes, int threads, const RankBody& body) {
  auto local = dist::LocalGroup::make(2);
  MemoryProcesses memory(2);
  std::vector<Outcome> out(2);
  std::vector<std::thread> ranks;
  for (int rank = 0; rank < 2; rank++)
    ranks.emplace_back([&, rank] {
      try {
        ContextOptions options;
        options.threads = threads;
        Context context(options);
        auto engine = processes ? dist::make_process_engine(memory.transport(rank), memory.control(rank))
                                : local->join(rank, {20, &context});
        dist::Group group(context, std::move(engine), 20);
        body(rank, context, group);
      } catch (const Error& e) {
        out[static_cast<size_t>(rank)] = {e.code(), e.message()};
      }
    });
  for (std::thread& t : ranks) t.join();
  return out;
}

}  // namespace

TEST_CASE("a list goes in buckets from its end, and none is cut or left out", "[replicas]") {
  struct Case {
    size_t bucket;
    uint64_t calls;
  };
  // Of 4, 40, 8, 0 and 12 bytes.
  for (const Case& one :
       {Case{0, 1}, {1, 4}, {8, 4}, {12, 3}, {20, 3}, {21, 2}, {60, 2}, {61, 1}, {SIZE_MAX, 1}}) {
    std::vector<uint64_t> calls(2);
    std::vector<std::string> got(2), want(2);
    all_ok(run_ranks(2, [&](int rank, Context& c, dist::Group& g) {
      const auto r = static_cast<size_t>(rank);
      Values list;
      for (int64_t n : {1, 10, 2, 0, 3}) list.push_back(wave(c, {n}, rank + static_cast<double>(n)));
      for (const Tensor& t : g.all_reduce("test", list, Reduction::kSum)) want[r] += bytes(t);
      g.set_bucket_bytes(one.bucket);
      const uint64_t before = g.steps();
      for (const Tensor& t : g.all_reduce("test", list, Reduction::kSum)) got[r] += bytes(t);
      calls[r] = g.steps() - before;
      if (g.split("test", 0, 0)->bucket_bytes() != one.bucket) got[r].clear();
    }));
    INFO(one.bucket);
    CHECK(calls == std::vector<uint64_t>(2, one.calls));
    CHECK(got == want);
  }
}

TEST_CASE("ranks with unlike buckets learn of it, and a tensor that is wrong fails in front of all buckets",
          "[replicas]") {
  const std::vector<Outcome> out = run_ranks(2, [](int rank, Context& c, dist::Group& g) {
    g.set_bucket_bytes(rank == 0 ? 4 : 5);
    const Values list(3, wave(c, {1}, 0));
    (void)g.all_reduce("test", list, Reduction::kSum);
  });
  for (const Outcome& o : out) {
    CHECK(o.code == Code::kMismatch);
    CHECK_THAT(o.text, Contains("at step 1 rank 1 differs from rank 0 in the bucket bytes: 5 and 4"));
  }
  std::vector<uint64_t> steps(2, 99);
  std::vector<std::string> text(2);
  all_ok(run_ranks(2, [&](int rank, Context& c, dist::Group& g) {
    g.set_bucket_bytes(1);
    const Values list{full(c, {}, 1, DType::kBool), wave(c, {1}, 0)};
    try {
      (void)g.all_reduce("test", list, Reduction::kSum);
    } catch (const Error& e) {
      text[static_cast<size_t>(rank)] = e.message();
    }
    steps[static_cast<size_t>(rank)] = g.steps();
  }));
  for (const std::string& t : text) CHECK_THAT(t, Contains("takes numbers") || Contains("as tensor 0"));
  CHECK(steps == std::vector<uint64_t>{0, 0});
}

TEST_CASE("the same bits whatever the buckets, overlap, threads and engine", "[replicas][compile]") {
  std::vector<std::string> hashes;
  std::atomic<int> overlapped{0};
  dist::Wire wire = dist::Wire::kAsIs;
  const auto train = [&](bool processes, int threads, size_t bucket, bool overlap, bool compiled) {
    std::vector<std::string> states(2);
    all_ok(run_two(processes, threads, [&](int rank, Context& c, dist::Group& g) {
      g.set_wire(wire);
      g.set_bucket_bytes(bucket);
      g.set_overlap(overlap);
      Model model(c, g);
      Function f(
          c, [&](Span<const Tensor> in, size_t) { return model.step(in); }, strict());
      for (int step = 0; step < 4; step++) {
        Values loss(1);
        if (compiled)
          f.call(model.batch(step), loss);
        else
          loss = model.step(model.batch(step));
      }
      overlapped += f.text().find("start}") != std::string::npos;
      states[static_cast<size_t>(rank)] = model.state();
    }));
    CHECK((states[0] == states[1]));
    hashes.push_back(states[0]);
  };
  train(false, 1, 0, false, false);
  for (const bool processes : {false, true})
    for (const int threads : {1, 2})
      for (const size_t bucket : {size_t{64} << 10, size_t{1} << 20, size_t{25} << 20})
        for (const bool overlap : {false, true}) {
          if (rounds(8) == 1 && bucket != size_t{64} << 10) continue;  // most buckets, most hand-overs
          train(processes, threads, bucket, overlap, true);
        }
  for (const std::string& hash : hashes) CHECK((hash == hashes[0]));
  CHECK(overlapped > 0);

  // As bf16, too: bits of their own.
  const std::string as_f32 = std::exchange(hashes, {})[0];
  wire = dist::Wire::kBf16;
  train(false, 1, 0, false, false);
  CHECK((hashes[0] != as_f32));
  overlapped = 0;
  for (const bool processes : {false, true})
    for (const bool overlap : {false, true}) train(processes, 2, size_t{64} << 10, overlap, true);
  for (const std::string& hash : hashes) CHECK((hash == hashes[0]));
  CHECK(overlapped > 0);
}

TEST_CASE("a bucket of the last layers goes out before the gradients of the first ones are computed",
          "[replicas][compile]") {
  std::vector<std::string> text(2);
  std::vector<uint64_t> steps(2);
  all_ok(run_two(false, 1, [&](int rank, Context& c, dist::Group& g) {
    g.set_bucket_bytes(64 << 10);
    g.set_overlap(true);
    Model model(c, g);
    Function f(
        c, [&](Span<const Tensor> in, size_t) { return model.step(in); }, strict());
    for (int step = 0; step < 3; step++) {
      Values loss(1);
      f.call(model.batch(step), loss);
    }
    text[static_cast<size_t>(rank)] = f.text();
    steps[static_cast<size_t>(rank)] = g.steps();
  }));
  // Of four weights and their biases: [w2 b2 w3 b3], [w1 b1], [w0 b0].
  CHECK(steps == std::vector<uint64_t>(2, 3 * 3));
  const std::string& t = text[0];
  const size_t first = t.find("call=0, mean, start"), last = t.rfind("matmul"),
               end = t.find("call=0, mean, finish");
  INFO(t);
  REQUIRE(first != std::string::npos);
  CHECK(first < last);
  CHECK(last < end);
  CHECK(end < t.find("adam_update"));
}
