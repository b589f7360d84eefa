#include "core/data/feed.h"

#include <cstring>

#include "core/base/clock.h"
#include "core/data/element.h"

namespace tl::data {

FeedSlots::Block FeedSlots::make_block(size_t bytes) {
  auto* memory = static_cast<std::byte*>(::operator new(bytes > 0 ? bytes : 1, kBlockAlignment));
  std::memset(memory, 0, bytes);  // a producer in a safe language may read it
  return Block(memory,
               [](std::byte* p) { ::operator delete(p, kBlockAlignment); });  // frees it where this throws
}

FeedSlots::FeedSlots(std::vector<FeedTensor> tensors, size_t slots)
    : tensors_(std::move(tensors)), slots_(slots) {
  for (Slot& slot : slots_)
    for (const FeedTensor& t : tensors_) slot.blocks.push_back(make_block(t.bytes()));
}

// The slot in a state; of several that are ready, the one that comes next.
FeedSlots::Slot* FeedSlots::in(State state) {
  Slot* found = nullptr;
  for (Slot& slot : slots_)
    if (slot.state == state && (!found || slot.turn < found->turn)) found = &slot;
  return found;
}

Code FeedSlots::begin() noexcept {
  std::unique_lock<std::mutex> lock(mutex_);
  if (finished_ || in(State::kFilling)) return Code::kFailedPrecondition;
  freed_.wait(lock, [&] { return closed_ || finished_ || in(State::kFree) || in(State::kFilling); });
  if (closed_) return Code::kCancelled;
  if (finished_ || in(State::kFilling)) return Code::kFailedPrecondition;  // by another thread meanwhile
  in(State::kFree)->state = State::kFilling;
  begun_ = shared_from_this();
  return Code::kOk;
}

std::byte* FeedSlots::memory(size_t tensor, size_t* bytes) noexcept {
  std::lock_guard<std::mutex> lock(mutex_);
  Slot* slot = in(State::kFilling);
  if (bytes) *bytes = slot && tensor < tensors_.size() ? tensors_[tensor].bytes() : 0;
  return slot && tensor < tensors_.size() ? slot->blocks[tensor].get() : nullptr;
}

Code FeedSlots::commit(int64_t rows) noexcept {
  std::lock_guard<std::mutex> lock(mutex_);
  Slot* slot = in(State::kFilling);
  if (!slot) return Code::kFailedPrecondition;
  if (!closed_ && (rows < 1 || rows > tensors_[0].shape[0])) return Code::kInvalidArgument;
  begun_.reset();  // the caller has another reference
  slot->state = State::kFree;
  if (closed_) return Code::kCancelled;
  slot->state = State::kReady;
  slot->rows = rows;
  slot->turn = ++turns_;
  filled_.notify_one();
  return Code::kOk;
}

Code FeedSlots::finish() noexcept {
  std::lock_guard<std::mutex> lock(mutex_);
  begun_.reset();  // the caller has another reference
  if (Slot* slot = in(State::kFilling)) slot->state = State::kFree;
  if (closed_) return Code::kCancelled;
  finished_ = true;
  filled_.notify_all();
  freed_.notify_all();
  return Code::kOk;
}

bool FeedSlots::take(Taken& taken, bool* over) {
  std::lock_guard<std::mutex> lock(mutex_);
  Slot* slot = in(State::kReady);
  *over = !slot && finished_;
  if (!slot) return false;
  slot->state = State::kTaken;
  taken = {static_cast<size_t>(slot - slots_.data()), slot->rows};
  return true;
}

void FeedSlots::wait_a_little() {
  std::unique_lock<std::mutex> lock(mutex_);
  filled_.wait_for(lock, kPatience, [&] { return finished_ || in(State::kReady); });
}

void FeedSlots::give_back(size_t slot) {
  std::lock_guard<std::mutex> lock(mutex_);
  slots_[slot].state = State::kFree;
  freed_.notify_one();
}

void FeedSlots::put_back(size_t slot) {
  std::lock_guard<std::mutex> lock(mutex_);
  slots_[slot].state = State::kReady;
}

void FeedSlots::close() noexcept {
  std::lock_guard<std::mutex> lock(mutex_);
  closed_ = true;
  freed_.notify_all();
}

Feed::Feed(Context& context, std::vector<FeedTensor> tensors, size_t slots) : context_(context) {
  if (tensors.empty()) invalid("[feed] a batch must have a tensor: got none; say what each batch holds");
  for (size_t i = 0; i < tensors.size(); i++) {
    const Shape& shape = tensors[i].shape;
    if (shape.rank() == 0 || shape[0] < 1 || shape[0] != tensors[0].shape[0])
      invalid("[feed] tensors must have the same first dimension, the batch, which is 1 or more: got shape ",
              shape, " at position ", i,
              shape.rank() > 0 && tensors[0].shape.rank() > 0 ? concat(" beside ", tensors[0].shape)
                                                              : std::string(),
              "; reshape it");
  }
  if (slots < 2)
    invalid("[feed] there must be 2 slots or more: got ", slots, "; one is read while another is filled");
  slots_ = std::make_shared<FeedSlots>(std::move(tensors), slots);
  buffers_.resize(slots);
  try {
    for (size_t s = 0; s < slots; s++) {
      buffers_[s].reserve(slots_->tensors().size());
      for (size_t k = 0; k < slots_->tensors().size(); k++)
        buffers_[s].push_back(borrow(slots_->block(s, k), slots_->tensors()[k].bytes()));
    }
  } catch (...) {
    drop_buffers();
    throw;
  }
}

Feed::~Feed() {
  slots_->close();
  drop_buffers();
}

void Feed::drop_buffers() {
  for (std::vector<Buffer*>& list : buffers_)
    for (Buffer* b : list) b->drop();
}

// A buffer over a block, which lives as long as the buffer or the producer needs it.
Buffer* Feed::borrow(const FeedSlots::Block& block, size_t bytes) {
  auto* owner = new FeedSlots::Block(block);
  return context_.allocator().borrow(
      block.get(), bytes, [](void* p) { delete static_cast<FeedSlots::Block*>(p); }, owner);
}

void Feed::give_back() {
  if (taken_ == kNone) return;
  for (size_t k = 0; k < buffers_[taken_].size(); k++) {
    Buffer*& buffer = buffers_[taken_][k];
    if (buffer->references == 1) continue;
    const size_t bytes = slots_->tensors()[k].bytes();
    FeedSlots::Block block = FeedSlots::make_block(bytes);
    Buffer* fresh = borrow(block, bytes);
    buffer->drop();
    buffer = fresh;
    slots_->block(taken_, k) = std::move(block);
  }
  slots_->give_back(taken_);
  taken_ = kNone;
}

bool Feed::next(Span<Tensor> out, FunctionRef<bool()> released) {
  context_.check_cancelled("feed_next");
  context_.note_unreplayable(
      "feed_next takes a batch of a feed, which replays would not take; pass its tensors as inputs");
  give_back();
  FeedSlots::Taken taken{};
  bool over = false;
  if (!slots_->take(taken, &over) && !over) {
    const double begin = monotonic_seconds();
    do {
      slots_->wait_a_little();
      const bool given_up = released();
      if (given_up || context_.cancelled()) waited_ += monotonic_seconds() - begin;
      context_.check_cancelled("feed_next");
      if (given_up)
        fail(
            Code::kCancelled,
            "[feed_next] the feed must live until its batch comes: got one that another thread has released; "
            "finish a feed to say that no batch comes");
    } while (!slots_->take(taken, &over) && !over);
    waited_ += monotonic_seconds() - begin;
  }
  if (over) return false;
  try {
    make_tensors(taken, out);
  } catch (...) {
    for (Tensor& t : out) t = Tensor();
    slots_->put_back(taken.slot);
    throw;
  }
  taken_ = taken.slot;
  return true;
}

void Feed::make_tensors(const FeedSlots::Taken& taken, Span<Tensor> out) {
  for (size_t k = 0; k < out.size(); k++) {
    const FeedTensor& t = slots_->tensors()[k];
    Shape shape = t.shape;
    shape[0] = taken.rows;
    Buffer* buffer = buffers_[taken.slot][k];
    buffer->retain();
    out[k] = context_.adopt(buffer, t.dtype, shape);
    context_.note_host_data(out[k]);
  }
}

}  // namespace tl::data
