#include "core/data/idx_folder.h"

#include <dirent.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <new>
#include <string_view>
#include <system_error>
#include <utility>

#include "core/base/error.h"
#include "core/data/idx.h"

namespace tl::data {
namespace {

enum class Split { kNone, kTrain, kTest };

bool has(const std::string& name, const char* part) { return name.find(part) != std::string::npos; }

Split split_of(const std::string& name) {
  if (has(name, "train")) return Split::kTrain;
  if (has(name, "t10k") || has(name, "test")) return Split::kTest;
  return Split::kNone;
}

bool ends_with(const std::string& name, std::string_view end) {
  return name.size() >= end.size() && name.compare(name.size() - end.size(), end.size(), end) == 0;
}

std::string without_gz(const std::string& name) {
  return name.size() > 3 && ends_with(name, ".gz") ? name.substr(0, name.size() - 3) : name;
}

// Hidden files, and what editors and downloads leave while they are at work: their names hold that of the whole file.
bool is_of_another_program(const std::string& name) {
  if (name[0] == '.') return true;
  for (const char* end : {"~", ".part", ".partial", ".tmp", ".swp", ".crdownload", ".download"})
    if (ends_with(name, end)) return true;
  return false;
}

// The names of the files in a folder, sorted, because a directory has no order of its own. Not by std::filesystem, whose
// iterators end the program when there is no memory.
std::vector<std::string> names_in(const std::string& folder) {
  std::vector<std::string> names;
  std::unique_ptr<DIR, int (*)(DIR*)> open(opendir(folder.c_str()), closedir);
  int error = open ? 0 : errno;
  while (open) {
    errno = 0;
    const dirent* entry = readdir(open.get());
    if (!entry) {
      error = errno;
      break;
    }
    if (std::string name = entry->d_name; !is_of_another_program(name)) names.push_back(std::move(name));
  }
  if (error == ENOMEM) throw std::bad_alloc();
  if (error)
    fail(error == ENOENT ? Code::kNotFound : Code::kIo,
         "[dataset_from_idx_folder] the folder cannot be read: got '", folder, "' (",
         std::generic_category().message(error), "); give the path of a folder with IDX files");
  std::sort(names.begin(), names.end());
  return names;
}

class Folder {
 public:
  Folder(const std::string& path, uint64_t max_bytes)
      : path_(path), max_bytes_(max_bytes), names_(names_in(path)) {}

  // The name of the images of a split; empty where there are none. Which of two files is meant nobody can tell, also when one
  // looks like the other compressed: it may be an older one, or another program's download that broke off.
  std::string images_of(Split split) const {
    std::string found;
    for (const std::string& name : names_) {
      if (split_of(name) != split || !(has(name, "images-idx3") || has(name, "images.idx3"))) continue;
      if (!found.empty()) ambiguous("images", found, name);
      found = name;
    }
    return found;
  }

  // Throws where both are there: what is left out would be left out silently.
  void check_one_of(const std::string& images, const std::string& others) const {
    if (!images.empty() && !others.empty()) ambiguous("images", images, others);
  }

  DatasetPtr read(Context& context, const std::string& images) const {
    std::string labels = without_gz(images);
    labels.replace(labels.find("images"), 6, "labels");
    labels.replace(labels.find("idx3"), 4, "idx1");
    const bool plain = holds(labels), compressed = holds(labels + ".gz");
    if (plain && compressed) ambiguous("labels", labels, labels + ".gz");
    if (compressed) labels += ".gz";
    if (!plain && !compressed)
      fail(Code::kNotFound, "[dataset_from_idx_folder] there are no labels for the images ", full(images),
           ": got neither ", labels, " nor ", labels, ".gz; put them beside the images");
    auto file = [&](const std::string& name) {
      return read_idx(context, full(name), max_bytes_, Links::kRefused);
    };
    Tensor x = file(images), y = file(labels);
    if (x.rank() < 2 || y.rank() != 1)
      invalid("[dataset_from_idx_folder] images must have rank 2 or more, and labels rank 1: got ",
              full(images), " of shape ", x.shape(), " and ", labels, " of shape ", y.shape(),
              "; were the contents of the two files swapped?");
    if (x.shape()[0] != y.shape()[0])
      invalid("[dataset_from_idx_folder] the labels file does not match its images: got ", full(images),
              " has shape ", x.shape(), ", ", labels, " ", y.shape(),
              "; do both come from the same data set?");
    return tensor_slices({x, y});
  }

 private:
  [[noreturn]] void ambiguous(const char* role, const std::string& one, const std::string& other) const {
    invalid("[dataset_from_idx_folder] several files fit as ", role, ": got ", one, " and ", other, " in ",
            path_, "; keep one of them, and each data set in a folder of its own");
  }
  bool holds(const std::string& name) const { return std::binary_search(names_.begin(), names_.end(), name); }
  std::string full(const std::string& name) const {
    return path_.back() == '/' ? path_ + name : concat(path_, "/", name);
  }

  std::string path_;
  uint64_t max_bytes_;
  std::vector<std::string> names_;
};

}  // namespace

DatasetPtr idx_folder(Context& context, const std::string& path, DataPart part, uint64_t max_bytes) {
  if (part != DataPart::kTrain && part != DataPart::kTest)
    invalid("[dataset_from_idx_folder] the part must be train (1) or test (2): got ",
            static_cast<int32_t>(part), "; call it once for each");
  if (path.empty())
    invalid(
        "[dataset_from_idx_folder] 'folder' must name a folder: got an empty text; '.' is the current one");
  Folder folder(path, max_bytes);
  std::string train = folder.images_of(Split::kTrain), test = folder.images_of(Split::kTest),
              unnamed = folder.images_of(Split::kNone);
  folder.check_one_of(train, unnamed);
  folder.check_one_of(test, unnamed);
  if (!train.empty() && !test.empty()) return folder.read(context, part == DataPart::kTrain ? train : test);

  std::string only = !train.empty() ? train : !test.empty() ? test : unnamed;
  if (only.empty())
    fail(Code::kNotFound, "[dataset_from_idx_folder] there are no IDX images in the folder: got ", path,
         "; a file with images-idx3 in its name is expected, and one with labels-idx1");
  DatasetPtr all = folder.read(context, only);
  if (all->size() < 2)
    invalid(
        "[dataset_from_idx_folder] a folder of one split must have 2 images or more, to divide them: got ",
        all->size(), " in ", only, "; give a test split of its own");
  int64_t for_training = all->size() - std::max<int64_t>(1, all->size() / 10);
  return part == DataPart::kTrain ? take(all, for_training) : skip(all, for_training);
}

}  // namespace tl::data
