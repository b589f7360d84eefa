// The source made of tensors, the ranges of a dataset, and the iterator.
#include "core/data/dataset.h"

#include <algorithm>

#include "core/base/error.h"
#include "core/tensor/batched.h"

namespace tl::data {
namespace {

class TensorSlices : public Dataset {
 public:
  explicit TensorSlices(std::vector<Tensor> tensors) : tensors_(std::move(tensors)) {
    for (const Tensor& t : tensors_)
      element_shapes_.emplace_back(Span(t.shape().data() + 1, t.shape().size() - 1));
  }
  int64_t size() const override { return tensors_[0].shape()[0]; }
  size_t width() const override { return tensors_.size(); }
  void get(uint64_t, int64_t index, Span<Tensor> out) override {
    TL_INVARIANT(index >= 0 && index < size() && out.size() == width());
    for (size_t i = 0; i < tensors_.size(); i++) {
      const Tensor& t = tensors_[i];
      const Shape& shape = element_shapes_[i];
      out[i] = t.view(shape, static_cast<size_t>(index * shape.elements()) * size_of(t.dtype()));
    }
  }

 private:
  std::vector<Tensor> tensors_;
  std::vector<Shape> element_shapes_;
};

class Range : public Dataset {
 public:
  Range(DatasetPtr source, int64_t first, int64_t size)
      : source_(std::move(source)), first_(first), size_(size) {}
  int64_t size() const override { return size_; }
  size_t width() const override { return source_->width(); }
  void get(uint64_t epoch, int64_t index, Span<Tensor> out) override {
    source_->get(epoch, first_ + index, out);
  }

 private:
  DatasetPtr source_;
  int64_t first_, size_;
};

void check_count(const char* op, int64_t count) {
  if (count < 0)
    invalid("[", op, "] the number of elements must not be negative: got ", count, "; 0 is none");
}

}  // namespace

DatasetPtr tensor_slices(std::vector<Tensor> tensors) {
  if (tensors.empty())
    invalid("[dataset_from_tensors] there must be at least 1 tensor: got 0; check the list");
  for (size_t i = 0; i < tensors.size(); i++) {
    const Tensor& t = tensors[i];
    check_readable("dataset_from_tensors", t);
    if (t.rank() == 0)
      invalid("[dataset_from_tensors] a tensor needs a first axis to be cut along: got 'tensors[", i,
              "]' of shape (); reshape it to (1,)");
    if (&t.context() != &tensors[0].context())
      invalid("[dataset_from_tensors] all tensors must be of one context: got 'tensors[", i,
              "]' of another context; copy its data over");
    if (t.shape()[0] != tensors[0].shape()[0])
      invalid("[dataset_from_tensors] the first axes must have one size: got 'tensors[0]' of ",
              tensors[0].shape(), " and 'tensors[", i, "]' of ", t.shape(),
              "; do images and labels come from the same split?");
  }
  return std::make_shared<TensorSlices>(std::move(tensors));
}

DatasetPtr take(DatasetPtr source, int64_t count) {
  check_count("dataset_take", count);
  int64_t size = source->size();
  return std::make_shared<Range>(std::move(source), 0, std::min(count, size));
}

DatasetPtr skip(DatasetPtr source, int64_t count) {
  check_count("dataset_skip", count);
  int64_t size = source->size(), first = std::min(count, size);
  return std::make_shared<Range>(std::move(source), first, size - first);
}

bool DatasetIterator::next(Span<Tensor> out) {
  if (position_ >= dataset_->size()) {
    epoch_++;
    position_ = 0;
    return false;
  }
  dataset_->get(epoch_, position_, out);
  position_++;
  return true;
}

void DatasetIterator::seek(uint64_t epoch, int64_t position) {
  if (position < 0 || position > dataset_->size())
    invalid("[dataset_seek] the position must be in the dataset: got ", position, " of ", dataset_->size(),
            " elements; the last stands for the end");
  epoch_ = epoch;
  position_ = position;
}

}  // namespace tl::data
