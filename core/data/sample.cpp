#include "core/data/sample.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/base/error.h"
#include "core/base/philox.h"
#include "core/data/joins.h"

namespace tl::data {
namespace {

constexpr uint64_t kSampleStream = 0x73616d706c656672;

void check_weights(const char* op, const std::vector<double>& weights, size_t sources) {
  if (weights.size() != sources)
    invalid("[", op, "] there must be a weight for each source: got ", weights.size(), " for ", sources,
            "; 0 leaves one out");
  double sum = 0;
  for (double w : weights) {
    if (!(w >= 0) || std::isinf(w))
      invalid("[", op, "] weights must be finite and not negative: got ", w, "; 0 leaves a source out");
    sum += w;
  }
  if (!(sum > 0) || std::isinf(sum))
    invalid("[", op, "] the sum of the weights must be above 0 and finite: got ", sum, "; give one source 1");
}

class SampleStage : public Stage {
 public:
  // number: of the mixture in its pipeline.
  SampleStage(std::vector<std::unique_ptr<Stage>> sources, int64_t number, std::vector<double> weights,
              uint64_t seed, bool stop_on_empty)
      : sources_(std::move(sources)),
        ended_(sources_.size()),
        number_(number),
        weights_(std::move(weights)),
        key_(seed ^ kSampleStream),
        stop_on_empty_(stop_on_empty) {}

  void begin(uint64_t epoch) override {
    for (auto& s : sources_) s->begin(epoch);
    epoch_ = epoch;
    drawn_ = 0;
    over_ = false;
    ended_.assign(sources_.size(), false);
  }
  bool next(Element& out) override {
    while (!over_) {
      const size_t source = draw();
      if (source == sources_.size()) break;
      if (sources_[source]->next(out)) return true;
      ended_[source] = true;
      over_ = stop_on_empty_;
    }
    over_ = true;
    return false;
  }
  void save(Position& out) const override {
    put_tag(out, Tag::kSample);
    out.words.push_back(static_cast<int64_t>(epoch_));
    out.words.push_back(drawn_);
    out.words.push_back(over_);
    for (size_t i = 0; i < sources_.size(); i++) {
      out.words.push_back(ended_[i]);
      out.words.push_back(word_of(weights_[i]));
      sources_[i]->save(out);
    }
  }
  void restore(PositionReader& in) override {
    get_tag(in, Tag::kSample);
    epoch_ = static_cast<uint64_t>(in.word());
    drawn_ = in.word(0, std::numeric_limits<int64_t>::max());
    over_ = in.word(0, 1) != 0;
    for (size_t i = 0; i < sources_.size(); i++) {
      ended_[i] = in.word(0, 1) != 0;
      weights_[i] = in.weight();
      sources_[i]->restore(in);
    }
  }
  void weigh(const WeightChange& change) override {
    if (change.mixture == number_) {
      if (change.weights.size() != weights_.size()) PositionReader::refuse();  // read from a position
      weights_ = change.weights;
    }
    for (auto& s : sources_) s->weigh(change);
  }
  void stop() noexcept override {
    for (auto& s : sources_) s->stop();
  }
  bool quiet() const noexcept override {
    return std::all_of(sources_.begin(), sources_.end(), [](auto& s) { return s->quiet(); });
  }

 private:
  // A source, or their number where none is left that has a weight.
  size_t draw() {
    double sum = 0;
    size_t last = sources_.size();
    for (size_t i = 0; i < sources_.size(); i++)
      if (!ended_[i] && weights_[i] > 0) {
        sum += weights_[i];
        last = i;
      }
    if (last == sources_.size()) return last;
    const PhiloxBlock block = philox_block(key_, epoch_, static_cast<uint64_t>(drawn_++));
    const uint64_t word = static_cast<uint64_t>(block[0]) << 32 | block[1];
    double left = std::ldexp(static_cast<double>(word >> 11), -53) * sum;
    for (size_t i = 0; i < last; i++)
      if (!ended_[i] && weights_[i] > 0) {
        if (left < weights_[i]) return i;
        left -= weights_[i];
      }
    return last;
  }

  std::vector<std::unique_ptr<Stage>> sources_;
  std::vector<bool> ended_;
  const int64_t number_;
  std::vector<double> weights_;
  const uint64_t key_;
  const bool stop_on_empty_;
  uint64_t epoch_ = 0;
  int64_t drawn_ = 0;
  bool over_ = false;
};

class Sample : public Dataset {
 public:
  Sample(std::vector<DatasetPtr> sources, std::vector<double> weights, uint64_t seed, bool stop_on_empty)
      : Dataset(std::move(sources)),
        weights_(std::make_shared<SampleWeights>(std::move(weights))),
        seed_(seed),
        stop_on_empty_(stop_on_empty) {}
  // A source without an end counts whatever its weight, which may change; how much of the others is drawn, only iterating tells.
  int64_t size() const override {
    bool all = true, any = false;
    for (const DatasetPtr& s : sources()) {
      const bool endless = s->size() == kInfiniteSize;
      all = all && endless;
      any = any || endless;
    }
    return all || (any && !stop_on_empty_) ? kInfiniteSize : kUnknownSize;
  }
  size_t width() const override { return source().width(); }
  std::unique_ptr<Stage> open(const Control& control) const override {
    std::vector<std::unique_ptr<Stage>> stages;
    for (const DatasetPtr& s : sources()) stages.push_back(s->open(control));
    return std::make_unique<SampleStage>(std::move(stages), control.number_of(*weights_), weights_->values(),
                                         seed_, stop_on_empty_);
  }
  SampleWeights& weights() const { return *weights_; }
  Settings settings() const override { return {"sample", {static_cast<int64_t>(seed_), stop_on_empty_}}; }

 private:
  std::shared_ptr<SampleWeights> weights_;
  uint64_t seed_;
  bool stop_on_empty_;
};

}  // namespace

std::shared_ptr<const void> SampleWeights::hold() {
  std::shared_ptr<const void> held = held_.lock();
  if (!held) held_ = held = std::make_shared<char>();
  return held;
}

DatasetPtr sample_from(std::vector<DatasetPtr> sources, std::vector<double> weights, uint64_t seed,
                       bool stop_on_empty) {
  check_sources("dataset_sample_from", sources, true);
  check_weights("dataset_sample_from", weights, sources.size());
  return std::make_shared<Sample>(std::move(sources), std::move(weights), seed, stop_on_empty);
}

void set_sample_weights(const Dataset& dataset, std::vector<double> weights) {
  constexpr const char* op = "dataset_set_weights";
  const auto* sample = dynamic_cast<const Sample*>(&dataset);
  if (!sample)
    invalid("[", op,
            "] the dataset must be one that dataset_sample_from made: got another; keep that one, those "
            "made of it follow its weights");
  check_weights(op, weights, dataset.sources().size());
  if (sample->weights().held())
    fail(Code::kFailedPrecondition, "[", op,
         "] the weights of a mixture in a cache must stay: got new ones, which the elements that the cache "
         "holds "
         "could not follow; cache the sources, and mix what comes from the caches");
  sample->weights().set(std::move(weights));
}

const SampleWeights* sample_weights(const Dataset& dataset) {
  const auto* sample = dynamic_cast<const Sample*>(&dataset);
  return sample ? &sample->weights() : nullptr;
}

void hold_sample_weights(const Dataset& dataset, std::vector<std::shared_ptr<const void>>& out) {
  if (const auto* sample = dynamic_cast<const Sample*>(&dataset)) out.push_back(sample->weights().hold());
  for (const DatasetPtr& source : dataset.sources()) hold_sample_weights(*source, out);
}

}  // namespace tl::data
