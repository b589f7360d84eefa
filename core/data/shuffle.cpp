#include "core/data/shuffle.h"

#include <numeric>

#include "core/base/philox.h"
#include "core/data/dataset.h"

namespace tl::data {
namespace {

// Keeps a shuffle apart from the random ops of a context with the same seed.
constexpr uint64_t kShuffleStream = 0x73687566666c6521;

// 64 random bits after another, of the stream that (seed, epoch) names.
class RandomWords {
 public:
  RandomWords(uint64_t seed, uint64_t epoch) : key_(seed ^ kShuffleStream), epoch_(epoch) {}

  uint64_t next() {
    uint32_t half = next_word_ & 1;
    if (half == 0) block_ = philox_block(key_, epoch_, next_word_ / 2);
    next_word_++;
    return static_cast<uint64_t>(block_[2 * half]) << 32 | block_[2 * half + 1];
  }

  // Uniform in [0, bound): the few words that would favour some values are thrown away.
  uint64_t below(uint64_t bound) {
    uint64_t surplus = -bound % bound;  // 2^64 modulo bound
    for (;;) {
      uint64_t word = next();
      if (word >= surplus) return word % bound;
    }
  }

 private:
  uint64_t key_, epoch_;
  uint64_t next_word_ = 0;
  PhiloxBlock block_{};
};

class Shuffle : public Dataset {
 public:
  Shuffle(DatasetPtr source, uint64_t seed) : source_(std::move(source)), seed_(seed) {}
  int64_t size() const override { return source_->size(); }
  size_t width() const override { return source_->width(); }
  void get(uint64_t epoch, int64_t index, Span<Tensor> out) override {
    // Only a cache: any epoch can be asked for at any time.
    if (order_.empty() || epoch != order_epoch_) {
      order_ = shuffled_order(seed_, epoch, size());
      order_epoch_ = epoch;
    }
    source_->get(epoch, order_[static_cast<size_t>(index)], out);
  }

 private:
  DatasetPtr source_;
  uint64_t seed_;
  uint64_t order_epoch_ = 0;
  std::vector<int64_t> order_;
};

}  // namespace

std::vector<int64_t> shuffled_order(uint64_t seed, uint64_t epoch, int64_t size) {
  std::vector<int64_t> order(static_cast<size_t>(size));
  std::iota(order.begin(), order.end(), int64_t{0});
  RandomWords random(seed, epoch);
  for (size_t i = order.size(); i > 1; i--) std::swap(order[i - 1], order[random.below(i)]);
  return order;
}

DatasetPtr shuffle(DatasetPtr source, uint64_t seed) {
  return std::make_shared<Shuffle>(std::move(source), seed);
}

}  // namespace tl::data
