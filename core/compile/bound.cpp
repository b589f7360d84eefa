#include "core/compile/bound.h"

namespace tl::compile {

Peaks measure_peaks(Context& context, size_t turns) {
  return kernels::measure_peaks(context.pool(), turns, [&] { context.check_cancelled("measure_peaks"); });
}

Bound bound_of(const PlanCost& cost, const Peaks& peaks) {
  Bound out;
  for (size_t level = 0; level < peaks.cache_bytes.size(); level++) {
    const double copies = level < 2 ? peaks.threads : 1;
    if (cost.touched > static_cast<double>(peaks.cache_bytes[level]) * copies) continue;
    out.level = static_cast<int>(level) + 1;
    break;
  }
  out.arithmetic = cost.flops / peaks.flops;
  out.memory = cost.bytes / peaks.bandwidth[static_cast<size_t>(out.level - 1)];
  return out;
}

}  // namespace tl::compile
