// The random kernels: the words against the scalar Philox, the numbers against their formulas in long double, any
// sub-range against the whole, and every instruction set against the first.
#include <cmath>

#include "core/base/philox.h"
#include "tests/kernels/vector_tables.h"

using namespace tl;

namespace {

const uint64_t kKey = 0x0123456789abcdefu, kCall = 0xfedcba9876543210u;

uint32_t word(uint64_t index) { return philox_block(kKey, kCall, index / 4)[index % 4]; }
uint64_t double_word(uint64_t index) {
  return word(2 * index) | static_cast<uint64_t>(word(2 * index + 1)) << 32;
}

template <class T>
T uniform_reference(uint64_t i);
template <>
float uniform_reference<float>(uint64_t i) {
  return static_cast<float>(word(i) >> 8) * 0x1p-24f;
}
template <>
double uniform_reference<double>(uint64_t i) {
  return static_cast<double>(double_word(i) >> 11) * 0x1p-53;
}

// Box and Muller as random.h lays down the words, from numbers in (0, 1] that are rounded to T.
template <class T>
long double normal_reference(uint64_t i) {
  const uint64_t pair = i / 2;
  long double radius_source, turns;
  if (sizeof(T) == 4) {
    radius_source = static_cast<float>(word(2 * pair)) * 0x1p-32f + 0x1p-33f;
    turns = static_cast<long double>(word(2 * pair + 1) >> 8) * 0x1p-24L;
  } else {
    radius_source = static_cast<double>(double_word(2 * pair) >> 11) * 0x1p-53 + 0x1p-54;
    turns = static_cast<long double>(double_word(2 * pair + 1) >> 11) * 0x1p-53L;
  }
  const long double angle = turns * 6.283185307179586476925286766559L;
  return std::sqrt(-2 * std::log(radius_source)) * (i % 2 ? std::sin(angle) : std::cos(angle));
}

}  // namespace

TEST_CASE("Random words are those of the scalar Philox, from any beginning", "[kernels][vector][random]") {
  for (const VectorTable* table : runnable_vector_tables()) {
    for (uint64_t begin :
         {uint64_t{0}, uint64_t{1}, uint64_t{2}, uint64_t{3}, uint64_t{30}, (uint64_t{1} << 34) - 37}) {
      for (size_t n = 0; n <= 150; n += n < 40 ? 1 : 11) {
        Guarded<uint32_t> y(n);
        table->random_u32(y.data(), n, {kKey, kCall, begin});
        bool ok = y.intact();
        for (size_t i = 0; i < n; ++i) ok = ok && y[i] == word(begin + i);
        CAPTURE(isa_name(table->isa), begin, n);
        REQUIRE(ok);
      }
    }
  }
}

TEMPLATE_TEST_CASE("Uniform numbers are the leading bits of their words", "[kernels][vector][random]", float,
                   double) {
  using T = TestType;
  for (const VectorTable* table : runnable_vector_tables()) {
    for (uint64_t begin = 0; begin < 40; begin += 3) {
      for (size_t n = 0; n <= 70; ++n) {
        Guarded<T> y(n);
        float_table<T>(*table).random.uniform(y.data(), n, {kKey, kCall, begin});
        bool ok = y.intact();
        for (size_t i = 0; i < n; ++i)
          ok = ok && y[i] == uniform_reference<T>(begin + i) && y[i] >= 0 && y[i] < 1;
        CAPTURE(isa_name(table->isa), begin, n);
        REQUIRE(ok);
      }
    }
  }
}

TEMPLATE_TEST_CASE("Normal numbers follow Box and Muller, with the same bits everywhere",
                   "[kernels][vector][random]", float, double) {
  using T = TestType;
  const size_t n = 20000;
  std::vector<T> first(n);
  vector_table_for(Isa::kPortable);
  float_table<T>(*vector_table_for(Isa::kPortable)).random.normal(first.data(), n, {kKey, kCall, 0});
  double mean = 0, square = 0;
  for (size_t i = 0; i < n; ++i) {
    const long double want = normal_reference<T>(i);
    // Absolutely: near the axes the sine of a float angle is relatively worse.
    REQUIRE(std::fabs(first[i] - want) <= 4 * std::numeric_limits<T>::epsilon() * (1 + std::fabs(want)));
    mean += first[i] / n;
    square += first[i] * first[i] / n;
  }
  CHECK(std::fabs(mean) < 4 / std::sqrt(double(n)));
  CHECK(std::fabs(square - 1) < 4 * std::sqrt(2.0 / n));
  for (const VectorTable* table : runnable_vector_tables()) {
    const auto normal = float_table<T>(*table).random.normal;
    std::vector<T> y(n);
    normal(y.data(), n, {kKey, kCall, 0});
    CAPTURE(isa_name(table->isa));
    REQUIRE(same_bits(y.data(), first.data(), n));
    for (uint64_t begin = 0; begin < 20; ++begin) {
      for (size_t count = 0; count <= 70; ++count) {
        Guarded<T> part(count);
        normal(part.data(), count, {kKey, kCall, begin});
        REQUIRE((part.intact() && same_bits(part.data(), first.data() + begin, count)));
      }
    }
  }
}

TEMPLATE_TEST_CASE("Dropout keeps what the mask keeps, and scales it", "[kernels][vector][random]", float,
                   double) {
  using T = TestType;
  const uint32_t threshold = 52429;  // 0.8
  for (const VectorTable* table : runnable_vector_tables()) {
    const auto dropout = float_table<T>(*table).random.dropout;
    for (uint64_t begin = 0; begin < 20; ++begin) {
      for (size_t n = 0; n <= 150; n += n < 70 ? 1 : 13) {
        const Guarded<T> x(uniform_values<T>(n, 1, 2, 1));
        Guarded<T> y(n), in_place(x.values());
        Guarded<uint8_t> mask(n);
        dropout(x.data(), y.data(), n, threshold, T(1.25), {kKey, kCall, begin});
        dropout(in_place.data(), in_place.data(), n, threshold, T(1.25), {kKey, kCall, begin});
        table->keep_mask(mask.data(), n, threshold, {kKey, kCall, begin});
        bool ok = y.intact() && mask.intact() && in_place.intact();
        for (size_t i = 0; i < n; ++i) {
          const uint64_t e = begin + i;
          const bool keep = (word(e / 2) >> (e % 2 ? 16 : 0) & 0xffffu) < threshold;
          ok = ok && mask[i] == keep && y[i] == (keep ? x[i] * T(1.25) : T(0)) && in_place[i] == y[i];
        }
        CAPTURE(isa_name(table->isa), begin, n);
        REQUIRE(ok);
      }
    }
    std::vector<T> x(1000, T(1)), y(1000);
    dropout(x.data(), y.data(), 1000, 65536, T(1), {kKey, kCall, 0});
    CHECK(x == y);
    dropout(x.data(), y.data(), 1000, 0, T(1), {kKey, kCall, 0});
    CHECK(y == std::vector<T>(1000, T(0)));
  }
}
