#include "core/tensor/state.h"

namespace tl {
namespace {

const char* const kKinds[] = {"a tensor", "an integer", "a number", "text"};

}  // namespace

std::string kind_text(const StateValue& value) {
  if (const Tensor* t = std::get_if<Tensor>(&value)) return concat(t->dtype(), " ", t->shape());
  return kKinds[value.index()];
}

void State::set(const std::string& path, StateValue value) {
  if (path.empty()) invalid("[state] a value needs a path: got an empty text; give it a name");
  if (const Tensor* t = std::get_if<Tensor>(&value)) {
    if (!*t) invalid("[state] '", path, "' must be a tensor: got null; was it set?");
    if (t->is_shell())
      invalid("[state] '", path, "' must be a tensor with one value: got one inside vmap, ", t->dtype(), " ",
              t->shape(), "; save what vmap gives");
  }
  if (!values_.emplace(path, std::move(value)).second)
    invalid("[state] each value needs a path of its own: got '", path, "' twice; rename one of the two");
}

const StateValue* State::find(const std::string& path) const {
  auto found = values_.find(path);
  return found == values_.end() ? nullptr : &found->second;
}

void State::lacks(const std::string& path, const StateValue* value, size_t wanted) {
  invalid("[state] '", path, "' must be ", kKinds[wanted], ": got ", value ? kind_text(*value) : "nothing",
          "; was it saved by an object that was made in the same way?");
}

}  // namespace tl
