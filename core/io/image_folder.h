// A folder of images with one subfolder for each class, the layout of torchvision's ImageFolder and of Keras's
// image_dataset_from_directory. Images are decoded one by one, when they are asked for.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/io/folder.h"
#include "core/io/image.h"

namespace tl::io {

class ImageFolder {
 public:
  // Classes are the subfolders in the order of their names; images are files in them whose names end in .png, .jpg or .jpeg, in any
  // case, in the order of their names. Other files, folders in the subfolders, and names that begin with a dot are passed over.
  // Throws kNotFound (no folder, no class, a class without images), kIo (a symbolic link), kUnsupported (more than 1,048,576
  // classes).
  ImageFolder(const char* op, const std::string& path);

  int64_t size() const { return static_cast<int64_t>(images_.size()); }
  const std::vector<std::string>& classes() const { return classes_; }
  int32_t label(int64_t index) const { return images_[static_cast<size_t>(index)].label; }
  // Throws what read_image() throws.
  Tensor read(Context& context, int64_t index, const ImageOptions& options) const;

 private:
  struct Image {
    int32_t label;
    std::string name;
  };
  OpenFolder root_;
  std::vector<std::string> classes_;
  std::vector<Image> images_;
};

}  // namespace tl::io
