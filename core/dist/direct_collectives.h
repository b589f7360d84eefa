// DirectCollectives: how the tensors of one step get to where they are needed, among the ranks of a group that have agreed on a call. Each result
// is made by one rank, its owner, in the order of the ranks (reduce.h), from parts that come to it, and goes to who needs it: as many
// bytes as a ring takes, and bits that depend on nothing but the ranks. Parts are cut into messages, so that some are on their way while
// others are reduced.
#pragma once

#include <cstdint>
#include <vector>

#include "core/dist/process_link.h"
#include "core/dist/results.h"
#include "core/dist/shares.h"
#include "core/dist/step_message.h"

namespace tl::dist {

class DirectCollectives {
 public:
  using Transfers = ProcessLink::Transfers;
  enum Kind : uint64_t { kStep, kDescription, kParts, kResults, kKinds };

  // ranks: of the link's, in the order of the group.
  DirectCollectives(ProcessLink& link, std::vector<int> ranks, int mine, uint64_t channel)
      : link_(link), ranks_(std::move(ranks)), mine_(mine), channel_(channel) {}

  size_t size() const { return ranks_.size(); }
  int rank_of(int link_rank) const;  // -1: of none
  int link_rank(size_t rank) const { return ranks_[rank]; }
  const std::vector<int>& link_ranks() const { return ranks_; }

  tl_transport_transfer sent(size_t rank, Kind kind, const void* data, size_t bytes) const;
  tl_transport_transfer received(size_t rank, Kind kind, void* data, size_t bytes) const;
  // Nothing where the list is empty.
  Transfers start(Span<const tl_transport_transfer> transfers);
  Transfers send_to_all(Kind kind, const void* data, size_t bytes);

  // The results of this rank, from the tensors of all. A contribution whose `in` is null has not come yet, and comes now; `carried`: mine
  // has gone to the others before. Nothing touches the memory after it, also where it throws.
  void run(Span<const Contribution> ranks, bool carried, Span<std::byte* const> out, double deadline);

 private:
  struct Flow;
  void all_gather(Span<const Contribution> ranks, bool carried, std::byte* out, double deadline);
  void all_to_all(const Call& call, const std::byte* in, std::byte* out, double deadline);
  void through_owners(const Flow& flow, double deadline);

  ProcessLink& link_;
  const std::vector<int> ranks_;
  const int mine_;
  const uint64_t channel_;
  Bytes packing_, arriving_parts_;  // room of earlier calls: memory that is fresh each time costs page faults
};

}  // namespace tl::dist
