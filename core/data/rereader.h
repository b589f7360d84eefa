// Rereader: a source for stages that hold some of its elements for a while (a shuffle's buffer, buckets, windows). Their positions
// name those by number, in the order in which they were read, instead of holding their data; the Rereader fetches them again.
//
// Now and then it marks the source's place. To fetch element n it goes to the last mark before and passes over what lies between,
// so that the cost depends on how long elements are held, and not on how far the epoch has come.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "core/base/function_ref.h"
#include "core/data/stage.h"

namespace tl::data {

class Rereader {
 public:
  // every: elements between two marks.
  Rereader(std::unique_ptr<Stage> source, int64_t every) : source_(std::move(source)), every_(every) {}

  void begin(uint64_t epoch);
  bool next(Element& out);  // false at the end
  int64_t skip(int64_t count);
  int64_t count() const { return count_; }  // elements that were read or passed over in this epoch
  bool over() const { return over_; }       // next() has met the end
  // No element before this number will be fetched again.
  void forget_before(int64_t number);

  void save(Position& out) const;
  // numbers: those to fetch, growing; got() takes each.
  void restore(PositionReader& in);
  void fetch(const std::vector<int64_t>& numbers, FunctionRef<void(int64_t number, Element&& element)> got);
  void weigh(const SampleWeights& changed);
  void stop() noexcept { source_->stop(); }
  bool quiet() const noexcept { return source_->quiet(); }

 private:
  struct Mark {
    int64_t number;
    std::shared_ptr<const Position> place;
  };
  void mark();

  std::unique_ptr<Stage> source_;
  const int64_t every_;
  int64_t count_ = 0;
  bool over_ = false;
  std::vector<Mark> marks_;
  mutable std::shared_ptr<const Position>
      saved_marks_;  // as save() writes them; null where they have changed
};

}  // namespace tl::data
