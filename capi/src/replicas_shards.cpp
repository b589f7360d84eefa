// Optimizers in the C API whose slots are shared out over the ranks of a group (ZeRO stage 1).
#include "capi/src/group_object.h"
#include "capi/src/optimizer_object.h"
#include "capi/src/options.h"
#include "core/base/parts.h"

using namespace tl;
using namespace tl::capi;

namespace {

// f(session, group, optimizer, variables), a call that all ranks make.
template <class F>
tl_status on_optimizer(tl_group* group, tl_optimizer* optimizer, tl_tensor* const* variables, size_t count,
                       const char* name, F&& f) {
  return with_group(group, name, [&](Session& s, const replicas::GroupPtr& g) {
    const std::shared_ptr<optim::Optimizer> o =
        object_of<OptimizerObject>(s, optimizer, Kind::kOptimizer, name, "optimizer").optimizer;
    const std::vector<Variable*> targets = variables_of(s, variables, count, name);
    if (&o->context() != &g->context())
      invalid("[", name, "] the optimizer must be of the group's context: got '", o->name(),
              "' of another one; make it in this one");
    if (o->is_shared_out() && o->own_share() != g->rank())
      fail(Code::kFailedPrecondition, "[", name, "] the group must have the ranks that '", o->name(),
           "' was sharded for: got rank ", g->rank(), " in place of ", o->own_share(),
           "; restore a checkpoint, and shard it anew");
    f(s, g, *o, Span<Variable* const>(targets));
  });
}

// What the owners have given, of all.
auto exchange_by(const replicas::GroupPtr& group, const char* name) {
  return [&group, name](Span<const Tensor> values, Span<const int> owners) {
    return group->broadcast_each(name, values, owners);
  };
}

}  // namespace

extern "C" {

TL_API tl_status tl_group_shard_optimizer(tl_group* group, tl_optimizer* optimizer,
                                          tl_tensor* const* variables, size_t count) {
  constexpr const char* name = "group_shard_optimizer";
  return on_optimizer(
      group, optimizer, variables, count, name,
      [&](Session& s, const replicas::GroupPtr& g, optim::Optimizer& o, Span<Variable* const> targets) {
        s.core().note_unreplayable(
            "group_shard_optimizer changes who has which slots; call it between compiled steps");
        std::vector<size_t> bytes;
        for (const Variable* v : targets)
          bytes.push_back(static_cast<size_t>(v->shape().elements()) * size_of(v->dtype()));
        o.share_out(targets, owners_by_size(bytes, g->size()), g->rank());
      });
}

TL_API tl_status tl_group_apply_sharded(tl_group* group, tl_optimizer* optimizer, tl_tensor* const* gradients,
                                        tl_tensor* const* variables, size_t count) {
  constexpr const char* name = "group_apply_sharded";
  return on_optimizer(
      group, optimizer, variables, count, name,
      [&](Session& s, const replicas::GroupPtr& g, optim::Optimizer& o, Span<Variable* const> targets) {
        o.apply_share(tensors_or_null(s, gradients, count, name, "gradients"), targets, exchange_by(g, name));
      });
}

TL_API tl_status tl_group_gather_optimizer(tl_group* group, tl_optimizer* optimizer,
                                           tl_tensor* const* variables, size_t count) {
  constexpr const char* name = "group_gather_optimizer";
  return on_optimizer(
      group, optimizer, variables, count, name,
      [&](Session& s, const replicas::GroupPtr& g, optim::Optimizer& o, Span<Variable* const> targets) {
        s.core().note_unreplayable(
            "group_gather_optimizer changes who has which slots; call it between compiled steps");
        o.gather_shares(targets, exchange_by(g, name));
      });
}

}  // extern "C"
