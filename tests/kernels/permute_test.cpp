// Transpositions against a loop over elements: sizes around the edges of tiles and blocks, rows a power of two apart, every
// element size, every order of four axes.
#include <algorithm>
#include <catch2/catch.hpp>
#include <cstring>
#include <vector>

#include "core/kernels/permute.h"
#include "core/tensor/context.h"

namespace tl::test {
namespace {

// Fails unless permute gives what a loop over the elements gives, and leaves the bytes behind the result alone.
void check_permutation(Context& context, const Shape& shape, const std::vector<int>& permutation,
                       size_t size) {
  const size_t n = static_cast<size_t>(shape.elements());
  INFO(text(shape) << " of " << size << " bytes, axis 0 of the result is axis " << permutation[0]);
  std::vector<std::byte> from(n * size), to(n * size + 64, std::byte{0x5A}), expected = to;
  for (size_t i = 0; i < from.size(); i++) from[i] = static_cast<std::byte>((i * 2654435761u) >> 13);
  int64_t strides[kMaxRank], next = 1;
  for (int i = shape.rank() - 1; i >= 0; i--) {
    strides[i] = next;
    next *= shape[i];
  }
  std::vector<int64_t> index(permutation.size(), 0);
  for (size_t at = 0; at < n; at++) {
    int64_t source = 0;
    for (size_t i = 0; i < index.size(); i++) source += index[i] * strides[permutation[i]];
    std::memcpy(&expected[at * size], &from[static_cast<size_t>(source) * size], size);
    for (size_t i = index.size(); i-- > 0;) {
      if (++index[i] < shape[permutation[i]]) break;
      index[i] = 0;
    }
  }
  kernels::permute(context, from.data(), to.data(), shape, permutation.data(), size);
  CHECK(to == expected);
}

Context make_context(int threads) {
  ContextOptions options;
  options.threads = threads;
  return Context(options);
}

}  // namespace

TEST_CASE("matrices of all sizes are transposed", "[kernels][permute]") {
  for (int threads : {1, 3}) {
    Context context = make_context(threads);
    for (size_t size : {1, 4, 8}) {
      for (int64_t rows : {1, 2, 3, 5, 16, 17, 63, 64, 65, 130})
        for (int64_t cols : {1, 2, 3, 4, 7, 8, 15, 16, 33, 64, 129})
          check_permutation(context, {rows, cols}, {1, 0}, size);
      check_permutation(context, {2048, 130}, {1, 0}, size);
      check_permutation(context, {300, 70, 64}, {2, 0, 1}, size);
    }
  }
}

TEST_CASE("large matrices are transposed", "[kernels][permute][long]") {
  for (int threads : {1, 3}) {
    Context context = make_context(threads);
    for (size_t size : {1, 4, 8}) {
      // Rows a power of two apart go through blocks.
      check_permutation(context, {1024, 1024}, {1, 0}, size);
      check_permutation(context, {1027, 512}, {1, 0}, size);
      check_permutation(context, {512, 1027}, {1, 0}, size);
      check_permutation(context, {5, 65536}, {1, 0}, size);
      check_permutation(context, {65536, 5}, {1, 0}, size);
      check_permutation(context, {3, 512, 1000}, {0, 2, 1}, size);
    }
  }
}

TEST_CASE("all orders of four axes are right", "[kernels][permute]") {
  for (int threads : {1, 3}) {
    Context context = make_context(threads);
    for (const Shape& shape :
         {Shape{3, 5, 4, 7}, Shape{2, 1, 33, 9}, Shape{17, 16, 20, 32}, Shape{4, 3, 2, 0}}) {
      std::vector<int> permutation = {0, 1, 2, 3};
      do {
        for (size_t size : {1, 4, 8}) check_permutation(context, shape, permutation, size);
      } while (std::next_permutation(permutation.begin(), permutation.end()));
    }
  }
}

}  // namespace tl::test
