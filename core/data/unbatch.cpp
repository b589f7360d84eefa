// Unbatch: the rows of each element as elements, views of its memory.
#include <algorithm>
#include <limits>

#include "core/base/error.h"
#include "core/data/dataset.h"
#include "core/data/rereader.h"

namespace tl::data {
namespace {

class UnbatchStage : public Stage {
 public:
  UnbatchStage(std::unique_ptr<Stage> source, const Control& control)
      : source_(std::move(source), 1), control_(control) {}

  void begin(uint64_t epoch) override {
    source_.begin(epoch);
    drop();
  }
  bool next(Element& out) override {
    if (!fill()) return false;
    out.resize(whole_.size());
    for (size_t i = 0; i < out.size(); i++) {
      const Value& from = whole_[i];
      Value& v = out[i];
      v.dtype = from.dtype;
      v.shape = Shape(Span<const int64_t>(from.shape.data() + 1, from.shape.size() - 1));
      v.memory =
          std::shared_ptr<const std::byte>(from.memory, from.raw() + static_cast<size_t>(row_) * v.bytes());
    }
    row_++;
    return true;
  }
  int64_t skip(int64_t count) override {
    int64_t n = 0;
    while (n < count && fill()) {
      const int64_t some = std::min(count - n, rows_ - row_);
      row_ += some;
      n += some;
    }
    return n;
  }
  // 0 where no element is held.
  void save(Position& out) const override {
    put_tag(out, Tag::kUnbatch);
    out.words.push_back(row_ < rows_ ? row_ : 0);
    source_.save(out);
  }
  void restore(PositionReader& in) override {
    get_tag(in, Tag::kUnbatch);
    const int64_t row = in.word(0, std::numeric_limits<int64_t>::max());
    source_.restore(in);
    drop();
    std::vector<int64_t> numbers;
    if (row > 0) numbers.push_back(source_.count() - 1);
    source_.replay(numbers, [&](int64_t, Element&& element) { hold(std::move(element)); });
    if (row > 0 && row >= rows_) PositionReader::refuse();
    row_ = row;
  }
  void weigh(const WeightChange& change) override { source_.weigh(change); }
  void stop() noexcept override { source_.stop(); }
  bool quiet() const noexcept override { return source_.quiet(); }

 private:
  void drop() {
    whole_.clear();
    row_ = rows_ = 0;
  }
  void hold(Element&& whole) {
    whole_ = std::move(whole);
    for (size_t i = 0; i < whole_.size(); i++)
      if (whole_[i].shape.rank() == 0 || whole_[i].shape[0] != whole_[0].shape[0])
        invalid("[dataset_unbatch] the tensors of an element must have a first axis of one size: got ",
                whole_[0].shape, " and ", whole_[i].shape, " at position ", i, "; batch or reshape them");
    rows_ = whole_[0].shape[0];
  }
  bool fill() {
    while (row_ == rows_) {
      control_.check();
      drop();  // first, so that what comes can take its memory
      Element whole = std::move(whole_);
      if (!source_.next(whole)) return false;
      source_.forget_before(source_.count() - 1);
      hold(std::move(whole));
    }
    return true;
  }

  Rereader source_;
  const Control& control_;
  Element whole_;
  int64_t row_ = 0, rows_ = 0;
};

class Unbatch : public Dataset {
 public:
  explicit Unbatch(DatasetPtr source) : Dataset({std::move(source)}) {}
  int64_t size() const override {
    const int64_t size = source().size();
    return size == 0 || size == kInfiniteSize ? size : kUnknownSize;
  }
  size_t width() const override { return source().width(); }
  std::unique_ptr<Stage> open(const Control& control) const override {
    return std::make_unique<UnbatchStage>(source().open(control), control);
  }
  Settings settings() const override { return {"unbatch", {}}; }

 private:
};

}  // namespace

DatasetPtr unbatch(DatasetPtr source) { return std::make_shared<Unbatch>(std::move(source)); }

}  // namespace tl::data
