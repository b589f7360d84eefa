#include "core/io/checkpoint.h"

#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <cerrno>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <cstring>

#include "core/io/folders.h"

namespace tl::io {
namespace {

constexpr const char* kTensors = "/tensors.safetensors";
constexpr const char* kManifest = "/manifest.json";
constexpr const char* kFormat = "tapeloop checkpoint";
constexpr int64_t kVersion = 1;
// The frame of a manifest: eight digits stand between the first two.
constexpr std::string_view kFrame[] = {"{\"crc32\":\"", "\",\"manifest\":", "}\n"};
constexpr size_t kDigits = 8;

std::string hex(uint32_t number) {
  char digits[kDigits + 1];
  std::snprintf(digits, sizeof digits, "%08x", number);
  return digits;
}

// What text(double) made, but for the payload of a NaN.
std::optional<double> number_of(std::string_view text) {
  if (text == "nan") return std::nan("");
  if (text == "inf") return HUGE_VAL;
  if (text == "-inf") return -HUGE_VAL;
  double value = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
  if (read.ec != std::errc() || read.ptr != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<int64_t> integer_of(std::string_view text) {
  int64_t value = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
  if (read.ec != std::errc() || read.ptr != text.data() + text.size()) return std::nullopt;
  return value;
}

constexpr const char* kBytesValue = "bytes";  // the value of a text that stands among the tensors
constexpr size_t kMostPlain = size_t{1} << 16;

// Whether a text stands in the manifest as it is. Others, bytes as a rule, are tensors of u8 in the file.
bool is_plain(const std::string& text) {
  return text.size() <= kMostPlain && text.find('\0') == std::string::npos && is_utf8(text);
}

std::string value_text(const StateValue& value) {
  if (const auto* i = std::get_if<std::int64_t>(&value)) return concat("integer:", *i);
  if (const auto* d = std::get_if<double>(&value)) return "number:" + tl::text(*d);
  const std::string& text = std::get<std::string>(value);
  return is_plain(text) ? "text:" + text : kBytesValue;
}

std::optional<StateValue> value_of(std::string_view text) {
  const size_t colon = text.find(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const std::string_view kind = text.substr(0, colon), rest = text.substr(colon + 1);
  if (kind == "text") return StateValue(std::string(rest));
  if (kind == "integer") {
    if (const auto i = integer_of(rest)) return StateValue(*i);
  } else if (kind == "number") {
    if (const auto d = number_of(rest)) return StateValue(*d);
  }
  return std::nullopt;
}

bool starts_with(const std::string& text, std::string_view start) {
  return text.compare(0, start.size(), start) == 0;
}

std::string manifest_text(const char* op, const CheckpointInfo& info, const Snapshot& snapshot,
                          const SafetensorsChecksums& sums) {
  Texts texts;
  texts["format"] = kFormat;
  texts["version"] = std::to_string(kVersion);
  texts["step"] = std::to_string(info.step);
  if (info.metric) texts["metric"] = tl::text(*info.metric);
  if (info.serial > 0) texts["serial"] = std::to_string(info.serial);
  texts["bytes"] = std::to_string(sums.bytes);
  texts["header"] = hex(sums.header);
  for (size_t i = 0; i < sums.tensors.size(); i++)
    texts["tensor/" + snapshot.tensors()[i].name] = hex(sums.tensors[i]);
  for (const auto& [path, value] : snapshot.values()) texts["value/" + path] = value;
  if (texts.size() > kMostTexts)
    invalid("[", op, "] a checkpoint has at most ", kMostTexts, " values: got ", texts.size(),
            "; keep lists in tensors");
  std::string body = "{";
  for (const auto& [key, value] : texts)
    body += concat(body.size() > 1 ? ",\n" : "\n", quoted(op, "the path of a value", key), ":",
                   quoted(op, concat("the value of '", key, "'").c_str(), value));
  body += "\n}";
  const uint32_t sum =
      static_cast<uint32_t>(crc32_z(0, reinterpret_cast<const unsigned char*>(body.data()), body.size()));
  return concat(kFrame[0], hex(sum), kFrame[1], body, kFrame[2]);
}

struct Manifest {
  CheckpointInfo info;
  Texts texts;
};

Manifest read_manifest(const char* op, const std::string& path, Poll poll) {
  const File file = File::open(op, path + kManifest, Links::kRefuse);
  const auto part = [&](int64_t at, size_t bytes) {
    std::string text(bytes, '\0');
    file.read(at, text.data(), bytes);
    return text;
  };
  const auto begin = static_cast<int64_t>(kFrame[0].size() + kDigits + kFrame[1].size());
  const int64_t end = file.size() - static_cast<int64_t>(kFrame[2].size());
  if (end < begin + 2)
    file.corrupt(file.size(), "a manifest is longer than that; the checkpoint is cut off, use another");
  const std::string head = part(0, static_cast<size_t>(begin));
  if (!starts_with(head, kFrame[0]) || head.substr(kFrame[0].size() + kDigits) != kFrame[1] ||
      part(end, kFrame[2].size()) != kFrame[2])
    file.corrupt(0, "a manifest begins and ends in another way; is it of a checkpoint?");
  uint32_t sum = 0;
  Manifest out;
  out.texts = read_texts(file, begin, end, poll, &sum);
  if (head.substr(kFrame[0].size(), kDigits) != hex(sum))
    file.corrupt(begin, "the checksum of the manifest is another: got ", hex(sum), " for ",
                 head.substr(kFrame[0].size(), kDigits), "; the file is damaged, use another checkpoint");
  auto text = [&](const char* key) -> const std::string& {
    auto found = out.texts.find(key);
    if (found == out.texts.end())
      file.corrupt(begin, "a manifest has '", key, "': got none; is it of a checkpoint?");
    return found->second;
  };
  auto integer = [&](const char* key) {
    const auto value = integer_of(text(key));
    if (!value || *value < 0)
      file.corrupt(begin, "'", key, "' must be an integer from 0 on: got '", text(key).substr(0, 64),
                   "'; is it of a checkpoint?");
    return *value;
  };
  if (text("format") != kFormat)
    file.corrupt(begin, "the format is '", kFormat, "': got '", text("format").substr(0, 64),
                 "'; is it of a checkpoint?");
  if (integer("version") > kVersion)
    fail(Code::kUnsupported, "[", op, "] ", file.path(), ": this tapeloop reads checkpoints up to version ",
         kVersion, ": got ", text("version"), "; use a newer one");
  out.info.step = integer("step");
  if (out.texts.count("metric")) {
    out.info.metric = number_of(text("metric"));
    if (!out.info.metric)
      file.corrupt(begin, "'metric' must be a number: got '", text("metric").substr(0, 64),
                   "'; is it of a checkpoint?");
  }
  if (out.texts.count("serial")) out.info.serial = integer("serial");
  file.check_unchanged();
  return out;
}

// The tensors' file of a manifest, its header compared with it.
SafetensorsFile open_tensors(const char* op, const std::string& path, const Manifest& manifest, Poll poll) {
  SafetensorsFile file(op, path + kTensors, poll, Links::kRefuse);
  auto differs = [&](const char* what, const std::string& got, const std::string& wanted) {
    fail(Code::kCorruptData, "[", op, "] ", file.path(), ": ", what,
         " is another than the manifest says: got ", got, " for ", wanted,
         "; the checkpoint is damaged, use another");
  };
  auto text = [&](const char* key) {
    auto found = manifest.texts.find(key);
    return found == manifest.texts.end() ? std::string() : found->second;
  };
  if (std::to_string(file.bytes()) != text("bytes"))
    differs("its size", std::to_string(file.bytes()), text("bytes"));
  if (hex(file.header_checksum()) != text("header"))
    differs("the checksum of its header", hex(file.header_checksum()), text("header"));
  size_t listed = 0;
  for (auto it = manifest.texts.lower_bound("tensor/");
       it != manifest.texts.end() && starts_with(it->first, "tensor/"); ++it)
    listed++;
  if (listed != file.size())
    differs("the number of its tensors", std::to_string(file.size()), std::to_string(listed));
  return file;
}

void check_tensor(const SafetensorsFile& file, const char* op, size_t i, const Manifest& manifest,
                  uint32_t sum) {
  auto found = manifest.texts.find(concat("tensor/", file.name(i)));
  if (found != manifest.texts.end() && found->second == hex(sum)) return;
  fail(Code::kCorruptData, "[", op, "] ", file.path(), ": the checksum of '", file.name(i),
       "' is another: got ", hex(sum), " for ", found == manifest.texts.end() ? "none" : found->second,
       "; the checkpoint is damaged, use another");
}

constexpr std::string_view kValue = "value/";

// f(path, value) for each value that is no tensor. Throws kCorruptData where paths and values are none of a state: what is whole by its
// checksums may still be of another writer.
template <class F>
void for_each_value(const char* op, const std::string& path, const Manifest& manifest,
                    const SafetensorsFile& file, F&& f) {
  for (size_t i = 0; i < file.size(); i++) {
    const std::string name(file.name(i));
    if (name.empty())
      fail(Code::kCorruptData, "[", op, "] ", file.path(),
           ": each tensor has a path: got one without; is it of a checkpoint?");
    auto text = manifest.texts.find(concat(kValue, name));
    if (text != manifest.texts.end() &&
        (text->second != kBytesValue || file.dtype(i) != DType::kU8 || file.shape(i).rank() != 1))
      fail(Code::kCorruptData, "[", op, "] ", file.path(), ": a path has one value: got two for '",
           name.substr(0, 64), "'; is it of a checkpoint?");
  }
  for (auto it = manifest.texts.lower_bound(std::string(kValue));
       it != manifest.texts.end() && starts_with(it->first, kValue); ++it) {
    const std::string at = it->first.substr(kValue.size());
    if (it->second == kBytesValue && file.find(at) != file.size()) continue;
    std::optional<StateValue> value = value_of(it->second);
    if (!value || at.empty())
      fail(Code::kCorruptData, "[", op, "] ", path, kManifest,
           ": a value is an integer, a number or text: got '", it->second.substr(0, 64), "' for '",
           at.substr(0, 64), "'; is it of a checkpoint?");
    f(at, std::move(*value));
  }
}

// A checkpoint that is being written. Where that fails, what there is of it is removed: by names that were made before, since there may
// be no memory then.
class Attempt {
 public:
  Attempt(const std::string& temporary, const std::string& path) : places_{at(temporary), at(path)} {}
  ~Attempt() {
    if (!place_) return;
    ::unlink(place_->tensors.c_str());
    ::unlink(place_->manifest.c_str());
    ::rmdir(place_->folder.c_str());
  }
  Attempt(const Attempt&) = delete;
  Attempt& operator=(const Attempt&) = delete;
  void has_begun() { place_ = &places_[0]; }
  void has_its_name() { place_ = &places_[1]; }
  void is_done() { place_ = nullptr; }

 private:
  struct Place {
    std::string folder, tensors, manifest;
  };
  static Place at(const std::string& folder) { return {folder, folder + kTensors, folder + kManifest}; }
  const Place places_[2];
  const Place* place_ = nullptr;
};

void make_folder(const char* op, const std::string& path) {
  if (::mkdir(path.c_str(), 0777) != 0)
    fail_of_system(op, "the folder of a checkpoint cannot be made", path, errno);
}

void write_text(const char* op, const std::string& path, const std::string& text, Poll poll) {
  File file = File::create(op, path);
  file.write(text.data(), text.size(), poll);
  file.sync();
  file.close();
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

void write_checkpoint(const char* op, const std::string& path, const CheckpointInfo& info,
                      const Snapshot& snapshot, Poll poll) {
  const std::string temporary = temporary_beside(path);
  Attempt attempt(temporary, path);
  make_folder(op, temporary);
  attempt.has_begun();
  File tensors = File::create(op, temporary + kTensors);
  const SafetensorsChecksums sums =
      write_safetensors(tensors, snapshot.tensors(), {}, StoredFloats::kAsTheyAre, poll);
  tensors.sync();
  tensors.close();
  write_text(op, temporary + kManifest, manifest_text(op, info, snapshot, sums), poll);
  sync_folder(op, temporary);
  if (!rename_to_new(op, temporary, path))
    fail(Code::kFailedPrecondition, "[", op, "] a checkpoint is never written over: got '", path,
         "', which is there; remove it, or use another name or folder");
  attempt.has_its_name();
  sync_folder(op, folder_of(path));
  attempt.is_done();
}

CheckpointInfo read_checkpoint_info(const char* op, const std::string& path, Poll poll) {
  return read_manifest(op, path, poll).info;
}

CheckpointInfo verify_checkpoint(const char* op, const std::string& path, Poll poll) {
  const Manifest manifest = read_manifest(op, path, poll);
  const SafetensorsFile file = open_tensors(op, path, manifest, poll);
  for_each_value(op, path, manifest, file, [](const std::string&, StateValue) {});
  for (size_t i = 0; i < file.size(); i++) check_tensor(file, op, i, manifest, file.checksum(i, poll));
  return manifest.info;
}

State read_checkpoint(const char* op, Context& context, const std::string& path, Poll poll,
                      CheckpointInfo* info) {
  const Manifest manifest = read_manifest(op, path, poll);
  const SafetensorsFile file = open_tensors(op, path, manifest, poll);
  State state;
  for_each_value(op, path, manifest, file,
                 [&](const std::string& at, StateValue value) { state.set(at, std::move(value)); });
  for (size_t i = 0; i < file.size(); i++) {
    uint32_t sum = 0;
    Tensor t = file.read(context, i, poll, &sum);
    check_tensor(file, op, i, manifest, sum);
    const std::string name(file.name(i));
    if (manifest.texts.count(concat(kValue, name)))
      state.set(name, std::string(t.data<char>(), t.bytes()));
    else
      state.set(name, std::move(t));
  }
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
