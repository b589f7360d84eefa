#include "core/io/checkpoint.h"

#include <algorithm>
#include <deque>
#include <numeric>
#include <set>

#include "core/base/parts.h"
#include "core/io/checkpoint_manifest.h"
#include "core/io/checkpoint_shares.h"
#include "core/io/folders.h"

namespace tl::io {
namespace {

// The files of tensors of a manifest. Sizes and checksums are compared before a header is read: what a flipped bit makes of a dtype, say,
// is damage, not a file that this version cannot read.
class TensorFiles {
 public:
  TensorFiles(const char* op, const std::string& path, const Manifest& manifest, Poll poll);

  // f(file, i) for each tensor.
  template <class F>
  void for_each(F&& f) const {
    for (const SafetensorsFile& file : files_)
      for (size_t i = 0; i < file.size(); i++) f(file, i);
  }
  bool has(const std::string& name) const {
    return std::any_of(files_.begin(), files_.end(),
                       [&](const SafetensorsFile& file) { return file.find(name) != file.size(); });
  }

 private:
  std::deque<SafetensorsFile> files_;
};

TensorFiles::TensorFiles(const char* op, const std::string& path, const Manifest& manifest, Poll poll) {
  size_t found = 0, listed = 0;
  for (int k = 0; k < manifest.shares; k++) {
    File file = File::open(op, path + tensors_file(k, manifest.shares), Links::kRefuse);
    const auto compare = [&](const char* what, const std::string& got, const std::string& key) {
      auto wanted = manifest.texts.find(key);
      if (wanted != manifest.texts.end() && got == wanted->second) return;
      fail(Code::kCorruptData, "[", op, "] ", file.path(), ": ", what,
           " is another than the manifest says: got ", got, " for ",
           wanted == manifest.texts.end() ? "none" : wanted->second,
           "; the checkpoint is damaged, use another");
    };
    const ShareKeys keys(k, manifest.shares);
    compare("its size", std::to_string(file.size()), keys.bytes);
    compare("the checksum of its header", checksum_text(SafetensorsHeader::checksum_of(file, poll)),
            keys.header);
    found += files_.emplace_back(std::move(file), poll).size();
  }
  manifest.for_each(kTensorKey, [&](const std::string&, const std::string&) { listed++; });
  if (listed != found)
    fail(Code::kCorruptData, "[", op, "] ", files_[0].path(),
         ": the number of its tensors is another than the manifest says: got ", found, " for ", listed,
         "; the checkpoint is damaged, use another");
}

void check_tensor(const SafetensorsFile& file, const char* op, size_t i, const Manifest& manifest,
                  uint32_t sum) {
  auto found = manifest.texts.find(concat(kTensorKey, file.name(i)));
  if (found != manifest.texts.end() && found->second == checksum_text(sum)) return;
  fail(Code::kCorruptData, "[", op, "] ", file.path(), ": the checksum of '", file.name(i),
       "' is another: got ", checksum_text(sum), " for ",
       found == manifest.texts.end() ? "none" : found->second, "; the checkpoint is damaged, use another");
}

// f(path, value) for each value that is no tensor. Throws kCorruptData where paths and values are none of a state: what is whole by its
// checksums may still be of another writer.
template <class F>
void for_each_value(const char* op, const std::string& path, const Manifest& manifest,
                    const TensorFiles& files, F&& f) {
  std::set<std::string> names;
  files.for_each([&](const SafetensorsFile& file, size_t i) {
    const std::string name(file.name(i));
    if (name.empty())
      fail(Code::kCorruptData, "[", op, "] ", file.path(),
           ": each tensor has a path: got one without; is it of a checkpoint?");
    auto text = manifest.texts.find(concat(kValueKey, name));
    if (!names.insert(name).second ||
        (text != manifest.texts.end() &&
         (text->second != kBytesValue || file.dtype(i) != DType::kU8 || file.shape(i).rank() != 1)))
      fail(Code::kCorruptData, "[", op, "] ", file.path(), ": a path has one value: got two for '",
           name.substr(0, 64), "'; is it of a checkpoint?");
  });
  manifest.for_each(kValueKey, [&](const std::string& at, const std::string& text) {
    if (text == kBytesValue && files.has(at)) return;
    std::optional<StateValue> value = value_of(text);
    if (!value || at.empty())
      fail(Code::kCorruptData, "[", op, "] ", path, kManifestFile,
           ": a value is an integer, a number or text: got '", text.substr(0, 64), "' for '",
           at.substr(0, 64), "'; is it of a checkpoint?");
    f(at, std::move(*value));
  });
}

}  // namespace

Snapshot::Snapshot(const char* op, const State& state) {
  for (const auto& [path, value] : state) {
    (void)quoted(op, "the path of a value", path);
    if (const Tensor* t = std::get_if<Tensor>(&value))
      tensors_.push_back({path, t->dtype(), t->shape(), t->raw()});
    else
      values_[path] = value_text(value);
    const std::string* text = std::get_if<std::string>(&value);
    if (text && !is_plain(*text))
      tensors_.push_back({path, DType::kU8, Shape{static_cast<int64_t>(text->size())},
                          reinterpret_cast<const std::byte*>(text->data())});
  }
}

std::vector<std::vector<size_t>> Snapshot::shares(int count) const {
  std::vector<std::vector<size_t>> out(static_cast<size_t>(count));
  std::vector<size_t> order, bytes;
  for (size_t i = 0; i < tensors_.size(); i++)
    if (values_.count(tensors_[i].name))
      out[0].push_back(i);
    else
      order.push_back(i);
  std::sort(order.begin(), order.end(),
            [&](size_t a, size_t b) { return tensors_[a].name < tensors_[b].name; });
  for (size_t i : order)
    bytes.push_back(static_cast<size_t>(tensors_[i].shape.elements()) * size_of(tensors_[i].dtype));
  const std::vector<int> owners = owners_by_size(bytes, count);
  for (size_t k = 0; k < order.size(); k++) out[static_cast<size_t>(owners[k])].push_back(order[k]);
  for (std::vector<size_t>& share : out) std::sort(share.begin(), share.end());
  return out;
}

void write_checkpoint(const char* op, const std::string& path, const CheckpointInfo& info,
                      const Snapshot& snapshot, Poll poll) {
  CheckpointDraft draft(op, path);
  const SafetensorsChecksums whole = write_share(op, draft.folder(), snapshot, 0, 1, poll);
  draft.commit(op, info, snapshot, Span<const SafetensorsChecksums>(&whole, 1), poll);
}

CheckpointInfo read_checkpoint_info(const char* op, const std::string& path, Poll poll) {
  return read_manifest(op, path, poll).info;
}

CheckpointInfo verify_checkpoint(const char* op, const std::string& path, Poll poll) {
  const Manifest manifest = read_manifest(op, path, poll);
  const TensorFiles files(op, path, manifest, poll);
  for_each_value(op, path, manifest, files, [](const std::string&, StateValue) {});
  files.for_each([&](const SafetensorsFile& file, size_t i) {
    check_tensor(file, op, i, manifest, file.checksum(i, poll));
  });
  return manifest.info;
}

State read_checkpoint(const char* op, Context& context, const std::string& path, Poll poll,
                      CheckpointInfo* info) {
  const Manifest manifest = read_manifest(op, path, poll);
  const TensorFiles files(op, path, manifest, poll);
  State state;
  for_each_value(op, path, manifest, files,
                 [&](const std::string& at, StateValue value) { state.set(at, std::move(value)); });
  files.for_each([&](const SafetensorsFile& file, size_t i) {
    uint32_t sum = 0;
    Tensor t = file.read(context, i, poll, &sum);
    check_tensor(file, op, i, manifest, sum);
    const std::string name(file.name(i));
    if (manifest.texts.count(concat(kValueKey, name)))
      state.set(name, std::string(t.data<char>(), t.bytes()));
    else
      state.set(name, std::move(t));
  });
  if (info) *info = manifest.info;
  return state;
}

void remove_checkpoint(const char* op, const std::string& path) {
  const std::string temporary = temporary_beside(path);
  rename_over(op, path, temporary);
  if (const int error = remove_tree(temporary))
    fail_of_system(op, "the folder of an old checkpoint cannot be removed", temporary, error);
}

}  // namespace tl::io
