// What libFuzzer calls. The name of the program chooses the target: one program is built, and has a link for each.
#include <cstdlib>
#include <cstring>
#include <string>

#include "core/base/error.h"
#include "tests/fuzz/targets.h"

using namespace tl;
using namespace tl::fuzz;

namespace {
const Target* target = nullptr;
}
bool tl::fuzz::was_read = false;

extern "C" size_t LLVMFuzzerMutate(uint8_t* data, size_t size, size_t most);

extern "C" int LLVMFuzzerInitialize(int*, char*** arguments) {
  const std::string program = (*arguments)[0];
  target = target_named(program.substr(program.rfind('/') + 1));
  if (!target) abort();
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  ContextOptions options;
  options.threads = 1;
  Context context(options);
  was_read = false;
  try {
    target->read(context, Input(reinterpret_cast<const std::byte*>(data), size));
    was_read = true;
  } catch (const Error& error) {
    if (error.code() == Code::kInternal || error.message().find('[') != 0) abort();
  }
  if (context.live_tensors() != 0 || context.allocator().stats().live_bytes != 0) abort();
  return 0;
}

extern "C" size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t most, unsigned seed) {
  if (!target->mend) return LLVMFuzzerMutate(data, size, most);
  if (std::strcmp(target->name, "position") == 0 && seed % 64 == 0) {
    const std::string fresh = some_position(seed / 64);
    if (fresh.size() <= most) std::memcpy(data, fresh.data(), size = fresh.size());
  }
  size = LLVMFuzzerMutate(data, size, most);
  if (seed % 8 == 1) return size;  // as it is, too
  std::string bytes(reinterpret_cast<const char*>(data), size);
  target->mend(bytes);
  if (bytes.size() > most) return size;
  std::memcpy(data, bytes.data(), bytes.size());
  return bytes.size();
}
