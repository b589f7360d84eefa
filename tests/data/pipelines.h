// What the tests of pipelines share: functions and sources from lambdas, and what an iterator gives as text that can be compared.
#pragma once

#include <cstring>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/base/error.h"
#include "core/data/dataset.h"
#include "core/data/iterator.h"
#include "core/tensor/context.h"

namespace pipelines {

using namespace tl::data;

struct OneThread : tl::ContextOptions {
  OneThread() { threads = 1; }
};

class Lambda : public Function {
 public:
  using Body = std::function<bool(const Place&, Element&)>;
  explicit Lambda(Body body) : body_(std::move(body)) {}
  std::unique_ptr<Worker> worker() const override {
    struct Running : Worker {
      explicit Running(const Body& b) : body(b) {}
      bool run(const Place& place, Element& element) override { return body(place, element); }
      const Body& body;
    };
    return std::make_unique<Running>(body_);
  }

 private:
  Body body_;
};

inline FunctionPtr lambda(Lambda::Body body) { return std::make_shared<Lambda>(std::move(body)); }

// The numbers that a function of the epoch gives, in order.
class Listed : public Iterable {
 public:
  using Numbers = std::function<std::vector<int64_t>(uint64_t epoch)>;
  explicit Listed(Numbers numbers) : numbers_(std::move(numbers)) {}
  std::unique_ptr<Iteration> begin(uint64_t epoch) const override;

 private:
  Numbers numbers_;
};

inline Value number(int64_t n) {
  auto [value, memory] = BlockPool::make()->value(tl::DType::kI64, {});
  std::memcpy(memory, &n, sizeof n);
  return std::move(value);
}

inline std::unique_ptr<Iteration> Listed::begin(uint64_t epoch) const {
  struct Walk : Iteration {
    std::vector<int64_t> left;
    size_t at = 0;
    bool next(Element& out) override {
      if (at == left.size()) return false;
      out = {number(left[at++])};
      return true;
    }
  };
  auto walk = std::make_unique<Walk>();
  walk->left = numbers_(epoch);
  return walk;
}

inline DatasetPtr listed(Listed::Numbers numbers) {
  return from_iterable(std::make_shared<Listed>(std::move(numbers)), 1);
}

// Dtype, shape and elements of i64 tensors, "[3]:1,2,3 "; of others the bytes.
inline std::string text_of(const tl::Tensor& t) {
  std::string out = "[";
  for (int64_t size : t.shape()) out += std::to_string(size) + ",";
  out += "]:";
  if (t.dtype() == tl::DType::kI64)
    for (int64_t i = 0; i < t.elements(); i++) out += std::to_string(t.data<int64_t>()[i]) + ",";
  else
    out.append(reinterpret_cast<const char*>(t.raw()), t.bytes());
  return out;
}

// The next element, "end" at the end of an epoch, "error ..." where it fails.
inline std::string step(DatasetIterator& it) {
  std::vector<tl::Tensor> out(it.dataset()->width());
  try {
    if (!it.next({out.data(), out.size()})) return "end";
  } catch (const tl::Error& e) {
    return "error " + e.message();
  }
  std::string all;
  for (const tl::Tensor& t : out) all += text_of(t) + " ";
  return all;
}

// What comes until `epochs` have ended, or until the first error.
inline std::vector<std::string> rest(DatasetIterator& it, int epochs = 1) {
  std::vector<std::string> all;
  for (int ended = 0; ended < epochs;) {
    all.push_back(step(it));
    if (all.back() == "end") ended++;
    if (all.back().compare(0, 5, "error") == 0) break;
  }
  return all;
}

// The numbers of an epoch of i64 elements, batches included.
inline std::vector<int64_t> numbers(DatasetIterator& it) {
  std::vector<int64_t> all;
  std::vector<tl::Tensor> out(it.dataset()->width());
  while (it.next({out.data(), out.size()}))
    for (const tl::Tensor& t : out)
      all.insert(all.end(), t.data<int64_t>(), t.data<int64_t>() + t.elements());
  return all;
}

inline std::vector<int64_t> numbers(tl::Context& context, const DatasetPtr& dataset) {
  DatasetIterator it(context, dataset);
  return numbers(it);
}

}  // namespace pipelines
