// Shuffles: a permutation where elements have indices, else draws from a buffer.
#include "core/data/shuffle.h"

#include <algorithm>
#include <limits>
#include <numeric>

#include "core/base/error.h"
#include "core/base/philox.h"
#include "core/data/dataset.h"
#include "core/data/rereader.h"

namespace tl::data {
namespace {

// Keeps a shuffle apart from the random ops of a context with the same seed.
constexpr uint64_t kShuffleStream = 0x73687566666c6521, kBufferStream = 0x6275666665727321;

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

  // Uniform in [0, bound): the few words that would favour some values, those below 2^64 modulo bound, are thrown away.
  uint64_t below(uint64_t bound) {
    for (;;) {
      const uint64_t word = next();
      if (word >= bound || word >= -bound % bound) return word % bound;
    }
  }

 private:
  uint64_t key_, epoch_;
  uint64_t next_word_ = 0;
  PhiloxBlock block_{};
};

constexpr int64_t kMostShuffled = int64_t{1} << 40;
constexpr int64_t kWhole = std::numeric_limits<int64_t>::max();  // as a buffer: all of an epoch

class ShuffleReader : public Reader {
 public:
  ShuffleReader(std::unique_ptr<Reader> source, uint64_t seed, int64_t size)
      : source_(std::move(source)), seed_(seed), size_(size) {}
  void get(uint64_t epoch, int64_t index, Element& out) override {
    go_to(epoch);
    source_->get(epoch, order_[static_cast<size_t>(index)], out);
  }
  Span<const Rows> rows(uint64_t epoch, Span<int64_t> indices) override {
    go_to(epoch);
    for (int64_t& index : indices) index = order_[static_cast<size_t>(index)];
    return source_->rows(epoch, indices);
  }
  // Longer orders would keep a pipeline that is to end waiting.
  void expect(uint64_t epoch) override {
    if (size_ <= kMostExpected) go_to(epoch);
    source_->expect(epoch);
  }

 private:
  // Only a cache: any epoch can be asked for at any time.
  void go_to(uint64_t epoch) {
    if (!order_.empty() && epoch == order_epoch_) return;
    order_.clear();  // nothing is known should memory be short
    order_ = shuffled_order(seed_, epoch, size_);
    order_epoch_ = epoch;
  }

  static constexpr int64_t kMostExpected = int64_t{1} << 20;
  std::unique_ptr<Reader> source_;
  uint64_t seed_;
  int64_t size_;
  uint64_t order_epoch_ = 0;
  std::vector<int64_t> order_;
};

class IndexedShuffle : public IndexedDataset {
 public:
  IndexedShuffle(DatasetPtr source, uint64_t seed) : IndexedDataset({std::move(source)}), seed_(seed) {}
  int64_t size() const override { return source().size(); }
  size_t width() const override { return source().width(); }
  std::unique_ptr<Reader> reader() const override {
    return std::make_unique<ShuffleReader>(source().reader(), seed_, size());
  }
  Settings settings() const override { return {"shuffle", {static_cast<int64_t>(seed_)}}; }

 private:
  uint64_t seed_;
};

// Draw number n of an epoch picks a place in the buffer, whose element comes out and makes room for the next of the source. So which
// elements are in the buffer after n draws follows from n, and from how many there were where the source has ended.
class BufferStage : public Stage {
 public:
  BufferStage(std::unique_ptr<Stage> source, uint64_t seed, int64_t buffer)
      : source_(std::move(source), std::max<int64_t>(buffer / 4, 64)),
        key_(seed ^ kBufferStream),
        buffer_(buffer) {}

  void begin(uint64_t epoch) override {
    source_.begin(epoch);
    epoch_ = epoch;
    drawn_ = known_ = 0;
    known_ages_ = std::make_shared<const Position>();
    numbers_.clear();
    elements_.clear();
  }
  bool next(Element& out) override {
    Element element;
    while (static_cast<int64_t>(numbers_.size()) < buffer_ && source_.next(element)) {
      numbers_.push_back(source_.count() - 1);
      elements_.push_back(std::move(element));
      element = Element();
    }
    if (numbers_.empty()) return false;
    const size_t at = pick(drawn_, numbers_.size());
    out = std::move(elements_[at]);
    drawn_++;
    if (source_.next(element)) {
      numbers_[at] = source_.count() - 1;
      elements_[at] = std::move(element);
    } else {
      // Swapping with itself would leave nothing of an element.
      if (at + 1 < numbers_.size()) {
        numbers_[at] = numbers_.back();
        elements_[at] = std::move(elements_.back());
      }
      numbers_.pop_back();
      elements_.pop_back();
    }
    if (buffer_ != kWhole && drawn_ - known_ >= std::max<int64_t>(static_cast<int64_t>(numbers_.size()), 64))
      note();
    return true;
  }
  void save(Position& out) const override {
    put_tag(out, Tag::kShuffle);
    out.words.push_back(static_cast<int64_t>(epoch_));
    out.words.push_back(drawn_);
    out.words.push_back(known_);
    out.parts.push_back(known_ages_);
    source_.save(out);
  }
  void restore(PositionReader& in) override {
    get_tag(in, Tag::kShuffle);
    constexpr int64_t most = std::numeric_limits<int64_t>::max();
    epoch_ = static_cast<uint64_t>(in.word());
    drawn_ = in.word(0, most);
    known_ = in.word(0, drawn_);
    known_ages_ = in.part();
    source_.restore(in);
    if (drawn_ > source_.count()) PositionReader::refuse();
    elements_.clear();
    numbers_.clear();
    const auto held = static_cast<int64_t>(known_ages_->words.size());
    if (known_ == 0 ? held > 0 : held > source_.count() - known_) PositionReader::refuse();
    int64_t read = known_ + held;  // until then
    PositionReader ages(*known_ages_);
    for (int64_t i = 0; i < held; i++) numbers_.push_back(read - ages.word(1, read));
    ages.end();
    for (int64_t n = known_; n < drawn_; n++) {
      while (static_cast<int64_t>(numbers_.size()) < buffer_ && read < source_.count())
        numbers_.push_back(read++);
      if (numbers_.empty()) PositionReader::refuse();
      const size_t at = pick(n, numbers_.size());
      if (read < source_.count()) {
        numbers_[at] = read++;
      } else {
        numbers_[at] = numbers_.back();
        numbers_.pop_back();
      }
    }
    if (read != source_.count() || static_cast<int64_t>(numbers_.size()) > buffer_) PositionReader::refuse();
    fetch();
  }
  void weigh(const WeightChange& change) override { source_.weigh(change); }
  void stop() noexcept override { source_.stop(); }
  bool quiet() const noexcept override { return source_.quiet(); }

 private:
  size_t pick(int64_t draw, size_t size) const {
    const PhiloxBlock block = philox_block(key_, epoch_, static_cast<uint64_t>(draw));
    const uint64_t word = static_cast<uint64_t>(block[0]) << 32 | block[1];
    // The upper half of the product: uniform but for one part in 2^64 / size.
    return static_cast<size_t>(static_cast<unsigned __int128>(word) * size >> 64);
  }
  // Remembers what is in the buffer, so that restore() need not draw from the beginning of the epoch. A buffer that holds a whole epoch
  // needs all of its elements anyway.
  void note() {
    auto now = std::make_shared<Position>();
    now->words.reserve(numbers_.size());
    for (int64_t number : numbers_) now->words.push_back(source_.count() - number);
    known_ages_ = std::move(now);
    known_ = drawn_;
    source_.forget_before(numbers_.empty() ? source_.count()
                                           : *std::min_element(numbers_.begin(), numbers_.end()));
  }
  void fetch() {
    std::vector<size_t> places(numbers_.size());
    std::iota(places.begin(), places.end(), size_t{0});
    std::sort(places.begin(), places.end(), [&](size_t a, size_t b) { return numbers_[a] < numbers_[b]; });
    std::vector<int64_t> sorted;
    sorted.reserve(places.size());
    for (size_t p : places) sorted.push_back(numbers_[p]);
    if (std::adjacent_find(sorted.begin(), sorted.end()) != sorted.end()) PositionReader::refuse();
    elements_.resize(numbers_.size());
    size_t at = 0;
    source_.replay(sorted, [&](int64_t, Element&& element) { elements_[places[at++]] = std::move(element); });
  }

  Rereader source_;
  const uint64_t key_;
  const int64_t buffer_;
  uint64_t epoch_ = 0;
  int64_t drawn_ = 0;
  std::vector<int64_t> numbers_;  // of the elements in the buffer, in the source
  std::vector<Element> elements_;
  int64_t known_ = 0;  // draws until note()
  // The buffer as it was then: how many elements ago each was read, which takes fewer bytes than its number.
  std::shared_ptr<const Position> known_ages_ = std::make_shared<const Position>();
};

class BufferShuffle : public Dataset {
 public:
  BufferShuffle(DatasetPtr source, uint64_t seed, int64_t buffer)
      : Dataset({std::move(source)}), seed_(seed), buffer_(buffer) {}
  int64_t size() const override { return source().size(); }
  size_t width() const override { return source().width(); }
  std::unique_ptr<Stage> open(const Control& control) const override {
    return std::make_unique<BufferStage>(source().open(control), seed_, buffer_);
  }
  Settings settings() const override { return {"shuffle", {static_cast<int64_t>(seed_), buffer_}}; }

 private:
  uint64_t seed_;
  int64_t buffer_;
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
  if (source->size() > kMostShuffled)
    fail(Code::kOutOfMemory, "[dataset_shuffle] the order of a dataset must fit in memory: got ",
         source->size(), " elements; give a buffer");
  if (source->indexed()) return std::make_shared<IndexedShuffle>(std::move(source), seed);
  if (source->size() == kInfiniteSize)
    invalid(
        "[dataset_shuffle] a dataset that is shuffled as a whole must have an end: got one without; give a "
        "buffer");
  return std::make_shared<BufferShuffle>(std::move(source), seed, kWhole);
}

DatasetPtr shuffle(DatasetPtr source, uint64_t seed, int64_t buffer) {
  if (buffer < 1)
    invalid("[dataset_shuffle_buffer] the buffer must hold at least 1 element: got ", buffer,
            "; a larger one mixes better");
  return std::make_shared<BufferShuffle>(std::move(source), seed, buffer);
}

}  // namespace tl::data
