// Matrices that are sums of other matrices with scaled rows, as e * a + (1 - e) * b is with a number e for each row: a product of
// such a matrix is the same sum of the products of the others, in exact numbers.
#pragma once

#include <vector>

#include "core/graph/program.h"

namespace tl::compile {

// A number times values that are one number or have one for each row.
struct RowFactor {
  double number;
  std::vector<graph::ValueId> rows;  // in ascending order
};

// What the rows of a matrix are multiplied with: a sum.
using RowScale = std::vector<RowFactor>;

struct RowTerm {
  graph::ValueId matrix;
  RowScale scale;  // not empty
};

class RowCombinations {
 public:
  // Reads the nodes at once. The program may lose them, and get new ones, while this is in use.
  explicit RowCombinations(const graph::Program& program);

  // A matrix as a sum of bases with scaled rows, each base once; it may be a base itself. Found through additions, subtractions,
  // negations and multiplications with numbers and columns, of nodes that are `again` as told. Empty where it is no such sum,
  // where it is one of many terms, and where all of them cancel.
  std::vector<RowTerm> find(graph::ValueId matrix, const std::vector<graph::ValueId>& bases,
                            uint32_t again) const;
  // The number of the node that made a value; SIZE_MAX: it was no result.
  size_t maker(graph::ValueId id) const { return maker_[id]; }
  // Whether one value of the program as it was came before another. What a value was made of came before it.
  bool is_before(graph::ValueId a, graph::ValueId b) const { return maker_[a] + 1 < maker_[b] + 1; }

 private:
  struct Search;
  struct Definition {
    OpId op;
    uint32_t again;
    double number;  // of a multiplication with one
    graph::ValueId in[2];
  };
  bool is_row_scale(graph::ValueId id, const Shape& matrix) const;
  bool expand(Search& search, graph::ValueId id, const RowScale& scale) const;

  const graph::Program& program_;
  std::vector<size_t> maker_;
  std::vector<Definition> definitions_;  // of each node; of those that matter
};

// Operations on each element of a matrix that adding up the terms takes.
int64_t element_operations(const std::vector<RowTerm>& terms);

// Whether that costs less than a product whose sums have `length` terms. An operation on an element counts for several of a
// product: it moves as many bytes as it computes.
bool is_cheaper(const std::vector<RowTerm>& terms, int64_t length);

// Appends the nodes that add up the terms, whose matrices may be others than those that were found, with as many rows.
graph::ValueId add_sum(graph::Program& program, const std::vector<RowTerm>& terms, uint32_t again);

}  // namespace tl::compile
