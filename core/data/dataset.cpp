// How deep datasets stand behind one another.
#include "core/data/dataset.h"

#include <algorithm>

#include "core/base/error.h"

namespace tl::data {

Dataset::Dataset(std::vector<DatasetPtr> sources) : sources_(std::move(sources)) {
  for (const DatasetPtr& s : sources_) levels_ = std::max(levels_, s->levels_ + 1);
  if (levels_ > kMostLevels)
    invalid("stages of datasets must not stand behind one another more than ", kMostLevels,
            " levels deep: got ", levels_,
            "; concatenate takes all sources at once, and one map does what several do");
}

}  // namespace tl::data
