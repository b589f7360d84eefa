#include "core/data/fingerprint.h"

#include <cstring>

#include "core/base/philox.h"

namespace tl::data {
namespace {

// Philox as a hash: each number becomes part of the key of the next.
class Hash {
 public:
  void add(uint64_t word) {
    const PhiloxBlock block = philox_block(state_, word, count_++);
    state_ = static_cast<uint64_t>(block[0]) << 32 | block[1];
  }
  void add(std::string_view text) {
    add(text.size());
    for (char c : text) add(static_cast<uint64_t>(static_cast<unsigned char>(c)));
  }
  uint64_t value() const { return state_; }

 private:
  uint64_t state_ = 0x706c616365730000, count_ = 0;
};

}  // namespace

uint64_t fingerprint(const Dataset& dataset) {
  Hash hash;
  const Settings settings = dataset.settings();
  hash.add(settings.name);
  hash.add(dataset.width());
  hash.add(settings.numbers.size());
  for (int64_t n : settings.numbers) hash.add(static_cast<uint64_t>(n));
  for (const DatasetPtr& source : dataset.sources()) hash.add(fingerprint(*source));
  return hash.value();
}

std::vector<int64_t> bits_of(const std::vector<double>& numbers) {
  std::vector<int64_t> bits(numbers.size());
  if (!numbers.empty()) std::memcpy(bits.data(), numbers.data(), numbers.size() * sizeof(double));
  return bits;
}

}  // namespace tl::data
