// npz files: a zip archive of npy files, NumPy's format of several named arrays, stored or deflated. The archive is read and
// written by minizip; nothing is ever unpacked to a path, so that a name is nothing but a name.
#pragma once

#include <string>
#include <vector>

#include "core/io/bundle.h"
#include "core/io/input.h"
#include "core/io/output.h"

namespace tl::io {

// The arrays in the order of the archive, by their names without ".npy", as read_npy() gives them.
//
// Tensors take at most `max_bytes` together, 0 for the size of the file and 64 MiB: a small archive may promise any amount of
// memory, and one that is honest but compresses better than that needs the option. What a member promises is compared with what
// is left of it before memory is asked for.
//
// Throws kCorruptData (no zip archive, a checksum that does not fit, a member that is no npy file or ends too early, a name that
// is empty, holds a NUL or comes twice), kUnsupported (an encrypted member, another compression, what read_npy() does not read),
// kOutOfMemory (more than max_bytes), and what Input throws.
Bundle read_npz(Context& context, const Input& input, uint64_t max_bytes);

struct NamedTensor {
  std::string name;
  Tensor tensor;
};

// Writes what numpy.savez writes, or with `compress` numpy.savez_compressed. Throws kInvalidArgument for a name that is empty,
// longer than 65,000 bytes or comes twice, and what OutputFile throws.
void write_npz(const char* op, OutputFile& file, const std::vector<NamedTensor>& tensors, bool compress);

}  // namespace tl::io
