#include "core/replicas/vote.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "core/base/error.h"

namespace tl::replicas {
namespace {

constexpr const char* kVote = "group_vote";
enum : int64_t { kVoteStep, kVoteWeight, kVoteFlags, kVoteFields };  // the columns of what is gathered
constexpr int64_t kStop = 1, kSave = 2;

}  // namespace

Decision vote(const GroupPtr& group, const Vote& mine) {
  if (!(mine.weight >= 0) || std::isinf(mine.weight)) {
    const std::string text = concat("[", kVote, "] 'weight' must be 0 or more, and finite: got ", mine.weight,
                                    "; it is how many examples this rank has, 0 when its data have ended");
    group->leave(text);
    invalid(text);
  }
  group->context().note_unreplayable(
      "group_vote looks at what all ranks say; call it between compiled steps");
  const Tensor said = group->context().allocate(DType::kI64, Shape{1, kVoteFields});
  int64_t* const own = said.mutable_data<int64_t>();
  own[kVoteStep] = mine.step;
  std::memcpy(&own[kVoteWeight], &mine.weight, sizeof mine.weight);
  own[kVoteFlags] = (mine.stop ? kStop : 0) | (mine.save ? kSave : 0);
  const Tensor gathered = group->all_gather(kVote, said);
  const int64_t* const all = gathered.data<int64_t>();
  Decision out;
  for (int64_t rank = 0; rank < group->size(); rank++) {
    const int64_t* const theirs = all + rank * kVoteFields;
    if (theirs[kVoteStep] != all[kVoteStep])
      fail(Code::kMismatch, "[", kVote, "] all ranks must vote for the same step: rank ", rank,
           " differs from rank 0 in the step: ", theirs[kVoteStep], " and ", all[kVoteStep],
           "; vote once for each step, and bring ranks to one step first where some are new");
    double weight;
    std::memcpy(&weight, &theirs[kVoteWeight], sizeof weight);
    out.weight += weight;
    out.stop |= (theirs[kVoteFlags] & kStop) != 0;
    out.save |= (theirs[kVoteFlags] & kSave) != 0;
  }
  out.finished = out.weight == 0;
  return out;
}

}  // namespace tl::replicas
