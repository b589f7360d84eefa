// What the tests of file formats share: samples in memory or in files, and what becomes of them when they are cut off or a bit
// flips. Whatever is read, the outcome is a result or an Error that names the input and a byte of it, and nothing is left behind.
#pragma once

#include <catch2/catch.hpp>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <random>
#include <string>
#include <vector>

#include "core/base/error.h"
#include "core/io/bundle.h"
#include "core/io/input.h"
#include "tests/io/folder.h"
#include "tests/rounds.h"

namespace tl::io {

using Bytes = std::string;

template <class T>
Bytes little_endian(T value) {
  Bytes out;
  for (size_t i = 0; i < sizeof(T); i++)
    out += static_cast<char>(static_cast<uint64_t>(value) >> (8 * i) & 0xff);
  return out;
}
inline Bytes float_bytes(float value) {
  uint32_t bits;
  std::memcpy(&bits, &value, sizeof bits);
  return little_endian(bits);
}

inline ContextOptions small_context(size_t memory_limit = 0) {
  ContextOptions options;
  options.threads = 1;
  options.memory_limit = memory_limit;
  return options;
}

template <class T>
std::vector<T> values(const Tensor& t) {
  return {t.data<T>(), t.data<T>() + t.elements()};
}

// Of two tensors: dtype, shape and every bit.
inline bool same(const Tensor& a, const Tensor& b) {
  return a.dtype() == b.dtype() && a.shape() == b.shape() &&
         (a.bytes() == 0 || std::memcmp(a.raw(), b.raw(), a.bytes()) == 0);
}

inline constexpr char kName[] = "sample-in-memory";

// f(context, input) reads.
template <class F>
auto read_bytes(Context& context, const Bytes& bytes, F&& f) {
  const auto* data = reinterpret_cast<const std::byte*>(bytes.data());
  return f(context, MemoryInput(context, "read_sample", kName, Span<const std::byte>(data, bytes.size())));
}

struct Outcome {
  Code code = Code::kOk;
  std::string message;
};

// Reads and lets go of what was read.
template <class F>
Outcome outcome(Context& context, const Bytes& bytes, F&& f) {
  Outcome out;
  try {
    static_cast<void>(read_bytes(context, bytes, f));
  } catch (const Error& error) {
    out = {error.code(), error.message()};
  }
  if (context.live_tensors() != 0 || context.allocator().stats().live_bytes != 0)
    FAIL("something is left behind after: " << out.message);
  return out;
}

inline void check_named(const Outcome& out) {
  if (out.code == Code::kOk) return;
  const bool named = out.message.find(kName) != std::string::npos;
  const bool placed = out.message.find(" byte ") != std::string::npos;
  const bool known =
      out.code == Code::kCorruptData || out.code == Code::kUnsupported || out.code == Code::kOutOfMemory;
  if (!named || !placed || !known) FAIL("code " << static_cast<int>(out.code) << ": " << out.message);
}

// Every prefix of a sample is an error, but for those of which `whole` says that they are a file of their own.
template <class F>
void try_every_prefix(const Bytes& sample, F&& f, const std::function<bool(size_t)>& whole = nullptr) {
  Context context(small_context(sample.size() + kSlack));
  for (size_t n = 0; n < sample.size(); n++) {
    const Outcome out = outcome(context, sample.substr(0, n), f);
    check_named(out);
    if (out.code == Code::kOk && !(whole && whole(n)))
      FAIL("a prefix of " << n << " of " << sample.size() << " bytes was read");
  }
  if (outcome(context, sample, f).code != Code::kOk)
    FAIL("the sample itself: " << outcome(context, sample, f).message);
}

// Flips random bits, one at a time. `still_right(context, input)` reads and says whether the outcome is one that may be.
template <class F>
void try_bit_flips(const Bytes& sample, F&& f, int count, uint32_t seed) {
  Context context(small_context(sample.size() + kSlack));
  std::mt19937 random(seed);
  const int rounds = test::rounds(count);
  for (int i = 0; i < rounds; i++) {
    const size_t bit = std::uniform_int_distribution<size_t>(0, sample.size() * 8 - 1)(random);
    Bytes damaged = sample;
    damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ (1 << bit % 8));
    INFO("bit " << bit % 8 << " of byte " << bit / 8);
    check_named(outcome(context, damaged, f));
  }
}

}  // namespace tl::io
