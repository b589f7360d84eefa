// The step of an optimizer takes the products that make its gradient in: the gradient of a large weight is used while it is in the
// cache, and never reaches memory. A small variable's step is cheaper together with others (fuse_updates.cpp).
#include <algorithm>

#include "core/compile/aliases.h"
#include "core/compile/fused.h"
#include "core/compile/pass.h"
#include "core/compile/products.h"
#include "core/kernels/product_update.h"

namespace tl::compile {

using namespace graph;

namespace {

constexpr int64_t kFewestWeights = 16384;

class ProductUpdateKernel final : public FusedKernel {
 public:
  ProductUpdateKernel(const Program& program, const Node& step, std::vector<kernels::ProductShape> products)
      : update_(program.values[step.in[0]].dtype, products, step.schema->id, step.attrs.data()) {
    const int arrays = update_.arrays(), first = 2 * static_cast<int>(products.size());
    for (int k = 0; k < arrays; k++) {
      const Value& result = program.values[step.out[static_cast<size_t>(k)]];
      results.push_back({result.dtype, result.shape});
      made_by.push_back(step.schema->id);
      inplace.push_back(first + k);
    }
    flops = static_cast<double>(results[0].shape.elements());
    for (const kernels::ProductShape& p : products) {
      flops += 2 * static_cast<double>(p.m) * static_cast<double>(p.n) * static_cast<double>(p.k);
      const std::string transposes = transposes_of(p);
      if (!ops.empty()) detail += "; ";
      detail += transposes.empty() ? "as it is" : transposes;
      ops.push_back(OpId::kMatmul);
    }
    ops.push_back(step.schema->id);
    describe("product_update", 2 * products.size() + step.in.size() - 1, false);
  }
  void reserve(ThreadPool& pool) const override { update_.reserve(pool); }
  void run(ThreadPool& pool, const void* const* inputs, void* const* outputs,
           const kernels::DropoutDraw&) const override {
    update_.run(pool, inputs, outputs);
  }

 private:
  kernels::ProductUpdate update_;
};

class ProductUpdates {
 public:
  explicit ProductUpdates(Program& program)
      : program_(program),
        maker_(program.values.size(), SIZE_MAX),
        uses_(count_uses(program)),
        alias_(find_aliases(program)) {
    for (size_t i = 0; i < program.nodes.size(); i++)
      for (ValueId id : program.nodes[i].out) maker_[id] = i;
  }

  void run() {
    std::vector<char> gone(program_.nodes.size());
    for (Node& node : program_.nodes) {
      if (!node.is(OpId::kSgdUpdate) && !node.is(OpId::kMomentumUpdate) && !node.is(OpId::kAdamUpdate))
        continue;
      if (program_.values[node.in[0]].shape.elements() <= kFewestWeights) continue;
      const std::vector<size_t> products = products_of(node);
      if (products.empty()) continue;
      for (size_t i : products) gone[i] = 1;
      node = fused(node, products);
    }
    std::vector<Node> nodes;
    for (size_t i = 0; i < program_.nodes.size(); i++)
      if (!gone[i]) nodes.push_back(std::move(program_.nodes[i]));
    program_.nodes = std::move(nodes);
  }

 private:
  // The products whose sum is the gradient of a step, in the order in which they are added; none where that is not all of it, or
  // where the step had better be apart.
  std::vector<size_t> products_of(const Node& step) const {
    const Value& gradient = program_.values[step.in[1]];
    std::vector<size_t> products;
    size_t bytes = 0;
    for (ValueId id = step.in[1];;) {
      if (maker_[id] == SIZE_MAX || uses_[id] != 1 ||
          products.size() == kernels::ProductUpdate::kMostProducts)
        return {};
      const Node& node = program_.nodes[maker_[id]];
      const bool sum = as_product_sum(node) != nullptr;
      if (node.again != step.again || (!sum && !is_matrix_product(program_, node))) return {};
      const kernels::ProductShape shape = product_shape(program_, node);
      const bool only = !sum && products.empty();
      if (!kernels::ProductUpdate::possible(gradient.dtype, shape) &&
          !(only && kernels::ProductUpdate::possible_beside(gradient.dtype, step.schema->id, shape)))
        return {};
      // Its operands live until then. What a variable holds may be another value by then.
      for (size_t k = 0; k < 2; k++) {
        bytes += program_.values[node.in[k]].bytes();
        if (program_.values[alias_[node.in[k]].root].origin == Origin::kVariable) return {};
      }
      products.push_back(maker_[id]);
      if (!sum) break;
      id = node.in[2];
    }
    if (bytes > 2 * gradient.bytes()) return {};
    std::reverse(products.begin(), products.end());
    return products;
  }

  Node fused(const Node& step, const std::vector<size_t>& products) const {
    std::vector<kernels::ProductShape> shapes;
    std::vector<ValueId> in;
    for (size_t i : products) {
      const Node& node = program_.nodes[i];
      shapes.push_back(product_shape(program_, node));
      in.insert(in.end(), node.in.begin(), node.in.begin() + 2);
    }
    in.push_back(step.in[0]);
    in.insert(in.end(), step.in.begin() + 2, step.in.end());
    Node node = fused_node(std::make_shared<ProductUpdateKernel>(program_, step, std::move(shapes)),
                           std::move(in), step.out);
    node.again = step.again;
    return node;
  }

  Program& program_;
  std::vector<size_t> maker_, uses_;
  std::vector<Alias> alias_;
};

}  // namespace

void fuse_product_updates(Program& program, Context&) { ProductUpdates(program).run(); }

}  // namespace tl::compile
