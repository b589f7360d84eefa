#include "core/io/checkpoint_manifest.h"

#include <zlib.h>

#include <charconv>
#include <cmath>
#include <cstdio>

namespace tl::io {
namespace {

constexpr const char* kFormat = "tapeloop checkpoint";
constexpr int64_t kVersion =
    2;  // 1: one file of tensors, as this writes it where there is one; 2: several, with 'shares'
// The frame of a manifest: eight digits stand between the first two.
constexpr std::string_view kFrame[] = {"{\"crc32\":\"", "\",\"manifest\":", "}\n"};
constexpr size_t kDigits = 8;
constexpr size_t kMostPlain = size_t{1} << 16;  // bytes of a text that stands in the manifest

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

}  // namespace

std::string checksum_text(uint32_t number) {
  char digits[kDigits + 1];
  std::snprintf(digits, sizeof digits, "%08x", number);
  return digits;
}

std::string tensors_file(int share, int shares) {
  if (shares == 1) return "/tensors.safetensors";
  char name[64];
  std::snprintf(name, sizeof name, "/tensors-%05d-of-%05d.safetensors", share + 1, shares);
  return name;
}

ShareKeys::ShareKeys(int share, int shares)
    : bytes(shares == 1 ? "bytes" : concat("share/", share + 1, "/bytes")),
      header(shares == 1 ? "header" : concat("share/", share + 1, "/header")) {}

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

std::string manifest_text(const char* op, const CheckpointInfo& info, const Snapshot& snapshot,
                          Span<const SafetensorsChecksums> shares) {
  Texts texts;
  texts["format"] = kFormat;
  texts["version"] = shares.size() > 1 ? "2" : "1";
  texts["step"] = std::to_string(info.step);
  if (info.metric) texts["metric"] = tl::text(*info.metric);
  if (info.serial > 0) texts["serial"] = std::to_string(info.serial);
  if (shares.size() > 1) texts["shares"] = std::to_string(shares.size());
  const std::vector<std::vector<size_t>> indices = snapshot.shares(static_cast<int>(shares.size()));
  for (size_t k = 0; k < shares.size(); k++) {
    const ShareKeys keys(static_cast<int>(k), static_cast<int>(shares.size()));
    texts[keys.bytes] = std::to_string(shares[k].bytes);
    texts[keys.header] = checksum_text(shares[k].header);
    if (shares[k].tensors.size() != indices[k].size())
      fail(Code::kMismatch, "[", op, "] share ", k, " must have ", indices[k].size(), " tensors: got ",
           shares[k].tensors.size(), "; all ranks save the same objects");
    for (size_t i = 0; i < indices[k].size(); i++)
      texts[kTensorKey + snapshot.tensors()[indices[k][i]].name] = checksum_text(shares[k].tensors[i]);
  }
  for (const auto& [path, value] : snapshot.values()) texts[kValueKey + path] = value;
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
  return concat(kFrame[0], checksum_text(sum), kFrame[1], body, kFrame[2]);
}

Manifest read_manifest(const char* op, const std::string& path, Poll poll) {
  const File file = File::open(op, path + kManifestFile, Links::kRefuse);
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
  if (head.compare(0, kFrame[0].size(), kFrame[0]) != 0 ||
      head.substr(kFrame[0].size() + kDigits) != kFrame[1] || part(end, kFrame[2].size()) != kFrame[2])
    file.corrupt(0, "a manifest begins and ends in another way; is it of a checkpoint?");
  uint32_t sum = 0;
  Manifest out;
  out.texts = read_texts(file, begin, end, poll, &sum);
  if (head.substr(kFrame[0].size(), kDigits) != checksum_text(sum))
    file.corrupt(begin, "the checksum of the manifest is another: got ", checksum_text(sum), " for ",
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
  if (out.texts.count("shares")) {
    const int64_t shares = integer("shares");
    if (shares < 2 || shares > kMostShares)
      file.corrupt(begin, "'shares' must be an integer from 2 to ", kMostShares, ": got ", shares,
                   "; is it of a checkpoint?");
    out.shares = static_cast<int>(shares);
  }
  file.check_unchanged();
  return out;
}

}  // namespace tl::io
