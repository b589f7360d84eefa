// What a collective gives one rank, where it can read the tensors of all: those of threads where they lie, those of processes when they
// have come.
#pragma once

#include <cstddef>

#include "core/base/span.h"
#include "core/dist/call.h"

namespace tl::dist {

// A rank's part of a step: what it said, and where its tensors are.
struct Contribution {
  const Call* call;
  const std::byte* const* in;
};

// Writes the results of rank `rank` to `out`, one for each tensor. Of kBarrier and kSplit there are none.
void make_results(int rank, Span<const Contribution> ranks, Span<std::byte* const> out);

// Bytes of one row: a tensor's element along the first axis; the element of a scalar.
size_t row_bytes(const TensorKind& tensor);

}  // namespace tl::dist
