// Windows: groups of consecutive elements that may overlap.
#include <algorithm>
#include <limits>
#include <numeric>

#include "core/base/error.h"
#include "core/data/dataset.h"
#include "core/data/rereader.h"
#include "core/data/stack.h"

namespace tl::data {
namespace {

class WindowStage : public Stage {
 public:
  WindowStage(std::unique_ptr<Stage> source, int64_t size, int64_t shift, bool drop_remainder)
      : source_(std::move(source), std::max<int64_t>(size, 16)),
        size_(size),
        shift_(shift),
        drop_remainder_(drop_remainder) {}

  void begin(uint64_t epoch) override {
    source_.begin(epoch);
    held_.clear();
    first_ = 0;
  }
  bool next(Element& out) override {
    if (source_.count() < first_) source_.skip(first_ - source_.count());
    while (static_cast<int64_t>(held_.size()) < size_) {
      Element element;
      if (!source_.next(element)) break;
      held_.push_back(std::move(element));
    }
    if (held_.empty() || (drop_remainder_ && static_cast<int64_t>(held_.size()) < size_)) return false;
    stacker_.stack(held_, out);
    const int64_t gone = std::min(shift_, static_cast<int64_t>(held_.size()));
    held_.erase(held_.begin(), held_.begin() + static_cast<std::ptrdiff_t>(gone));
    // Where a short window was not shifted over whole, none follows: there is nothing left.
    first_ = first_ > std::numeric_limits<int64_t>::max() - shift_ ? std::numeric_limits<int64_t>::max()
                                                                   : first_ + shift_;
    source_.forget_before(std::min(first_, source_.count()));
    return true;
  }
  void save(Position& out) const override {
    put_tag(out, Tag::kWindow);
    out.words.push_back(first_);
    source_.save(out);
  }
  void restore(PositionReader& in) override {
    get_tag(in, Tag::kWindow);
    first_ = in.word(0, std::numeric_limits<int64_t>::max());
    source_.restore(in);
    held_.clear();
    const int64_t held = std::max<int64_t>(source_.count() - first_, 0);
    if (held > size_) PositionReader::refuse();
    std::vector<int64_t> numbers(static_cast<size_t>(held));
    std::iota(numbers.begin(), numbers.end(), first_);
    source_.replay(numbers, [&](int64_t, Element&& element) { held_.push_back(std::move(element)); });
  }
  void weigh(const WeightChange& change) override { source_.weigh(change); }
  void stop() noexcept override { source_.stop(); }
  bool quiet() const noexcept override { return source_.quiet(); }

 private:
  Rereader source_;
  const int64_t size_, shift_;
  const bool drop_remainder_;
  Stacker stacker_{"dataset_window"};
  std::vector<Element> held_;  // from first_ on
  int64_t first_ = 0;          // number of the first element of the window that comes next
};

class Window : public Dataset {
 public:
  Window(DatasetPtr source, int64_t size, int64_t shift, bool drop_remainder)
      : Dataset({std::move(source)}), size_(size), shift_(shift), drop_remainder_(drop_remainder) {}
  int64_t size() const override {
    const int64_t elements = source().size();
    if (elements < 0) return elements;
    if (!drop_remainder_) return elements == 0 ? 0 : (elements - 1) / shift_ + 1;
    return elements < size_ ? 0 : (elements - size_) / shift_ + 1;
  }
  size_t width() const override { return source().width(); }
  std::unique_ptr<Stage> open(const Control& control) const override {
    return std::make_unique<WindowStage>(source().open(control), size_, shift_, drop_remainder_);
  }
  Settings settings() const override { return {"window", {size_, shift_, drop_remainder_}}; }

 private:
  int64_t size_, shift_;
  bool drop_remainder_;
};

}  // namespace

DatasetPtr window(DatasetPtr source, int64_t size, int64_t shift, bool drop_remainder) {
  if (size < 1 || shift < 1)
    invalid("[dataset_window] size and shift must be at least 1: got ", size, " and ", shift,
            "; with a shift of the size windows do not overlap");
  return std::make_shared<Window>(std::move(source), size, shift, drop_remainder);
}

}  // namespace tl::data
