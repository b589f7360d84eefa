// What the machine can do: multiply-adds a second, and bytes a second from each level of its memory.
#pragma once

#include <cstddef>

namespace tl::bench {

// GFLOP/s of independent chains of float multiply-adds on `threads` threads; 0 where we do not know how to ask.
double peak_gflops(int threads);

// GB/s of a = b + s * c (McCalpin's triad, 12 bytes an element) on `threads` threads at once, each over arrays of `bytes` in all.
double triad_gbs(int threads, size_t bytes);

// Bytes of the data cache of a level from 1 to 3, or a usual size where the system does not say.
size_t cache_bytes(int level);

}  // namespace tl::bench
