#include "core/tensor/context.h"

#include <sched.h>

#include <algorithm>

#include "core/base/error.h"
#include "core/tensor/recorder.h"

namespace tl {
namespace {

constexpr size_t kNodesPerBlock = 64;
constexpr int kMostThreads = 1024;

int available_cpus() {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (sched_getaffinity(0, sizeof set, &set) != 0) return 1;
  return std::max(1, CPU_COUNT(&set));
}

void attach(Tensor& node, BatchedValue* value) { node.node()->data = reinterpret_cast<std::byte*>(value); }

int checked_threads(int threads) {
  if (threads < 0 || threads > kMostThreads)
    invalid("'threads' must be 0 to ", kMostThreads, ": got ", threads, "; 0 uses all CPUs of the process");
  return threads == 0 ? available_cpus() : threads;
}

}  // namespace

Context::Context(const ContextOptions& options)
    : allocator_(options.memory_limit),
      threads_(checked_threads(options.threads)),
      log_(options.log),
      log_user_data_(options.log_user_data) {
  random_.seed = options.seed;
}

Context::~Context() = default;

ThreadPool& Context::pool() {
  if (!pool_) pool_ = std::make_unique<ThreadPool>(threads_);
  return *pool_;
}

void Context::set_threads(int threads) {
  threads_ = checked_threads(threads);
  pool_.reset();
}

void Context::forget_makings(uint64_t from) noexcept {
  if (!makings_told_) return;
  const auto gone = [from](const Making& m) { return m.at >= from; };
  makings_told_->erase(std::remove_if(makings_told_->begin(), makings_told_->end(), gone),
                       makings_told_->end());
}

// Numbers are those of the first run all the way, so where a making begins tells which one it is. Told on: to pass over it is to have
// been made here, for a segment within the one that runs again.
void Context::pass_known_makings() {
  for (size_t i = 0; i < makings_known_->size(); i++) {
    const Making m = (*makings_known_)[i];
    if (m.at != random_.next_call) continue;
    random_.next_call += m.calls;
    note_making(m.at);
    i = SIZE_MAX;  // from the first one again: another may follow at once
  }
}

void Context::set_cancel_word(const std::atomic<uint32_t>* word, uint32_t mark) {
  cancel_word_ = word;
  cancel_mark_ = mark;
  never_.store(~mark, std::memory_order_relaxed);
}

void Context::fail_cancelled(const char* op) const {
  fail(Code::kCancelled, "[", op,
       "] cancelled: the context was asked to stop (context_cancel); clear the error to use it again");
}

void Context::add_recorder(Recorder* recorder) {
  recorders_.push_back(recorder);
  recorder->place_ = next_place_++;
  recorder->hidden_ = 0;
  unite_bits();
}

void Context::remove_recorder(Recorder* recorder) {
  recorders_.erase(std::remove(recorders_.begin(), recorders_.end(), recorder), recorders_.end());
  unite_bits();
}

Recorder* Context::recorder_after(uint64_t& place, uint64_t end) const {
  for (Recorder* r : recorders_)
    if (r->place_ > place && r->place_ < end && !r->hidden()) return place = r->place_, r;
  return nullptr;
}

const BatchLevel* Context::find_batch_level(uint64_t number) const {
  for (const BatchLevel& level : batch_levels_)
    if (level.number == number) return &level;
  return nullptr;
}

uint64_t Context::begin_batch_level(int64_t size) {
  batch_levels_.push_back({next_batch_level_, size, next_place_++});
  return next_batch_level_++;
}

void check_visible(const char* function, const std::string& what, const Recorder& recorder, const Tensor& t) {
  if (!is_batched(t)) return;
  const BatchLevel* level = t.context().find_batch_level(level_of(t));
  if (!level)
    fail(Code::kFailedPrecondition, "[", function,
         "] a tensor inside vmap must not be used after its end: got ", t.dtype(), " ", t.shape(), " as ",
         what, "; return it from the function, and use what vmap gives for it");
  if (!recorder.newer_than(level->place))
    fail(Code::kFailedPrecondition, "[", function, "] ", what,
         " must not be inside a vmap that was opened later, of which only the whole is seen here: got ",
         t.dtype(), " ", t.shape(),
         "; open it inside the function, or ask about the inputs and outputs of vmap");
}

void Context::unite_bits() {
  recording_bits_ = 0;
  for (const Recorder* r : recorders_)
    if (!r->hidden()) recording_bits_ |= r->bits();
}

void Context::hide(uint64_t first_place, uint64_t last_place, int change) {
  for (Recorder* r : recorders_)
    if (r->place_ >= first_place && r->place_ <= last_place) r->hidden_ += static_cast<uint32_t>(change);
  unite_bits();
}

// The range is fixed here: recorders that are opened meanwhile see what runs, and stay as they are at the end.
OnlyOlder::OnlyOlder(Context& context, const Recorder& recorder)
    : context_(context), first_(recorder.place_), last_(context.next_place_ - 1) {
  context_.hide(first_, last_, 1);
}

OnlyOlder::OnlyOlder(Context& context, const BatchLevel& level)
    : context_(context), first_(level.place), last_(context.next_place_ - 1) {
  context_.hide(first_, last_, 1);
}

OnlyOlder::~OnlyOlder() { context_.hide(first_, last_, -1); }

Unrecorded::Unrecorded(Context& context) : context_(context), last_(context.next_place_ - 1) {
  context_.hide(0, last_, 1);
}

Unrecorded::~Unrecorded() { context_.hide(0, last_, -1); }

void Context::add_observer(Observer* observer) {
  observers_.push_back(observer);
  observed_ = true;
}

void Context::remove_observer(Observer* observer) {
  observers_.erase(std::remove(observers_.begin(), observers_.end(), observer), observers_.end());
  observed_ = !observers_.empty();
}

void Context::listen_to_releases(Recorder* recorder) {
  listeners_.push_back(recorder);
  listening_bits_ |= recorder->bits();
}

void Context::stop_listening(Recorder* recorder) {
  listeners_.erase(std::remove(listeners_.begin(), listeners_.end(), recorder), listeners_.end());
  listening_bits_ = 0;
  for (const Recorder* r : listeners_) listening_bits_ |= r->bits();
}

void Context::tell_released(const TensorNode* node) noexcept {
  for (size_t i = 0; i < listeners_.size(); i++)
    if (node->tape_bits & listeners_[i]->bits()) listeners_[i]->on_release(node->id);
}

void Context::tell_host_data(const Tensor& tensor) {
  for (Observer* observer : observers_) observer->on_host_data(tensor);
}

void Context::tell_host_read(const Tensor& tensor, const char* reader) {
  for (Observer* observer : observers_) observer->on_host_read(tensor, reader);
}

void Context::tell_unreplayable(const char* deed) {
  for (Observer* observer : observers_) observer->on_unreplayable(deed);
}

TensorNode* Context::new_node() {
  if (!free_nodes_) {
    node_blocks_.push_back(std::make_unique<TensorNode[]>(kNodesPerBlock));
    TensorNode* block = node_blocks_.back().get();
    for (size_t i = 0; i < kNodesPerBlock; i++) {
      block[i].context = reinterpret_cast<Context*>(free_nodes_);
      free_nodes_ = &block[i];
    }
  }
  TensorNode* node = free_nodes_;
  free_nodes_ = reinterpret_cast<TensorNode*>(node->context);
  live_tensors_++;
  return node;
}

void Context::free_node(TensorNode* node) {
  node->context = reinterpret_cast<Context*>(free_nodes_);
  free_nodes_ = node;
  live_tensors_--;
}

void Tensor::destroy(TensorNode* node) {
  Context* context = node->context;
  // A shell has the id of a tensor that may well be alive.
  if ((node->tape_bits & context->listening_bits_) &&
      (node->buffer || (node->data && batched_value(node).has_data)))  // has_data(), of a node
    context->tell_released(node);
  if (node->buffer)
    node->buffer->drop();
  else if (node->data)
    delete &batched_value(node);
  context->free_node(node);
}

Tensor Context::adopt(Buffer* buffer, DType dtype, const Shape& shape) {
  TensorNode* node;
  try {
    node = new_node();
  } catch (...) {
    if (buffer) buffer->drop();
    throw;
  }
  node->references = 1;
  node->dtype = dtype;
  node->made_by = 0;
  node->id = new_id();
  node->context = this;
  node->buffer = buffer;
  node->data = buffer ? buffer->data : nullptr;
  node->elements = shape.elements();
  node->tape_bits = 0;
  node->shape = shape;
  return Tensor(node);
}

Tensor Context::allocate(DType dtype, const Shape& shape) {
  return adopt(allocator_.allocate(static_cast<size_t>(shape.elements()) * size_of(dtype)), dtype, shape);
}

Tensor Context::make_shell(DType dtype, const Shape& shape, uint64_t id) {
  Tensor shell = adopt(nullptr, dtype, shape);
  shell.node()->id = id;
  return shell;
}

Tensor Tensor::view(const Shape& shape, size_t byte_offset) const {
  if (is_batched(node_)) {  // a new value for those who know the physical tensor, too
    TL_INVARIANT(byte_offset == 0 && shape == node_->shape);
    const BatchedValue& value = batched_value(node_);
    return make_batched(value.level, value.physical.view(value.physical.shape()), shape);
  }
  TL_INVARIANT(node_->buffer);
  node_->buffer->retain();
  Tensor out = node_->context->adopt(node_->buffer, node_->dtype, shape);
  out.node_->data = node_->data + byte_offset;
  if (node_->context->observed())
    for (Observer* observer : node_->context->observers()) observer->on_view(*this, out, byte_offset);
  return out;
}

Tensor Tensor::shell() const {
  Tensor out = node_->context->make_shell(node_->dtype, node_->shape, node_->id);
  out.node_->tape_bits = node_->tape_bits;
  out.node_->made_by = node_->made_by;
  if (is_batched(node_)) {
    const BatchedValue& value = batched_value(node_);
    attach(out, new BatchedValue{value.level, value.physical.shell(), false});
  }
  return out;
}

Tensor make_batched(uint64_t level, Tensor physical, const Shape& shape) {
  Tensor out = physical.context().adopt(nullptr, physical.dtype(), shape);
  const bool whole = has_data(physical);
  attach(out, new BatchedValue{level, std::move(physical), whole});
  return out;
}

bool same_batching(const Tensor& a, const Tensor& b) {
  const uint64_t level = level_of(a);
  return level == level_of(b) && (level == 0 || same_batching(physical_of(a), physical_of(b)));
}

void fail_unreadable(const char* function, const Tensor& t) {
  if (!is_batched(t))
    fail(Code::kInternal, "[", function, "] a tensor that was not saved must not be read: got ", t.dtype(),
         " ", t.shape());
  const BatchLevel* level = t.context().find_batch_level(level_of(t));
  fail(Code::kFailedPrecondition, "[", function,
       "] a tensor inside vmap has no values that could be read: got ", t.dtype(), " ", t.shape(),
       level ? concat(", one of a batch of ", level->size, " (of vmap, or the rows of a Jacobian)")
             : std::string(" of a vmap that has ended"),
       "; return it from the function, and use what vmap gives for it");
}

}  // namespace tl
