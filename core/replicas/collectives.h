// Collectives with gradients: what core/dist moves between ranks, as functions that tapes record and forward mode passes through.
//
// The gradient of a tensor on one rank is that of the sum over all ranks of what each rank differentiates. So the gradient of a sum
// over ranks is a sum over ranks, that of a gather a scatter, that of a broadcast a sum at the root. Each is made of collectives
// in turn, which gives any order; all ranks must therefore take the same gradients in the same order.
#pragma once

#include <memory>
#include <vector>

#include "core/base/span.h"
#include "core/dist/group.h"

namespace tl::replicas {

using GroupPtr = std::shared_ptr<dist::Group>;
using dist::Reduction;

// Of each tensor the reduction over ranks, for a whole list in one step. An extreme that several ranks hold shares its gradient
// among them evenly. wire: as what f32 travel, those of gradients and tangents of it, too; its rounding has the derivative 1.
std::vector<Tensor> all_reduce(const GroupPtr& group, Span<const Tensor> x, Reduction reduction,
                               dist::Wire wire = dist::Wire::kAsIs);
Tensor all_reduce(const GroupPtr& group, const Tensor& x, Reduction reduction);
// The sum or mean at one rank, zeros at the others. Extremes: throws kUnsupported; all_reduce has them.
Tensor reduce(const GroupPtr& group, const Tensor& x, Reduction reduction, int root);
// Along the first axis, in the order of the ranks; the first dimension may differ, and scalars become a vector.
Tensor all_gather(const GroupPtr& group, const Tensor& x);
// This rank's rows of the sum or mean (core/base/parts.h); extremes: throws kUnsupported.
Tensor reduce_scatter(const GroupPtr& group, const Tensor& x, Reduction reduction);
Tensor broadcast(const GroupPtr& group, const Tensor& x, int root);
Tensor all_to_all(const GroupPtr& group, const Tensor& x);

}  // namespace tl::replicas
