// Stage: a dataset while it runs. Each iterator opens stages of its own for the datasets that it goes through; one asks the next
// for elements, and one thread at a time uses them, which need not be the iterator's (ahead.h).
//
// What comes out follows from the epoch alone, so that a stage can stand anywhere in it: save() writes the place of the element
// that comes next, restore() goes there in a stage of the same kind, whatever it did before.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "core/data/element.h"
#include "core/data/position.h"

namespace tl::data {

class SampleWeights;  // sample.h

// What the stages of one thread ask now and then: whether to stop. consumer: the context whose thread it is, or null for a thread
// of the pipeline. And what they ask once: which number a mixture has in the pipeline, the same wherever it was made anew.
class Control {
 public:
  Control(const Context* consumer, std::vector<const SampleWeights*> mixtures)
      : consumer_(consumer), mixtures_(std::move(mixtures)) {}
  // For another thread of the same pipeline.
  Control(std::nullptr_t, const Control& other) : consumer_(nullptr), mixtures_(other.mixtures_) {}
  void check() const {  // throws kCancelled
    if (stopped_.load(std::memory_order_relaxed)) fail_stopped();
    if (consumer_) consumer_->check_cancelled("dataset_next");
  }
  void stop(bool stopped) { stopped_.store(stopped, std::memory_order_relaxed); }

  const std::vector<const SampleWeights*>& mixtures() const { return mixtures_; }
  // -1 for one whose weights cannot change, in a cache.
  int64_t number_of(const SampleWeights& mixture) const {
    const auto found = std::find(mixtures_.begin(), mixtures_.end(), &mixture);
    return found == mixtures_.end() ? -1 : found - mixtures_.begin();
  }

 private:
  [[noreturn]] static void fail_stopped();
  const Context* consumer_;
  const std::vector<const SampleWeights*> mixtures_;
  std::atomic<bool> stopped_{false};
};

// New weights of a sample_from() of the pipeline (sample.h), which has a number there.
struct WeightChange {
  int64_t mixture;
  std::vector<double> weights;
};

class Stage {
 public:
  virtual ~Stage() = default;
  // Goes to the first element of an epoch. Comes before everything else but restore().
  virtual void begin(uint64_t epoch) = 0;
  // The next element, or false at the end of the epoch, also when it is asked again. On an exception the stage is of no use until
  // restore() or begin().
  virtual bool next(Element& out) = 0;
  // Passes over up to `count` elements, and says over how many: fewer only at the end.
  virtual int64_t skip(int64_t count);
  // At the end of an epoch, where there is time: begin() for this one is likely to come next. Only what nobody sees may be done now.
  virtual void expect(uint64_t /*epoch*/) {}
  virtual void save(Position& out) const = 0;
  virtual void restore(PositionReader& in) = 0;
  // From any thread, once and for good: threads of this stage and of those below end as soon as the caller's functions let them.
  virtual void stop() noexcept = 0;
  virtual bool quiet() const noexcept = 0;  // none of these threads is running
  // For what is drawn from here on. Stages pass it on to all below.
  virtual void weigh(const WeightChange& change) = 0;
};

// A stage with one source that it saves with itself.
class Decorator : public Stage {
 public:
  explicit Decorator(std::unique_ptr<Stage> source) : source_(std::move(source)) {}
  void begin(uint64_t epoch) override { source_->begin(epoch); }
  void save(Position& out) const override { source_->save(out); }
  void restore(PositionReader& in) override { source_->restore(in); }
  void weigh(const WeightChange& change) override { source_->weigh(change); }
  void stop() noexcept override { source_->stop(); }
  bool quiet() const noexcept override { return source_->quiet(); }

 protected:
  std::unique_ptr<Stage> source_;
};

// Which element a function computes: what random augmentation depends on, and nothing else.
struct Place {
  uint64_t epoch;
  int64_t index;  // in its epoch, from 0
  uint64_t seed;  // follows from the seed of the stage, the epoch and the index
};
Place place_of(uint64_t seed, uint64_t epoch, int64_t index);

// A function of the caller's as one thread runs it.
class Worker {
 public:
  virtual ~Worker() = default;
  // Changes an element to what the function makes of it. The answer is that of a predicate; for others it means nothing.
  virtual bool run(const Place& place, Element& element) = 0;
};

// A function of the caller's. Workers run side by side.
class Function {
 public:
  virtual ~Function() = default;
  virtual std::unique_ptr<Worker> worker() const = 0;
};
using FunctionPtr = std::shared_ptr<const Function>;

// A pass of the caller's through a source that can only be read in order.
class Iteration {
 public:
  virtual ~Iteration() = default;
  virtual bool next(Element& out) = 0;  // false: there is none left
};

class Iterable {
 public:
  virtual ~Iterable() = default;
  virtual std::unique_ptr<Iteration> begin(uint64_t epoch) const = 0;
};
using IterablePtr = std::shared_ptr<const Iterable>;

// Numbers that begin what a kind of stage saves.
enum class Tag : int64_t {
  kIndexed = 1,
  kIteration,
  kMap,
  kFilter,
  kAhead,
  kRepeat,
  kTake,
  kSkip,
  kConcatenate,
  kZip,
  kBatch,
  kUnbatch,
  kBuckets,
  kWindow,
  kShuffle,
  kCache,
  kInterleave,
  kSample,
  kReread,
  kReplicaRows,
};
inline void put_tag(Position& out, Tag tag) { out.words.push_back(static_cast<int64_t>(tag)); }
inline void get_tag(PositionReader& in, Tag tag) { in.tag(static_cast<int64_t>(tag)); }

}  // namespace tl::data
