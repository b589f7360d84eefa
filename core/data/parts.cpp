// Parts of a dataset: take and skip.
#include <algorithm>

#include "core/base/error.h"
#include "core/data/dataset.h"

namespace tl::data {
namespace {

class PartReader : public Reader {
 public:
  PartReader(std::unique_ptr<Reader> source, int64_t first) : source_(std::move(source)), first_(first) {}
  void get(uint64_t epoch, int64_t index, Element& out) override { source_->get(epoch, first_ + index, out); }
  Span<const Rows> rows(uint64_t epoch, Span<int64_t> indices) override {
    for (int64_t& index : indices) index += first_;
    return source_->rows(epoch, indices);
  }
  void expect(uint64_t epoch) override { source_->expect(epoch); }

 private:
  std::unique_ptr<Reader> source_;
  int64_t first_;
};

// Elements [first, first + size) of an indexed dataset.
class IndexedPart : public IndexedDataset {
 public:
  IndexedPart(DatasetPtr source, int64_t first, int64_t size)
      : IndexedDataset({std::move(source)}), first_(first), size_(size) {}
  int64_t size() const override { return size_; }
  size_t width() const override { return source().width(); }
  std::unique_ptr<Reader> reader() const override {
    return std::make_unique<PartReader>(source().reader(), first_);
  }
  Settings settings() const override { return {"part", {first_, size_}}; }

 private:
  int64_t first_, size_;
};

class TakeStage : public Decorator {
 public:
  TakeStage(std::unique_ptr<Stage> source, int64_t count) : Decorator(std::move(source)), count_(count) {}
  void begin(uint64_t epoch) override {
    Decorator::begin(epoch);
    taken_ = 0;
  }
  bool next(Element& out) override {
    if (taken_ == count_ || !source_->next(out)) return false;
    taken_++;
    return true;
  }
  int64_t skip(int64_t count) override {
    const int64_t n = source_->skip(std::min(count, count_ - taken_));
    taken_ += n;
    return n;
  }
  void save(Position& out) const override {
    put_tag(out, Tag::kTake);
    out.words.push_back(taken_);
    Decorator::save(out);
  }
  void restore(PositionReader& in) override {
    get_tag(in, Tag::kTake);
    taken_ = in.word(0, count_);
    Decorator::restore(in);
  }

 private:
  const int64_t count_;
  int64_t taken_ = 0;
};

class Take : public Dataset {
 public:
  Take(DatasetPtr source, int64_t count) : Dataset({std::move(source)}), count_(count) {}
  int64_t size() const override {
    const int64_t all = source().size();
    if (all == kInfiniteSize || count_ == 0) return count_;
    return all == kUnknownSize ? kUnknownSize : std::min(count_, all);
  }
  size_t width() const override { return source().width(); }
  std::unique_ptr<Stage> open(const Control& control) const override {
    return std::make_unique<TakeStage>(source().open(control), count_);
  }
  Settings settings() const override { return {"take", {count_}}; }

 private:
  int64_t count_;
};

class SkipStage : public Decorator {
 public:
  SkipStage(std::unique_ptr<Stage> source, int64_t count) : Decorator(std::move(source)), count_(count) {}
  void begin(uint64_t epoch) override {
    Decorator::begin(epoch);
    passed_ = count_ == 0;
  }
  bool next(Element& out) override {
    pass();
    return source_->next(out);
  }
  int64_t skip(int64_t count) override {
    pass();
    return source_->skip(count);
  }
  void save(Position& out) const override {
    put_tag(out, Tag::kSkip);
    out.words.push_back(passed_);
    Decorator::save(out);
  }
  void restore(PositionReader& in) override {
    get_tag(in, Tag::kSkip);
    passed_ = in.word(0, 1) != 0;
    Decorator::restore(in);
  }

 private:
  void pass() {
    if (!passed_) source_->skip(count_);
    passed_ = true;
  }

  const int64_t count_;
  bool passed_ = false;
};

class Skip : public Dataset {
 public:
  Skip(DatasetPtr source, int64_t count) : Dataset({std::move(source)}), count_(count) {}
  int64_t size() const override {
    const int64_t all = source().size();
    return all < 0 ? all : all - std::min(count_, all);
  }
  size_t width() const override { return source().width(); }
  std::unique_ptr<Stage> open(const Control& control) const override {
    return std::make_unique<SkipStage>(source().open(control), count_);
  }
  Settings settings() const override { return {"skip", {count_}}; }

 private:
  int64_t count_;
};

void check_count(const char* op, int64_t count) {
  if (count < 0)
    invalid("[", op, "] the number of elements must not be negative: got ", count, "; 0 is none");
}

}  // namespace

DatasetPtr take(DatasetPtr source, int64_t count) {
  check_count("dataset_take", count);
  if (!source->indexed()) return std::make_shared<Take>(std::move(source), count);
  const int64_t size = std::min(count, source->size());
  return std::make_shared<IndexedPart>(std::move(source), 0, size);
}

DatasetPtr skip(DatasetPtr source, int64_t count) {
  check_count("dataset_skip", count);
  if (!source->indexed()) return std::make_shared<Skip>(std::move(source), count);
  const int64_t size = source->size(), first = std::min(count, size);
  return std::make_shared<IndexedPart>(std::move(source), first, size - first);
}

}  // namespace tl::data
