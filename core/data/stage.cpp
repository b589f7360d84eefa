#include "core/data/stage.h"

#include "core/base/error.h"
#include "core/base/philox.h"

namespace tl::data {

// Keeps the seeds of elements apart from the streams of shuffles and of ops.
constexpr uint64_t kPlaceStream = 0x706c616365736565;

void Control::fail_stopped() { fail(Code::kCancelled, "[dataset_next] the pipeline is ending"); }

int64_t Stage::skip(int64_t count) {
  Element dropped;
  int64_t n = 0;
  while (n < count && next(dropped)) n++;
  return n;
}

Place place_of(uint64_t seed, uint64_t epoch, int64_t index) {
  const PhiloxBlock block = philox_block(seed ^ kPlaceStream, epoch, static_cast<uint64_t>(index));
  return {epoch, index, static_cast<uint64_t>(block[0]) << 32 | block[1]};
}

}  // namespace tl::data
