// Steps that all ranks of a group take, or none, in the C API: the vote before one, and one state for all after a failure.
#include <cstring>

#include "capi/src/checkpoint_object.h"
#include "capi/src/group_object.h"
#include "core/replicas/synchronize.h"
#include "core/replicas/vote.h"

using namespace tl;
using namespace tl::capi;

extern "C" {

TL_API tl_status tl_group_vote(tl_group* group, int64_t step, double weight, bool stop, bool save,
                               tl_group_decision* decision) {
  constexpr const char* name = "group_vote";
  return with_group(group, name, [&](Session&, const replicas::GroupPtr& g) {
    const size_t size = checked_struct_size(name, "tl_group_decision", decision, "decision");
    const replicas::Decision all = replicas::vote(g, {step, weight, stop, save});
    tl_group_decision out{};
    out.struct_size = size;
    out.weight = all.weight;
    out.stop = all.stop;
    out.save = all.save;
    out.finished = all.finished;
    std::memcpy(decision, &out, size < sizeof out ? size : sizeof out);
  });
}

TL_API tl_status tl_group_synchronize(tl_group* group, tl_checkpoint* checkpoint, int64_t step,
                                      int64_t* step_of_all) {
  constexpr const char* name = "group_synchronize";
  return with_group(group, name, [&](Session& s, const replicas::GroupPtr& g) {
    if (!step_of_all)
      invalid("[", name, "] 'step_of_all' must not be NULL: got NULL; pass where the step of all is to go");
    if (step < -1)
      invalid("[", name, "] 'step' must be -1, of a rank that is new, or more: got ", step,
              "; it counts the steps of this rank's state");
    io::SavedObjects& objects =
        object_of<CheckpointObject>(s, checkpoint, Kind::kCheckpoint, name, "checkpoint").objects;
    const replicas::Synchronized all = replicas::synchronized(g, objects.save(), step);
    if (g->rank() != all.root) objects.prepare(all.state)->take();
    *step_of_all = all.step;
  });
}

}  // extern "C"
