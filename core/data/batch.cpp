// Batches: consecutive elements stacked in fresh tensors.
#include <algorithm>
#include <cstring>

#include "core/base/error.h"
#include "core/data/dataset.h"
#include "core/tensor/context.h"

namespace tl::data {
namespace {

class Batch : public Dataset {
 public:
  Batch(DatasetPtr source, int64_t count, int64_t size)
      : source_(std::move(source)), count_(count), size_(size) {}
  int64_t size() const override { return size_; }
  size_t width() const override { return source_->width(); }

  void get(uint64_t epoch, int64_t index, Span<Tensor> out) override {
    TL_INVARIANT(out.size() == width());
    int64_t first = index * count_;
    int64_t rows = std::min(count_, source_->size() - first);
    std::vector<Tensor> element(width()), stacked(width());
    for (int64_t row = 0; row < rows; row++) {
      source_->get(epoch, first + row, {element.data(), element.size()});
      element[0].context().check_cancelled("dataset_next");
      for (size_t i = 0; i < element.size(); i++) {
        if (row == 0)
          stacked[i] = allocate_rows(element[i], rows);
        else
          check_same(stacked[i], element[i], i);
        size_t bytes = element[i].bytes();
        if (bytes != 0)
          std::memcpy(stacked[i].mutable_raw() + static_cast<size_t>(row) * bytes, element[i].raw(), bytes);
      }
    }
    std::move(stacked.begin(), stacked.end(), out.begin());
  }

 private:
  static Tensor allocate_rows(const Tensor& element, int64_t rows) {
    int64_t sizes[kMaxRank + 1] = {rows};
    std::copy(element.shape().begin(), element.shape().end(), sizes + 1);
    return element.context().allocate(
        element.dtype(),
        checked_shape("dataset_batch", {sizes, element.shape().size() + 1}, size_of(element.dtype())));
  }

  static void check_same(const Tensor& stacked, const Tensor& element, size_t position) {
    bool same = stacked.dtype() == element.dtype() && stacked.rank() == element.rank() + 1 &&
                std::equal(element.shape().begin(), element.shape().end(), stacked.shape().begin() + 1);
    if (!same)
      invalid("[dataset_batch] elements of a batch must have one dtype and shape: got tensor ", position,
              " of ", element.dtype(), " ", element.shape(), " after rows of ", stacked.dtype(), " ",
              stacked.shape(), "; do the sizes of the batches before differ?");
  }

  DatasetPtr source_;
  int64_t count_;
  int64_t size_;
};

}  // namespace

DatasetPtr batch(DatasetPtr source, int64_t count, bool drop_remainder) {
  if (count < 1)
    invalid("[dataset_batch] the batch size must be at least 1: got ", count,
            "; dataset_size gives one batch of all");
  int64_t elements = source->size();
  int64_t whole = elements / count;
  if (drop_remainder && whole == 0 && elements > 0)
    invalid("[dataset_batch] drop_remainder must leave a batch: got ", elements,
            " elements and a batch size of ", count, "; make the batches smaller");
  int64_t size = whole + (!drop_remainder && elements % count != 0);
  return std::make_shared<Batch>(std::move(source), count, size);
}

}  // namespace tl::data
