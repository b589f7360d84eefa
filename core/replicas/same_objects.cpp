#include "core/replicas/same_objects.h"

#include <algorithm>
#include <cstring>
#include <sstream>
#include <vector>

#include "core/base/error.h"

namespace tl::replicas {

// One line for each value: its path and kind. Paths have no line breaks that would matter: both sides are made alike.
std::string objects_in(const State& state) {
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

// The states differ: all ranks see all lists, and find the same line.
void tell_difference(const GroupPtr& group, const char* op, const std::string& mine) {
  std::vector<int64_t> sizes;
  const Tensor all =
      group->all_gather(op, bytes_of(group->context(), mine, static_cast<int64_t>(mine.size())), &sizes);
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
    fail(Code::kMismatch, "[", op, "] all ranks must have the same objects: rank ", rank,
         " differs from rank 0 in '", b, "' and '", a,
         "'; add the same ones everywhere, and build layers and optimizers first");
  }
  fail(Code::kMismatch, "[", op, "] all ranks must have the same objects: got other ones");
}

void check_same_objects(const GroupPtr& group, const char* op, const State& mine, int64_t step) {
  const std::string objects = objects_in(mine);
  const Tensor said = group->context().allocate(DType::kI64, Shape{1, 2});
  said.mutable_data<int64_t>()[0] = step;
  said.mutable_data<int64_t>()[1] = hash_of(objects);
  const Tensor gathered = group->all_gather(op, said);
  const int64_t* const all = gathered.data<int64_t>();
  for (int rank = 1; rank < group->size(); rank++) {
    if (all[2 * rank] != all[0])
      fail(Code::kMismatch, "[", op, "] all ranks must be at the same step: rank ", rank,
           " differs from rank 0 in the step: ", all[2 * rank], " and ", all[0],
           "; vote before each step, and bring ranks to one step first where some are new");
    if (all[2 * rank + 1] != all[1]) tell_difference(group, op, objects);
  }
}

}  // namespace tl::replicas
