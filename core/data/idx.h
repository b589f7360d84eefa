// Reads IDX files, the format of the MNIST family: a header of sizes, then the elements, all big-endian.
// It knows one file at a time; idx_folder.h finds those that belong together. It does not write IDX.
#pragma once

#include <cstdint>
#include <string>

#include "core/tensor/context.h"
#include "core/tensor/tensor.h"

namespace tl::data {

// Whether a path may be a symbolic link: kIo where it may not.
enum class Links { kFollowed, kRefused };

// The tensor in `path`, plain or compressed by gzip (told by the first two bytes, not by the name).
//
// Shape: the sizes of the header, rank 0 to 8, zero sizes included. Dtypes: unsigned bytes give u8, 32-bit
// integers i32, floats f32, doubles f64; signed bytes and 16-bit integers, for which there is no dtype, are
// widened to i32.
//
// Throws kInvalidArgument (an empty path), kNotFound (no such file), kIo (a directory or a device, no
// permission, a failing disk, a file that changes while it is read), kCorruptData (the content contradicts the format or its own header: too short,
// too long, an unknown type code, a bad checksum, bytes behind the compressed data that are no further gzip
// member) and kOutOfMemory, also for a tensor of more than `max_bytes`. Where that is 0, it is the size of the file as it is, times
// 2 or 4 where elements are widened so, and 63 MiB: a small compressed file may hold any amount of zeros. The sizes of the header are
// compared with the file before memory is asked for, so a header that lies costs nothing. Besides the tensor at most 1 MiB is used. A bit that flipped among plain elements cannot be seen, because the format has
// no checksum; gzip has one.
Tensor read_idx(Context& context, const std::string& path, uint64_t max_bytes = 0,
                Links links = Links::kFollowed);

}  // namespace tl::data
