// Philox4x32-10 on lanes, and what is drawn from it: words, uniform and normal numbers, dropout decisions.
//
// Which words make which element is fixed, whatever the register's width:
//   word w of block b is word 4 b + w of the stream;
//   uniform float i: word i; uniform double i: words 2 i (low) and 2 i + 1 (high);
//   normal float 2 j, 2 j + 1: cosine and sine of Box and Muller from words 2 j and 2 j + 1 (j = 0, 1, ...);
//   normal double 2 j, 2 j + 1: the same from the two 64-bit halves of block j;
//   decision i: 16 bits, the low half of word i / 2 for even i and the high half for odd i.
#pragma once

#include "core/kernels/vector/trigonometric.h"

namespace tl {
namespace TL_VECTOR_NAMESPACE {
namespace {

// Bits64::N blocks, one per 64-bit lane and one register per word (the high halves are not zero). The lanes of
// even and odd number hold the first and the second half of the blocks, so that unpacking restores the order.
struct Words {
  Bits64 w0, w1, w2, w3;
};
// The key of every round, once per call.
struct RoundKeys {
  uint64_t k0[10], k1[10];
  TL_LANE explicit RoundKeys(uint64_t key) {
    uint32_t low = static_cast<uint32_t>(key), high = static_cast<uint32_t>(key >> 32);
    for (int round = 0; round < 10; ++round) {
      k0[round] = low;
      k1[round] = high;
      low += 0x9E3779B9u;
      high += 0xBB67AE85u;
    }
  }
};
constexpr size_t kHalf = Bits64::N / 2;
alignas(64) const uint64_t kBlockOfLane[8] = {0, kHalf, 1, kHalf + 1, 2, kHalf + 2, 3, kHalf + 3};

TL_LANE Words philox_words(const RoundKeys& keys, uint64_t call, uint64_t block) {
  const Bits64 blocks = Bits64::load(kBlockOfLane) + Bits64(block);
  Words c = {blocks, shift_right<32>(blocks), Bits64(call), Bits64(call >> 32)};
  const Bits64 multiplier0(uint64_t{0xD2511F53u}), multiplier1(uint64_t{0xCD9E8D57u});
#pragma GCC unroll 10
  for (int round = 0; round < 10; ++round) {
    const Bits64 p0 = multiply_low_halves(c.w0, multiplier0);
    const Bits64 p1 = multiply_low_halves(c.w2, multiplier1);
    c = {shift_right<32>(p1) ^ c.w1 ^ Bits64(keys.k0[round]), p1,
         shift_right<32>(p0) ^ c.w3 ^ Bits64(keys.k1[round]), p0};
  }
  return c;
}
TL_LANE Bits64 join_halves(Bits64 low, Bits64 high) {
  return (low & Bits64(uint64_t{0xffffffffu})) | shift_left<32>(high);
}

// The next Bits64::N blocks' worth of results, written to `out` in stream order.
struct WordTile {
  using Element = uint32_t;
  static constexpr uint64_t kPerBlock = 4;
  static TL_LANE void make(const Words& c, uint32_t* out) {
    const Bits64 a = join_halves(c.w0, c.w1), b = join_halves(c.w2, c.w3);
    unpack_low(a, b).store(out);
    unpack_high(a, b).store(out + 2 * Bits64::N);
  }
};

// Integers below 2^24 as floats, by the bits of 2^23 + x: exact. Other widths of integers are split first.
TL_LANE F32 small_to_float(Bits32 x) {
  const Bits32 low = x & Bits32(uint32_t{0xffffu});
  const Bits32 high = shift_right<16>(x);
  const F32 magic(0x1p23f);
  return (float_of(high | bits_of(magic)) - magic) * F32(65536.0f) + (float_of(low | bits_of(magic)) - magic);
}
TL_LANE F64 upper_53_bits(Bits64 x) {
  const F64 magic(0x1p52);
  const F64 high = float_of(shift_right<37>(x) | bits_of(magic)) - magic;
  const F64 low = float_of((shift_right<11>(x) & Bits64(uint64_t{0x3ffffffu})) | bits_of(magic)) - magic;
  return high * F64(67108864.0) + low;
}

struct UniformTileF32 {
  using Element = float;
  static constexpr uint64_t kPerBlock = 4;
  static TL_LANE F32 to_uniform(Bits64 words) {
    return small_to_float(shift_right<8>(reinterpret32(words))) * F32(0x1p-24f);
  }
  static TL_LANE void make(const Words& c, float* out) {
    const Bits64 a = join_halves(c.w0, c.w1), b = join_halves(c.w2, c.w3);
    to_uniform(unpack_low(a, b)).store(out);
    to_uniform(unpack_high(a, b)).store(out + F32::N);
  }
};
struct UniformTileF64 {
  using Element = double;
  static constexpr uint64_t kPerBlock = 2;
  static TL_LANE void make(const Words& c, double* out) {
    const Bits64 a = join_halves(c.w0, c.w1), b = join_halves(c.w2, c.w3);
    (upper_53_bits(unpack_low(a, b)) * F64(0x1p-53)).store(out);
    (upper_53_bits(unpack_high(a, b)) * F64(0x1p-53)).store(out + F64::N);
  }
};

template <class V>
TL_LANE void box_muller(V radius_source, V turns, V& first, V& second) {
  const V radius = sqrt(V(-2) * log_unfused(radius_source));
  V sine, cosine;
  sin_cos_of_turns(turns, sine, cosine);
  first = radius * cosine;
  second = radius * sine;
}
struct NormalTileF32 {
  using Element = float;
  static constexpr uint64_t kPerBlock = 4;
  static TL_LANE void make(const Words& c, float* out) {
    // Lanes of 32 bits: words 0 and 2 of a block give the radii, words 1 and 3 the angles. All 32 bits of the word
    // go into the radius, half a step above zero, so that the tail reaches to 6.7 and the logarithm is finite.
    const F32 u = small_to_float(reinterpret32(join_halves(c.w0, c.w2))) * F32(0x1p-32f) + F32(0x1p-33f);
    const F32 turns = small_to_float(shift_right<8>(reinterpret32(join_halves(c.w1, c.w3)))) * F32(0x1p-24f);
    F32 first, second;
    box_muller(u, turns, first, second);
    const Bits64 x = reinterpret64(bits_of(first)), y = reinterpret64(bits_of(second));
    const Bits64 a = join_halves(x, y), b = join_halves(shift_right<32>(x), shift_right<32>(y));
    unpack_low(a, b).store(out);
    unpack_high(a, b).store(out + F32::N);
  }
};
struct NormalTileF64 {
  using Element = double;
  static constexpr uint64_t kPerBlock = 2;
  static TL_LANE void make(const Words& c, double* out) {
    const F64 u = upper_53_bits(join_halves(c.w0, c.w1)) * F64(0x1p-53) + F64(0x1p-54);
    const F64 turns = upper_53_bits(join_halves(c.w2, c.w3)) * F64(0x1p-53);
    F64 first, second;
    box_muller(u, turns, first, second);
    unpack_low(bits_of(first), bits_of(second)).store(out);
    unpack_high(bits_of(first), bits_of(second)).store(out + F64::N);
  }
};

template <class Tile>
void fill(typename Tile::Element* y, size_t n, RandomAt at) {
  constexpr size_t kTile = Bits64::N * Tile::kPerBlock;
  const RoundKeys keys(at.key);
  uint64_t block = at.begin / Tile::kPerBlock;
  size_t skip = static_cast<size_t>(at.begin % Tile::kPerBlock);
  while (n > 0) {
    const Words words = philox_words(keys, at.call, block);
    block += Bits64::N;
    if (skip == 0 && n >= kTile) {
      Tile::make(words, y);
      y += kTile;
      n -= kTile;
      continue;
    }
    typename Tile::Element buffer[kTile];
    Tile::make(words, buffer);
    const size_t count = n < kTile - skip ? n : kTile - skip;
    __builtin_memcpy(y, buffer + skip, count * sizeof(*y));
    y += count;
    n -= count;
    skip = 0;
  }
}

// Calls use(keep, i, count) with the decisions of the elements [i, i + count), as bytes; whole registers may be read.
template <class Use>
TL_LANE void for_each_decisions(size_t n, uint32_t keep_threshold, RandomAt at, Use use) {
  constexpr size_t kTile = Bits64::N * 8;
  const RoundKeys keys(at.key);
  uint64_t block = at.begin / 8;
  size_t skip = static_cast<size_t>(at.begin % 8);
  for (size_t i = 0; i < n;) {
    uint32_t words[kTile / 2];
    uint8_t keep[kTile];
    WordTile::make(philox_words(keys, at.call, block), words);
#pragma GCC unroll 1
    for (size_t k = 0; k < kTile / 2; ++k) {
      keep[2 * k] = (words[k] & 0xffffu) < keep_threshold;
      keep[2 * k + 1] = (words[k] >> 16) < keep_threshold;
    }
    block += Bits64::N;
    const size_t count = n - i < kTile - skip ? n - i : kTile - skip;
    use(keep + skip, i, count);
    i += count;
    skip = 0;
  }
}
inline void keep_mask(uint8_t* y, size_t n, uint32_t keep_threshold, RandomAt at) {
  for_each_decisions(n, keep_threshold, at, [y](const uint8_t* keep, size_t i, size_t count) {
    __builtin_memcpy(y + i, keep, count);
  });
}
template <class V>
void dropout(const typename V::T* x, typename V::T* y, size_t n, uint32_t keep_threshold, typename V::T scale,
             RandomAt at) {
  const V factor(scale);
  for_each_decisions(n, keep_threshold, at, [&](const uint8_t* keep, size_t begin, size_t count) {
    typename V::Mask mask;
    size_t i = 0;
    for (; i + V::N <= count; i += V::N) {
      load_bytes(keep + i, mask);
      select(mask, V::load(x + begin + i) * factor, V(0)).store(y + begin + i);
    }
    if (i < count) {
      load_bytes_n(keep + i, count - i, mask);
      select(mask, V::load_n(x + begin + i, count - i) * factor, V(0)).store_n(y + begin + i, count - i);
    }
  });
}

}  // namespace
}  // namespace TL_VECTOR_NAMESPACE
}  // namespace tl
