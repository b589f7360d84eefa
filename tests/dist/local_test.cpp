// Collectives between threads against what they must give, and every way in which ranks can disagree, fail, leave or be late: all
// get an error that says which rank, and nobody waits for longer than the deadline.
#include "core/dist/local.h"

#include <atomic>
#include <catch2/catch.hpp>
#include <chrono>
#include <cmath>
#include <limits>

#include "core/base/parts.h"
#include "core/dist/launcher.h"
#include "core/dist/reduce.h"
#include "tests/dist/ranks.h"
#include "tests/rounds.h"

using namespace tl;
using namespace tl::dist;
using namespace tl::test;
using Catch::Matchers::Contains;

namespace {

constexpr const char* kOp = "test";

// All ranks failed with a code, and the texts say all the words.
void all_failed(const std::vector<Outcome>& out, Code code, const std::vector<std::string>& words) {
  for (const Outcome& o : out) {
    INFO(o.text);
    CHECK(o.code == code);
    for (const std::string& word : words) CHECK_THAT(o.text, Contains(word));
  }
}

// A value of its own for each rank and place.
float value_at(int rank, int64_t i) { return std::sin(static_cast<float>(rank * 1000 + i)) * 3.7f; }

}  // namespace

TEST_CASE("sums, means and extremes over ranks are those of a float64 reference", "[dist]") {
  for (int size : {1, 2, 3, 4})
    for (int64_t elements : {int64_t{0}, int64_t{1}, int64_t{257}, int64_t{5003}}) {
      std::vector<std::vector<float>> found[4];
      for (auto& f : found) f.resize(static_cast<size_t>(size));
      all_ok(run_ranks(size, [&](int rank, Context& c, Group& g) {
        std::vector<float> mine;
        for (int64_t i = 0; i < elements; i++) mine.push_back(value_at(rank, i));
        const Tensor x = tensor<float>(c, Shape{elements}, mine);
        for (int kind = 0; kind < 4; kind++)
          found[kind][static_cast<size_t>(rank)] =
              values<float>(g.all_reduce(kOp, Span<const Tensor>(&x, 1), static_cast<Reduction>(kind))[0]);
      }));
      bool right = true;
      for (int64_t i = 0; i < elements; i++) {
        double sum = 0;
        float least = value_at(0, i), most = least;
        for (int rank = 0; rank < size; rank++) {
          sum += static_cast<double>(value_at(rank, i));
          least = std::min(least, value_at(rank, i));
          most = std::max(most, value_at(rank, i));
        }
        const float want[] = {static_cast<float>(sum), static_cast<float>(sum / size), least, most};
        for (int kind = 0; kind < 4; kind++)
          for (int rank = 0; rank < size; rank++) {
            const std::vector<float>& got = found[kind][static_cast<size_t>(rank)];
            right &= got.size() == static_cast<size_t>(elements) && got[static_cast<size_t>(i)] == want[kind];
          }
      }
      INFO(size << " ranks, " << elements << " elements");
      CHECK(right);
    }
}

TEST_CASE("a sum has the same bits alone, in a list, and cut in any way", "[dist]") {
  const int64_t large = 6000, small = 37;
  std::vector<std::vector<float>> alone(3), listed(3);
  all_ok(run_ranks(3, [&](int rank, Context& c, Group& g) {
    std::vector<float> mine;
    for (int64_t i = 0; i < large; i++) mine.push_back(value_at(rank, i));
    const Tensor x = tensor<float>(c, Shape{large}, mine);
    const Tensor list[] = {x.view(Shape{small}, 40), x, x.view(Shape{large - 11}, 44)};
    alone[static_cast<size_t>(rank)] =
        values<float>(g.all_reduce(kOp, Span<const Tensor>(&x, 1), Reduction::kSum)[0]);
    const std::vector<Tensor> out = g.all_reduce(kOp, list, Reduction::kSum);
    listed[static_cast<size_t>(rank)] = values<float>(out[1]);
    for (int64_t i = 0; i < large - 11; i++)
      if (out[2].data<float>()[i] != out[1].data<float>()[i + 11]) listed[0].clear();
    for (int64_t i = 0; i < small; i++)
      if (out[0].data<float>()[i] != out[1].data<float>()[i + 10]) listed[0].clear();
  }));
  for (size_t rank = 0; rank < 3; rank++) {
    CHECK(alone[rank] == listed[rank]);
    CHECK(alone[rank] == alone[0]);
  }
}

TEST_CASE("reductions of each dtype: f64 in the order of ranks, integers wrap, NaN wins extremes", "[dist]") {
  const double a[] = {1e16, 0.1}, b[] = {1, 0.2}, d[] = {-1e16, 0.3};
  const std::byte* doubles[] = {reinterpret_cast<const std::byte*>(a), reinterpret_cast<const std::byte*>(b),
                                reinterpret_cast<const std::byte*>(d)};
  double out[2];
  reduce(DType::kF64, Reduction::kSum, doubles, reinterpret_cast<std::byte*>(out), 2);
  CHECK(out[0] == (1e16 + 1) + -1e16);
  CHECK(out[1] == (0.1 + 0.2) + 0.3);

  // By pairs each sum of two is rounded: (1e8 + 4) + (4 - 1e8), where 1e8 + 4 is halfway between two f32, and goes to the even one.
  const float e[] = {1e8f}, f[] = {4}, h[] = {4}, m[] = {-1e8f};
  const std::byte* floats[] = {reinterpret_cast<const std::byte*>(e), reinterpret_cast<const std::byte*>(f),
                               reinterpret_cast<const std::byte*>(h), reinterpret_cast<const std::byte*>(m)};
  float pairs = 0;
  reduce(DType::kF32, Reduction::kSumByPairs, floats, reinterpret_cast<std::byte*>(&pairs), 1);
  CHECK(pairs == (e[0] + f[0]) + (h[0] + m[0]));
  reduce(DType::kF32, Reduction::kSum, floats, reinterpret_cast<std::byte*>(&pairs), 1);
  CHECK(pairs == 8);

  const int32_t most = std::numeric_limits<int32_t>::max(), one = 1;
  const std::byte* ints[] = {reinterpret_cast<const std::byte*>(&most),
                             reinterpret_cast<const std::byte*>(&one)};
  int32_t sum = 0;
  reduce(DType::kI32, Reduction::kSum, ints, reinterpret_cast<std::byte*>(&sum), 1);
  CHECK(sum == std::numeric_limits<int32_t>::min());
  const uint8_t u[] = {200}, v[] = {100};
  const std::byte* bytes[] = {reinterpret_cast<const std::byte*>(u), reinterpret_cast<const std::byte*>(v)};
  uint8_t small = 0;
  reduce(DType::kU8, Reduction::kSum, bytes, reinterpret_cast<std::byte*>(&small), 1);
  CHECK(small == 44);
  reduce(DType::kU8, Reduction::kMax, bytes, reinterpret_cast<std::byte*>(&small), 1);
  CHECK(small == 200);

  const float nan = std::nanf(""), p = 1, q = 2;
  for (auto order : {std::vector<const float*>{&nan, &p, &q}, {&p, &nan, &q}, {&p, &q, &nan}})
    for (Reduction r : {Reduction::kMin, Reduction::kMax}) {
      std::vector<const std::byte*> from;
      for (const float* f : order) from.push_back(reinterpret_cast<const std::byte*>(f));
      float got = 0;
      reduce(DType::kF32, r, from, reinterpret_cast<std::byte*>(&got), 1);
      CHECK(std::isnan(got));
    }
  CHECK_FALSE(is_reducible(DType::kBool, Reduction::kSum));
  CHECK_FALSE(is_reducible(DType::kI32, Reduction::kMean));
}

TEST_CASE("gather, scatter, broadcast, reduce and all-to-all put each element where it belongs", "[dist]") {
  std::vector<std::vector<int32_t>> gathered(3), scattered(3), sent(3), got(3), rooted(3), scalars(3);
  all_ok(run_ranks(3, [&](int rank, Context& c, Group& g) {
    const auto r = static_cast<size_t>(rank);
    // Rank r has r rows of 2.
    std::vector<int32_t> mine;
    for (int i = 0; i < rank * 2; i++) mine.push_back(10 * rank + i);
    const Tensor all = g.all_gather(kOp, tensor<int32_t>(c, Shape{rank, 2}, mine));
    gathered[r] = values<int32_t>(all);
    if (all.shape() != Shape{3, 2}) gathered[r].clear();
    scalars[r] = values<int32_t>(g.all_gather(kOp, tensor<int32_t>(c, Shape{}, {rank + 5})));
    // Five rows in parts of 2, 2 and 1.
    scattered[r] = values<int32_t>(
        g.reduce_scatter(kOp, tensor<int32_t>(c, Shape{5}, {rank, 1, 2, 3, 4}), Reduction::kSum));
    const Tensor x = tensor<int32_t>(c, Shape{2}, {rank, -rank});
    sent[r] = values<int32_t>(g.broadcast(kOp, Span<const Tensor>(&x, 1), 2)[0]);
    rooted[r] = values<int32_t>(g.reduce(kOp, x, Reduction::kSum, 1));
    got[r] = values<int32_t>(
        g.all_to_all(kOp, tensor<int32_t>(c, Shape{3}, {rank * 10, rank * 10 + 1, rank * 10 + 2})));
  }));
  const std::vector<int32_t> parts[] = {{3, 3}, {6, 9}, {12}};
  for (size_t r = 0; r < 3; r++) {
    CHECK(gathered[r] == std::vector<int32_t>{10, 11, 20, 21, 22, 23});
    CHECK(scalars[r] == std::vector<int32_t>{5, 6, 7});
    CHECK(scattered[r] == parts[r]);
    CHECK(sent[r] == std::vector<int32_t>{2, -2});
    CHECK(rooted[r] == (r == 1 ? std::vector<int32_t>{3, -3} : std::vector<int32_t>{0, 0}));
    const int32_t n = static_cast<int32_t>(r);
    CHECK(got[r] == std::vector<int32_t>{n, 10 + n, 20 + n});
  }
}

TEST_CASE("groups within groups: by color, ordered by key, and each goes on alone", "[dist]") {
  std::vector<int> ranks(5, -1), sizes(5, -1);
  std::vector<int32_t> sums(5, 0);
  all_ok(run_ranks(5, [&](int rank, Context& c, Group& g) {
    const auto r = static_cast<size_t>(rank);
    // 0, 2 and 4 in the reverse order; 1 alone; 3 in none.
    auto part = g.split(kOp, rank == 3 ? -1 : rank % 2, -rank);
    if (rank == 3) {
      sizes[r] = part ? 1 : 0;
    } else {
      ranks[r] = part->rank();
      sizes[r] = part->size();
      const Tensor x = tensor<int32_t>(c, Shape{}, {rank + 1});
      for (int again = 0; again < 3; again++)
        sums[r] = values<int32_t>(part->all_reduce(kOp, Span<const Tensor>(&x, 1), Reduction::kSum)[0])[0];
    }
    g.barrier(kOp);
    if (g.steps() != 2) sizes[r] = 99;
  }));
  CHECK(sizes == std::vector<int>{3, 1, 3, 0, 3});
  CHECK(ranks == std::vector<int>{2, 0, 1, -1, 0});
  CHECK(sums == std::vector<int32_t>{9, 2, 9, 0, 9});
}

TEST_CASE("calls that differ are an error on all ranks before data moves, with rank and field", "[dist]") {
  struct Case {
    const char* field;
    std::function<void(int, Context&, Group&)> body;
  };
  auto zeros = [](Context& c, DType dtype, const Shape& shape) { return c.allocate(dtype, shape); };
  const std::vector<Case> cases = {
      {"shape of tensor 0: (2, 4) and (2, 3)",
       [&](int rank, Context& c, Group& g) {
         const Tensor x = zeros(c, DType::kF32, rank == 1 ? Shape{2, 4} : Shape{2, 3});
         g.all_reduce(kOp, Span<const Tensor>(&x, 1), Reduction::kSum);
       }},
      {"dtype of tensor 1: f64 and f32",
       [&](int rank, Context& c, Group& g) {
         const Tensor x[] = {zeros(c, DType::kF32, {2}),
                             zeros(c, rank == 1 ? DType::kF64 : DType::kF32, {2})};
         g.all_reduce(kOp, x, Reduction::kSum);
       }},
      {"number of tensors: 1 and 2",
       [&](int rank, Context& c, Group& g) {
         const Tensor x[] = {zeros(c, DType::kF32, {2}), zeros(c, DType::kF32, {2})};
         g.all_reduce(kOp, Span<const Tensor>(x, rank == 1 ? 1 : 2), Reduction::kSum);
       }},
      {"reduction: max and sum",
       [&](int rank, Context& c, Group& g) {
         const Tensor x = zeros(c, DType::kF32, {2});
         g.all_reduce(kOp, Span<const Tensor>(&x, 1), rank == 1 ? Reduction::kMax : Reduction::kSum);
       }},
      {"root: 2 and 0",
       [&](int rank, Context& c, Group& g) {
         const Tensor x = zeros(c, DType::kF32, {2});
         g.broadcast(kOp, Span<const Tensor>(&x, 1), rank == 1 ? 2 : 0);
       }},
      {"operation: barrier and all_reduce",
       [&](int rank, Context& c, Group& g) {
         const Tensor x = zeros(c, DType::kF32, {2});
         for (int k = 0; k < 2; k++)
           if ((rank == 1) == (k == 0))
             g.barrier(kOp);
           else
             g.all_reduce(kOp, Span<const Tensor>(&x, 1), Reduction::kSum);
       }},
      {"shape of tensor 0: (1, 3) and (1, 2)",
       [&](int rank, Context& c, Group& g) {
         g.all_gather(kOp, zeros(c, DType::kF32, rank == 1 ? Shape{1, 3} : Shape{1, 2}));
       }},
  };
  for (const Case& each : cases) {
    const std::vector<Outcome> out = run_ranks(3, each.body);
    all_failed(out, Code::kMismatch, {"rank 1 differs from rank 0 in the", each.field, "step 1"});
    CHECK(out[0].text == out[1].text);
  }
}

TEST_CASE("a rank that fails, leaves or is cancelled is named to the others at once", "[dist]") {
  // Leaves after one step.
  std::vector<Outcome> out = run_ranks(3, [](int rank, Context&, Group& g) {
    g.barrier(kOp);
    if (rank == 2) return;
    g.barrier(kOp);
  });
  CHECK(out[2].code == Code::kOk);
  out.pop_back();
  all_failed(out, Code::kPeerLost, {"rank 2 was lost before step 2", "it has left the group"});

  // Fails in a call of its own: the others hear of its error.
  out = run_ranks(2, [](int rank, Context& c, Group& g) {
    const Tensor x = c.allocate(rank == 1 ? DType::kBool : DType::kF32, Shape{2});
    g.all_reduce(kOp, Span<const Tensor>(&x, 1), Reduction::kSum);
  });
  CHECK(out[0].code == Code::kPeerLost);
  CHECK_THAT(out[0].text, Contains("rank 1 was lost before step 1") && Contains("takes numbers: got bool"));
  CHECK(out[1].code == Code::kInvalidArgument);

  // Has no memory for the results, in the midst of the step.
  out = run_ranks(3, [](int rank, Context& c, Group& g) {
    const Tensor x = c.allocate(DType::kF32, Shape{4000});
    if (rank == 1) c.allocator().set_limit(20000);
    g.all_gather(kOp, x);
  });
  CHECK(out[1].code == Code::kOutOfMemory);
  out.erase(out.begin() + 1);
  all_failed(out, Code::kPeerLost, {"rank 1 failed at step 1 (all_gather)"});

  // Is cancelled while it waits.
  std::atomic<uint32_t> word{0};
  std::atomic<bool> ended{false};
  out = run_ranks(2, [&](int rank, Context& c, Group& g) {
    if (rank == 1) {
      while (!ended) std::this_thread::sleep_for(std::chrono::milliseconds(1));
      g.barrier(kOp);
    } else {
      c.set_cancel_word(&word, 7);
      std::thread other([&] { word = 7; });
      try {
        g.barrier(kOp);
      } catch (...) {
        other.join();
        ended = true;
        throw;
      }
      other.join();
      ended = true;
    }
  });
  CHECK(out[0].code == Code::kCancelled);
  CHECK(out[1].code == Code::kPeerLost);
  CHECK_THAT(out[1].text, Contains("rank 0"));
}

TEST_CASE("a rank that ends at any moment is named by all others, which stand at the same step", "[dist]") {
  for (uint32_t round = 0; round < static_cast<uint32_t>(rounds(40)); round++) {
    const int victim = static_cast<int>(round % 4), moment = static_cast<int>(round * 7 % 13),
              way = static_cast<int>(round % 3);
    std::vector<uint64_t> steps(4, 0);
    const std::vector<Outcome> out = run_ranks(4, [&](int rank, Context& c, Group& g) {
      const Tensor small = tensor<float>(c, Shape{1}, {1}), large = c.allocate(DType::kF32, Shape{6000});
      std::fill_n(large.mutable_data<float>(), 6000, 1.0f);
      try {
        for (int step = 0; step < 50; step++) {
          if (rank == victim && step == moment) {
            if (way == 0) return;
            if (way == 1) invalid("it had enough");
            c.allocator().set_limit(1000);  // in the midst of the next step that makes something large
          }
          const Tensor list[] = {large, small};
          switch (step % 4) {
            case 0: g.barrier(kOp); break;
            case 1: g.all_reduce(kOp, list, Reduction::kSum); break;
            case 2: g.all_gather(kOp, large); break;
            default: g.broadcast(kOp, list, step % 3);
          }
        }
      } catch (...) {
        steps[static_cast<size_t>(rank)] = g.steps();
        throw;
      }
    });
    std::vector<uint64_t> survivors;
    for (int rank = 0; rank < 4; rank++) {
      const Outcome& o = out[static_cast<size_t>(rank)];
      INFO("round " << round << ", rank " << rank << ": " << o.text);
      if (rank == victim) continue;
      survivors.push_back(steps[static_cast<size_t>(rank)]);
      CHECK(o.code == Code::kPeerLost);
      CHECK_THAT(o.text, Contains(concat("rank ", victim)));
      CHECK(survivors.back() >= static_cast<uint64_t>(moment));
      CHECK(survivors.back() == survivors[0]);
    }
  }
}

TEST_CASE("a rank that is late or missing ends the wait of all at the deadline, and is named", "[dist]") {
  std::atomic<int> ended{0};
  const std::vector<Outcome> out = run_ranks(
      3,
      [&](int rank, Context&, Group& g) {
        if (rank == 1)
          while (ended < 2) std::this_thread::sleep_for(std::chrono::milliseconds(1));
        for (int k = 0; k < 2; k++) try {  // the group has ended: a further call says the same
            g.barrier(kOp);
          } catch (const Error&) {
            if (k == 0) continue;
            ended++;
            throw;
          }
      },
      0.03);
  all_failed(out, Code::kTimedOut, {"did not come to step 1 (barrier)", "within 0.03 s"});
  for (const Outcome& o : out) CHECK(o.text == out[0].text);
  // Where the machine is slow, another one may have been late as well.
  const std::string& text = out[0].text;
  CHECK((text.find("rank 1 did") != std::string::npos || text.find("ranks 0, 1 did") != std::string::npos ||
         text.find("ranks 1, 2 did") != std::string::npos));
}

TEST_CASE("joining: a missing rank, a double one, and one that does not exist", "[dist]") {
  Context c({});
  auto missing = LocalGroup::make(3);
  Outcome found;
  try {
    missing->join(1, {0.02, &c});
  } catch (const Error& e) {
    found = {e.code(), e.message()};
  }
  all_failed({found}, Code::kTimedOut, {"ranks 0, 2 did not come to step 0 (join)"});
  CHECK_THROWS_AS(missing->join(0, {20, &c}), Error);  // late: at once

  auto twice = LocalGroup::make(3);
  std::vector<Outcome> out(3);
  std::vector<std::thread> threads;
  for (int k = 0; k < 3; k++)
    threads.emplace_back([&, k] {
      Context own({});
      try {
        twice->join(k == 2 ? 1 : k, {20, &own});
      } catch (const Error& e) {
        out[static_cast<size_t>(k)] = {e.code(), e.message()};
      }
    });
  for (std::thread& t : threads) t.join();
  all_failed(out, Code::kMismatch, {"rank 1 came twice"});

  auto closed = LocalGroup::make(40);
  std::thread waits([&] {
    Context own({});
    try {
      closed->join(1, {20, &own});
    } catch (const Error& e) {
      found = {e.code(), e.message()};
    }
  });
  closed->close();  // before it comes, or while it waits
  waits.join();
  all_failed({found}, Code::kPeerLost, {"released before ranks 0, ", " more had come"});

  auto used = LocalGroup::make(1);
  const auto engine = used->join(0, {20, &c});
  used->close();  // those that have joined go on
  CHECK_THROWS_WITH(used->join(0, {20, &c}), Contains("all 1 have joined already"));
  Call barrier;
  engine->meet(barrier, {}, {20, &c});
  CHECK(engine->steps() == 1);

  CHECK_THROWS_WITH(LocalGroup::make(2)->join(2, {1, &c}), Contains("the rank must be 0 to 1: got 2"));
  CHECK_THROWS_WITH(LocalGroup::make(0), Contains("got 0"));
}

TEST_CASE("a group of one gives back what it gets", "[dist]") {
  Context c({});
  Group g(c, nullptr);
  const Tensor x = tensor<float>(c, Shape{2}, {3, 4});
  CHECK(values<float>(g.all_reduce(kOp, Span<const Tensor>(&x, 1), Reduction::kMean)[0]) ==
        std::vector<float>{3, 4});
  CHECK(g.all_gather(kOp, x.view(Shape{1}).view(Shape{})).shape() == Shape{1});
  CHECK(values<float>(g.reduce_scatter(kOp, x, Reduction::kSum)) == std::vector<float>{3, 4});
  CHECK(g.split(kOp, 1, 0)->size() == 1);
  CHECK(g.split(kOp, -1, 0) == nullptr);
  CHECK_THROWS_WITH(g.reduce(kOp, x, Reduction::kSum, 1), Contains("0 to 0: got 1"));
  CHECK_THROWS_WITH(g.all_reduce(kOp, Span<const Tensor>(&x, 1), static_cast<Reduction>(9)),
                    Contains("got number 9"));
  all_failed(run_ranks(3,
                       [](int, Context& own, Group& three) {
                         const Tensor y = own.allocate(DType::kF32, Shape{2});
                         three.all_reduce(kOp, Span<const Tensor>(&y, 1), Reduction::kSumByPairs);
                       }),
             Code::kInvalidArgument, {"power of two of ranks: got 3"});
  CHECK_THROWS_WITH(g.set_timeout(0), Contains("above 0"));
}

TEST_CASE("rows are cut into parts that differ by one at most", "[dist]") {
  for (int64_t rows = 0; rows < 20; rows++)
    for (int64_t size = 1; size < 7; size++) {
      int64_t next = 0;
      for (int64_t rank = 0; rank < size; rank++) {
        const Part part = part_of(rows, rank, size);
        CHECK(part.first == next);
        CHECK((part.count == rows / size || part.count == rows / size + 1));
        next += part.count;
      }
      CHECK(next == rows);
    }
}

TEST_CASE("the launcher's environment: whole, half, contradictory", "[dist]") {
  using Variables = std::vector<std::pair<std::string, std::string>>;
  auto seen = [](const Variables& variables) {
    return launched([&](const char* name) -> const char* {
      for (auto& [key, value] : variables)
        if (key == name) return value.c_str();
      return nullptr;
    });
  };
  CHECK(seen({}).by == nullptr);
  CHECK(seen({}).place.size == 1);
  const Launched torch =
      seen({{"RANK", "3"}, {"WORLD_SIZE", "4"}, {"LOCAL_RANK", "1"}, {"LOCAL_WORLD_SIZE", "2"}});
  CHECK(std::string(torch.by) == "torchrun");
  CHECK(torch.place.rank == 3);
  CHECK(torch.place.size == 4);
  CHECK(torch.place.local_rank == 1);
  CHECK(torch.place.local_size == 2);
  CHECK(seen({{"SLURM_PROCID", "1"}, {"SLURM_NTASKS", "2"}}).place.size == 2);
  CHECK(seen({{"SLURM_NTASKS", "2"}}).by == nullptr);
  CHECK(
      seen({{"PMI_RANK", "1"}, {"PMI_SIZE", "2"}, {"SLURM_PROCID", "1"}, {"SLURM_NTASKS", "2"}}).place.rank ==
      1);
  CHECK_THROWS_WITH(seen({{"WORLD_SIZE", "2"}}), Contains("RANK and WORLD_SIZE must both be set"));
  CHECK_THROWS_WITH(seen({{"RANK", "2"}, {"WORLD_SIZE", "2"}}), Contains("got 2 and 2"));
  CHECK_THROWS_WITH(seen({{"RANK", "x"}, {"WORLD_SIZE", "2"}}), Contains("got 'x'"));
  CHECK_THROWS_WITH(seen({{"RANK", "0"}, {"WORLD_SIZE", "2"}, {"PMI_RANK", "1"}, {"PMI_SIZE", "2"}}),
                    Contains("must agree"));
}

TEST_CASE("many steps of ranks that hurry past one another", "[dist]") {
  const int steps = rounds(400);
  std::vector<int64_t> sums(4, 0);
  all_ok(run_ranks(4, [&](int rank, Context& c, Group& g) {
    for (int step = 0; step < steps; step++) {
      const Tensor x = tensor<int64_t>(c, Shape{}, {int64_t{rank} + step});
      sums[static_cast<size_t>(rank)] +=
          values<int64_t>(g.all_reduce(kOp, Span<const Tensor>(&x, 1), Reduction::kSum)[0])[0];
      if (step % 7 == 0) g.barrier(kOp);
    }
  }));
  const int64_t n = steps, want = 6 * n + 4 * (n * (n - 1) / 2);
  CHECK(sums == std::vector<int64_t>{want, want, want, want});
}
