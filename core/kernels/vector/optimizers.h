// Update passes of the optimizers over flat arrays. Nothing is fused into multiply-adds: the bits are the same on
// every instruction set, and memory is slower than the arithmetic anyway.
#pragma once

#include "core/kernels/vector/elementwise.h"

namespace tl {
namespace TL_VECTOR_NAMESPACE {
namespace {

template <class V>
TL_LANE V load_some(const typename V::T* p, size_t i, size_t n) {
  return i + V::N <= n ? V::load(p + i) : V::load_n(p + i, n - i);
}
template <class V>
TL_LANE void store_some(V v, typename V::T* p, size_t i, size_t n) {
  if (i + V::N <= n) {
    v.store(p + i);
  } else {
    v.store_n(p + i, n - i);
  }
}

// What is smaller counts as 0 in a running mean of gradients. A unit that is never active has gradients of 0: the means of its
// weights decay for hundreds of steps and would then stay at denormal numbers for good, on which CPUs compute slowly. Adam's
// squares have underflowed long before its gradients are that small, so that no step changes; a velocity is added to
// parameters as it is, and only denormal ones go.
template <class V>
TL_LANE V smallest_mean() {
  return V(sizeof(typename V::T) == 4 ? typename V::T(0x1p-100) : typename V::T(0x1p-900));
}
template <class V>
TL_LANE V smallest_velocity() {
  return V(sizeof(typename V::T) == 4 ? typename V::T(0x1p-126) : typename V::T(0x1p-1022));
}
// x, or 0 where it is nearer to 0 than `smallest`; NaN stays.
template <class V>
TL_LANE V without_tiny(V x, V smallest) {
  return select(absolute(x) < smallest, V(0), x);
}

template <class V>
void sgd(const typename V::T* p, const typename V::T* g, typename V::T* p_out, size_t n, typename V::T lr) {
  const V rate(lr);
  for (size_t i = 0; i < n; i += V::N) {
    store_some(load_some<V>(p, i, n) - rate * load_some<V>(g, i, n), p_out, i, n);
  }
}

template <class V>
void momentum_keras(const typename V::T* p, const typename V::T* m, const typename V::T* g,
                    typename V::T* p_out, typename V::T* m_out, size_t n, typename V::T lr, typename V::T mu,
                    bool nesterov) {
  const V rate(lr), momentum(mu);
  for (size_t i = 0; i < n; i += V::N) {
    const V step = rate * load_some<V>(g, i, n);
    const V velocity = without_tiny(momentum * load_some<V>(m, i, n) - step, smallest_velocity<V>());
    const V change = nesterov ? momentum * velocity - step : velocity;
    const V value = load_some<V>(p, i, n) + change;
    store_some(velocity, m_out, i, n);
    store_some(value, p_out, i, n);
  }
}

template <class V>
void momentum_torch(const typename V::T* p, const typename V::T* m, const typename V::T* g,
                    typename V::T* p_out, typename V::T* m_out, size_t n, typename V::T lr, typename V::T mu,
                    bool nesterov) {
  const V rate(lr), momentum(mu);
  for (size_t i = 0; i < n; i += V::N) {
    const V gradient = load_some<V>(g, i, n);
    const V velocity = without_tiny(momentum * load_some<V>(m, i, n) + gradient, smallest_velocity<V>());
    const V change = nesterov ? gradient + momentum * velocity : velocity;
    const V value = load_some<V>(p, i, n) - rate * change;
    store_some(velocity, m_out, i, n);
    store_some(value, p_out, i, n);
  }
}

template <class V>
void adam(const typename V::T* p, const typename V::T* m, const typename V::T* v, const typename V::T* g,
          typename V::T* p_out, typename V::T* m_out, typename V::T* v_out, size_t n,
          const AdamStep<typename V::T>& step) {
  const V rate(step.step_size), c1(step.one_minus_beta1), c2(step.one_minus_beta2), epsilon(step.epsilon),
      decay(step.decay);
  for (size_t i = 0; i < n; i += V::N) {
    const V gradient = load_some<V>(g, i, n);
    const V m_old = load_some<V>(m, i, n);
    const V v_old = load_some<V>(v, i, n);
    const V m_new = without_tiny(m_old + (gradient - m_old) * c1, smallest_mean<V>());
    const V v_new = v_old + (gradient * gradient - v_old) * c2;
    const V value = load_some<V>(p, i, n) * decay - rate * m_new / (sqrt(v_new) + epsilon);
    store_some(m_new, m_out, i, n);
    store_some(v_new, v_out, i, n);
    store_some(value, p_out, i, n);
  }
}

}  // namespace
}  // namespace TL_VECTOR_NAMESPACE
}  // namespace tl
