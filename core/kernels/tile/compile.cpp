// From nodes to a plan: slots and registers by liveness, tiles that fit the first-level cache, units for the threads.
#include <algorithm>
#include <limits>
#include <numeric>

#include "core/kernels/parallel.h"
#include "core/kernels/tile/nodes.h"
#include "core/kernels/tile/plan.h"

namespace tl::kernels {
namespace {

using Type = TileNode::Type;
using Phase = TileNode::Phase;
using Plan = TileProgram::Plan;

constexpr size_t kMostElements = 4096, kLeastElements = 256;
constexpr size_t kTileBytes = 32 << 10;  // of all that a tile touches: a first-level cache
constexpr size_t kSummedRows =
    8;  // of a tile at least, so that running sums of columns are not most of the work
constexpr size_t kFarBytes = 1 << 20;  // a second-level cache
constexpr size_t kLine = 64;
// About ten microseconds of work, which a unit is; and what is no longer a short loop. In cheap element-wise operations.
constexpr double kUnitWork = 1e5, kShortWork = 1e6;
constexpr int kNever = std::numeric_limits<int>::max();

size_t aligned(size_t bytes) { return (bytes + kLine - 1) / kLine * kLine; }
size_t divide_up(size_t a, size_t b) { return (a + b - 1) / b; }

class Compiler {
 public:
  Compiler(const TileDescription& d, const VectorTable& table)
      : table_(table), graph_(build_graph(d)), replaces_(d.replaces) {
    plan_ = std::make_unique<Plan>();
    plan_->inputs = d.inputs.size();
    plan_->slots = d.inputs.size() + d.outputs.size();
    plan_->draws = graph_.draws;
    if (plan_->slots > kMostSlots) cannot_fuse("too many inputs and outputs");
    if (plan_->draws > kMostDraws) cannot_fuse("too many dropouts");
  }

  std::unique_ptr<Plan> compile() {
    plan_->rows = graph_.rows;
    plan_->cols = graph_.cols;
    order();
    assign_slots();
    choose_tile();
    choose_units();
    place();
    make_steps();
    find_shares();
    describe();
    plan_->outputs = std::move(graph_.outputs);
    plan_->checks = std::move(graph_.checks);
    plan_->strides = std::move(graph_.strides);
    return std::move(plan_);
  }

 private:
  static constexpr uint16_t kNoSlot = 0xffff;

  struct Register {
    size_t element;
    TileKind kind;
    uint16_t slot;
  };

  TileNode& at(int n) { return graph_.nodes[static_cast<size_t>(n)]; }
  size_t count() const { return graph_.nodes.size(); }
  bool tiled(const TileNode& n) const { return n.live && n.type != Type::kInput && n.phase == Phase::kEach; }
  bool collected(const TileNode& n) const {
    return n.live && (n.type == Type::kReduceAll || n.type == Type::kReduceColumns);
  }

  // Each op's place among the steps on tiles, and where each value is read there last.
  void order() {
    // A value that is collected into a buffer stands there alone.
    for (size_t i = 0; i < count(); i++) {
      TileNode& n = graph_.nodes[i];
      if (!n.live || n.type != Type::kReduceAll) continue;
      TileNode& x = at(n.in[0]);
      if (x.type == Type::kInput || x.output >= 0) continue;
      const bool taken = std::count(buffered_.begin(), buffered_.end(), n.in[0]) > 0;
      if (taken) cannot_fuse("two reductions over all of the same value");
      buffered_.push_back(n.in[0]);
    }
    place_.assign(count(), -1);
    last_.assign(count(), -1);
    int next = 0;
    for (size_t i = 0; i < count(); i++) {
      const TileNode& n = graph_.nodes[i];
      if (tiled(n)) {
        place_[i] = next++;
        for (int k = 0; k < n.operands; k++) last_[static_cast<size_t>(n.in[k])] = place_[i];
      }
      if (collected(n)) collected_operands_.push_back(n.in[0]);
    }
    for (int operand : collected_operands_) last_[static_cast<size_t>(operand)] = kNever;
  }

  uint16_t new_slot() {
    if (plan_->slots >= kMostSlots) cannot_fuse("too many values");
    return static_cast<uint16_t>(plan_->slots++);
  }

  bool is_buffered(size_t node) const {
    return std::count(buffered_.begin(), buffered_.end(), static_cast<int>(node)) > 0;
  }

  void assign_slots() {
    slot_.assign(count(), kNoSlot);
    register_.assign(count(), -1);
    holder_.assign(graph_.outputs.size(), -1);
    first_write_.assign(graph_.outputs.size(), kNever);
    for (size_t i = 0; i < count(); i++) {
      TileNode& n = graph_.nodes[i];
      if (n.type == Type::kInput) slot_[i] = static_cast<uint16_t>(n.input);
      if (!n.live || n.type == Type::kInput) continue;
      if (n.output >= 0) {
        slot_[i] = static_cast<uint16_t>(plan_->inputs + static_cast<size_t>(n.output));
        write(n.output, place_[i]);
      } else if (n.phase != Phase::kEach) {
        slot_[i] = new_slot();
        shared_.push_back(i);
      } else if (is_buffered(i)) {
        slot_[i] = new_slot();
      } else {
        take_register(i);
      }
      if (tiled(n)) release_operands(n, place_[i]);
    }
  }

  void write(int output, int place) {
    int& first = first_write_[static_cast<size_t>(output)];
    first = std::min(first, place);
  }

  // The output that this value turns into, step by step in the same memory; -1 if it is needed beside it.
  int becomes_output(size_t i) const {
    const TileNode& n = graph_.nodes[i];
    for (size_t next = i + 1; next < count(); next++) {
      const TileNode& user = graph_.nodes[next];
      if (!tiled(user) || place_[next] != last_[i]) continue;
      bool in_place =
          user.type == Type::kOp && user.kind == n.kind && size_of(user.dtype) == size_of(n.dtype);
      for (int k = 0; k < user.operands; k++)
        if (user.in[k] == static_cast<int>(i)) in_place &= works_in_place(user.op, k);
      if (!in_place || is_buffered(next)) return -1;
      return user.output >= 0 ? user.output : becomes_output(next);
    }
    return -1;
  }

  // Whether a step may write over an input: nobody reads that later, nor does the step itself but element by element.
  bool may_overwrite(size_t input, size_t writer) const {
    if (last_[input] != place_[writer]) return last_[input] < place_[writer];
    const TileNode& n = graph_.nodes[writer];
    bool may = n.type == Type::kOp;
    for (int k = 0; k < n.operands; k++)
      if (n.in[k] == static_cast<int>(input)) may &= works_in_place(n.op, k);
    return may;
  }

  // Whether the output may hold value i and still lie over the input that it is to replace.
  bool leaves_replaced(int output, size_t i) const {
    const size_t o = static_cast<size_t>(output);
    if (o >= replaces_.size() || replaces_[o] < 0) return true;
    for (size_t k = 0; k < count(); k++)
      if (graph_.nodes[k].input == replaces_[o]) return may_overwrite(k, i);
    return true;
  }

  // The memory of the output that it becomes, the register of an operand that dies here, a free one, or a new one.
  void take_register(size_t i) {
    const TileNode& n = graph_.nodes[i];
    const size_t element = size_of(n.dtype);
    if (const int o = becomes_output(i); o >= 0 && leaves_replaced(o, i)) {
      // Two values may become one output, as those of a sum do: the memory is the first one's until it dies.
      int& holder = holder_[static_cast<size_t>(o)];
      if (holder < 0 || last_[static_cast<size_t>(holder)] <= place_[i]) {
        holder = static_cast<int>(i);
        write(o, place_[i]);
        slot_[i] = static_cast<uint16_t>(plan_->inputs + static_cast<size_t>(o));
        return;
      }
    }
    auto fits = [&](int r) {
      const Register& reg = registers_[static_cast<size_t>(r)];
      return reg.element == element && reg.kind == n.kind;
    };
    int taken = -1;
    for (int k = 0; n.type == Type::kOp && k < n.operands && taken < 0; k++) {
      const size_t operand = static_cast<size_t>(n.in[k]);
      const int r = register_[operand];
      if (r >= 0 && last_[operand] == place_[i] && fits(r) && works_in_place(n.op, k)) taken = r;
    }
    for (size_t f = 0; f < free_.size() && taken < 0; f++) {
      if (!fits(free_[f])) continue;
      taken = free_[f];
      free_.erase(free_.begin() + static_cast<std::ptrdiff_t>(f));
    }
    if (taken < 0) {
      taken = static_cast<int>(registers_.size());
      registers_.push_back({element, n.kind, new_slot()});
    }
    register_[i] = taken;
    slot_[i] = registers_[static_cast<size_t>(taken)].slot;
  }

  void release_operands(const TileNode& n, int place) {
    for (int k = 0; k < n.operands; k++) {
      const size_t operand = static_cast<size_t>(n.in[k]);
      const int r = register_[operand];
      if (r < 0 || last_[operand] != place) continue;
      const bool taken_over = register_[static_cast<size_t>(&n - graph_.nodes.data())] == r;
      if (!taken_over && std::count(free_.begin(), free_.end(), r) == 0) free_.push_back(r);
    }
  }

  // ---- tiles and units ----

  // In bytes for each element of a tile.
  size_t width() const {
    const TileKind full = plan_->cols == 1 ? kColumnKind : kMatrixKind;
    size_t bytes = 0;
    for (const Register& r : registers_) bytes += r.kind >= full ? r.element : 0;
    for (size_t i = 0; i < count(); i++) {
      const TileNode& n = graph_.nodes[i];
      const bool outside = n.type == Type::kInput ? last_[i] >= 0 : n.live && n.output >= 0;
      if (outside && n.kind >= full) bytes += size_of(n.dtype);
    }
    return bytes;
  }

  void choose_tile() {
    const size_t elements =
        std::clamp(kTileBytes / std::max<size_t>(1, width()) / kLine * kLine, kLeastElements, kMostElements);
    bool whole_rows = false, all = false, wide = false, columns = false;
    for (const TileNode& n : graph_.nodes) {
      if (!n.live) continue;
      const bool narrow = n.type == Type::kReduceColumns && is_narrow();
      if (narrow) plan_->segment_rows = narrow_segment_rows(plan_->cols);
      whole_rows |= (n.type == Type::kReduceRow || n.type == Type::kRows) && n.phase == Phase::kEach;
      whole_rows |= n.type == Type::kReduceAll && at(n.in[0]).kind == kColumnKind;
      all |= n.type == Type::kReduceAll;
      wide |= n.type == Type::kReduceColumns && !narrow;
      columns |= n.output >= 0 && n.phase == Phase::kEach && n.kind == kColumnKind;
    }
    whole_rows |= wide && (all || columns);
    const size_t cols = plan_->cols;
    if (whole_rows && cols > kLongestRow) cannot_fuse("rows are too long for a tile");
    if (whole_rows || cols <= elements || (wide && cols <= kLongestRow)) {
      plan_->tile_rows = std::max<size_t>(wide ? kSummedRows : 1, elements / cols);
      plan_->tile_cols = cols;
      if (plan_->segment_rows)
        plan_->tile_rows = std::max(kFoldedRows, plan_->tile_rows / kFoldedRows * kFoldedRows);
      plan_->tile_rows = std::min(plan_->tile_rows, plan_->rows);
      return;
    }
    plan_->tile_rows = 1;
    plan_->tile_cols = (divide_up(cols, divide_up(cols, elements)) + kLine - 1) / kLine * kLine;
    if (wide) plan_->column_units = divide_up(cols, plan_->tile_cols);
  }

  bool is_narrow() const { return plan_->cols > 0 && plan_->cols <= kNarrowCols; }

  void choose_units() {
    size_t multiple = plan_->tile_rows;
    double weight = 1;
    for (size_t i = 0; i < count(); i++) {
      const TileNode& n = graph_.nodes[i];
      if (tiled(n) || collected(n)) weight += 0.6 * cost_of(n.op);
      if (!collected(n)) continue;
      const Collector c = make_collector(i);
      if (plan_->collectors.size() == kMostCollectors) cannot_fuse("too many reductions");
      if (plan_->collectors.empty()) multiple = 1;
      plan_->collectors.push_back(c);
      multiple = std::lcm(multiple, c.row_multiple());
      if (multiple >= plan_->rows) multiple = std::max<size_t>(1, plan_->rows);
    }
    const size_t cols = std::max<size_t>(1, plan_->column_units > 1 ? plan_->tile_cols : plan_->cols);
    const size_t wanted = std::max<size_t>(1, static_cast<size_t>(kUnitWork / weight) / cols);
    plan_->unit_rows = divide_up(wanted, multiple) * multiple;
    if (plan_->unit_rows > plan_->rows) plan_->unit_rows = std::max<size_t>(1, plan_->rows);
    plan_->row_units = divide_up(plan_->rows, plan_->unit_rows);
    // A few units may be large ones, which sums over rows are not cut into as one likes.
    plan_->is_short = plan_->row_units * plan_->column_units < kPiecesWorthWaking &&
                      weight * static_cast<double>(plan_->rows * plan_->cols) < kShortWork;
  }

  Collector make_collector(size_t i) {
    const TileNode& n = graph_.nodes[i];
    Collector c;
    c.dtype = n.dtype;
    c.op = n.op;
    c.kind = at(n.in[0]).kind;
    c.in = slot_[static_cast<size_t>(n.in[0])];
    c.out = slot_[i];
    c.rows = plan_->rows;
    c.cols = plan_->cols;
    if (n.type == Type::kReduceAll) {
      c.form = Collector::Form::kAll;
      c.buffered = is_buffered(static_cast<size_t>(n.in[0]));
      c.parts = divide_up(c.kind == kMatrixKind ? c.rows * c.cols : c.rows, kReductionChunk);
    } else if (is_narrow()) {
      c.form = Collector::Form::kNarrowColumns;
      c.segment_rows = narrow_segment_rows(c.cols);
      c.parts = divide_up(c.rows, c.segment_rows);
    } else {
      c.form = Collector::Form::kColumns;
      c.parts = divide_up(c.rows, kColumnBlockRows);
    }
    c.choose(table_);
    return c;
  }

  // ---- memory ----

  void place() {
    const size_t tile = plan_->tile_rows * plan_->tile_cols;
    size_t next = 0;
    for (const Register& r : registers_) {
      plan_->in_worker.push_back({r.slot, next});
      // One line apart from a power of two: loads and stores a multiple of 4096 bytes apart wait for each other.
      next += aligned((r.kind == kMatrixKind ? tile : plan_->tile_rows) * r.element) + kLine;
    }
    for (Collector& c : plan_->collectors) {
      c.worker_offset = next;
      next += aligned(c.worker_bytes(tile));
    }
    plan_->worker_bytes = next;
    next = 0;
    for (size_t i : shared_) {
      const TileNode& n = graph_.nodes[i];
      plan_->in_shared.push_back({slot_[i], next});
      next += aligned((n.kind == kRowKind ? plan_->cols : 1) * size_of(n.dtype));
    }
    for (Collector& c : plan_->collectors) {
      c.shared_offset = next;
      next += aligned(c.shared_bytes());
    }
    plan_->shared_bytes = next;

    // What tiles see a part of: matrices and columns always, rows where a tile is not as wide as the domain.
    for (size_t i = 0; i < count(); i++) {
      const TileNode& n = graph_.nodes[i];
      const bool outside = n.type == Type::kInput || (n.live && (n.output >= 0 || n.phase != Phase::kEach));
      const bool used = last_[i] >= 0 || tiled(n);
      const bool part = (n.kind & kColumnKind) || (n.kind == kRowKind && plan_->tile_cols < plan_->cols);
      if (!outside || !used || !part || is_gathered(i)) continue;
      plan_->moving.push_back({slot_[i], n.kind, static_cast<uint16_t>(size_of(n.dtype))});
    }
    size_t bytes = 0;
    for (const Plan::Moving& m : plan_->moving)
      if (m.kind == kMatrixKind || plan_->cols == 1) bytes += plan_->rows * plan_->cols * m.element;
    if (bytes < kFarBytes) return;
    for (const Plan::Moving& m : plan_->moving)
      if (m.slot < plan_->inputs && (m.kind == kMatrixKind || plan_->cols == 1)) plan_->ahead.push_back(m);
  }

  bool is_gathered(size_t i) const {
    for (const TileNode& n : graph_.nodes)
      if (n.type == Type::kGather && n.in[0] == static_cast<int>(i)) return true;
    return false;
  }

  void make_steps() {
    for (size_t i = 0; i < count(); i++) {
      const TileNode& n = graph_.nodes[i];
      if (!n.live || n.type == Type::kInput || collected(n) || n.made_by_next) continue;
      Step s = step_of(n);
      s.out = slot_[i];
      for (int k = 0; k < n.operands; k++) s.in[k] = slot_[static_cast<size_t>(n.in[k])];
      if (n.makes_previous) {
        s.number[0].both = true;
        s.in[2] = slot_[i - 1];
      }
      if (n.type == Type::kOp && n.op == OpId::kDropout) s.draw = static_cast<uint16_t>(n.draw);
      (n.phase == Phase::kBefore ? plan_->before
       : n.phase == Phase::kEach ? plan_->each
                                 : plan_->after)
          .push_back(s);
    }
  }

  Step step_of(const TileNode& n) {
    const TileNode& first = at(n.in[0]);
    switch (n.type) {
      case Type::kGather: return make_gather(size_of(n.dtype), n.strides, n.kind);
      case Type::kSpread: return make_spread(size_of(n.dtype), first.kind, n.kind);
      case Type::kRows: {
        const TileNode& rows = n.op == OpId::kOneHot ? n : at(n.in[n.operands - 1]);
        Step s = make_row_step(table_, n.op, rows.dtype, first.dtype, rows.kind, n.attrs);
        if (!s.run) cannot_fuse(concat("there is no kernel on tiles for ", schema_of(n.op).name));
        return s;
      }
      case Type::kReduceRow: return make_row_reduction(table_, n.op, n.dtype, first.kind);
      default: break;
    }
    TileKind kinds[3] = {};
    for (int k = 0; k < n.operands; k++) kinds[k] = at(n.in[k]).kind;
    Step s =
        make_step(table_, n.op, at(n.in[n.operands - 1]).dtype, n.dtype, n.operands, kinds, n.kind, n.attrs);
    if (!s.run) cannot_fuse(concat("there is no kernel on tiles for ", schema_of(n.op).name));
    return s;
  }

  void find_shares() {
    plan_->shares.assign(graph_.outputs.size(), std::vector<bool>(plan_->inputs, false));
    for (size_t o = 0; o < count(); o++) {
      const TileNode& out = graph_.nodes[o];
      if (out.output < 0 || !tiled(out)) continue;
      if (out.kind == kColumnKind && plan_->tile_cols < plan_->cols) continue;  // read again by the next tile
      for (size_t i = 0; i < count(); i++) {
        const TileNode& in = graph_.nodes[i];
        if (in.input < 0 || in.kind != out.kind || size_of(in.dtype) != size_of(out.dtype) || is_gathered(i))
          continue;
        plan_->shares[static_cast<size_t>(out.output)][static_cast<size_t>(in.input)] =
            may_overwrite(i, at_place(first_write_[static_cast<size_t>(out.output)]));
      }
    }
  }

  size_t at_place(int place) const {
    for (size_t i = 0; i < count(); i++)
      if (place_[i] == place) return i;
    return 0;
  }

  // ---- for people ----

  std::string name(int node) {
    const TileNode& n = at(node);
    const size_t i = static_cast<size_t>(node);
    std::string name = n.input >= 0              ? concat("in", n.input)
                       : n.output >= 0           ? concat("out", n.output)
                       : register_[i] >= 0       ? concat("r", register_[i])
                       : n.phase != Phase::kEach ? concat("s", slot_[i])
                       : is_buffered(i)          ? concat("b", slot_[i])
                                                 : concat("(out", slot_[i] - plan_->inputs, ")");
    return concat(name, " ", name_of(n.kind));
  }

  void describe() {
    std::string& t = plan_->text;
    t = concat(plan_->rows, " x ", plan_->cols, ", tiles of ", plan_->tile_rows, " x ", plan_->tile_cols,
               ", ", plan_->row_units * plan_->column_units, " units, ", registers_.size(), " registers\n");
    for (size_t i = 0; i < count(); i++) {
      const TileNode& n = graph_.nodes[i];
      if (!n.live || n.type == Type::kInput) continue;
      constexpr const char* kPhases[] = {"before  ", "each    ", "after   "};
      const char* what = n.type == Type::kGather   ? "gather"
                         : n.type == Type::kSpread ? "spread"
                                                   : schema_of(n.op).name;
      t += concat(collected(n) ? "collect " : kPhases[static_cast<int>(n.phase)], name(static_cast<int>(i)),
                  " = ", what);
      for (int k = 0; k < n.operands; k++) t += concat(k ? ", " : " ", name(n.in[k]));
      t += "\n";
    }
  }

  const VectorTable& table_;
  TileGraph graph_;
  const std::vector<int> replaces_;  // by output
  std::unique_ptr<Plan> plan_;
  std::vector<int> place_, last_;  // by node, among the steps on tiles
  std::vector<int> buffered_, collected_operands_;
  std::vector<uint16_t> slot_;
  std::vector<int> register_;
  std::vector<int> holder_;       // by output: the value that stands in its memory before the output itself
  std::vector<int> first_write_;  // by output: the step that writes into its memory first
  std::vector<Register> registers_;
  std::vector<int> free_;
  std::vector<size_t> shared_;
};

}  // namespace

std::unique_ptr<TileProgram::Plan> compile(const TileDescription& description, const VectorTable& table) {
  return Compiler(description, table).compile();
}

}  // namespace tl::kernels
