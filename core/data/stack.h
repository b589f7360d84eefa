// Stacks elements along a new first axis: what batches, windows and buckets have in common.
#pragma once

#include <memory>
#include <vector>

#include "core/base/span.h"
#include "core/data/element.h"
#include "core/data/stage.h"

namespace tl::data {

class Stacker {
 public:
  // op: named in errors. padding: a number for each value of an element, with which it is filled up to the longest; or none, where
  // all must be of one shape.
  explicit Stacker(const char* op, std::vector<double> padding = {})
      : op_(op), padding_(std::move(padding)) {}

  // At least one element. Throws kInvalidArgument where dtypes, ranks or (without padding) shapes differ, where they have 8 axes
  // already, and where the padding is no number of the dtype.
  void stack(const std::vector<Element>& rows, Element& out) const;
  // The same of elements that are rows of `columns`, at least one; each has a number for every column. Throws kCancelled as
  // `control` says, where it is given.
  void gather(Span<const Rows> columns, Span<const int64_t> numbers, const Control* control,
              Element& out) const;

 private:
  Value stack(const std::vector<Element>& rows, size_t position) const;

  const char* op_;
  std::vector<double> padding_;
  std::shared_ptr<BlockPool> pool_ = BlockPool::make();
};

}  // namespace tl::data
