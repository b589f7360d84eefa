// A sum of products of transposed matrices, as the gradient of a weight that a step uses several times is: where one of these
// matrices is a sum of others with scaled rows, its product goes into the others',
// (e a + (1 - e) b)' g + a' h + b' i = a' (h + e g) + b' (i + (1 - e) g). Likewise where it is the right one.
//
// Other roundings than the step's: only with leave (pass.h).
#include <algorithm>

#include "core/compile/pass.h"
#include "core/compile/products.h"
#include "core/compile/row_combinations.h"

namespace tl::compile {

using namespace graph;

namespace {

class SumCombiner {
 public:
  explicit SumCombiner(Program& program)
      : program_(program),
        combinations_(program),
        uses_(count_uses(program)),
        nodes_(std::move(program.nodes)),
        inner_(nodes_.size()),
        moved_(nodes_.size()),
        by_(program.values.size()) {
    for (ValueId id = 0; id < by_.size(); id++) by_[id] = id;
    program_.nodes.clear();
  }

  void run() {
    for (const Node& node : nodes_)
      if (node.is(OpId::kAdd))
        for (ValueId id : node.in)
          if (is_part(node, id) && maker(id)->is(OpId::kAdd)) inner_[combinations_.maker(id)] = 1;
    std::vector<Sum> sums(nodes_.size());
    for (size_t i = 0; i < nodes_.size(); i++)
      if (nodes_[i].is(OpId::kAdd) && !inner_[i]) sums[i] = combined(i);
    for (size_t i = 0; i < nodes_.size(); i++) {
      if (moved_[i]) continue;
      if (sums[i].products.empty())
        program_.nodes.push_back(std::move(nodes_[i]));
      else
        emit(sums[i]);
    }
    for (ValueId id = static_cast<ValueId>(by_.size()); id < program_.values.size(); id++) by_.push_back(id);
    replace_uses(program_, by_);
  }

 private:
  struct Product {
    size_t node;
    bool gone = false;
    size_t side = 0;                // of the operand that stays as it is,
    std::vector<RowTerm> others{};  // and what is added to the other one
  };
  struct Sum {
    std::vector<size_t> additions;  // in order, the last one gives it
    std::vector<Product> products;
  };

  const Node* maker(ValueId id) const {
    return combinations_.maker(id) == SIZE_MAX ? nullptr : &nodes_[combinations_.maker(id)];
  }
  // Whether an operand of an addition, of the shape of the result, is a result that nobody else takes.
  bool is_part(const Node& addition, ValueId id) const {
    const Node* node = maker(id);
    return node && uses_[id] == 1 && node->again == addition.again &&
           program_.values[id].shape == program_.values[addition.out[0]].shape;
  }
  bool is_transposed_product(const Node& node) const {
    if (!is_matrix_product(program_, node)) return false;
    const kernels::ProductShape shape = product_shape(program_, node);
    return shape.ta && !shape.tb;
  }

  // All that an addition adds up in the end.
  Sum sum_of(size_t root) const {
    Sum sum{{root}, {}};
    for (size_t k = 0; k < sum.additions.size(); k++) {
      const Node& addition = nodes_[sum.additions[k]];
      for (ValueId id : addition.in) {
        if (!is_part(addition, id)) continue;
        const size_t node = combinations_.maker(id);
        if (inner_[node]) sum.additions.push_back(node);
        if (is_transposed_product(nodes_[node])) sum.products.push_back({node});
      }
    }
    std::sort(sum.additions.begin(), sum.additions.end());
    std::sort(sum.products.begin(), sum.products.end(),
              [](const Product& a, const Product& b) { return a.node < b.node; });
    return sum;
  }

  // The sum whose products, and what adds them up, are to stand in another way; without products where all stays.
  Sum combined(size_t root) {
    Sum sum = sum_of(root);
    for (size_t side : {0, 1}) find(sum, side);
    const bool any =
        std::any_of(sum.products.begin(), sum.products.end(), [](const Product& p) { return p.gone; });
    if (!any) return {};
    for (const Product& product : sum.products) moved_[product.node] = 1;
    for (size_t addition : sum.additions) moved_[addition] = addition != root;
    return sum;
  }

  // Products go into those that stay. A matrix comes after those that it is made of.
  void find(Sum& sum, size_t side) const {
    auto operand = [&](const Product& p) { return nodes_[p.node].in[side]; };
    std::vector<Product*> left;
    for (Product& product : sum.products)
      if (!product.gone && product.others.empty()) left.push_back(&product);
    std::stable_sort(left.begin(), left.end(), [&](const Product* a, const Product* b) {
      return combinations_.is_before(operand(*a), operand(*b));
    });
    std::vector<ValueId> bases;
    std::vector<Product*> products;
    for (Product* product : left) {
      const Node& node = nodes_[product->node];
      const std::vector<RowTerm> terms = combinations_.find(operand(*product), bases, node.again);
      if (terms.empty() || !is_cheaper(terms, program_.values[operand(*product)].shape[1])) {
        bases.push_back(operand(*product));
        products.push_back(product);
        continue;
      }
      product->gone = true;
      for (const RowTerm& term : terms) {
        Product& other = *products[static_cast<size_t>(std::find(bases.begin(), bases.end(), term.matrix) -
                                                       bases.begin())];
        other.side = side;
        other.others.push_back({node.in[1 - side], term.scale});
      }
    }
  }

  // All of it stands where the sum is complete: there all that the products take is there.
  void emit(const Sum& sum) {
    for (const Product& product : sum.products) {
      Node node = std::move(nodes_[product.node]);
      if (product.gone) {
        by_[node.out[0]] = kNoValue;
        continue;
      }
      if (!product.others.empty()) {
        ValueId& operand = node.in[1 - product.side];
        std::vector<RowTerm> terms{{operand, {{1, {}}}}};
        terms.insert(terms.end(), product.others.begin(), product.others.end());
        operand = add_sum(program_, terms, node.again);
      }
      program_.nodes.push_back(std::move(node));
    }
    for (size_t i : sum.additions) {
      Node node = std::move(nodes_[i]);
      for (ValueId& id : node.in) id = by_[id];
      if (node.in[0] == kNoValue || node.in[1] == kNoValue)
        by_[node.out[0]] = node.in[0] == kNoValue ? node.in[1] : node.in[0];
      else
        program_.nodes.push_back(std::move(node));
    }
  }

  Program& program_;
  RowCombinations combinations_;
  std::vector<size_t> uses_;
  std::vector<Node> nodes_;
  std::vector<char> inner_;  // each node: an addition whose result only another one takes
  std::vector<char> moved_;  // each node: it stands elsewhere, or nowhere
  std::vector<ValueId> by_;
};

}  // namespace

void reassociate_product_sums(Program& program, Context& context) {
  SumCombiner(program).run();
  drop_dead(program, context);  // the matrices whose products have gone
}

}  // namespace tl::compile
