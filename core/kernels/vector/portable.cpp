// The vector kernels for the package's baseline CPU (128-bit registers). Only the build's flags for this file and these two names differ
// between the three copies. Nothing here may emit a symbol that another object could share (tests/lint/isa_symbols).
#define TL_VECTOR_NAMESPACE vector_portable
#define TL_VECTOR_ISA Isa::kPortable
#include "core/kernels/vector/simd_portable.h"
#include "core/kernels/vector/table.h"
//
#include "core/kernels/vector/instantiate.h"
