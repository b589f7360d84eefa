// A product of matrices that is added to another one becomes one node with the addition, which takes place when an element's
// terms have been summed: gradients of a weight that a step uses several times. Each product then passes over memory once, and
// no addition does. The bits are those of the addition behind the product, since all terms are summed before.
#include "core/compile/groups.h"
#include "core/compile/pass.h"
#include "core/compile/products.h"

namespace tl::compile {

using namespace graph;

namespace {

constexpr int64_t kFewestElements = 4096;

class ProductSums {
 public:
  explicit ProductSums(Program& program)
      : program_(program), maker_(program.values.size(), SIZE_MAX), uses_(count_uses(program)) {
    for (size_t i = 0; i < program.nodes.size(); i++)
      for (ValueId id : program.nodes[i].out) maker_[id] = i;
  }

  void run() {
    std::vector<char> gone(program_.nodes.size());
    for (size_t i = 0; i < program_.nodes.size(); i++) {
      const Node& add = program_.nodes[i];
      if (!add.is(OpId::kAdd)) continue;
      // The later product is the one that waits for the sum.
      size_t k = make_of(add.in[1]) > make_of(add.in[0]) ? 1 : 0;
      if (!fits(add, k)) k = 1 - k;
      if (!fits(add, k)) continue;
      const size_t product = make_of(add.in[k]);
      Node sum = fused_sum(add, program_.nodes[product], add.in[1 - k]);
      gone[product] = 1;
      program_.nodes[i] = std::move(sum);
    }
    std::vector<Node> nodes;
    for (size_t i = 0; i < program_.nodes.size(); i++)
      if (!gone[i]) nodes.push_back(std::move(program_.nodes[i]));
    program_.nodes = std::move(nodes);
  }

 private:
  size_t make_of(ValueId id) const { return maker_[id] == SIZE_MAX ? 0 : maker_[id]; }
  size_t bytes(ValueId id) const { return program_.values[id].bytes(); }

  // A product, or a sum of some, that nobody else takes.
  bool is_own_product(const Node& add, ValueId id, bool plain) const {
    if (maker_[id] == SIZE_MAX || uses_[id] != 1) return false;
    const Node& node = program_.nodes[maker_[id]];
    const Value& result = program_.values[add.out[0]];
    return node.again == add.again && program_.values[id].shape == result.shape &&
           (is_matrix_product(program_, node) || (!plain && as_product_sum(node)));
  }

  // Whether operand k is the product that can take the other one in.
  bool fits(const Node& add, size_t k) const {
    if (!is_own_product(add, add.in[k], true) || !is_own_product(add, add.in[1 - k], false)) return false;
    const Node& product = program_.nodes[maker_[add.in[k]]];
    const Value& result = program_.values[add.out[0]];
    // Its operands live until then, in the place of its result.
    return result.shape.elements() >= kFewestElements &&
           bytes(product.in[0]) + bytes(product.in[1]) <= result.bytes() &&
           kernels::ProductSum::possible(result.dtype, product_shape(program_, product));
  }

  Node fused_sum(const Node& add, const Node& product, ValueId other) const {
    Node node = fused_node(
        std::make_shared<ProductSumKernel>(program_.values[add.out[0]], product_shape(program_, product)),
        {product.in[0], product.in[1], other}, add.out);
    node.again = add.again;
    return node;
  }

  Program& program_;
  std::vector<size_t> maker_, uses_;
};

}  // namespace

void fuse_product_sums(Program& program, Context&) { ProductSums(program).run(); }

}  // namespace tl::compile
