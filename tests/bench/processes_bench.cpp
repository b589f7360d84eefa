// all_reduce of processes on this machine: through a group over Gloo, and by Gloo's own allreduce, in turns in the same processes.
//
//   processes_bench [--ranks 2] [--quick]   a JSON line for each size, and the ratio of the two
//
// The least of many rounds is printed, for others use the machine too, and the median beside it. Our sums go in the order of the ranks and through f64; Gloo's
// ring adds f32 in an order of its own.
#include <sys/resource.h>
#include <sys/wait.h>
#include <tapeloop/tapeloop.h>
#include <unistd.h>

#include <gloo/allreduce.h>
#include <gloo/math.h>
#include <gloo/rendezvous/context.h>
#include <gloo/rendezvous/file_store.h>
#include <gloo/transport/tcp/device.h>
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <string>
#include <vector>

namespace {

double microseconds() {
  return std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

// Of all threads of this process: what others of the machine do changes it less.
double cpu_microseconds() {
  rusage used{};
  getrusage(RUSAGE_SELF, &used);
  return 1e6 * static_cast<double>(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
         static_cast<double>(used.ru_utime.tv_usec + used.ru_stime.tv_usec);
}

// Of one call, by some in a row.
struct Rounds {
  std::vector<double> times, cpu_times;

  template <class F>
  void add(int calls, F&& f) {
    const double begin = microseconds(), cpu_begin = cpu_microseconds();
    for (int i = 0; i < calls; i++) f();
    times.push_back((microseconds() - begin) / calls);
    cpu_times.push_back((cpu_microseconds() - cpu_begin) / calls);
  }
  static double at(std::vector<double> x, size_t place) {
    std::nth_element(x.begin(), x.begin() + static_cast<std::ptrdiff_t>(place), x.end());
    return x[place];
  }
  double least() const { return at(times, 0); }
  double median() const { return at(times, times.size() / 2); }
  double cpu_median() const { return at(cpu_times, cpu_times.size() / 2); }
};

// Rounds are short and many: of some nobody else has taken the processor.
struct Size {
  size_t bytes;
  int calls, rounds;
};
constexpr Size kSizes[] = {{1024, 20, 200}, {400 * 1024, 4, 300}, {16 * 1024 * 1024, 1, 120}};

struct Raw {
  std::shared_ptr<gloo::rendezvous::Context> context;
  std::vector<float> data;
  uint32_t tag = 0;

  Raw(int rank, int size, const std::string& folder, size_t elements)
      : context(std::make_shared<gloo::rendezvous::Context>(rank, size)), data(elements) {
    gloo::rendezvous::FileStore store(folder);
    std::shared_ptr<gloo::transport::Device> device =
        gloo::transport::tcp::CreateDevice(gloo::transport::tcp::attr("127.0.0.1"));
    context->connectFullMesh(store, device);
  }
  void all_reduce(size_t elements) {
    gloo::AllreduceOptions o(context);
    o.setOutput(data.data(), elements);
    void (*sum)(void*, const void*, const void*, size_t) = &gloo::sum<float>;
    o.setReduceFunction(sum);
    o.setTag(tag++);
    gloo::allreduce(o);
  }
};

int run_rank(int rank, int size, const std::string& folder, bool quick) {
  tl_context_options options;
  tl_context_options_init(&options, sizeof options);
  options.threads = 1;
  tl_context* c = tl_context_new(&options);
  tl_group* group = tl_group_new(c, nullptr);
  Raw raw(rank, size, folder, kSizes[2].bytes / sizeof(float));
  for (const auto& [bytes, calls, rounds] : kSizes) {
    const auto elements = static_cast<int64_t>(bytes / sizeof(float));
    tl_tensor* x = tl_zeros(c, &elements, 1);
    Rounds ours, theirs;
    for (int round = 0; round < (quick ? 3 : rounds); round++) {
      if (tl_group_barrier(group) != TL_OK) break;
      theirs.add(calls, [&, count = bytes / sizeof(float)] { raw.all_reduce(count); });
      if (tl_group_barrier(group) != TL_OK) break;
      ours.add(calls, [&] {
        tl_scope_begin(c);
        (void)tl_group_all_reduce(group, x, TL_REDUCE_SUM);
        tl_scope_end(c);
      });
    }
    if (rank == 0 && !tl_failed(c))
      std::printf(
          "{\"bench\": \"all_reduce\", \"ranks\": %d, \"bytes\": %zu, \"us\": %.1f, \"gloo_us\": %.1f, "
          "\"ratio\": %.3f, \"median_us\": %.1f, \"gloo_median_us\": %.1f, \"median_ratio\": %.3f, "
          "\"cpu_us\": %.1f, \"gloo_cpu_us\": %.1f}\n",
          size, bytes, ours.least(), theirs.least(), ours.least() / theirs.least(), ours.median(),
          theirs.median(), ours.median() / theirs.median(), ours.cpu_median(), theirs.cpu_median());
    std::fflush(stdout);
  }
  const bool failed = tl_failed(c);
  if (failed) std::fprintf(stderr, "rank %d: %s\n", rank, tl_error_message(c));
  tl_group_release(group);
  (void)tl_context_free(c);
  return failed;
}

}  // namespace

int main(int argc, char** argv) {
  int size = 2;
  bool quick = false;
  for (int i = 1; i < argc; i++) {
    if (std::strcmp(argv[i], "--quick") == 0) quick = true;
    if (std::strcmp(argv[i], "--ranks") == 0 && i + 1 < argc) size = std::atoi(argv[++i]);
  }
  char folder[] = "/tmp/tapeloop-bench-XXXXXX";
  if (!mkdtemp(folder)) return 1;
  setenv("WORLD_SIZE", std::to_string(size).c_str(), 1);
  setenv("MASTER_ADDR", "127.0.0.1", 1);
  setenv("MASTER_PORT", std::to_string(20000 + getpid() % 20000).c_str(), 0);
  std::vector<pid_t> ranks;
  for (int rank = 0; rank < size; rank++) {
    const pid_t child = fork();
    if (child == 0) {
      setenv("RANK", std::to_string(rank).c_str(), 1);
      _exit(run_rank(rank, size, folder, quick));
    }
    ranks.push_back(child);
  }
  int failed = 0;
  for (const pid_t child : ranks) {
    int status = 0;
    waitpid(child, &status, 0);
    failed |= status != 0;
  }
  std::filesystem::remove_all(folder);
  return failed;
}
