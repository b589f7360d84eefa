// What every engine must give alike: each operation on tensors of many sizes.
#pragma once

#include <string>
#include <vector>

#include "core/dist/group.h"

namespace tl::test {

// Numbers of a rank's own.
inline Tensor some(Context& c, DType dtype, const Shape& shape, int rank) {
  Tensor t = c.allocate(dtype, shape);
  std::byte* bytes = t.mutable_raw();
  for (int64_t i = 0; i < shape.elements(); i++) {
    const double value = static_cast<double>((rank * 1000 + i) * 7919 % 10'007) / 137 - 36;
    switch (dtype) {
      case DType::kF32: reinterpret_cast<float*>(bytes)[i] = static_cast<float>(value); break;
      case DType::kF64: reinterpret_cast<double*>(bytes)[i] = value; break;
      case DType::kI32: reinterpret_cast<int32_t*>(bytes)[i] = static_cast<int32_t>(value); break;
      case DType::kI64: reinterpret_cast<int64_t*>(bytes)[i] = static_cast<int64_t>(value); break;
      default: bytes[i] = static_cast<std::byte>(static_cast<int>(value) & 1);
    }
  }
  return t;
}

inline std::string bytes_of(const std::vector<Tensor>& tensors) {
  std::string out;
  for (const Tensor& t : tensors) {
    out += text(t.shape()) + name_of(t.dtype());
    out.append(reinterpret_cast<const char*>(t.raw()),
               static_cast<size_t>(t.elements()) * size_of(t.dtype()));
  }
  return out;
}

// Every operation, on small tensors, large ones, and lists of both; what each gives, as bytes.
inline std::string everything(int rank, Context& c, dist::Group& g) {
  using dist::Reduction;
  constexpr const char* kOp = "test";
  std::string out;
  const Shape shapes[] = {{}, {0, 3}, {12, 5}, {24, 700}, {12 * 1501, 7}};
  for (const Shape& shape : shapes) {
    const Tensor x = some(c, DType::kF32, shape, rank);
    for (Reduction r : {Reduction::kSum, Reduction::kMean, Reduction::kMin, Reduction::kSumByPairs})
      if (r != Reduction::kSumByPairs || g.size() != 3)
        out += bytes_of(g.all_reduce(kOp, Span<const Tensor>(&x, 1), r));
    out += bytes_of({g.reduce(kOp, x, Reduction::kSum, g.size() - 1)});
    out += bytes_of(g.broadcast(kOp, Span<const Tensor>(&x, 1), g.size() / 2));
    if (shape.rank() > 0) {
      out += bytes_of({g.reduce_scatter(kOp, x, Reduction::kSum)});
      if (shape[0] % g.size() == 0) out += bytes_of({g.all_to_all(kOp, x)});
    }
    std::vector<int64_t> rows;
    Shape own = shape;
    if (shape.rank() > 0 && shape[0] > 0) own[0] = shape[0] * (rank % 3) / 2;
    out += bytes_of({g.all_gather(kOp, some(c, DType::kI64, own, rank), &rows)});
    for (const int64_t n : rows) out += std::to_string(n) + ",";
  }
  // Beyond what two ranks give each other whole.
  const Tensor large = some(c, DType::kF64, {300'003}, rank);
  out += bytes_of(g.all_reduce(kOp, Span<const Tensor>(&large, 1), Reduction::kSum));
  std::vector<Tensor> list;
  const DType dtypes[] = {DType::kF32, DType::kF64, DType::kI32, DType::kU8, DType::kI64};
  for (int k = 0; k < 23; k++)
    list.push_back(some(c, dtypes[k % 5], k % 7 == 3 ? Shape{20'000 + k, 3} : Shape{k * 13, 5}, rank + k));
  out += bytes_of(g.all_reduce(kOp, list, Reduction::kSum));
  out += bytes_of(g.all_reduce(kOp, list, Reduction::kSum, dist::Wire::kBf16));
  out += bytes_of(g.broadcast(kOp, list, 0));
  std::vector<int> roots;
  for (size_t k = 0; k < list.size(); k++) roots.push_back(static_cast<int>(k * 7 % 5) % g.size());
  out += bytes_of(g.broadcast_each(kOp, list, roots));
  out +=
      bytes_of(g.broadcast_each(kOp, Span<const Tensor>(list.data(), 2), Span<const int>(roots.data(), 2)));
  g.barrier(kOp);
  return out;
}

}  // namespace tl::test
