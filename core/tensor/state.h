// State: what an object must keep so that another one, made in the same way, goes on exactly where it was. Named values: tensors,
// integers, numbers and text, under paths such as "optimizer/adam/dense/kernel/m".
//
// Whatever has such state offers two functions:
//
//   void save(State& state, const std::string& prefix) const;
//       Adds its values under "<prefix>/...". Tensors are shared, not copied: they never change, so a State is a snapshot of its
//       moment that costs nothing. Which paths there are, and of which kinds, follows from how the object was made, not from
//       where it is: that is what a checkpoint is compared with before anything of it is restored.
//   PendingRestorePtr prepare(const State& state, const std::string& prefix);
//       Gets all that it needs to take its values from there, and changes nothing: it throws for values that it does not accept, and
//       when there is no memory. What it returns takes them and cannot fail, so that several objects change together or not at all.
//       What stands there under other paths is not its business.
//
// This file knows no files, no variables and no format.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <variant>

#include "core/base/error.h"
#include "core/tensor/tensor.h"

namespace tl {

using StateValue = std::variant<Tensor, std::int64_t, double, std::string>;

// "f32 (2, 3)", "an integer", "a number", "text".
std::string kind_text(const StateValue& value);

// "<prefix>/<name>"; the name alone where the prefix is empty.
inline std::string joined_path(const std::string& prefix, const std::string& name) {
  return prefix.empty() ? name : concat(prefix, "/", name);
}

// Values by path, in the order of the bytes of their paths.
class State {
 public:
  using Values = std::map<std::string, StateValue>;

  // Throws kInvalidArgument for an empty path, a path that is taken, and a tensor that is null or holds no data.
  void set(const std::string& path, StateValue value);
  // Null where there is none.
  const StateValue* find(const std::string& path) const;

  // The value of a kind: Tensor, std::int64_t, double or std::string. Throws kInvalidArgument, with the path, where there is none or
  // one of another kind.
  template <class T>
  const T& get(const std::string& path) const {
    const StateValue* value = find(path);
    const T* found = value ? std::get_if<T>(value) : nullptr;
    if (!found) lacks(path, value, StateValue(T()).index());
    return *found;
  }

  Values::const_iterator begin() const { return values_.begin(); }
  Values::const_iterator end() const { return values_.end(); }
  size_t size() const { return values_.size(); }
  bool empty() const { return values_.empty(); }

 private:
  [[noreturn]] static void lacks(const std::string& path, const StateValue* value, size_t wanted);
  Values values_;
};

// A restore of an object behind which all lies that can fail. The object lives as long.
class PendingRestore {
 public:
  virtual ~PendingRestore() = default;
  PendingRestore(const PendingRestore&) = delete;
  PendingRestore& operator=(const PendingRestore&) = delete;
  virtual void take() noexcept = 0;  // once

 protected:
  PendingRestore() = default;
};
using PendingRestorePtr = std::unique_ptr<PendingRestore>;

// One that calls f(), which throws nothing.
template <class F>
PendingRestorePtr pending_restore(F f) {
  class Call final : public PendingRestore {
   public:
    explicit Call(F call) : call_(std::move(call)) {}
    void take() noexcept override { call_(); }

   private:
    F call_;
  };
  return std::make_unique<Call>(std::move(f));
}

}  // namespace tl
