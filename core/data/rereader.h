// Rereader: a source for stages that hold some of its elements for a while (a shuffle's buffer, buckets, windows, rows of an element).
// Their positions name those by number, in the order in which they were read, instead of holding their data; the Rereader reads them
// again.
//
// It saves one place of the source, at or a little before the oldest element that is held, and goes on from there: what comes between
// it passes over. So a position grows with the stages of a pipeline one after the other, not with their product, and the cost of
// going there depends on how long elements are held, and not on how far the epoch has come. To have that place it marks the source's
// every few elements. Weights of mixtures that change in between (sample.h) are saved with the number of the element before which
// they did, and change there again.
//
// What it saves follows from the elements that were read alone, and not from where a pipeline was saved and restored meanwhile.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "core/base/function_ref.h"
#include "core/data/stage.h"

namespace tl::data {

class Rereader {
 public:
  // every: elements between two marks, at first; more where elements are held for long, so that there are never many marks.
  Rereader(std::unique_ptr<Stage> source, int64_t every)
      : source_(std::move(source)), first_every_(every), every_(every) {}

  void begin(uint64_t epoch);
  bool next(Element& out);  // false at the end
  // Passes over elements, where none is held.
  int64_t skip(int64_t count);
  int64_t count() const { return count_; }  // elements that were read or passed over in this epoch
  // No element before this number will be asked for again.
  void forget_before(int64_t number);

  void save(Position& out) const;
  // Going to a place, in two steps: behind the first, count() is that of the place; the second reads those of `numbers`, which grow,
  // into got() and passes over all others.
  void restore(PositionReader& in);
  void replay(const std::vector<int64_t>& numbers, FunctionRef<void(int64_t number, Element&& element)> got);
  void weigh(const WeightChange& change);
  void stop() noexcept { source_->stop(); }
  bool quiet() const noexcept { return source_->quiet(); }

 private:
  struct Mark {
    int64_t number;  // of the element that comes next there
    std::shared_ptr<const Position> place;
  };
  struct Change {
    int64_t number;  // of the element that comes next
    WeightChange what;
  };
  void begin_marks(std::shared_ptr<const Position> place);
  void find_due();
  void mark_if_due();
  void pass_to(int64_t number, const std::vector<Change>& changes, size_t& next_change);

  std::unique_ptr<Stage> source_;
  const int64_t first_every_;
  int64_t every_;
  int64_t count_ = 0;
  int64_t due_ = 0;              // the number of the next mark, a multiple of every_
  bool over_ = false;            // next() has met the end
  std::vector<Mark> marks_;      // the first, and those at multiples of every_ since
  std::vector<Change> changes_;  // behind the first mark
  // As save() writes the changes; null where there were others since.
  mutable std::shared_ptr<const Position> saved_changes_;
};

}  // namespace tl::data
