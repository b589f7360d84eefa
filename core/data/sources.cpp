// Sources: tensors, ranges, functions of the caller's by index, and passes of the caller's in order.
#include <algorithm>
#include <limits>

#include "core/base/error.h"
#include "core/data/dataset.h"
#include "core/tensor/batched.h"

namespace tl::data {
namespace {

class IndexedStage : public Stage {
 public:
  IndexedStage(std::unique_ptr<Reader> reader, int64_t size, const Control& control)
      : reader_(std::move(reader)), size_(size), control_(control) {}

  void begin(uint64_t epoch) override {
    epoch_ = epoch;
    index_ = 0;
  }
  bool next(Element& out) override {
    control_.check();
    if (index_ >= size_) return false;
    reader_->get(epoch_, index_, out);
    index_++;
    return true;
  }
  int64_t skip(int64_t count) override {
    const int64_t n = std::min(count, size_ - index_);
    index_ += n;
    return n;
  }
  void save(Position& out) const override {
    put_tag(out, Tag::kIndexed);
    out.words.push_back(static_cast<int64_t>(epoch_));
    out.words.push_back(index_);
  }
  void restore(PositionReader& in) override {
    get_tag(in, Tag::kIndexed);
    epoch_ = static_cast<uint64_t>(in.word());
    index_ = in.word(0, size_);
  }
  void expect(uint64_t epoch) override { reader_->expect(epoch); }
  void weigh(const WeightChange&) override {}
  void stop() noexcept override {}
  bool quiet() const noexcept override { return true; }

 private:
  std::unique_ptr<Reader> reader_;
  const int64_t size_;
  const Control& control_;
  uint64_t epoch_ = 0;
  int64_t index_ = 0;
};

// Tensors whose memory values lend. The last of these goes on the context's thread: stages of other threads end before the iterator.
struct Held {
  std::vector<Tensor> tensors;
  std::vector<Rows> rows;
};

class TensorReader : public Reader {
 public:
  explicit TensorReader(std::shared_ptr<const Held> held) : held_(std::move(held)) {}
  void get(uint64_t, int64_t index, Element& out) override {
    out.resize(held_->rows.size());
    for (size_t i = 0; i < out.size(); i++) {
      const Rows& r = held_->rows[i];
      Value& v = out[i];
      v.dtype = r.dtype;
      v.shape = r.shape;
      v.memory = std::shared_ptr<const std::byte>(held_, r.first + static_cast<size_t>(index) * r.bytes);
    }
  }
  Span<const Rows> rows(uint64_t, Span<int64_t>) override { return held_->rows; }

 private:
  std::shared_ptr<const Held> held_;
};

class TensorSlices : public IndexedDataset {
 public:
  explicit TensorSlices(std::vector<Tensor> tensors) {
    Held held{std::move(tensors), {}};
    for (const Tensor& t : held.tensors) {
      const Shape row(Span<const int64_t>(t.shape().data() + 1, t.shape().size() - 1));
      held.rows.push_back(
          {t.dtype(), row, static_cast<size_t>(row.elements()) * size_of(t.dtype()), t.raw()});
    }
    held_ = std::make_shared<const Held>(std::move(held));
  }
  int64_t size() const override { return held_->tensors[0].shape()[0]; }
  size_t width() const override { return held_->tensors.size(); }
  std::unique_ptr<Reader> reader() const override { return std::make_unique<TensorReader>(held_); }
  Settings settings() const override {
    Settings all{"tensors", {size()}};
    for (const Rows& r : held_->rows) {
      all.numbers.push_back(static_cast<int64_t>(r.dtype));
      all.numbers.push_back(static_cast<int64_t>(r.shape.rank()));
      all.numbers.insert(all.numbers.end(), r.shape.begin(), r.shape.end());
    }
    return all;
  }

 private:
  std::shared_ptr<const Held> held_;
};

class RangeReader : public Reader {
 public:
  RangeReader(int64_t start, int64_t step) : start_(start), step_(step) {}
  void get(uint64_t, int64_t index, Element& out) override {
    out.resize(1);
    auto [value, memory] = pool_->value(DType::kI64, {});
    *reinterpret_cast<int64_t*>(memory) = start_ + index * step_;
    out[0] = std::move(value);
  }

 private:
  int64_t start_, step_;
  std::shared_ptr<BlockPool> pool_ = BlockPool::make();
};

class Range : public IndexedDataset {
 public:
  Range(int64_t start, int64_t step, int64_t size) : start_(start), step_(step), size_(size) {}
  int64_t size() const override { return size_; }
  size_t width() const override { return 1; }
  std::unique_ptr<Reader> reader() const override { return std::make_unique<RangeReader>(start_, step_); }
  Settings settings() const override { return {"range", {start_, step_, size_}}; }

 private:
  int64_t start_, step_, size_;
};

class FunctionReader : public Reader {
 public:
  explicit FunctionReader(FunctionPtr function) : function_(std::move(function)) {}
  void get(uint64_t epoch, int64_t index, Element& out) override {
    if (!worker_) worker_ = function_->worker();
    out.clear();
    worker_->run(place_of(0, epoch, index), out);
  }

 private:
  FunctionPtr function_;
  std::unique_ptr<Worker> worker_;
};

class FunctionSource : public IndexedDataset {
 public:
  FunctionSource(FunctionPtr function, size_t width, int64_t size)
      : function_(std::move(function)), width_(width), size_(size) {}
  int64_t size() const override { return size_; }
  size_t width() const override { return width_; }
  std::unique_ptr<Reader> reader() const override { return std::make_unique<FunctionReader>(function_); }
  Settings settings() const override { return {"function", {size_}}; }

 private:
  FunctionPtr function_;
  size_t width_;
  int64_t size_;
};

class IterationStage : public Stage {
 public:
  IterationStage(IterablePtr iterable, const Control& control)
      : iterable_(std::move(iterable)), control_(control) {}

  void begin(uint64_t epoch) override {
    iteration_.reset();
    epoch_ = epoch;
    given_ = wanted_ = 0;
    over_ = false;
  }
  bool next(Element& out) override {
    control_.check();
    catch_up();
    if (over_ || !read(out)) return false;
    wanted_++;
    return true;
  }
  int64_t skip(int64_t count) override {
    const int64_t before = wanted_;
    wanted_ += std::min(count, std::numeric_limits<int64_t>::max() - wanted_);
    catch_up();
    return wanted_ - before;
  }
  void save(Position& out) const override {
    put_tag(out, Tag::kIteration);
    out.words.push_back(static_cast<int64_t>(epoch_));
    out.words.push_back(wanted_);
  }
  void restore(PositionReader& in) override {
    get_tag(in, Tag::kIteration);
    const uint64_t epoch = static_cast<uint64_t>(in.word());
    const int64_t wanted = in.word(0, std::numeric_limits<int64_t>::max());
    // A pass goes forward only.
    if (epoch != epoch_ || wanted < given_ || over_) begin(epoch);
    wanted_ = wanted;
  }
  void weigh(const WeightChange&) override {}
  void stop() noexcept override {}
  bool quiet() const noexcept override { return true; }

 private:
  // The elements before the wanted one are read for nothing: the caller's pass knows no other way.
  void catch_up() {
    Element dropped;
    while (!over_ && given_ < wanted_) {
      control_.check();
      read(dropped);
    }
    wanted_ = given_;
  }
  bool read(Element& out) {
    if (!iteration_) iteration_ = iterable_->begin(epoch_);
    out.clear();
    over_ = !iteration_->next(out);
    if (over_) return false;
    given_++;
    return true;
  }

  IterablePtr iterable_;
  const Control& control_;
  std::unique_ptr<Iteration> iteration_;
  uint64_t epoch_ = 0;
  int64_t given_ = 0, wanted_ = 0;  // elements that the pass has given, and where next() goes on
  bool over_ = false;
};

class IterableSource : public Dataset {
 public:
  IterableSource(IterablePtr iterable, size_t width) : iterable_(std::move(iterable)), width_(width) {}
  int64_t size() const override { return kUnknownSize; }
  size_t width() const override { return width_; }
  std::unique_ptr<Stage> open(const Control& control) const override {
    return std::make_unique<IterationStage>(iterable_, control);
  }
  Settings settings() const override { return {"iterable", {}}; }

 private:
  IterablePtr iterable_;
  size_t width_;
};

}  // namespace

std::unique_ptr<Stage> indexed_stage(std::unique_ptr<Reader> reader, int64_t size, const Control& control) {
  return std::make_unique<IndexedStage>(std::move(reader), size, control);
}

std::unique_ptr<Stage> IndexedDataset::open(const Control& control) const {
  return indexed_stage(reader(), size(), control);
}

DatasetPtr tensor_slices(std::vector<Tensor> tensors) {
  if (tensors.empty())
    invalid("[dataset_from_tensors] there must be at least 1 tensor: got 0; check the list");
  for (size_t i = 0; i < tensors.size(); i++) {
    const Tensor& t = tensors[i];
    check_readable("dataset_from_tensors", t);
    if (t.rank() == 0)
      invalid("[dataset_from_tensors] a tensor needs a first axis to be cut along: got 'tensors[", i,
              "]' of shape (); reshape it to (1,)");
    if (&t.context() != &tensors[0].context())
      invalid("[dataset_from_tensors] all tensors must be of one context: got 'tensors[", i,
              "]' of another context; copy its data over");
    if (t.shape()[0] != tensors[0].shape()[0])
      invalid("[dataset_from_tensors] the first axes must have one size: got 'tensors[0]' of ",
              tensors[0].shape(), " and 'tensors[", i, "]' of ", t.shape(),
              "; do images and labels come from the same split?");
  }
  return std::make_shared<TensorSlices>(std::move(tensors));
}

DatasetPtr range(int64_t start, int64_t stop, int64_t step) {
  if (step == 0) invalid("[dataset_range] the step must not be 0: got 0; -1 counts down");
  const bool up = step > 0;
  if (up ? start >= stop : start <= stop) return std::make_shared<Range>(start, step, 0);
  // Differences of any two integers fit in 64 bits without a sign.
  const uint64_t way = up ? static_cast<uint64_t>(stop) - static_cast<uint64_t>(start)
                          : static_cast<uint64_t>(start) - static_cast<uint64_t>(stop);
  const uint64_t stride = up ? static_cast<uint64_t>(step) : -static_cast<uint64_t>(step);
  const uint64_t count = (way - 1) / stride + 1;
  if (count > uint64_t{1} << 62)
    invalid("[dataset_range] there must be at most 2^62 numbers: got ", count, "; use a larger step");
  return std::make_shared<Range>(start, step, static_cast<int64_t>(count));
}

DatasetPtr from_function(FunctionPtr function, size_t width, int64_t size) {
  if (size < 0)
    invalid("[dataset_from_function] the number of elements must not be negative: got ", size, "; 0 is none");
  return std::make_shared<FunctionSource>(std::move(function), width, size);
}

DatasetPtr from_iterable(IterablePtr iterable, size_t width) {
  return std::make_shared<IterableSource>(std::move(iterable), width);
}

}  // namespace tl::data
