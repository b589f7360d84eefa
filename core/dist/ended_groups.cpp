#include "core/dist/ended_groups.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace tl::dist {
namespace {

bool are_among(std::vector<int> some, std::vector<int> all) {
  std::sort(some.begin(), some.end());
  std::sort(all.begin(), all.end());
  return std::includes(all.begin(), all.end(), some.begin(), some.end());
}

}  // namespace

EndedGroups::~EndedGroups() {
  for (auto& [channel, group] : groups_)
    for (Rest& rest : group.rest) link_->park(std::move(rest.transfers), std::move(rest.memory));
}

void EndedGroups::made(uint64_t channel, std::vector<int> ranks) {
  Group group;
  group.waiting = ranks;
  group.ranks = std::move(ranks);
  groups_[channel] = std::move(group);
}

void EndedGroups::ended(uint64_t channel, std::vector<Rest>&& rest) noexcept {
  const auto found = groups_.find(channel);
  if (found == groups_.end()) {
    for (Rest& one : rest) link_->park(std::move(one.transfers), std::move(one.memory));
    return;
  }
  found->second.ended = true;
  found->second.rest = std::move(rest);
}

std::vector<int64_t> EndedGroups::to_say(const std::vector<int>& ranks) const {
  std::vector<int64_t> out;
  for (const auto& [channel, group] : groups_)
    if (group.ended && !group.said && are_among(group.ranks, ranks))
      out.push_back(static_cast<int64_t>(channel));
  return out;
}

// A number may be that of another group, too, of other ranks.
void EndedGroups::said(int64_t channel, int rank) {
  const auto found = groups_.find(static_cast<uint64_t>(channel));
  if (found == groups_.end()) return;
  std::vector<int>& waiting = found->second.waiting;
  waiting.erase(std::remove(waiting.begin(), waiting.end(), rank), waiting.end());
  found->second.said |= rank == link_->place().rank;
}

std::vector<EndedGroups::Rest> EndedGroups::take_whole() {
  std::vector<Rest> out;
  for (auto at = groups_.begin(); at != groups_.end();) {
    Group& group = at->second;
    const bool whole = group.ended && group.waiting.empty();
    if (whole)
      out.insert(out.end(), std::make_move_iterator(group.rest.begin()),
                 std::make_move_iterator(group.rest.end()));
    at = whole ? groups_.erase(at) : std::next(at);
  }
  return out;
}

}  // namespace tl::dist
