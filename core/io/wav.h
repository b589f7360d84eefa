// WAV files: sound in RIFF's chunks, uncompressed, as f32. Read by code of ours and not by libsndfile, which brings six more libraries
// (FLAC, Vorbis, Opus, MP3) into every process that trains, to read a format of two chunks.
#pragma once

#include "core/io/input.h"
#include "core/tensor/tensor.h"

namespace tl::io {

struct Sound {
  Tensor samples;    // f32 (frames, channels)
  int32_t rate = 0;  // frames a second
};

// Samples of 8, 16, 24 or 32 bits are divided by 2^(bits - 1), so that they lie in [-1, 1); floats of 32 and 64 bits stay as they are,
// rounded to f32. Memory is that of the tensor, four bytes a sample, and 1 MiB.
//
// Throws kCorruptData (no RIFF file of the kind WAVE, chunks that do not fit the file, no format before the data, a format that contradicts
// itself), kUnsupported (compressed sound, big-endian or 64-bit RIFF, other numbers of bits), and what Input throws. A flipped bit
// among the samples cannot be seen: the format has no checksum.
Sound read_wav(Context& context, const Input& input);

}  // namespace tl::io
