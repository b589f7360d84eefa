#include "core/data/iterator.h"

#include <algorithm>
#include <limits>
#include <thread>

#include "core/base/clock.h"
#include "core/base/error.h"
#include "core/data/fingerprint.h"
#include "core/data/sample.h"

namespace tl::data {

namespace {

// The mixtures of a pipeline, each once: from what is read of it on, down to the sources.
void add_mixtures(const Dataset& dataset, std::vector<const SampleWeights*>& out) {
  if (const SampleWeights* weights = sample_weights(dataset)) {
    if (std::find(out.begin(), out.end(), weights) != out.end()) return;
    out.push_back(weights);
  }
  for (const DatasetPtr& source : dataset.sources()) add_mixtures(*source, out);
}

std::vector<const SampleWeights*> mixtures_of(const Dataset& dataset) {
  std::vector<const SampleWeights*> out;
  add_mixtures(dataset, out);
  return out;
}

}  // namespace

DatasetIterator::DatasetIterator(Context& context, DatasetPtr dataset)
    : context_(context),
      dataset_(std::move(dataset)),
      fingerprint_(fingerprint(*dataset_)),
      control_(&context, mixtures_of(*dataset_)),
      root_(dataset_->open(control_)) {
  for (const SampleWeights* mixture : control_.mixtures()) known_versions_.push_back(mixture->version());
  root_->begin(0);
}

std::unique_ptr<Stage> DatasetIterator::opened(const Position& position) const {
  std::unique_ptr<Stage> root = dataset_->open(control_);
  PositionReader reader(position);
  root->restore(reader);
  reader.end();
  return root;
}

void DatasetIterator::adopt(std::unique_ptr<Stage> root) noexcept {
  root_ = std::move(root);
  broken_ = false;
  for (size_t i = 0; i < known_versions_.size(); i++) known_versions_[i] = control_.mixtures()[i]->version();
}

void DatasetIterator::repair() {
  if (!broken_) return;
  std::unique_ptr<Stage> root = opened(before_);
  root_ = std::move(root);
  broken_ = false;
}

bool DatasetIterator::weights_have_changed() const {
  for (size_t i = 0; i < known_versions_.size(); i++)
    if (known_versions_[i] != control_.mixtures()[i]->version()) return true;
  return false;
}

void DatasetIterator::follow_weights() {
  for (size_t i = 0; i < known_versions_.size(); i++) {
    const SampleWeights& mixture = *control_.mixtures()[i];
    if (known_versions_[i] == mixture.version()) continue;
    root_->weigh({static_cast<int64_t>(i), mixture.values()});
    known_versions_[i] = mixture.version();
    before_.clear();
    root_->save(before_);
  }
}

void DatasetIterator::bring_up_to_date() {
  repair();
  before_.clear();
  root_->save(before_);
  try {
    follow_weights();
  } catch (...) {
    broken_ = true;
    throw;
  }
}

bool DatasetIterator::pull(Span<Tensor> out, Confirm confirm) {
  bring_up_to_date();
  try {
    if (!root_->next(element_)) {
      root_->begin(epoch_ + 1);
      confirm();
      return false;
    }
    TL_INVARIANT(element_.size() == out.size());
    tensors_.clear();
    for (const Value& v : element_) {
      tensors_.push_back(tensor_of(context_, v));
      context_.note_host_data(tensors_.back());
    }
    confirm();
  } catch (...) {
    broken_ = true;
    throw;
  }
  element_.clear();  // the tensors alone hold the memory
  std::move(tensors_.begin(), tensors_.end(), out.begin());
  tensors_.clear();
  return true;
}

bool DatasetIterator::next(Span<Tensor> out, Confirm confirm) {
  const double begin = monotonic_seconds();
  if (!timed_) {
    waited_ = 0;
    first_call_ = begin;
    timed_ = true;
  }
  const bool more = pull(out, confirm);
  last_return_ = monotonic_seconds();
  waited_ += last_return_ - begin;
  if (more) {
    position_++;
  } else {
    epoch_++;
    position_ = 0;
    timed_ = false;
  }
  return more;
}

double DatasetIterator::input_wait() const {
  const double all = last_return_ - first_call_;
  return all > 0 ? 100 * waited_ / all : 0;
}

bool DatasetIterator::stop(std::chrono::milliseconds patience) noexcept {
  root_->stop();
  const auto end = std::chrono::steady_clock::now() + patience;
  while (!root_->quiet()) {
    if (std::chrono::steady_clock::now() >= end) return false;
    std::this_thread::sleep_for(std::chrono::microseconds(100));
  }
  return true;
}

void DatasetIterator::seek(uint64_t epoch, int64_t position, Confirm confirm) {
  if (epoch == std::numeric_limits<uint64_t>::max())
    invalid("[dataset_seek] another epoch must follow the epoch: got ", epoch, "; they count from 0");
  const int64_t size = dataset_->size();
  auto refuse = [&](int64_t elements) {
    invalid("[dataset_seek] the position must be in the dataset: got ", position, " of ", elements,
            " elements; the last stands for the end");
  };
  if (position < 0 || (size >= 0 && position > size)) refuse(size >= 0 ? size : 0);
  std::unique_ptr<Stage> root = dataset_->open(control_);
  root->begin(epoch);
  const int64_t passed = position == 0 ? 0 : root->skip(position);
  if (passed < position) refuse(passed);
  confirm();
  adopt(std::move(root));
  epoch_ = epoch;
  position_ = position;
  timed_ = false;
}

std::string DatasetIterator::save_position() {
  if (weights_have_changed()) bring_up_to_date();
  Position p;
  p.words = {static_cast<int64_t>(fingerprint_), static_cast<int64_t>(epoch_), position_};
  if (broken_) {
    p.words.insert(p.words.end(), before_.words.begin(), before_.words.end());
    p.parts = before_.parts;
  } else {
    root_->save(p);
  }
  return to_bytes(p);
}

void DatasetIterator::save(State& state, const std::string& prefix) {
  state.set(joined_path(prefix, "position"), save_position());
}

PendingRestorePtr DatasetIterator::prepare(const State& state, const std::string& prefix) {
  return pending_restore([this, place = place_in(state.get<std::string>(
                                    joined_path(prefix, "position")))]() mutable { go(std::move(place)); });
}

void DatasetIterator::restore_position(const std::string& bytes, Confirm confirm) {
  Place place = place_in(bytes);
  confirm();
  go(std::move(place));
}

DatasetIterator::Place DatasetIterator::place_in(const std::string& bytes) const {
  Position p = from_bytes(bytes);
  PositionReader reader(p);
  if (static_cast<uint64_t>(reader.word()) != fingerprint_) PositionReader::refuse();
  Place place;
  place.epoch = static_cast<uint64_t>(reader.word());
  place.position = reader.word(0, std::numeric_limits<int64_t>::max());
  place.root = dataset_->open(control_);
  place.root->restore(reader);
  reader.end();
  return place;
}

void DatasetIterator::go(Place place) noexcept {
  adopt(std::move(place.root));
  epoch_ = place.epoch;
  position_ = place.position;
  timed_ = false;
}

}  // namespace tl::data
