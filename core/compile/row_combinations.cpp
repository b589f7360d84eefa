#include "core/compile/row_combinations.h"

#include <algorithm>
#include <cmath>

#include "core/ops/generated/attrs.h"

namespace tl::compile {

using namespace graph;

namespace {

constexpr size_t kMostFactors = 16;  // of all scales of one matrix
constexpr int kMostVisits = 64;  // a chain of sums can stand for a number of terms that grows with each link
constexpr int64_t kElementCost = 8;  // operations of a product in the time of one on an element

size_t factors_of(const std::vector<RowTerm>& terms) {
  size_t count = 0;
  for (const RowTerm& term : terms) count += term.scale.size();
  return count;
}

RowScale times(RowScale scale, double number) {
  for (RowFactor& f : scale) f.number *= number;
  return scale;
}

RowScale times_rows(RowScale scale, ValueId rows) {
  for (RowFactor& f : scale) f.rows.insert(std::upper_bound(f.rows.begin(), f.rows.end(), rows), rows);
  return scale;
}

void add_to(RowScale& sum, const RowScale& more) {
  for (const RowFactor& f : more) {
    auto same = std::find_if(sum.begin(), sum.end(), [&](const RowFactor& s) { return s.rows == f.rows; });
    if (same == sum.end())
      sum.push_back(f);
    else
      same->number += f.number;
  }
}

bool is_number(const RowScale& scale) { return scale.size() == 1 && scale[0].rows.empty(); }

}  // namespace

struct RowCombinations::Search {
  const std::vector<ValueId>& bases;
  uint32_t again;
  int visits = 0;
  std::vector<RowTerm> terms{};
};

RowCombinations::RowCombinations(const Program& program)
    : program_(program), maker_(program.values.size(), SIZE_MAX) {
  for (const Node& node : program.nodes) {
    Definition d{OpId::kIdentity, node.again, 1, {kNoValue, kNoValue}};
    for (OpId op : {OpId::kAdd, OpId::kSub, OpId::kMul, OpId::kNeg, OpId::kMulScalar})
      if (node.is(op)) {
        d.op = op;
        std::copy(node.in.begin(), node.in.end(), d.in);
        if (op == OpId::kMulScalar) d.number = node.as<MulScalarAttrs>().value;
      }
    for (ValueId id : node.out) maker_[id] = definitions_.size();
    definitions_.push_back(d);
  }
}

// One number, or one for each row. A matrix of one column could be both, and is none.
bool RowCombinations::is_row_scale(ValueId id, const Shape& matrix) const {
  const Shape& shape = program_.values[id].shape;
  if (shape.rank() <= 2 && shape.elements() == 1) return matrix.elements() != 1;
  return shape.rank() == 2 && shape[0] == matrix[0] && shape[1] == 1 && matrix[1] != 1;
}

// Adds scale * id to the terms.
bool RowCombinations::expand(Search& search, ValueId id, const RowScale& scale) const {
  if (++search.visits > kMostVisits) return false;
  if (std::find(search.bases.begin(), search.bases.end(), id) != search.bases.end()) {
    auto same = std::find_if(search.terms.begin(), search.terms.end(),
                             [&](const RowTerm& term) { return term.matrix == id; });
    if (same == search.terms.end()) same = search.terms.insert(same, {id, {}});
    add_to(same->scale, scale);
    return factors_of(search.terms) <= kMostFactors;
  }
  if (maker(id) == SIZE_MAX) return false;
  const Definition& d = definitions_[maker(id)];
  if (d.again != search.again) return false;
  const Shape& shape = program_.values[id].shape;
  auto whole = [&](int k) { return program_.values[d.in[k]].shape == shape; };
  switch (d.op) {
    case OpId::kAdd:
    case OpId::kSub:
      return whole(0) && whole(1) && expand(search, d.in[0], scale) &&
             expand(search, d.in[1], d.op == OpId::kSub ? times(scale, -1) : scale);
    case OpId::kNeg: return expand(search, d.in[0], times(scale, -1));
    case OpId::kMulScalar: return expand(search, d.in[0], times(scale, d.number));
    case OpId::kMul:
      for (int k : {0, 1})
        if (is_row_scale(d.in[k], shape) && whole(1 - k))
          return expand(search, d.in[1 - k], times_rows(scale, d.in[k]));
      return false;
    default: return false;
  }
}

std::vector<RowTerm> RowCombinations::find(ValueId matrix, const std::vector<ValueId>& bases,
                                           uint32_t again) const {
  if (program_.values[matrix].shape.rank() != 2) return {};
  Search search{bases, again};
  if (!expand(search, matrix, {{1, {}}})) return {};
  std::vector<RowTerm> kept;
  for (RowTerm& term : search.terms) {
    RowScale& scale = term.scale;
    scale.erase(std::remove_if(scale.begin(), scale.end(), [](const RowFactor& f) { return f.number == 0; }),
                scale.end());
    if (!scale.empty()) kept.push_back(std::move(term));
  }
  return kept;
}

int64_t element_operations(const std::vector<RowTerm>& terms) {
  int64_t count = -1;  // the first term is added to nothing
  for (const RowTerm& term : terms)
    count += is_number(term.scale) && std::abs(term.scale[0].number) == 1 ? 1 : 2;
  return count;
}

bool is_cheaper(const std::vector<RowTerm>& terms, int64_t length) {
  return 2 * length > kElementCost * (element_operations(terms) + 1);
}

namespace {

ValueId add(Program& program, uint32_t again, OpId op, std::vector<ValueId> in, const void* attrs = nullptr) {
  Node& node = program.add_node(op, std::move(in), attrs);
  node.again = again;
  return node.out[0];
}

ValueId scaled(Program& program, uint32_t again, ValueId id, double number) {
  if (number == 1) return id;
  if (number == -1) return add(program, again, OpId::kNeg, {id});
  const MulScalarAttrs attrs{number};
  return add(program, again, OpId::kMulScalar, {id}, &attrs);
}

// A scale that is no number, as a value.
ValueId value_of(Program& program, uint32_t again, const RowScale& scale) {
  ValueId sum = kNoValue;
  double number = 0;
  for (const RowFactor& f : scale) {
    if (f.rows.empty()) {
      number = f.number;
      continue;
    }
    ValueId factor = f.rows[0];
    for (size_t k = 1; k < f.rows.size(); k++) factor = add(program, again, OpId::kMul, {factor, f.rows[k]});
    factor = scaled(program, again, factor, f.number);
    sum = sum == kNoValue ? factor : add(program, again, OpId::kAdd, {sum, factor});
  }
  if (number == 0) return sum;
  const AddScalarAttrs attrs{number};
  return add(program, again, OpId::kAddScalar, {sum}, &attrs);
}

}  // namespace

ValueId add_sum(Program& program, const std::vector<RowTerm>& terms, uint32_t again) {
  ValueId sum = kNoValue;
  for (const RowTerm& term : terms) {
    const bool plain = is_number(term.scale), taken_off = plain && term.scale[0].number == -1;
    if (sum != kNoValue && taken_off) {
      sum = add(program, again, OpId::kSub, {sum, term.matrix});
      continue;
    }
    const ValueId part =
        plain ? scaled(program, again, term.matrix, term.scale[0].number)
              : add(program, again, OpId::kMul, {term.matrix, value_of(program, again, term.scale)});
    sum = sum == kNoValue ? part : add(program, again, OpId::kAdd, {sum, part});
  }
  return sum;
}

}  // namespace tl::compile
