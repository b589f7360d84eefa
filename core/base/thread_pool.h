// The thread pool of one context: indexed loops over a few threads, and the scratch memory their kernels work
// in.
//
// It decides who runs an index, never how work is cut: the caller fixes the partition from the shape alone,
// so results do not depend on the number of threads. It has no queue, no futures and no priorities. Nothing
// is global and nothing is thread-local; several pools live side by side.
#pragma once

#include <cstddef>
#include <memory>

#include "core/base/function_ref.h"

namespace tl {

class ThreadPool {
 public:
  // `threads` counts the calling thread; values below 1 mean 1, and 1 creates no thread. When the system
  // refuses a thread the pool goes on with those it got: size() tells how many. Workers block all signals, so
  // that the host's handlers run in the host's threads. Throws std::bad_alloc.
  explicit ThreadPool(int threads);

  // Waits until the workers have left. Must not run while another thread is inside parallel_for.
  ~ThreadPool();

  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  // Threads that take part in a loop, the caller included; at least 1.
  int size() const noexcept;

  // Calls body(index) once for every index in [0, count), and returns when all are done; everything the
  // bodies wrote is then visible to the caller. Each thread starts with its own share of the indices, the
  // same one in every loop of that count, and then helps the others; an index should hold several
  // microseconds of work. Called from inside a body it runs inline. When bodies throw, all other indices still
  // run, and the exception of the lowest index is thrown here.
  //
  // One thread at a time may call it (the rule of the context that owns the pool). After fork() the child has
  // none of the workers: it is found out by the process id, and loops run inline from then on; the child may
  // also destroy it.
  //
  // A worker without work spins for about 50 microseconds, then sleeps. To wake it costs the caller some microseconds
  // and brings help 10 to 15 later, and what a worker wrote reaches the next reader slowly. So a
  // loop of less than some 100 microseconds asks for Helpers::if_it_pays: the pool times both ways now and then,
  // and holds to the faster one, which may be that the caller runs such loops alone.
  enum class Helpers { all, if_it_pays };
  // Who decides that: the pool, or a caller that times more than loops, such as whole steps (step_sharing.h). One of the thread
  // that calls parallel_for, and until the next call.
  enum class ShortLoops { as_timed_here, alone, shared };
  void set_short_loops(ShortLoops how) noexcept;
  void parallel_for(size_t count, FunctionRef<void(size_t index)> body, Helpers helpers = Helpers::all);

  // The same; body(index, worker) also learns which thread it is on: 0 <= worker < size(), no two bodies that
  // run at the same time have the same one. A nested loop runs inline under the worker of its caller.
  void parallel_for_worker(size_t count, FunctionRef<void(size_t index, int worker)> body,
                           Helpers helpers = Helpers::all);

  // Scratch memory of kernels. reserve_scratch() makes sure that every worker has `per_worker` bytes and that
  // there are `shared` bytes more; it keeps what is large enough and throws tl::Error (out of memory) when it
  // cannot grow. Contents do not survive it. Call it before a loop, never in one: a kernel that uses scratch
  // is a leaf. The pointers are aligned to 64 bytes.
  void reserve_scratch(size_t per_worker, size_t shared);
  void* worker_scratch(int worker) const noexcept;
  void* shared_scratch() const noexcept;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace tl
