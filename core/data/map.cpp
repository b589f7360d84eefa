// Functions of the caller's on the thread that asks for elements: map and filter. ahead.cpp has those on threads of their own.
#include <algorithm>
#include <limits>

#include "core/base/error.h"
#include "core/data/ahead.h"
#include "core/data/dataset.h"

namespace tl::data {
namespace {

// Runs a function over a source, whose elements it counts.
class Applied : public Decorator {
 public:
  Applied(std::unique_ptr<Stage> source, FunctionPtr function, uint64_t seed, Tag tag)
      : Decorator(std::move(source)), function_(std::move(function)), seed_(seed), tag_(tag) {}

  void begin(uint64_t epoch) override {
    Decorator::begin(epoch);
    epoch_ = epoch;
    index_ = 0;
  }
  void save(Position& out) const override {
    put_tag(out, tag_);
    out.words.push_back(static_cast<int64_t>(epoch_));
    out.words.push_back(index_);
    Decorator::save(out);
  }
  void restore(PositionReader& in) override {
    get_tag(in, tag_);
    epoch_ = static_cast<uint64_t>(in.word());
    index_ = in.word(0, std::numeric_limits<int64_t>::max());
    Decorator::restore(in);
  }

 protected:
  bool run(Element& element) {
    if (!worker_) worker_ = function_->worker();
    const bool answer = worker_->run(place_of(seed_, epoch_, index_), element);
    index_++;
    return answer;
  }
  int64_t index_ = 0;

 private:
  FunctionPtr function_;
  std::unique_ptr<Worker> worker_;
  const uint64_t seed_;
  const Tag tag_;
  uint64_t epoch_ = 0;
};

class MapStage : public Applied {
 public:
  MapStage(std::unique_ptr<Stage> source, FunctionPtr function, uint64_t seed)
      : Applied(std::move(source), std::move(function), seed, Tag::kMap) {}
  bool next(Element& out) override {
    if (!source_->next(out)) return false;
    run(out);
    return true;
  }
  // The function does not run for what is passed over.
  int64_t skip(int64_t count) override {
    const int64_t n = source_->skip(count);
    index_ += n;
    return n;
  }
  void expect(uint64_t epoch) override { source_->expect(epoch); }
};

class FilterStage : public Applied {
 public:
  FilterStage(std::unique_ptr<Stage> source, FunctionPtr function, uint64_t seed, const Control& control)
      : Applied(std::move(source), std::move(function), seed, Tag::kFilter), control_(control) {}
  bool next(Element& out) override {
    while (source_->next(out)) {
      if (run(out)) return true;
      control_.check();
    }
    return false;
  }

 private:
  const Control& control_;
};

class MapReader : public Reader {
 public:
  MapReader(std::unique_ptr<Reader> source, FunctionPtr function, uint64_t seed)
      : source_(std::move(source)), function_(std::move(function)), seed_(seed) {}
  void get(uint64_t epoch, int64_t index, Element& out) override {
    if (!worker_) worker_ = function_->worker();
    source_->get(epoch, index, out);
    worker_->run(place_of(seed_, epoch, index), out);
  }
  void expect(uint64_t epoch) override { source_->expect(epoch); }

 private:
  std::unique_ptr<Reader> source_;
  FunctionPtr function_;
  std::unique_ptr<Worker> worker_;
  uint64_t seed_;
};

class Map : public Dataset {
 public:
  Map(DatasetPtr source, FunctionPtr function, size_t width, uint64_t seed)
      : Dataset({std::move(source)}), function_(std::move(function)), width_(width), seed_(seed) {}
  int64_t size() const override { return source().size(); }
  size_t width() const override { return width_; }
  bool indexed() const override { return source().indexed(); }
  std::unique_ptr<Reader> reader() const override {
    if (!indexed()) return nullptr;
    return std::make_unique<MapReader>(source().reader(), function_, seed_);
  }
  std::unique_ptr<Stage> open(const Control& control) const override {
    return std::make_unique<MapStage>(source().open(control), function_, seed_);
  }
  Settings settings() const override { return {"map", {static_cast<int64_t>(seed_)}}; }

 private:
  FunctionPtr function_;
  size_t width_;
  uint64_t seed_;
};

class ParallelMap : public Dataset {
 public:
  ParallelMap(DatasetPtr source, FunctionPtr function, size_t width, int threads, uint64_t seed)
      : Dataset({std::move(source)}),
        function_(std::move(function)),
        width_(width),
        threads_(threads),
        seed_(seed) {}
  int64_t size() const override { return source().size(); }
  size_t width() const override { return width_; }
  std::unique_ptr<Stage> open(const Control& control) const override {
    return open_ahead(source(), control, {threads_, 2 * threads_ + 1, function_, seed_});
  }
  Settings settings() const override { return {"map", {static_cast<int64_t>(seed_)}}; }

 private:
  FunctionPtr function_;
  size_t width_;
  int threads_;
  uint64_t seed_;
};

class Filter : public Dataset {
 public:
  Filter(DatasetPtr source, FunctionPtr function, uint64_t seed)
      : Dataset({std::move(source)}), function_(std::move(function)), seed_(seed) {}
  int64_t size() const override {
    const int64_t size = source().size();
    return size == 0 || size == kInfiniteSize ? size : kUnknownSize;
  }
  size_t width() const override { return source().width(); }
  std::unique_ptr<Stage> open(const Control& control) const override {
    return std::make_unique<FilterStage>(source().open(control), function_, seed_, control);
  }
  Settings settings() const override { return {"filter", {static_cast<int64_t>(seed_)}}; }

 private:
  FunctionPtr function_;
  uint64_t seed_;
};

class Prefetch : public Dataset {
 public:
  Prefetch(DatasetPtr source, int64_t count) : Dataset({std::move(source)}), count_(count) {}
  int64_t size() const override { return source().size(); }
  size_t width() const override { return source().width(); }
  std::unique_ptr<Stage> open(const Control& control) const override {
    return open_ahead(source(), control, {1, count_, nullptr, 0});
  }
  Settings settings() const override { return {"prefetch", {}}; }

 private:
  int64_t count_;
};

constexpr int kMostThreads = 256;
constexpr int64_t kMostAhead = 65536;

}  // namespace

DatasetPtr map(DatasetPtr source, FunctionPtr function, size_t width, int threads, uint64_t seed) {
  if (threads < 0 || threads > kMostThreads)
    invalid("[dataset_map] there must be 0 to ", kMostThreads, " threads: got ", threads,
            "; 0 runs the function on the thread that asks for elements");
  if (threads == 0) return std::make_shared<Map>(std::move(source), std::move(function), width, seed);
  return std::make_shared<ParallelMap>(std::move(source), std::move(function), width, threads, seed);
}

DatasetPtr filter(DatasetPtr source, FunctionPtr predicate, uint64_t seed) {
  return std::make_shared<Filter>(std::move(source), std::move(predicate), seed);
}

DatasetPtr prefetch(DatasetPtr source, int64_t count) {
  if (count < 1 || count > kMostAhead)
    invalid("[dataset_prefetch] 1 to ", kMostAhead, " elements can be ahead: got ", count,
            "; 2 is enough for batches that take about the time of a step");
  return std::make_shared<Prefetch>(std::move(source), count);
}

}  // namespace tl::data
