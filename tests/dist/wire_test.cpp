// f32 on its way as bf16: against float64 within the bound of the header, against the bits by hand, and the same on all ranks and engines.
#include "core/dist/wire.h"

#include <cmath>
#include <cstring>
#include <random>

#include "core/dist/reduce.h"
#include "core/dist/step_message.h"
#include "tests/dist/memory_transport.h"
#include "tests/rounds.h"

using namespace tl;
using namespace tl::dist;
using namespace tl::test;
using Catch::Matchers::Contains;

namespace {

constexpr const char* kTravels = "test";

// The nearest number of 8 significant bits, of two the one with the even last bit: by arithmetic, not by patterns. Of 2^-126 and more.
double rounded_to_8_bits(double x) {
  if (x == 0) return x;
  int exponent = 0;
  const double mantissa = std::frexp(x, &exponent);  // 0.5 <= |mantissa| < 1
  return std::ldexp(std::nearbyint(mantissa * 256),
                    exponent - 8);  // to the even one, as the rounding mode says
}

// Numbers of many sizes and both signs, which differ from rank to rank.
std::vector<float> numbers(int rank, size_t count) {
  std::mt19937 draw(static_cast<uint32_t>(rank) * 977 + 5);
  std::uniform_real_distribution<double> mantissa(-2, 2);
  std::uniform_int_distribution<int> exponent(-40, 40);
  std::vector<float> out;
  for (size_t i = 0; i < count; i++)
    out.push_back(
        static_cast<float>(std::ldexp(mantissa(draw), i % 3 ? exponent(draw) / 20 : exponent(draw))));
  return out;
}

float of_bf16(uint16_t bits) {
  const uint32_t wide = uint32_t{bits} << 16;
  float out;
  std::memcpy(&out, &wide, sizeof out);
  return out;
}

using Lists = std::vector<std::vector<float>>;  // of each rank

Lists all_reduced(int size, bool processes, size_t elements, Reduction reduction, size_t bucket = 0) {
  Lists out(static_cast<size_t>(size));
  const RankBody body = [&](int rank, Context& c, Group& g) {
    const auto x = tensor<float>(c, Shape{static_cast<int64_t>(elements)}, numbers(rank, elements));
    const Tensor list[] = {x, tensor<float>(c, Shape{1}, {1.0f + 0.00390625f})};
    g.set_bucket_bytes(bucket);
    const std::vector<Tensor> sums = g.all_reduce(kTravels, list, reduction, Wire::kBf16);
    out[static_cast<size_t>(rank)] = values<float>(sums[0]);
    out[static_cast<size_t>(rank)].push_back(sums[1].data<float>()[0]);
    if (values<float>(x) != numbers(rank, elements)) out.clear();  // what is sent stays as it is
  };
  all_ok(processes ? run_processes(size, body) : run_ranks(size, body));
  return out;
}

}  // namespace

TEST_CASE("sums and means that travel as bf16 are those of rounded numbers, within the bound of float64 ones",
          "[dist]") {
  constexpr size_t kElements = 3001;
  for (int size : {2, 3, 4, 7})
    for (Reduction reduction : {Reduction::kSum, Reduction::kMean}) {
      INFO(size << " ranks, " << name_of(reduction));
      const Lists got = all_reduced(size, false, kElements, reduction);
      std::vector<std::vector<float>> in;
      for (int rank = 0; rank < size; rank++) in.push_back(numbers(rank, kElements));
      const double n = reduction == Reduction::kMean ? size : 1;
      int outside = 0, other = 0, exact = 0;
      for (size_t i = 0; i < kElements; i++) {
        double sum = 0, absolute = 0;
        float in_order = static_cast<float>(rounded_to_8_bits(static_cast<double>(in[0][i])));
        for (size_t rank = 0; rank < in.size(); rank++) {
          const auto x = static_cast<double>(in[rank][i]);
          sum += x;
          absolute += std::abs(x);
          if (rank > 0) in_order += static_cast<float>(rounded_to_8_bits(x));
        }
        const auto value = static_cast<double>(got[0][i]);
        const double bound = (std::ldexp(1, -7) + std::ldexp(1, -16) + size * std::ldexp(1, -23)) * absolute +
                             std::ldexp(1, -130);
        outside += std::abs(value - sum / n) > bound / n;
        if (reduction == Reduction::kMean) in_order /= static_cast<float>(size);
        other += value != rounded_to_8_bits(static_cast<double>(in_order));
        exact += value == sum / n;
      }
      CHECK(outside == 0);
      CHECK(other == 0);
      CHECK(exact < static_cast<int>(kElements) / 2);  // something has been rounded
    }
}

TEST_CASE("what travels as bf16 has the same bits on all ranks, for each engine and bucket", "[dist]") {
  for (int size : {2, 3, 4})
    for (size_t elements :
         {size_t{0}, size_t{1}, size_t{255}, size_t{256}, size_t{257}, size_t{40'003}, size_t{1'200'001}}) {
      if (rounds(8) == 1 && elements > 1'000'000) continue;
      INFO(size << " ranks, " << elements << " elements");
      const Lists local = all_reduced(size, false, elements, Reduction::kSum);
      for (const std::vector<float>& of_rank : local) CHECK((of_rank == local[0]));
      CHECK((all_reduced(size, true, elements, Reduction::kSum) == local));
      CHECK((all_reduced(size, true, elements, Reduction::kSum, 1) == local));
      CHECK(local[0].back() == static_cast<float>(size));
    }
}

TEST_CASE("sums of bf16 are made in f32 in the order of the ranks, and rounded once", "[dist]") {
  const TensorKind kind{DType::kF32, Shape{1}, Wire::kBf16};
  CHECK(kind.bytes() == 2);
  const auto sum = [&](const std::vector<uint16_t>& of_ranks, Reduction reduction) {
    std::vector<const std::byte*> from;
    for (const uint16_t& x : of_ranks) from.push_back(reinterpret_cast<const std::byte*>(&x));
    uint16_t out = 0;
    reduce(kind, reduction, from, reinterpret_cast<std::byte*>(&out), 1);
    return of_bf16(out);
  };
  // 2^24 + 1 is 2^24 in f32: 0x4B80 is 2^24, 0x3F80 1.
  CHECK(sum({0x4B80, 0x3F80, 0xCB80}, Reduction::kSum) == 0);
  CHECK(sum({0x4B80, 0xCB80, 0x3F80}, Reduction::kSum) == 1);
  CHECK(sum({0x3F80, 0x3F81}, Reduction::kSum) == 2);  // 2 + 2^-7: halfway, to the even one
  CHECK(sum({0x3F81, 0x3F82}, Reduction::kSum) == 2.03125f);
  CHECK(sum({0x3F80, 0x3F80, 0x4000}, Reduction::kMean) == 1.3359375f);  // 171 / 128: 4 / 3 of 8 bits
  CHECK(sum({0x7F7F, 0x7F7F}, Reduction::kSum) == INFINITY);             // the largest one, twice
  CHECK(std::isnan(sum({0x7F80, 0xFF80}, Reduction::kSum)));
  CHECK(std::isnan(sum({0x3F80, 0x7FC0}, Reduction::kSum)));
}

TEST_CASE("what is too large for bf16, infinite or no number stays so on all ranks", "[dist]") {
  std::vector<std::vector<float>> got(2);
  all_ok(run_processes(2, [&](int rank, Context& c, Group& g) {
    const float largest = std::ldexp(2.0f - 0x1p-7f, 127), mine = rank ? 0.0f : 1.0f;
    const Tensor x = tensor<float>(
        c, Shape{5},
        {mine * std::ldexp(2.0f - 0x1p-8f, 127), mine * std::nextafter(std::ldexp(2.0f - 0x1p-8f, 127), 0.0f),
         rank ? 0.0f : -INFINITY, rank ? NAN : 1.0f, mine * 0x1p-133f});
    std::vector<float> out =
        values<float>(g.all_reduce(kTravels, Span<const Tensor>(&x, 1), Reduction::kSum, Wire::kBf16)[0]);
    if (out[1] != largest || !std::isnan(out[3])) out.clear();
    if (!out.empty()) out[3] = 0;
    got[static_cast<size_t>(rank)] = out;
  }));
  CHECK(got[0] == std::vector<float>{INFINITY, std::ldexp(2.0f - 0x1p-7f, 127), -INFINITY, 0, 0x1p-133f});
  CHECK(got[1] == got[0]);
}

TEST_CASE("what is no sum of f32 travels as it is, and so does all of a group of one", "[dist]") {
  all_ok(run_ranks(2, [](int, Context& c, Group& g) {
    const float x = 1.0f + 0x1p-20f;
    const Tensor f32 = tensor<float>(c, Shape{1}, {x}), f64 = tensor<double>(c, Shape{1}, {1 + 0x1p-40}),
                 i64 = tensor<int64_t>(c, Shape{1}, {(1 << 20) + 1});
    const Tensor list[] = {f32, f64, i64};
    const std::vector<Tensor> sums = g.all_reduce(kTravels, list, Reduction::kSum, Wire::kBf16);
    const Tensor most = g.all_reduce(kTravels, Span<const Tensor>(&f32, 1), Reduction::kMax, Wire::kBf16)[0];
    if (sums[0].data<float>()[0] != 2 || sums[1].data<double>()[0] != 2 + 0x1p-39 ||
        sums[2].data<int64_t>()[0] != (1 << 21) + 2 || most.data<float>()[0] != x)
      invalid("something else");
    g.set_wire(Wire::kBf16);
    if (g.split(kTravels, 0, 0)->wire() != Wire::kBf16) invalid("a group within the group has it, too");
    if (g.all_reduce(kTravels, Span<const Tensor>(&f32, 1), Reduction::kSum)[0].data<float>()[0] != 2 * x)
      invalid("only who says so rounds");
    const std::unique_ptr<Group> alone = g.split(kTravels, g.rank(), 0);
    if (alone->all_reduce(kTravels, Span<const Tensor>(&f32, 1), Reduction::kSum, Wire::kBf16)[0]
            .data<float>()[0] != x)
      invalid("a group of one has nobody to send to");
  }));
  Context c({});
  Group one(c, nullptr);
  const Tensor x = tensor<float>(c, Shape{1}, {1.0f + 0x1p-20f});
  CHECK(values<float>(one.all_reduce(kTravels, Span<const Tensor>(&x, 1), Reduction::kSum, Wire::kBf16)[0]) ==
        values<float>(x));
  CHECK_THROWS_WITH(one.all_reduce(kTravels, Span<const Tensor>(&x, 1), Reduction::kSumByPairs, Wire::kBf16),
                    Contains("[test] a sum by pairs has the same bits"));
  CHECK_THROWS_WITH(one.set_wire(static_cast<Wire>(9)), Contains("got number 9"));
  CHECK(one.wire() == Wire::kAsIs);
}

TEST_CASE("ranks that say different wire dtypes learn of it before data move", "[dist]") {
  for (const bool processes : {false, true}) {
    const RankBody body = [](int rank, Context& c, Group& g) {
      const Tensor list[] = {c.allocate(DType::kF64, Shape{2}), c.allocate(DType::kF32, Shape{60'000})};
      (void)g.all_reduce(kTravels, list, Reduction::kSum, rank == 1 ? Wire::kBf16 : Wire::kAsIs);
    };
    for (const Outcome& o : processes ? run_processes(3, body) : run_ranks(3, body)) {
      CHECK(o.code == Code::kMismatch);
      CHECK_THAT(
          o.text,
          Contains("at step 1 rank 1 differs from rank 0 in the wire dtype of tensor 1: bf16 and f32"));
    }
  }
}

TEST_CASE("bf16 takes half the bytes, both ways", "[dist]") {
  for (int size : {2, 3, 4}) {
    size_t sent[2] = {0, 0};
    for (const Wire wire : {Wire::kAsIs, Wire::kBf16}) {
      MemoryProcesses processes(size);
      all_ok(run_processes(processes, size, [&](int, Context& c, Group& g) {
        const Tensor x = c.allocate(DType::kF32, Shape{500'000});
        std::fill_n(x.mutable_data<float>(), 500'000, 1.0f);
        (void)g.all_reduce(kTravels, Span<const Tensor>(&x, 1), Reduction::kSum, wire);
      }));
      sent[static_cast<size_t>(wire)] = processes.sent();
    }
    INFO(size << " ranks: " << sent[0] << " and " << sent[1]);
    CHECK(sent[0] > 3'900'000);
    CHECK(sent[1] < sent[0] / 2 + 20'000);  // and what the calls say
  }
}

TEST_CASE("a rank without memory for what travels as bf16 is named to the others", "[dist]") {
  const std::vector<Outcome> out = run_processes(2, [](int rank, Context& c, Group& g) {
    const Tensor x = c.allocate(DType::kF32, Shape{4000});
    if (rank == 1) c.allocator().set_limit(20000);
    (void)g.all_reduce(kTravels, Span<const Tensor>(&x, 1), Reduction::kSum, Wire::kBf16);
  });
  CHECK(out[1].code == Code::kOutOfMemory);
  CHECK(out[0].code == Code::kPeerLost);
  CHECK_THAT(out[0].text, Contains("rank 1"));
}

TEST_CASE("a call as bytes says what travels as bf16, and nothing but f32 does", "[dist]") {
  Call call;
  call.operation = Operation::kAllReduce;
  call.tensors = {{DType::kF32, Shape{3}, Wire::kBf16}, {DType::kF32, Shape{3}}};
  std::vector<std::byte> bytes;
  encode(call, bytes);
  const Call back = decode_call(bytes);
  CHECK(disagreement({call, back}).empty());
  CHECK(back.tensors[0].wire == Wire::kBf16);
  CHECK(back.tensors[1].wire == Wire::kAsIs);
  call.tensors = {{DType::kF64, Shape{3}, Wire::kBf16}};
  bytes.clear();
  encode(call, bytes);
  CHECK_THROWS_AS(decode_call(bytes), Error);
}
