// f32 on its way between ranks as bf16: half the bytes. Tensors are rounded before they are sent, and results, which travel as bf16, too,
// become f32 again where they have come (reduce.h says what is done in between). Whatever moves them, and wherever a tensor is cut, the
// bits are the same.
//
// No memory is taken for it: of a result, which has room for twice as much, one half holds what is sent, the other what comes.
#pragma once

#include <cstddef>

#include "core/base/span.h"
#include "core/dist/call.h"

namespace tl::dist {

// Whether any tensor of the call travels as bf16; all its results have the dtypes and shapes of its tensors then.
bool is_narrowed(const Call& call);
// Of each tensor that travels as bf16: rounds from[k] into to[k], the place of its result, which lies apart from it; from[k] and to[k] are then
// what the engine gets.
void narrow_tensors(const Call& call, Span<const std::byte*> from, Span<std::byte*> to);
// Behind the call: makes the results f32, in their places, which to[k] are again.
void widen_results(const Call& call, Span<std::byte*> to);

}  // namespace tl::dist
