#include "core/replicas/synchronize.h"

#include <cstring>
#include <string>
#include <vector>

#include "core/base/error.h"
#include "core/replicas/same_objects.h"

namespace tl::replicas {
namespace {

constexpr const char* kOp = "group_synchronize";
enum : int64_t { kStep, kKinds, kBytes, kFields };  // the columns of what is gathered first

// The values that are no tensors, in the order of their paths, which is that of all ranks.
std::string packed(const State& state) {
  std::string out;
  const auto put = [&](const void* from, size_t size) { out.append(static_cast<const char*>(from), size); };
  for (const auto& [path, value] : state) {
    if (const auto* number = std::get_if<int64_t>(&value)) put(number, sizeof *number);
    if (const auto* number = std::get_if<double>(&value)) put(number, sizeof *number);
    if (const auto* text = std::get_if<std::string>(&value)) {
      const uint64_t size = text->size();
      put(&size, sizeof size);
      out += *text;
    }
  }
  return out;
}

class Unpack {
 public:
  explicit Unpack(const Tensor& bytes)
      : at_(reinterpret_cast<const char*>(bytes.raw())), end_(at_ + bytes.bytes()) {}
  template <class T>
  T number() {
    T out;
    std::memcpy(&out, take(sizeof out), sizeof out);
    return out;
  }
  std::string text() {
    const auto size = number<uint64_t>();
    return {take(size), static_cast<size_t>(size)};
  }

 private:
  const char* take(uint64_t size) {
    TL_INVARIANT(size <= static_cast<uint64_t>(end_ - at_));
    const char* const from = at_;
    at_ += size;
    return from;
  }
  const char* at_;
  const char* const end_;
};

}  // namespace

Synchronized synchronized(const GroupPtr& group, const State& mine, int64_t step) {
  Context& context = group->context();
  context.note_unreplayable(
      "group_synchronize takes the state of another rank; call it between compiled steps");
  const std::string kinds = objects_in(mine), values = packed(mine);
  const Tensor said = context.allocate(DType::kI64, Shape{1, kFields});
  int64_t* const own = said.mutable_data<int64_t>();
  own[kStep] = step;
  own[kKinds] = hash_of(kinds);
  own[kBytes] = static_cast<int64_t>(values.size());
  const Tensor gathered = group->all_gather(kOp, said);
  const int64_t* const all = gathered.data<int64_t>();

  Synchronized out;
  bool same = true;
  for (int rank = 0; rank < group->size(); rank++) {
    if (all[rank * kFields + kStep] > all[out.root * kFields + kStep]) out.root = rank;
    same &= all[rank * kFields + kKinds] == all[kKinds];
  }
  if (!same) tell_difference(group, kOp, kinds);
  out.step = all[out.root * kFields + kStep];

  std::vector<Tensor> tensors{bytes_of(context, values, all[out.root * kFields + kBytes])};
  for (const auto& [path, value] : mine)
    if (const auto* tensor = std::get_if<Tensor>(&value)) tensors.push_back(*tensor);
  tensors = group->broadcast(kOp, tensors, out.root);
  Unpack unpack(tensors[0]);
  size_t next = 1;
  for (const auto& [path, value] : mine) {
    if (std::holds_alternative<Tensor>(value)) out.state.set(path, std::move(tensors[next++]));
    if (std::holds_alternative<int64_t>(value)) out.state.set(path, unpack.number<int64_t>());
    if (std::holds_alternative<double>(value)) out.state.set(path, unpack.number<double>());
    if (std::holds_alternative<std::string>(value)) out.state.set(path, unpack.text());
  }
  return out;
}

}  // namespace tl::replicas
