// Batches: consecutive elements stacked in fresh memory.
#include <algorithm>
#include <numeric>

#include "core/base/error.h"
#include "core/data/dataset.h"
#include "core/data/fingerprint.h"
#include "core/data/stack.h"

namespace tl::data {
namespace {

// A number of batches from one of elements.
int64_t batches_of(int64_t elements, int64_t count, bool drop_remainder) {
  return elements / count + (!drop_remainder && elements % count != 0);
}

class BatchReader : public Reader {
 public:
  BatchReader(std::unique_ptr<Reader> source, int64_t size, int64_t count, Stacker stacker,
              const Control* control)
      : source_(std::move(source)),
        size_(size),
        count_(count),
        stacker_(std::move(stacker)),
        control_(control) {}

  void get(uint64_t epoch, int64_t index, Element& out) override {
    const int64_t first = index * count_, rows = std::min(count_, size_ - first);
    numbers_.resize(static_cast<size_t>(rows));
    std::iota(numbers_.begin(), numbers_.end(), first);
    const Span<const Rows> columns = source_->rows(epoch, numbers_);
    if (!columns.empty()) return stacker_.gather(columns, numbers_, control_, out);
    rows_.resize(static_cast<size_t>(rows));
    for (int64_t row = 0; row < rows; row++) {
      if (control_) control_->check();
      source_->get(epoch, first + row, rows_[static_cast<size_t>(row)]);
    }
    stacker_.stack(rows_, out);
  }
  void expect(uint64_t epoch) override { source_->expect(epoch); }

 private:
  std::unique_ptr<Reader> source_;
  int64_t size_, count_;
  Stacker stacker_;
  const Control* control_;
  std::vector<int64_t> numbers_;
  std::vector<Element> rows_;
};

class BatchStage : public Decorator {
 public:
  BatchStage(std::unique_ptr<Stage> source, int64_t count, bool drop_remainder, Stacker stacker)
      : Decorator(std::move(source)),
        count_(count),
        drop_remainder_(drop_remainder),
        stacker_(std::move(stacker)) {}

  bool next(Element& out) override {
    size_t rows = 0;
    for (; rows < static_cast<uint64_t>(count_); rows++) {
      if (rows == rows_.size()) rows_.emplace_back();
      if (!source_->next(rows_[rows])) break;
    }
    if (rows == 0 || (drop_remainder_ && rows < static_cast<uint64_t>(count_))) return false;
    rows_.resize(rows);
    stacker_.stack(rows_, out);
    return true;
  }
  int64_t skip(int64_t count) override {
    // Whole batches as far as the product fits.
    int64_t n = 0;
    while (n < count) {
      const int64_t some = std::min(count - n, INT64_MAX / count_);
      const int64_t passed = source_->skip(some * count_);
      n += batches_of(passed, count_, drop_remainder_);
      if (passed < some * count_) break;
    }
    return n;
  }
  void save(Position& out) const override {
    put_tag(out, Tag::kBatch);
    Decorator::save(out);
  }
  void restore(PositionReader& in) override {
    get_tag(in, Tag::kBatch);
    Decorator::restore(in);
  }

 private:
  const int64_t count_;
  const bool drop_remainder_;
  Stacker stacker_;
  std::vector<Element> rows_;
};

class Batch : public Dataset {
 public:
  Batch(DatasetPtr source, int64_t count, bool drop_remainder, const char* op, std::vector<double> padding)
      : Dataset({std::move(source)}),
        count_(count),
        drop_remainder_(drop_remainder),
        op_(op),
        padding_(std::move(padding)) {}

  int64_t size() const override {
    const int64_t elements = source().size();
    return elements < 0 ? elements : batches_of(elements, count_, drop_remainder_);
  }
  size_t width() const override { return source().width(); }
  bool indexed() const override { return source().indexed(); }
  std::unique_ptr<Reader> reader() const override { return reader(nullptr); }
  std::unique_ptr<Stage> open(const Control& control) const override;
  Settings settings() const override {
    Settings all{"batch", bits_of(padding_)};
    all.numbers.insert(all.numbers.end(), {count_, drop_remainder_});
    return all;
  }

 private:
  std::unique_ptr<Reader> reader(const Control* control) const {
    if (!indexed()) return nullptr;
    return std::make_unique<BatchReader>(source().reader(), source().size(), count_, Stacker(op_, padding_),
                                         control);
  }

  int64_t count_;
  bool drop_remainder_;
  const char* op_;
  std::vector<double> padding_;
};

std::unique_ptr<Stage> Batch::open(const Control& control) const {
  if (indexed()) return indexed_stage(reader(&control), size(), control);
  return std::make_unique<BatchStage>(source().open(control), count_, drop_remainder_,
                                      Stacker(op_, padding_));
}

void check_batch(const char* op, const Dataset& source, int64_t count, bool drop_remainder) {
  if (count < 1)
    invalid("[", op, "] the batch size must be at least 1: got ", count,
            "; dataset_size gives one batch of all");
  const int64_t elements = source.size();
  if (drop_remainder && elements > 0 && elements < count)
    invalid("[", op, "] drop_remainder must leave a batch: got ", elements, " elements and a batch size of ",
            count, "; make the batches smaller");
}

}  // namespace

DatasetPtr batch(DatasetPtr source, int64_t count, bool drop_remainder) {
  check_batch("dataset_batch", *source, count, drop_remainder);
  return std::make_shared<Batch>(std::move(source), count, drop_remainder, "dataset_batch",
                                 std::vector<double>{});
}

DatasetPtr padded_batch(DatasetPtr source, int64_t count, bool drop_remainder, std::vector<double> padding) {
  constexpr const char* op = "dataset_padded_batch";
  check_batch(op, *source, count, drop_remainder);
  check_padding(op, *source, padding);
  return std::make_shared<Batch>(std::move(source), count, drop_remainder, op, std::move(padding));
}

void check_padding(const char* op, const Dataset& source, const std::vector<double>& padding) {
  if (padding.size() != source.width())
    invalid("[", op, "] there must be a padding for each tensor of an element: got ", padding.size(), " for ",
            source.width(), "; 0 does for what is not padded");
}

}  // namespace tl::data
