// Whether all ranks have the same objects: the same paths, of values of the same kinds. What the values are, nobody looks at.
#pragma once

#include <cstdint>
#include <string>

#include "core/replicas/collectives.h"
#include "core/tensor/state.h"

namespace tl::replicas {

// One line for each value: its path and kind.
std::string objects_in(const State& state);
// FNV-1a, 64 bits: for telling programs apart that have gone apart, not against anybody.
int64_t hash_of(const std::string& text);
// A text as u8, with zeros behind it, or cut off.
Tensor bytes_of(Context& context, const std::string& text, int64_t size);

// What ranks have said of their objects differs, on one of them at least: throws kMismatch with the first rank and value that differ from
// rank 0's. A collective.
[[noreturn]] void tell_difference(const GroupPtr& group, const char* op, const std::string& mine);

// Throws kMismatch, on all ranks, where they have other objects, or are at another step. A collective.
void check_same_objects(const GroupPtr& group, const char* op, const State& mine, int64_t step);

}  // namespace tl::replicas
