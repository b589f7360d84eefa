// How the tensors of a call are shared among ranks that each make the results of a part: who owns which bytes, and in which messages
// these travel. All ranks find the same from the same call; the bits of results do not depend on it.
#pragma once

#include <cstddef>
#include <vector>

#include "core/dist/call.h"

namespace tl::dist {

// Bytes of one tensor, at a multiple of its elements.
struct Piece {
  size_t tensor, offset, bytes;
};

// One message: a piece that is sent from where it lies, or several small ones that are packed, each at a multiple of 8.
struct Chunk {
  size_t first, count;  // of the pieces
  size_t bytes;
};

struct Shares {
  // Cuts the tensors, as if they lay one behind another, into equal ranges of bytes. Of kReduceScatter: as its rows say; of
  // kBroadcastEach: each tensor is its root's. With one range every rank owns it.
  Shares(const Call& call, int ranges, size_t chunk_bytes);

  const std::vector<Chunk>& of(int owner) const {
    return chunks[chunks.size() == 1 ? 0 : static_cast<size_t>(owner)];
  }
  bool is_packed(const Chunk& chunk) const { return chunk.count > 1; }

  std::vector<Piece> pieces;
  std::vector<std::vector<Chunk>> chunks;  // by owner
};

}  // namespace tl::dist
