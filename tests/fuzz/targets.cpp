// One function for each reader; fuzzer.cpp and replay.cpp call them. See README.md.
#include "tests/fuzz/targets.h"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <functional>
#include <memory>
#include <vector>

#include "core/base/error.h"
#include "core/data/idx.h"
#include "core/data/iterator.h"
#include "core/data/sample.h"
#include "core/dist/control_message.h"
#include "core/io/checkpoint.h"
#include "core/io/cifar.h"
#include "core/io/csv.h"
#include "core/io/example.h"
#include "core/io/image.h"
#include "core/io/json_lines.h"
#include "core/io/npy.h"
#include "core/io/npz.h"
#include "core/io/saved_objects.h"
#include "core/io/tfrecord.h"
#include "core/io/wav.h"

namespace tl::fuzz {
namespace {

using namespace tl::io;

constexpr auto go_on = [] {};

MemoryInput memory(const Context& context, Input bytes) {
  return MemoryInput(context, "fuzz", "input", bytes);
}

void npy(Context& c, Input b) { read_npy(c, memory(c, b)); }
void npz(Context& c, Input b) { read_npz(c, memory(c, b), 0); }
void json(Context& c, Input b) { read_json_lines(c, memory(c, b), {}); }
void png(Context& c, Input b) { read_image(c, memory(c, b), {}); }
void jpeg(Context& c, Input b) { read_image(c, memory(c, b), {3, 0}); }
void wav(Context& c, Input b) { read_wav(c, memory(c, b)); }
void example(Context& c, Input b) { read_example(c, memory(c, b)); }

// The first byte chooses how the table is read.
void csv(Context& c, Input b) {
  if (b.empty()) return;
  const auto choice = static_cast<unsigned>(b[0]);
  CsvOptions options;
  options.header = (choice & 1) == 0;
  options.delimiter = (choice & 2) ? ';' : ',';
  if (choice & 4) options.types = "fdilub?c-";
  if (choice & 8) options.missing = "?";
  read_csv(c, memory(c, Input(b.data() + 1, b.size() - 1)), options);
}

void tfrecord(Context& c, Input b) {
  TfRecords records(std::make_unique<MemoryInput>(c, "fuzz", "input", b));
  for (int64_t i = 0; i < records.size(); i++) records.read(c, i);
}

void cifar(Context& c, Input b) {
  const MemoryInput input = memory(c, b);
  read_cifar(c, {&input}, b.size() % 2 ? Cifar::k10 : Cifar::k100);
}

// For readers that want a path.
class MemoryFile {
 public:
  explicit MemoryFile(Input b) : file_(memfd_create("fuzz", 0)) {
    if (file_ < 0 || write(file_, b.data(), b.size()) != static_cast<ssize_t>(b.size())) std::abort();
  }
  ~MemoryFile() { close(file_); }
  std::string path() const { return "/proc/self/fd/" + std::to_string(file_); }

 private:
  int file_;
};

void idx(Context& c, Input b) {
  const MemoryFile file(b);
  data::read_idx(c, file.path());
}

void safetensors(Context& c, Input b) {
  const MemoryFile memory(b);
  const SafetensorsFile file("fuzz", memory.path(), go_on);
  for (size_t i = 0; i < file.size(); i++) {
    if (file.find(file.name(i)) != i) std::abort();
    then([&] {
      uint32_t sum = 0;
      const Tensor t = file.read(c, i, go_on, &sum);
      if (t.shape() != file.shape(i) || t.dtype() != file.dtype(i) || sum != file.checksum(i, go_on))
        std::abort();
    });
  }
}

std::vector<double> zeros(const data::DatasetPtr& d) { return std::vector<double>(d->width(), 0); }

// Pipelines with a stage of every kind that needs no function and no thread.
const std::vector<std::function<data::DatasetPtr()>>& pipelines() {
  using namespace tl::data;
  static const auto source = [] { return range(0, 7, 1); };
  static const std::vector<std::function<DatasetPtr()>> all{
      source,
      [] { return batch(shuffle(source(), 3), 2); },
      [] { return take(shuffle(repeat(source(), -1), 3, 4), 20); },
      [] {
        return concatenate({take(source(), 2), skip(source(), 4)});
      },
      [] {
        return zip({repeat(source(), 2), cache(source())});
      },
      [] {
        return interleave({source(), take(source(), 3), shuffle(source(), 1, 2)}, 2, 2);
      },
      [] {
        return sample_from({source(), take(repeat(source(), -1), 30)}, {2, 1}, 9, true);
      },
      [] {
        return bucket_by_length(batch(source(), 3), 0, {2}, {2, 2}, false, {0});
      },
      [] { return unbatch(padded_batch(batch(source(), 2), 2, false, zeros(source()))); },
      [] { return window(data::cast(source(), 0, DType::kF32, 2), 3, 2, false); },
  };
  return all;
}

// Goes to the place, and as far as elements come from there.
void position(Context& c, Input b) {
  const std::string bytes(reinterpret_cast<const char*>(b.data()), b.size());
  for (const auto& make : pipelines()) {
    data::DatasetIterator it(c, make());
    Tensor out[2];
    then([&] {
      it.restore_position(bytes);
      for (int i = 0; i < 50; i++)
        if (!it.next(Span<Tensor>(out, it.dataset()->width())) && i > 40) break;
      it.restore_position(it.save_position());
    });
  }
}

// What is kept of a run, in small: a pipeline, a tensor, numbers and a text.
class Run final : public Stateful {
 public:
  explicit Run(Context& c) : weights_(c.allocate(DType::kF32, {2})), it_(c, pipelines()[5]()) {
    for (int i = 0; i < 2; i++) weights_.mutable_data<float>()[i] = 0;
  }
  void save(State& state, const std::string& prefix) const override {
    state.set(joined_path(prefix, "w"), weights_);
    state.set(joined_path(prefix, "step"), step_);
    state.set(joined_path(prefix, "rate"), rate_);
    it_.save(state, joined_path(prefix, "data"));
  }
  PendingRestorePtr prepare(const State& state, const std::string& prefix) override {
    return pending_restore([this, weights = state.get<Tensor>(joined_path(prefix, "w")),
                            step = state.get<int64_t>(joined_path(prefix, "step")),
                            rate = state.get<double>(joined_path(prefix, "rate")),
                            data = it_.prepare(state, joined_path(prefix, "data"))] {
      weights_ = weights, step_ = step, rate_ = rate;
      data->take();
    });
  }

 private:
  Tensor weights_;
  int64_t step_ = 0;
  double rate_ = 0;
  mutable data::DatasetIterator it_;  // saving its place brings it up to date
};

void checkpoint(Context& c, Input b) {
  const std::string path = checkpoint_folder(std::string(reinterpret_cast<const char*>(b.data()), b.size()));
  Code verified = Code::kOk;
  try {
    verify_checkpoint("fuzz", path, go_on);
  } catch (const Error& error) {
    verified = error.code();
  }
  const State state = read_checkpoint("fuzz", c, path, go_on);
  if (verified != Code::kOk) std::abort();
  SavedObjects objects;
  objects.add("run", std::make_shared<Run>(c));
  StateDifference left;
  then([&] { objects.prepare_partly(state, &left)->take(); });
  then([&] { objects.prepare(state)->take(); });
}

// What comes over a connection of the control channel, in pieces whose size the first byte says: whoever connects may send small
// messages only, and a rank all. What is read is written as it came.
void control(Context&, Input b) {
  if (b.empty()) return;
  const auto first = static_cast<size_t>(b[0]);
  dist::control::Reader reader(dist::control::kMostGreeting);
  if (first % 2) reader.allow_all();
  std::string again;
  dist::control::Message message;
  for (size_t at = 1; at < b.size();) {
    const size_t piece = std::min(b.size() - at, 1 + first / 2);
    reader.feed(Input(b.data() + at, piece));
    at += piece;
    while (reader.next(message)) dist::control::encode(message, again);
    if (again.size() + reader.pending() != at - 1) std::abort();
  }
  if (!std::equal(again.begin(), again.end(), reinterpret_cast<const char*>(b.data() + 1))) std::abort();
}

}  // namespace

void then(const std::function<void()>& f) {
  try {
    f();
  } catch (const Error& error) {
    if (error.code() == Code::kInternal || error.message().find('[') != 0) std::abort();
  }
}

std::string some_position(unsigned number) {
  Context c(ContextOptions{1, 1, 0, nullptr, nullptr});
  data::DatasetIterator it(c, pipelines()[number % pipelines().size()]());
  Tensor out[2];
  for (unsigned i = 0; i < number / 16 % 9; i++) it.next(Span<Tensor>(out, it.dataset()->width()));
  return it.save_position();
}

const Target* target_named(const std::string& name) {
  static const Target all[] = {{"npy", npy, nullptr},
                               {"npz", npz, nullptr},
                               {"csv", csv, nullptr},
                               {"json", json, nullptr},
                               {"png", png, mend_png},
                               {"jpeg", jpeg, nullptr},
                               {"wav", wav, nullptr},
                               {"tfrecord", tfrecord, mend_records},
                               {"example", example, nullptr},
                               {"cifar", cifar, nullptr},
                               {"idx", idx, nullptr},
                               {"safetensors", safetensors, nullptr},
                               {"checkpoint", checkpoint, mend_checkpoint},
                               {"folder", read_folder, mend_folder},
                               {"manager", manage_checkpoints, mend_checkpoints},
                               {"position", position, mend_position},
                               {"control", control, nullptr}};
  for (const Target& target : all)
    if (name == target.name) return &target;
  return nullptr;
}

}  // namespace tl::fuzz
