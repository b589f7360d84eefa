// How a function of the C API is written: the guards that check handles, keep errors and let no exception pass.
//
//   op(context, "add", [&](OpCallFrame& call) { ... })            for ops: returns a tensor handle or NULL
//   make(context, "adam", [&](Session& session) { return ... })   for constructors: returns a handle or NULL
//   effect(handle, Kind::kTape, "tape_end", [&](Session&, Tape&) { ... })   for calls with an effect: returns a status
//   query(handle, ...)                                            for reads that work while the context holds an error
//
// A call on a handle that is not live, or of another kind, says so in the context to which the handle belongs or belonged.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "capi/src/session.h"
#include "core/ops/apply.h"
#include "core/tensor/variable.h"

namespace tl::capi {

inline tl_status status_of(Code code) { return static_cast<tl_status>(code); }
// Whether a number that the caller gives is the status of an error.
inline bool is_error(tl_status status) { return status > TL_OK && status <= TL_TIMED_OUT; }

// What an argument is called in an error: 'a', or 'gradients[2]' of a list.
struct Operand {
  static constexpr size_t kSingle = SIZE_MAX;
  Operand(const char* of, size_t at = kSingle) : name(of), index(at) {}
  const char* name;
  size_t index;
};

// The tensor behind a handle (a variable is read, which open tapes see). Throws when the handle is not a live tensor or
// variable of this session. `op` and `operand` name it in the error.
const Tensor& tensor_of(Session& session, const tl_tensor* handle, const char* op, Operand operand);
// As above for a value that stays with the caller or goes to a callback: that of a variable gets an identity of its own
// (Variable::read_apart).
Tensor apart_tensor_of(Session& session, const tl_tensor* handle, const char* op, Operand operand);
// As above without a trace on open tapes: for printing, saving, copying out.
const Tensor& peek_tensor(Session& session, const tl_tensor* handle, const char* op, Operand operand);
// Likewise, of a tensor whose elements the call is about to read: a recorded step is told.
const Tensor& host_readable(Session& session, const tl_tensor* handle, const char* op, Operand operand);
// The variable behind a handle. Throws when it is not a live variable of this session.
Variable& variable_of(Session& session, const tl_tensor* handle, const char* op, Operand operand);
bool is_variable(const tl_tensor* handle);

// Any object of a session, checked. Throws.
void* object_of(Session& session, const void* handle, Kind kind, const char* op, Operand operand);
template <class T>
T& object_of(Session& session, const void* handle, Kind kind, const char* op, Operand operand) {
  return *static_cast<T*>(object_of(session, handle, kind, op, operand));
}

// Arguments from outside. All throw tl::Error.
IntList int_list(const char* op, const char* name, const int64_t* values, size_t count);
DType checked_dtype(const char* op, tl_dtype dtype);
Shape shape_from(const char* op, const int64_t* dims, size_t rank, DType dtype);
// Text with a NUL at its end; NULL is an error that names the argument.
const char* checked_text(const char* op, const char* name, const char* text);

// A list from outside. A count that no list can have is an error instead of a walk through memory, and so is NULL with a
// count above 0.
inline constexpr size_t kMostHandles = size_t{1} << 24;
void check_list(const char* op, const char* name, const void* list, size_t count);
// Memory that the caller wants filled.
void check_buffer(const char* op, const char* name, const void* buffer, size_t capacity);
// Text into such memory, cut to fit, with a NUL at its end; its whole length to *length, which may be null.
void copy_text(const std::string& text, char* buffer, size_t capacity, size_t* length);
// The struct_size of statistics that the caller wants filled; not smaller than the member itself. `name` is that of the argument.
size_t checked_struct_size(const char* op, const char* type, const void* statistics,
                           const char* name = "statistics");

// Sets an options struct of the caller to zeros, of the size that its header knows. A size that no struct has leaves a
// struct_size of 0, which the call that takes the options refuses. False when nothing was set.
bool clear_options(void* options, size_t struct_size) noexcept;

// Copies an options struct of the caller, whose struct_size may be that of an older or a newer header, over defaults.
// A newer one is accepted while the fields that are unknown here are zero. NULL leaves the defaults.
void copy_options(const char* op, const void* from, void* to, size_t known_size);
template <class Options>
Options options_from(const char* op, const Options* from, void (*init)(Options*, size_t)) {
  Options options;
  init(&options, sizeof options);
  copy_options(op, from, &options, sizeof options);
  return options;
}

// What a call says whose first argument is not a live handle of the kind that it wants: an error in the context of that
// handle, where one is known and alive. Returns the code that the call fails with.
[[gnu::cold, gnu::noinline]] Code refuse(const Entered& entered, const void* handle, Kind want,
                                         const char* op) noexcept;

// Moves an object one scope out, also while the context holds an error. False when the handle is not of the kind.
bool keep(const void* handle, Kind kind, const char* op) noexcept;

// The operands of one op, resolved from handles.
class OpCallFrame {
 public:
  OpCallFrame(Session& session, const char* op) : session_(session), op_(op) {}

  void add(const tl_tensor* handle, Operand operand) {
    if (count_ == kInline) spill();
    const Tensor& t = tensor_of(session_, handle, op_, operand);
    if (count_ < kInline)
      inline_[count_] = &t;
    else
      many_.push_back(&t);
    count_++;
  }
  void add_all(const tl_tensor* const* handles, size_t count, const char* name);

  Context& context() { return session_.core(); }
  const Tensor& in(size_t i) const { return *operands()[i]; }
  std::vector<Tensor> from(size_t first) const;
  IntList ints(const char* name, const int64_t* values, size_t count) const {
    return int_list(op_, name, values, count);
  }
  DType dtype(const char*, tl_dtype dtype) const { return checked_dtype(op_, dtype); }

  void apply(OpId op, const void* attrs) { tl::apply(op, context(), operands(), attrs, &result_); }
  void result(Tensor result) { result_ = std::move(result); }
  tl_tensor* handle() { return session_.make_tensor(std::move(result_)); }

 private:
  static constexpr size_t kInline = 8;
  Inputs operands() const { return many_.empty() ? Inputs(inline_, count_) : Inputs(many_.data(), count_); }
  void spill();

  Session& session_;
  const char* op_;
  size_t count_ = 0;
  const Tensor* inline_[kInline];
  std::vector<const Tensor*> many_;
  Tensor result_;
};

template <class F>
tl_tensor* op(tl_context* context, const char* name, F&& f) noexcept {
  Entered entered(context);
  if (!entered || entered.slot().kind != Kind::kContext) {
    (void)refuse(entered, context, Kind::kContext, name);
    return nullptr;
  }
  if (entered.session().failed()) return nullptr;
  try {
    OpCallFrame call(entered.session(), name);
    entered.session().reserve_handles(1);  // a tape that has recorded the op cannot forget it
    f(call);
    return call.handle();
  } catch (...) {
    entered.session().keep_current_exception(name);
    return nullptr;
  }
}

// f(session) returns a handle.
template <class F>
auto make(tl_context* context, const char* name, F&& f) noexcept -> decltype(f(std::declval<Session&>())) {
  Entered entered(context);
  if (!entered || entered.slot().kind != Kind::kContext) {
    (void)refuse(entered, context, Kind::kContext, name);
    return nullptr;
  }
  if (entered.session().failed()) return nullptr;
  try {
    entered.session().core().check_cancelled(name);
    return f(entered.session());
  } catch (...) {
    entered.session().keep_current_exception(name);
    return nullptr;
  }
}

enum class When { kNotFailed, kAlways };  // kAlways: also while the context holds an error

// Runs f(session) for any live handle. The building block of the forms below; f looks whether the handle is of the kind.
template <class F>
tl_status guarded(const void* handle, Kind kind, const char* name, When when, F&& f) noexcept {
  Entered entered(handle);
  if (!entered) {
    const Code code = refuse(entered, handle, kind, name);
    return when == When::kAlways && code != Code::kBusy ? TL_INVALID_ARGUMENT : status_of(code);
  }
  Session& session = entered.session();
  if (session.failed() && when != When::kAlways) return status_of(session.code());
  try {
    if (when != When::kAlways) session.core().check_cancelled(name);
    f(session);
    return TL_OK;
  } catch (...) {
    return status_of(session.keep_current_exception(name));
  }
}

// A call with an effect on the object behind a handle. f(session, object).
template <class T, class F>
tl_status effect(const void* handle, Kind kind, const char* name, F&& f) noexcept {
  return guarded(handle, kind, name, When::kNotFailed,
                 [&](Session& s) { f(s, object_of<T>(s, handle, kind, name, name_of(kind))); });
}

// A read that works while the context holds an error. f(session, object).
template <class T, class F>
tl_status query(const void* handle, Kind kind, const char* name, F&& f) noexcept {
  return guarded(handle, kind, name, When::kAlways,
                 [&](Session& s) { f(s, object_of<T>(s, handle, kind, name, name_of(kind))); });
}

// A handle that several objects stand behind (`tl_layer` and the like): makes one for `object`, which it takes over.
template <class Handle, class T>
Handle* make_object(Session& session, Kind kind, T* object) {
  return static_cast<Handle*>(session.make_handle(kind, object, [](void* p) { delete static_cast<T*>(p); }));
}

}  // namespace tl::capi
