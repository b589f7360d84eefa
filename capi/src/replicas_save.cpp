// Checkpoints of all ranks of a group in the C API: one that rank 0 writes, and one of which each writes a share.
#include <cmath>
#include <optional>

#include "capi/src/checkpoint_manager_object.h"
#include "capi/src/group_object.h"
#include "core/replicas/outcome.h"
#include "core/replicas/same_objects.h"

using namespace tl;
using namespace tl::capi;

namespace {

// What f throws, which is for all ranks to know.
template <class F>
std::optional<Error> failure_of(F&& f) {
  try {
    f();
  } catch (const Error& e) {
    return e;
  }
  return std::nullopt;
}

std::optional<double> metric_of(double metric) {
  return std::isnan(metric) ? std::nullopt : std::optional<double>(metric);
}

// f(session, group) gives what has gone wrong outside of the group, on all ranks alike: an error of the call, and the group goes on.
template <class F>
tl_status with_outcome(tl_group* group, const char* name, F&& f) {
  std::optional<Error> failed;
  const tl_status status =
      with_group(group, name, [&](Session& s, const replicas::GroupPtr& g) { failed = f(s, g); });
  if (status != TL_OK || !failed) return status;
  return effect<GroupObject>(group, Kind::kGroup, name,
                             [&](Session&, GroupObject&) { throw Error(*failed); });
}

// What each rank has written, on all of them.
std::vector<io::SafetensorsChecksums> gathered(const replicas::GroupPtr& g, const char* name,
                                               const io::SafetensorsChecksums& mine) {
  const auto count = static_cast<int64_t>(mine.tensors.size()) + 2;
  const Tensor said = g->context().allocate(DType::kI64, Shape{count});
  int64_t* const own = said.mutable_data<int64_t>();
  own[0] = mine.bytes;
  own[1] = mine.header;
  for (size_t i = 0; i < mine.tensors.size(); i++) own[i + 2] = mine.tensors[i];
  std::vector<int64_t> counts;
  const Tensor all = g->all_gather(name, said, &counts);
  const int64_t* at = all.data<int64_t>();
  std::vector<io::SafetensorsChecksums> out;
  for (int64_t n : counts) {
    io::SafetensorsChecksums sums;
    sums.bytes = at[0];
    sums.header = static_cast<uint32_t>(at[1]);
    for (int64_t i = 2; i < n; i++) sums.tensors.push_back(static_cast<uint32_t>(at[i]));
    out.push_back(std::move(sums));
    at += n;
  }
  return out;
}

}  // namespace

extern "C" {

TL_API tl_status tl_group_save(tl_group* group, tl_checkpoint_manager* manager, int64_t step, double metric) {
  constexpr const char* name = "group_save";
  return with_outcome(group, name, [&](Session& s, const replicas::GroupPtr& g) {
    return replicas::outcome_of_first(g, name, failure_of([&] {
                                        if (g->rank() != 0) return;
                                        auto& m = object_of<ManagerObject>(
                                            s, manager, Kind::kCheckpointManager, name, "manager");
                                        m.manager.save(step, metric_of(metric), m.objects(name).save());
                                        m.manager.wait();
                                      }));
  });
}

TL_API tl_status tl_group_save_sharded(tl_group* group, tl_checkpoint_manager* manager, int64_t step,
                                       double metric) {
  constexpr const char* name = "group_save_sharded";
  return with_outcome(group, name, [&](Session& s, const replicas::GroupPtr& g) -> std::optional<Error> {
    const bool commits = g->rank() == 0;
    ManagerObject* m = nullptr;
    State state;
    if (auto failed = replicas::outcome_of_all(g, name, failure_of([&] {
                                                 m = &object_of<ManagerObject>(
                                                     s, manager, Kind::kCheckpointManager, name, "manager");
                                                 state = m->objects(name).save();
                                               })))
      return failed;
    replicas::check_same_objects(g, name, state, step);
    std::unique_ptr<io::CheckpointManager::SharedSave> save;  // removes what is not committed
    std::string place;
    if (auto failed = replicas::outcome_of_first(g, name, failure_of([&] {
                                                   if (!commits) return;
                                                   save = m->manager.begin_shared(step, metric_of(metric),
                                                                                  state);
                                                   place = save->place();
                                                 }),
                                                 &place))
      return failed;
    io::SafetensorsChecksums mine;
    if (auto failed = replicas::outcome_of_all(g, name, failure_of([&] {
                                                 mine = commits ? save->write(g->size())
                                                                : m->manager.write_share(
                                                                      place, state, g->rank(), g->size());
                                               })))
      return failed;
    const std::vector<io::SafetensorsChecksums> all = gathered(g, name, mine);
    return replicas::outcome_of_first(g, name, failure_of([&] {
                                        if (commits) save->commit(all);
                                      }));
  });
}

}  // extern "C"
