// Contexts, errors, scopes, version.
#include <cstring>
#include <new>

#include "capi/src/call.h"
#include "core/autodiff/non_finite.h"
#include "tapeloop/base.h"

using namespace tl;
using namespace tl::capi;

#define TL_TEXT2(x) #x
#define TL_TEXT(x) TL_TEXT2(x)

extern "C" {

TL_API const char* tl_version(void) {
  return TL_TEXT(TL_VERSION_MAJOR) "." TL_TEXT(TL_VERSION_MINOR) "." TL_TEXT(TL_VERSION_PATCH);
}

TL_API tl_status tl_require_version(int32_t major, int32_t minor) {
  return major == TL_VERSION_MAJOR && minor >= 0 && minor <= TL_VERSION_MINOR ? TL_OK : TL_UNSUPPORTED;
}

TL_API const char* tl_status_name(tl_status status) { return code_name(static_cast<Code>(status)); }
TL_API const char* tl_dtype_name(tl_dtype dtype) { return name_of(static_cast<DType>(dtype)); }
TL_API size_t tl_dtype_size(tl_dtype dtype) { return size_of(static_cast<DType>(dtype)); }

TL_API void tl_context_options_init(tl_context_options* options, size_t struct_size) {
  (void)clear_options(options, struct_size);
}

TL_API tl_context* tl_context_new(const tl_context_options* options) {
  void* handle = nullptr;
  try {
    Session* session = nullptr;
    try {
      tl_context_options o = options_from("context_new", options, tl_context_options_init);
      ContextOptions core;
      core.seed = o.seed;
      core.threads = o.threads;
      core.memory_limit = static_cast<size_t>(o.memory_limit);
      session = Session::create(core, &handle);
    } catch (const Error&) {
      session = Session::create(ContextOptions{}, &handle);
      if (session) session->keep_current_exception("context_new");
    }
  } catch (...) {
    return nullptr;
  }
  return static_cast<tl_context*>(handle);
}

TL_API tl_status tl_context_free(tl_context* context) {
  if (!context) return TL_OK;
  const Code code = destroy_session(context);
  uint32_t index;
  if (code != Code::kInvalidArgument) return status_of(code);
  if (!find(context, &index)) return TL_OK;  // it has ended before
  (void)refuse(Entered(context), context, Kind::kContext, "context_free");
  return TL_INVALID_ARGUMENT;
}

TL_API tl_status tl_context_cancel(tl_context* context) {
  return cancel_session(context) ? TL_OK : TL_INVALID_ARGUMENT;
}

TL_API tl_status tl_context_set_threads(tl_context* context, int32_t threads) {
  return effect<Session>(context, Kind::kContext, "context_set_threads",
                         [&](Session& s, Session&) { s.core().set_threads(threads); });
}

TL_API tl_status tl_context_set_seed(tl_context* context, uint64_t seed) {
  return effect<Session>(context, Kind::kContext, "context_set_seed",
                         [&](Session& s, Session&) { s.core().set_seed(seed); });
}

TL_API tl_status tl_context_set_memory_limit(tl_context* context, uint64_t bytes) {
  return effect<Session>(context, Kind::kContext, "context_set_memory_limit", [&](Session& s, Session&) {
    s.core().allocator().set_limit(static_cast<size_t>(bytes));
  });
}

TL_API tl_status tl_context_set_non_finite_check(tl_context* context, tl_non_finite_check check) {
  return effect<Session>(context, Kind::kContext, "context_set_non_finite_check", [&](Session& s, Session&) {
    if (check < TL_NON_FINITE_CHECK_OFF || check > TL_NON_FINITE_CHECK_ALL)
      invalid("[context_set_non_finite_check] 'check' must be off (0), NaN (1) or all (2): got ", check,
              "; see tl_non_finite_check");
    s.non_finite_check.reset();
    if (check != TL_NON_FINITE_CHECK_OFF)
      s.non_finite_check = std::make_unique<NonFiniteCheck>(s.core(), check == TL_NON_FINITE_CHECK_ALL);
  });
}

TL_API tl_status tl_context_trim(tl_context* context) {
  return query<Session>(context, Kind::kContext, "context_trim",
                        [&](Session& s, Session&) { s.core().allocator().trim(); });
}

TL_API tl_status tl_context_set_log(tl_context* context, tl_log_callback callback, void* user_data,
                                    tl_destroy_callback destroy) {
  Entered inside(context);  // a callback that comes after a failure cannot end the context either
  tl_status status = effect<Session>(context, Kind::kContext, "context_set_log",
                                     [&](Session& s, Session&) { set_log(s, callback, user_data, destroy); });
  if (status != TL_OK && destroy) destroy(user_data);
  return status;
}

TL_API tl_status tl_context_stats(tl_context* context, tl_context_statistics* statistics) {
  return query<Session>(context, Kind::kContext, "context_stats", [&](Session& s, Session&) {
    size_t size = checked_struct_size("context_stats", "tl_context_statistics", statistics);
    const MemoryStats& memory = s.core().allocator().stats();
    tl_context_statistics out{};
    out.struct_size = size;
    out.tensors = s.live_handles(Kind::kTensor);
    out.variables = s.live_handles(Kind::kVariable);
    out.values = s.core().live_tensors();
    out.live_bytes = memory.live_bytes;
    out.peak_live_bytes = memory.peak_live_bytes;
    out.cached_bytes = memory.cached_bytes;
    out.borrowed_bytes = memory.borrowed_bytes;
    out.system_allocations = memory.system_allocations;
    out.tapes = s.live_handles(Kind::kTape);
    out.scopes = s.scope_depth();
    std::memcpy(statistics, &out, size < sizeof out ? size : sizeof out);
  });
}

TL_API bool tl_failed(tl_context* context) { return tl_error_code(context) != TL_OK; }

TL_API tl_status tl_error_code(tl_context* context) {
  Entered entered(context);
  if (!entered) return status_of(entered.code());
  if (entered.slot().kind != Kind::kContext) return TL_INVALID_ARGUMENT;
  return status_of(entered.session().code());
}

TL_API const char* tl_error_message(tl_context* context) {
  Entered entered(context);
  if (entered.code() == Code::kBusy) return "[error_message] another thread is using the context";
  if (!entered || entered.slot().kind != Kind::kContext)
    return "[error_message] the context is NULL, has ended, or is a handle of another kind; a call on a NULL "
           "object fails without a message of its own, because it knows no context to keep one in";
  const Session& session = entered.session();
  if (session.failed() && session.message()[0] == '\0')
    return "[error_message] out of memory, and no memory for the message either";
  return session.message();
}

TL_API void tl_clear_error(tl_context* context) {
  Entered entered(context);
  if (entered && entered.slot().kind == Kind::kContext) entered.session().clear_error();
}

TL_API tl_status tl_forget_error(tl_context* context, tl_status code) {
  tl_status left = TL_OK;
  const tl_status status = query<Session>(context, Kind::kContext, "forget_error", [&](Session& s, Session&) {
    if (!is_error(code))
      invalid("[forget_error] 'code' must be that of an error: got ", code,
              "; give the one that is expected");
    s.forget_error(static_cast<Code>(code));
    left = status_of(s.code());
  });
  return status == TL_OK ? left : status;
}

TL_API tl_status tl_set_error(tl_context* context, tl_status code, const char* message) {
  return query<Session>(context, Kind::kContext, "set_error", [&](Session& s, Session&) {
    if (!is_error(code))
      invalid("[set_error] 'code' must be that of an error: got ", code, "; clear_error takes an error back");
    s.keep_error(static_cast<Code>(code), message ? message : code_name(static_cast<Code>(code)));
  });
}

TL_API tl_status tl_scope_begin(tl_context* context) {
  return query<Session>(context, Kind::kContext, "scope_begin",
                        [&](Session& s, Session&) { s.begin_scope(); });
}

TL_API tl_status tl_scope_end(tl_context* context) {
  constexpr const char* op = "scope_end";
  Entered entered(context);
  if (!entered || entered.slot().kind != Kind::kContext)  // which says what it is
    return query<Session>(context, Kind::kContext, op, [](Session&, Session&) {});
  try {
    entered.session().end_scope_of_caller(entered.inside_a_call());
    return TL_OK;
  } catch (...) {
    return status_of(entered.session().keep_current_exception(op));
  }
}

TL_API tl_tensor* tl_keep(tl_tensor* tensor) {
  return keep(tensor, Kind::kTensor, "keep") ? tensor : nullptr;
}

}  // extern "C"
