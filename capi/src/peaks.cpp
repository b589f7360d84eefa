// The peaks of a machine, and the bound that they set to a step.
#include "tapeloop/peaks.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "capi/src/function_object.h"
#include "capi/src/options.h"
#include "core/compile/bound.h"

using namespace tl;
using namespace tl::capi;

namespace {

constexpr size_t kTurns = 30, kMostTurns = 10000;

compile::Peaks peaks_from(const char* op, const tl_machine_peaks* from) {
  if (!from)
    invalid("[", op, "] 'peaks' must be peaks of a machine: got NULL; measure_peaks gives those of this one");
  const tl_machine_peaks p = options_from(op, from, tl_machine_peaks_init);
  if (p.threads < 0)
    invalid("[", op, "] 'threads' of the peaks must not be negative: got ", p.threads, "; 0 counts as 1");
  const struct {
    const char* name;
    double value;
  } rates[] = {{"flops", p.flops},
               {"l1_bandwidth", p.l1_bandwidth},
               {"l2_bandwidth", p.l2_bandwidth},
               {"l3_bandwidth", p.l3_bandwidth},
               {"dram_bandwidth", p.dram_bandwidth}};
  for (const auto& rate : rates)
    if (!(rate.value > 0) || !std::isfinite(rate.value))
      invalid("[", op, "] '", rate.name, "' of the peaks must be above 0 and finite: got ", rate.value,
              "; measure_peaks fills all fields");
  compile::Peaks out;
  out.threads = std::max(p.threads, 1);
  out.flops = p.flops;
  out.cache_bytes = {p.l1_bytes, p.l2_bytes, p.l3_bytes};
  out.bandwidth = {p.l1_bandwidth, p.l2_bandwidth, p.l3_bandwidth, p.dram_bandwidth};
  return out;
}

}  // namespace

extern "C" {

TL_API void tl_machine_peaks_init(tl_machine_peaks* peaks, size_t struct_size) {
  (void)clear_options(peaks, struct_size);
}

TL_API void tl_peak_options_init(tl_peak_options* options, size_t struct_size) {
  (void)clear_options(options, struct_size);
}

TL_API tl_status tl_measure_peaks(tl_context* context, const tl_peak_options* options,
                                  tl_machine_peaks* peaks) {
  constexpr const char* op = "measure_peaks";
  return effect<Session>(context, Kind::kContext, op, [&](Session& s, Session&) {
    const size_t size = checked_struct_size(op, "tl_machine_peaks", peaks, "peaks");
    const tl_peak_options o = options_from(op, options, tl_peak_options_init);
    if (o.turns > kMostTurns)
      invalid("[", op, "] 'turns' must be at most ", kMostTurns, ": got ", o.turns, "; 0 stands for ",
              kTurns);
    const compile::Peaks p = compile::measure_peaks(s.core(), o.turns ? o.turns : kTurns);
    tl_machine_peaks out{};
    out.struct_size = size;
    out.threads = p.threads;
    out.flops = p.flops;
    out.l1_bytes = p.cache_bytes[0];
    out.l2_bytes = p.cache_bytes[1];
    out.l3_bytes = p.cache_bytes[2];
    out.l1_bandwidth = p.bandwidth[0];
    out.l2_bandwidth = p.bandwidth[1];
    out.l3_bandwidth = p.bandwidth[2];
    out.dram_bandwidth = p.bandwidth[3];
    std::memcpy(peaks, &out, std::min(size, sizeof out));
  });
}

TL_API tl_status tl_function_bound(tl_function* function, const tl_machine_peaks* peaks,
                                   tl_bound_statistics* bound) {
  constexpr const char* op = "function_bound";
  return query<HeldFunction>(function, Kind::kFunction, op, [&](Session&, HeldFunction& held) {
    const size_t size = checked_struct_size(op, "tl_bound_statistics", bound, "bound");
    const compile::Peaks given = peaks_from(op, peaks);
    const compile::FunctionStats stats = held.function->stats();
    if (!stats.planned)
      fail(Code::kFailedPrecondition, "[", op,
           "] the function must have a plan: got one whose last call ran the step itself; the second call "
           "with inputs of "
           "the same dtypes and shapes makes the plan");
    const compile::Bound b = compile::bound_of(stats.cost, given);
    const tl_bound_statistics out{size, std::max(b.arithmetic, b.memory), b.arithmetic, b.memory, b.level};
    std::memcpy(bound, &out, std::min(size, sizeof out));
  });
}

}  // extern "C"
