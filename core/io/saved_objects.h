// SavedObjects: what a checkpoint is made of, by name, and how all of it is taken back: everything or nothing, and never silently
// less. Each object keeps state as core/tensor/state.h describes; what it is, is not known here. No files either.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/tensor/state.h"

namespace tl::io {

class Stateful {
 public:
  virtual ~Stateful() = default;
  // As core/tensor/state.h has them.
  virtual void save(State& state, const std::string& prefix) const = 0;
  virtual PendingRestorePtr prepare(const State& state, const std::string& prefix) = 0;
};

// How a state differs from the one that objects have a place for. Paths in order.
struct StateDifference {
  std::vector<std::string> missing;  // there is a place, and no value
  std::vector<std::string> extra;    // there is a value, and no place
  std::vector<std::string> other;    // of another kind, dtype or shape: "path: f32 (2,) instead of f32 (3,)"
  std::vector<std::string>
      refused;  // an object does not take its values: "name: why". Found by preparing only
  bool empty() const { return missing.empty() && extra.empty() && other.empty() && refused.empty(); }
  // "missing: a, b; extra: c", at most `most` of each with the number of the others.
  std::string text(size_t most) const;
};
StateDifference difference(const State& wanted, const State& found);

class SavedObjects {
 public:
  // Throws kInvalidArgument for a name that is empty or taken, and for a null object.
  void add(const std::string& name, std::shared_ptr<Stateful> object);
  bool has(const std::string& name) const;
  size_t size() const { return objects_.size(); }

  // A snapshot of all of them; each object's paths begin with its name.
  State save() const;
  // What takes all values from a state. Throws kInvalidArgument with lists of at most 20 names where it is not of exactly the paths and
  // kinds that save() gives now, and what an object throws that does not accept its values, or finds no memory. Nothing changes before
  // what is returned takes them. The objects live as long.
  PendingRestorePtr prepare(const State& state) const;
  // Of those that are there and fit; the others stay, and so does each object that does not take its values. *left: what does not
  // take part. Throws kOutOfMemory, and nothing for values.
  PendingRestorePtr prepare_partly(const State& state, StateDifference* left) const;

 private:
  PendingRestorePtr prepare_all(const State& state, StateDifference* left) const;
  std::vector<std::pair<std::string, std::shared_ptr<Stateful>>> objects_;
};

}  // namespace tl::io
