// Images and sound of the C API.
#include "tapeloop/media.h"

#include "capi/src/bundles.h"
#include "capi/src/file_dataset.h"
#include "capi/src/options.h"
#include "core/io/image_folder.h"
#include "core/io/wav.h"
#include "core/tensor/batched.h"

using namespace tl;
using namespace tl::capi;

namespace {

io::ImageOptions image_options(const char* op, const tl_image_options* options) {
  const tl_image_options o = options_from(op, options, tl_image_options_init);
  io::ImageOptions out;
  out.channels = o.channels;
  out.max_bytes = o.max_bytes;
  io::check_channels(op, o.channels);
  return out;
}

}  // namespace

extern "C" {

TL_API void tl_image_options_init(tl_image_options* options, size_t size) { zero_options(options, size); }

TL_API tl_tensor* tl_read_image(tl_context* context, const char* path, const tl_image_options* options) {
  const char* op = "read_image";
  return make(context, op, [&](Session& s) {
    const io::ImageOptions o = image_options(op, options);
    Tensor t = io::read_image(s.core(), io::FileInput(s.core(), op, checked_text(op, "path", path)), o);
    s.core().note_host_data(t);
    return s.make_tensor(std::move(t));
  });
}

TL_API tl_tensor* tl_decode_image(tl_context* context, const void* data, size_t bytes,
                                  const tl_image_options* options) {
  const char* op = "decode_image";
  return make(context, op, [&](Session& s) {
    const io::ImageOptions o = image_options(op, options);
    if (bytes && !data)
      invalid("[", op, "] 'data' must not be NULL: got NULL for ", bytes,
              " bytes; pass the bytes of the file");
    const io::MemoryInput input(s.core(), op, "memory",
                                Span<const std::byte>(static_cast<const std::byte*>(data), bytes));
    Tensor t = io::read_image(s.core(), input, o);
    s.core().note_host_data(t);
    return s.make_tensor(std::move(t));
  });
}

TL_API tl_dataset* tl_dataset_from_image_folder(tl_context* context, const char* folder,
                                                const tl_image_options* options) {
  const char* op = "dataset_from_image_folder";
  return make(context, op, [&](Session& s) {
    const io::ImageOptions o = image_options(op, options);
    auto images = std::make_shared<const io::ImageFolder>(op, checked_text(op, "folder", folder));
    auto read = [images, o](Context& own, int64_t index, std::vector<Tensor>& out) {
      out.push_back(images->read(own, index, o));
      out.push_back(own.allocate(DType::kI32, {}));
      *out[1].mutable_data<int32_t>() = images->label(index);
    };
    return make_dataset(s, std::make_shared<FileDataset>(images->size(), 2, read));
  });
}

TL_API tl_bundle* tl_image_folder_labels(tl_context* context, const char* folder) {
  const char* op = "image_folder_labels";
  return make(context, op, [&](Session& s) {
    const io::ImageFolder images(op, checked_text(op, "folder", folder));
    io::Categories classes;
    for (const std::string& name : images.classes()) classes.code_of(name);
    classes.forget_index();
    Tensor labels = s.core().allocate(DType::kI32, {images.size()});
    for (int64_t i = 0; i < images.size(); i++) labels.mutable_data<int32_t>()[i] = images.label(i);
    io::Bundle bundle;
    bundle.entries.push_back({"label", std::move(labels), std::move(classes)});
    return make_bundle(s, std::move(bundle));
  });
}

TL_API tl_tensor* tl_read_wav(tl_context* context, const char* path, int32_t* rate) {
  const char* op = "read_wav";
  if (rate) *rate = 0;
  return make(context, op, [&](Session& s) {
    s.reserve_handles(1);
    io::Sound sound = io::read_wav(s.core(), io::FileInput(s.core(), op, checked_text(op, "path", path)));
    s.core().note_host_data(sound.samples);
    if (rate) *rate = sound.rate;
    return s.make_tensor(std::move(sound.samples));
  });
}

}  // extern "C"
