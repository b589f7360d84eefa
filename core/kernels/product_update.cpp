#include "core/kernels/product_update.h"

#include <algorithm>
#include <cstddef>

#include "core/kernels/dtypes.h"
#include "core/kernels/gemm/gemm.h"
#include "core/kernels/gemm/gemm_driver.h"
#include "core/kernels/gemm/kernel_table.h"

namespace tl::kernels {
namespace {

constexpr int64_t kBlockBytes = 64 << 10;  // of rows of the gradient, which stay in the second-level cache
constexpr double kStepCost = 24;           // of one element, in multiply-adds

}  // namespace

bool ProductUpdate::possible(DType dtype, const ProductShape& s) {
  if (dtype == DType::kF32) return gemm_has_rows<float>(s.ta, s.tb, s.m, s.n, s.k);
  return dtype == DType::kF64 && gemm_has_rows<double>(s.ta, s.tb, s.m, s.n, s.k);
}

bool ProductUpdate::possible_beside(DType dtype, OpId op, const ProductShape& s) {
  if (op != OpId::kAdamUpdate) return false;
  if (dtype == DType::kF32) return gemm_has_adam<float>(s.ta, s.tb, s.m, s.n, s.k);
  return dtype == DType::kF64 && gemm_has_adam<double>(s.ta, s.tb, s.m, s.n, s.k);
}

ProductUpdate::ProductUpdate(DType dtype, std::vector<ProductShape> products, OpId op, const void* attrs)
    : step_(op, dtype, attrs),
      products_(std::move(products)),
      beside_(products_.size() == 1 && possible_beside(dtype, op, products_[0])),
      m_(products_[0].m),
      n_(products_[0].n) {
  double terms = kStepCost;
  for (const ProductShape& p : products_) terms += static_cast<double>(p.k);
  multiply_adds_ = terms * static_cast<double>(m_) * static_cast<double>(n_);
  tile_rows_ = dtype == DType::kF32 ? gemm_tile_rows<float>() : gemm_tile_rows<double>();
  const int64_t tile_bytes = tile_rows_ * n_ * static_cast<int64_t>(size_of(dtype));
  block_rows_ = std::min(m_, std::max<int64_t>(1, kBlockBytes / tile_bytes) * tile_rows_);
}

void ProductUpdate::reserve(ThreadPool& pool) const {
  if (beside_)
    return with_float(step_.dtype(), [&](auto zero) {
      const ProductShape& p = products_[0];
      reserve_gemm_adam<decltype(zero)>(pool, p.ta, p.tb, p.m, p.n, p.k);
    });
  pool.reserve_scratch(static_cast<size_t>(block_rows_ * n_) * size_of(step_.dtype()), 0);
}

template <class T>
void ProductUpdate::run_beside(ThreadPool& pool, const void* const* inputs, void* const* outputs) const {
  const ProductShape& p = products_[0];
  const void* const* variable = inputs + 2;
  const AdamStep<T> step = step_.adam<T>(variable + 3);
  AdamRectangle<T> rectangle{m_,
                             n_,
                             nullptr,
                             0,
                             {},
                             {},
                             n_,
                             step.step_size,
                             step.one_minus_beta1,
                             step.one_minus_beta2,
                             step.epsilon,
                             step.decay};
  for (int k = 0; k < 3; k++) {
    rectangle.from[k] = static_cast<const T*>(variable[k]);
    rectangle.to[k] = static_cast<T*>(outputs[k]);
  }
  gemm_adam(pool, p.ta, p.tb, m_, n_, p.k, static_cast<const T*>(inputs[0]), p.ta ? m_ : p.k,
            static_cast<const T*>(inputs[1]), p.tb ? p.k : n_, rectangle);
}

template <class T>
void ProductUpdate::run_as(ThreadPool& pool, const void* const* inputs, void* const* outputs) const {
  GemmFactors<T> factors[kMostProducts];
  const size_t count = products_.size();
  for (size_t i = 0; i < count; i++) {
    const ProductShape& p = products_[i];
    factors[i] = {p.ta,
                  p.k,
                  static_cast<const T*>(inputs[2 * i]),
                  p.ta ? m_ : p.k,
                  static_cast<const T*>(inputs[2 * i + 1]),
                  n_};
  }
  const size_t arrays = static_cast<size_t>(step_.arrays_out());
  const void* const* variable = inputs + 2 * count;
  const auto run_rows = [&](int64_t first, int64_t end, int worker) {
    T* gradient = static_cast<T*>(pool.worker_scratch(worker));
    for (int64_t row = first; row < end; row += block_rows_) {
      const int64_t rows = std::min(block_rows_, end - row);
      const T* wanted[UpdateStep::kMostArrays];
      for (size_t k = 0; k < arrays; k++) wanted[k] = static_cast<const T*>(variable[k]) + row * n_;
      gemm_rows(factors, count, row, rows, n_, gradient, n_, wanted, static_cast<int>(arrays), rows * n_);
      const void* in[UpdateStep::kMostArrays];
      void* out[UpdateStep::kMostArrays];
      for (size_t k = 0; k < arrays; k++) {
        in[k == 0 ? 0 : k + 1] = wanted[k];
        out[k] = static_cast<T*>(outputs[k]) + row * n_;
      }
      in[1] = gradient;
      step_.run(in, variable + arrays, out, static_cast<size_t>(rows * n_));
    }
  };
  // Each thread has rows that lie together, the same ones in each step, and with them its part of the variable.
  const int64_t tiles = (m_ + tile_rows_ - 1) / tile_rows_, threads = pool.size();
  if (threads == 1 || multiply_adds_ < kMultiplyAddsWorthSharing) return run_rows(0, m_, 0);
  const int64_t parts =
      std::min(tiles, threads);  // with more, who is early would take rows from where they are cached
  pool.parallel_for_worker(
      static_cast<size_t>(parts),
      [&](size_t part, int worker) {
        const int64_t at = static_cast<int64_t>(part);
        run_rows(tiles * at / parts * tile_rows_, std::min(m_, tiles * (at + 1) / parts * tile_rows_),
                 worker);
      },
      gemm_helpers(multiply_adds_));
}

void ProductUpdate::run(ThreadPool& pool, const void* const* inputs, void* const* outputs) const {
  reserve(pool);
  with_float(step_.dtype(), [&](auto zero) {
    if (beside_)
      run_beside<decltype(zero)>(pool, inputs, outputs);
    else
      run_as<decltype(zero)>(pool, inputs, outputs);
  });
}

}  // namespace tl::kernels
