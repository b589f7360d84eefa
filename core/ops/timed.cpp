#include "core/ops/timed.h"

#include "core/tensor/timeline.h"

namespace tl {
namespace {

// "f32 (2, 3), f32 (3, 4) -> f32 (2, 4)", with whose gradient it belongs to.
std::string detail_of(const KernelArgs& args) {
  std::string out;
  for (size_t i = 0; i < args.in.size(); i++)
    out += concat(i ? ", " : "", args.in[i]->dtype(), " ", args.in[i]->shape());
  for (int i = 0; i < args.schema.num_outputs; i++)
    if (args.out[i])
      out += concat(i ? ", " : out.empty() ? "-> " : " -> ", args.out[i].dtype(), " ", args.out[i].shape());
  if (const char* of = args.context.gradient_of()) out += concat("; in the gradient of '", of, "'");
  return out;
}

}  // namespace

void run_timed(const KernelArgs& args) {
  const std::shared_ptr<Timeline> timeline = args.context.timeline()->shared_from_this();
  const uint64_t begun = timeline->now();
  args.schema.kernel(args);
  const uint64_t ended = timeline->now();
  uint32_t detail = Timeline::kNoText;
  if (timeline->details()) {
    try {
      detail = timeline->text(detail_of(args));
    } catch (const std::bad_alloc&) {  // the op has run; it goes without
    }
  }
  timeline->add(Timeline::Kind::kOp, timeline->text(args.schema.name), detail, begun, ended);
}

}  // namespace tl
