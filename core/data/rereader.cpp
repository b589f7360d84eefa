#include "core/data/rereader.h"

#include <algorithm>
#include <limits>

#include "core/base/error.h"

namespace tl::data {
namespace {

constexpr size_t kMostMarks = 64;

std::shared_ptr<const Position> place_in(const Stage& stage) {
  auto place = std::make_shared<Position>();
  stage.save(*place);
  return place;
}

}  // namespace

void Rereader::begin(uint64_t epoch) {
  source_->begin(epoch);
  every_ = first_every_;
  count_ = 0;
  over_ = false;
  begin_marks(place_in(*source_));
  changes_.clear();
  saved_changes_.reset();
}

void Rereader::begin_marks(std::shared_ptr<const Position> place) {
  marks_.assign(1, {count_, std::move(place)});
  find_due();
}

void Rereader::find_due() {
  const int64_t last = marks_.back().number;
  if (__builtin_add_overflow(last - last % every_, every_, &due_)) due_ = std::numeric_limits<int64_t>::max();
}

void Rereader::mark_if_due() {
  if (count_ < due_) return;
  marks_.push_back({count_, place_in(*source_)});
  if (marks_.size() > kMostMarks && every_ <= std::numeric_limits<int64_t>::max() / 2) {
    every_ *= 2;
    marks_.erase(std::remove_if(marks_.begin() + 1, marks_.end(),
                                [&](const Mark& m) { return m.number % every_ != 0; }),
                 marks_.end());
  }
  find_due();
}

bool Rereader::next(Element& out) {
  if (over_) return false;
  mark_if_due();
  over_ = !source_->next(out);
  if (over_) return false;
  count_++;
  return true;
}

int64_t Rereader::skip(int64_t count) {
  const int64_t n = over_ ? 0 : source_->skip(count);
  over_ = n < count;
  count_ += n;
  begin_marks(place_in(*source_));
  changes_.clear();
  saved_changes_.reset();
  return n;
}

void Rereader::forget_before(int64_t number) {
  size_t unused = 0;
  while (unused + 1 < marks_.size() && marks_[unused + 1].number <= number) unused++;
  if (unused == 0) return;
  marks_.erase(marks_.begin(), marks_.begin() + static_cast<std::ptrdiff_t>(unused));
  const auto kept = std::find_if(changes_.begin(), changes_.end(),
                                 [&](const Change& c) { return c.number > marks_[0].number; });
  if (kept == changes_.begin()) return;
  changes_.erase(changes_.begin(), kept);
  saved_changes_.reset();
}

void Rereader::weigh(const WeightChange& change) {
  source_->weigh(change);
  if (marks_.back().number == count_) marks_.back().place = place_in(*source_);
  if (marks_[0].number == count_) return;
  changes_.push_back({count_, change});
  saved_changes_.reset();
}

void Rereader::save(Position& out) const {
  put_tag(out, Tag::kReread);
  out.words.insert(out.words.end(), {count_, over_, every_, marks_[0].number});
  if (!saved_changes_) {
    auto changes = std::make_shared<Position>();
    for (const Change& c : changes_) {
      const auto weights = static_cast<int64_t>(c.what.weights.size());
      changes->words.insert(changes->words.end(), {c.number, c.what.mixture, weights});
      for (double w : c.what.weights) changes->words.push_back(word_of(w));
    }
    saved_changes_ = std::move(changes);
  }
  out.parts.push_back(saved_changes_);
  out.parts.push_back(marks_[0].place);
}

void Rereader::restore(PositionReader& in) {
  constexpr int64_t most = std::numeric_limits<int64_t>::max();
  get_tag(in, Tag::kReread);
  count_ = in.word(0, most);
  over_ = in.word(0, 1) != 0;
  every_ = in.word(first_every_, most);
  const int64_t first = in.word(0, count_);
  saved_changes_ = in.part();
  changes_.clear();
  PositionReader changes(*saved_changes_);
  for (size_t left = saved_changes_->words.size(); left > 0;) {
    if (left < 3 || first == count_) PositionReader::refuse();
    Change c{changes.word(changes_.empty() ? first + 1 : changes_.back().number, count_), {}};
    c.what.mixture = changes.word(0, most);
    left -= 3;
    const int64_t weights = changes.word(0, static_cast<int64_t>(left));
    for (int64_t i = 0; i < weights; i++) c.what.weights.push_back(changes.weight());
    left -= static_cast<size_t>(weights);
    changes_.push_back(std::move(c));
  }
  changes.end();
  marks_.assign(1, {first, in.part()});
  find_due();
  PositionReader place(*marks_[0].place);
  source_->restore(place);
  place.end();
}

// Until element `number` comes next, with the weights that it was drawn with.
void Rereader::pass_to(int64_t number, const std::vector<Change>& changes, size_t& next_change) {
  for (;;) {
    for (; next_change < changes.size() && changes[next_change].number == count_; next_change++)
      weigh(changes[next_change].what);
    if (count_ == number) return;
    mark_if_due();
    int64_t way = std::min(number, due_) - count_;
    if (next_change < changes.size()) way = std::min(way, changes[next_change].number - count_);
    if (source_->skip(way) != way) PositionReader::refuse();
    count_ += way;
  }
}

void Rereader::replay(const std::vector<int64_t>& numbers,
                      FunctionRef<void(int64_t number, Element&& element)> got) {
  const std::vector<Change> changes = std::exchange(changes_, {});
  const int64_t end = std::exchange(count_, marks_[0].number);
  size_t next_change = 0;
  for (int64_t number : numbers) {
    if (number < count_ || number >= end) PositionReader::refuse();
    pass_to(number, changes, next_change);
    mark_if_due();
    Element element;
    if (!source_->next(element)) PositionReader::refuse();
    count_++;
    got(number, std::move(element));
  }
  pass_to(end, changes, next_change);
  if (over_) mark_if_due();  // as next() did before it met the end
}

}  // namespace tl::data
