// The tables that this CPU can run, and arrays that catch a kernel which writes where it must not.
#pragma once

#include <catch2/catch.hpp>
#include <cstring>
#include <random>
#include <vector>

#include "core/kernels/vector/table.h"

namespace tl {

inline std::vector<const VectorTable*> runnable_vector_tables() {
  std::vector<const VectorTable*> tables;
  for (Isa isa : {Isa::kPortable, Isa::kAvx2, Isa::kAvx512}) {
    if (const VectorTable* t = vector_table_for(isa)) tables.push_back(t);
  }
  return tables;
}

// n elements at an address that is odd in elements, with guards on both sides.
template <class T>
class Guarded {
 public:
  explicit Guarded(size_t n, T value = T(0)) : Guarded(std::vector<T>(n, value)) {}
  Guarded(const std::vector<T>& values) : n_(values.size()), storage_(n_ + 2 * kGuard, guard()) {
    if (n_ > 0) std::memcpy(data(), values.data(), n_ * sizeof(T));
  }
  T* data() { return storage_.data() + kGuard; }
  const T* data() const { return storage_.data() + kGuard; }
  T& operator[](size_t i) { return data()[i]; }
  const T& operator[](size_t i) const { return data()[i]; }
  size_t size() const { return n_; }
  bool intact() const {
    for (size_t i = 0; i < kGuard; ++i) {
      if (storage_[i] != guard() || storage_[kGuard + n_ + i] != guard()) return false;
    }
    return true;
  }
  std::vector<T> values() const { return std::vector<T>(data(), data() + n_); }

 private:
  static constexpr size_t kGuard = 71;
  static T guard() { return T(123); }
  size_t n_;
  std::vector<T> storage_;
};

// The same bits, NaN included.
template <class T>
bool same_bits(const T* a, const T* b, size_t n) {
  return n == 0 || std::memcmp(a, b, n * sizeof(T)) == 0;
}

template <class T>
std::vector<T> uniform_values(size_t n, double low, double high, uint64_t seed) {
  std::mt19937_64 random(seed);
  std::vector<T> x(n);
  for (T& v : x) v = static_cast<T>(low + (high - low) * (static_cast<double>(random() >> 11) * 0x1p-53));
  return x;
}

}  // namespace tl
