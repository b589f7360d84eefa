// Sampling from several datasets by weights that may change while elements come: a curriculum, or losses that say what to learn next.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "core/data/dataset.h"

namespace tl::data {

// The weights as they are now, of the context's thread. Stages have copies, which iterators bring up to date.
class SampleWeights {
 public:
  explicit SampleWeights(std::vector<double> values) : values_(std::move(values)) {}
  const std::vector<double>& values() const { return values_; }
  uint64_t version() const { return version_; }
  void set(std::vector<double> values) {
    values_ = std::move(values);
    version_++;
  }

  // While somebody has what this returns, the weights may not change.
  std::shared_ptr<const void> hold();
  bool held() const { return !held_.expired(); }

 private:
  std::vector<double> values_;
  uint64_t version_ = 0;
  std::weak_ptr<const void> held_;
};

// Each element from a source that is drawn at random, with the probability of its weight among the sources that have elements left.
// Ends with the last source, or with the first that has ended where stop_on_empty; and where all weights left are 0. Draws follow
// from (seed, epoch, number). Throws kInvalidArgument where there is no source, where widths differ, and where weights are not as
// many, finite and not negative, or all 0. Of kInfiniteSize where a source is, or where stop_on_empty all are, whatever the weights: a
// size stays while they change, and an endless source of weight 0 may have one with the next element. Else of kUnknownSize.
DatasetPtr sample_from(std::vector<DatasetPtr> sources, std::vector<double> weights, uint64_t seed,
                       bool stop_on_empty);

// New weights of a dataset that sample_from() made. They count from the next element on that an iterator gives, whatever was made
// ahead; an iterator saves them with its position. What stages in between hold already (a shuffle's buffer) stays. Throws as above,
// and kFailedPrecondition while a cache() of elements of the dataset is there: it gives what was drawn once.
void set_sample_weights(const Dataset& dataset, std::vector<double> weights);

// Those of a dataset itself, or null.
const SampleWeights* sample_weights(const Dataset& dataset);

// Holds the weights of all mixtures that a dataset takes elements from.
void hold_sample_weights(const Dataset& dataset, std::vector<std::shared_ptr<const void>>& out);

}  // namespace tl::data
