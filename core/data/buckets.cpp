// Buckets: batches of elements of like length, so that little is padded.
#include <algorithm>
#include <limits>

#include "core/base/error.h"
#include "core/data/dataset.h"
#include "core/data/fingerprint.h"
#include "core/data/rereader.h"
#include "core/data/stack.h"

namespace tl::data {
namespace {

constexpr const char* kOp = "dataset_bucket_by_length";

struct Buckets {
  size_t position;
  std::vector<int64_t> boundaries, counts;
  bool drop_remainder;
  std::vector<double> padding;
};

class BucketStage : public Stage {
 public:
  BucketStage(std::unique_ptr<Stage> source, const Buckets& buckets)
      : source_(std::move(source), 64), kinds_(buckets), stacker_(kOp, buckets.padding) {
    waiting_.resize(kinds_.counts.size());
  }

  void begin(uint64_t epoch) override {
    source_.begin(epoch);
    for (Waiting& w : waiting_) w = Waiting();
  }
  bool next(Element& out) override {
    Element element;
    while (source_.next(element)) {
      const size_t b = bucket_of(element);
      waiting_[b].numbers.push_back(source_.count() - 1);
      waiting_[b].elements.push_back(std::move(element));
      element = Element();
      if (waiting_[b].elements.size() == static_cast<uint64_t>(kinds_.counts[b])) return give(b, out);
    }
    if (kinds_.drop_remainder) return false;
    for (size_t b = 0; b < waiting_.size(); b++)
      if (!waiting_[b].elements.empty()) return give(b, out);
    return false;
  }
  void save(Position& out) const override {
    put_tag(out, Tag::kBuckets);
    for (const Waiting& w : waiting_) {
      out.words.push_back(static_cast<int64_t>(w.numbers.size()));
      out.words.insert(out.words.end(), w.numbers.begin(), w.numbers.end());
    }
    source_.save(out);
  }
  void restore(PositionReader& in) override {
    get_tag(in, Tag::kBuckets);
    std::vector<std::pair<int64_t, size_t>> all;  // number and bucket
    for (size_t b = 0; b < waiting_.size(); b++) {
      waiting_[b] = Waiting();
      for (int64_t n = in.word(0, kinds_.counts[b] - 1); n > 0; n--)
        all.emplace_back(in.word(0, std::numeric_limits<int64_t>::max()), b);
    }
    source_.restore(in);
    std::sort(all.begin(), all.end());
    std::vector<int64_t> numbers;
    numbers.reserve(all.size());
    for (auto& [number, b] : all) numbers.push_back(number);
    if (std::adjacent_find(numbers.begin(), numbers.end()) != numbers.end()) PositionReader::refuse();
    size_t at = 0;
    source_.replay(numbers, [&](int64_t number, Element&& element) {
      Waiting& w = waiting_[all[at++].second];
      w.numbers.push_back(number);
      w.elements.push_back(std::move(element));
    });
  }
  void weigh(const WeightChange& change) override { source_.weigh(change); }
  void stop() noexcept override { source_.stop(); }
  bool quiet() const noexcept override { return source_.quiet(); }

 private:
  struct Waiting {
    std::vector<int64_t> numbers;
    std::vector<Element> elements;
  };

  size_t bucket_of(const Element& element) const {
    const Value& v = element[kinds_.position];
    if (v.shape.rank() == 0)
      invalid("[", kOp, "] the tensor whose length counts needs a first axis: got tensor ", kinds_.position,
              " of shape (); name another");
    const auto& ends = kinds_.boundaries;
    return static_cast<size_t>(std::upper_bound(ends.begin(), ends.end(), v.shape[0]) - ends.begin());
  }
  bool give(size_t b, Element& out) {
    stacker_.stack(waiting_[b].elements, out);
    waiting_[b] = Waiting();
    int64_t oldest = source_.count();
    for (const Waiting& w : waiting_)
      if (!w.numbers.empty()) oldest = std::min(oldest, w.numbers[0]);
    source_.forget_before(oldest);
    return true;
  }

  Rereader source_;
  const Buckets kinds_;
  Stacker stacker_;
  std::vector<Waiting> waiting_;
};

class BucketByLength : public Dataset {
 public:
  BucketByLength(DatasetPtr source, Buckets buckets)
      : Dataset({std::move(source)}), buckets_(std::move(buckets)) {}
  int64_t size() const override {
    const int64_t size = source().size();
    return size == 0 || size == kInfiniteSize ? size : kUnknownSize;
  }
  size_t width() const override { return source().width(); }
  std::unique_ptr<Stage> open(const Control& control) const override {
    return std::make_unique<BucketStage>(source().open(control), buckets_);
  }
  Settings settings() const override {
    Settings all{"buckets", bits_of(buckets_.padding)};
    all.numbers.insert(all.numbers.end(), buckets_.boundaries.begin(), buckets_.boundaries.end());
    all.numbers.insert(all.numbers.end(), buckets_.counts.begin(), buckets_.counts.end());
    all.numbers.insert(all.numbers.end(), {static_cast<int64_t>(buckets_.position), buckets_.drop_remainder});
    return all;
  }

 private:
  Buckets buckets_;
};

}  // namespace

DatasetPtr bucket_by_length(DatasetPtr source, size_t position, std::vector<int64_t> boundaries,
                            std::vector<int64_t> counts, bool drop_remainder, std::vector<double> padding) {
  if (position >= source->width())
    invalid("[", kOp, "] the position must be that of a tensor: got ", position, " in elements of ",
            source->width(), " tensors; the first is 0");
  if (counts.size() != boundaries.size() + 1)
    invalid("[", kOp, "] there must be one batch size more than boundaries: got ", counts.size(), " and ",
            boundaries.size(), "; the last is of what lies beyond all boundaries");
  for (size_t i = 0; i < boundaries.size(); i++)
    if (boundaries[i] < 1 || (i > 0 && boundaries[i] <= boundaries[i - 1]))
      invalid("[", kOp, "] boundaries must be at least 1 and grow: got ", boundaries[i], " at position ", i,
              "; sort them");
  for (size_t i = 0; i < counts.size(); i++)
    if (counts[i] < 1)
      invalid("[", kOp, "] batch sizes must be at least 1: got ", counts[i], " at position ", i,
              "; give the number of elements in a batch");
  check_padding(kOp, *source, padding);
  return std::make_shared<BucketByLength>(
      std::move(source),
      Buckets{position, std::move(boundaries), std::move(counts), drop_remainder, std::move(padding)});
}

}  // namespace tl::data
