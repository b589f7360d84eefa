// What image.cpp needs of the two decoders. They read whole files in memory.
#pragma once

#include "core/io/image.h"

namespace tl::io {

using ByteSpan = Span<const unsigned char>;

Tensor decode_png(Context& context, const Input& input, ByteSpan bytes, int channels, Budget& budget);
Tensor decode_jpeg(Context& context, const Input& input, ByteSpan bytes, int channels, Budget& budget);

}  // namespace tl::io
