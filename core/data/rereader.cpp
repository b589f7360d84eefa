#include "core/data/rereader.h"

#include <algorithm>
#include <limits>

#include "core/base/error.h"

namespace tl::data {
namespace {

std::shared_ptr<const Position> place_in(const Stage& stage) {
  auto place = std::make_shared<Position>();
  stage.save(*place);
  return place;
}

}  // namespace

void Rereader::begin(uint64_t epoch) {
  source_->begin(epoch);
  count_ = 0;
  over_ = false;
  marks_.clear();
  mark();
}

void Rereader::mark() {
  Mark m{count_, place_in(*source_)};
  if (!marks_.empty() && marks_.back().number == count_)
    marks_.back() = std::move(m);
  else
    marks_.push_back(std::move(m));
  saved_marks_.reset();
}

bool Rereader::next(Element& out) {
  if (over_) return false;
  if (count_ - marks_.back().number >= every_) mark();
  over_ = !source_->next(out);
  if (over_) return false;
  count_++;
  return true;
}

int64_t Rereader::skip(int64_t count) {
  const int64_t n = over_ ? 0 : source_->skip(count);
  over_ = n < count;
  count_ += n;
  return n;
}

void Rereader::forget_before(int64_t number) {
  size_t unused = 0;
  while (unused + 1 < marks_.size() && marks_[unused + 1].number <= number) unused++;
  if (unused == 0) return;
  marks_.erase(marks_.begin(), marks_.begin() + static_cast<std::ptrdiff_t>(unused));
  saved_marks_.reset();
}

void Rereader::save(Position& out) const {
  put_tag(out, Tag::kReread);
  out.words.push_back(count_);
  out.words.push_back(over_);
  if (!saved_marks_) {
    auto marks = std::make_shared<Position>();
    for (const Mark& m : marks_) {
      marks->words.push_back(m.number);
      marks->parts.push_back(m.place);
    }
    saved_marks_ = std::move(marks);
  }
  out.parts.push_back(saved_marks_);
  source_->save(out);
}

void Rereader::restore(PositionReader& in) {
  get_tag(in, Tag::kReread);
  count_ = in.word(0, std::numeric_limits<int64_t>::max());
  over_ = in.word(0, 1) != 0;
  const std::shared_ptr<const Position> saved = in.part();
  PositionReader reader(*saved);
  marks_.clear();
  if (saved->words.empty()) PositionReader::refuse();
  for (size_t i = 0; i < saved->words.size(); i++) {
    const int64_t number = reader.word(i == 0 ? 0 : marks_.back().number + 1, count_);
    marks_.push_back({number, reader.part()});
  }
  reader.end();
  saved_marks_ = saved;
  source_->restore(in);
}

void Rereader::fetch(const std::vector<int64_t>& numbers,
                     FunctionRef<void(int64_t number, Element&& element)> got) {
  if (numbers.empty()) return;
  const std::shared_ptr<const Position> here = place_in(*source_);
  int64_t at = -1;
  size_t mark = 0;
  Element element;
  for (int64_t number : numbers) {
    while (mark + 1 < marks_.size() && marks_[mark + 1].number <= number) mark++;
    if (number < marks_[mark].number || number >= count_) PositionReader::refuse();
    // Also where it stands there already: with the weights that the mark holds.
    if (at <= marks_[mark].number) {
      PositionReader reader(*marks_[mark].place);
      source_->restore(reader);
      reader.end();
      at = marks_[mark].number;
    }
    if (source_->skip(number - at) != number - at || !source_->next(element)) PositionReader::refuse();
    at = number + 1;
    got(number, std::move(element));
    element = Element();
  }
  PositionReader reader(*here);
  source_->restore(reader);
}

void Rereader::weigh(const SampleWeights& changed) {
  source_->weigh(changed);
  mark();  // what comes was drawn with other weights than what lies before
}

}  // namespace tl::data
