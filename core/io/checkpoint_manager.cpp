#include "core/io/checkpoint_manager.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cmath>
#include <exception>
#include <limits>
#include <system_error>
#include <thread>

#include "core/base/blocked_signals.h"
#include "core/base/forked_thread.h"
#include "core/io/folders.h"

namespace tl::io {
namespace {

constexpr std::string_view kStart = "step-";
constexpr std::string_view kTemporary = ".tmp-";

// The step in a name such as "step-12"; none for other names, "step-012" among them.
std::optional<int64_t> step_in(const std::string& name) {
  if (name.compare(0, kStart.size(), kStart) != 0) return std::nullopt;
  const char *begin = name.data() + kStart.size(), *end = name.data() + name.size();
  int64_t step = 0;
  const auto read = std::from_chars(begin, end, step);
  if (read.ec != std::errc() || read.ptr != end || step < 0 || concat(kStart, step) != name)
    return std::nullopt;
  return step;
}

// By the order of writing. Those of versions that wrote no serial numbers come first.
bool is_older(const CheckpointInfo& a, const CheckpointInfo& b) {
  return a.serial != b.serial ? a.serial < b.serial : a.step < b.step;
}

// The serial number of the next one. What a foreign manifest claims must not overflow it.
int64_t next_serial(const std::vector<CheckpointInfo>& all) {
  int64_t last = 0;
  for (const CheckpointInfo& c : all) last = std::max(last, c.serial);
  return last == std::numeric_limits<int64_t>::max() ? last : last + 1;
}

// What counts where the best stay. `metric` is a number also where there is none, so that a comparison looks at nothing that was never
// set, and the order is a strict weak one with NaN.
struct Rank {
  Rank(const CheckpointInfo& c, Best best) : info(&c), metric(c.metric.value_or(NAN)) {
    scored = !std::isnan(metric);
    if (!scored) metric = 0;
    if (best == Best::kMin) metric = -metric;
  }
  friend bool operator<(const Rank& a, const Rank& b) {  // worse
    if (a.scored != b.scored) return b.scored;
    return a.metric != b.metric ? a.metric < b.metric : is_older(*a.info, *b.info);
  }

  const CheckpointInfo* info;
  bool scored;
  double metric;  // the higher the better
};

// That a checkpoint cannot be used, not that the machine or the program is at its limits.
bool is_damage(Code code) {
  return code == Code::kCorruptData || code == Code::kNotFound || code == Code::kIo;
}

constexpr auto nothing = [] {};

}  // namespace

std::vector<int64_t> superfluous(std::vector<CheckpointInfo> all, const ManagerOptions& options) {
  std::vector<int64_t> out;
  if (options.max_to_keep < 0 || all.empty()) return out;
  const int64_t newest = std::max_element(all.begin(), all.end(), is_older)->step;
  if (options.keep_every > 0)
    all.erase(std::remove_if(all.begin(), all.end(),
                             [&](const auto& c) { return c.step % options.keep_every == 0; }),
              all.end());
  std::vector<const CheckpointInfo*> order;
  if (options.best == Best::kNone) {
    for (const CheckpointInfo& c : all) order.push_back(&c);
    std::sort(order.begin(), order.end(), [](auto* a, auto* b) { return is_older(*a, *b); });
  } else {
    std::vector<Rank> ranks;
    ranks.reserve(all.size());
    for (const CheckpointInfo& c : all) ranks.emplace_back(c, options.best);
    std::sort(ranks.begin(), ranks.end());
    for (const Rank& r : ranks) order.push_back(r.info);
  }
  const auto most = static_cast<size_t>(options.max_to_keep);
  for (size_t i = 0; i + most < order.size(); i++)
    if (order[i]->step != newest) out.push_back(order[i]->step);
  std::sort(out.begin(), out.end());
  return out;
}

// The folder's lock, which goes with the descriptor.
class CheckpointManager::Lock {
 public:
  Lock(const char* op, const std::string& folder) : path_(folder + "/lock") {
    // The folder may go between opening and locking, and what is locked is in none. Where that never holds, the numbers of files do not
    // stay on this file system, and say nothing.
    constexpr int most = 8;
    for (int tries = 0; tries < most; tries++) {
      take(op, folder);
      if (holds()) return;
    }
  }
  ~Lock() { close(); }
  Lock(const Lock&) = delete;
  Lock& operator=(const Lock&) = delete;

  // False where the folder was removed, and perhaps made anew, since: another writer may have that one.
  bool holds() const {
    struct stat mine, present;
    return ::fstat(fd_, &mine) == 0 && ::lstat(path_.c_str(), &present) == 0 &&
           mine.st_dev == present.st_dev && mine.st_ino == present.st_ino;
  }

 private:
  void close() {
    if (fd_ >= 0) ::close(std::exchange(fd_, -1));
  }
  void take(const char* op, const std::string& folder) {
    close();
    fd_ = ::open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0666);
    if (fd_ < 0) fail_of_system(op, "the lock of the folder cannot be opened", path_, errno);
    int done;
    do done = ::flock(fd_, LOCK_EX | LOCK_NB);
    while (done != 0 && errno == EINTR);
    if (done == 0) return;
    const int error = errno;
    close();  // no destructor follows
    if (error == EWOULDBLOCK)
      fail(Code::kBusy, "[", op, "] a folder of checkpoints has one writer: got '", folder,
           "', which another process, or another thread or manager of this one, writes; end that, or use "
           "another folder");
    fail_of_system(op, "the folder cannot be locked", path_, error);
  }

  const std::string path_;
  int fd_ = -1;
};

// One save: the state that is held for it, and what becomes of it. run() touches no counts of tensors.
class CheckpointManager::Writer {
 public:
  Writer(const CheckpointManager& manager, const CheckpointInfo& info, State state)
      : manager_(manager), info_(info), state_(std::move(state)), snapshot_(kOp, state_) {}
  ~Writer() { join(); }
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  void start() {
    process_ = ::getpid();
    BlockedSignals none;
    try {
      thread_ = std::thread([this] {
        try {
          run(nothing);
        } catch (...) {
          error_ = std::current_exception();
        }
      });
    } catch (const std::system_error&) {
      fail(Code::kOutOfMemory, "[", kOp,
           "] the system has no thread left: got none for an asynchronous save; save without");
    }
  }
  // Waits, and throws what went wrong.
  void finish() {
    join();
    if (error_) std::rethrow_exception(std::exchange(error_, nullptr));
  }

  void run(Poll poll) {
    publish(poll, [&](const std::string& path, const CheckpointInfo& info) {
      write_checkpoint(kOp, path, info, snapshot_, poll);
    });
  }
  const Snapshot& snapshot() const { return snapshot_; }
  std::string path() const { return manager_.path_of(info_.step); }

  // write(path, info) makes the checkpoint; then those that no longer stay go.
  template <class F>
  void publish(Poll poll, F&& write) {
    const std::string path = manager_.path_of(info_.step);
    const std::string damaged = set_damaged_aside(path, poll);
    std::vector<CheckpointInfo> all;
    try {
      all = manager_.find_all();
      all.push_back({info_.step, info_.metric, next_serial(all)});
      write(path, all.back());
    } catch (...) {
      if (!damaged.empty()) ::rename(damaged.c_str(), path.c_str());
      throw;
    }
    if (!damaged.empty()) (void)remove_tree(damaged);  // what stays of it is swept next time
    for (int64_t step : superfluous(std::move(all), manager_.options_))
      remove_checkpoint(kOp, manager_.path_of(step));
  }

  static constexpr const char* kOp = "checkpoint_manager_save";

  // Whether there is a checkpoint of this name that is not whole; false where there is none. Throws kFailedPrecondition for a whole one.
  static bool is_damaged_there(const std::string& path, Poll poll) {
    struct stat status;
    if (::lstat(path.c_str(), &status) != 0) return false;
    try {
      (void)verify_checkpoint(kOp, path, poll);
    } catch (const Error& e) {
      if (!is_damage(e.code())) throw;
      return true;
    }
    fail(Code::kFailedPrecondition, "[", kOp, "] a checkpoint is never written over: got '", path,
         "', which is there and whole; remove it, or use another folder");
  }

 private:
  void join() {
    if (!thread_.joinable()) return;
    // In a forked child the thread is not there.
    if (process_ == ::getpid())
      thread_.join();
    else
      forget_thread_of_parent(thread_);
  }

  // A checkpoint of this step that is there but not whole gets another name, which is returned: "" where there is none.
  static std::string set_damaged_aside(const std::string& path, Poll poll) {
    if (!is_damaged_there(path, poll)) return "";
    std::string aside = temporary_beside(path);
    rename_over(kOp, path, aside);
    return aside;
  }

  const CheckpointManager& manager_;
  const CheckpointInfo info_;
  const State state_;
  const Snapshot snapshot_;
  std::thread thread_;
  pid_t process_ = 0;
  std::exception_ptr error_;
};

CheckpointManager::CheckpointManager(Context& context, std::string folder, const ManagerOptions& options)
    : context_(context), folder_(std::move(folder)), options_(options) {
  constexpr const char* op = "checkpoint_manager_new";
  if (folder_.empty()) invalid("[", op, "] 'folder' must name a folder: got an empty text; give its path");
  if (options_.max_to_keep < -1 || options_.max_to_keep == 0)
    invalid("[", op, "] 'max_to_keep' must be at least 1, or -1 for all: got ", options_.max_to_keep,
            "; it counts checkpoints");
  if (options_.keep_every < 0)
    invalid("[", op, "] 'keep_every' must not be negative: got ", options_.keep_every, "; it counts steps");
  if (options_.best < Best::kNone || options_.best > Best::kMax)
    invalid("[", op, "] 'best' must be none (0), min (1) or max (2): got ", static_cast<int>(options_.best),
            "; fill the options with their _init function first");
}

CheckpointManager::~CheckpointManager() {
  try {
    if (writer_) writer_->finish();
  } catch (const std::exception& e) {
    context_.log(LogLevel::kWarning, e.what());
  }
}

std::string CheckpointManager::path_of(int64_t step) const { return concat(folder_, "/", kStart, step); }

std::vector<int64_t> CheckpointManager::find_steps() const {
  std::vector<int64_t> steps;
  for (const std::string& name : names_in("checkpoint_manager", folder_))
    if (const auto step = step_in(name)) steps.push_back(*step);
  std::sort(steps.begin(), steps.end());
  return steps;
}

// Those whose manifests are whole and of the step that the folder's name says.
std::vector<CheckpointInfo> CheckpointManager::find_all() const {
  std::vector<CheckpointInfo> all;
  for (int64_t step : find_steps()) {
    try {
      const CheckpointInfo info = read_checkpoint_info("checkpoint_manager", path_of(step), nothing);
      if (info.step == step) all.push_back(info);
    } catch (const Error& e) {
      if (!is_damage(e.code()) && e.code() != Code::kUnsupported) throw;
    }
  }
  return all;
}

// A folder that somebody renamed is not the checkpoint of the step that its name says.
void CheckpointManager::check_step(const char* op, int64_t step, const CheckpointInfo& info) const {
  if (info.step != step)
    fail(Code::kCorruptData, "[", op, "] ", path_of(step), ": the name is that of step ", step,
         ": got a checkpoint of step ", info.step, "; give it its name back");
}

void CheckpointManager::take() {
  wait();
  take_folder("checkpoint_manager_take");
}

void CheckpointManager::take_folder(const char* op) {
  if (lock_ && lock_->holds()) return;
  lock_.reset();
  make_folders(op, folder_);
  auto lock = std::make_unique<Lock>(op, folder_);
  // What writers that died have left. Nobody else writes here now.
  for (const std::string& name : names_in(op, folder_)) {
    const size_t at = name.find(kTemporary);
    if (at == std::string::npos || !step_in(name.substr(0, at))) continue;
    (void)remove_tree(concat(folder_, "/", name));
  }
  lock_ = std::move(lock);
}

std::unique_ptr<CheckpointManager::Writer> CheckpointManager::new_writer(int64_t step,
                                                                         std::optional<double> metric,
                                                                         State state) const {
  if (step < 0)
    invalid("[", Writer::kOp, "] 'step' must not be negative: got ", step, "; it counts steps, from 0 on");
  return std::make_unique<Writer>(*this, CheckpointInfo{step, metric}, std::move(state));
}

void CheckpointManager::save(int64_t step, std::optional<double> metric, State state) {
  wait();
  auto writer = new_writer(step, metric, std::move(state));
  take_folder(Writer::kOp);
  if (options_.asynchronous) {
    writer->start();
    writer_ = std::move(writer);
  } else {
    writer->run([&] { context_.check_cancelled(Writer::kOp); });
  }
}

std::unique_ptr<CheckpointManager::SharedSave> CheckpointManager::begin_shared(int64_t step,
                                                                               std::optional<double> metric,
                                                                               State state) {
  wait();
  auto writer = new_writer(step, metric, std::move(state));
  take_folder(Writer::kOp);
  (void)Writer::is_damaged_there(writer->path(), [&] { context_.check_cancelled(Writer::kOp); });
  return std::make_unique<SharedSave>(*this, std::move(writer));
}

SafetensorsChecksums CheckpointManager::write_share(const std::string& place, const State& state, int share,
                                                    int shares) {
  wait();
  const size_t at = place.find(kTemporary);
  if (at == std::string::npos || !step_in(place.substr(0, at)) || place.find('/') != std::string::npos)
    invalid("[", Writer::kOp, "] a share goes into the folder of a save: got '", place, "'");
  return io::write_share(Writer::kOp, concat(folder_, "/", place), Snapshot(Writer::kOp, state), share,
                         shares, [&] { context_.check_cancelled(Writer::kOp); });
}

CheckpointManager::SharedSave::SharedSave(CheckpointManager& manager, std::unique_ptr<Writer> writer)
    : manager_(manager),
      writer_(std::move(writer)),
      draft_(Writer::kOp, writer_->path()),
      place_(draft_.folder().substr(manager_.folder_.size() + 1)) {}
CheckpointManager::SharedSave::~SharedSave() = default;

SafetensorsChecksums CheckpointManager::SharedSave::write(int shares) {
  return io::write_share(Writer::kOp, draft_.folder(), writer_->snapshot(), 0, shares,
                         [&] { manager_.context_.check_cancelled(Writer::kOp); });
}

void CheckpointManager::SharedSave::commit(Span<const SafetensorsChecksums> shares) {
  const auto poll = [&] { manager_.context_.check_cancelled(Writer::kOp); };
  writer_->publish(poll, [&](const std::string&, const CheckpointInfo& info) {
    draft_.commit(Writer::kOp, info, writer_->snapshot(), shares, poll);
  });
}

void CheckpointManager::wait() {
  const std::unique_ptr<Writer> writer = std::move(writer_);
  if (writer) writer->finish();
}

std::vector<int64_t> CheckpointManager::steps() {
  wait();
  std::vector<int64_t> out;
  for (const CheckpointInfo& info : find_all()) out.push_back(info.step);
  return out;
}

void CheckpointManager::passed_over(int64_t step, const Error& error) {
  context_.log(
      LogLevel::kWarning,
      concat("[checkpoint_manager] checkpoint ", step, " is passed over: ", error.message()).c_str());
}

// What cannot be read, for it is of a newer version, stands first: whether it may be passed over is the reader's to say. A damaged
// manifest does not say when it was written, and is passed over here.
std::vector<int64_t> CheckpointManager::find_newest_first() {
  std::vector<CheckpointInfo> all;
  for (int64_t step : find_steps()) {
    CheckpointInfo info;
    try {
      info = read_checkpoint_info("checkpoint_manager", path_of(step), nothing);
    } catch (const Error& e) {
      if (is_damage(e.code())) {
        passed_over(step, e);
        continue;
      }
      if (e.code() != Code::kUnsupported) throw;
      info.serial = std::numeric_limits<int64_t>::max();
    }
    info.step = step;  // the name counts; the reader compares
    all.push_back(info);
  }
  std::sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return is_older(b, a); });
  std::vector<int64_t> steps;
  steps.reserve(all.size());
  for (const CheckpointInfo& info : all) steps.push_back(info.step);
  return steps;
}

template <class F>
std::optional<int64_t> CheckpointManager::newest(F&& f) {
  wait();
  for (const int64_t step : find_newest_first()) {
    try {
      f(step);
      return step;
    } catch (const Error& e) {
      if (!is_damage(e.code())) throw;
      passed_over(step, e);
    }
  }
  return std::nullopt;
}

std::optional<int64_t> CheckpointManager::latest() {
  constexpr const char* op = "checkpoint_manager_latest";
  return newest([&](int64_t step) {
    check_step(op, step, verify_checkpoint(op, path_of(step), [&] { context_.check_cancelled(op); }));
  });
}

std::optional<int64_t> CheckpointManager::best() {
  if (options_.best == Best::kNone)
    fail(Code::kFailedPrecondition,
         "[checkpoint_manager_best] the manager must know what is better: got none; set 'best' in its "
         "options");
  wait();
  const std::vector<CheckpointInfo> all = find_all();
  std::vector<Rank> ranks;
  ranks.reserve(all.size());
  for (const CheckpointInfo& c : all) ranks.emplace_back(c, options_.best);
  auto found = std::max_element(ranks.begin(), ranks.end());
  return found == ranks.end() ? std::nullopt : std::optional<int64_t>(found->info->step);
}

State CheckpointManager::load(int64_t step) {
  constexpr const char* op = "checkpoint_manager_restore";
  wait();
  return load(op, step);
}

State CheckpointManager::load(const char* op, int64_t step) const {
  CheckpointInfo info;
  State state = read_checkpoint(
      op, context_, path_of(step), [&] { context_.check_cancelled(op); }, &info);
  check_step(op, step, info);
  return state;
}

std::optional<int64_t> CheckpointManager::load_latest(State& state) {
  constexpr const char* op = "checkpoint_manager_restore_latest";
  return newest([&](int64_t step) { state = load(op, step); });
}

}  // namespace tl::io
