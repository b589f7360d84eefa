// The vector kernels for CPUs with AVX2 and FMA. Only the build's flags for this file and these two names differ
// between the three copies. Nothing here may emit a symbol that another object could share (tests/lint/isa_symbols).
// Empty where the build compiles it without those flags (another CPU family, or TAPELOOP_PORTABLE).
#if defined(__AVX2__) && defined(__FMA__)
#define TL_VECTOR_NAMESPACE vector_avx2
#define TL_VECTOR_ISA Isa::kAvx2
#include "core/kernels/vector/simd_avx2.h"
#include "core/kernels/vector/table.h"
//
#include "core/kernels/vector/instantiate.h"
#endif
