// Checkpoints of the C API: what is saved.
#include "tapeloop/checkpoint.h"

#include "capi/src/checkpoint_object.h"
#include "core/io/checkpoint.h"
#include "core/io/safetensors.h"
#include "core/tensor/variable_state.h"

using namespace tl;
using namespace tl::capi;

namespace {

constexpr const char* kWrites =
    "it writes a checkpoint, which replays would not write; save outside of the step";

using VariablesOf = std::vector<VariableRef> (*)(Session&, const void* handle, const char* op);

// An object whose state is variables.
class SavedVariables final : public io::Stateful {
 public:
  SavedVariables(Session& session, const void* handle, VariablesOf variables)
      : handle_(session, handle), variables_(variables) {}
  void save(State& state, const std::string& prefix) const override {
    save_variables(state, prefix, variables_(handle_.session(), handle_.get(), "checkpoint"));
  }
  PendingRestorePtr prepare(const State& state, const std::string& prefix) override {
    return prepare_variables(state, prefix, variables_(handle_.session(), handle_.get(), "checkpoint"));
  }

 private:
  HeldHandle handle_;
  VariablesOf variables_;
};

class SavedVariable final : public io::Stateful {
 public:
  explicit SavedVariable(Variable& variable) : variable_(VariableRef::share(&variable)) {}
  void save(State& state, const std::string& path) const override { state.set(path, variable_->value()); }
  PendingRestorePtr prepare(const State& state, const std::string& path) override {
    return prepare_variable(state, path, variable_);
  }

 private:
  VariableRef variable_;
};

class SavedDataset final : public io::Stateful {
 public:
  SavedDataset(Session& session, const void* handle) : handle_(session, handle) {}
  void save(State& state, const std::string& prefix) const override {
    save_dataset(handle_.session(), handle_.get(), state, prefix);
  }
  PendingRestorePtr prepare(const State& state, const std::string& prefix) override {
    return prepare_dataset(handle_.session(), handle_.get(), state, prefix);
  }

 private:
  HeldHandle handle_;
};

class SavedRandom final : public io::Stateful {
 public:
  explicit SavedRandom(Context& context) : context_(context) {}
  void save(State& state, const std::string& prefix) const override {
    const RandomState& random = context_.random();
    state.set(joined_path(prefix, "seed"), static_cast<std::int64_t>(random.seed));
    state.set(joined_path(prefix, "next_call"), static_cast<std::int64_t>(random.next_call));
  }
  PendingRestorePtr prepare(const State& state, const std::string& prefix) override {
    const auto seed = state.get<std::int64_t>(joined_path(prefix, "seed"));
    const auto next_call = state.get<std::int64_t>(joined_path(prefix, "next_call"));
    return pending_restore([this, seed, next_call] {
      context_.random() = {static_cast<uint64_t>(seed), static_cast<uint64_t>(next_call)};
    });
  }

 private:
  Context& context_;
};

template <class F>
tl_status on_checkpoint(tl_checkpoint* checkpoint, const char* op, F&& f) {
  return effect<CheckpointObject>(checkpoint, Kind::kCheckpoint, op, f);
}

std::string checked_name(const char* op, const char* name) {
  std::string as = checked_text(op, "name", name);
  (void)io::quoted(op, "a name", as);
  if (!as.empty()) io::check_tensor_name(op, as);
  return as;
}

// make(session) makes what is saved under the name.
template <class F>
tl_status add(tl_checkpoint* checkpoint, const char* op, const char* name, F&& make) {
  return on_checkpoint(checkpoint, op, [&](Session& s, CheckpointObject& c) {
    const std::string as = checked_name(op, name);
    c.objects.add(as, make(s));
  });
}

// One whose state is variables.
tl_status add_variables(tl_checkpoint* checkpoint, const char* op, const char* name, const void* handle,
                        Kind kind, VariablesOf variables) {
  return add(checkpoint, op, name, [&](Session& s) {
    (void)object_of(s, handle, kind, op, name_of(kind));
    return std::make_shared<SavedVariables>(s, handle, variables);
  });
}

// value_of() gives the value.
template <class F>
tl_status set(tl_checkpoint* checkpoint, const char* op, const char* name, F&& value_of) {
  return on_checkpoint(checkpoint, op, [&](Session&, CheckpointObject& c) {
    const std::string as = checked_name(op, name);
    StateValue value = value_of();
    auto known = c.values.find(as);
    if (known == c.values.end()) {
      auto made = std::make_shared<SavedValue>(std::move(value));
      known = c.values.emplace(as, made).first;
      try {
        c.objects.add(as, made);
      } catch (...) {
        c.values.erase(known);
        throw;
      }
      return;
    }
    StateValue& held = known->second->value;
    if (held.index() != value.index())
      invalid("[", op, "] a value keeps its kind: got ", kind_text(value), " for '", as, "', which is ",
              kind_text(held), "; use another name");
    held = std::move(value);
  });
}

// f(value) for a value of kind T that was set.
template <class T, class F>
tl_status get(tl_checkpoint* checkpoint, const char* op, const char* name, F&& f) {
  return query<CheckpointObject>(checkpoint, Kind::kCheckpoint, op, [&](Session&, CheckpointObject& c) {
    auto known = c.values.find(checked_text(op, "name", name));
    const T* value = known == c.values.end() ? nullptr : std::get_if<T>(&known->second->value);
    if (!value)
      invalid("[", op, "] the value must have been set as ", kind_text(StateValue(T())), ": got '", name,
              "', which is ", known == c.values.end() ? "not there" : kind_text(known->second->value),
              "; set it before restoring");
    f(*value);
  });
}

}  // namespace

extern "C" {

TL_API tl_checkpoint* tl_checkpoint_new(tl_context* context) {
  return make(context, "checkpoint_new", [&](Session& s) {
    return make_object<tl_checkpoint>(s, Kind::kCheckpoint, new CheckpointObject);
  });
}

TL_API tl_status tl_checkpoint_add_variable(tl_checkpoint* checkpoint, const char* name,
                                            tl_tensor* variable) {
  constexpr const char* op = "checkpoint_add_variable";
  return add(checkpoint, op, name, [&](Session& s) {
    return std::make_shared<SavedVariable>(variable_of(s, variable, op, "variable"));
  });
}

TL_API tl_status tl_checkpoint_add_layer(tl_checkpoint* checkpoint, const char* name, tl_layer* layer) {
  return add_variables(checkpoint, "checkpoint_add_layer", name, layer, Kind::kLayer, &state_of_layer);
}

TL_API tl_status tl_checkpoint_add_optimizer(tl_checkpoint* checkpoint, const char* name,
                                             tl_optimizer* optimizer) {
  return add_variables(checkpoint, "checkpoint_add_optimizer", name, optimizer, Kind::kOptimizer,
                       &state_of_optimizer);
}

TL_API tl_status tl_checkpoint_add_metric(tl_checkpoint* checkpoint, const char* name, tl_metric* metric) {
  return add_variables(checkpoint, "checkpoint_add_metric", name, metric, Kind::kMetric, &state_of_metric);
}

TL_API tl_status tl_checkpoint_add_dataset(tl_checkpoint* checkpoint, const char* name, tl_dataset* dataset) {
  constexpr const char* op = "checkpoint_add_dataset";
  return add(checkpoint, op, name, [&](Session& s) {
    (void)object_of(s, dataset, Kind::kDataset, op, "dataset");
    return std::make_shared<SavedDataset>(s, dataset);
  });
}

TL_API tl_status tl_checkpoint_add_random(tl_checkpoint* checkpoint, const char* name) {
  return add(checkpoint, "checkpoint_add_random", name,
             [](Session& s) { return std::make_shared<SavedRandom>(s.core()); });
}

TL_API tl_status tl_checkpoint_set_int64(tl_checkpoint* checkpoint, const char* name, int64_t value) {
  return set(checkpoint, "checkpoint_set_int64", name, [&] { return StateValue(std::int64_t{value}); });
}
TL_API tl_status tl_checkpoint_set_double(tl_checkpoint* checkpoint, const char* name, double value) {
  return set(checkpoint, "checkpoint_set_double", name, [&] { return StateValue(value); });
}
TL_API tl_status tl_checkpoint_set_text(tl_checkpoint* checkpoint, const char* name, const char* text) {
  constexpr const char* op = "checkpoint_set_text";
  return set(checkpoint, op, name, [&] { return StateValue(std::string(checked_text(op, "text", text))); });
}

TL_API tl_status tl_checkpoint_get_int64(tl_checkpoint* checkpoint, const char* name, int64_t* value) {
  constexpr const char* op = "checkpoint_get_int64";
  return get<std::int64_t>(checkpoint, op, name, [&](std::int64_t v) {
    check_buffer(op, "value", value, 1);
    *value = v;
  });
}
TL_API tl_status tl_checkpoint_get_double(tl_checkpoint* checkpoint, const char* name, double* value) {
  constexpr const char* op = "checkpoint_get_double";
  return get<double>(checkpoint, op, name, [&](double v) {
    check_buffer(op, "value", value, 1);
    *value = v;
  });
}
TL_API tl_status tl_checkpoint_get_text(tl_checkpoint* checkpoint, const char* name, char* buffer,
                                        size_t capacity, size_t* length) {
  constexpr const char* op = "checkpoint_get_text";
  return get<std::string>(checkpoint, op, name, [&](const std::string& text) {
    check_buffer(op, "buffer", buffer, capacity);
    copy_text(text, buffer, capacity, length);
  });
}

TL_API tl_status tl_checkpoint_save(tl_checkpoint* checkpoint, const char* path) {
  constexpr const char* op = "checkpoint_save";
  return on_checkpoint(checkpoint, op, [&](Session& s, CheckpointObject& c) {
    s.core().note_unreplayable(kWrites);
    std::string to = checked_text(op, "path", path);
    while (to.size() > 1 && to.back() == '/') to.pop_back();  // another name stands beside it for a while
    if (to.empty())
      invalid("[", op, "] 'path' must name a folder: got an empty text; give the path of a new one");
    const State state = c.objects.save();
    io::write_checkpoint(op, to, {}, io::Snapshot(op, state), [&] { s.core().check_cancelled(op); });
  });
}

TL_API tl_status tl_checkpoint_restore(tl_checkpoint* checkpoint, const char* path) {
  constexpr const char* op = "checkpoint_restore";
  return on_checkpoint(checkpoint, op, [&](Session& s, CheckpointObject& c) {
    s.core().note_unreplayable(kRestores);
    const State state = io::read_checkpoint(op, s.core(), checked_text(op, "path", path),
                                            [&] { s.core().check_cancelled(op); });
    c.objects.prepare(state)->take();
  });
}

TL_API tl_status tl_checkpoint_restore_partly(tl_checkpoint* checkpoint, const char* path, char* buffer,
                                              size_t capacity, size_t* length) {
  constexpr const char* op = "checkpoint_restore_partly";
  return on_checkpoint(checkpoint, op, [&](Session& s, CheckpointObject& c) {
    check_buffer(op, "buffer", buffer, capacity);
    s.core().note_unreplayable(kRestores);
    const State state = io::read_checkpoint(op, s.core(), checked_text(op, "path", path),
                                            [&] { s.core().check_cancelled(op); });
    io::StateDifference left;
    const PendingRestorePtr pending = c.objects.prepare_partly(state, &left);
    const std::string report = left.text(SIZE_MAX);
    pending->take();
    copy_text(report, buffer, capacity, length);
  });
}

TL_API tl_checkpoint* tl_checkpoint_keep(tl_checkpoint* checkpoint) {
  return keep(checkpoint, Kind::kCheckpoint, "checkpoint_keep") ? checkpoint : nullptr;
}
TL_API void tl_checkpoint_release(tl_checkpoint* checkpoint) {
  release_from_any_thread(checkpoint, Kind::kCheckpoint);
}

}  // extern "C"
