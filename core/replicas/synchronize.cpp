#include "core/replicas/synchronize.h"

#include <algorithm>
#include <cstring>
#include <sstream>
#include <string>
#include <vector>

#include "core/base/error.h"

namespace tl::replicas {
namespace {

constexpr const char* kOp = "group_synchronize";
enum : int64_t { kStep, kKinds, kBytes, kFields };  // the columns of what is gathered first

// One line for each value: its path and kind. Paths have no line breaks that would matter: both sides are made alike.
std::string listing(const State& state) {
  std::string out;
  for (const auto& [path, value] : state) out += concat(path, ": ", kind_text(value), "\n");
  return out;
}

// FNV-1a, 64 bits: for telling programs apart that have gone apart, not against anybody.
int64_t hash_of(const std::string& text) {
  uint64_t h = 14695981039346656037u;
  for (char c : text) h = (h ^ static_cast<unsigned char>(c)) * 1099511628211u;
  return static_cast<int64_t>(h);
}

Tensor bytes_of(Context& context, const std::string& text, int64_t size) {
  const Tensor out = context.allocate(DType::kU8, Shape{size});
  auto* const to = reinterpret_cast<char*>(out.mutable_raw());
  const size_t most = std::min(text.size(), static_cast<size_t>(size));
  std::copy_n(text.data(), most, to);
  std::memset(to + most, 0, static_cast<size_t>(size) - most);
  return out;
}

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

// The states differ: all ranks see all lists, and find the same line.
[[noreturn]] void tell_difference(const GroupPtr& group, const std::string& mine) {
  std::vector<int64_t> sizes;
  const Tensor all =
      group->all_gather(kOp, bytes_of(group->context(), mine, static_cast<int64_t>(mine.size())), &sizes);
  const char* at = reinterpret_cast<const char*>(all.raw());
  std::vector<std::string> lists;
  for (int64_t size : sizes) {
    lists.emplace_back(at, static_cast<size_t>(size));
    at += size;
  }
  for (size_t rank = 1; rank < lists.size(); rank++) {
    if (lists[rank] == lists[0]) continue;
    std::istringstream first(lists[0]), other(lists[rank]);
    std::string a, b;
    do {
      if (!std::getline(first, a)) a = "nothing";
      if (!std::getline(other, b)) b = "nothing";
    } while (a == b && (first || other));
    fail(Code::kMismatch, "[", kOp, "] all ranks must have the same objects: rank ", rank,
         " differs from rank 0 in '", b, "' and '", a,
         "'; add the same ones everywhere, and build layers and optimizers first");
  }
  fail(Code::kMismatch, "[", kOp, "] all ranks must have the same objects: got other ones");
}

}  // namespace

Synchronized synchronized(const GroupPtr& group, const State& mine, int64_t step) {
  Context& context = group->context();
  context.note_unreplayable(
      "group_synchronize takes the state of another rank; call it between compiled steps");
  const std::string kinds = listing(mine), values = packed(mine);
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
  if (!same) tell_difference(group, kinds);
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
