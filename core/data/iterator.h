// DatasetIterator: walks through a dataset, epoch after epoch, and makes tensors of its elements.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "core/base/function_ref.h"
#include "core/base/span.h"
#include "core/data/dataset.h"
#include "core/tensor/context.h"
#include "core/tensor/state.h"

namespace tl::data {

// What a caller looks at when functions of a pipeline have run, before the iterator moves: throws where they did what they must not.
using Confirm = FunctionRef<void()>;

class DatasetIterator {
 public:
  // Of the context whose tensors the dataset holds; it outlives the iterator.
  DatasetIterator(Context& context, DatasetPtr dataset);
  DatasetIterator(const DatasetIterator&) = delete;
  DatasetIterator& operator=(const DatasetIterator&) = delete;

  // Sets `out` (of width() tensors) to the next element and returns true; or returns false at the end of an epoch, once, after which
  // the next call begins the following epoch. On an exception, also of `confirm`, nothing has moved, `out` included: the next
  // call tries again. The tensors borrow the element's memory, which is the source's or a stage's.
  bool next(
      Span<Tensor> out, Confirm confirm = [] {});

  uint64_t epoch() const { return epoch_; }  // of the element that comes next
  int64_t position() const {
    return position_;
  }  // its index; the number of elements when next() is about to return false
  // Goes to a place that was read from these two functions: passes over the elements before, which costs nothing where the dataset
  // is indexed. Throws kInvalidArgument where there is none such, and for the epoch 2^64 - 1, which has none after it. Nothing has moved on an exception.
  void seek(
      uint64_t epoch, int64_t position, Confirm confirm = [] {});
  // The same place as bytes that also hold what only the stages know, so that nothing must be passed over, and the weights as they are
  // now. Throws only where weights have changed since the last element, and the stages cannot follow.
  std::string save_position();
  void restore_position(
      const std::string& bytes, Confirm confirm = [] {});

  // The same as a part of what a program keeps (core/tensor/state.h): one text, "<prefix>/position".
  void save(State& state, const std::string& prefix);
  PendingRestorePtr prepare(const State& state, const std::string& prefix);

  // Before the iterator ends, which waits for functions of the caller's that its threads are running: asks them to end, and waits for so
  // long at the most. True where none is left to wait for. Nothing but the end may follow.
  bool stop(std::chrono::milliseconds patience) noexcept;

  // Seconds of this epoch (the last one, until the next has begun) so far that next() took, and their share in per cent of the time
  // from its first call until its latest return.
  double waited() const { return waited_; }
  double input_wait() const;
  const DatasetPtr& dataset() const { return dataset_; }

 private:
  struct Place {
    std::unique_ptr<Stage> root;
    uint64_t epoch;
    int64_t position;
  };
  Place place_in(const std::string& bytes) const;
  void go(Place place) noexcept;
  std::unique_ptr<Stage> opened(const Position& position) const;
  void adopt(std::unique_ptr<Stage> root) noexcept;
  bool pull(Span<Tensor> out, Confirm confirm);
  void repair();
  bool weights_have_changed() const;
  void follow_weights();
  void bring_up_to_date();

  Context& context_;
  DatasetPtr dataset_;
  uint64_t fingerprint_;
  Control control_;
  std::unique_ptr<Stage> root_;
  std::vector<uint64_t> known_versions_;  // by the stages, of the weights of each mixture
  uint64_t epoch_ = 0;
  int64_t position_ = 0;
  Position before_;      // of root_, before the call that is running
  bool broken_ = false;  // root_ has thrown: what it holds is of no use
  Element element_;
  std::vector<Tensor> tensors_;
  double waited_ = 0, first_call_ = 0, last_return_ = 0;
  bool timed_ = false;  // first_call_ is of this epoch
};

}  // namespace tl::data
