// A function gets a context of its own, one for each thread that runs it. It is not entered while the function runs, so that a
// binding may run the function on another thread; but it cannot be ended meanwhile.
#include "capi/src/element_functions.h"

#include <optional>
#include <vector>

#include "core/data/element.h"

namespace tl::capi {
namespace {

// The context of one thread.
class OwnContext {
 public:
  explicit OwnContext(const ElementCallbacks& shared) : shared_(shared) {
    ContextOptions options;
    options.threads = 1;
    if (!Session::create(options, &handle_))
      fail(Code::kOutOfMemory, "[", shared.name,
           "] the system has no memory left: got none for the context of a function; release what is no "
           "longer "
           "needed");
    Entered entered(handle_);
    entered.session().lend(true);
  }
  ~OwnContext() {
    {
      Entered entered(handle_);
      if (!entered) return;  // somebody who is still in it holds it against the rules: it stays
      entered.session().lend(false);
    }
    destroy_session(handle_);
  }
  OwnContext(const OwnContext&) = delete;
  OwnContext& operator=(const OwnContext&) = delete;

  tl_context* context() const { return static_cast<tl_context*>(handle_); }

  // Calls `function` with handles of the inputs and room for so many outputs. What it puts out becomes values in *results, unless
  // that is null or *wanted has become false.
  template <class F>
  void run(uint64_t seed, const data::Element& inputs, size_t outputs, data::Element* results,
           const bool* wanted, F&& function) {
    std::vector<tl_tensor*> in, out(outputs, nullptr);
    std::unique_ptr<CallbackFrame> frame;
    enter([&](Session& s) {
      s.core().set_seed(seed);
      frame = std::make_unique<CallbackFrame>(s, shared_.name);
      s.reserve_handles(inputs.size());
      for (const data::Value& v : inputs) in.push_back(s.make_tensor(data::tensor_of(s.core(), v)));
    });
    tl_status status;
    {
      PipelineCallback running(shared_.session);
      status = function(in.data(), in.size(), out.data(), out.size());
    }
    Entered entered(handle_);
    if (!entered) {
      (void)frame.release();
      held_by_another();
    }
    Session& s = entered.session();
    try {
      const Callbacks f{s, context(), shared_.name, nullptr};
      check_callback(f, "function", status);
      if (results && (!wanted || *wanted)) *results = values(f, inputs, out);
    } catch (...) {
      frame.reset();
      s.clear_error();
      throw;
    }
    frame.reset();
  }

 private:
  template <class F>
  void enter(F&& f) {
    Entered entered(handle_);
    if (!entered) held_by_another();
    f(entered.session());
  }
  [[noreturn]] void held_by_another() const {
    fail(Code::kBusy, "[", shared_.name,
         "] the context of a function must be free when it comes back: got one that another thread is using; "
         "wait for that thread in the function");
  }
  data::Element values(const Callbacks& f, const data::Element& inputs, const std::vector<tl_tensor*>& out) {
    const std::vector<Tensor> made = tensors_of(f, out, "outputs");
    data::Element element;
    for (size_t i = 0; i < made.size(); i++) {
      const Tensor& t = made[i];
      if (!t)
        invalid("[", shared_.name, "] the function must set all outputs: got NULL in 'outputs[", i,
                "]', and no error in the context that it got; did it return early, or call ops in another "
                "context?");
      element.push_back(value(inputs, t));
    }
    return element;
  }
  // An input that goes through as it is needs no copy.
  data::Value value(const data::Element& inputs, const Tensor& t) {
    for (const data::Value& v : inputs)
      if (t.bytes() != 0 && v.raw() == t.raw() && v.bytes() == t.bytes())
        return {t.dtype(), t.shape(), v.memory};
    return data::copy_of(t, *pool_);
  }

  const ElementCallbacks& shared_;
  void* handle_ = nullptr;
  std::shared_ptr<data::BlockPool> pool_ = data::BlockPool::make();
};

class ElementWorker : public data::Worker {
 public:
  ElementWorker(const ElementCallbacks& shared, tl_element_callback function)
      : shared_(shared), function_(function), own_(shared) {}
  bool run(const data::Place& at, data::Element& element) override {
    const tl_element_place place{sizeof place, at.epoch, at.index, at.seed};
    own_.run(at.seed, element, shared_.width, &element, nullptr,
             [&](tl_tensor** in, size_t num_in, tl_tensor** out, size_t num_out) {
               return function_(own_.context(), shared_.user_data.get(), &place, in, num_in, out, num_out);
             });
    return true;
  }

 private:
  const ElementCallbacks& shared_;
  tl_element_callback function_;
  OwnContext own_;
};

class PredicateWorker : public data::Worker {
 public:
  PredicateWorker(const ElementCallbacks& shared, tl_predicate_callback predicate)
      : shared_(shared), predicate_(predicate), own_(shared) {}
  bool run(const data::Place& at, data::Element& element) override {
    const tl_element_place place{sizeof place, at.epoch, at.index, at.seed};
    bool keep = false;
    own_.run(at.seed, element, 0, nullptr, nullptr, [&](tl_tensor** in, size_t num_in, tl_tensor**, size_t) {
      return predicate_(own_.context(), shared_.user_data.get(), &place, in, num_in, &keep);
    });
    return keep;
  }

 private:
  const ElementCallbacks& shared_;
  tl_predicate_callback predicate_;
  OwnContext own_;
};

// Callback is the type of the caller's function, W the worker that runs it.
template <class W, class Callback>
class CallbackFunction : public data::Function {
 public:
  CallbackFunction(ElementCallbacks shared, Callback callback)
      : shared_(std::move(shared)), callback_(callback) {}
  std::unique_ptr<data::Worker> worker() const override { return std::make_unique<W>(shared_, callback_); }

 private:
  ElementCallbacks shared_;
  Callback callback_;
};

struct Passes {
  tl_begin_callback begin;
  tl_next_callback next;
  tl_end_callback end;
};

class Pass : public data::Iteration {
 public:
  Pass(const ElementCallbacks& shared, Passes callbacks, uint64_t epoch)
      : shared_(shared), callbacks_(callbacks), own_(shared), epoch_(epoch) {
    own_.run(epoch, {}, 0, nullptr, nullptr, [&](tl_tensor**, size_t, tl_tensor**, size_t) {
      return callbacks_.begin(own_.context(), shared_.user_data.get(), epoch, &iteration_);
    });
  }
  ~Pass() override {
    if (!callbacks_.end) return;
    std::optional<PipelineCallback> running;
    try {
      running.emplace(shared_.session);
    } catch (...) {
      // Without memory for the guard the pass ends all the same.
    }
    callbacks_.end(shared_.user_data.get(), iteration_);
  }
  Pass(const Pass&) = delete;
  Pass& operator=(const Pass&) = delete;

  bool next(data::Element& out) override {
    bool more = true;
    own_.run(data::place_of(0, epoch_, given_).seed, {}, shared_.width, &out, &more,
             [&](tl_tensor**, size_t, tl_tensor** outputs, size_t num_outputs) {
               return callbacks_.next(own_.context(), shared_.user_data.get(), iteration_, outputs,
                                      num_outputs, &more);
             });
    given_++;
    return more;
  }

 private:
  const ElementCallbacks& shared_;
  Passes callbacks_;
  OwnContext own_;
  const uint64_t epoch_;
  uint64_t iteration_ = 0;
  int64_t given_ = 0;
};

class CallbackIterable : public data::Iterable {
 public:
  CallbackIterable(ElementCallbacks shared, Passes callbacks)
      : shared_(std::move(shared)), callbacks_(callbacks) {}
  std::unique_ptr<data::Iteration> begin(uint64_t epoch) const override {
    return std::make_unique<Pass>(shared_, callbacks_, epoch);
  }

 private:
  ElementCallbacks shared_;
  Passes callbacks_;
};

}  // namespace

data::FunctionPtr element_function(ElementCallbacks shared, tl_element_callback function) {
  return std::make_shared<CallbackFunction<ElementWorker, tl_element_callback>>(std::move(shared), function);
}

data::FunctionPtr predicate_function(ElementCallbacks shared, tl_predicate_callback predicate) {
  return std::make_shared<CallbackFunction<PredicateWorker, tl_predicate_callback>>(std::move(shared),
                                                                                    predicate);
}

data::IterablePtr iterable(ElementCallbacks shared, tl_begin_callback begin, tl_next_callback next,
                           tl_end_callback end) {
  return std::make_shared<CallbackIterable>(std::move(shared), Passes{begin, next, end});
}

}  // namespace tl::capi
