// Groups of the C API: how they are made, their collectives, and what training over replicas needs.
#include "tapeloop/replicas.h"

#include <functional>

#include "capi/src/dataset_object.h"
#include "capi/src/group_object.h"
#include "capi/src/metric_object.h"
#include "capi/src/options.h"
#include "core/dist/local.h"
#include "core/dist/plugin.h"
#include "core/dist/process_group.h"
#include "core/replicas/strategy.h"

using namespace tl;
using namespace tl::capi;

namespace {

using Group = replicas::GroupPtr;

struct RendezvousObject {
  explicit RendezvousObject(std::shared_ptr<dist::LocalGroup> group) : local(std::move(group)) {}
  ~RendezvousObject() { local->close(); }
  RendezvousObject(const RendezvousObject&) = delete;
  RendezvousObject& operator=(const RendezvousObject&) = delete;

  const std::shared_ptr<dist::LocalGroup> local;
};

double timeout_of(const char* op, const tl_group_options* options) {
  const tl_group_options o = options_from(op, options, tl_group_options_init);
  if (!(o.timeout_seconds >= 0))
    invalid("[", op, "] 'timeout_seconds' must not be negative: got ", o.timeout_seconds,
            "; 0 is the default, ", dist::Group::kDefaultTimeout);
  return value_or(o.timeout_seconds, dist::Group::kDefaultTimeout);
}

dist::ProcessOptions processes_of(const char* op, const tl_group_options* options) {
  const tl_group_options o = options_from(op, options, tl_group_options_init);
  if (o.port < 0 || o.port > 65535)
    invalid("[", op, "] 'port' must be 0 to 65535: got ", o.port, "; 0 is MASTER_PORT");
  if (!(o.lease_seconds >= 0))
    invalid("[", op, "] 'lease_seconds' must not be negative: got ", o.lease_seconds,
            "; 0 is the default, 15");
  dist::ProcessOptions out;
  out.backend = text_or_empty(o.backend);
  out.plugin_folder = text_or_empty(o.plugin_folder);
  out.rank = o.rank;
  out.size = o.size;
  out.host = text_or_empty(o.address);
  out.port = o.port;
  out.job = text_or_empty(o.job);
  out.token = text_or_empty(o.token);
  out.generation = o.generation;
  out.lease_seconds = o.lease_seconds;
  out.version = "tapeloop " + std::to_string(TL_VERSION_MAJOR) + "." + std::to_string(TL_VERSION_MINOR) +
                "." + std::to_string(TL_VERSION_PATCH);
  return out;
}

dist::Reduction reduction_of(tl_reduce_op reduction) { return static_cast<dist::Reduction>(reduction); }

// What a group says of itself, also while the context holds an error; -1 on failure.
template <class F>
auto said(tl_group* group, const char* name, F&& f) -> decltype(f(std::declval<dist::Group&>())) {
  decltype(f(std::declval<dist::Group&>())) out = -1;
  (void)query<GroupObject>(group, Kind::kGroup, name, [&](Session&, GroupObject& g) { out = f(*g.group); });
  return out;
}

// Whether two lists of `count` share no element.
bool lie_apart(tl_tensor* const* a, tl_tensor* const* b, size_t count) {
  const std::less_equal<> before;
  return !a || !b || count > kMostHandles || before(a + count, b) || before(b + count, a);
}

// f(group, variables) on variables of the caller's.
template <class F>
tl_status on_variables(tl_group* group, const char* name, tl_tensor* const* handles, size_t count, F&& f) {
  return with_group(group, name, [&](Session& s, const Group& g) {
    check_list(name, "variables", handles, count);
    std::vector<Variable*> variables;
    for (size_t i = 0; i < count; i++)
      variables.push_back(&variable_of(s, handles[i], name, {"variables", i}));
    f(g, Span<Variable* const>(variables));
  });
}

}  // namespace

extern "C" {

TL_API void tl_group_options_init(tl_group_options* options, size_t struct_size) {
  zero_options(options, struct_size);
}

TL_API tl_group* tl_group_new(tl_context* context, const tl_group_options* options) {
  return make(context, "group_new", [&](Session& s) {
    const double timeout = timeout_of("group_new", options);
    const dist::ProcessOptions processes = processes_of("group_new", options);
    return make_group(s, std::make_unique<dist::Group>(
                             s.core(), dist::join_process_group(processes, {timeout, &s.core()}), timeout));
  });
}

TL_API void tl_mpi_end(void) { dist::end_engines(); }

TL_API tl_rendezvous* tl_rendezvous_new(tl_context* context, int32_t size) {
  return make(context, "rendezvous_new", [&](Session& s) {
    return make_object<tl_rendezvous>(s, Kind::kRendezvous,
                                      new RendezvousObject(dist::LocalGroup::make(size)));
  });
}

TL_API tl_group* tl_group_join(tl_context* context, tl_rendezvous* rendezvous, int32_t rank,
                               const tl_group_options* options) {
  constexpr const char* name = "group_join";
  return make(context, name, [&](Session& s) {
    const double timeout = timeout_of(name, options);
    std::shared_ptr<dist::LocalGroup> local;
    visit_from_any_thread(rendezvous, Kind::kRendezvous,
                          [&](void* object) { local = static_cast<RendezvousObject*>(object)->local; });
    if (!local)
      invalid("[", name,
              "] 'rendezvous' must be a live rendezvous: got one that was released, or another handle; keep "
              "it until all have joined");
    return make_group(
        s, std::make_unique<dist::Group>(s.core(), local->join(rank, {timeout, &s.core()}), timeout));
  });
}

TL_API tl_group* tl_group_split(tl_group* group, int64_t color, int64_t key) {
  tl_group* out = nullptr;
  (void)with_group(group, "group_split", [&](Session& s, const Group& g) {
    s.reserve_handles(1);
    std::unique_ptr<dist::Group> part = g->split("group_split", color, key);
    if (part) out = make_group(s, std::move(part));
  });
  return out;
}

TL_API int32_t tl_group_rank(tl_group* group) {
  return said(group, "group_rank", [](dist::Group& g) { return int32_t{g.rank()}; });
}
TL_API int32_t tl_group_size(tl_group* group) {
  return said(group, "group_size", [](dist::Group& g) { return int32_t{g.size()}; });
}
TL_API int32_t tl_group_local_rank(tl_group* group) {
  return said(group, "group_local_rank", [](dist::Group& g) { return int32_t{g.place().local_rank}; });
}
TL_API int64_t tl_group_steps(tl_group* group) {
  return said(group, "group_steps", [](dist::Group& g) { return static_cast<int64_t>(g.steps()); });
}

TL_API int64_t tl_group_generation(tl_group* group) {
  return said(group, "group_generation", [](dist::Group& g) { return static_cast<int64_t>(g.generation()); });
}

TL_API tl_status tl_group_set_timeout(tl_group* group, double seconds) {
  return with_group(group, "group_set_timeout", [&](Session&, const Group& g) { g->set_timeout(seconds); });
}

TL_API tl_status tl_group_set_bucket_bytes(tl_group* group, uint64_t bytes) {
  return with_group(group, "group_set_bucket_bytes",
                    [&](Session&, const Group& g) { g->set_bucket_bytes(bytes); });
}

TL_API tl_status tl_group_set_wire_dtype(tl_group* group, tl_wire_dtype dtype) {
  return with_group(group, "group_set_wire_dtype",
                    [&](Session&, const Group& g) { g->set_wire(static_cast<dist::Wire>(dtype)); });
}

TL_API tl_status tl_group_set_overlap(tl_group* group, bool on) {
  return with_group(group, "group_set_overlap", [&](Session&, const Group& g) { g->set_overlap(on); });
}

TL_API tl_status tl_group_leave(tl_group* group, const char* reason) {
  return query<GroupObject>(group, Kind::kGroup, "group_leave", [&](Session&, GroupObject& g) {
    if (!reason) g.group->leave("it leaves without a reason");
    g.group->leave(checked_text("group_leave", "reason", reason));
  });
}

TL_API tl_group* tl_group_keep(tl_group* group) {
  return keep(group, Kind::kGroup, "group_keep") ? group : nullptr;
}
TL_API void tl_group_release(tl_group* group) { release_from_any_thread(group, Kind::kGroup); }
TL_API tl_rendezvous* tl_rendezvous_keep(tl_rendezvous* rendezvous) {
  return keep(rendezvous, Kind::kRendezvous, "rendezvous_keep") ? rendezvous : nullptr;
}
TL_API void tl_rendezvous_release(tl_rendezvous* rendezvous) {
  release_from_any_thread(rendezvous, Kind::kRendezvous);
}

TL_API tl_status tl_group_barrier(tl_group* group) {
  return with_group(group, "group_barrier", [](Session&, const Group& g) { g->barrier("group_barrier"); });
}

TL_API tl_tensor* tl_group_all_reduce(tl_group* group, tl_tensor* x, tl_reduce_op reduction) {
  constexpr const char* name = "group_all_reduce";
  return collective(group, name, [&](Session& s, const Group& g) {
    return replicas::all_reduce(g, tensor_of(s, x, name, "x"), reduction_of(reduction));
  });
}

TL_API tl_status tl_group_all_reduce_list(tl_group* group, tl_tensor* const* tensors, size_t count,
                                          tl_reduce_op reduction, tl_tensor** outputs) {
  constexpr const char* name = "group_all_reduce_list";
  const bool apart = lie_apart(tensors, outputs, count);
  for (size_t i = 0; outputs && apart && count <= kMostHandles && i < count; i++) outputs[i] = nullptr;
  return with_group(group, name, [&](Session& s, const Group& g) {
    check_list(name, "tensors", tensors, count);
    check_list(name, "outputs", outputs, count);
    if (!apart)
      invalid("[", name, "] 'outputs' must lie apart from 'tensors': got lists of ", count,
              " that overlap; pass another array");
    std::vector<Tensor> in;
    for (size_t i = 0; i < count; i++) in.push_back(tensor_of(s, tensors[i], name, {"tensors", i}));
    s.reserve_handles(count);
    std::vector<Tensor> out = replicas::all_reduce(g, in, reduction_of(reduction), g->wire());
    for (size_t i = 0; i < count; i++) outputs[i] = s.make_tensor(std::move(out[i]));
  });
}

TL_API tl_tensor* tl_group_reduce(tl_group* group, tl_tensor* x, tl_reduce_op reduction, int32_t root) {
  constexpr const char* name = "group_reduce";
  return collective(group, name, [&](Session& s, const Group& g) {
    return replicas::reduce(g, tensor_of(s, x, name, "x"), reduction_of(reduction), root);
  });
}

TL_API tl_tensor* tl_group_all_gather(tl_group* group, tl_tensor* x) {
  constexpr const char* name = "group_all_gather";
  return collective(group, name, [&](Session& s, const Group& g) {
    return replicas::all_gather(g, tensor_of(s, x, name, "x"));
  });
}

TL_API tl_tensor* tl_group_reduce_scatter(tl_group* group, tl_tensor* x, tl_reduce_op reduction) {
  constexpr const char* name = "group_reduce_scatter";
  return collective(group, name, [&](Session& s, const Group& g) {
    return replicas::reduce_scatter(g, tensor_of(s, x, name, "x"), reduction_of(reduction));
  });
}

TL_API tl_tensor* tl_group_broadcast(tl_group* group, tl_tensor* x, int32_t root) {
  constexpr const char* name = "group_broadcast";
  return collective(group, name, [&](Session& s, const Group& g) {
    return replicas::broadcast(g, tensor_of(s, x, name, "x"), root);
  });
}

TL_API tl_tensor* tl_group_all_to_all(tl_group* group, tl_tensor* x) {
  constexpr const char* name = "group_all_to_all";
  return collective(group, name, [&](Session& s, const Group& g) {
    return replicas::all_to_all(g, tensor_of(s, x, name, "x"));
  });
}

TL_API tl_status tl_group_mirror(tl_group* group, tl_tensor* const* variables, size_t count) {
  return on_variables(group, "group_mirror", variables, count, replicas::mirror);
}
TL_API tl_status tl_group_check_mirrored(tl_group* group, tl_tensor* const* variables, size_t count) {
  return on_variables(group, "group_check_mirrored", variables, count, replicas::check_mirrored);
}
TL_API tl_status tl_group_average_variables(tl_group* group, tl_tensor* const* variables, size_t count) {
  return on_variables(group, "group_average_variables", variables, count, replicas::average);
}

TL_API tl_tensor* tl_group_average_loss(tl_group* group, tl_tensor* losses) {
  constexpr const char* name = "group_average_loss";
  return collective(group, name, [&](Session& s, const Group& g) {
    return replicas::average_loss(g, tensor_of(s, losses, name, "losses"));
  });
}

TL_API tl_tensor* tl_group_metric_result(tl_group* group, tl_metric* metric) {
  constexpr const char* name = "group_metric_result";
  return collective(group, name, [&](Session& s, const Group& g) {
    const std::shared_ptr<nn::Metric> m =
        object_of<MetricObject>(s, metric, Kind::kMetric, name, "metric").metric;
    if (!m->states_add_up())
      fail(Code::kUnsupported, "[", name, "] the states of all ranks must add up to that of all: got '",
           m->name(), "', whose do not; gather labels and predictions, and update it with these");
    return replicas::with_sums(g, concat("metric '", m->name(), "', ", m->description()), m->variables(),
                               [&] { return m->result_tensor(); });
  });
}

TL_API tl_dataset* tl_group_distribute(tl_group* group, tl_dataset* source) {
  constexpr const char* name = "group_distribute";
  tl_dataset* out = nullptr;
  (void)with_group(group, name, [&](Session& s, const Group& g) {
    const auto from = object_of<DatasetObject>(s, source, Kind::kDataset, name, "source").dataset();
    out = make_dataset(s, data::replica_rows(from, g->rank(), g->size()));
  });
  return out;
}

}  // extern "C"
