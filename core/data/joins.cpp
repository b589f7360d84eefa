// Several datasets as one: one after the other, side by side, and in turn.
#include <algorithm>
#include <limits>

#include "core/base/error.h"
#include "core/data/joins.h"

namespace tl::data {
namespace {

// Stages of several sources, which begin, save and restore together.
class Joined : public Stage {
 public:
  explicit Joined(std::vector<std::unique_ptr<Stage>> sources) : sources_(std::move(sources)) {}
  void begin(uint64_t epoch) override {
    for (auto& s : sources_) s->begin(epoch);
  }
  void save(Position& out) const override {
    for (auto& s : sources_) s->save(out);
  }
  void restore(PositionReader& in) override {
    for (auto& s : sources_) s->restore(in);
  }
  void weigh(const WeightChange& change) override {
    for (auto& s : sources_) s->weigh(change);
  }
  void stop() noexcept override {
    for (auto& s : sources_) s->stop();
  }
  bool quiet() const noexcept override {
    return std::all_of(sources_.begin(), sources_.end(), [](auto& s) { return s->quiet(); });
  }

 protected:
  std::vector<std::unique_ptr<Stage>> sources_;
};

class ConcatenateStage : public Joined {
 public:
  using Joined::Joined;
  void begin(uint64_t epoch) override {
    Joined::begin(epoch);
    at_ = 0;
  }
  bool next(Element& out) override {
    for (; at_ < sources_.size(); at_++)
      if (sources_[at_]->next(out)) return true;
    return false;
  }
  int64_t skip(int64_t count) override {
    int64_t n = 0;
    for (; at_ < sources_.size(); at_++) {
      n += sources_[at_]->skip(count - n);
      if (n == count) break;
    }
    return n;
  }
  void save(Position& out) const override {
    put_tag(out, Tag::kConcatenate);
    out.words.push_back(static_cast<int64_t>(at_));
    Joined::save(out);
  }
  void restore(PositionReader& in) override {
    get_tag(in, Tag::kConcatenate);
    at_ = static_cast<size_t>(in.word(0, static_cast<int64_t>(sources_.size())));
    Joined::restore(in);
  }

 private:
  size_t at_ = 0;
};

class ZipStage : public Joined {
 public:
  using Joined::Joined;
  void begin(uint64_t epoch) override {
    Joined::begin(epoch);
    over_ = false;
  }
  bool next(Element& out) override {
    if (over_) return false;
    out.clear();
    for (auto& s : sources_) {
      over_ = !s->next(part_);
      if (over_) return false;
      for (Value& v : part_) out.push_back(std::move(v));
    }
    return true;
  }
  int64_t skip(int64_t count) override {
    if (over_) return 0;
    int64_t n = count;
    for (auto& s : sources_) n = std::min(n, s->skip(count));
    over_ = n < count;
    return n;
  }
  void save(Position& out) const override {
    put_tag(out, Tag::kZip);
    out.words.push_back(over_);
    Joined::save(out);
  }
  void restore(PositionReader& in) override {
    get_tag(in, Tag::kZip);
    over_ = in.word(0, 1) != 0;
    Joined::restore(in);
  }

 private:
  bool over_ = false;
  Element part_;
};

class InterleaveStage : public Joined {
 public:
  InterleaveStage(std::vector<std::unique_ptr<Stage>> sources, int64_t cycle, int64_t block)
      : Joined(std::move(sources)),
        open_(std::min(static_cast<size_t>(cycle), sources_.size()), kNone),
        block_(block) {}

  void begin(uint64_t epoch) override {
    Joined::begin(epoch);
    std::fill(open_.begin(), open_.end(), kNone);
    turn_ = coming_ = 0;
    given_ = 0;
  }
  bool next(Element& out) override {
    for (size_t idle = 0; idle < open_.size();) {
      size_t& source = open_[turn_];
      if (source == kNone && coming_ < sources_.size()) source = coming_++;
      if (source == kNone) {
        idle++;
        advance();
        continue;
      }
      idle = 0;
      if (sources_[source]->next(out)) {
        if (++given_ == block_) advance();
        return true;
      }
      source = kNone;
      advance();
    }
    return false;
  }
  void save(Position& out) const override {
    put_tag(out, Tag::kInterleave);
    out.words.push_back(static_cast<int64_t>(turn_));
    out.words.push_back(static_cast<int64_t>(coming_));
    out.words.push_back(given_);
    for (size_t source : open_) out.words.push_back(source == kNone ? -1 : static_cast<int64_t>(source));
    Joined::save(out);
  }
  void restore(PositionReader& in) override {
    get_tag(in, Tag::kInterleave);
    const int64_t last = static_cast<int64_t>(sources_.size());
    turn_ = static_cast<size_t>(in.word(0, static_cast<int64_t>(open_.size()) - 1));
    coming_ = static_cast<size_t>(in.word(0, last));
    given_ = in.word(0, block_ - 1);
    for (size_t& source : open_) {
      const int64_t s = in.word(-1, last - 1);
      source = s < 0 ? kNone : static_cast<size_t>(s);
    }
    Joined::restore(in);
  }

 private:
  void advance() {
    given_ = 0;
    turn_ = (turn_ + 1) % open_.size();
  }

  static constexpr size_t kNone = SIZE_MAX;
  std::vector<size_t> open_;  // the sources that take turns
  const int64_t block_;
  size_t turn_ = 0, coming_ = 0;  // who gives now; the next source that is not open yet
  int64_t given_ = 0;             // in this turn
};

// A dataset with several sources; `Open` makes its stage.
class Join : public Dataset {
 public:
  Join(std::vector<DatasetPtr> sources, size_t width, int64_t size)
      : Dataset(std::move(sources)), width_(width), size_(size) {}
  int64_t size() const override { return size_; }
  size_t width() const override { return width_; }

 protected:
  std::vector<std::unique_ptr<Stage>> open_all(const Control& control) const {
    std::vector<std::unique_ptr<Stage>> stages;
    for (const DatasetPtr& s : sources()) stages.push_back(s->open(control));
    return stages;
  }

 private:
  size_t width_;
  int64_t size_;
};

class Concatenate : public Join {
 public:
  using Join::Join;
  std::unique_ptr<Stage> open(const Control& control) const override {
    return std::make_unique<ConcatenateStage>(open_all(control));
  }
  Settings settings() const override { return {"concatenate", {}}; }
};

class Zip : public Join {
 public:
  using Join::Join;
  std::unique_ptr<Stage> open(const Control& control) const override {
    return std::make_unique<ZipStage>(open_all(control));
  }
  Settings settings() const override { return {"zip", {}}; }
};

class Interleave : public Join {
 public:
  Interleave(std::vector<DatasetPtr> sources, size_t width, int64_t size, int64_t cycle, int64_t block)
      : Join(std::move(sources), width, size), cycle_(cycle), block_(block) {}
  std::unique_ptr<Stage> open(const Control& control) const override {
    return std::make_unique<InterleaveStage>(open_all(control), cycle_, block_);
  }
  Settings settings() const override { return {"interleave", {cycle_, block_}}; }

 private:
  int64_t cycle_, block_;
};

// All elements of all sources.
int64_t sum_of_sizes(const std::vector<DatasetPtr>& sources) {
  int64_t sum = 0;
  for (const DatasetPtr& s : sources)
    if (s->size() == kInfiniteSize) return kInfiniteSize;
  for (const DatasetPtr& s : sources) {
    if (s->size() == kUnknownSize || s->size() > std::numeric_limits<int64_t>::max() - sum)
      return kUnknownSize;
    sum += s->size();
  }
  return sum;
}

}  // namespace

void check_sources(const char* op, const std::vector<DatasetPtr>& sources, bool same_width) {
  if (sources.empty()) invalid("[", op, "] there must be at least 1 source: got 0; check the list");
  for (size_t i = 0; same_width && i < sources.size(); i++)
    if (sources[i]->width() != sources[0]->width())
      invalid("[", op, "] the elements of all sources must have as many tensors: got ", sources[0]->width(),
              " and ", sources[i]->width(), " at position ", i, "; bring them to one form by map");
}

DatasetPtr concatenate(std::vector<DatasetPtr> sources) {
  check_sources("dataset_concatenate", sources, true);
  const size_t width = sources[0]->width();
  const int64_t size = sum_of_sizes(sources);
  return std::make_shared<Concatenate>(std::move(sources), width, size);
}

DatasetPtr zip(std::vector<DatasetPtr> sources) {
  check_sources("dataset_zip", sources, false);
  size_t width = 0;
  int64_t size = kInfiniteSize;
  for (const DatasetPtr& s : sources) {
    width += s->width();
    const int64_t other = s->size();
    if (other == kUnknownSize || size == kUnknownSize)
      size = other == 0 || size == 0 ? 0 : kUnknownSize;
    else if (other >= 0)
      size = size >= 0 ? std::min(size, other) : other;
  }
  return std::make_shared<Zip>(std::move(sources), width, size);
}

DatasetPtr interleave(std::vector<DatasetPtr> sources, int64_t cycle, int64_t block) {
  check_sources("dataset_interleave", sources, true);
  if (cycle < 1 || block < 1)
    invalid("[dataset_interleave] cycle and block must be at least 1: got ", cycle, " and ", block,
            "; 1 and 1 is one source after the other");
  const size_t width = sources[0]->width();
  const int64_t size = sum_of_sizes(sources);
  return std::make_shared<Interleave>(std::move(sources), width, size, cycle, block);
}

}  // namespace tl::data
