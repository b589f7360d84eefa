// Ranks as threads of the test. Catch2's assertions belong to one thread: what ranks find is collected, and looked at when they have
// ended.
#pragma once

#include <catch2/catch.hpp>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "core/dist/group.h"
#include "core/dist/local.h"

namespace tl::test {

struct Outcome {
  Code code = Code::kOk;
  std::string text;
  double seconds = 0;
};

using RankBody = std::function<void(int rank, Context& context, dist::Group& group)>;

// Runs a body on each rank and gives what each ended with. The group lives as long as its rank's body.
inline std::vector<Outcome> run_ranks(int size, const RankBody& body, double timeout = 20) {
  auto local = dist::LocalGroup::make(size);
  std::vector<Outcome> out(static_cast<size_t>(size));
  std::vector<std::thread> threads;
  for (int rank = 0; rank < size; rank++)
    threads.emplace_back([&, rank] {
      try {
        ContextOptions options;
        options.threads = 1;
        Context context(options);
        dist::Group group(context, local->join(rank, {20, &context}), timeout);
        body(rank, context, group);
      } catch (const Error& e) {
        out[static_cast<size_t>(rank)] = {e.code(), e.message()};
      }
    });
  for (std::thread& t : threads) t.join();
  return out;
}

inline void all_ok(const std::vector<Outcome>& out) {
  for (const Outcome& o : out) {
    INFO(o.text);
    REQUIRE(o.code == Code::kOk);
  }
}

template <class T>
Tensor tensor(Context& context, const Shape& shape, const std::vector<T>& values) {
  Tensor t = context.allocate(DTypeOf<T>::value, shape);
  std::copy(values.begin(), values.end(), t.mutable_data<T>());
  return t;
}
template <class T>
std::vector<T> values(const Tensor& t) {
  return std::vector<T>(t.data<T>(), t.data<T>() + t.elements());
}

}  // namespace tl::test
