// What the ranks of a group tell one another before any data moves: which collective, on tensors of which dtypes and shapes. It is
// compared, so that ranks whose programs have gone apart learn of it instead of adding what does not belong together.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/base/span.h"
#include "core/tensor/dtype.h"
#include "core/tensor/shape.h"

namespace tl::dist {

enum class Operation : int32_t {
  kJoin = 0,
  kBarrier,
  kAllReduce,
  kReduce,
  kAllGather,
  kReduceScatter,
  kBroadcast,
  kAllToAll,
  kSplit,
  kBroadcastEach,
};
const char* name_of(Operation operation);  // "all_reduce"

enum class Reduction : int32_t { kSum = 0, kMean = 1, kMin = 2, kMax = 3, kSumByPairs = 4 };
const char* name_of(Reduction reduction);  // "sum"
inline bool is_known(Reduction reduction) {
  return reduction >= Reduction::kSum && reduction <= Reduction::kSumByPairs;
}

// As what elements go from rank to rank: as they are, or f32 as bf16 (wire.h).
enum class Wire : int32_t { kAsIs = 0, kBf16 = 1 };
inline bool is_known(Wire wire) { return wire == Wire::kAsIs || wire == Wire::kBf16; }

// For messages: "rank 1", "ranks 1, 3"; of many the first, and how many more there are.
std::string names_of_ranks(const std::vector<int>& ranks);

struct TensorKind {
  DType dtype;
  Shape shape;
  Wire wire = Wire::kAsIs;
  // On the way.
  size_t element_bytes() const { return wire == Wire::kBf16 ? sizeof(uint16_t) : size_of(dtype); }
  size_t bytes() const { return static_cast<size_t>(shape.elements()) * element_bytes(); }
};

struct Call {
  Operation operation = Operation::kBarrier;
  Reduction reduction = Reduction::kSum;
  int32_t root = 0;
  // Of kReduceScatter: the rows that each rank gets, which add up to the first dimension. Of kBroadcastEach: the root of each tensor.
  // Of kAllGather: those that each rank must give, where a replay has room for them alone; these may be said by some ranks only.
  // Of kSplit: what an engine has to say of groups that have ended (ended_groups.h); these may differ, too.
  std::vector<int64_t> rows;
  std::vector<TensorKind> tensors;
  // Of kSplit; these may differ. color below 0: in no group.
  int64_t color = 0, key = 0;
  // Of kAllReduce: in buckets of how many bytes a list goes; 0: in one.
  uint64_t bucket_bytes = 0;
  // What the tensors are, where ranks may mean different things by the same shapes: "precision 'p', thresholds 0.5".
  std::string subject;
};

// How a failure names ranks of a group: "rank 3", "ranks 1, 3". of_all: their numbers in the group that all ranks have joined. Of a group within
// it, mine: those in that one: "rank 3 (rank 0 of a group within the group)". So all who hear of it, inside and outside, know who is meant.
std::string ranks_text(const std::vector<int>& of_all, const std::vector<int>& mine, bool within);

// "" where they agree; else the first rank that differs from rank 0, and in which field: "rank 1 differs from rank 0 in the shape
// of tensor 0: (2) and (3)"; or the first rank that gathers other rows than a replay has been recorded with. The first dimension of what
// is gathered may differ otherwise.
std::string disagreement(Span<const Call> calls);

}  // namespace tl::dist
