// Pipelines of the C API: datasets of datasets, of functions and of iterators of the caller's.
#include "tapeloop/pipeline.h"

#include <algorithm>
#include <cmath>

#include "capi/src/dataset_object.h"
#include "capi/src/element_functions.h"
#include "capi/src/options.h"
#include "core/data/sample.h"

using namespace tl;
using namespace tl::capi;

namespace {

template <class T>
std::vector<T> checked_copy(const char* op, const char* name, const T* values, size_t count) {
  check_list(op, name, values, count);
  return std::vector<T>(values, values + count);
}

// f(sources) joins them.
template <class F>
tl_dataset* join(tl_context* context, tl_dataset* const* sources, size_t count, const char* name, F&& f) {
  return make(context, name, [&](Session& s) {
    check_list(name, "sources", sources, count);
    std::vector<data::DatasetPtr> all;
    for (size_t i = 0; i < count; i++)
      all.push_back(object_of<DatasetObject>(s, sources[i], Kind::kDataset, name, {"sources", i}).dataset());
    return make_dataset(s, f(std::move(all)));
  });
}

void check_width(const char* op, size_t width) {
  if (width < 1 || width > kMostHandles)
    invalid("[", op, "] an element must have 1 to ", kMostHandles, " tensors: got ", width,
            "; say how many the function sets");
}

void check_given(const char* op, const char* name, bool given) {
  if (!given) invalid("[", op, "] '", name, "' must be a function: got NULL; pass the callback");
}

// f(session, user data) gives a dataset that owns the user data. Whatever happens, `destroy` runs once.
template <class F>
tl_dataset* lending(tl_context* context, const char* name, void* user_data, tl_destroy_callback destroy,
                    F&& f) noexcept {
  Entered inside(context);  // the callback that comes after a failure cannot end the context either
  bool taken = false;
  tl_dataset* made = make(context, name, [&](Session& s) {
    taken = true;
    std::shared_ptr<void> owner = lent(user_data, destroy);
    return make_dataset(s, f(s, std::move(owner)));
  });
  if (!taken && destroy) destroy(user_data);
  return made;
}

data::DatasetPtr source_of(Session& s, tl_dataset* source, const char* op) {
  return object_of<DatasetObject>(s, source, Kind::kDataset, op, "source").dataset();
}

double measure(tl_dataset* dataset, const char* name, double (*read)(const data::DatasetIterator&)) {
  double out = std::nan("");
  query<DatasetObject>(dataset, Kind::kDataset, name,
                       [&](Session&, DatasetObject& d) { out = d.begun() ? read(*d.begun()) : 0; });
  return out;
}

}  // namespace

extern "C" {

TL_API tl_dataset* tl_dataset_range(tl_context* context, int64_t start, int64_t stop, int64_t step) {
  return make(context, "dataset_range",
              [&](Session& s) { return make_dataset(s, data::range(start, stop, step)); });
}

TL_API tl_dataset* tl_dataset_from_function(tl_context* context, int64_t size, size_t width,
                                            tl_element_callback function, void* user_data,
                                            tl_destroy_callback destroy) {
  constexpr const char* name = "dataset_from_function";
  return lending(context, name, user_data, destroy, [&](Session& s, std::shared_ptr<void> owner) {
    check_given(name, "function", function != nullptr);
    check_width(name, width);
    return data::from_function(element_function({s, name, width, std::move(owner)}, function), width, size);
  });
}

TL_API tl_dataset* tl_dataset_from_iterator(tl_context* context, size_t width, tl_begin_callback begin,
                                            tl_next_callback next, tl_end_callback end, void* user_data,
                                            tl_destroy_callback destroy) {
  constexpr const char* name = "dataset_from_iterator";
  return lending(context, name, user_data, destroy, [&](Session& s, std::shared_ptr<void> owner) {
    check_given(name, "begin", begin != nullptr);
    check_given(name, "next", next != nullptr);
    check_width(name, width);
    return data::from_iterable(iterable({s, name, width, std::move(owner)}, begin, next, end), width);
  });
}

TL_API void tl_map_options_init(tl_map_options* options, size_t struct_size) {
  zero_options(options, struct_size);
}

TL_API tl_dataset* tl_dataset_map(tl_context* context, tl_dataset* source, tl_element_callback function,
                                  void* user_data, tl_destroy_callback destroy, size_t width,
                                  const tl_map_options* options) {
  constexpr const char* name = "dataset_map";
  return lending(context, name, user_data, destroy, [&](Session& s, std::shared_ptr<void> owner) {
    const tl_map_options o = options_from(name, options, tl_map_options_init);
    check_given(name, "function", function != nullptr);
    check_width(name, width);
    return data::map(source_of(s, source, name),
                     element_function({s, name, width, std::move(owner)}, function), width, o.threads,
                     o.seed);
  });
}

TL_API tl_dataset* tl_dataset_filter(tl_context* context, tl_dataset* source, tl_predicate_callback predicate,
                                     void* user_data, tl_destroy_callback destroy, uint64_t seed) {
  constexpr const char* name = "dataset_filter";
  return lending(context, name, user_data, destroy, [&](Session& s, std::shared_ptr<void> owner) {
    check_given(name, "predicate", predicate != nullptr);
    return data::filter(source_of(s, source, name),
                        predicate_function({s, name, 0, std::move(owner)}, predicate), seed);
  });
}

TL_API tl_dataset* tl_dataset_shuffle_buffer(tl_context* context, tl_dataset* source, uint64_t seed,
                                             int64_t buffer) {
  return decorate(context, source, "dataset_shuffle_buffer",
                  [&](auto& from) { return data::shuffle(from, seed, buffer); });
}

TL_API tl_dataset* tl_dataset_repeat(tl_context* context, tl_dataset* source, int64_t count) {
  return decorate(context, source, "dataset_repeat", [&](auto& from) { return data::repeat(from, count); });
}

TL_API tl_dataset* tl_dataset_concatenate(tl_context* context, tl_dataset* const* sources, size_t count) {
  return join(context, sources, count, "dataset_concatenate",
              [](auto all) { return data::concatenate(std::move(all)); });
}

TL_API tl_dataset* tl_dataset_zip(tl_context* context, tl_dataset* const* sources, size_t count) {
  return join(context, sources, count, "dataset_zip", [](auto all) { return data::zip(std::move(all)); });
}

TL_API tl_dataset* tl_dataset_interleave(tl_context* context, tl_dataset* const* sources, size_t count,
                                         int64_t cycle, int64_t block) {
  return join(context, sources, count, "dataset_interleave",
              [&](auto all) { return data::interleave(std::move(all), cycle, block); });
}

TL_API tl_dataset* tl_dataset_sample_from(tl_context* context, tl_dataset* const* sources,
                                          const double* weights, size_t count, uint64_t seed,
                                          bool stop_on_empty) {
  constexpr const char* name = "dataset_sample_from";
  return join(context, sources, count, name, [&](auto all) {
    return data::sample_from(std::move(all), checked_copy(name, "weights", weights, count), seed,
                             stop_on_empty);
  });
}

TL_API tl_status tl_dataset_set_weights(tl_dataset* dataset, const double* weights, size_t count) {
  constexpr const char* name = "dataset_set_weights";
  return effect<DatasetObject>(dataset, Kind::kDataset, name, [&](Session&, DatasetObject& d) {
    data::set_sample_weights(*d.dataset(), checked_copy(name, "weights", weights, count));
  });
}

TL_API tl_dataset* tl_dataset_padded_batch(tl_context* context, tl_dataset* source, int64_t batch_size,
                                           bool drop_remainder, const double* padding, size_t num_padding) {
  constexpr const char* name = "dataset_padded_batch";
  return decorate(context, source, name, [&](auto& from) {
    return data::padded_batch(from, batch_size, drop_remainder,
                              checked_copy(name, "padding", padding, num_padding));
  });
}

TL_API tl_dataset* tl_dataset_bucket_by_length(tl_context* context, tl_dataset* source, size_t position,
                                               const int64_t* boundaries, size_t num_boundaries,
                                               const int64_t* sizes, size_t num_sizes, bool drop_remainder,
                                               const double* padding, size_t num_padding) {
  constexpr const char* name = "dataset_bucket_by_length";
  return decorate(context, source, name, [&](auto& from) {
    return data::bucket_by_length(from, position,
                                  checked_copy(name, "boundaries", boundaries, num_boundaries),
                                  checked_copy(name, "sizes", sizes, num_sizes), drop_remainder,
                                  checked_copy(name, "padding", padding, num_padding));
  });
}

TL_API tl_dataset* tl_dataset_unbatch(tl_context* context, tl_dataset* source) {
  return decorate(context, source, "dataset_unbatch", [](auto& from) { return data::unbatch(from); });
}

TL_API tl_dataset* tl_dataset_window(tl_context* context, tl_dataset* source, int64_t size, int64_t shift,
                                     bool drop_remainder) {
  return decorate(context, source, "dataset_window",
                  [&](auto& from) { return data::window(from, size, shift, drop_remainder); });
}

TL_API tl_dataset* tl_dataset_cache(tl_context* context, tl_dataset* source) {
  return decorate(context, source, "dataset_cache", [](auto& from) { return data::cache(from); });
}

TL_API tl_dataset* tl_dataset_prefetch(tl_context* context, tl_dataset* source, int64_t count) {
  return decorate(context, source, "dataset_prefetch",
                  [&](auto& from) { return data::prefetch(from, count); });
}

TL_API tl_status tl_dataset_save_position(tl_dataset* dataset, uint8_t* bytes, size_t capacity,
                                          size_t* length) {
  constexpr const char* name = "dataset_save_position";
  return query<DatasetObject>(dataset, Kind::kDataset, name, [&](Session&, DatasetObject& d) {
    check_buffer(name, "bytes", bytes, capacity);
    const std::string position = d.alone(name, [&](data::Confirm confirm) {
      std::string bytes_of_place = d.iterator().save_position();
      confirm();
      return bytes_of_place;
    });
    if (length) *length = position.size();
    if (position.size() <= capacity) std::copy(position.begin(), position.end(), bytes);
  });
}

TL_API tl_status tl_dataset_restore_position(tl_dataset* dataset, const uint8_t* bytes, size_t length) {
  constexpr const char* name = "dataset_restore_position";
  return effect<DatasetObject>(dataset, Kind::kDataset, name, [&](Session&, DatasetObject& d) {
    if (length && !bytes)
      invalid("[", name, "] 'bytes' must not be NULL: got NULL with a length of ", length,
              "; pass what dataset_save_position wrote");
    const std::string position(reinterpret_cast<const char*>(bytes), length);
    d.alone(name, [&](data::Confirm confirm) { d.iterator().restore_position(position, confirm); });
    d.release_element();
  });
}

TL_API double tl_dataset_waited(tl_dataset* dataset) {
  return measure(dataset, "dataset_waited", [](const data::DatasetIterator& it) { return it.waited(); });
}

TL_API double tl_dataset_input_wait(tl_dataset* dataset) {
  return measure(dataset, "dataset_input_wait",
                 [](const data::DatasetIterator& it) { return it.input_wait(); });
}

}  // extern "C"
