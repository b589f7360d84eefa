// What stands behind a tl_dataset: a dataset, a place in it, and the handles of the element that was given out last.
#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "capi/src/call.h"
#include "core/data/dataset.h"
#include "core/data/iterator.h"

namespace tl::capi {

class DatasetObject {
 public:
  DatasetObject(Session& session, data::DatasetPtr dataset)
      : session_(session), dataset_(std::move(dataset)) {
    session.collect_leftovers();
  }
  ~DatasetObject() {
    release_element();
    if (iterator_ && !iterator_->stop(kPatience)) leave_behind();
  }
  DatasetObject(const DatasetObject&) = delete;
  DatasetObject& operator=(const DatasetObject&) = delete;

  const data::DatasetPtr& dataset() const { return dataset_; }
  // Stages begin with the first use: of most datasets others are made, and nobody iterates over them.
  data::DatasetIterator& iterator() {
    if (!iterator_) iterator_ = std::make_unique<data::DatasetIterator>(session_.core(), dataset_);
    return *iterator_;
  }
  const data::DatasetIterator* begun() const { return iterator_.get(); }  // null: at the beginning

  // Runs f(confirm), which may run functions of the caller's, with the context closed: they have contexts of their own. f calls
  // confirm() when they have run and before anything moves: it throws where one of them used the closed context. That is also the true
  // reason of what f throws then, an output that is not set since an op was refused, say.
  template <class F>
  auto alone(const char* op, F&& f) {
    constexpr const char* rule = "a function of a pipeline must use the context that it gets";
    if (session_.in_pipeline_callback())
      fail(Code::kFailedPrecondition, "[", op, "] ", rule,
           ": got a call on a dataset of its own context; iterate outside of it");
    Closed closed(session_);
    const auto confirm = [&] {
      if (closed.refused())
        fail(Code::kFailedPrecondition, "[", op, "] ", rule,
             ": got a call on that of its dataset; make what it needs before, or in it");
    };
    try {
      return f(confirm);
    } catch (const Error& e) {
      if (e.code() != Code::kCancelled && e.code() != Code::kOutOfMemory) confirm();
      throw;
    }
  }

  bool next(tl_tensor** out) {
    // Before the new element is made, so that it can take the memory of the old one.
    release_element();
    const size_t width = dataset_->width();
    room_.resize(width);
    handles_.reserve(width);
    session_.reserve_handles(width);
    const bool more = alone("dataset_next", [&](data::Confirm confirm) {
      return iterator().next({room_.data(), width}, confirm);
    });
    if (!more) return false;
    for (size_t i = 0; i < width; i++) {
      out[i] = session_.make_tensor(std::move(room_[i]), false);
      handles_.push_back(out[i]);
    }
    return true;
  }

  // The caller may have released a handle before: the session passes over those.
  void release_element() {
    for (tl_tensor* handle : handles_) session_.release(handle);
    handles_.clear();
  }

 private:
  // How long the end of a dataset waits for a function of the caller's.
  static constexpr std::chrono::milliseconds kPatience{1000};

  struct Leftover : Session::Leftover {
    explicit Leftover(std::unique_ptr<data::DatasetIterator> i) : iterator(std::move(i)) {}
    bool done() noexcept override { return iterator->stop(std::chrono::milliseconds(0)); }
    std::unique_ptr<data::DatasetIterator> iterator;
  };
  void leave_behind() noexcept {
    try {
      session_.leave_behind(std::make_unique<Leftover>(std::move(iterator_)));
    } catch (...) {
      // Without memory it is waited for.
    }
  }

  Session& session_;
  data::DatasetPtr dataset_;
  std::unique_ptr<data::DatasetIterator> iterator_;
  std::vector<tl_tensor*> handles_;
  std::vector<Tensor> room_;
};

inline tl_dataset* make_dataset(Session& s, data::DatasetPtr dataset) {
  return make_object<tl_dataset>(s, Kind::kDataset, new DatasetObject(s, std::move(dataset)));
}

// f(source) returns the decorated dataset.
template <class F>
tl_dataset* decorate(tl_context* context, tl_dataset* source, const char* name, F&& f) {
  return make(context, name, [&](Session& s) {
    auto& from = object_of<DatasetObject>(s, source, Kind::kDataset, name, "source");
    return make_dataset(s, f(from.dataset()));
  });
}

}  // namespace tl::capi
