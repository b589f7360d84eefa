// vmap: runs a function that is written for one example once for a whole batch (JAX's vmap, torch.func.vmap).
//
// The function is called once. Its arguments stand for one example each; every op that uses them runs for the whole batch at
// once, by the batching rule that the op table names. Tapes and forward modes that are opened inside see the program of one
// example, those outside that of the batch, so that vmap(gradient), gradient(vmap) and vmap(vmap) are what they say.
#pragma once

#include <string>
#include <vector>

#include "core/base/function_ref.h"
#include "core/base/span.h"
#include "core/tensor/context.h"

namespace tl {

// In place of an axis: the input is the same for each example.
inline constexpr int64_t kNoAxis = -128;  // no tensor has so many

// What the function gives, each with the axis of the batch in front; a result that does not depend on the batch is repeated.
//
// axes: for each input the axis that runs over the examples, negative ones counting from the end, or kNoAxis; none at all
// means axis 0 of each. These axes have one size, which may be 0, and at least one input has one. `name` stands for the
// function in messages.
//
// Inside, the values of a tensor that depends on the batch cannot be read, and variables cannot be assigned such a tensor.
// uniform() and normal() draw once for all examples; dropout() of a batched tensor draws for each. Such a tensor has at most
// 7 axes, one less for each vmap around. One that is used after the end is an error.
std::vector<Tensor> vmap(Context& context, const std::string& name,
                         FunctionRef<std::vector<Tensor>(Span<const Tensor>)> function,
                         Span<const Tensor> inputs, Span<const int64_t> axes = {});

}  // namespace tl
