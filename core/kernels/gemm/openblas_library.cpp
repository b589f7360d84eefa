#include "core/kernels/gemm/openblas_library.h"

#include <dlfcn.h>

#include "core/base/blocked_signals.h"

namespace tl::kernels {
namespace {

template <typename Function>
bool find(void* handle, const char* name, Function& function) {
  function = reinterpret_cast<Function>(dlsym(handle, name));
  return function != nullptr;
}

bool load(OpenBlasLibrary& library) {
  const BlockedSignals none;
  void* handle = dlopen("libopenblas.so.0", RTLD_NOW | RTLD_LOCAL);
  if (!handle) return false;
  return find(handle, "cblas_sgemm", library.sgemm) && find(handle, "cblas_dgemm", library.dgemm) &&
         find(handle, "openblas_get_num_threads", library.get_num_threads) &&
         find(handle, "openblas_set_num_threads", library.set_num_threads);
}

}  // namespace

const OpenBlasLibrary* openblas_library() {
  static OpenBlasLibrary library;
  static const bool found = load(library);
  return found ? &library : nullptr;
}

}  // namespace tl::kernels
