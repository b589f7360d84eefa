// Which chains become tile programs: each op joins the programs that make its operands, where the whole still is one.
#include <algorithm>

#include "core/base/error.h"
#include "core/compile/fused.h"
#include "core/compile/groups.h"
#include "core/compile/pass.h"
#include "core/compile/tile_description.h"
#include "core/ops/generated/attrs.h"

namespace tl::compile {

using namespace graph;

namespace {

constexpr size_t kMostNodes = 48, kMostOperands = 32, kMostResults = 16;

class TileKernel final : public FusedKernel {
 public:
  TileKernel(const Program& program, const std::vector<size_t>& nodes, kernels::TileProgram tiles,
             TileGroup group, bool draws)
      : tiles_(std::move(tiles)) {
    TL_INVARIANT(tiles_.dropouts() <= kMostNodes);
    for (ValueId id : group.outputs) results.push_back({program.values[id].dtype, program.values[id].shape});
    made_by = std::move(group.made_by);
    ops = std::move(group.ops);
    flops = group.flops;
    inplace.assign(results.size(), -1);
    describe("tile_program", group.inputs.size(), draws);
    schema.checks_data = tiles_.checks_data();
    for (size_t i : nodes)
      if (program.nodes[i].schema->checks_data) words_.push_back(program.nodes[i].words);
    TL_INVARIANT(words_.size() == tiles_.checks());
  }
  const kernels::TileProgram& tiles() const { return tiles_; }
  void reserve(ThreadPool& pool) const override { tiles_.reserve(pool); }
  void run(ThreadPool& pool, const void* const* inputs, void* const* outputs,
           const kernels::DropoutDraw& draw) const override {
    kernels::DropoutDraw draws[kMostNodes];
    std::fill_n(draws, tiles_.dropouts(), draw);
    try {
      tiles_.run(pool, inputs, outputs, draws);
    } catch (const Error&) {
      // Of several checks each has its own words: which one was it?
      for (size_t i = 0; i < words_.size(); i++) check(i, inputs);
      throw;
    }
  }

 private:
  void check(size_t i, const void* const* inputs) const {
    try {
      tiles_.check(i, inputs);
    } catch (const Error& e) {
      if (words_[i]) words_[i]->tell(e);
      throw;
    }
  }

  kernels::TileProgram tiles_;
  std::vector<std::shared_ptr<const Words>> words_;  // of each check
};

bool is_candidate(const Node& node) {
  if (node.fused || node.out.size() != 1) return false;
  if (node.schema->elementwise) return true;
  switch (node.schema->id) {
    case OpId::kSum:
    case OpId::kProd:
    case OpId::kMax:
    case OpId::kMin:
    case OpId::kArgmax:
    case OpId::kArgmin:
    case OpId::kLogsumexp:
    case OpId::kSoftmax:
    case OpId::kLogSoftmax:
    case OpId::kInverseRms:
    case OpId::kSparseSoftmaxCrossEntropy:
    case OpId::kCorrectClass:
    case OpId::kOneHot:
    case OpId::kBroadcastTo: return true;
    default: return false;
  }
}

class Fuser {
 public:
  explicit Fuser(Program& program)
      : program_(program), groups_(program), users_(program.values.size()), leaves_(program.values.size()) {
    for (size_t i = 0; i < program.nodes.size(); i++)
      for (ValueId id : program.nodes[i].in) users_[id].push_back(i);
    for_each_result(program, [&](ValueId& id) { leaves_[id] = 1; });
  }

  void run() {
    for (size_t i = 0; i < program_.nodes.size(); i++)
      if (is_candidate(node(i)) && has_elements(node(i))) place(i);
    std::vector<Replacement> replacements;
    for (size_t g = 0; g < groups_.size(); g++)
      if (is_worth_it(groups_.nodes(g))) replacements.push_back(replacement(g));
    replace(program_, groups_, std::move(replacements));
  }

 private:
  const Node& node(size_t i) const { return program_.nodes[i]; }
  // In all that it takes and makes. A program without tiles is left to the ops' own kernels, and so keeps no others back.
  bool has_elements(const Node& node) const {
    const auto some = [&](ValueId id) { return program_.values[id].shape.elements() > 0; };
    return std::all_of(node.in.begin(), node.in.end(), some) &&
           std::all_of(node.out.begin(), node.out.end(), some);
  }
  bool is_view(size_t i) const { return is_plain_view(program_, node(i)); }
  size_t real_nodes(const std::vector<size_t>& nodes) const {
    return static_cast<size_t>(
        std::count_if(nodes.begin(), nodes.end(), [&](size_t i) { return !is_view(i); }));
  }

  // Several ops; or one whose kernel takes memory of its own, as a reduction's may: a tile program takes it before the step begins,
  // and so keeps no update behind it.
  bool is_worth_it(const std::vector<size_t>& nodes) const {
    const size_t count = real_nodes(nodes);
    if (count != 1) return count > 1;
    for (size_t i : nodes)
      if (!is_view(i)) return can_fail(node(i)) && !node(i).schema->checks_data;
    return false;
  }

  // A group of its own, then with those of its operands, one after the other.
  void place(size_t i) {
    std::vector<size_t> group{i};
    if (!fits(group)) return;
    for (ValueId id : node(i).in) {
      std::vector<size_t> views;
      size_t from = groups_.maker(id);
      while (from != kNoGroup && groups_.of(from) == kNoGroup && is_view(from)) {
        views.push_back(from);
        from = groups_.maker(node(from).in[0]);
      }
      if (from == kNoGroup || groups_.of(from) == kNoGroup) continue;
      std::vector<size_t> both = group;
      for (const std::vector<size_t>& more : {groups_.nodes(groups_.of(from)), views})
        for (size_t n : more)
          if (std::count(both.begin(), both.end(), n) == 0) both.push_back(n);
      std::sort(both.begin(), both.end());
      if (both != group && fits(both)) group = std::move(both);
    }
    groups_.join(group);
  }

  // Results that somebody outside takes, views resolved; and the views that somebody outside takes.
  void find_needed(const std::vector<size_t>& nodes, std::vector<ValueId>* needed,
                   std::vector<size_t>* views) const {
    auto inside = [&](size_t i) { return std::binary_search(nodes.begin(), nodes.end(), i); };
    for (size_t i : nodes) {
      ValueId id = node(i).out[0];
      bool outside = leaves_[id] != 0;
      for (size_t user : users_[id]) outside |= !inside(user);
      if (!outside) continue;
      if (is_view(i)) views->push_back(i);
      while (is_view(groups_.maker(id))) id = node(groups_.maker(id)).in[0];
      if (std::count(needed->begin(), needed->end(), id) == 0) needed->push_back(id);
    }
  }

  bool same_draws(const std::vector<size_t>& nodes, const Node** draws) const {
    *draws = nullptr;
    for (size_t i : nodes) {
      const Node& n = node(i);
      if (n.again != node(nodes[0]).again && !is_view(i)) return false;
      if (!n.is(OpId::kDropout)) continue;
      const auto& a = n.as<DropoutAttrs>();
      if (*draws &&
          ((*draws)->draw != n.draw || (n.draw < 0 && ((*draws)->as<DropoutAttrs>().seed != a.seed ||
                                                       (*draws)->as<DropoutAttrs>().call != a.call))))
        return false;
      *draws = &n;
    }
    return true;
  }

  std::shared_ptr<TileKernel> make(const std::vector<size_t>& nodes, TileGroup* group) const {
    const Node* draws = nullptr;
    std::vector<ValueId> needed;
    std::vector<size_t> views;
    find_needed(nodes, &needed, &views);
    if (needed.empty() || needed.size() > kMostResults || !same_draws(nodes, &draws)) return nullptr;
    if (!describe_tiles(program_, nodes, needed, group) || group->inputs.size() > kMostOperands)
      return nullptr;
    find_replaced(nodes, group);
    try {
      kernels::TileProgram tiles(group->description);
      return std::make_shared<TileKernel>(program_, nodes, std::move(tiles), *group, draws != nullptr);
    } catch (const Error& e) {
      if (e.code() != Code::kUnsupported) throw;
      return nullptr;
    }
  }

  bool fits(const std::vector<size_t>& nodes) {
    if (real_nodes(nodes) > kMostNodes || (nodes.size() > 1 && !groups_.can_be_one(nodes))) return false;
    TileGroup group;
    return make(nodes, &group) != nullptr;
  }

  Replacement replacement(size_t g) const {
    const std::vector<size_t>& nodes = groups_.nodes(g);
    TileGroup group;
    std::shared_ptr<TileKernel> kernel = make(nodes, &group);
    TL_INVARIANT(kernel != nullptr);
    choose_inplace(nodes, group, *kernel);
    Node fused = fused_node(kernel, group.inputs, group.outputs);
    const Node* draws = nullptr;
    same_draws(nodes, &draws);
    for (size_t i : nodes)
      if (!is_view(i)) fused.again = node(i).again;
    if (draws) {
      fused.draw = draws->draw;
      fused.as<FusedAttrs>().draw = {draws->as<DropoutAttrs>().seed, draws->as<DropoutAttrs>().call};
    }
    Replacement r{g, {std::move(fused)}};
    std::vector<ValueId> needed;
    std::vector<size_t> views;
    find_needed(nodes, &needed, &views);
    // A view of a view keeps the chain: views in front of it come along.
    std::vector<char> wanted(nodes.size());
    for (size_t k = nodes.size(); k-- > 0;) {
      const bool taken = std::count(views.begin(), views.end(), nodes[k]) > 0;
      bool shown = false;
      for (size_t later = k + 1; later < nodes.size(); later++)
        shown |= wanted[later] && node(nodes[later]).in[0] == node(nodes[k]).out[0];
      wanted[k] = is_view(nodes[k]) && (taken || shown);
    }
    for (size_t k = 0; k < nodes.size(); k++)
      if (wanted[k]) r.nodes.push_back(node(nodes[k]));
    return r;
  }

  // Calls f(result, operand) with results that may lie over an operand as far as others are concerned: first the one that the
  // variable becomes, over what it was, then those that have a shape of their own among operands that nobody else takes.
  template <class F>
  void for_each_replaceable(const std::vector<size_t>& nodes, const TileGroup& group, F f) const {
    auto only_here = [&](ValueId id) {
      if (leaves_[id]) return false;
      for (size_t user : users_[id])
        if (!std::binary_search(nodes.begin(), nodes.end(), user)) return false;
      return true;
    };
    for (bool of_variable : {true, false})
      for (size_t o = 0; o < group.outputs.size(); o++)
        for (size_t i = 0; i < group.inputs.size(); i++) {
          const Value &in = program_.values[group.inputs[i]], &out = program_.values[group.outputs[o]];
          if (in.dtype != out.dtype || in.shape != out.shape) continue;
          if (std::count(group.inputs.begin(), group.inputs.end(), group.inputs[i]) > 1) continue;
          const bool becomes =
              in.origin == Origin::kVariable && program_.variables[in.index].final == group.outputs[o];
          if (of_variable ? becomes : in.origin != Origin::kVariable && only_here(group.inputs[i])) f(o, i);
        }
  }

  // The variables that results replace: a tile program is to leave their memory alone until the result goes there.
  void find_replaced(const std::vector<size_t>& nodes, TileGroup* group) const {
    std::vector<int>& replaces = group->description.replaces;
    replaces.assign(group->outputs.size(), -1);
    std::vector<char> given(group->inputs.size());
    for_each_replaceable(nodes, *group, [&](size_t o, size_t i) {
      if (replaces[o] >= 0 || given[i]) return;
      replaces[o] = static_cast<int>(i);
      given[i] = 1;
    });
  }

  // Which operand a result may lie over. Whether it does is decided by who plans the memory.
  void choose_inplace(const std::vector<size_t>& nodes, const TileGroup& group, TileKernel& kernel) const {
    std::vector<char> given(group.inputs.size());
    for_each_replaceable(nodes, group, [&](size_t o, size_t i) {
      if (kernel.inplace[o] >= 0 || given[i] || !kernel.tiles().may_share(o, i)) return;
      kernel.inplace[o] = static_cast<int>(i);
      given[i] = 1;
    });
  }

  Program& program_;
  Groups groups_;
  std::vector<std::vector<size_t>> users_;  // of each value
  std::vector<char> leaves_;                // each value: it is a result of the program
};

}  // namespace

void fuse_elementwise(Program& program, Context&) { Fuser(program).run(); }

}  // namespace tl::compile
