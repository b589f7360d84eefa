// safetensors files of the C API.
#include "tapeloop/safetensors.h"

#include <algorithm>
#include <map>

#include "capi/src/options.h"
#include "core/io/safetensors.h"

using namespace tl;
using namespace tl::capi;

namespace {

struct WriterObject {
  std::map<std::string, Tensor> tensors;
  io::Texts metadata;
};

template <class T, class F>
T query_file(tl_safetensors* file, const char* name, T on_failure, F&& f) {
  T out = on_failure;
  query<io::SafetensorsFile>(file, Kind::kSafetensors, name,
                             [&](Session&, io::SafetensorsFile& object) { out = f(object); });
  return out;
}

void check_index(const char* op, size_t index, size_t count) {
  if (index >= count)
    invalid("[", op, "] 'index' must be less than the number of entries: got ", index, " of ", count,
            "; ask for the count first");
}

const io::Texts::value_type& text_at(const char* op, const io::SafetensorsFile& file, size_t index) {
  check_index(op, index, file.metadata().size());
  return *std::next(file.metadata().begin(), static_cast<std::ptrdiff_t>(index));
}

template <class F>
tl_status with_writer(tl_safetensors_writer* writer, const char* op, F&& f) {
  return effect<WriterObject>(writer, Kind::kSafetensorsWriter, op, f);
}

}  // namespace

extern "C" {

TL_API tl_safetensors* tl_safetensors_open(tl_context* context, const char* path) {
  constexpr const char* op = "safetensors_open";
  return make(context, op, [&](Session& s) {
    auto file = std::make_unique<io::SafetensorsFile>("safetensors", checked_text(op, "path", path),
                                                      [&] { s.core().check_cancelled(op); });
    return make_object<tl_safetensors>(s, Kind::kSafetensors, file.release());
  });
}

TL_API size_t tl_safetensors_count(tl_safetensors* file) {
  return query_file(file, "safetensors_count", size_t{0}, [](auto& f) { return f.size(); });
}

TL_API const char* tl_safetensors_name(tl_safetensors* file, size_t index) {
  constexpr const char* op = "safetensors_name";
  return query_file(file, op, "", [&](auto& f) {
    check_index(op, index, f.size());
    return f.name(index).data();
  });
}

TL_API const char* tl_safetensors_stored_dtype(tl_safetensors* file, size_t index) {
  constexpr const char* op = "safetensors_stored_dtype";
  return query_file(file, op, "", [&](auto& f) {
    check_index(op, index, f.size());
    return io::name_of(f.stored_type(index));
  });
}

TL_API tl_status tl_safetensors_shape(tl_safetensors* file, size_t index, int64_t* dims, size_t capacity,
                                      size_t* rank) {
  constexpr const char* op = "safetensors_shape";
  return query<io::SafetensorsFile>(file, Kind::kSafetensors, op, [&](Session&, io::SafetensorsFile& f) {
    check_index(op, index, f.size());
    check_buffer(op, "dims", dims, capacity);
    const Shape shape = f.shape(index);
    std::copy_n(shape.data(), std::min(capacity, shape.size()), dims);
    if (rank) *rank = shape.size();
  });
}

TL_API tl_tensor* tl_safetensors_read(tl_safetensors* file, const char* name) {
  constexpr const char* op = "safetensors_read";
  tl_tensor* out = nullptr;
  (void)effect<io::SafetensorsFile>(file, Kind::kSafetensors, op, [&](Session& s, io::SafetensorsFile& f) {
    const size_t i = f.find(checked_text(op, "name", name));
    if (i == f.size())
      fail(Code::kNotFound, "[", op, "] ", f.path(), " must hold the tensor: got '", name,
           "', which none of its ", f.size(), " tensors is called; safetensors_name lists them");
    out = s.make_tensor(f.read(s.core(), i, [&] { s.core().check_cancelled(op); }));
  });
  return out;
}

TL_API size_t tl_safetensors_metadata_count(tl_safetensors* file) {
  return query_file(file, "safetensors_metadata_count", size_t{0},
                    [](auto& f) { return f.metadata().size(); });
}

TL_API const char* tl_safetensors_metadata_name(tl_safetensors* file, size_t index) {
  constexpr const char* op = "safetensors_metadata_name";
  return query_file(file, op, "", [&](auto& f) { return text_at(op, f, index).first.c_str(); });
}

TL_API const char* tl_safetensors_metadata_text(tl_safetensors* file, size_t index) {
  constexpr const char* op = "safetensors_metadata_text";
  return query_file(file, op, "", [&](auto& f) { return text_at(op, f, index).second.c_str(); });
}

TL_API tl_safetensors* tl_safetensors_keep(tl_safetensors* file) {
  return keep(file, Kind::kSafetensors, "safetensors_keep") ? file : nullptr;
}
TL_API void tl_safetensors_release(tl_safetensors* file) {
  release_from_any_thread(file, Kind::kSafetensors);
}

TL_API void tl_safetensors_save_options_init(tl_safetensors_save_options* options, size_t size) {
  zero_options(options, size);
}

TL_API tl_safetensors_writer* tl_safetensors_writer_new(tl_context* context) {
  return make(context, "safetensors_writer_new", [&](Session& s) {
    return make_object<tl_safetensors_writer>(s, Kind::kSafetensorsWriter, new WriterObject);
  });
}

TL_API tl_status tl_safetensors_writer_add(tl_safetensors_writer* writer, const char* name,
                                           tl_tensor* tensor) {
  constexpr const char* op = "safetensors_writer_add";
  return with_writer(writer, op, [&](Session& s, WriterObject& w) {
    const std::string as = checked_text(op, "name", name);
    const Tensor& t = peek_tensor(s, tensor, op, "tensor");
    check_readable(op, t);
    (void)io::quoted(op, "the name of a tensor", as);
    io::check_tensor_name(op, as);
    if (!w.tensors.emplace(as, t).second)
      invalid("[", op, "] each tensor needs a name of its own: got '", as, "' twice; rename one of the two");
  });
}

TL_API tl_status tl_safetensors_writer_set_metadata(tl_safetensors_writer* writer, const char* name,
                                                    const char* text) {
  constexpr const char* op = "safetensors_writer_set_metadata";
  return with_writer(writer, op, [&](Session&, WriterObject& w) {
    std::string key = checked_text(op, "name", name), value = checked_text(op, "text", text);
    (void)io::quoted(op, "a name of the metadata", key);
    (void)io::quoted(op, "a text of the metadata", value);
    w.metadata[std::move(key)] = std::move(value);
  });
}

TL_API tl_status tl_safetensors_writer_save(tl_safetensors_writer* writer, const char* path,
                                            const tl_safetensors_save_options* options) {
  constexpr const char* op = "safetensors_writer_save";
  return with_writer(writer, op, [&](Session& s, WriterObject& w) {
    const tl_safetensors_save_options o = options_from(op, options, tl_safetensors_save_options_init);
    if (o.floats < TL_SAFETENSORS_FLOATS_F32 || o.floats > TL_SAFETENSORS_FLOATS_F16)
      invalid("[", op, "] 'floats' must be f32 (0), bf16 (1) or f16 (2): got ", o.floats,
              "; fill the options with their _init function first");
    s.core().note_unreplayable("it writes a file, which replays would not write; save outside of the step");
    std::vector<io::StoredTensor> stored;
    for (const auto& [name, t] : w.tensors) stored.push_back({name, t.dtype(), t.shape(), t.raw()});
    io::save_safetensors(op, checked_text(op, "path", path), stored, w.metadata,
                         static_cast<io::StoredFloats>(o.floats), [&] { s.core().check_cancelled(op); });
  });
}

TL_API tl_safetensors_writer* tl_safetensors_writer_keep(tl_safetensors_writer* writer) {
  return keep(writer, Kind::kSafetensorsWriter, "safetensors_writer_keep") ? writer : nullptr;
}
TL_API void tl_safetensors_writer_release(tl_safetensors_writer* writer) {
  release_from_any_thread(writer, Kind::kSafetensorsWriter);
}

}  // extern "C"
