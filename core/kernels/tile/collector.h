// Reductions over the whole domain or over its rows, fed tile by tile, with the bits of core/kernels/reduction.cpp: sums
// of all in chunks of 4096 elements that a fixed tree combines; sums over rows in blocks of 256 rows, and those of at most
// 32 columns with sixteen rows counted as one.
#pragma once

#include "core/kernels/tile/steps.h"

namespace tl::kernels {

// Columns that are too few to fill vectors, and the rows that then count as one: as in core/kernels/reduction.cpp.
constexpr size_t kNarrowCols = 32, kFoldedRows = 16;
constexpr size_t kMostCollectors = 8;

struct Collector {
  enum class Form : uint8_t { kAll, kColumns, kNarrowColumns };
  // How far a thread has come within a unit of rows.
  struct Progress {
    size_t begin = 0;  // the unit's first element (kAll)
    size_t seen = 0;   // elements so far
    size_t done = 0;   // of which are in chunks that are complete
  };
  // The memory of one call.
  struct Memory {
    std::byte* worker;
    std::byte* shared;
    void* const* base;  // by slot: where each value begins
  };

  Form form = Form::kAll;
  DType dtype = DType::kF32;
  OpId op = OpId::kSum;
  TileKind kind = kMatrixKind;
  bool buffered =
      false;  // kAll: the operand's tiles go to a buffer of a chunk and a tile; else it lies in memory
  uint16_t in = 0, out = 0;
  size_t rows = 0, cols = 0;  // of the domain
  size_t parts = 0;           // chunks, blocks or segments whose results are combined
  size_t segment_rows = 0;    // kNarrowColumns: rows of one part
  size_t worker_offset = 0, shared_offset = 0;
  const void* reduction = nullptr;  // the ReductionKernels of the dtype
  void (*take_tile)(const Collector&, Progress&, const Memory&, const Tile&) = nullptr;

  // Where the buffered operand's next tile goes.
  void place(const Progress& p, const Memory& memory, void** at) const;
  // Sets `reduction` and `take_tile`, once the form and the dtype stand.
  void choose(const VectorTable& table);
  // Takes the tile that `tile.at[in]` holds.
  void take(Progress& p, const Memory& memory, const Tile& tile) const { take_tile(*this, p, memory, tile); }
  // The end of a unit, and of the domain.
  void end_unit(Progress& p, const Memory& memory) const;
  void finish(const Memory& memory) const;

  // Units must begin at multiples of so many rows.
  size_t row_multiple() const;
  // Bytes; `tile_elements` is the largest tile's.
  size_t worker_bytes(size_t tile_elements) const;
  size_t shared_bytes() const;
};

// As many as core/kernels/reduction.cpp takes for one part of a reduction over few columns.
size_t narrow_segment_rows(size_t cols);

}  // namespace tl::kernels
