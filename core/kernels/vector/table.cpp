// Chooses the vector kernels for the CPU. This file is compiled for the package's baseline: it must not contain code
// for a later CPU, because it runs before anybody knows what the CPU can do.
#include "core/kernels/vector/table.h"

namespace tl {

namespace vector_portable {
extern const VectorTable table;
}
#ifdef TL_VECTOR_X86
namespace vector_avx2 {
extern const VectorTable table;
}
namespace vector_avx512 {
extern const VectorTable table;
}
#endif

const VectorTable* vector_table_for(Isa isa) {
  switch (isa) {
    case Isa::kPortable: return &vector_portable::table;
#ifdef TL_VECTOR_X86
    // __builtin_cpu_supports also asks whether the operating system saves the registers.
    case Isa::kAvx2:
      return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") ? &vector_avx2::table : nullptr;
    case Isa::kAvx512:
      return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
                     __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl")
                 ? &vector_avx512::table
                 : nullptr;
#endif
    default: return nullptr;
  }
}

const VectorTable& vector_table() {
  static const VectorTable* const chosen = [] {
    if (const VectorTable* t = vector_table_for(Isa::kAvx512)) return t;
    if (const VectorTable* t = vector_table_for(Isa::kAvx2)) return t;
    return vector_table_for(Isa::kPortable);
  }();
  return *chosen;
}

const char* isa_name(Isa isa) {
  switch (isa) {
    case Isa::kPortable: return "portable";
    case Isa::kAvx2: return "avx2";
    case Isa::kAvx512: return "avx512";
  }
  return "unknown";
}

}  // namespace tl
