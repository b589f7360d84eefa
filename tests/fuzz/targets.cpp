// One fuzz target a reader; TARGET chooses which this program is. See README.md.
#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "core/base/error.h"
#include "core/data/idx.h"
#include "core/io/cifar.h"
#include "core/io/csv.h"
#include "core/io/example.h"
#include "core/io/image.h"
#include "core/io/json_lines.h"
#include "core/io/npy.h"
#include "core/io/npz.h"
#include "core/io/record_writer.h"
#include "core/io/tfrecord.h"
#include "core/io/wav.h"

using namespace tl;
using namespace tl::io;

namespace {

using Bytes = Span<const std::byte>;

MemoryInput memory(const Context& context, Bytes bytes) {
  return MemoryInput(context, "fuzz", "input", bytes);
}

void npy(Context& c, Bytes b) { read_npy(c, memory(c, b)); }
void npz(Context& c, Bytes b) { read_npz(c, memory(c, b), 0); }
void json(Context& c, Bytes b) { read_json_lines(c, memory(c, b), {}); }
void png(Context& c, Bytes b) { read_image(c, memory(c, b), {}); }
void jpeg(Context& c, Bytes b) { read_image(c, memory(c, b), {3, 0}); }
void wav(Context& c, Bytes b) { read_wav(c, memory(c, b)); }
void example(Context& c, Bytes b) { read_example(c, memory(c, b)); }

// The first byte chooses how the table is read.
void csv(Context& c, Bytes b) {
  if (b.empty()) return;
  const auto choice = static_cast<unsigned>(b[0]);
  CsvOptions options;
  options.header = (choice & 1) == 0;
  options.delimiter = (choice & 2) ? ';' : ',';
  if (choice & 4) options.types = "fdilub?c-";
  if (choice & 8) options.missing = "?";
  read_csv(c, memory(c, Bytes(b.data() + 1, b.size() - 1)), options);
}

void tfrecord(Context& c, Bytes b) {
  TfRecords records(std::make_unique<MemoryInput>(c, "fuzz", "input", b));
  for (int64_t i = 0; i < records.size(); i++) records.read(c, i);
}

void cifar(Context& c, Bytes b) {
  const MemoryInput input = memory(c, b);
  read_cifar(c, {&input}, b.size() % 2 ? Cifar::k10 : Cifar::k100);
}

// The one reader that wants a path.
void idx(Context& c, Bytes b) {
  const int file = memfd_create("idx", 0);
  if (file < 0 || write(file, b.data(), b.size()) != static_cast<ssize_t>(b.size())) abort();
  const std::string path = "/proc/self/fd/" + std::to_string(file);
  try {
    data::read_idx(c, path);
  } catch (...) {
    close(file);
    throw;
  }
  close(file);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  ContextOptions options;
  options.threads = 1;
  Context context(options);
  try {
    TARGET(context, Bytes(reinterpret_cast<const std::byte*>(data), size));
  } catch (const Error& error) {
    if (error.code() == Code::kInternal || error.message().find("[") != 0) abort();
  }
  if (context.live_tensors() != 0 || context.allocator().stats().live_bytes != 0) abort();
  return 0;
}

#ifdef MEND_CHECKSUMS
extern "C" size_t LLVMFuzzerMutate(uint8_t* data, size_t size, size_t most);

// Almost every change of a TFRecord file spoils a checksum. After a change this mends those of the records whose lengths fit.
extern "C" size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t most, unsigned seed) {
  size = LLVMFuzzerMutate(data, size, most);
  if (seed % 8 == 0) return size;
  for (size_t at = 0; size - at >= 16;) {
    uint64_t length;
    std::memcpy(&length, data + at, 8);
    uint32_t crc = masked_crc32c({reinterpret_cast<const char*>(data) + at, 8});
    std::memcpy(data + at + 8, &crc, 4);
    if (length > size - at - 16) break;
    crc = masked_crc32c({reinterpret_cast<const char*>(data) + at + 12, length});
    std::memcpy(data + at + 12 + length, &crc, 4);
    at += 16 + length;
  }
  return size;
}
#endif
