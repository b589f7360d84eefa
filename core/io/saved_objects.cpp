#include "core/io/saved_objects.h"

#include <algorithm>

namespace tl::io {
namespace {

bool same_kind(const StateValue& a, const StateValue& b) {
  if (a.index() != b.index()) return false;
  const Tensor* t = std::get_if<Tensor>(&a);
  if (!t) return true;
  const Tensor& u = std::get<Tensor>(b);
  return t->dtype() == u.dtype() && t->shape() == u.shape();
}

void append_list(std::string& out, const char* what, const std::vector<std::string>& names, size_t most) {
  if (names.empty()) return;
  out += concat(out.empty() ? "" : "; ", what, ": ");
  for (size_t i = 0; i < std::min(names.size(), most); i++) out += concat(i ? ", " : "", "'", names[i], "'");
  if (names.size() > most) out += concat(" and ", names.size() - most, " more");
}

}  // namespace

std::string StateDifference::text(size_t most) const {
  std::string out;
  append_list(out, "missing", missing, most);
  append_list(out, "extra", extra, most);
  append_list(out, "of another kind", other, most);
  append_list(out, "refused", refused, most);
  return out;
}

StateDifference difference(const State& wanted, const State& found) {
  StateDifference out;
  for (const auto& [path, value] : wanted) {
    const StateValue* there = found.find(path);
    if (!there)
      out.missing.push_back(path);
    else if (!same_kind(value, *there))
      out.other.push_back(concat(path, ": ", kind_text(*there), " instead of ", kind_text(value)));
  }
  for (const auto& [path, value] : found)
    if (!wanted.find(path)) out.extra.push_back(path);
  return out;
}

void SavedObjects::add(const std::string& name, std::shared_ptr<Stateful> object) {
  if (name.empty())
    invalid("[checkpoint] an object needs a name: got an empty text; name it as in the program");
  if (!object) invalid("[checkpoint] '", name, "' must be an object: got null; was it made?");
  if (has(name))
    invalid("[checkpoint] each object needs a name of its own: got '", name,
            "' twice; rename one of the two");
  objects_.emplace_back(name, std::move(object));
}

bool SavedObjects::has(const std::string& name) const {
  return std::any_of(objects_.begin(), objects_.end(), [&](const auto& o) { return o.first == name; });
}

State SavedObjects::save() const {
  State state;
  for (const auto& [name, object] : objects_) object->save(state, name);
  return state;
}

PendingRestorePtr SavedObjects::prepare(const State& state) const {
  const StateDifference differs = difference(save(), state);
  if (!differs.empty())
    invalid("[checkpoint] it must hold exactly what the objects have a place for: got ", differs.text(20),
            "; make the objects as in the program that saved it (build layers and optimizers first), or "
            "restore partly");
  return prepare_all(state, nullptr);
}

PendingRestorePtr SavedObjects::prepare_partly(const State& state, StateDifference* left) const {
  const State before = save();
  *left = difference(before, state);
  State merged;
  for (const auto& [path, value] : before) {
    const StateValue* there = state.find(path);
    merged.set(path, there && same_kind(value, *there) ? *there : value);
  }
  return prepare_all(merged, left);
}

// With `left`, objects that do not take their values go there; what is no fault of values is thrown all the same.
PendingRestorePtr SavedObjects::prepare_all(const State& state, StateDifference* left) const {
  std::vector<PendingRestorePtr> all;
  all.reserve(objects_.size());
  for (const auto& [name, object] : objects_) {
    try {
      all.push_back(object->prepare(state, name));
    } catch (const Error& e) {
      if (!left || (e.code() != Code::kInvalidArgument && e.code() != Code::kCorruptData)) throw;
      left->refused.push_back(concat(name, ": ", e.message()));
    }
  }
  return pending_restore([all = std::move(all)] {
    for (const PendingRestorePtr& one : all) one->take();
  });
}

}  // namespace tl::io
