// The walk over the tiles.
#include "core/kernels/tile/program.h"

#include <algorithm>

#include "core/kernels/label_check.h"
#include "core/kernels/random_stream.h"
#include "core/kernels/tile/plan.h"

namespace tl::kernels {
namespace {

using Plan = TileProgram::Plan;

void run_steps(const std::vector<Step>& steps, const Tile& tile) {
  for (const Step& step : steps) step.run(step, tile);
}

void check_labels(const LabelCheck& check, const void* labels) {
  const char* what = check.op == OpId::kCorrectClass ? "predictions" : "logits";
  const char* op = schema_of(check.op).name;
  if (check.dtype == DType::kI32)
    check_classes(op, what, static_cast<const int32_t*>(labels), check.labels, check.classes);
  else
    check_classes(op, what, static_cast<const int64_t*>(labels), check.labels, check.classes);
}

// The tiles of one unit, on one thread.
class Unit {
 public:
  Unit(const Plan& plan, const RandomAt* draws, const Collector::Memory& memory)
      : plan_(plan), memory_(memory) {
    std::copy_n(memory.base, plan.slots, at_);
    for (const Plan::Placed& p : plan.in_worker) at_[p.slot] = memory.worker + p.offset;
    tile_.at = at_;
    tile_.draws = draws;
  }

  void run(size_t unit) {
    size_t row = unit / plan_.column_units * plan_.unit_rows;
    const size_t end = std::min(plan_.rows, row + plan_.unit_rows);
    for (size_t i = 0; i < plan_.collectors.size(); i++)
      progress_[i].begin = row * (plan_.collectors[i].kind == kMatrixKind ? plan_.cols : 1);
    const bool strip = plan_.column_units > 1;
    const size_t first_col = strip ? unit % plan_.column_units * plan_.tile_cols : 0,
                 end_col = strip ? std::min(plan_.cols, first_col + plan_.tile_cols) : plan_.cols;
    while (row < end) {
      size_t next = row + plan_.tile_rows;
      if (plan_.segment_rows) next = std::min(next, (row / plan_.segment_rows + 1) * plan_.segment_rows);
      next = std::min(next, end);
      for (size_t col = first_col; col < end_col; col += plan_.tile_cols)
        run_tile(row, next - row, col, std::min(plan_.tile_cols, end_col - col));
      row = next;
    }
    for (size_t i = 0; i < plan_.collectors.size(); i++) plan_.collectors[i].end_unit(progress_[i], memory_);
  }

 private:
  void run_tile(size_t row, size_t rows, size_t col, size_t cols) {
    tile_.row = row;
    tile_.col = col;
    tile_.rows = rows;
    tile_.cols = cols;
    tile_.set_counts();
    tile_.set_offsets(plan_.cols);
    for (const Plan::Moving& m : plan_.moving)
      at_[m.slot] = static_cast<std::byte*>(memory_.base[m.slot]) + tile_.offsets[m.kind] * m.element;
    for (size_t i = 0; i < plan_.collectors.size(); i++)
      if (plan_.collectors[i].buffered) plan_.collectors[i].place(progress_[i], memory_, at_);
    if (!plan_.ahead.empty()) ask_ahead();
    run_steps(plan_.each, tile_);
    for (size_t i = 0; i < plan_.collectors.size(); i++)
      plan_.collectors[i].take(progress_[i], memory_, tile_);
  }

  // The parts of the next tile, which lie behind those of this one. Of what lies beyond the end nothing comes.
  void ask_ahead() {
    for (const Plan::Moving& m : plan_.ahead) {
      const size_t bytes = tile_.counts[m.kind] * m.element;
      const std::byte* next = static_cast<const std::byte*>(at_[m.slot]) + bytes;
      for (size_t i = 0; i < bytes; i += 64) __builtin_prefetch(next + i);
    }
  }

  const Plan& plan_;
  const Collector::Memory memory_;
  Tile tile_;
  void* at_[kMostSlots];
  Collector::Progress progress_[kMostCollectors];
};

}  // namespace

TileProgram::TileProgram(const TileDescription& description, const VectorTable& table)
    : plan_(compile(description, table)) {}
TileProgram::~TileProgram() = default;
TileProgram::TileProgram(TileProgram&&) noexcept = default;
TileProgram& TileProgram::operator=(TileProgram&&) noexcept = default;

size_t TileProgram::inputs() const { return plan_->inputs; }
size_t TileProgram::outputs() const { return plan_->outputs.size(); }
const OutputSpec& TileProgram::output(size_t i) const { return plan_->outputs[i]; }
size_t TileProgram::dropouts() const { return plan_->draws; }
size_t TileProgram::checks() const { return plan_->checks.size(); }
void TileProgram::check(size_t i, const void* const* inputs) const {
  check_labels(plan_->checks[i], inputs[plan_->checks[i].input]);
}
bool TileProgram::may_share(size_t output, size_t input) const { return plan_->shares[output][input]; }
std::string TileProgram::text() const { return plan_->text; }

void TileProgram::reserve(ThreadPool& pool) const {
  pool.reserve_scratch(plan_->worker_bytes, plan_->shared_bytes);
}

void TileProgram::run(ThreadPool& pool, const void* const* inputs, void* const* outputs,
                      const DropoutDraw* draws) const {
  const Plan& plan = *plan_;
  for (size_t i = 0; i < plan.checks.size(); i++) check(i, inputs);
  reserve(pool);
  void* base[kMostSlots];
  // Inputs are written through their slots only where an output shares their memory.
  for (size_t i = 0; i < plan.inputs; i++) base[i] = const_cast<void*>(inputs[i]);
  std::copy_n(outputs, plan.outputs.size(), base + plan.inputs);
  std::byte* shared = static_cast<std::byte*>(pool.shared_scratch());
  for (const Plan::Placed& p : plan.in_shared) base[p.slot] = shared + p.offset;
  RandomAt at[kMostDraws];
  for (size_t i = 0; i < plan.draws; i++) at[i] = {key_of(draws[i].seed, OpId::kDropout), draws[i].call, 0};

  Tile whole;  // for the steps on rows and scalars, before and after the tiles
  whole.at = base;
  whole.cols = plan.cols;
  whole.draws = at;
  whole.set_counts();
  whole.set_offsets(plan.cols);
  run_steps(plan.before, whole);
  if (!plan.each.empty() || !plan.collectors.empty()) {
    const auto run_unit = [&](size_t unit, int worker) {
      const Collector::Memory memory{static_cast<std::byte*>(pool.worker_scratch(worker)), shared, base};
      Unit(plan, at, memory).run(unit);
    };
    const size_t units = plan.row_units * plan.column_units;
    if (units == 1)
      run_unit(0, 0);
    else if (units > 1)
      pool.parallel_for_worker(units, run_unit,
                               plan.is_short ? ThreadPool::Helpers::if_it_pays : ThreadPool::Helpers::all);
    for (const Collector& c : plan.collectors) c.finish({nullptr, shared, base});
  }
  run_steps(plan.after, whole);
}

}  // namespace tl::kernels
