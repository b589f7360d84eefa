// Cache: elements that were computed once come from memory. It holds those of epoch 0, so that it is the same whichever epoch fills
// it, also after a restart.
#include <limits>
#include <mutex>

#include "core/base/error.h"
#include "core/data/dataset.h"
#include "core/data/fingerprint.h"
#include "core/data/sample.h"

namespace tl::data {
namespace {

// The elements of an indexed source, each from the first time on that somebody asked for it.
class Shelf {
 public:
  explicit Shelf(int64_t size) : elements_(static_cast<size_t>(size)) {}
  bool find(int64_t index, Element& out) {
    std::lock_guard<std::mutex> lock(mutex_);
    const Element& e = elements_[static_cast<size_t>(index)];
    if (!e.empty()) out = e;
    return !e.empty();
  }
  void keep(int64_t index, const Element& element) {
    std::lock_guard<std::mutex> lock(mutex_);
    elements_[static_cast<size_t>(index)] = element;
  }

 private:
  std::mutex mutex_;
  std::vector<Element> elements_;
};

constexpr int64_t kMostCached = int64_t{1} << 40;

class CacheReader : public Reader {
 public:
  CacheReader(std::unique_ptr<Reader> source, std::shared_ptr<Shelf> shelf)
      : source_(std::move(source)), shelf_(std::move(shelf)) {}
  void get(uint64_t, int64_t index, Element& out) override {
    if (shelf_->find(index, out)) return;
    source_->get(0, index, out);
    shelf_->keep(index, out);
  }

 private:
  std::unique_ptr<Reader> source_;
  std::shared_ptr<Shelf> shelf_;
};

class IndexedCache : public IndexedDataset {
 public:
  explicit IndexedCache(DatasetPtr source)
      : IndexedDataset({std::move(source)}), shelf_(std::make_shared<Shelf>(this->source().size())) {}
  int64_t size() const override { return source().size(); }
  size_t width() const override { return source().width(); }
  std::unique_ptr<Reader> reader() const override {
    return std::make_unique<CacheReader>(source().reader(), shelf_);
  }
  Settings settings() const override { return {"cache", {}}; }

 private:
  std::shared_ptr<Shelf> shelf_;
};

// All elements of a source that only gives them in order, once somebody has met its end.
class Whole {
 public:
  using Elements = std::shared_ptr<const std::vector<Element>>;
  Elements get() {
    std::lock_guard<std::mutex> lock(mutex_);
    return elements_;
  }
  Elements offer(std::vector<Element> elements) {
    auto offered = std::make_shared<const std::vector<Element>>(std::move(elements));
    std::lock_guard<std::mutex> lock(mutex_);
    if (!elements_) elements_ = std::move(offered);
    return elements_;
  }

 private:
  std::mutex mutex_;
  Elements elements_;
};

class CacheStage : public Stage {
 public:
  CacheStage(std::unique_ptr<Stage> source, std::shared_ptr<Whole> whole)
      : source_(std::move(source)), whole_(std::move(whole)) {}

  void begin(uint64_t) override { index_ = 0; }
  bool next(Element& out) override {
    if (!all_) all_ = whole_->get();
    while (!all_ && index_ >= static_cast<int64_t>(some_.size())) read();
    const std::vector<Element>& from = all_ ? *all_ : some_;
    if (index_ >= static_cast<int64_t>(from.size())) return false;
    out = from[static_cast<size_t>(index_++)];
    return true;
  }
  void save(Position& out) const override {
    put_tag(out, Tag::kCache);
    out.words.push_back(index_);
  }
  // What came before the place is read when next() needs it: the following epoch would need it all the same.
  void restore(PositionReader& in) override {
    get_tag(in, Tag::kCache);
    index_ = in.word(0, std::numeric_limits<int64_t>::max());
  }
  void weigh(const WeightChange&) override {}
  void stop() noexcept override { source_->stop(); }
  bool quiet() const noexcept override { return source_->quiet(); }

 private:
  void read() {
    if (!begun_) source_->begin(0);
    begun_ = true;
    Element element;
    if (source_->next(element)) {
      some_.push_back(std::move(element));
      return;
    }
    all_ = whole_->offer(std::move(some_));
    some_.clear();
  }

  std::unique_ptr<Stage> source_;
  std::shared_ptr<Whole> whole_;
  Whole::Elements all_;
  std::vector<Element> some_;  // the first ones, until all are there
  bool begun_ = false;
  int64_t index_ = 0;
};

class Cache : public Dataset {
 public:
  explicit Cache(DatasetPtr source)
      : Dataset({std::move(source)}), fingerprint_(static_cast<int64_t>(fingerprint(this->source()))) {
    hold_sample_weights(this->source(), weights_);
  }
  int64_t size() const override { return source().size(); }
  size_t width() const override { return source().width(); }
  std::unique_ptr<Stage> open(const Control& control) const override {
    return std::make_unique<CacheStage>(source().open(control), whole_);
  }
  Settings settings() const override { return {"cache", {fingerprint_}}; }

 private:
  std::vector<std::shared_ptr<const void>> weights_;  // of mixtures below, which cannot change any more
  // Kept, because who asks for that of this asks the sources again: each cache behind another would double the work.
  const int64_t fingerprint_;
  std::shared_ptr<Whole> whole_ = std::make_shared<Whole>();
};

}  // namespace

DatasetPtr cache(DatasetPtr source) {
  if (source->size() == kInfiniteSize)
    invalid(
        "[dataset_cache] a dataset that is held in memory must have an end: got one without; take() some, or "
        "repeat behind it");
  if (source->size() > kMostCached)
    fail(Code::kOutOfMemory, "[dataset_cache] a dataset that is held in memory must fit there: got ",
         source->size(), " elements; take() some");
  if (source->indexed()) return std::make_shared<IndexedCache>(std::move(source));
  return std::make_shared<Cache>(std::move(source));
}

}  // namespace tl::data
