// Functions of two broadcast operands of integers or bools, by the loops of integer_loops.h.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include "core/kernels/broadcast.h"
#include "core/kernels/integer_loops.h"
#include "core/ops/schema.h"

namespace tl::kernels {

// A row y[i] = F{}(p[i], q[i]).
template <class R, class T>
using IntegerRow = void (*)(R* y, const T* p, const T* q, size_t n);

template <class F, class R, class T>
void integer_row(R* y, const T* p, const T* q, size_t n) {
  assign_each(
      y, n, [](T left, T right) { return static_cast<R>(F{}(left, right)); }, p, q);
}

// Walks two broadcast operands. Compilers take long for each loop of xtensor: an operand that stands still along a row is
// spread over a short block, so that a function has one loop instead of three, and the walk is there once for all functions.
template <class R, class T>
void for_integer_rows(const KernelArgs& a, IntegerRow<R, T> row) {
  const T *x = a[0].data<T>(), *z = a[1].data<T>();
  R* y = a.out[0].mutable_data<R>();
  auto each = [&](const BroadcastMatrix<2>& m) {
    constexpr size_t kBlock = 512;
    T spread[kBlock];
    m.for_each_row([&](int64_t out, const std::array<int64_t, 2>& in, size_t n) {
      const T *p = x + in[0], *q = z + in[1];
      if (m.advances[0] && m.advances[1]) return row(y + out, p, q, n);
      std::fill_n(spread, std::min(n, kBlock), m.advances[0] ? *q : *p);
      for (size_t i = 0; i < n; i += kBlock) {
        const size_t length = std::min(kBlock, n - i);
        m.advances[0] ? row(y + out + i, p + i, spread, length) : row(y + out + i, spread, q + i, length);
      }
    });
  };
  for_each_matrix<2>(a.context, kCheapGrain, a.out[0].shape(), {&a[0].shape(), &a[1].shape()}, each);
}

}  // namespace tl::kernels
