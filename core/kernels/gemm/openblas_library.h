// OpenBLAS, loaded when a product first asks for it: which is never on a CPU with AVX2, whose products are ours or oneDNN's.
//
// It starts a thread for each CPU while it is loaded. Linked, it did so in front of main() in every program that links tapeloop, with
// no signal blocked: a program that blocks a signal and waits for it died of it, and one that may start no thread ended. Loaded
// here, its threads take no signals.
#pragma once

#include <cstdint>

namespace tl::kernels {

// CBLAS of OpenBLAS as Debian builds it, with 32-bit sizes; the arguments in the order of cblas.h.
struct OpenBlasLibrary {
  enum Order { kRowMajor = 101 };
  enum Transpose { kNoTranspose = 111, kTranspose = 112 };
  template <typename T>
  using Gemm = void (*)(Order, Transpose, Transpose, int32_t m, int32_t n, int32_t k, T alpha, const T* a,
                        int32_t lda, const T* b, int32_t ldb, T beta, T* c, int32_t ldc);

  Gemm<float> sgemm;
  Gemm<double> dgemm;
  int (*get_num_threads)();
  void (*set_num_threads)(int);
};

// Null where there is none, which is found out once; from any thread.
const OpenBlasLibrary* openblas_library();

}  // namespace tl::kernels
