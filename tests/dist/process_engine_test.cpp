// The engine of processes, whose ranks are threads here and meet through a transport in memory: it gives the bits that the local group
// gives, and every way in which ranks disagree, fail, leave, are late or lost is an error on all that says which rank.
#include "core/dist/process_engine.h"

#include <atomic>
#include <catch2/catch.hpp>

#include "core/base/clock.h"
#include "core/dist/results.h"
#include "core/dist/shares.h"
#include "core/dist/step_message.h"
#include "tests/dist/cut_sums.h"
#include "tests/dist/everything.h"
#include "tests/dist/memory_transport.h"
#include "tests/rounds.h"

using namespace tl;
using namespace tl::dist;
using namespace tl::test;
using Catch::Matchers::Contains;

namespace {

constexpr const char* kCalled = "test";

// All ranks but one failed with a code, and the texts say all the words.
void others_failed(const std::vector<Outcome>& out, int but, Code code,
                   const std::vector<std::string>& words) {
  for (size_t rank = 0; rank < out.size(); rank++) {
    if (static_cast<int>(rank) == but) continue;
    INFO("rank " << rank << ": " << out[rank].text);
    CHECK(out[rank].code == code);
    for (const std::string& word : words) CHECK_THAT(out[rank].text, Contains(word));
  }
}

}  // namespace

TEST_CASE("processes get the bits of a local group, from each operation", "[dist]") {
  for (int size : {1, 2, 3, 4}) {
    std::vector<std::string> want(static_cast<size_t>(size)), got(want);
    all_ok(run_ranks(size, [&](int rank, Context& c, Group& g) {
      want[static_cast<size_t>(rank)] = everything(rank, c, g);
    }));
    MemoryProcesses processes(size);
    all_ok(run_processes(processes, size, [&](int rank, Context& c, Group& g) {
      got[static_cast<size_t>(rank)] = everything(rank, c, g);
      if (g.steps() < 20) got[0].clear();
    }));
    INFO(size << " ranks");
    for (size_t rank = 0; rank < want.size(); rank++) CHECK((got[rank] == want[rank]));
    CHECK(processes.unfinished() == 0);
  }
}

TEST_CASE("sums of processes, of sizes around those at which tensors are cut", "[dist]") {
  for (int size : {1, 2, 3, 4}) {
    std::vector<std::string> wrong(static_cast<size_t>(size));
    all_ok(run_processes(size, [&](int rank, Context& c, Group& g) {
      wrong[static_cast<size_t>(rank)] = wrong_cut_sums(rank, c, g);
    }));
    for (const std::string& text : wrong) CHECK(text == "");
  }
}

TEST_CASE("two processes add half of a large tensor each, and send no more", "[dist]") {
  for (const size_t elements : {2'000'000, 2'100'000}) {  // on both sides of 8 MiB
    MemoryProcesses processes(2);
    all_ok(run_processes(processes, 2, [&](int, Context& c, Group& g) {
      const Tensor x = c.allocate(DType::kF32, Shape{static_cast<int64_t>(elements)});
      std::fill_n(x.mutable_data<float>(), elements, 1.0f);
      (void)g.all_reduce(kCalled, Span<const Tensor>(&x, 1), Reduction::kSum);
    }));
    CHECK(processes.sent() > 8 * elements - 1000);
    CHECK(processes.sent() < 8 * elements + 40'000);  // and what the calls say
    CHECK(processes.unfinished() == 0);
  }
}

TEST_CASE("shares of a call: each byte has one owner, and messages are of a size", "[dist]") {
  for (int size : {1, 2, 3, 7}) {
    Call call;
    call.operation = Operation::kAllReduce;
    for (int64_t n : {1, 0, 3, 100'000, 7, 7, 7, 250'001, 64, 16})
      call.tensors.push_back({DType::kF64, Shape{n}});
    const Shares shares(call, size, 65536);
    std::vector<std::string> seen;
    for (const TensorKind& t : call.tensors) seen.emplace_back(t.bytes(), '0');
    size_t next = 0, total = 0, most = 0;
    for (int owner = 0; owner < size; owner++) {
      size_t mine = 0;
      for (const Chunk& chunk : shares.of(owner)) {
        CHECK(chunk.first == next);
        CHECK(chunk.bytes <= 65536);
        next += chunk.count;
        for (size_t i = chunk.first; i < next; i++) {
          const Piece& p = shares.pieces[i];
          CHECK(p.offset % 8 == 0);
          for (size_t b = 0; b < p.bytes; b++) seen[p.tensor][p.offset + b]++;
          mine += p.bytes;
        }
      }
      total += mine;
      most = std::max(most, mine);
    }
    CHECK(next == shares.pieces.size());
    for (const std::string& s : seen) CHECK(s == std::string(s.size(), '1'));
    CHECK(most <= total / static_cast<size_t>(size) + 256);
  }
}

TEST_CASE("a call as bytes: it comes back, and what is none is an error", "[dist]") {
  Call call;
  call.operation = Operation::kReduceScatter;
  call.reduction = Reduction::kMax;
  call.rows = {3, 0, 4};
  call.bucket_bytes = uint64_t{1} << 40;
  call.subject = "a mean";
  call.tensors = {{DType::kI64, Shape{7, 2}}, {DType::kBool, Shape{}}};
  std::vector<std::byte> bytes;
  encode(call, bytes);
  const Call back = decode_call(bytes);
  CHECK(disagreement({call, back}).empty());
  CHECK(back.rows == call.rows);
  CHECK(back.bucket_bytes == call.bucket_bytes);
  CHECK(back.subject == call.subject);
  for (size_t end = 0; end < bytes.size(); end++)
    CHECK_THROWS_AS(decode_call(Span<const std::byte>(bytes.data(), end)), Error);
  bytes.push_back(std::byte{0});
  CHECK_THROWS_AS(decode_call(bytes), Error);
  bytes.pop_back();
  for (size_t at = 0; at < bytes.size(); at++)
    for (const std::byte bad : {std::byte{0xff}, std::byte{0x7f}}) {
      std::vector<std::byte> other = bytes;
      other[at] = bad;
      try {
        (void)decode_call(other);  // another call, or an error
      } catch (const Error& e) {
        CHECK(e.code() == Code::kCorruptData);
      }
    }

  StepMessage message(4096);
  (void)message.write_leaving(Code::kPeerLost, std::string(9000, 'x'), 3);
  CHECK(message.checked_head().kind == StepHead::kLeaves);
  CHECK(message.text().size() < 4096);
  auto* words = reinterpret_cast<uint64_t*>(message.data());
  for (size_t word = 0; word < sizeof(StepHead) / 8; word++)
    for (uint64_t value : {~uint64_t{0}, uint64_t{1} << 40, uint64_t{5000}}) {
      (void)message.write_call(call, 1, 1, {});
      words[word] = value;
      try {
        (void)message.checked_head();
        if (message.head().carries_description) CHECK(message.description().size() <= 4096);
      } catch (const Error& e) {
        CHECK(e.code() == Code::kCorruptData);
      }
    }
}

TEST_CASE("processes whose calls differ get one error, with rank and field", "[dist]") {
  using Body = std::function<void(Context&, Group&, bool odd)>;
  auto reduced = [](Context& c, Group& g, DType dtype, const Shape& shape, Reduction r = Reduction::kSum) {
    const Tensor x = c.allocate(dtype, shape);
    (void)g.all_reduce(kCalled, Span<const Tensor>(&x, 1), r);
  };
  const std::vector<std::pair<const char*, Body>> cases = {
      {"shape of tensor 0: (2, 4) and (2, 3)",
       [&](Context& c, Group& g, bool odd) {
         reduced(c, g, DType::kF32, odd ? Shape{2, 4} : Shape{2, 3});
       }},
      {"shape of tensor 0: (2, 40000) and (2, 30000)",
       [&](Context& c, Group& g, bool odd) {
         reduced(c, g, DType::kF32, odd ? Shape{2, 40000} : Shape{2, 30000});
       }},
      {"dtype of tensor 0: f64 and f32",
       [&](Context& c, Group& g, bool odd) { reduced(c, g, odd ? DType::kF64 : DType::kF32, {2}); }},
      {"reduction: max and sum",
       [&](Context& c, Group& g, bool odd) {
         reduced(c, g, DType::kF32, {2}, odd ? Reduction::kMax : Reduction::kSum);
       }},
      {"operation: barrier and all_reduce",
       [&](Context& c, Group& g, bool odd) { odd ? g.barrier(kCalled) : reduced(c, g, DType::kF32, {2}); }},
      {"root: 2 and 0",
       [&](Context& c, Group& g, bool odd) {
         const Tensor x = c.allocate(DType::kF32, {3});
         (void)g.broadcast(kCalled, Span<const Tensor>(&x, 1), odd ? 2 : 0);
       }},
      {"number of rows",
       [&](Context& c, Group& g, bool odd) {
         (void)g.reduce_scatter(kCalled, c.allocate(DType::kF32, {4}), Reduction::kSum,
                                odd ? std::vector<int64_t>{1, 1, 2} : std::vector<int64_t>{2, 1, 1});
       }},
      // Lists that are too long for a message: known by their digests, and sent apart.
      {"shape of tensor 1500: (1,) and (2,)",
       [&](Context& c, Group& g, bool odd) {
         std::vector<Tensor> list(2000, c.allocate(DType::kF32, {2}));
         if (odd) list[1500] = c.allocate(DType::kF32, {1});
         (void)g.all_reduce(kCalled, list, Reduction::kSum);
       }},
      {"subject: none and a mean",
       [&](Context& c, Group& g, bool odd) {
         const Tensor x = c.allocate(DType::kF32, {3});
         (void)g.all_reduce(kCalled, Span<const Tensor>(&x, 1), Reduction::kSum, Wire::kAsIs,
                            odd ? "" : "a mean");
       }},
      {"bucket bytes: 8 and 4096",  // also where both cut the list alike
       [&](Context& c, Group& g, bool odd) {
         g.set_bucket_bytes(odd ? 8 : 4096);
         const std::vector<Tensor> list(3, c.allocate(DType::kF32, {2}));
         (void)g.all_reduce(kCalled, list, Reduction::kSum);
       }},
      {"number of tensors: 1 and 2000",
       [&](Context& c, Group& g, bool odd) {
         const std::vector<Tensor> list(odd ? 1 : 2000, c.allocate(DType::kF32, {2}));
         (void)g.all_reduce(kCalled, list, Reduction::kSum);
       }},
  };
  for (const auto& [field, body] : cases)
    for (int where : {0, 1, 2}) {
      MemoryProcesses processes(3);
      const std::vector<Outcome> out =
          run_processes(processes, 3, [&, &body = body](int rank, Context& c, Group& g) {
            g.barrier(kCalled);
            body(c, g, rank == where);
            g.barrier(kCalled);
          });
      INFO(field << ", rank " << where);
      others_failed(out, -1, Code::kMismatch, {"differs from rank 0 in the", "at step 2"});
      if (where) CHECK_THAT(out[0].text, Contains(concat("rank ", where, " differs")) && Contains(field));
      CHECK(out[0].text == out[1].text);
      CHECK(out[0].text == out[2].text);
      CHECK(processes.unfinished() == 0);
    }
}

TEST_CASE("long lists that agree are reduced as short ones are", "[dist]") {
  all_ok(run_processes(3, [](int rank, Context& c, Group& g) {
    std::vector<Tensor> list;
    for (int k = 0; k < 2000; k++) list.push_back(tensor<int32_t>(c, Shape{2}, {rank, k}));
    const std::vector<Tensor> sums = g.all_reduce(kCalled, list, Reduction::kSum);
    for (int k = 0; k < 2000; k++)
      if (values<int32_t>(sums[static_cast<size_t>(k)]) != std::vector<int32_t>{3, 3 * k})
        fail(Code::kInternal, "tensor ", k);
  }));
}

TEST_CASE("a process that fails, leaves, is cancelled, late or lost is named to the others", "[dist]") {
  // Leaves after one step, and the others go on.
  std::vector<Outcome> out = run_processes(3, [](int rank, Context&, Group& g) {
    g.barrier(kCalled);
    if (rank == 2) return;
    g.barrier(kCalled);
  });
  CHECK(out[2].code == Code::kOk);
  others_failed(out, 2, Code::kPeerLost, {"rank 2 was lost before step 2", "it has left the group"});

  // Ends its context after one step, and the others have ended too.
  all_ok(run_processes(3, [](int, Context&, Group& g) { g.barrier(kCalled); }));

  // Fails in a call of its own, with others in the midst of waiting for a third.
  out = run_processes(3, [](int rank, Context& c, Group& g) {
    const Tensor x = c.allocate(rank == 1 ? DType::kBool : DType::kF32, Shape{2});
    if (rank == 0) std::this_thread::sleep_for(std::chrono::milliseconds(20));
    g.all_reduce(kCalled, Span<const Tensor>(&x, 1), Reduction::kSum);
  });
  CHECK(out[1].code == Code::kInvalidArgument);
  others_failed(out, 1, Code::kPeerLost, {"rank 1 was lost before step 1", "takes numbers: got bool"});

  // Has no memory for the results, in the midst of the step.
  for (int64_t elements : {100, 40'000}) {
    out = run_processes(3, [&](int rank, Context& c, Group& g) {
      const Tensor x = c.allocate(DType::kF32, Shape{elements});
      if (rank == 1) c.allocator().set_limit(static_cast<size_t>(elements) * 5);
      g.all_gather(kCalled, x);
      g.barrier(kCalled);
    });
    CHECK(out[1].code == Code::kOutOfMemory);
    others_failed(out, 1, Code::kPeerLost, {"rank 1 failed at step 1 (all_gather)"});
  }

  // Is cancelled while it waits.
  std::atomic<uint32_t> word{0};
  std::atomic<bool> ended{false};
  out = run_processes(2, [&](int rank, Context& c, Group& g) {
    if (rank == 1) {
      while (!ended) std::this_thread::sleep_for(std::chrono::milliseconds(1));
      g.barrier(kCalled);
      return;
    }
    c.set_cancel_word(&word, 7);
    std::thread other([&] { word = 7; });
    try {
      g.barrier(kCalled);
    } catch (...) {
      other.join();
      ended = true;
      throw;
    }
    other.join();
    ended = true;
  });
  CHECK(out[0].code == Code::kCancelled);
  others_failed(out, 0, Code::kPeerLost, {"rank 0 was", "step 1", "cancelled"});

  // Does not come in time, and hears of it when it does.
  ended = false;
  out = run_processes(
      3,
      [&](int rank, Context&, Group& g) {
        g.barrier(kCalled);
        if (rank == 1) {
          while (!ended) std::this_thread::sleep_for(std::chrono::milliseconds(1));
          g.barrier(kCalled);
          return;
        }
        if (rank == 0) g.set_timeout(0.2);
        try {
          g.barrier(kCalled);
        } catch (const Error&) {
          ended = true;
          throw;
        }
      },
      20);
  others_failed(out, -1, Code::kTimedOut, {"within 0.2 s: rank 1 did not come to step 2 (barrier)"});
}

TEST_CASE("a process that is lost at any moment: the others learn of it and hold no memory", "[dist]") {
  for (uint32_t round = 0; round < static_cast<uint32_t>(rounds(30)); round++) {
    const int victim = static_cast<int>(round % 4), size = 4;
    MemoryProcesses processes(size);
    std::atomic<int> steps{0};
    std::thread killer([&] {
      while (steps < static_cast<int>(round * 5 % 17)) std::this_thread::yield();
      std::this_thread::sleep_for(std::chrono::microseconds(round * 37 % 300));
      processes.kill(victim);
    });
    const std::vector<Outcome> out = run_processes(processes, size, [&](int rank, Context& c, Group& g) {
      const Tensor x = some(c, DType::kF32, {60'000}, rank);
      const std::string first = bytes_of(g.all_reduce(kCalled, Span<const Tensor>(&x, 1), Reduction::kSum));
      for (;; steps++)
        if (bytes_of(g.all_reduce(kCalled, Span<const Tensor>(&x, 1), Reduction::kSum)) != first)
          fail(Code::kInternal, "other bits");
    });
    killer.join();
    INFO("round " << round);
    others_failed(out, victim, Code::kPeerLost, {concat("rank ", victim)});
    for (const Outcome& o : out) CHECK(o.seconds < 10);
    CHECK(processes.unfinished() == 0);
  }
}

TEST_CASE("processes in groups within groups: each goes on alone, and ends alone", "[dist]") {
  std::vector<std::string> seen(6);
  MemoryProcesses processes(6);
  all_ok(run_processes(processes, 6, [&](int rank, Context& c, Group& g) {
    std::string& mine = seen[static_cast<size_t>(rank)];
    const auto sum = [&](Group& group, int64_t elements) {
      const Tensor x =
          tensor<int32_t>(c, Shape{elements}, std::vector<int32_t>(static_cast<size_t>(elements), rank));
      mine += concat(
          values<int32_t>(group.all_reduce(kCalled, Span<const Tensor>(&x, 1), Reduction::kSum)[0]).back(),
          " ");
    };
    // By thirds in the reverse order, 0 alone in none; then halves of the halves, and the whole between.
    auto part = g.split(kCalled, rank == 0 ? -1 : rank % 3, -rank);
    auto half = g.split(kCalled, rank / 3, 0);
    for (int64_t elements : {1, 30'000}) {
      if (part) sum(*part, elements);
      sum(g, elements);
      sum(*half, elements);
    }
    auto pair = half->split(kCalled, half->rank() == 2 ? -1 : 0, 0);
    if (pair) sum(*pair, 3);
    half.reset();  // the others go on
    if (part) {
      mine += concat(part->rank(), "/", part->size(), " ");
      sum(*part, 5);
    }
    if (pair) pair->barrier(kCalled);
    sum(g, 2);
  }));
  CHECK(seen[0] == "15 3 15 3 1 15 ");
  CHECK(seen[1] == "5 15 3 5 15 3 1 1/2 5 15 ");
  CHECK(seen[2] == "7 15 3 7 15 3 1/2 7 15 ");
  CHECK(seen[3] == "3 15 12 3 15 12 7 0/1 3 15 ");
  CHECK(seen[5] == "7 15 12 7 15 12 0/2 7 15 ");
  CHECK(processes.unfinished() == 0);

  // Of a part that has ended only its ranks hear.
  std::vector<Outcome> out = run_processes(4, [&](int rank, Context&, Group& g) {
    auto half = g.split(kCalled, rank / 2, 0);
    g.barrier(kCalled);
    if (rank == 3) half.reset();
    if (rank == 2) {
      try {
        half->barrier(kCalled);
      } catch (const Error& e) {
        seen[2] = e.message();
      }
    }
    if (rank < 2) half->barrier(kCalled);
    g.barrier(kCalled);
  });
  all_ok(out);
  CHECK_THAT(seen[2], Contains("rank 3 (rank 1 of a group within the group) was lost before step 1") &&
                          Contains("it has left the group"));
}

TEST_CASE("groups within a group give their memory back when all have ended them", "[dist]") {
  const int size = 3, many = rounds(40) + 8;
  MemoryProcesses processes(size);
  std::atomic<int> arrived{0}, measured{0};
  std::vector<int> unfinished;
  all_ok(run_processes(processes, size, [&](int rank, Context&, Group& g) {
    // Pairs and one alone, a group of all in it, which outlives it now and then, and one that nobody calls.
    std::unique_ptr<Group> kept;
    for (int k = 0; k < many; k++) {
      auto whole = g.split(kCalled, 0, -rank);
      auto part = whole->split(kCalled, (rank + k) % size == 0 ? 1 : 0, 0);
      auto idle = part->split(kCalled, 0, 0);
      for (int step = 0; step < k % 3; step++) part->barrier(kCalled);
      if (k % 4 == 1) kept = std::move(part);
      if (k % 2) whole.reset();
      if (k % 4 == 3) kept.reset();
      if (k == 7 || k == many - 1) {
        kept.reset(), part.reset(), idle.reset(), whole.reset();
        (void)g.split(kCalled, -1, 0);
        const int round = k == 7 ? 1 : 2;
        if (++arrived == round * size) {
          unfinished.push_back(processes.unfinished());
          measured = round;
        }
        for (int ms = 0; measured < round && ms < 20'000; ms++)
          std::this_thread::sleep_for(std::chrono::milliseconds(1));
      }
    }
  }));
  REQUIRE(unfinished.size() == 2);
  CHECK(unfinished[0] == unfinished[1]);
  CHECK(processes.unfinished() == 0);
}

// 4 ranks, of which 1 and 3 are a group within the group, in reverse order: what happens there, the others wait for in the group of all.
TEST_CASE(
    "a failure in the midst of a call of a group within a group ends all, and names ranks by their numbers "
    "in that of all",
    "[dist]") {
  enum { kCancelled, kLate, kNoMemory, kEnds };
  const std::string who = "rank 3 (rank 0 of a group within the group) ";
  const std::string texts[] = {
      who + "was cancelled at step 1 (barrier)", who + "did not come to step 1 (barrier)",
      who + "failed at step 1 (all_gather): ", who + "was lost before step 1: it has"};
  for (const bool are_processes : {false, true})
    for (int what : {kCancelled, kLate, kNoMemory, kEnds}) {
      std::atomic<uint32_t> word{0};
      std::atomic<bool> ended{false};
      std::string heard;
      const auto until_ended = [&] {
        while (!ended) std::this_thread::sleep_for(std::chrono::milliseconds(1));
      };
      const RankBody body = [&](int rank, Context& c, Group& g) {
        auto part = g.split(kCalled, rank % 2, -rank);
        struct Ends {  // tells whoever waits for it
          std::atomic<bool>& of;
          ~Ends() { of = true; }
        };
        struct Joined {
          std::thread& of;
          ~Joined() { of.join(); }
        };
        if (rank % 2 && what == kCancelled) {
          if (rank == 1) return until_ended(), part->barrier(kCalled);
          const Ends ends{ended};
          c.set_cancel_word(&word, 7);
          std::thread other([&] {  // when this rank waits
            std::this_thread::sleep_for(std::chrono::milliseconds(100));
            word = 7;
          });
          const Joined joined{other};
          part->barrier(kCalled);
        } else if (rank % 2 && what == kLate) {
          if (rank == 3) return until_ended(), part->barrier(kCalled);
          const Ends ends{ended};
          part->set_timeout(0.1);
          part->barrier(kCalled);
        } else if (rank % 2 && what == kNoMemory) {
          const Tensor x = c.allocate(DType::kF32, Shape{40'000});
          if (rank == 3) c.allocator().set_limit(200'000);
          part->all_gather(kCalled, x);
        } else if (rank == 3) {
          part.reset();
        } else if (rank == 1) {
          try {
            part->barrier(kCalled);
          } catch (const Error& e) {
            heard = e.message();
          }
        }
        g.barrier(kCalled);
      };
      const std::vector<Outcome> out = are_processes ? run_processes(4, body) : run_ranks(4, body);
      INFO((are_processes ? "processes" : "threads") << ", case " << what);
      if (what == kEnds) {
        all_ok(out);
        CHECK_THAT(heard, Contains(texts[what]));
        continue;
      }
      others_failed(out, what == kLate ? -1 : 3, what == kLate ? Code::kTimedOut : Code::kPeerLost,
                    {texts[what]});
    }
}

TEST_CASE("many steps of processes that hurry past one another", "[dist]") {
  const int steps = rounds(400);
  std::vector<int64_t> sums(4, 0);
  all_ok(run_processes(4, [&](int rank, Context& c, Group& g) {
    for (int step = 0; step < steps; step++) {
      const Tensor x = tensor<int64_t>(c, Shape{}, {int64_t{rank} + step});
      sums[static_cast<size_t>(rank)] +=
          values<int64_t>(g.all_reduce(kCalled, Span<const Tensor>(&x, 1), Reduction::kSum)[0])[0];
      if (step % 7 == 0) g.barrier(kCalled);
    }
  }));
  const int64_t n = steps, want = 6 * n + 4 * (n * (n - 1) / 2);
  CHECK(sums == std::vector<int64_t>{want, want, want, want});
}
