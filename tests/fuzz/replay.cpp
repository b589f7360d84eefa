// The fuzz targets without a fuzzer, for builds of any compiler: every seed, its prefixes, and a fixed number of random changes of
// it. It shows that targets and seeds work, and finds what lies near the seeds; what is further away only a fuzzer finds.
//
//   fuzz_replay FOLDER CHANGES    FOLDER/TARGET/NAME are the seeds
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

#include "tests/fuzz/targets.h"

extern "C" int LLVMFuzzerInitialize(int*, char*** arguments);
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);
extern "C" size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t most, unsigned seed);

namespace {

constexpr size_t kMost = 8192;  // bytes of an input
std::mt19937 random_bits(1);
char now[512];  // what is being read, for who finds a crash

size_t below(size_t end) { return end ? random_bits() % end : 0; }

void say_what_failed(int) {
  const char* text = "FAILED  ";
  if (write(2, text, std::strlen(text)) > 0 && write(2, now, std::strlen(now)) > 0) (void)!write(2, "\n", 1);
  signal(SIGABRT, SIG_DFL);
}

std::string changed(const std::string& bytes, unsigned seed) {
  std::vector<uint8_t> data(bytes.begin(), bytes.end());
  data.resize(std::max(kMost, bytes.size()));
  const size_t size = LLVMFuzzerCustomMutator(data.data(), bytes.size(), data.size(), seed);
  return std::string(data.begin(), data.begin() + static_cast<std::ptrdiff_t>(size));
}

}  // namespace

// A few of what libFuzzer does to bytes.
extern "C" size_t LLVMFuzzerMutate(uint8_t* data, size_t size, size_t most) {
  static const uint64_t extremes[] = {0,      1,          0x7f,       0x80,      0xff,      0x7fff,
                                      0xffff, 0x7fffffff, 0xffffffff, INT64_MAX, UINT64_MAX};
  for (size_t changes = 1 + below(3); changes > 0; changes--) {
    const size_t at = below(size);
    switch (below(6)) {
      case 0:
        if (size) data[at] = static_cast<uint8_t>(data[at] ^ 1 << below(8));
        break;
      case 1:
        if (size) data[at] = static_cast<uint8_t>(random_bits());
        break;
      case 2: {
        const uint64_t value = extremes[below(std::size(extremes))];
        std::memcpy(data + at, &value, std::min(size - at, size_t{1} << below(4)));
        break;
      }
      case 3: {
        const size_t bytes = below(std::min<size_t>(size - at, 16) + 1);
        std::memmove(data + at, data + at + bytes, size - at - bytes);
        size -= bytes;
        break;
      }
      case 4:
        if (size < most && size) {
          std::memmove(data + at + 1, data + at, size - at);
          data[at] = data[below(size)];
          size++;
        }
        break;
      default: {
        const size_t from = below(size), bytes = below(std::min<size_t>(size - std::max(at, from), 16) + 1);
        std::memmove(data + at, data + from, bytes);
      }
    }
  }
  return size;
}

int main(int count, char** arguments) {
  if (count != 3) return 2;
  const unsigned changes = static_cast<unsigned>(std::atoi(arguments[2]));
  signal(SIGABRT, say_what_failed);
  size_t failed = 0;
  std::vector<std::filesystem::path> targets;
  for (const auto& folder : std::filesystem::directory_iterator(arguments[1]))
    targets.push_back(folder.path());
  std::sort(targets.begin(), targets.end());
  for (const auto& folder : targets) {
    std::string name = folder.filename().string();
    char* program = name.data();
    char** named = &program;
    LLVMFuzzerInitialize(nullptr, &named);
    long inputs = 0, were_read = 0, seeds_read = 0;
    auto read = [&](const std::string& bytes, const std::string& seed, const char* kind, size_t i) {
      std::snprintf(now, sizeof now, "%s: %s, %s %zu", name.c_str(), seed.c_str(), kind, i);
      LLVMFuzzerTestOneInput(reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size());
      inputs++;
      were_read += tl::fuzz::was_read;
    };
    for (const auto& file : std::filesystem::directory_iterator(folder)) {
      std::ifstream in(file.path(), std::ios::binary);
      const std::string bytes{std::istreambuf_iterator<char>(in), {}}, seed = file.path().filename().string();
      const size_t step = 1 + bytes.size() / 128;
      for (size_t n = 0; n < bytes.size(); n += step)
        read(bytes.substr(0, n), seed, "the prefix of bytes", n);
      read(bytes, seed, "whole", 0);
      seeds_read += tl::fuzz::was_read;
      std::string far = bytes;
      for (unsigned i = 0; i < changes; i++) {
        read(changed(bytes, i), seed, "change", i);
        far = changed(i % 16 ? far : bytes, i);
        read(far, seed, "changes up to", i);
      }
    }
    // Seeds that none of is a file of the format would show nothing.
    failed += seeds_read == 0;
    std::printf("%s %-12s %6ld inputs, %6ld of them read, %2ld of the seeds\n",
                seeds_read ? "ok     " : "FAILED ", name.c_str(), inputs, were_read, seeds_read);
  }
  std::printf("%zu passed, %zu failed\n", targets.size() - failed, failed);
  return targets.empty() || failed;
}
