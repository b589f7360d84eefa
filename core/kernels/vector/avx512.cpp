// The vector kernels for CPUs with AVX-512 F, DQ, BW and VL. Only the build's flags for this file and these two names differ
// between the three copies. Nothing here may emit a symbol that another object could share (tests/lint/isa_symbols).
// Empty where the build compiles it without those flags (another CPU family, or TAPELOOP_PORTABLE).
#if defined(__AVX512F__) && defined(__AVX512DQ__) && defined(__AVX512BW__) && defined(__AVX512VL__)
#define TL_VECTOR_NAMESPACE vector_avx512
#define TL_VECTOR_ISA Isa::kAvx512
#include "core/kernels/vector/simd_avx512.h"
#include "core/kernels/vector/table.h"
//
#include "core/kernels/vector/instantiate.h"
#endif
