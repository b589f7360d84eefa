// The description of a program as a graph of nodes over one domain: what compile.cpp makes steps of.
#pragma once

#include <memory>
#include <vector>

#include "core/kernels/tile/program.h"
#include "core/kernels/tile/steps.h"

namespace tl::kernels {

// The longest row that a tile may be made of.
constexpr size_t kLongestRow = 4096;

[[noreturn]] void cannot_fuse(const std::string& why);

struct TileNode {
  enum class Type : uint8_t { kInput, kGather, kSpread, kOp, kRows, kReduceRow, kReduceAll, kReduceColumns };
  // Values that hold one element for each row, or all, are computed tile by tile; the others once, before the tiles, or
  // after them if they come from a reduction over the tiles.
  enum class Phase : uint8_t { kBefore, kEach, kAfter };

  Type type = Type::kInput;
  OpId op = OpId::kIdentity;
  DType dtype = DType::kF32;
  TileKind kind = kScalarKind;
  Phase phase = Phase::kBefore;
  int operands = 0;
  int in[3] = {-1, -1, -1};  // nodes
  const void* attrs = nullptr;
  const Strides* strides = nullptr;
  int input = -1, output = -1;  // its number among those of the program
  size_t draw = 0;              // of a dropout: likewise
  // Of a softmax that a cross entropy of the same logits makes too: that one, which is the next node; and the reverse.
  bool made_by_next = false, makes_previous = false;
  bool live = false;
};

// Labels that must be classes before anything is computed.
struct LabelCheck {
  OpId op;
  size_t input;
  DType dtype;
  size_t labels;
  int64_t classes;
};

struct TileGraph {
  size_t rows = 1, cols = 1, draws = 0;
  std::vector<TileNode> nodes;
  std::vector<OutputSpec> outputs;
  std::vector<LabelCheck> checks;
  std::vector<std::unique_ptr<Strides>> strides;
};

// Throws as TileProgram says.
TileGraph build_graph(const TileDescription& description);

}  // namespace tl::kernels
