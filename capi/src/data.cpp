// Files and datasets of the C API.
#include "tapeloop/data.h"

#include "capi/src/dataset_object.h"
#include "capi/src/stateful.h"
#include "core/data/idx.h"
#include "core/data/idx_folder.h"

using namespace tl;
using namespace tl::capi;

namespace {

template <class T, class F>
T read_dataset(tl_dataset* dataset, const char* name, T on_failure, F&& f) {
  T out = on_failure;
  query<DatasetObject>(dataset, Kind::kDataset, name, [&](Session&, DatasetObject& d) { out = f(d); });
  return out;
}

}  // namespace

void tl::capi::save_dataset(Session& session, const void* dataset, State& state, const std::string& prefix) {
  auto& d = object_of<DatasetObject>(session, dataset, Kind::kDataset, "checkpoint", "dataset");
  d.alone("checkpoint", [&](data::Confirm confirm) {
    d.iterator().save(state, prefix);
    confirm();
  });
}

PendingRestorePtr tl::capi::prepare_dataset(Session& session, const void* dataset, const State& state,
                                            const std::string& prefix) {
  auto& d = object_of<DatasetObject>(session, dataset, Kind::kDataset, "checkpoint", "dataset");
  PendingRestorePtr place = d.alone("checkpoint", [&](data::Confirm confirm) {
    PendingRestorePtr pending = d.iterator().prepare(state, prefix);
    confirm();
    return pending;
  });
  return pending_restore([&d, place = std::move(place)] {
    place->take();
    d.release_element();
  });
}

extern "C" {

TL_API tl_tensor* tl_read_idx(tl_context* context, const char* path, uint64_t max_bytes) {
  return make(context, "read_idx", [&](Session& s) {
    return s.make_tensor(data::read_idx(s.core(), checked_text("read_idx", "path", path), max_bytes));
  });
}

TL_API tl_dataset* tl_dataset_from_tensors(tl_context* context, tl_tensor* const* tensors, size_t count) {
  return make(context, "dataset_from_tensors", [&](Session& s) {
    const char* name = "dataset_from_tensors";
    check_list(name, "tensors", tensors, count);
    std::vector<Tensor> all;
    for (size_t i = 0; i < count; i++) all.push_back(peek_tensor(s, tensors[i], name, {"tensors", i}));
    return make_dataset(s, data::tensor_slices(std::move(all)));
  });
}

TL_API tl_dataset* tl_dataset_from_idx_folder(tl_context* context, const char* folder, tl_data_part part,
                                              uint64_t max_bytes) {
  return make(context, "dataset_from_idx_folder", [&](Session& s) {
    data::DatasetPtr dataset =
        data::idx_folder(s.core(), checked_text("dataset_from_idx_folder", "folder", folder),
                         static_cast<data::DataPart>(part), max_bytes);
    return make_dataset(s, std::move(dataset));
  });
}

TL_API tl_dataset* tl_dataset_take(tl_context* context, tl_dataset* source, int64_t count) {
  return decorate(context, source, "dataset_take", [&](auto& from) { return data::take(from, count); });
}

TL_API tl_dataset* tl_dataset_skip(tl_context* context, tl_dataset* source, int64_t count) {
  return decorate(context, source, "dataset_skip", [&](auto& from) { return data::skip(from, count); });
}

TL_API tl_dataset* tl_dataset_shuffle(tl_context* context, tl_dataset* source, uint64_t seed) {
  return decorate(context, source, "dataset_shuffle", [&](auto& from) { return data::shuffle(from, seed); });
}

TL_API tl_dataset* tl_dataset_batch(tl_context* context, tl_dataset* source, int64_t count,
                                    bool drop_remainder) {
  return decorate(context, source, "dataset_batch",
                  [&](auto& from) { return data::batch(from, count, drop_remainder); });
}

TL_API tl_dataset* tl_dataset_cast(tl_context* context, tl_dataset* source, size_t position, tl_dtype dtype,
                                   double divisor) {
  return decorate(context, source, "dataset_cast", [&](auto& from) {
    return data::cast(from, position, checked_dtype("dataset_cast", dtype), divisor);
  });
}

TL_API bool tl_dataset_next(tl_dataset* dataset, tl_tensor** tensors, size_t count) {
  for (size_t i = 0; tensors && count <= kMostHandles && i < count; i++) tensors[i] = nullptr;
  bool more = false;
  effect<DatasetObject>(dataset, Kind::kDataset, "dataset_next", [&](Session& s, DatasetObject& d) {
    check_list("dataset_next", "tensors", tensors, count);
    size_t width = d.dataset()->width();
    if (count != width)
      invalid("[dataset_next] there must be room for each tensor of an element: got ", count, " entries for ",
              width, " tensors; see dataset_width");
    s.core().note_unreplayable(
        "dataset_next takes an element of a dataset, which replays would not take; pass its tensors as "
        "inputs");
    more = d.next(tensors);
  });
  return more;
}

TL_API int64_t tl_dataset_size(tl_dataset* dataset) {
  return read_dataset(dataset, "dataset_size", int64_t{-1},
                      [](DatasetObject& d) { return d.dataset()->size(); });
}

TL_API size_t tl_dataset_width(tl_dataset* dataset) {
  return read_dataset(dataset, "dataset_width", size_t{0},
                      [](DatasetObject& d) { return d.dataset()->width(); });
}

TL_API uint64_t tl_dataset_epoch(tl_dataset* dataset) {
  return read_dataset(dataset, "dataset_epoch", uint64_t{0},
                      [](DatasetObject& d) { return d.begun() ? d.begun()->epoch() : uint64_t{0}; });
}

TL_API int64_t tl_dataset_position(tl_dataset* dataset) {
  return read_dataset(dataset, "dataset_position", int64_t{-1},
                      [](DatasetObject& d) { return d.begun() ? d.begun()->position() : int64_t{0}; });
}

TL_API tl_status tl_dataset_seek(tl_dataset* dataset, uint64_t epoch, int64_t position) {
  return effect<DatasetObject>(dataset, Kind::kDataset, "dataset_seek", [&](Session&, DatasetObject& d) {
    d.alone("dataset_seek", [&](data::Confirm confirm) { d.iterator().seek(epoch, position, confirm); });
    d.release_element();
  });
}

TL_API tl_dataset* tl_dataset_keep(tl_dataset* dataset) {
  return keep(dataset, Kind::kDataset, "dataset_keep") ? dataset : nullptr;
}
TL_API void tl_dataset_release(tl_dataset* dataset) { release_from_any_thread(dataset, Kind::kDataset); }

}  // extern "C"
