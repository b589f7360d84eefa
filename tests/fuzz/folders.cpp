// The targets whose input is a folder (tree.h): folders of images, of IDX and of CIFAR files; and the checkpoint manager, which must
// find its way among whatever lies in the folder of a run.
#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <optional>

#include "core/base/error.h"
#include "core/data/idx_folder.h"
#include "core/data/iterator.h"
#include "core/io/checkpoint_manager.h"
#include "core/io/cifar.h"
#include "core/io/image_folder.h"
#include "tests/fuzz/targets.h"
#include "tests/fuzz/tree.h"

namespace tl::fuzz {
namespace {

using namespace tl::io;

std::string text_of(Input b) { return std::string(reinterpret_cast<const char*>(b.data()), b.size()); }

void images_in(Context& c, const std::string& path) {
  const ImageFolder folder("fuzz", path);
  if (folder.size() == 0 || folder.classes().empty()) std::abort();
  if (!std::is_sorted(folder.classes().begin(), folder.classes().end())) std::abort();
  for (int64_t i = 0; i < folder.size(); i++) {
    if (folder.label(i) < 0 || static_cast<size_t>(folder.label(i)) >= folder.classes().size()) std::abort();
    then([&] {
      if (folder.read(c, i, {3, 0}).shape()[2] != 3) std::abort();
    });
  }
}

void idx_in(Context& c, const std::string& path) {
  for (const data::DataPart part : {data::DataPart::kTrain, data::DataPart::kTest}) {
    data::DatasetIterator it(c, data::idx_folder(c, path, part));
    Tensor out[2];
    int64_t count = 0;
    while (count < 100 && it.next(out)) count++;
    if (count < 100 && count != it.dataset()->size()) std::abort();
  }
}

void cifar_in(Context& c, const std::string& path) {
  for (const bool train : {true, false}) read_cifar(c, "fuzz", path, Cifar::k10, train);
}

State small_state(Context& c) {
  State state;
  Tensor w = c.allocate(DType::kF32, {2});
  for (int i = 0; i < 2; i++) w.mutable_data<float>()[i] = static_cast<float>(i);
  state.set("run/w", w);
  state.set("run/step", int64_t{5});
  return state;
}

}  // namespace

void read_folder(Context& c, Input b) {
  const std::string path = written_tree(text_of(b));
  void (*const readers[])(Context&, const std::string&) = {images_in, idx_in, cifar_in};
  int read = 0;
  std::optional<Error> last;
  for (auto* reader : readers) {
    try {
      reader(c, path);
      read++;
    } catch (const Error& error) {
      if (error.code() == Code::kInternal || error.message().find('[') != 0) std::abort();
      last = error;
    }
  }
  if (read == 0 && last) throw *last;
}

// The first byte chooses the options.
void manage_checkpoints(Context& c, Input b) {
  if (b.empty()) return;
  const auto choice = static_cast<unsigned>(b[0]);
  const std::string path = written_tree(text_of(b).substr(1));
  ManagerOptions options;
  options.max_to_keep = choice % 4 == 0 ? -1 : static_cast<int64_t>(choice % 4);
  options.best = static_cast<Best>(choice / 4 % 3);
  options.keep_every = choice / 16 % 4;
  CheckpointManager manager(c, path, options);

  const std::vector<int64_t> steps = manager.steps();
  auto known = [&](int64_t step) { return std::binary_search(steps.begin(), steps.end(), step); };
  if (std::adjacent_find(steps.begin(), steps.end(), std::greater_equal<>()) != steps.end()) std::abort();
  const std::optional<int64_t> latest = manager.latest();
  if (latest && !known(*latest)) std::abort();
  State state;
  if (manager.load_latest(state) != latest) std::abort();
  for (const int64_t step : steps) {
    try {
      manager.load(step);
    } catch (const Error& error) {
      // One that is damaged behind its manifest; never the one that was found whole.
      if (step == latest || error.message().find('[') != 0 || error.code() == Code::kInternal) std::abort();
    }
  }
  if (options.best != Best::kNone) {
    const std::optional<int64_t> best = manager.best();
    if (best.has_value() == steps.empty() || (best && !known(*best))) std::abort();
  }

  // What is saved among all that is read back; and what could not be saved has removed nothing.
  const int64_t step = steps.empty() ? 3 : steps.back() / 2 + 3;
  const State saved = small_state(c);
  bool done = false;
  then([&] {
    manager.save(step, 0.5, saved);
    done = true;
  });
  if (!done) {
    if (manager.steps() != steps) std::abort();
    return;
  }
  // It may have been among those that go.
  if (options.max_to_keep >= 0 && (options.best != Best::kNone || (!steps.empty() && steps.back() > step)))
    return;
  const State found = manager.load(step);
  if (found.size() != saved.size() || found.get<int64_t>("run/step") != 5 ||
      std::memcmp(found.get<Tensor>("run/w").raw(), saved.get<Tensor>("run/w").raw(), 8) != 0)
    std::abort();
}

}  // namespace tl::fuzz
