#include "core/io/image_folder.h"

#include <algorithm>

namespace tl::io {
namespace {

constexpr size_t kMostClasses = size_t{1} << 20;

bool is_image(const std::string& name) {
  const size_t dot = name.rfind('.');
  if (dot == std::string::npos) return false;
  std::string ending = name.substr(dot + 1);
  std::transform(ending.begin(), ending.end(), ending.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return ending == "png" || ending == "jpg" || ending == "jpeg";
}

}  // namespace

ImageFolder::ImageFolder(const char* op, const std::string& path) : root_(op, path) {
  for (const OpenFolder::Entry& entry : root_.entries()) {
    if (!entry.folder) continue;
    if (classes_.size() == kMostClasses)
      fail(Code::kUnsupported, "[", op, "] a folder of images has at most ", kMostClasses,
           " classes: got more in '", path, "'");
    const auto label = static_cast<int32_t>(classes_.size());
    const size_t before = images_.size();
    for (const OpenFolder::Entry& file : OpenFolder(root_, entry.name).entries())
      if (!file.folder && is_image(file.name)) images_.push_back({label, file.name});
    if (images_.size() == before)
      fail(Code::kNotFound, "[", op, "] each subfolder must hold images of one class: got none in '", path,
           "/", entry.name, "'; names end in .png, .jpg or .jpeg");
    classes_.push_back(entry.name);
  }
  if (classes_.empty())
    fail(Code::kNotFound, "[", op, "] a folder of images must have a subfolder for each class: got none in '",
         path, "'; move the images into one");
}

Tensor ImageFolder::read(Context& context, int64_t index, const ImageOptions& options) const {
  TL_INVARIANT(index >= 0 && index < size());
  const Image& image = images_[static_cast<size_t>(index)];
  const OpenFolder folder(root_, classes_[static_cast<size_t>(image.label)]);
  return read_image(context, folder.file(context, image.name), options);
}

}  // namespace tl::io
