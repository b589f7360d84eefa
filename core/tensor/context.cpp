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
  recording_bits_ |= recorder->bits();
}

void Context::remove_recorder(Recorder* recorder) {
  recorders_.erase(std::remove(recorders_.begin(), recorders_.end(), recorder), recorders_.end());
  recording_bits_ = 0;
  for (const Recorder* r : recorders_) recording_bits_ |= r->bits();
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
  if (node->buffer) node->buffer->drop();
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
  TL_INVARIANT(node_->buffer);
  node_->buffer->retain();
  Tensor out = node_->context->adopt(node_->buffer, node_->dtype, shape);
  out.node_->data = node_->data + byte_offset;
  return out;
}

Tensor Tensor::shell() const {
  Tensor out = node_->context->make_shell(node_->dtype, node_->shape, node_->id);
  out.node_->tape_bits = node_->tape_bits;
  return out;
}

}  // namespace tl
