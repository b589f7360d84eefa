// Bundles, and files of arrays and tables, of the C API.
#include "tapeloop/files.h"

#include "capi/src/bundles.h"
#include "capi/src/options.h"
#include "core/io/csv.h"
#include "core/io/json_lines.h"
#include "core/io/npy.h"
#include "core/io/npz.h"
#include "core/tensor/batched.h"

using namespace tl;
using namespace tl::capi;

namespace {

// The entry of a name, of a live bundle.
const io::Bundle::Entry& entry_of(const io::Bundle& bundle, const char* op, const char* name) {
  const io::Bundle::Entry* entry = bundle.find(checked_text(op, "name", name));
  if (!entry)
    fail(Code::kNotFound, "[", op, "] there is no tensor of this name in the bundle: got '", name,
         "'; bundle_name tells which there are");
  return *entry;
}

template <class T, class F>
T read_bundle(tl_bundle* bundle, const char* op, T on_failure, F&& f) {
  T out = on_failure;
  (void)query<io::Bundle>(bundle, Kind::kBundle, op, [&](Session&, io::Bundle& b) { out = f(b); });
  return out;
}

size_t checked_index(const char* op, const char* what, int64_t index, size_t count) {
  if (index < 0 || static_cast<uint64_t>(index) >= count)
    invalid("[", op, "] ", what, " must be one of ", count, ", from 0: got ", index,
            "; ask for their number first");
  return static_cast<size_t>(index);
}

// A tensor whose elements are there to be written.
const Tensor& readable(Session& session, tl_tensor* handle, const char* op) {
  const Tensor& t = peek_tensor(session, handle, op, "tensor");
  check_readable(op, t);
  return t;
}

DType floats_of(const char* op, tl_dtype dtype) {
  const DType floats = dtype_or_f32(op, dtype);
  if (!is_floating(floats))
    invalid("[", op, "] 'floats' must be f32 or f64: got ", floats, "; whole numbers are i64 by themselves");
  return floats;
}

// f(session, input) returns what the file holds.
template <class F>
tl_bundle* read_bundle_file(tl_context* context, const char* op, const char* path, F&& f) {
  return make(context, op, [&](Session& s) {
    const io::FileInput input(s.core(), op, checked_text(op, "path", path));
    return make_bundle(s, f(s, input));
  });
}

}  // namespace

extern "C" {

TL_API tl_bundle* tl_bundle_new(tl_context* context) {
  return make(context, "bundle_new", [&](Session& s) { return make_bundle(s, {}); });
}

TL_API tl_status tl_bundle_add(tl_bundle* bundle, const char* name, tl_tensor* tensor) {
  const char* op = "bundle_add";
  return effect<io::Bundle>(bundle, Kind::kBundle, op, [&](Session& s, io::Bundle& b) {
    const std::string key = checked_text(op, "name", name);
    if (key.empty())
      invalid("[", op, "] 'name' must not be empty: got an empty text; give each tensor a name");
    if (b.find(key))
      invalid("[", op, "] the names of a bundle must differ: got '", key, "' again; choose another");
    const Tensor& value = readable(s, tensor, op);
    // A value of its own where it is a variable's, which tapes know by the variable.
    b.entries.push_back({key, is_variable(tensor) ? value.view(value.shape()) : value, {}});
  });
}

TL_API int64_t tl_bundle_size(tl_bundle* bundle) {
  return read_bundle(bundle, "bundle_size", int64_t{-1},
                     [](const io::Bundle& b) { return static_cast<int64_t>(b.entries.size()); });
}

TL_API const char* tl_bundle_name(tl_bundle* bundle, int64_t index) {
  return read_bundle(bundle, "bundle_name", "", [&](const io::Bundle& b) {
    return b.entries[checked_index("bundle_name", "'index'", index, b.entries.size())].name.c_str();
  });
}

TL_API bool tl_bundle_has(tl_bundle* bundle, const char* name) {
  return read_bundle(bundle, "bundle_has", false, [&](const io::Bundle& b) {
    return b.find(checked_text("bundle_has", "name", name)) != nullptr;
  });
}

TL_API tl_tensor* tl_bundle_get(tl_bundle* bundle, const char* name) {
  const char* op = "bundle_get";
  tl_tensor* out = nullptr;
  (void)effect<io::Bundle>(bundle, Kind::kBundle, op, [&](Session& s, io::Bundle& b) {
    Tensor value = entry_of(b, op, name).tensor;
    out = s.make_tensor(std::move(value));
  });
  return out;
}

TL_API int64_t tl_bundle_category_count(tl_bundle* bundle, const char* name) {
  return read_bundle(bundle, "bundle_category_count", int64_t{-1}, [&](const io::Bundle& b) {
    return static_cast<int64_t>(entry_of(b, "bundle_category_count", name).categories.size());
  });
}

TL_API const char* tl_bundle_category(tl_bundle* bundle, const char* name, int64_t code) {
  return read_bundle(bundle, "bundle_category", "", [&](const io::Bundle& b) {
    const io::Categories& texts = entry_of(b, "bundle_category", name).categories;
    return texts.c_str(checked_index("bundle_category", "'code'", code, texts.size()));
  });
}

TL_API tl_bundle* tl_bundle_keep(tl_bundle* bundle) {
  return keep(bundle, Kind::kBundle, "bundle_keep") ? bundle : nullptr;
}
TL_API void tl_bundle_release(tl_bundle* bundle) { release_from_any_thread(bundle, Kind::kBundle); }

TL_API tl_tensor* tl_read_npy(tl_context* context, const char* path) {
  const char* op = "read_npy";
  return make(context, op, [&](Session& s) {
    Tensor t = io::read_npy(s.core(), io::FileInput(s.core(), op, checked_text(op, "path", path)));
    s.core().note_host_data(t);
    return s.make_tensor(std::move(t));
  });
}

TL_API tl_status tl_write_npy(tl_context* context, const char* path, tl_tensor* tensor) {
  const char* op = "write_npy";
  return effect<Session>(context, Kind::kContext, op, [&](Session& s, Session&) {
    const Tensor& t = readable(s, tensor, op);
    s.core().note_host_read(t, op);
    io::OutputFile file(s.core(), op, checked_text(op, "path", path));
    io::write_npy(file, t);
    file.commit();
  });
}

TL_API tl_bundle* tl_read_npz(tl_context* context, const char* path, uint64_t max_bytes) {
  return read_bundle_file(context, "read_npz", path, [&](Session& s, const io::Input& input) {
    return io::read_npz(s.core(), input, max_bytes);
  });
}

TL_API tl_status tl_write_npz(tl_bundle* bundle, const char* path, bool compress) {
  const char* op = "write_npz";
  return effect<io::Bundle>(bundle, Kind::kBundle, op, [&](Session& s, io::Bundle& b) {
    std::vector<io::NamedTensor> tensors;
    for (const io::Bundle::Entry& entry : b.entries) {
      s.core().note_host_read(entry.tensor, op);
      tensors.push_back({entry.name, entry.tensor});
    }
    io::OutputFile file(s.core(), op, checked_text(op, "path", path));
    io::write_npz(op, file, tensors, compress);
    file.commit();
  });
}

TL_API void tl_csv_options_init(tl_csv_options* options, size_t size) { zero_options(options, size); }

TL_API tl_bundle* tl_read_csv(tl_context* context, const char* path, const tl_csv_options* options) {
  const char* op = "read_csv";
  return read_bundle_file(context, op, path, [&](Session& s, const io::Input& input) {
    const tl_csv_options o = options_from(op, options, tl_csv_options_init);
    io::CsvOptions csv;
    if (o.delimiter < 0 || o.delimiter > 255)
      invalid("[", op, "] 'delimiter' must be one byte: got ", o.delimiter, "; 0 is a comma");
    if (o.delimiter) csv.delimiter = static_cast<char>(o.delimiter);
    csv.header = !o.no_header;
    csv.types = text_or_empty(o.types);
    csv.missing = text_or_empty(o.missing);
    csv.floats = floats_of(op, o.floats);
    csv.max_bytes = o.max_bytes;
    return io::read_csv(s.core(), input, csv);
  });
}

TL_API void tl_json_lines_options_init(tl_json_lines_options* options, size_t size) {
  zero_options(options, size);
}

TL_API tl_bundle* tl_read_json_lines(tl_context* context, const char* path,
                                     const tl_json_lines_options* options) {
  const char* op = "read_json_lines";
  return read_bundle_file(context, op, path, [&](Session& s, const io::Input& input) {
    const tl_json_lines_options o = options_from(op, options, tl_json_lines_options_init);
    return io::read_json_lines(s.core(), input, {floats_of(op, o.floats), o.max_bytes});
  });
}

}  // extern "C"
