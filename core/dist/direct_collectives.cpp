#include "core/dist/direct_collectives.h"

#include <algorithm>
#include <cstring>
#include <deque>

#include "core/base/error.h"
#include "core/dist/reduce.h"

namespace tl::dist {
namespace {

// Of a message; two from each rank are on their way at a time. Smaller ones cost more wake-ups than they hide.
constexpr size_t kChunkBytes = 1024 * 1024;
constexpr size_t kOnTheirWay = 2;
// From which on two ranks add half of a tensor each.
constexpr size_t kHalved = 8 * kChunkBytes;

void copy_bytes(void* to, const void* from, size_t bytes) {
  if (bytes) std::memcpy(to, from, bytes);
}

void grow(Bytes& bytes, size_t size) {
  if (bytes.size() < size) bytes = Bytes(size);
}

size_t bytes_of(const Call& call) {
  size_t bytes = 0;
  for (const TensorKind& t : call.tensors) bytes += t.bytes();
  return bytes;
}

size_t packed_bytes(const Shares& shares, int owner) {
  size_t bytes = 0;
  for (const Chunk& chunk : shares.of(owner))
    if (shares.is_packed(chunk)) bytes += padded(chunk.bytes);
  return bytes;
}

// f(piece, offset of it in its message)
template <class F>
void for_pieces(const Shares& shares, const Chunk& chunk, F&& f) {
  size_t at = 0;
  for (size_t i = chunk.first; i < chunk.first + chunk.count; i++) {
    f(shares.pieces[i], at);
    at += padded(shares.pieces[i].bytes);
  }
}

}  // namespace

// Tensors that go through owners.
struct DirectCollectives::Flow {
  const Call& call;
  Span<const std::byte* const> in;
  Span<std::byte* const> out;
  int source = -1;           // the only rank whose tensors count; -1: all
  int target = -1;           // the only rank that gets results; -1: all
  bool owners_keep = false;  // nobody gets results but their owners
  bool owners_give = false;  // nobody's tensors count but those of their owners
  bool all_own = false;      // each rank makes all results, and keeps them
};

int DirectCollectives::rank_of(int link_rank) const {
  const auto found = std::find(ranks_.begin(), ranks_.end(), link_rank);
  return found == ranks_.end() ? -1 : static_cast<int>(found - ranks_.begin());
}

tl_transport_transfer DirectCollectives::sent(size_t rank, Kind kind, const void* data, size_t bytes) const {
  return {ranks_[rank], 0, const_cast<void*>(data), bytes, channel_ * kKinds + kind};
}

tl_transport_transfer DirectCollectives::received(size_t rank, Kind kind, void* data, size_t bytes) const {
  return {ranks_[rank], 1, data, bytes, channel_ * kKinds + kind};
}

DirectCollectives::Transfers DirectCollectives::start(Span<const tl_transport_transfer> transfers) {
  return transfers.empty() ? Transfers() : link_.start(transfers);
}

DirectCollectives::Transfers DirectCollectives::send_to_all(Kind kind, const void* data, size_t bytes) {
  std::vector<tl_transport_transfer> list;
  for (size_t rank = 0; rank < size(); rank++)
    if (static_cast<int>(rank) != mine_) list.push_back(sent(rank, kind, data, bytes));
  return start(list);
}

void DirectCollectives::run(Span<const Contribution> ranks, bool carried, Span<std::byte* const> out,
                            double deadline) {
  const auto me = static_cast<size_t>(mine_);
  const Call& call = *ranks[me].call;
  Flow flow{call, {ranks[me].in, call.tensors.size()}, out};
  switch (call.operation) {
    case Operation::kAllGather: return all_gather(ranks, carried, out[0], deadline);
    case Operation::kAllToAll: return all_to_all(call, ranks[me].in[0], out[0], deadline);
    case Operation::kReduceScatter: flow.owners_keep = true; break;
    case Operation::kReduce: flow.target = call.root; break;
    case Operation::kBroadcast: flow.source = call.root; break;
    case Operation::kBroadcastEach: flow.owners_give = true; break;
    // Two ranks that give each other all they have send no more bytes than through owners, and wait once less. Of many messages nobody
    // waits for results, which come while others are reduced, and each rank has half of them to reduce.
    case Operation::kAllReduce:
      flow.all_own = flow.owners_keep = size() == 2 && bytes_of(call) < kHalved;
      break;
    default: break;
  }
  through_owners(flow, deadline);
  if (call.operation == Operation::kReduce && mine_ != call.root)
    for (size_t k = 0; k < out.size(); k++)
      if (call.tensors[k].bytes()) std::memset(out[k], 0, call.tensors[k].bytes());
}

void DirectCollectives::all_gather(Span<const Contribution> ranks, bool carried, std::byte* out,
                                   double deadline) {
  const auto me = static_cast<size_t>(mine_);
  std::vector<tl_transport_transfer> list;
  std::vector<std::byte*> places;
  std::byte* to = out;
  for (size_t rank = 0; rank < size(); rank++) {
    const size_t bytes = ranks[rank].call->tensors[0].bytes();
    places.push_back(to);
    if (!ranks[rank].in && bytes) list.push_back(received(rank, kResults, to, bytes));
    to += bytes;
  }
  const size_t mine = ranks[me].call->tensors[0].bytes();
  for (size_t k = 1; k < size() && !carried && mine; k++)
    list.push_back(sent((me + k) % size(), kResults, ranks[me].in[0], mine));
  Transfers transfers = start(list);
  for (size_t rank = 0; rank < size(); rank++)
    if (ranks[rank].in) copy_bytes(places[rank], ranks[rank].in[0], ranks[rank].call->tensors[0].bytes());
  transfers.finish(deadline);
}

void DirectCollectives::all_to_all(const Call& call, const std::byte* in, std::byte* out, double deadline) {
  const size_t block = call.tensors[0].bytes() / size(), me = static_cast<size_t>(mine_);
  std::vector<tl_transport_transfer> list;
  for (size_t k = 1; k < size() && block; k++) {
    const size_t from = (me + size() - k) % size(), to = (me + k) % size();
    list.push_back(received(from, kResults, out + from * block, block));
    list.push_back(sent(to, kResults, in + to * block, block));
  }
  Transfers transfers = start(list);
  copy_bytes(out + me * block, in + me * block, block);
  transfers.finish(deadline);
}

void DirectCollectives::through_owners(const Flow& flow, double deadline) {
  const Shares shares(flow.call, flow.all_own ? 1 : static_cast<int>(size()), kChunkBytes);
  const auto me = static_cast<size_t>(mine_);
  const auto gives = [&](size_t rank) {
    return !flow.owners_give && (flow.source < 0 || rank == static_cast<size_t>(flow.source));
  };
  const auto gets = [&](size_t rank) {
    return !flow.owners_keep && (flow.target < 0 || rank == static_cast<size_t>(flow.target));
  };
  // Of rows that are scattered, results begin with the first row of this rank.
  const std::vector<Chunk>& own = shares.of(mine_);
  const size_t base =
      flow.owners_keep && !flow.all_own && !own.empty() ? shares.pieces[own[0].first].offset : 0;
  const auto input = [&](const Piece& piece) { return flow.in[piece.tensor] + piece.offset; };
  const auto output = [&](const Piece& piece) { return flow.out[piece.tensor] + (piece.offset - base); };

  // What is packed lies here: parts of mine for others, results of others, and results of mine.
  size_t packed = packed_bytes(shares, mine_);
  for (size_t rank = 0; rank < size(); rank++)
    if (rank != me) packed += packed_bytes(shares, static_cast<int>(rank)) * (gives(me) + gets(me));
  grow(packing_, packed);
  std::byte* free = packing_.data();
  const auto room = [&](const Chunk& chunk) { return std::exchange(free, free + padded(chunk.bytes)); };

  std::vector<std::pair<const Chunk*, const std::byte*>> to_unpack;
  std::vector<size_t> sources;
  for (size_t rank = 0; rank < size(); rank++)
    if (rank != me && gives(rank)) sources.push_back(rank);
  const size_t slot_bytes = [&] {
    size_t most = 0;
    for (const Chunk& chunk : own) most = std::max(most, padded(chunk.bytes));
    return (most + Bytes::kAlignment - 1) / Bytes::kAlignment * Bytes::kAlignment;
  }();
  const size_t slots = std::min(own.size(), kOnTheirWay);
  grow(arriving_parts_, slots * sources.size() * slot_bytes);
  const auto part_place = [&](size_t chunk, size_t source) {
    return arriving_parts_.data() + (chunk % kOnTheirWay * sources.size() + source) * slot_bytes;
  };

  // Destroyed first, so that nothing touches the memory above, or the tensors, where one of them fails.
  std::deque<Transfers> arriving, leaving;
  std::vector<tl_transport_transfer> list;
  const auto expect_parts = [&](size_t chunk) {
    list.clear();
    for (size_t s = 0; s < sources.size(); s++)
      list.push_back(received(sources[s], kParts, part_place(chunk, s), own[chunk].bytes));
    arriving.push_back(start(list));
  };
  for (size_t chunk = 0; chunk < slots; chunk++) expect_parts(chunk);

  list.clear();
  for (size_t k = 1; k < size() && gets(me); k++) {
    const size_t owner = (me + size() - k) % size();
    for (const Chunk& chunk : shares.of(static_cast<int>(owner))) {
      std::byte* to = nullptr;
      if (shares.is_packed(chunk))
        to_unpack.emplace_back(&chunk, to = room(chunk));
      else
        to = output(shares.pieces[chunk.first]);
      list.push_back(received(owner, kResults, to, chunk.bytes));
    }
  }
  Transfers results = start(list);

  list.clear();
  for (size_t k = 1; k < size() && gives(me); k++) {
    const size_t owner = (me + k) % size();
    for (const Chunk& chunk : shares.of(static_cast<int>(owner))) {
      const std::byte* from = nullptr;
      if (shares.is_packed(chunk)) {
        std::byte* to = room(chunk);
        for_pieces(shares, chunk,
                   [&](const Piece& piece, size_t at) { copy_bytes(to + at, input(piece), piece.bytes); });
        from = to;
      } else {
        from = input(shares.pieces[chunk.first]);
      }
      list.push_back(sent(owner, kParts, from, chunk.bytes));
    }
  }
  leaving.push_back(start(list));

  std::vector<const std::byte*> from;
  for (size_t c = 0; c < own.size(); c++) {
    const Chunk& chunk = own[c];
    arriving.front().finish(deadline);
    arriving.pop_front();
    std::byte* const together = shares.is_packed(chunk) ? room(chunk) : nullptr;
    for_pieces(shares, chunk, [&](const Piece& piece, size_t at) {
      from.clear();
      for (size_t rank = 0, s = 0; rank < size(); rank++) {
        if (!gives(rank) && !(flow.owners_give && rank == me)) continue;
        from.push_back(rank == me ? input(piece) : part_place(c, s++) + at);
      }
      const TensorKind& t = flow.call.tensors[piece.tensor];
      std::byte* const to = together ? together + at : output(piece);
      if (flow.source >= 0 || flow.owners_give)
        copy_bytes(to, from[0], piece.bytes);
      else
        reduce(t, flow.call.reduction, from, to, piece.bytes / t.element_bytes());
      if (together) copy_bytes(output(piece), to, piece.bytes);
    });
    list.clear();
    for (size_t k = 1; k < size(); k++) {
      const size_t rank = (me + k) % size();
      if (gets(rank))
        list.push_back(
            sent(rank, kResults, together ? together : output(shares.pieces[chunk.first]), chunk.bytes));
    }
    leaving.push_back(start(list));
    if (c + kOnTheirWay < own.size()) expect_parts(c + kOnTheirWay);
  }
  results.finish(deadline);
  for (const auto& [chunk, data] : to_unpack)
    for_pieces(shares, *chunk, [&, data = data](const Piece& piece, size_t at) {
      copy_bytes(output(piece), data + at, piece.bytes);
    });
  for (Transfers& sent_away : leaving) sent_away.finish(deadline);
}

}  // namespace tl::dist
