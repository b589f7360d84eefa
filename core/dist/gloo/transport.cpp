// The plugin of Gloo: its TCP device and unbound buffers behind the table of core/dist/transport.h.
//
// What Gloo leaves to those who use it, and what stands here against it:
//   - A message that is longer than expected ends the process: sizes are agreed before (process_engine.h), users' never come here.
//   - It writes to sockets without a thought of SIGPIPE: blocked in its own thread, which makes all calls that write.
//   - That thread takes the processor while another one makes such calls (loop_thread.h).
//   - Its timeouts are each wait's own, and close all connections under the feet of its thread: the caller's deadline wakes the wait, and
//     connections are closed, and the transport is of no use any more, when no call is being made.
//   - Waits cannot be ended from outside, but single ones: abort() ends each.
//   - A buffer that is half received or sent when a peer ends hears of nothing: abort() ends that wait too, buffers are taken back before
//     anybody frees their memory, and connections with half a message are closed.
//   - A connection that ends just as it has come about ends the process: Gloo gets an address all the same (peer_name.cpp).
//   - What it tells others of its addresses has bytes of its stack in it: they are cleared.
//   - Host names that are not known are a pointer to nowhere: only numbers go in.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstring>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include <gloo/common/error.h>
#include <gloo/config.h>
#include <gloo/transport/address.h>
#include <gloo/transport/context.h>
#include <gloo/transport/device.h>
#include <gloo/transport/tcp/device.h>
#include <gloo/transport/unbound_buffer.h>

#include "core/base/blocked_signals.h"
#include "core/base/error.h"
#include "core/dist/gloo/loop_thread.h"
#include "core/dist/transport.h"
#include "core/dist/transport_failure.h"

namespace {

using tl::Code;
using tl::dist::Failed;
using tl::dist::say;
using Clock = std::chrono::steady_clock;

// Gloo's texts begin with the place in its source.
std::string without_place(const char* what) {
  const std::string text = what;
  const size_t end = text.empty() || text[0] != '[' ? std::string::npos : text.find("] ");
  return end == std::string::npos ? text : text.substr(end + 2);
}

// f(), whatever it throws; `rank` says whose connection f works on.
template <class F>
int32_t guarded(tl_transport_error* error, const int& rank, F&& f) noexcept {
  try {
    f();
    return 0;
  } catch (const Failed& failed) {
    return say(failed, error);
  } catch (const std::bad_alloc&) {
    return say({Code::kOutOfMemory, -1, "no memory"}, error);
  } catch (const std::exception& e) {
    return say({Code::kPeerLost, rank, without_place(e.what())}, error);
  } catch (...) {
    return say({Code::kInternal, rank, "an unknown exception of Gloo's"}, error);
  }
}

std::chrono::milliseconds milliseconds(double seconds) {
  return std::chrono::milliseconds(static_cast<int64_t>(std::min(std::max(seconds, 0.0), 1e9) * 1000));
}

}  // namespace

struct tl_transport_wait final : tl::dist::LoopThread::Call {
  struct Item {
    int rank;
    bool receives;
    std::unique_ptr<gloo::transport::UnboundBuffer> buffer;
    uint64_t tag;
    size_t bytes;
  };
  explicit tl_transport_wait(tl_transport* of) : transport(of) {}
  void run() noexcept override;

  tl_transport* const transport;
  std::vector<Item> items;
};

struct tl_transport {
  int rank = 0, size = 1;
  std::shared_ptr<gloo::transport::Device> device;
  std::shared_ptr<gloo::transport::Context> context;
  std::atomic<bool> aborted{false};
  std::mutex mutex;  // of what follows
  std::vector<tl_transport_wait*> active;
  std::optional<tl_transport_error> problem;   // the first of Gloo's thread
  std::unique_ptr<tl::dist::LoopThread> loop;  // last: it uses what is above
};

namespace {

// Who waits looks again at what it waits for.
void wake_all(tl_transport* t) {
  const std::lock_guard<std::mutex> lock(t->mutex);
  for (tl_transport_wait* wait : t->active)
    for (tl_transport_wait::Item& item : wait->items)
      if (item.receives)
        item.buffer->abortWaitRecv();
      else
        item.buffer->abortWaitSend();
}

// Who waits, and whoever will, is told.
void abort(tl_transport* t) {
  t->aborted = true;
  wake_all(t);
}

void remove(tl_transport* t, tl_transport_wait* wait) {
  const std::lock_guard<std::mutex> lock(t->mutex);
  t->active.erase(std::remove(t->active.begin(), t->active.end(), wait), t->active.end());
}

// Half a message may be on its way, and Gloo's thread would look at it again and again.
void close_connections(tl_transport* t) noexcept {
  t->aborted = true;
  t->loop->drain();
  for (int rank = 0; rank < t->size; rank++) try {
      if (rank != t->rank && t->context->getPair(rank)) t->context->getPair(rank)->close();
    } catch (...) {
    }
}

}  // namespace

// On Gloo's thread, where signals are blocked: a connection that has ended gives no SIGPIPE.
void tl_transport_wait::run() noexcept {
  int rank = -1;
  tl_transport_error error{0, -1, {}};
  const int32_t code = guarded(&error, rank, [&] {
    for (Item& item : items) {
      rank = item.rank;
      if (item.receives)
        item.buffer->recv(rank, item.tag, 0, item.bytes);
      else
        item.buffer->send(rank, item.tag, 0, item.bytes);
    }
  });
  if (code == 0) return;
  {
    const std::lock_guard<std::mutex> lock(transport->mutex);
    if (!transport->problem) transport->problem = error;
  }
  abort(transport);
}

namespace {

// Whether it has ended well; the buffer may be waited for once more where it has not. Behind a timeout all connections are closed.
bool wait_for(tl_transport_wait::Item& item, std::chrono::milliseconds most) {
  return item.receives ? item.buffer->waitRecv(nullptr, most) : item.buffer->waitSend(nullptr, most);
}

// What has ended has ended well, also behind an abort. Gloo's thread has been drained.
bool has_ended(tl_transport_wait::Item& item) noexcept {
  for (int again = 0; again < 2; again++) try {
      if (wait_for(item, std::chrono::milliseconds(0))) return true;
    } catch (...) {
      return false;
    }
  return false;
}

// Why an item has not ended when it should have.
[[noreturn]] void give_up(tl_transport* t, int& rank) {
  if (!t->aborted) throw Failed{Code::kTimedOut, rank, "it has not come in time"};
  const std::lock_guard<std::mutex> lock(t->mutex);
  if (!t->problem) throw Failed{Code::kPeerLost, -1, "the connections have been given up"};
  throw Failed{static_cast<Code>(t->problem->code), t->problem->rank, t->problem->text};
}

// Gloo asks the resolver for whatever it gets, and loses memory where it cannot listen there.
void check_address(const char* address) {
  sockaddr_storage at{};
  socklen_t size = 0;
  if (address && inet_pton(AF_INET, address, &reinterpret_cast<sockaddr_in*>(&at)->sin_addr) == 1) {
    at.ss_family = AF_INET;
    size = sizeof(sockaddr_in);
  } else if (address && inet_pton(AF_INET6, address, &reinterpret_cast<sockaddr_in6*>(&at)->sin6_addr) == 1) {
    at.ss_family = AF_INET6;
    size = sizeof(sockaddr_in6);
  } else {
    throw Failed{
        Code::kInvalidArgument, -1,
        std::string("the address to listen on must be in numbers: got '") + (address ? address : "") + "'"};
  }
  const int fd = socket(at.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const bool mine = fd >= 0 && bind(fd, reinterpret_cast<sockaddr*>(&at), size) == 0;
  if (fd >= 0) ::close(fd);
  if (!mine)
    throw Failed{
        Code::kInvalidArgument, -1,
        std::string("the address to listen on must be one of this machine's: got '") + address + "'"};
}

std::string key_of(const tl_transport_options& o, int rank) {
  return std::string(o.name ? o.name : "") + "/gloo/" + std::to_string(rank);
}

// Behind an address of IPv4 or IPv6 Gloo leaves whatever was on its stack: nobody else is to get that.
std::vector<char> without_rest(std::vector<char> bytes) {
  sockaddr_storage at{};
  if (bytes.size() < sizeof at) return bytes;
  std::memcpy(&at, bytes.data(), sizeof at);
  const size_t used = at.ss_family == AF_INET ? sizeof(sockaddr_in) : sizeof(sockaddr_in6);
  std::fill(bytes.begin() + static_cast<ptrdiff_t>(used), bytes.begin() + sizeof at, '\0');
  return bytes;
}

// While ranks connect: Gloo waits up to five times its timeout for one that is lost, and nothing wakes it but that the connections are
// closed. No promise is lost where there is no thread for it.
class Lookout {
 public:
  Lookout(tl_transport* t, const tl_transport_store& store) : t_(t), store_(store) {
    if (!store.failed) return;
    const tl::BlockedSignals none;
    try {
      thread_ = std::thread([this] { look_out(); });
    } catch (const std::system_error&) {
    }
  }
  ~Lookout() {
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      done_ = true;
    }
    changed_.notify_all();
    if (thread_.joinable()) thread_.join();
  }
  Lookout(const Lookout&) = delete;
  Lookout& operator=(const Lookout&) = delete;

 private:
  void look_out() {
    std::unique_lock<std::mutex> lock(mutex_);
    while (!changed_.wait_for(lock, std::chrono::milliseconds(20), [this] { return done_; }))
      if (store_.failed(store_.user)) return close_connections(t_);
  }

  tl_transport* const t_;
  const tl_transport_store store_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool done_ = false;
  std::thread thread_;
};

// Each pair of ranks has a connection of its own; all listen before anybody connects.
void connect_all(tl_transport* t, const tl_transport_options& o, int& rank) {
  check_address(o.address);
  {
    const tl::BlockedSignals none;  // Gloo's thread begins with this mask
    gloo::transport::tcp::attr attr(o.address);
    t->device = gloo::transport::tcp::CreateDevice(attr);
    t->loop = std::make_unique<tl::dist::LoopThread>(
        std::static_pointer_cast<gloo::transport::tcp::Device>(t->device), [t] { wake_all(t); });
  }
  t->context = t->device->createContext(t->rank, t->size);
  t->context->setTimeout(milliseconds(std::min(o.seconds, 10.0)));
  std::vector<char> mine;
  size_t one = 0;
  for (int other = 0; other < t->size; other++) {
    if (other == t->rank) continue;
    const std::vector<char> bytes = without_rest(t->context->createPair(other)->address().bytes());
    one = bytes.size();
    mine.insert(mine.end(), bytes.begin(), bytes.end());
  }
  if (o.store.put(o.store.user, key_of(o, t->rank).c_str(), mine.data(), mine.size()) != 0)
    throw Failed{Code::kPeerLost, -1, "the addresses cannot be told to the other ranks"};
  const Lookout lookout(t, o.store);
  for (rank = 0; rank < t->size; rank++) {
    if (rank == t->rank) continue;
    std::vector<char> theirs(mine.size());
    size_t size = 0;
    const int32_t code =
        o.store.get(o.store.user, key_of(o, rank).c_str(), o.seconds, theirs.data(), theirs.size(), &size);
    if (code != 0) throw Failed{static_cast<Code>(code), rank, "it has told no addresses"};
    if (size != mine.size()) throw Failed{Code::kMismatch, rank, "its addresses are of another kind"};
    const auto place =
        theirs.begin() + static_cast<ptrdiff_t>(one) * (t->rank > rank ? t->rank - 1 : t->rank);
    t->context->getPair(rank)->connect(std::vector<char>(place, place + static_cast<ptrdiff_t>(one)));
    if (t->aborted) throw Failed{Code::kPeerLost, -1, "the connections have been given up"};
  }
  rank = -1;
}

int32_t connect(const tl_transport_options* options, tl_transport** transport, tl_transport_error* error) {
  int rank = -1;
  return guarded(error, rank, [&] {
    auto t = std::make_unique<tl_transport>();
    t->rank = options->rank;
    t->size = options->size;
    connect_all(t.get(), *options, rank);
    *transport = t.release();
  });
}

int32_t start(tl_transport* t, const tl_transport_transfer* transfers, size_t count, tl_transport_wait** out,
              tl_transport_error* error) {
  int rank = -1;
  auto wait = std::unique_ptr<tl_transport_wait>();
  const int32_t code = guarded(error, rank, [&] {
    wait = std::make_unique<tl_transport_wait>(t);
    wait->items.reserve(count);
    for (size_t i = 0; i < count; i++) {
      const tl_transport_transfer& one = transfers[i];
      wait->items.push_back({one.rank, one.receives != 0,
                             t->context->createUnboundBuffer(one.data, one.bytes), one.tag, one.bytes});
    }
    {
      const std::lock_guard<std::mutex> lock(t->mutex);
      if (t->aborted) throw Failed{Code::kPeerLost, -1, "the connections have been given up"};
      t->active.push_back(wait.get());
    }
    t->loop->add(*wait);
  });
  if (code == 0)
    *out = wait.release();
  else
    close_connections(t);
  return code;
}

int32_t finish(tl_transport* t, tl_transport_wait* wait, double seconds, tl_transport_error* error) {
  constexpr auto kForever = std::chrono::hours(24 * 365);  // a timeout of Gloo's must not come: loop_thread.h
  int rank = -1;
  const auto end = Clock::now() + milliseconds(seconds);
  const int32_t code = guarded(error, rank, [&] {
    if (seconds > 0) t->loop->wake_at(end);
    for (tl_transport_wait::Item& item : wait->items) {
      rank = item.rank;
      bool ended = false;
      while (!ended && !t->aborted && Clock::now() < end) ended = wait_for(item, kForever);
      if (ended) continue;
      t->loop->drain();
      if (!has_ended(item)) give_up(t, rank);
    }
  });
  remove(t, wait);
  t->loop->settle(*wait);
  delete wait;  // nobody touches the memory of the buffers from here on
  if (code != 0) close_connections(t);
  return code;
}

void close(tl_transport* t) { delete t; }

}  // namespace

extern "C" __attribute__((visibility("default"))) const tl_transport_table* tl_transport_plugin(
    uint32_t abi) {
  static const std::string version =
      std::to_string(GLOO_VERSION_MAJOR) + "." + std::to_string(GLOO_VERSION_MINOR);
  static const tl_transport_table table = {sizeof table, TL_TRANSPORT_ABI, "gloo", version.c_str(), connect,
                                           start,        finish,           abort,  close,           nullptr};
  return abi == TL_TRANSPORT_ABI ? &table : nullptr;
}
