// The fingerprint of a dataset: two of the same give the same elements at the same places, as far as can be known without looking at
// data or into functions. A saved place holds it, so that a program that has changed its seeds or sizes learns of it instead of going
// on with other elements.
#pragma once

#include <cstdint>

#include "core/data/dataset.h"

namespace tl::data {

// Of a dataset's settings() and widths, and of those of all its sources.
uint64_t fingerprint(const Dataset& dataset);

// The bits of numbers, for settings().
std::vector<int64_t> bits_of(const std::vector<double>& numbers);

}  // namespace tl::data
