// The product of a matrix that is a sum of others with scaled rows, where the products of these with the same right operand are
// there: it is their sum, (e a + (1 - e) b) W = e (a W) + (1 - e) (b W). A penalty on the slope between real and made-up data
// (WGAN-GP, Gulrajani et al. 2017, "Improved Training of Wasserstein GANs") is such a case.
//
// Other roundings than the step's: only with leave (pass.h).
#include <algorithm>
#include <map>
#include <tuple>

#include "core/compile/pass.h"
#include "core/compile/products.h"
#include "core/compile/row_combinations.h"

namespace tl::compile {

using namespace graph;

namespace {

class ProductCombiner {
 public:
  explicit ProductCombiner(Program& program)
      : program_(program),
        combinations_(program),
        nodes_(std::move(program.nodes)),
        terms_(nodes_.size()),
        done_(nodes_.size()),
        by_(program.values.size()) {
    for (ValueId id = 0; id < by_.size(); id++) by_[id] = id;
    program_.nodes.clear();
  }

  void run() {
    for (auto& [key, products] : products_by_right_operand()) find(std::move(products));
    for (size_t i = 0; i < nodes_.size(); i++) emit(i);
    for (ValueId id = static_cast<ValueId>(by_.size()); id < program_.values.size(); id++) by_.push_back(id);
    replace_uses(program_, by_);
  }

 private:
  using Key = std::tuple<ValueId, bool, uint32_t>;
  ValueId left(size_t product) const { return nodes_[product].in[0]; }

  std::map<Key, std::vector<size_t>> products_by_right_operand() const {
    std::map<Key, std::vector<size_t>> groups;
    for (size_t i = 0; i < nodes_.size(); i++) {
      const Node& node = nodes_[i];
      if (!is_matrix_product(program_, node)) continue;
      const kernels::ProductShape shape = product_shape(program_, node);
      if (!shape.ta) groups[{node.in[1], shape.tb, node.again}].push_back(i);
    }
    return groups;
  }

  // Products become sums of those that stay products. A matrix comes after those that it is made of.
  void find(std::vector<size_t> products) {
    std::stable_sort(products.begin(), products.end(),
                     [&](size_t a, size_t b) { return combinations_.is_before(left(a), left(b)); });
    std::vector<ValueId> bases;
    std::vector<ValueId> results;
    for (size_t i : products) {
      std::vector<RowTerm> terms = combinations_.find(left(i), bases, nodes_[i].again);
      if (terms.empty() || !is_cheaper(terms, product_shape(program_, nodes_[i]).k)) {
        bases.push_back(left(i));
        results.push_back(nodes_[i].out[0]);
        continue;
      }
      for (RowTerm& term : terms)
        term.matrix =
            results[static_cast<size_t>(std::find(bases.begin(), bases.end(), term.matrix) - bases.begin())];
      terms_[i] = std::move(terms);
    }
  }

  // The products of a sum may have stood behind it. What they take did not: the matrix is made of it.
  void emit(size_t i) {
    if (done_[i]) return;
    done_[i] = 1;
    if (terms_[i].empty()) {
      program_.nodes.push_back(std::move(nodes_[i]));
      return;
    }
    for (const RowTerm& term : terms_[i]) emit(combinations_.maker(term.matrix));
    by_[nodes_[i].out[0]] = add_sum(program_, terms_[i], nodes_[i].again);
  }

  Program& program_;
  RowCombinations combinations_;
  std::vector<Node> nodes_;
  std::vector<std::vector<RowTerm>> terms_;  // of each node: what takes its place
  std::vector<char> done_;
  std::vector<ValueId> by_;
};

}  // namespace

void reassociate_products(Program& program, Context& context) {
  ProductCombiner(program).run();
  drop_dead(program, context);  // the matrices whose products have gone
}

}  // namespace tl::compile
