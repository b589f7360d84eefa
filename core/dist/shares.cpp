#include "core/dist/shares.h"

#include <algorithm>

#include "core/dist/results.h"
#include "core/dist/step_message.h"

namespace tl::dist {
namespace {

constexpr size_t kPackedBelow = 32 * 1024;  // a message of its own costs more than copying so many bytes
constexpr size_t kCut = 64;                 // ranges begin at multiples of it inside of a tensor

// Adds bytes of a tensor to the last owner's messages.
void add_piece(Shares& shares, const Piece& piece, size_t chunk_bytes) {
  std::vector<Chunk>& chunks = shares.chunks.back();
  const size_t size = padded(piece.bytes);
  const bool small = piece.bytes < kPackedBelow;
  Chunk* last = chunks.empty() ? nullptr : &chunks.back();
  if (small && last && last->bytes + size <= chunk_bytes &&
      (last->count > 1 || shares.pieces[last->first].bytes < kPackedBelow)) {
    last->bytes = padded(last->bytes) + size;
    last->count++;
  } else {
    chunks.push_back({shares.pieces.size(), 1, piece.bytes});
  }
  shares.pieces.push_back(piece);
}

void add(Shares& shares, size_t tensor, size_t first, size_t last, size_t chunk_bytes) {
  while (first < last) {
    const size_t bytes = std::min(chunk_bytes, last - first);
    add_piece(shares, {tensor, first, bytes}, chunk_bytes);
    first += bytes;
  }
}

}  // namespace

Shares::Shares(const Call& call, int ranges, size_t chunk_bytes) {
  if (call.operation == Operation::kReduceScatter) {
    const TensorKind& t = call.tensors[0];
    size_t first = 0;
    for (const int64_t rows : call.rows) {
      const size_t bytes = static_cast<size_t>(rows) * row_bytes(t);
      chunks.emplace_back();
      add(*this, 0, first, first + bytes, chunk_bytes);
      first += bytes;
    }
    return;
  }
  if (call.operation == Operation::kBroadcastEach) {
    for (int64_t owner = 0; owner < ranges; owner++) {
      chunks.emplace_back();
      for (size_t k = 0; k < call.tensors.size(); k++)
        if (call.rows[k] == owner) add(*this, k, 0, call.tensors[k].bytes(), chunk_bytes);
    }
    return;
  }
  size_t total = 0;
  for (const TensorKind& t : call.tensors) total += t.bytes();
  size_t tensor = 0, before = 0;  // the tensor that a range begins in, and all bytes before it
  for (int range = 0; range < ranges; range++) {
    chunks.emplace_back();
    const auto n = static_cast<size_t>(ranges), r = static_cast<size_t>(range);
    const auto bound = [&](size_t k) { return total / n * k + total % n * k / n; };
    const size_t begin = bound(r), end = bound(r + 1);
    for (;; tensor++) {
      if (tensor == call.tensors.size()) break;
      const size_t bytes = call.tensors[tensor].bytes();
      // The same cut ends one range and begins the next.
      const auto inside = [&](size_t at) {
        return at >= before + bytes ? bytes : at <= before ? 0 : (at - before) / kCut * kCut;
      };
      add(*this, tensor, inside(begin), inside(end), chunk_bytes);
      if (end < before + bytes) break;
      before += bytes;
    }
  }
}

}  // namespace tl::dist
