// Datasets: descriptions of where elements come from and what is done to them, as in tf.data. Features are decorators around a
// source; a DatasetIterator (iterator.h) walks through the epochs.
//
//   DatasetPtr train = prefetch(batch(shuffle(tensor_slices({images, labels}), seed), 128), 2);
//   DatasetIterator it(context, train);
//   Tensor out[2];
//   for (int epoch = 0; epoch < 5; epoch++)
//     while (it.next(out)) step(out[0], out[1]);
//
// What an epoch brings follows from its number alone, whatever the number of threads: so a position is a few integers, and several
// iterators may share a dataset. Two kinds: an indexed one gives any element of any epoch by its index (Reader); every one gives
// them in order (Stage). A shuffle of an indexed one needs no buffer, and passing over its elements costs nothing.
//
// Every factory of one that has sources throws kInvalidArgument beyond Dataset::kMostLevels.
//
// Datasets are immutable but for what cache() and sample_from() say, and belong to the thread of the context whose tensors they
// hold; stages of theirs may run elsewhere.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "core/base/span.h"
#include "core/data/stage.h"
#include "core/tensor/tensor.h"

namespace tl::data {

inline constexpr int64_t kUnknownSize = -2;   // only iterating tells
inline constexpr int64_t kInfiniteSize = -3;  // an epoch has no end

// Elements by index, for one thread.
class Reader {
 public:
  virtual ~Reader() = default;
  // index is in [0, size()).
  virtual void get(uint64_t epoch, int64_t index, Element& out) = 0;
  // Where all elements are rows of tensors: those, one for each value, which live as long as this; and `indices`, of elements,
  // become the numbers of their rows. A batch then copies rows without an element for each. Elsewhere none, and `indices` are lost.
  virtual Span<const Rows> rows(uint64_t /*epoch*/, Span<int64_t> /*indices*/) { return {}; }
  // It is likely that this epoch is asked for next, and there is time now to make what it needs.
  virtual void expect(uint64_t /*epoch*/) {}
};

class Dataset;
using DatasetPtr = std::shared_ptr<const Dataset>;

// What the elements of a dataset follow from beside its sources and the caller's functions: a name, and sizes and seeds. How many threads
// run and how far ahead does not belong to it.
struct Settings {
  std::string_view name;
  std::vector<int64_t> numbers;
};

class Dataset {
 public:
  // Stages stand behind one another so many levels deep at most: what is asked of one it asks of its sources, and each level takes
  // stack. 200 levels of any kind fit into 256 kB, what some hosts give their threads.
  static constexpr int kMostLevels = 200;

  virtual ~Dataset() = default;
  // The number of elements in an epoch, the same in every epoch; kUnknownSize or kInfiniteSize.
  virtual int64_t size() const = 0;
  // The number of values in an element, the same in every element; at least 1.
  virtual size_t width() const = 0;
  // `control` outlives the stage, which works for its thread.
  virtual std::unique_ptr<Stage> open(const Control& control) const = 0;
  virtual bool indexed() const { return false; }
  virtual std::unique_ptr<Reader> reader() const { return nullptr; }  // of an indexed one
  const std::vector<DatasetPtr>& sources() const { return sources_; }
  virtual Settings settings() const = 0;

 protected:
  // None: it is a source itself. Throws kInvalidArgument where the levels would be too many.
  explicit Dataset(std::vector<DatasetPtr> sources = {});
  const Dataset& source() const { return *sources_[0]; }  // of one that has one or more

 private:
  std::vector<DatasetPtr> sources_;
  int levels_ = 1;
};

// The stage of an indexed dataset: it counts.
std::unique_ptr<Stage> indexed_stage(std::unique_ptr<Reader> reader, int64_t size, const Control& control);

// One that is indexed whatever its source.
class IndexedDataset : public Dataset {
 public:
  using Dataset::Dataset;
  std::unique_ptr<Stage> open(const Control& control) const override;
  bool indexed() const override { return true; }
};

// ---- sources ----

// The tensors cut along their first axis: element i is {t[i] for t in tensors}, without a copy. Throws kInvalidArgument where there
// is no tensor, a tensor without axes, or where first axes or contexts differ.
DatasetPtr tensor_slices(std::vector<Tensor> tensors);
// start, start + step, ... before stop, as i64 scalars. Throws where step is 0 and where there are more than 2^62.
DatasetPtr range(int64_t start, int64_t stop, int64_t step);
// `size` elements of `width` values that a function gives by epoch and index, in any order. Throws on a negative size.
DatasetPtr from_function(FunctionPtr function, size_t width, int64_t size);
// Elements in the order in which a pass of the caller's gives them.
DatasetPtr from_iterable(IterablePtr iterable, size_t width);

// ---- order ----

// The first `count` elements, or all of them where there are fewer; and all but those. Throws on a negative count. Split before
// shuffle(): the first elements of a shuffled dataset are others in each epoch.
DatasetPtr take(DatasetPtr source, int64_t count);
DatasetPtr skip(DatasetPtr source, int64_t count);
// All elements in a random order, anew in each epoch; every order is equally likely. Of an indexed source the order follows from
// (seed, epoch, size), with 8 bytes an element; of another all elements of an epoch are held first.
DatasetPtr shuffle(DatasetPtr source, uint64_t seed);
// Elements drawn from a buffer that the next `buffer` of the source fill. Throws where it is below 1.
DatasetPtr shuffle(DatasetPtr source, uint64_t seed, int64_t buffer);
// `count` epochs of the source as one, or without an end where it is negative. Throws on an endless one of a source that is known
// to be empty; the stage does where that comes out later.
DatasetPtr repeat(DatasetPtr source, int64_t count);
// Throws, all of them, where there is no source; and where widths differ, but for zip().
DatasetPtr concatenate(std::vector<DatasetPtr> sources);
// Elements that hold the values of one element of each source. As long as the shortest.
DatasetPtr zip(std::vector<DatasetPtr> sources);
// `cycle` (1 or more) sources at a time in turn, `block` (1 or more) elements of each; one that has ended makes room for the next.
DatasetPtr interleave(std::vector<DatasetPtr> sources, int64_t cycle, int64_t block);

// ---- groups ----

// Groups of `count` consecutive elements, stacked along a new first axis. The last group is smaller where there are no more, or
// left out with `drop_remainder`. Throws where count < 1 and where drop_remainder would leave nothing of a dataset that is known
// not to be empty; stages do where elements differ in dtype or shape or already have 8 axes.
DatasetPtr batch(DatasetPtr source, int64_t count, bool drop_remainder = false);
// As batch(); values of the same rank are as long as the longest on each axis, filled up with the number at their place in
// `padding` (one for each value of an element).
DatasetPtr padded_batch(DatasetPtr source, int64_t count, bool drop_remainder, std::vector<double> padding);
void check_padding(const char* op, const Dataset& source, const std::vector<double>& padding);
// Batches of elements of like length, the first dimension of value number `position`: bucket i holds those below boundaries[i],
// which grow, the last one the rest. counts[i] make a batch, padded as above; what is left at the end comes in the order of the
// buckets. One count more than boundaries.
DatasetPtr bucket_by_length(DatasetPtr source, size_t position, std::vector<int64_t> boundaries,
                            std::vector<int64_t> counts, bool drop_remainder, std::vector<double> padding);
// Rows along the first axis as elements, without a copy.
DatasetPtr unbatch(DatasetPtr source);
// Of each element, a batch for `size` replicas, the rows of replica `rank`, without a copy: parts that differ by one row at most
// (core/base/parts.h), so that the parts of all replicas are the batch, in order. A batch of fewer rows than replicas leaves some
// of them with 0. Throws unless 0 <= rank < size.
DatasetPtr replica_rows(DatasetPtr source, int64_t rank, int64_t size);
// Groups of `size` elements, stacked, whose beginnings are `shift` apart. The last ones are shorter, or left out.
DatasetPtr window(DatasetPtr source, int64_t size, int64_t shift, bool drop_remainder);

// ---- functions ----

// What a function makes of each element: `width` values. On `threads` (0: on the thread that asks for elements; then an indexed
// source stays indexed) threads of its own, in the order of the source. Each element has a seed of its own.
DatasetPtr map(DatasetPtr source, FunctionPtr function, size_t width, int threads, uint64_t seed);
DatasetPtr filter(DatasetPtr source, FunctionPtr predicate, uint64_t seed);
// Value number `position` of each element in another dtype: to f32 or f64 from any dtype, to i32 from u8 and bool, to i64 from these
// and i32. For floating targets each value is converted, then divided by `divisor` (255 makes images of u8 lie in [0, 1]); for
// integers it must be 1. Best after batch(), so that memory holds and batches copy the small dtype. Throws kInvalidArgument on
// other wishes; stages do where the source's dtype has no such conversion.
DatasetPtr cast(DatasetPtr source, size_t position, DType dtype, double divisor = 1);

// ---- time and memory ----

// The elements of epoch 0, in each epoch, held in memory from the second time on.
DatasetPtr cache(DatasetPtr source);
// Up to `count` (1 or more) elements ahead, made on a thread of its own.
DatasetPtr prefetch(DatasetPtr source, int64_t count);

}  // namespace tl::data
