// The selection between two runs of elements of any type.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "core/kernels/vector/table.h"

namespace tl::kernels {

// to = condition ? p : q, where each advances or stands still. Selection moves bits, so that integers of four and eight
// bytes go through the vector kernels as floating-point numbers of their size.
template <class T>
void select_run(const VectorTable& table, const uint8_t* condition, bool condition_advances, const T* p,
                bool p_advances, const T* q, bool q_advances, T* to, size_t n) {
  if (!condition_advances) {
    const T* from = *condition ? p : q;
    if (*condition ? p_advances : q_advances)
      std::copy_n(from, n, to);
    else
      std::fill_n(to, n, *from);
    return;
  }
  if constexpr (sizeof(T) > 1) {
    using Lane = std::conditional_t<sizeof(T) == 4, float, double>;
    const SelectKernels<Lane>& k = float_table<Lane>(table).arithmetic.select;
    const Lane *a = reinterpret_cast<const Lane*>(p), *b = reinterpret_cast<const Lane*>(q);
    Lane* y = reinterpret_cast<Lane*>(to);
    if (p_advances && q_advances) return k.vector_vector(condition, a, b, y, n);
    if (p_advances) return k.vector_scalar(condition, a, *b, y, n);
    if (q_advances) return k.scalar_vector(condition, *a, b, y, n);
    k.scalar_scalar(condition, *a, *b, y, n);
  } else {
    const size_t p_step = p_advances, q_step = q_advances;
    for (size_t i = 0; i < n; i++) {
      const T mask = static_cast<T>(-static_cast<int>(condition[i] != 0)), a = p[i * p_step],
              b = q[i * q_step];
      to[i] = static_cast<T>((a & mask) | (b & static_cast<T>(~mask)));
    }
  }
}

}  // namespace tl::kernels
