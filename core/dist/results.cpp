#include "core/dist/results.h"

#include <cstring>
#include <vector>

#include "core/base/error.h"
#include "core/dist/reduce.h"

namespace tl::dist {
namespace {

void copy(std::byte* to, const std::byte* from, size_t bytes) {
  if (bytes) std::memcpy(to, from, bytes);
}

}  // namespace

size_t row_bytes(const TensorKind& tensor) {
  const int rank = tensor.shape.rank();
  return rank == 0 ? tensor.element_bytes()
                   : static_cast<size_t>(tensor.shape.elements(1, rank)) * tensor.element_bytes();
}

void make_results(int rank, Span<const Contribution> ranks, Span<std::byte* const> out) {
  const auto me = static_cast<size_t>(rank);
  const Call& call = *ranks[me].call;
  std::vector<const std::byte*> from(ranks.size());
  for (size_t k = 0; k < call.tensors.size(); k++) {
    const TensorKind& t = call.tensors[k];
    const auto from_all = [&](size_t byte_offset) -> Span<const std::byte* const> {
      for (size_t r = 0; r < ranks.size(); r++) from[r] = ranks[r].in[k] + byte_offset;
      return from;
    };
    const auto elements = static_cast<size_t>(t.shape.elements());
    switch (call.operation) {
      case Operation::kAllReduce: reduce(t, call.reduction, from_all(0), out[k], elements); break;
      case Operation::kReduce:
        if (rank == call.root)
          reduce(t, call.reduction, from_all(0), out[k], elements);
        else if (t.bytes())
          std::memset(out[k], 0, t.bytes());
        break;
      case Operation::kAllGather: {
        std::byte* to = out[k];
        for (const Contribution& r : ranks) {
          copy(to, r.in[k], r.call->tensors[k].bytes());
          to += r.call->tensors[k].bytes();
        }
        break;
      }
      case Operation::kReduceScatter: {
        size_t first = 0;
        for (size_t r = 0; r < me; r++) first += static_cast<size_t>(call.rows[r]);
        const size_t row = row_bytes(t), count = static_cast<size_t>(call.rows[me]);
        reduce(t, call.reduction, from_all(first * row), out[k], count * row / t.element_bytes());
        break;
      }
      case Operation::kBroadcast: copy(out[k], ranks[static_cast<size_t>(call.root)].in[k], t.bytes()); break;
      case Operation::kBroadcastEach:
        copy(out[k], ranks[static_cast<size_t>(call.rows[k])].in[k], t.bytes());
        break;
      case Operation::kAllToAll: {
        const size_t block = t.bytes() / ranks.size();
        for (size_t r = 0; r < ranks.size(); r++)
          copy(out[k] + r * block, ranks[r].in[k] + me * block, block);
        break;
      }
      default: TL_INVARIANT(false);
    }
  }
}

}  // namespace tl::dist
