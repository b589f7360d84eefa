#include "capi/src/callbacks.h"

namespace tl::capi {

std::vector<tl_tensor*> handles_of(Session& s, Span<const Tensor> tensors) {
  s.reserve_handles(tensors.size());
  std::vector<tl_tensor*> out;
  for (const Tensor& t : tensors) out.push_back(t ? s.make_tensor(t) : nullptr);
  return out;
}

std::vector<Tensor> tensors_of(const Callbacks& f, const std::vector<tl_tensor*>& handles, const char* list) {
  std::vector<Tensor> out;
  for (size_t i = 0; i < handles.size(); i++)
    out.push_back(handles[i] ? peek_tensor(f.session, handles[i], f.name.c_str(), {list, i}) : Tensor());
  return out;
}

void check_callback(const Callbacks& f, const char* what, tl_status status) {
  if (f.session.failed()) throw Error(f.session.code(), f.session.message());
  if (status == TL_OK) return;
  fail(is_error(status) ? static_cast<Code>(status) : Code::kInvalidArgument, "[", f.name, "] the ", what,
       " callback must return TL_OK or set the error that it returns: got status ", status, " (",
       tl_status_name(status), ") without an error; ",
       status == TL_BUSY
           ? "a callback must not end the context that it runs in, nor use one of another thread"
           : "call tl_set_error before");
}

void check_output_count(const char* op, const char* what, size_t num_outputs) {
  if (num_outputs == 0)
    invalid("[", op, "] the ", what, " must have at least 1 output: got 0; say how many it sets");
  if (num_outputs > kMostHandles)
    invalid("[", op, "] the ", what, " must have at most ", kMostHandles, " outputs: got ", num_outputs,
            "; was a negative number converted?");
}

std::vector<Tensor> compute(const Callbacks& f, tl_compute_callback callback, const char* what,
                            Span<const Tensor> inputs, size_t num_outputs) {
  CallbackFrame frame(f.session, f.name);
  std::vector<tl_tensor*> in = handles_of(f.session, inputs), out(num_outputs, nullptr);
  check_callback(f, what,
                 callback(f.context, f.user_data.get(), in.data(), in.size(), out.data(), out.size()));
  return tensors_of(f, out, "outputs");
}

}  // namespace tl::capi
