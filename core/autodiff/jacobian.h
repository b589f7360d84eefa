// Jacobians and Hessians: all derivatives of a tensor, not only those along one direction.
//
// The rows (or columns) of the identity matrix go through the backward walk (or through forward mode) as one batch
// (core/ops/batch.h), so that a Jacobian costs a few large ops and not a walk for each of its rows. What they take of memory is
// estimated, and they are cut into chunks that keep to a budget.
//
// Recorders that are open outside see all of it: Jacobians have derivatives, and run inside vmap.
#pragma once

#include <vector>

#include "core/autodiff/tape.h"
#include "core/base/function_ref.h"

namespace tl {

enum class JacobianWay : int32_t {
  kByShape = 0,  // forward where x has fewer elements than y, else reverse
  kForward = 1,  // runs f with a batch of tangents; keeps nothing of a run
  kReverse = 2,  // one run of f, and a backward walk with a batch of output gradients
};

struct JacobianOptions {
  JacobianWay way = JacobianWay::kByShape;  // of jacobian(f, x) and hessian()
  // Most bytes that the derivatives of intermediate results may take at one time, by estimate. The result itself does not
  // count, and one row always goes.
  size_t memory_budget = size_t{256} << 20;
  Unconnected unconnected = Unconnected::kNone;  // on tapes
  bool check_independence = false;               // of batch_jacobian()
};

// The derivative of each element of y = f(x) by each element of x: shape y.shape + x.shape, which must have at most 8 axes.
// Zeros where y does not depend on x. The function is called with x itself, once or more often, and must compute the same each
// time. Of the dtype of x in reverse mode, of y in forward mode, as each comes.
Tensor jacobian(FunctionRef<Tensor(const Tensor&)> f, const Tensor& x, const JacobianOptions& options = {});

// The Jacobian of the Jacobian: shape y.shape + x.shape + x.shape; of a function that gives a number, its Hessian matrix.
// Forward mode over reverse mode, unless `way` says reverse: then both are.
Tensor hessian(FunctionRef<Tensor(const Tensor&)> f, const Tensor& x, const JacobianOptions& options = {});

// The Jacobian of a tensor on a tape by each source: shape target.shape + source.shape, at most 8 axes. A tape that is not
// persistent is consumed, however many chunks there are. `reasons` as in Tape::gradient().
std::vector<Tensor> jacobian(Tape& tape, const Tensor& target, Span<const GradientSource> sources,
                             const JacobianOptions& options = {}, Span<Reason> reasons = {});

// The Jacobian of each example: target (b, y...) and source (b, x...), both of rank 2 or more, give (b, y..., x...), at the
// price of the Jacobian of one example's y. That row i of the target depends on row i of the source alone is the caller's
// promise, which `check_independence` puts to the test by one more walk: where a row depends on another's (batch
// normalisation does that) the answer would be wrong. Null where unconnected and `options` says none.
Tensor batch_jacobian(Tape& tape, const Tensor& target, const GradientSource& source,
                      const JacobianOptions& options = {}, Reason* reason = nullptr);

}  // namespace tl
