// Buffers that outlive their allocator, because somebody outside of its context still uses their memory.
#pragma once

#include "core/tensor/allocator.h"

namespace tl {

// Frees a buffer whose allocator has ended while a reference to it was held, or gives the caller's memory back. From any thread.
void end_orphan(Buffer* buffer) noexcept;

}  // namespace tl
