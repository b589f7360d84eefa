#include "capi/src/session.h"

#include <pthread.h>

#include <algorithm>
#include <new>
#include <string_view>
#include <thread>
#include <utility>

namespace tl::capi {
namespace {

uintptr_t this_thread() { return reinterpret_cast<uintptr_t>(reinterpret_cast<void*>(pthread_self())); }

void destroy_variable(void* object) { VariableRef adopted(static_cast<Variable*>(object)); }

// True when `part` stands in `name` between underscores: sum in sum_axes, binary_accuracy in metric_binary_accuracy.
bool is_part(std::string_view part, std::string_view name) {
  size_t at = name.find(part);
  if (part.empty() || at == std::string_view::npos) return false;
  size_t end = at + part.size();
  return (at == 0 || name[at - 1] == '_') && (end == name.size() || name[end] == '_');
}

// "[function] rule", or "[function] op: rule" where the text names another op.
std::string titled(const char* function, std::string_view message) {
  size_t end = message.find("] ");
  if (message.empty() || message[0] != '[' || end == std::string_view::npos)
    return concat("[", function, "] ", message);
  std::string_view inner = message.substr(1, end - 1), rule = message.substr(end + 2);
  if (inner.empty() || is_part(inner, function)) return concat("[", function, "] ", rule);
  return concat("[", function, "] ", inner, ": ", rule);
}

}  // namespace

Session* Session::create(const ContextOptions& options, void** handle) {
  uint32_t first = take_chunk();
  if (first == kNoSlot) return nullptr;
  Session* session = nullptr;
  try {
    session = new Session(options, first);
  } catch (...) {
    return_chunk(first);
    throw;
  }
  Slot& slot = *slot_at(first);
  slot.object = session;
  slot.destroy = nullptr;
  slot.kind.store(Kind::kContext, std::memory_order_relaxed);
  slot.scope = kNoScope;
  slot.released.store(kNoSlot, std::memory_order_relaxed);
  slot.intruded.store(kNotIntruded, std::memory_order_relaxed);
  slot.cancelled.store(kNotCancelled, std::memory_order_relaxed);
  session->core_.set_cancel_word(&slot.cancelled, generation_in(handle_of(first, slot)));
  slot.state.fetch_add(1, std::memory_order_release);
  *handle = handle_of(first, slot);
  return session;
}

Session::Session(const ContextOptions& options, uint32_t own_slot) : core_(options), own_slot_(own_slot) {
  scopes_.push_back(kNoSlot);
  chunks_.push_back(own_slot);
  add_chunk(own_slot, 1);
}

Session::~Session() { destroy_objects(); }

void Session::leave_behind(std::unique_ptr<Leftover> leftover) noexcept {
  try {
    leftovers_.push_back(std::move(leftover));
  } catch (...) {
    leftover.reset();  // without memory for the list it is waited for
  }
}

void Session::collect_leftovers() noexcept {
  for (size_t i = leftovers_.size(); i-- > 0;) {
    if (!leftovers_[i]->done()) continue;
    std::unique_ptr<Leftover> done = std::move(leftovers_[i]);
    leftovers_[i] = std::move(leftovers_.back());
    leftovers_.pop_back();
  }
}

void Session::destroy_objects() {
  leftovers_.clear();
  non_finite_check.reset();  // before the context that it looks at
  // Newest scopes first; inside a scope newest first, so that users go before what they use.
  while (!scopes_.empty()) {
    while (scopes_.back() != kNoSlot) {
      uint32_t index = scopes_.back();
      unlink(index);
      destroy_object(index);
    }
    scopes_.pop_back();
  }
  // What no scope holds: handles that were retained past their scope.
  for (uint32_t first : chunks_)
    for (uint32_t i = first; i < first + kSlotsPerChunk; i++)
      if (i != own_slot_ && slot_at(i)->kind != Kind::kNone) destroy_object(i);
  if (auto destroy = std::exchange(log_destroy_, nullptr)) destroy(log_user_data_);
}

void Session::add_chunk(uint32_t first, uint32_t from) {
  for (uint32_t i = kSlotsPerChunk; i-- > 0;) {
    known_slot(first + i).context.store(own_slot_, std::memory_order_relaxed);
    if (i < from) continue;
    known_slot(first + i).next = free_slot_;
    free_slot_ = first + i;
    free_slots_++;
  }
}

uint32_t Session::take_slot() {
  if (free_slot_ == kNoSlot) reserve_handles(1);
  uint32_t index = free_slot_;
  free_slot_ = known_slot(index).next;
  free_slots_--;
  return index;
}

void Session::add_handles(size_t count) {
  while (free_slots_ < count) {
    chunks_.reserve(chunks_.size() + 1);
    uint32_t first = take_chunk();
    if (first == kNoSlot)
      fail(Code::kOutOfMemory, "the system has no memory left: got none for another ", kSlotsPerChunk,
           " handles; end scopes or release tensors that are no longer needed");
    chunks_.push_back(first);
    add_chunk(first, 0);
  }
}

void Session::keep_error(Code code, const char* message) noexcept {
  if (failed()) return;
  code_ = code;
  try {
    message_ = message;
  } catch (...) {
    message_.clear();  // the code alone is kept when there is no memory for the text
  }
}

Code Session::keep_current_exception(const char* function) noexcept {
  auto keep = [&](Code code, const char* message) noexcept {
    try {
      keep_error(code, titled(function, message).c_str());
    } catch (...) {
      keep_error(code, message);
    }
    return code;
  };
  try {
    throw;
  } catch (const Error& e) {
    return keep(e.code(), e.message().c_str());
  } catch (const std::bad_alloc&) {
    return keep(Code::kOutOfMemory, "the system has no memory left; release tensors or use a smaller batch");
  } catch (const std::exception& e) {
    return keep(Code::kInternal, concat(e.what(), "; this is a bug in tapeloop").c_str());
  } catch (...) {
    return keep(Code::kInternal, "an exception of unknown type; this is a bug in tapeloop");
  }
}

void Session::clear_error() noexcept {
  code_ = Code::kOk;
  message_.clear();
  known_slot(own_slot_).cancelled.store(kNotCancelled, std::memory_order_relaxed);
}

void Session::forget_error(Code code) noexcept {
  if (code_ != code) return;
  code_ = Code::kOk;
  message_.clear();
}

void* Session::publish(uint32_t index, Kind kind, bool scoped) {
  Slot& slot = known_slot(index);
  slot.kind.store(kind, std::memory_order_relaxed);
  slot.scope = kNoScope;
  if (scoped) link(index, static_cast<uint32_t>(scopes_.size() - 1));
  live_[static_cast<int>(kind)]++;
  // Nobody else knows the new handle yet, so a plain store will do.
  slot.state.store((slot.state.load(std::memory_order_relaxed) & ~uint64_t{0xFFFFFFFF}) | 1,
                   std::memory_order_release);
  return handle_of(index, slot);
}

void* Session::make_handle(Kind kind, void* object, void (*destroy)(void*), bool scoped) {
  uint32_t index;
  try {
    index = take_slot();
  } catch (...) {
    destroy(object);
    throw;
  }
  known_slot(index).object = object;
  known_slot(index).destroy = destroy;
  return publish(index, kind, scoped);
}

tl_tensor* Session::make_tensor(Tensor tensor, bool scoped) {
  if (!tensor) return nullptr;
  uint32_t index = take_slot();
  known_slot(index).tensor = std::move(tensor);
  return static_cast<tl_tensor*>(publish(index, Kind::kTensor, scoped));
}

tl_tensor* Session::make_variable(VariableRef variable, bool scoped) {
  variable->retain();
  return static_cast<tl_tensor*>(make_handle(Kind::kVariable, variable.get(), destroy_variable, scoped));
}

void Session::link(uint32_t index, uint32_t scope) {
  Slot& slot = known_slot(index);
  slot.scope = scope;
  slot.previous = kNoSlot;
  slot.next = scopes_[scope];
  if (slot.next != kNoSlot) known_slot(slot.next).previous = index;
  scopes_[scope] = index;
}

void Session::unlink(uint32_t index) {
  Slot& slot = known_slot(index);
  if (slot.scope == kNoScope) return;
  if (slot.previous != kNoSlot)
    known_slot(slot.previous).next = slot.next;
  else
    scopes_[slot.scope] = slot.next;
  if (slot.next != kNoSlot) known_slot(slot.next).previous = slot.previous;
  slot.scope = kNoScope;
}

void Session::destroy_object(uint32_t index) {
  Slot& slot = known_slot(index);
  Tensor tensor = std::move(slot.tensor);
  void* object = slot.object;
  auto destroy = slot.destroy;
  retire(slot);
  live_[static_cast<int>(slot.kind.load(std::memory_order_relaxed))]--;
  slot.object = nullptr;
  slot.destroy = nullptr;
  slot.kind.store(Kind::kNone, std::memory_order_relaxed);
  slot.next = free_slot_;
  free_slot_ = index;
  free_slots_++;
  if (destroy)
    destroy(object);  // last, like the tensor's end: either may run code of the caller, and release handles
}

void Session::release(const void* handle) {
  uint32_t index;
  if (!find(handle, &index)) return;
  if (drop_reference(handle) != 0) return;
  unlink(index);
  destroy_object(index);
}

void Session::begin_scope() { scopes_.push_back(kNoSlot); }

// What ends may run functions of the caller's (a tensor gives memory back, an object its user data): these can end no scope that is
// open here, and what they leave open ends here.
void Session::end_scope() {
  const size_t depth = scopes_.size();
  const size_t floor = std::exchange(floor_, std::max(floor_, depth));
  while (scopes_.size() > depth || scopes_[depth - 1] != kNoSlot) {
    if (scopes_.size() > depth) {
      end_scope();
      continue;
    }
    uint32_t index = scopes_.back();
    unlink(index);
    // Another thread may have released the last reference just now: then it stands in the list of collect_released().
    release(handle_of(index, known_slot(index)));
  }
  scopes_.pop_back();
  floor_ = floor;
}

void Session::end_scope_of_caller(bool inside_a_call) {
  if (scopes_.size() == 1)
    fail(Code::kFailedPrecondition,
         "[scope_end] a scope must be open: got no scope; each scope_end closes one scope_begin");
  if (in_pipeline_callback())
    fail(Code::kFailedPrecondition,
         "[scope_end] a function of a pipeline must use the context that it gets: got the end of a scope of "
         "its "
         "dataset's; leave that to the thread that began it");
  if (scopes_.size() <= floor_ || (inside_a_call && scopes_.size() <= entry_depth_))
    fail(Code::kFailedPrecondition,
         "[scope_end] a callback ends only scopes that it began: got that of its caller; begin one first");
  end_scope();
}

void Session::keep(uint32_t index) {
  Slot& slot = known_slot(index);
  if (slot.scope == kNoScope || slot.scope == 0) return;
  uint32_t outer = slot.scope - 1;
  unlink(index);
  link(index, outer);
}

void Session::collect_released() {
  if (in_pipeline_callback()) return;  // a dataset among them may wait for this very thread
  uint32_t index = known_slot(own_slot_).released.exchange(kNoSlot, std::memory_order_acquire);
  while (index != kNoSlot) {
    uint32_t next = known_slot(index).next_released;
    unlink(index);
    if (known_slot(index).kind != Kind::kNone) destroy_object(index);
    index = next;
  }
}

void Session::retire_all() {
  for (uint32_t first : chunks_)
    for (uint32_t i = first; i < first + kSlotsPerChunk; i++) retire_with_context(known_slot(i));
}

void set_log(Session& session, tl_log_callback log, void* user_data, void (*destroy)(void*)) {
  if (session.log_destroy_) session.log_destroy_(session.log_user_data_);
  session.log_ = log;
  session.log_user_data_ = user_data;
  session.log_destroy_ = destroy;
  session.core_.set_log(
      log ? [](void* s, LogLevel level, const char* message) {
        auto& self = *static_cast<Session*>(s);
        const Closed during(self, /*reported=*/true);  // a line may come in the midst of anything
        self.log_(self.log_user_data_, static_cast<int32_t>(level), message);
      } : static_cast<void (*)(void*, LogLevel, const char*)>(nullptr),
      &session);
}

namespace {

// pthread_self() is an address or a small number times a power of two on every system that has it: the lowest bit is
// free to say that its thread is only releasing a handle, which nobody may take for a second user of the context.
constexpr uintptr_t kReleasing = 1;

enum class Entry { kRefused, kAgain, kNew };

// Enters the context of a slot. A thread that releases a handle is waited for: it leaves at once.
Entry enter(Slot& context, uintptr_t purpose) {
  const uintptr_t self = this_thread() & ~kReleasing;
  uintptr_t owner = 0;
  while (!context.owner.compare_exchange_weak(owner, self | purpose, std::memory_order_acquire)) {
    if ((owner & ~kReleasing) == self && owner != 0) return Entry::kAgain;
    if (owner != 0 && !(owner & kReleasing)) return Entry::kRefused;
    if (owner != 0) std::this_thread::yield();
    owner = 0;
  }
  return Entry::kNew;
}

void leave(Slot& context) { context.owner.store(0, std::memory_order_release); }

// No thread.
constexpr uintptr_t kNobody = 2;

}  // namespace

Closed::Closed(Session& session, bool reported)
    : slot_(known_slot(session.own_slot())),
      intruded_(slot_.intruded.load(std::memory_order_relaxed)),
      owner_(slot_.owner.exchange(kNobody, std::memory_order_acq_rel)),
      reported_(reported) {}

Closed::~Closed() {
  if (!reported_ && refused()) slot_.intruded.store(kNotIntruded, std::memory_order_relaxed);
  slot_.owner.store(owner_, std::memory_order_release);
}

bool Closed::refused() const {
  const uint32_t own = generation_of(slot_.state.load(std::memory_order_relaxed));
  return intruded_ != own && slot_.intruded.load(std::memory_order_relaxed) == own;
}

PipelineCallback::PipelineCallback(Session& session) : session_(session) {
  std::lock_guard<std::mutex> lock(session.pipeline_mutex_);
  session.pipeline_threads_.push_back(this_thread());
  session.pipeline_callbacks_.fetch_add(1, std::memory_order_relaxed);
}

PipelineCallback::~PipelineCallback() {
  std::lock_guard<std::mutex> lock(session_.pipeline_mutex_);
  std::vector<uintptr_t>& threads = session_.pipeline_threads_;
  for (uintptr_t& t : threads)
    if (t == this_thread()) {
      t = threads.back();
      threads.pop_back();
      break;
    }
  session_.pipeline_callbacks_.fetch_sub(1, std::memory_order_relaxed);
}

bool Session::is_pipeline_thread() const {
  std::lock_guard<std::mutex> lock(pipeline_mutex_);
  for (uintptr_t t : pipeline_threads_)
    if (t == this_thread()) return true;
  return false;
}

Entered::Entered(const void* handle) {
  slot_ = find(handle, &index_);
  if (!slot_) return;
  context_slot_ = slot_at(slot_->context.load(std::memory_order_relaxed));
  if (!context_slot_) return;
  Entry entered = enter(*context_slot_, 0);
  if (entered == Entry::kRefused) {
    // The context may end at this very moment, and another begin in its slot, which has nothing to do with this call.
    const uint32_t generation = generation_of(context_slot_->state.load(std::memory_order_acquire));
    uint32_t live;
    if (find(handle, &live) == slot_) {
      context_slot_->intruded.store(generation, std::memory_order_relaxed);
      code_ = Code::kBusy;
    }
    return;
  }
  // The handle may have died between the look-up and the entry: only now can it not die any more.
  uint32_t again;
  if (find(handle, &again) != slot_ || context_slot_->kind != Kind::kContext) {
    if (entered == Entry::kNew) leave(*context_slot_);
    return;
  }
  outermost_ = entered == Entry::kNew;
  session_ = static_cast<Session*>(context_slot_->object);
  if (outermost_) session_->begin_call();
  if (context_slot_->released.load(std::memory_order_relaxed) != kNoSlot) session_->collect_released();
  code_ = Code::kOk;
}

Entered::~Entered() {
  if (!outermost_) return;
  const uint32_t intruded = context_slot_->intruded.load(std::memory_order_relaxed);
  if (intruded != kNotIntruded) {
    context_slot_->intruded.store(kNotIntruded, std::memory_order_relaxed);
    const bool ours = intruded == generation_of(context_slot_->state.load(std::memory_order_relaxed));
    if (ours)
      session_->keep_error(
          Code::kBusy,
          "[context] two threads used one context at the same time, or a log callback its own, and the calls "
          "of one were refused; give each thread a context of its own, or hand the context over between "
          "calls");
  }
  leave(*context_slot_);
}

bool cancel_session(const void* handle) noexcept {
  uint32_t index;
  Slot* slot = find(handle, &index);
  if (!slot || slot->kind != Kind::kContext) return false;
  // The context may end at this very moment, and another begin in its slot: that one has another generation.
  slot->cancelled.store(generation_in(handle), std::memory_order_relaxed);
  return true;
}

Code blame(const void* handle, const char* message) noexcept {
  Slot* context = former_context(handle);
  if (!context) return Code::kInvalidArgument;
  Entry entered = enter(*context, kReleasing);  // whoever comes meanwhile waits: this thread leaves at once
  if (entered == Entry::kRefused) {
    const uint32_t generation = generation_of(context->state.load(std::memory_order_acquire));
    if (former_context(handle) != context) return Code::kInvalidArgument;
    context->intruded.store(generation, std::memory_order_relaxed);
    return Code::kBusy;
  }
  Code code = Code::kInvalidArgument;
  if (former_context(handle) == context) {
    Session& session = *static_cast<Session*>(context->object);
    session.keep_error(Code::kInvalidArgument, message);
    code = session.code();
  }
  if (entered == Entry::kNew) leave(*context);
  return code;
}

Code destroy_session(const void* handle) noexcept {
  uint32_t index, again;
  Slot* slot = find(handle, &index);
  if (!slot) return Code::kInvalidArgument;
  // Only a context's slot is its own context.
  if (slot->context.load(std::memory_order_relaxed) != index) return Code::kInvalidArgument;
  // Again means a callback that would destroy the context it runs in.
  if (enter(*slot, 0) != Entry::kNew) return Code::kBusy;
  if (find(handle, &again) != slot || slot->kind != Kind::kContext) {
    leave(*slot);
    return Code::kInvalidArgument;
  }
  Session* session = static_cast<Session*>(slot->object);
  if (session->lent() || session->in_pipeline_callback()) {
    leave(*slot);
    return Code::kBusy;
  }
  session->retire_all();  // from here on no other thread can find a handle, so the releasers come to an end
  while (slot->releasers.load(std::memory_order_acquire) != 0) std::this_thread::yield();
  session->collect_released();
  session
      ->destroy_objects();  // they look at the chunks, which outlive the session: taken over, for want of memory to copy
  std::vector<uint32_t> chunks = std::move(session->chunks_);
  delete session;
  slot->object = nullptr;
  slot->kind.store(Kind::kNone, std::memory_order_relaxed);
  leave(*slot);
  for (uint32_t first : chunks) return_chunk(first);
  return Code::kOk;
}

// A reference keeps the object from whoever releases the handle; the count of releasers from whoever ends the context.
bool visit_from_any_thread(const void* handle, Kind kind, FunctionRef<void(void* object)> f) noexcept {
  uint32_t index;
  Slot* slot = find(handle, &index);
  if (!slot || slot->kind.load(std::memory_order_relaxed) != kind) return false;
  Slot& context = *slot_at(slot->context.load(std::memory_order_relaxed));
  context.releasers.fetch_add(1, std::memory_order_acq_rel);
  const bool live = add_reference(handle);
  if (live) {
    f(slot->object);
    release_from_any_thread(handle, kind);
  }
  context.releasers.fetch_sub(1, std::memory_order_release);
  return live;
}

void release_from_any_thread(const void* handle, Kind kind, Kind or_kind) {
  uint32_t index;
  Slot* slot = find(handle, &index);
  if (!slot) return;
  const Kind is = slot->kind.load(std::memory_order_relaxed);
  if (is != kind && is != or_kind) return;  // a cast of the caller's: nothing of another kind is given up
  uint32_t context_index = slot->context.load(std::memory_order_relaxed);
  if (context_index == index) return;  // a context is ended by its own call
  Slot& context = *slot_at(context_index);
  Entry entered = enter(context, kReleasing);
  if (entered != Entry::kRefused) {
    Session* session = nullptr;
    if (find(handle, &index) == slot && context.kind == Kind::kContext)
      session = static_cast<Session*>(context.object);
    const bool later = session && session->in_pipeline_callback();
    if (session && entered == Entry::kNew) session->begin_call();
    if (session && !later) session->release(handle);
    if (entered == Entry::kNew) leave(context);
    if (!later) return;
  }
  context.releasers.fetch_add(1, std::memory_order_acq_rel);
  if (drop_reference(handle) == 0) {
    uint32_t head = context.released.load(std::memory_order_relaxed);
    do {
      slot->next_released = head;
    } while (!context.released.compare_exchange_weak(head, index, std::memory_order_release));
  }
  context.releasers.fetch_sub(1, std::memory_order_release);
}

}  // namespace tl::capi
