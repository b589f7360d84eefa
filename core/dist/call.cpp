#include "core/dist/call.h"

#include "core/base/error.h"

namespace tl::dist {

const char* name_of(Operation operation) {
  switch (operation) {
    case Operation::kJoin: return "join";
    case Operation::kBarrier: return "barrier";
    case Operation::kAllReduce: return "all_reduce";
    case Operation::kReduce: return "reduce";
    case Operation::kAllGather: return "all_gather";
    case Operation::kReduceScatter: return "reduce_scatter";
    case Operation::kBroadcast: return "broadcast";
    case Operation::kAllToAll: return "all_to_all";
    case Operation::kSplit: return "split";
    case Operation::kBroadcastEach: return "broadcast_each";
  }
  return "unknown operation";
}

std::string names_of_ranks(const std::vector<int>& ranks) {
  constexpr size_t kMost = 32;
  std::string out = ranks.size() == 1 ? "rank " : "ranks ";
  for (size_t i = 0; i < ranks.size() && i < kMost; i++) out += concat(i ? ", " : "", ranks[i]);
  if (ranks.size() > kMost) out += concat(" and ", ranks.size() - kMost, " more");
  return out;
}

const char* name_of(Reduction reduction) {
  switch (reduction) {
    case Reduction::kSum: return "sum";
    case Reduction::kMean: return "mean";
    case Reduction::kMin: return "min";
    case Reduction::kMax: return "max";
    case Reduction::kSumByPairs: return "sum by pairs";
  }
  return "unknown reduction";
}

namespace {

// What may differ in the shapes of a call is taken out of both.
Shape compared(const Call& call, const Shape& shape) {
  Shape out = shape;
  if (call.operation == Operation::kAllGather && out.rank() > 0) out[0] = 0;
  return out;
}

std::string named(const std::string& subject) { return subject.empty() ? "none" : subject; }

const char* wire_name(const TensorKind& tensor) {
  return tensor.wire == Wire::kBf16 ? "bf16" : name_of(tensor.dtype);
}

// Where the call of a rank differs from that of rank 0: "operation: broadcast and all_reduce".
std::string field(const Call& mine, const Call& first) {
  if (mine.operation != first.operation)
    return concat("operation: ", name_of(mine.operation), " and ", name_of(first.operation));
  if (mine.reduction != first.reduction)
    return concat("reduction: ", name_of(mine.reduction), " and ", name_of(first.reduction));
  if (mine.root != first.root) return concat("root: ", mine.root, " and ", first.root);
  if (mine.subject != first.subject)
    return concat("subject: ", named(mine.subject), " and ", named(first.subject));
  if (mine.bucket_bytes != first.bucket_bytes)
    return concat("bucket bytes: ", mine.bucket_bytes, " and ", first.bucket_bytes);
  if (mine.tensors.size() != first.tensors.size())
    return concat("number of tensors: ", mine.tensors.size(), " and ", first.tensors.size());
  for (size_t i = 0; i < mine.tensors.size(); i++) {
    const TensorKind &a = mine.tensors[i], &b = first.tensors[i];
    if (a.dtype != b.dtype) return concat("dtype of tensor ", i, ": ", a.dtype, " and ", b.dtype);
    if (a.wire != b.wire)
      return concat("wire dtype of tensor ", i, ": ", wire_name(a), " and ", wire_name(b));
    if (compared(mine, a.shape) != compared(first, b.shape))
      return concat("shape of tensor ", i, ": ", a.shape, " and ", b.shape);
  }
  for (size_t i = 0; mine.operation == Operation::kBroadcastEach && i < mine.rows.size(); i++)
    if (mine.rows[i] != first.rows[i])
      return concat("root of tensor ", i, ": ", mine.rows[i], " and ", first.rows[i]);
  if (mine.operation != Operation::kAllGather && mine.operation != Operation::kSplit &&
      mine.rows != first.rows)
    return "number of rows for each rank";
  return "";
}

// What is gathered, where a replay has room for the rows that it was recorded with. They may add up all the same: gradients go by them.
std::string unexpected_rows(Span<const Call> calls) {
  for (size_t asking = 0; asking < calls.size(); asking++) {
    const std::vector<int64_t>& want = calls[asking].rows;
    for (size_t rank = 0; rank < want.size() && rank < calls.size(); rank++) {
      const int64_t rows = calls[rank].tensors[0].shape[0];
      if (rows != want[rank])
        return concat("rank ", rank, " gathers other rows than the compiled step of rank ", asking,
                      " was recorded with: ", rows, " and ", want[rank],
                      "; give as many in each step, or gather between compiled steps");
    }
  }
  return "";
}

}  // namespace

std::string ranks_text(const std::vector<int>& of_all, const std::vector<int>& mine, bool within) {
  const std::string names = names_of_ranks(of_all);
  return within ? concat(names, " (", names_of_ranks(mine), " of a group within the group)") : names;
}

std::string disagreement(Span<const Call> calls) {
  for (size_t rank = 1; rank < calls.size(); rank++) {
    const std::string what = field(calls[rank], calls[0]);
    if (!what.empty()) return concat("rank ", rank, " differs from rank 0 in the ", what);
  }
  const bool gathers = !calls.empty() && calls[0].operation == Operation::kAllGather &&
                       !calls[0].tensors.empty() && calls[0].tensors[0].shape.rank() > 0;
  return gathers ? unexpected_rows(calls) : "";
}

}  // namespace tl::dist
