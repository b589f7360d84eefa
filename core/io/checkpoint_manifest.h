// The manifest of a checkpoint as text: what checkpoint.h says of it, and what stands in it under which key. It opens no file of tensors.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/io/checkpoint.h"

namespace tl::io {

constexpr const char* kManifestFile = "/manifest.json";
constexpr int kMostShares = 1024;
// "/tensors.safetensors", or that of a share among several, "/tensors-00002-of-00004.safetensors": made from numbers, never read.
std::string tensors_file(int share, int shares);

// Keys: of each tensor, and of each value that is none; of the size of a file of tensors, and of the checksum of its header.
constexpr const char* kTensorKey = "tensor/";
constexpr const char* kValueKey = "value/";
struct ShareKeys {
  ShareKeys(int share, int shares);
  const std::string bytes, header;
};

// A value that is no tensor as it stands there: kBytesValue for a text that stands among the tensors.
constexpr const char* kBytesValue = "bytes";
bool is_plain(const std::string& text);
std::string value_text(const StateValue& value);
std::optional<StateValue> value_of(std::string_view text);
std::string checksum_text(uint32_t number);

// shares: what each has written. Throws kInvalidArgument for more values than a manifest takes, kMismatch for a share of other tensors.
std::string manifest_text(const char* op, const CheckpointInfo& info, const Snapshot& snapshot,
                          Span<const SafetensorsChecksums> shares);

struct Manifest {
  CheckpointInfo info;
  int shares = 1;
  Texts texts;

  // f(rest of the key, text) for each key that begins so.
  template <class F>
  void for_each(const std::string& start, F&& f) const {
    for (auto it = texts.lower_bound(start);
         it != texts.end() && it->first.compare(0, start.size(), start) == 0; ++it)
      f(it->first.substr(start.size()), it->second);
  }
};
// Throws kNotFound, kIo, kCorruptData, kUnsupported (a newer format).
Manifest read_manifest(const char* op, const std::string& path, Poll poll);

}  // namespace tl::io
