// One step of a fused program: a kernel on tiles, with its operands as slots of a table of pointers.
//
// A value has one of four kinds, by what it holds of a tile of `rows` times `cols` elements: all, one element for each
// row, one for each column, or a single one. A tile is some whole rows, or a part of one row.
#pragma once

#include <cstdint>
#include <type_traits>

#include "core/kernels/vector/table.h"
#include "core/ops/schema.h"

namespace tl::kernels {

enum TileKind : uint8_t {
  kScalarKind = 0,
  kRowKind = 1,
  kColumnKind = 2,
  kMatrixKind = 3
};  // a union of bits
inline const char* name_of(TileKind kind) {
  constexpr const char* kNames[] = {"scalar", "row", "column", "matrix"};
  return kNames[kind];
}

// What a step works on.
struct Tile {
  void** at;  // by slot: where the tile's part of each value lies
  size_t row = 0, col = 0, rows = 1, cols = 1;
  size_t counts[4];   // elements of a tile's part, by kind
  size_t offsets[4];  // of its first element in the whole value
  const RandomAt* draws = nullptr;

  void set_counts() {
    counts[kScalarKind] = 1;
    counts[kRowKind] = cols;
    counts[kColumnKind] = rows;
    counts[kMatrixKind] = rows * cols;
  }
  void set_offsets(size_t domain_cols) {
    offsets[kScalarKind] = 0;
    offsets[kRowKind] = col;
    offsets[kColumnKind] = row;
    offsets[kMatrixKind] = row * domain_cols + col;
  }
};

// How an input lies in memory whose axes follow no pattern: sizes and strides of the domain's axes, last first, of which
// the first `in_row` make up the columns.
struct Strides {
  int rank = 0, in_row = 0;
  int64_t size[kMaxRank], stride[kMaxRank];
};

struct Step {
  using Run = void (*)(const Step&, const Tile&);
  Run run = nullptr;
  const void* kernels = nullptr;  // into the vector table: what `run` expects there
  uint16_t out = 0, in[3] = {0, 0, 0};
  TileKind kind = kScalarKind;
  TileKind in_kind[3] = {kScalarKind, kScalarKind, kScalarKind};
  union Number {
    float f32;
    double f64;
    const Strides* strides;
    uint32_t threshold;
    bool both;  // of a cross entropy: the probabilities too, into the slot in[2]
  } number[2] = {};
  uint16_t draw = 0;
};

template <class T>
T number_of(const Step::Number& n) {
  if constexpr (std::is_same_v<T, float>)
    return n.f32;
  else
    return n.f64;
}
inline void set_number(Step::Number& n, float value) { n.f32 = value; }
inline void set_number(Step::Number& n, double value) { n.f64 = value; }

// The step of an element-wise op, without slots; run is null where it cannot be fused. `dtype` is that of the last
// operand, `to` that of the result. Kinds in step->kind and in_kind decide which kernel it is.
Step make_step(const VectorTable& table, OpId op, DType dtype, DType to, int operands,
               const TileKind* in_kind, TileKind kind, const void* attrs);
// out[r] = f(row r) of a matrix, or f of a whole row, column or scalar.
Step make_row_reduction(const VectorTable& table, OpId op, DType dtype, TileKind in_kind);
// An op on whole rows: softmax and its relatives, what looks at labels, one_hot. dtype: of the operand with the rows, or of
// the result of one_hot; label: of the labels. in_kind: that of the rows. run is null where there is none.
Step make_row_step(const VectorTable& table, OpId op, DType dtype, DType label, TileKind rows,
                   const void* attrs);
// A value of lower kind spelt out as one of `kind`.
Step make_spread(size_t element, TileKind from, TileKind kind);
// An input without pattern, gathered as `kind`. Keeps the pointer.
Step make_gather(size_t element, const Strides* strides, TileKind kind);

// May the step write its result over operand i, if both have the same kind and element size?
bool works_in_place(OpId op, int operand);
// Elements of a cheap loop that take about as long as one of this op.
int cost_of(OpId op);

}  // namespace tl::kernels
