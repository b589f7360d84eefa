// Datasets: finite collections of elements, each a list of tensors (an image and its label, say). Features
// are decorators around a source; an iterator walks through the epochs.
//
//   DatasetPtr train = batch(shuffle(tensor_slices({images, labels}), seed), 128);
//   DatasetIterator it(train);
//   Tensor out[2];
//   for (int epoch = 0; epoch < 5; epoch++)
//     while (it.next(out)) step(out[0], out[1]);
//
// An element is a pure function of (epoch, index): nothing else is kept, so two integers save a position in
// the middle of an epoch, several iterators may share a dataset, and the order is the same for any number of
// threads. Elements are views of the source's memory as long as nothing has to be computed; batch() copies
// them once, into the tensor that the caller gets. All this belongs to the context of its tensors, which one
// thread at a time uses.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "core/base/span.h"
#include "core/tensor/tensor.h"

namespace tl::data {

class Dataset {
 public:
  virtual ~Dataset() = default;
  // The number of elements in an epoch, the same in every epoch.
  virtual int64_t size() const = 0;
  // The number of tensors in an element, the same in every element; at least 1.
  virtual size_t width() const = 0;
  // Sets out[0 .. width()) to element `index`, in [0, size()), of epoch `epoch`. On an exception `out` is as
  // before.
  virtual void get(uint64_t epoch, int64_t index, Span<Tensor> out) = 0;
};

using DatasetPtr = std::shared_ptr<Dataset>;

// The tensors cut along their first axis: element i is {t[i] for t in tensors}, without a copy. Throws
// kInvalidArgument where there is no tensor, a tensor without axes, or where first axes or contexts differ.
DatasetPtr tensor_slices(std::vector<Tensor> tensors);

// The first `count` elements, or all of them where there are fewer; and all but those. Throws on a negative
// count. Split before shuffle(): the first elements of a shuffled dataset are others in each epoch.
DatasetPtr take(DatasetPtr source, int64_t count);
DatasetPtr skip(DatasetPtr source, int64_t count);

// All elements in a random order, anew in each epoch. The order follows from (seed, epoch, size) alone, and
// every order is equally likely. Needs 8 bytes per element.
DatasetPtr shuffle(DatasetPtr source, uint64_t seed);

// Groups of `count` consecutive elements, stacked along a new first axis in fresh tensors. The last group is
// smaller where `count` does not divide the size, or left out with `drop_remainder`. Throws kInvalidArgument
// where count < 1 and where drop_remainder would leave nothing of a dataset that is not empty; get() does
// where elements differ in dtype or shape or already have 8 axes.
DatasetPtr batch(DatasetPtr source, int64_t count, bool drop_remainder = false);

// Tensor number `position` of each element in another dtype: to f32 or f64 from any dtype, to i32 from u8 and
// bool, to i64 from these and i32. For floating targets each value is converted, then divided by `divisor`
// (255 makes images of u8 lie in [0, 1]); for integers it must be 1. Best after batch(), so that memory holds
// and batches copy the small dtype. Throws kInvalidArgument on other wishes; get() does where the source's
// dtype has no such conversion.
DatasetPtr cast(DatasetPtr source, size_t position, DType dtype, double divisor = 1);

// Walks through a dataset, epoch after epoch.
class DatasetIterator {
 public:
  explicit DatasetIterator(DatasetPtr dataset) : dataset_(std::move(dataset)) {}

  // Sets `out` (of width() tensors) to the next element and returns true; or returns false at the end of an
  // epoch, once, after which the next call begins the following epoch. On an exception nothing has moved.
  bool next(Span<Tensor> out);

  uint64_t epoch() const { return epoch_; }       // of the element that comes next
  int64_t position() const { return position_; }  // its index; size() when next() is about to return false
  // Goes to a position that was read from these two functions. Throws kInvalidArgument where there is none
  // such.
  void seek(uint64_t epoch, int64_t position);
  const DatasetPtr& dataset() const { return dataset_; }

 private:
  DatasetPtr dataset_;
  uint64_t epoch_ = 0;
  int64_t position_ = 0;
};

}  // namespace tl::data
