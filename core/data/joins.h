// What datasets with several sources check alike.
#pragma once

#include <vector>

#include "core/data/dataset.h"

namespace tl::data {

// Throws kInvalidArgument where there is none, and where their elements are not of one width although they must be.
void check_sources(const char* op, const std::vector<DatasetPtr>& sources, bool same_width);

}  // namespace tl::data
