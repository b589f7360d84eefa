// Session: what stands behind a tl_context. The core's context, the first error, the stack of scopes, and the slots
// of the handles that belong to it. Entered: holds the session for the duration of a call.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "capi/src/handles.h"
#include "core/autodiff/nesting.h"
#include "core/base/error.h"
#include "core/base/function_ref.h"
#include "core/tensor/context.h"
#include "core/tensor/recorder.h"
#include "core/tensor/variable.h"
#include "tapeloop/base.h"

namespace tl::capi {

class Session {
 public:
  // A session with its context handle, or null without memory.
  static Session* create(const ContextOptions& options, void** handle);
  ~Session();

  Context& core() { return core_; }

  // ---- the first error ----
  bool failed() const { return code_ != Code::kOk; }
  Code code() const { return code_; }
  // Without an error the text is static: it stays valid when an error comes.
  const char* message() const { return failed() ? message_.c_str() : ""; }
  // Keeps the error unless there is one already. Never throws.
  void keep_error(Code code, const char* message) noexcept;
  // The exception that is being handled, under the name of the function of the C API that failed: a text of the core that
  // begins with the name of an op inside keeps it behind the function's. Returns the exception's code.
  Code keep_current_exception(const char* function) noexcept;
  void clear_error() noexcept;
  void forget_error(Code code) noexcept;  // where it is that one; a request to cancel stays

  // ---- handles ----
  // A handle for an object, which `destroy` ends. It belongs to the innermost scope, or to nobody (kNoScope) for
  // objects that another object owns. On failure the object has been destroyed. Throws.
  void* make_handle(Kind kind, void* object, void (*destroy)(void*), bool scoped = true);
  tl_tensor* make_tensor(Tensor tensor, bool scoped = true);
  tl_tensor* make_variable(VariableRef variable, bool scoped = true);
  // Makes sure that `count` further handles can be made without failing.
  void reserve_handles(size_t count) {
    if (free_slots_ < count) add_handles(count);
  }
  // Gives up one reference to a handle of this session; a stale handle is passed over.
  void release(const void* handle);

  // ---- scopes ----
  void begin_call() { entry_depth_ = scopes_.size(); }  // that is not inside of another
  void begin_scope();
  void end_scope();  // one is open
  // As the program asks for it: throws when none is open, and inside of a callback, whatever kind, for one that the callback has not
  // begun: the call that runs the callback stands on it.
  void end_scope_of_caller(bool inside_a_call);
  void keep(uint32_t index);  // moves a handle one scope out
  size_t scope_depth() const { return scopes_.size() - 1; }

  // What looks at the results of all ops for values that are not finite; null: nothing does.
  std::unique_ptr<Observer> non_finite_check;

  // What ends later, because a function of the caller's still runs in it: at the latest with the session, which waits for it.
  class Leftover {
   public:
    virtual ~Leftover() = default;
    virtual bool done() noexcept = 0;
  };
  void leave_behind(std::unique_ptr<Leftover> leftover) noexcept;
  void collect_leftovers() noexcept;  // those that are done

  // Whether the calling thread is inside a PipelineCallback of this session.
  bool in_pipeline_callback() const {
    return pipeline_callbacks_.load(std::memory_order_relaxed) != 0 && is_pipeline_thread();
  }
  // Of a context that a function of the caller's has for a while: it cannot be ended meanwhile.
  void lend(bool lent) { lent_ = lent; }
  bool lent() const { return lent_; }

  size_t live_handles(Kind kind) const { return live_[static_cast<int>(kind)]; }
  uint32_t own_slot() const { return own_slot_; }
  tl_context* handle() const { return static_cast<tl_context*>(handle_of(own_slot_, known_slot(own_slot_))); }
  void collect_released();  // handles that other threads released
  void retire_all();        // makes every handle of the session stale

 private:
  Session(const ContextOptions& options, uint32_t own_slot);
  uint32_t take_slot();
  void* publish(uint32_t index, Kind kind, bool scoped);
  void add_handles(size_t count);
  void add_chunk(uint32_t first, uint32_t from);
  void link(uint32_t index, uint32_t scope);
  void unlink(uint32_t index);
  void destroy_object(uint32_t index);
  void destroy_objects();  // all of them; nothing but the end of the session may follow

  Context core_;
  Code code_ = Code::kOk;
  std::string message_;
  std::vector<uint32_t> scopes_;  // the first handle of each scope; [0] is the context's own
  size_t floor_ = 1;              // scopes that a callback that is running must leave open
  size_t entry_depth_ = 1;        // scopes that were open when the outermost call began
  friend class ScopeGuard;
  std::vector<uint32_t> chunks_;
  uint32_t own_slot_;
  uint32_t free_slot_ = kNoSlot;
  size_t free_slots_ = 0;
  size_t live_[static_cast<int>(Kind::kCount)] = {};

  bool is_pipeline_thread() const;
  friend class PipelineCallback;
  std::atomic<uint32_t> pipeline_callbacks_{0};
  mutable std::mutex pipeline_mutex_;
  std::vector<uintptr_t> pipeline_threads_;  // that are in a callback
  bool lent_ = false;
  std::vector<std::unique_ptr<Leftover>> leftovers_;

  friend Code destroy_session(const void* handle) noexcept;
  void* log_user_data_ = nullptr;
  void (*log_destroy_)(void*) = nullptr;
  tl_log_callback log_ = nullptr;
  friend void set_log(Session&, tl_log_callback, void*, void (*)(void*));
};

// While it lives, this thread runs a function of the caller's for a pipeline of the session (pipeline.h): on a thread of the pipeline,
// which the end of a dataset waits for, so that this thread can end neither datasets nor the context. From any thread.
class PipelineCallback {
 public:
  explicit PipelineCallback(Session& session);
  ~PipelineCallback();
  PipelineCallback(const PipelineCallback&) = delete;
  PipelineCallback& operator=(const PipelineCallback&) = delete;

 private:
  Session& session_;
};

// While it lives, the scopes that are open now stay open. Those that are opened meanwhile and left open end with it.
class ScopeGuard {
 public:
  explicit ScopeGuard(Session& session)
      : session_(session), floor_(session.floor_), depth_(session.scopes_.size()) {
    session_.floor_ = depth_;
  }
  ~ScopeGuard() {
    while (session_.scopes_.size() > depth_) session_.end_scope();
    session_.floor_ = floor_;
  }
  ScopeGuard(const ScopeGuard&) = delete;
  ScopeGuard& operator=(const ScopeGuard&) = delete;

 private:
  Session& session_;
  size_t floor_, depth_;
};

// A scope of a call's own.
class CallScope {
 public:
  explicit CallScope(Session& session) : session_(session) { session_.begin_scope(); }
  ~CallScope() { session_.end_scope(); }
  CallScope(const CallScope&) = delete;
  CallScope& operator=(const CallScope&) = delete;

 private:
  Session& session_;
};

// The scope of a callback of the caller's: what it makes and does not keep ends with it, also the scopes that it left open,
// and it cannot end those of its caller. Throws where callbacks nest too deep, with the name of the function.
class CallbackFrame {
 public:
  CallbackFrame(Session& session, const std::string& function)
      : level_(session.core(), function), scope_(session), guard_(session) {}
  CallbackFrame(const CallbackFrame&) = delete;
  CallbackFrame& operator=(const CallbackFrame&) = delete;

 private:
  NestedCall level_;
  CallScope scope_;
  ScopeGuard guard_;
};

// While it lives, calls on the context are refused as those of another thread are, and objects whose handles are released live on
// until the next call: for callbacks in the midst of a call, which must not change what that works on. Whoever made one answers for
// calls that were refused; or they stay, and become the error of the call around it (reported).
class Closed {
 public:
  explicit Closed(Session& session, bool reported = false);
  ~Closed();
  Closed(const Closed&) = delete;
  Closed& operator=(const Closed&) = delete;

  bool refused() const;  // whether a call was, until now

 private:
  Slot& slot_;
  uint32_t intruded_;  // before
  uintptr_t owner_;
  bool reported_;
};

// The callback, its data and its destroy function replace the earlier ones, whose destroy function runs.
void set_log(Session& session, tl_log_callback log, void* user_data, void (*destroy)(void*));

// Enters the context to which a handle belongs, for one call. Another thread that is inside makes it fail (kBusy); the
// same thread may enter again (a callback that calls ops).
class Entered {
 public:
  explicit Entered(const void* handle);
  ~Entered();
  Entered(const Entered&) = delete;
  Entered& operator=(const Entered&) = delete;

  // Ok: the handle was live. Else invalid argument (stale or wrong handle) or busy.
  Code code() const { return code_; }
  explicit operator bool() const { return code_ == Code::kOk; }
  Session& session() const { return *session_; }
  Slot& slot() const { return *slot_; }
  uint32_t index() const { return index_; }
  // Whether this thread was inside of the context before: a callback has made the call.
  bool inside_a_call() const { return session_ && !outermost_; }

 private:
  Code code_ = Code::kInvalidArgument;
  Session* session_ = nullptr;
  Slot* slot_ = nullptr;
  Slot* context_slot_ = nullptr;
  uint32_t index_ = kNoSlot;
  bool outermost_ = false;
};

// Keeps an error of a call on a handle that is not live in the context to which the handle belonged, when that is known and
// alive. Returns the code that the call fails with: busy when another thread is inside.
Code blame(const void* handle, const char* message) noexcept;

// Asks a context to stop, from any thread or signal handler; its next clear_error() takes that back. False for a handle that
// is no live context.
bool cancel_session(const void* handle) noexcept;

// Ends a context: its handles are stale afterwards. When somebody is inside, nothing happens and it returns busy. Needs no
// memory, so that it cannot fail for want of it.
Code destroy_session(const void* handle) noexcept;

// Calls f with the object of a handle, from any thread, also while another is inside the context: with what such a thread may look
// at, the object is alive until f returns. False where the handle is not live or of another kind.
bool visit_from_any_thread(const void* handle, Kind kind, FunctionRef<void(void* object)> f) noexcept;

// Gives up one reference to a handle, from any thread. When another thread is inside the context, that thread destroys
// the object at its next call.
// A handle of another kind than these is left alone.
void release_from_any_thread(const void* handle, Kind kind, Kind or_kind = Kind::kNone);

}  // namespace tl::capi
