#include "core/replicas/outcome.h"

#include <algorithm>
#include <cstring>

#include "core/base/error.h"

namespace tl::replicas {
namespace {

// Bytes of an outcome: its code, and as much of its text as there is room for.
constexpr int64_t kOutcome = 1024;

Tensor packed(const GroupPtr& group, Code code, const std::string& text) {
  group->context().note_unreplayable(
      "ranks wait for what others have done on the host; call it between compiled steps");
  const Tensor said = group->context().allocate(DType::kU8, Shape{1, kOutcome});
  auto* const bytes = reinterpret_cast<char*>(said.mutable_raw());
  std::memset(bytes, 0, static_cast<size_t>(kOutcome));
  const auto number = static_cast<int32_t>(code);
  std::memcpy(bytes, &number, sizeof number);
  const size_t room = static_cast<size_t>(kOutcome) - sizeof number - 1;
  std::copy_n(text.data(), std::min(room, text.size()), bytes + sizeof number);
  return said;
}

// What stands in row `rank`.
Code code_in(const Tensor& rows, int64_t rank, const char** text) {
  const auto* const bytes = reinterpret_cast<const char*>(rows.raw()) + rank * kOutcome;
  int32_t number;
  std::memcpy(&number, bytes, sizeof number);
  *text = bytes + sizeof number;
  return static_cast<Code>(number);
}

Tensor packed(const GroupPtr& group, const std::optional<Error>& mine, const std::string& note) {
  return mine ? packed(group, mine->code(), mine->message()) : packed(group, Code::kOk, note);
}

}  // namespace

std::optional<Error> outcome_of_first(const GroupPtr& group, const char* op, const std::optional<Error>& mine,
                                      std::string* note) {
  const Tensor said = packed(group, mine, note ? *note : std::string());
  const Tensor first = group->broadcast(op, Span<const Tensor>(&said, 1), 0)[0];
  if (group->rank() == 0) return mine;
  const char* text = nullptr;
  const Code code = code_in(first, 0, &text);
  if (code != Code::kOk) return Error(code, text);
  if (note) *note = text;
  return std::nullopt;
}

std::optional<Error> outcome_of_all(const GroupPtr& group, const char* op, const std::optional<Error>& mine) {
  const Tensor all = group->all_gather(op, packed(group, mine, {}));
  for (int64_t rank = 0; rank < group->size(); rank++) {
    const char* text = nullptr;
    const Code code = code_in(all, rank, &text);
    if (code != Code::kOk) return Error(code, concat(text, " (on rank ", rank, ")"));
  }
  return std::nullopt;
}

}  // namespace tl::replicas
