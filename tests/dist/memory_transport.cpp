#include "tests/dist/memory_transport.h"

#include <chrono>
#include <condition_variable>
#include <cstring>
#include <deque>
#include <map>
#include <mutex>
#include <set>
#include <thread>

#include "core/base/clock.h"

using namespace tl;
using namespace tl::dist;

struct tl_transport_wait {
  struct Item {
    tl_transport_transfer transfer;
    bool done = false;
  };
  std::vector<std::shared_ptr<Item>> items;
};

namespace tl::test {

class MemoryHub {
 public:
  explicit MemoryHub(int size)
      : size(size), wakes(static_cast<size_t>(size)), gone(static_cast<size_t>(size)) {}
  using Item = std::shared_ptr<tl_transport_wait::Item>;
  struct Queue {
    std::deque<Item> sends, receives;
  };
  using Key = std::tuple<int, int, uint64_t>;  // from, to, tag

  // Under the mutex: copies what has come together.
  void match(Queue& q) {
    while (!q.sends.empty() && !q.receives.empty()) {
      Item &from = q.sends.front(), &to = q.receives.front();
      if (from->transfer.bytes) std::memcpy(to->transfer.data, from->transfer.data, from->transfer.bytes);
      wrong_sizes += from->transfer.bytes > to->transfer.bytes ||
                     (from->transfer.bytes != to->transfer.bytes && to->transfer.bytes > TL_TRANSPORT_SHORT);
      sent += from->transfer.bytes;
      from->done = to->done = true;
      q.sends.pop_front();
      q.receives.pop_front();
    }
  }

  const int size;
  std::mutex mutex;
  std::condition_variable changed;
  std::map<Key, Queue> queues;
  int unfinished = 0, wrong_sizes = 0;
  size_t sent = 0;

  // The control channel.
  std::mutex calls;  // while somebody is woken
  std::vector<std::function<void()>> wakes;
  std::vector<bool> gone;
  std::optional<Failure> failure;
  std::map<std::string, std::string> values;
  int farewells = 0;
};

}  // namespace tl::test

struct tl_transport {
  std::shared_ptr<tl::test::MemoryHub> hub;
  int rank;
  bool aborted = false;
};

namespace tl::test {
namespace {

int32_t say(Code code, int rank, const char* text, tl_transport_error* error) {
  error->code = static_cast<int32_t>(code);
  error->rank = rank;
  std::strncpy(error->text, text, sizeof error->text - 1);
  return error->code;
}

int32_t start(tl_transport* t, const tl_transport_transfer* transfers, size_t count, tl_transport_wait** out,
              tl_transport_error* error) {
  const std::lock_guard<std::mutex> lock(t->hub->mutex);
  if (t->aborted) return say(Code::kPeerLost, -1, "given up", error);
  std::unique_ptr<tl_transport_wait> wait;
  try {
    wait = std::make_unique<tl_transport_wait>();
    for (size_t i = 0; i < count; i++) wait->items.push_back(std::make_shared<tl_transport_wait::Item>());
  } catch (const std::bad_alloc&) {
    t->aborted = true;
    return say(Code::kOutOfMemory, -1, "no memory", error);
  }
  const OfTheHub spared;
  for (size_t i = 0; i < count; i++) {
    const auto& item = wait->items[i];
    item->transfer = transfers[i];
    const int other = transfers[i].rank;
    auto& q = transfers[i].receives ? t->hub->queues[{other, t->rank, transfers[i].tag}]
                                    : t->hub->queues[{t->rank, other, transfers[i].tag}];
    (transfers[i].receives ? q.receives : q.sends).push_back(item);
    t->hub->match(q);
  }
  t->hub->unfinished++;
  t->hub->changed.notify_all();
  *out = wait.release();
  return 0;
}

int32_t finish(tl_transport* t, tl_transport_wait* wait, double seconds, tl_transport_error* error) {
  std::unique_lock<std::mutex> lock(t->hub->mutex);
  const double end = monotonic_seconds() + seconds;
  int32_t code = 0;
  for (auto& item : wait->items) {
    const int other = item->transfer.rank;
    while (!item->done && code == 0) {
      if (t->aborted)
        code = say(Code::kPeerLost, -1, "given up", error);
      else if (t->hub->gone[static_cast<size_t>(other)])
        code = say(Code::kPeerLost, other, "cut", error);
      else if (monotonic_seconds() >= end)
        code = say(Code::kTimedOut, other, "late", error);
      else
        t->hub->changed.wait_for(lock,
                                 std::chrono::duration<double>(std::min(0.05, end - monotonic_seconds())));
    }
  }
  if (code) {  // nobody touches the memory any more
    t->aborted = true;
    for (auto& [key, q] : t->hub->queues)
      for (auto* list : {&q.sends, &q.receives})
        for (auto& item : wait->items)
          for (auto i = list->begin(); i != list->end();) i = *i == item ? list->erase(i) : i + 1;
  }
  t->hub->unfinished--;
  delete wait;
  return code;
}

void abort(tl_transport* t) {
  const std::lock_guard<std::mutex> lock(t->hub->mutex);
  t->aborted = true;
  t->hub->changed.notify_all();
}

void close(tl_transport* t) { delete t; }

const tl_transport_table kTable = {sizeof kTable, TL_TRANSPORT_ABI, "memory", "1",   nullptr,
                                   start,         finish,           abort,    close, nullptr};

class MemoryControl final : public ControlChannel {
 public:
  MemoryControl(std::shared_ptr<MemoryHub> hub, int rank)
      : hub_(std::move(hub)), place_{rank, hub_->size, rank, hub_->size} {}
  ~MemoryControl() override { on_failure({}); }
  const Place& place() const override { return place_; }
  const std::string& address() const override { return address_; }
  void put(const std::string& name, std::string_view value) override {
    const std::lock_guard<std::mutex> lock(hub_->mutex);
    hub_->values[name] = value;
    hub_->changed.notify_all();
  }
  std::string get(const std::string& name, const Wait& wait) override {
    std::unique_lock<std::mutex> lock(hub_->mutex);
    if (!hub_->changed.wait_for(lock, std::chrono::duration<double>(wait.seconds),
                                [&] { return hub_->values.count(name) || hub_->failure; }))
      tl::fail(Code::kTimedOut, "no value");
    if (!hub_->values.count(name)) throw Error(hub_->failure->code, hub_->failure->text);
    return hub_->values[name];
  }
  void fail(const Failure& failure) noexcept override {
    {
      const std::lock_guard<std::mutex> lock(hub_->mutex);
      if (hub_->failure) return;
      hub_->failure = failure;
    }
    const std::lock_guard<std::mutex> lock(hub_->calls);
    for (auto& wake : hub_->wakes)
      if (wake) std::exchange(wake, {})();
  }
  std::optional<Failure> failure() const override {
    const std::lock_guard<std::mutex> lock(hub_->mutex);
    return hub_->failure;
  }
  void on_failure(std::function<void()> wake) override {
    const std::lock_guard<std::mutex> lock(hub_->calls);
    if (wake && failure())
      wake();
    else
      hub_->wakes[static_cast<size_t>(place_.rank)] = std::move(wake);
  }
  void farewell(const Wait& wait) noexcept override {
    std::unique_lock<std::mutex> lock(hub_->mutex);
    hub_->farewells++;
    hub_->changed.notify_all();
    hub_->changed.wait_for(lock, std::chrono::duration<double>(std::min(wait.seconds, 0.2)),
                           [&] { return hub_->farewells == hub_->size || hub_->failure; });
  }

 private:
  std::shared_ptr<MemoryHub> hub_;
  Place place_;
  std::string address_ = "127.0.0.1";
};

}  // namespace

MemoryProcesses::MemoryProcesses(int size) : hub_(std::make_shared<MemoryHub>(size)) {}
Transport MemoryProcesses::transport(int rank) { return {kTable, new tl_transport{hub_, rank}}; }
std::unique_ptr<ControlChannel> MemoryProcesses::control(int rank) {
  return std::make_unique<MemoryControl>(hub_, rank);
}
void MemoryProcesses::kill(int rank) {
  {
    const std::lock_guard<std::mutex> lock(hub_->mutex);
    hub_->gone[static_cast<size_t>(rank)] = true;
    hub_->changed.notify_all();
  }
  MemoryControl(hub_, rank).fail({Code::kPeerLost, concat("rank ", rank, " on host memory was lost"), rank});
}
int MemoryProcesses::unfinished() const {
  const std::lock_guard<std::mutex> lock(hub_->mutex);
  return hub_->unfinished + hub_->wrong_sizes;
}

size_t MemoryProcesses::sent() const {
  const std::lock_guard<std::mutex> lock(hub_->mutex);
  return hub_->sent;
}

std::vector<Outcome> run_processes(int size, const Join& join, const RankBody& body, double timeout) {
  std::vector<Outcome> out(static_cast<size_t>(size));
  std::vector<std::thread> threads;
  for (int rank = 0; rank < size; rank++)
    threads.emplace_back([&, rank] {
      Outcome& mine = out[static_cast<size_t>(rank)];
      const double begin = monotonic_seconds();
      try {
        ContextOptions options;
        options.threads = 1;
        Context context(options);
        Group group(context, join(rank, context), timeout);
        try {
          body(rank, context, group);
        } catch (const Error& e) {
          mine = {e.code(), e.message(), monotonic_seconds() - begin};
        }
      } catch (const Error& e) {
        mine = {e.code(), e.message(), monotonic_seconds() - begin};
      }
    });
  for (std::thread& t : threads) t.join();
  return out;
}

std::vector<Outcome> run_processes(MemoryProcesses& processes, int size, const RankBody& body,
                                   double timeout) {
  const Join join = [&](int rank, Context&) {
    return make_process_engine(processes.transport(rank), processes.control(rank));
  };
  return run_processes(size, join, body, timeout);
}

std::vector<Outcome> run_processes(int size, const RankBody& body, double timeout) {
  MemoryProcesses processes(size);
  return run_processes(processes, size, body, timeout);
}

}  // namespace tl::test
