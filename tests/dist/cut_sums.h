// Sums of lists whose sizes lie on both sides of where tensors are cut: into messages, into ranks' shares, and where they no longer travel
// with the call. Against sums that are made here, element by element.
#pragma once

#include <string>
#include <vector>

#include "core/base/error.h"
#include "core/dist/group.h"

namespace tl::test {

// Exact as bf16, and so are sums of four; or f32 of all sizes.
inline float cut_value(int rank, int64_t i, bool narrow) {
  if (narrow) return static_cast<float>((i * 7 + rank * 13) % 31);
  return static_cast<float>((rank * 977 + i) * 7919 % 10'007) / (rank % 2 ? 137.0f : 0.0137f);
}

// Which sum is wrong where; nothing where none is.
inline std::string wrong_cut_sums(int rank, Context& c, dist::Group& g) {
  const std::vector<std::vector<int64_t>> lists = {
      {0},
      {1},
      {3, 0, 5},
      {4095},
      {4096},
      {4097},        // 16 KiB
      {8191, 8192},  // 32 KiB, below which tensors are packed
      {262'143},
      {262'144},
      {262'145},                                   // 1 MiB, a message
      {524'289, 7, 0, 8191, 0, 8193, 100'003, 1},  // uneven
  };
  for (const dist::Wire wire : {dist::Wire::kAsIs, dist::Wire::kBf16}) {
    const bool narrow = wire == dist::Wire::kBf16;
    std::vector<std::vector<int64_t>> all = lists;
    // 8 MiB, of which two ranks add up half each.
    if (g.size() == 2 && narrow) all.push_back({4'194'305});
    if (g.size() == 2 && !narrow)
      all.insert(all.end(), {{2'097'151}, {2'097'152}, {1'000'003, 5, 0, 1'200'001}});
    for (const std::vector<int64_t>& list : all) {
      std::vector<Tensor> x;
      for (const int64_t n : list) {
        x.push_back(c.allocate(DType::kF32, Shape{n}));
        float* const data = x.back().mutable_data<float>();
        for (int64_t i = 0; i < n; i++) data[i] = cut_value(rank, i, narrow);
      }
      const std::vector<Tensor> sums = g.all_reduce("test", x, dist::Reduction::kSum, wire);
      for (size_t k = 0; k < list.size(); k++)
        for (int64_t i = 0; i < list[k]; i++) {
          double want = 0;
          for (int r = 0; r < g.size(); r++) want += static_cast<double>(cut_value(r, i, narrow));
          const float got = sums[k].data<float>()[i];
          if (got != static_cast<float>(want))
            return concat("rank ", rank, narrow ? ", bf16" : "", ": element ", i, " of ", list[k],
                          ", tensor ", k, ": ", got, ", not ", static_cast<float>(want));
        }
    }
  }
  return {};
}

}  // namespace tl::test
