// Repeat: several epochs of a source as one, or epochs without an end.
#include <algorithm>
#include <limits>

#include "core/base/error.h"
#include "core/base/philox.h"
#include "core/data/dataset.h"

namespace tl::data {
namespace {

constexpr uint64_t kRepeatStream = 0x7265706561746564;

[[noreturn]] void nothing_to_repeat() {
  fail(Code::kFailedPrecondition,
       "[dataset_repeat] a dataset that is repeated without an end must have an element: got an epoch "
       "without one; look at its source, or give a count");
}

// The source's epoch number of pass `pass` in epoch `epoch`. An endless one has all the epochs of the source in its first.
uint64_t source_epoch(uint64_t epoch, int64_t pass, int64_t count) {
  const uint64_t p = static_cast<uint64_t>(pass);
  if (count >= 0) return epoch * static_cast<uint64_t>(count) + p;
  if (epoch == 0) return p;
  const PhiloxBlock block = philox_block(kRepeatStream, epoch, p);
  return static_cast<uint64_t>(block[0]) << 32 | block[1];
}

class RepeatStage : public Decorator {
 public:
  RepeatStage(std::unique_ptr<Stage> source, int64_t size, int64_t count)
      : Decorator(std::move(source)), size_(size), count_(count) {}

  void begin(uint64_t epoch) override {
    epoch_ = epoch;
    pass_ = 0;
    given_ = false;
    Decorator::begin(source_epoch(epoch, 0, count_));
  }
  bool next(Element& out) override {
    while (pass_ != count_) {
      if (source_->next(out)) {
        given_ = true;
        return true;
      }
      next_pass(1);
    }
    return false;
  }
  int64_t skip(int64_t count) override {
    int64_t n = 0;
    while (pass_ != count_ && n < count) {
      const int64_t some = source_->skip(count - n);
      n += some;
      if (some > 0) given_ = true;
      if (n == count) break;
      // Whole passes of a source whose size is known need not be gone through, but for the one that ends it: it stands then as if its
      // elements had been read.
      const int64_t whole = size_ > 0 ? (count - n - 1) / size_ : 0;
      const int64_t left = count_ < 0 ? whole : std::min(whole, count_ - pass_ - 1);
      n += left * std::max(size_, int64_t{0});
      next_pass(1 + left);
    }
    return n;
  }
  void save(Position& out) const override {
    put_tag(out, Tag::kRepeat);
    out.words.push_back(static_cast<int64_t>(epoch_));
    out.words.push_back(pass_);
    out.words.push_back(given_);
    Decorator::save(out);
  }
  void restore(PositionReader& in) override {
    get_tag(in, Tag::kRepeat);
    epoch_ = static_cast<uint64_t>(in.word());
    pass_ = in.word(0, count_ < 0 ? std::numeric_limits<int64_t>::max() : count_);
    given_ = in.word(0, 1) != 0;
    Decorator::restore(in);
  }

 private:
  void next_pass(int64_t passes) {
    if (!given_ && count_ < 0) nothing_to_repeat();
    given_ = false;
    pass_ += passes;
    if (pass_ != count_) Decorator::begin(source_epoch(epoch_, pass_, count_));
  }

  const int64_t size_, count_;
  uint64_t epoch_ = 0;
  int64_t pass_ = 0;
  bool given_ = false;  // an element in this pass
};

class Repeat : public Dataset {
 public:
  Repeat(DatasetPtr source, int64_t count) : Dataset({std::move(source)}), count_(count) {}
  int64_t size() const override {
    const int64_t size = source().size();
    if (count_ == 0) return 0;
    if (count_ < 0) return kInfiniteSize;
    if (size <= 0) return size;
    return size > std::numeric_limits<int64_t>::max() / count_ ? kUnknownSize : size * count_;
  }
  size_t width() const override { return source().width(); }
  std::unique_ptr<Stage> open(const Control& control) const override {
    return std::make_unique<RepeatStage>(source().open(control), source().size(), count_);
  }
  Settings settings() const override { return {"repeat", {count_}}; }

 private:
  int64_t count_;
};

}  // namespace

DatasetPtr repeat(DatasetPtr source, int64_t count) {
  if (count < 0 && source->size() == 0) nothing_to_repeat();
  return std::make_shared<Repeat>(std::move(source), count);
}

}  // namespace tl::data
