#include "core/optim/evaluate.h"

#include "core/base/error.h"
#include "core/optim/chain.h"

namespace tl::optim {

Evaluation evaluated(const char* optimizer, const Evaluate& evaluate, Context& context,
                     Span<Variable* const> variables) {
  Evaluation e = evaluate();
  auto check_place = [&](const Tensor& t, const std::string& what) {
    if (&t.context() != &context || t.is_shell())
      invalid("[", optimizer, "] ", what,
              " must be of the optimizer's context and hold data: got another context, or one inside vmap; "
              "compute it from the variables");
  };
  if (!e.loss) invalid("[", optimizer, "] an evaluation must give the loss: got null; set it");
  check_place(e.loss, "the loss");
  if (!is_floating(e.loss.dtype()) || e.loss.elements() != 1)
    invalid("[", optimizer, "] the loss must be one number, f32 or f64: got ", e.loss.dtype(), " ",
            e.loss.shape(), "; take its mean or sum");
  if (e.gradients.size() != variables.size())
    invalid("[", optimizer, "] an evaluation must give one gradient (or null) for each variable: got ",
            e.gradients.size(), " for ", variables.size(), "; take them of these variables, in this order");
  bool any = false;
  for (size_t i = 0; i < variables.size(); i++) {
    Tensor& g = e.gradients[i];
    if (!g) continue;
    any = true;
    check_place(g, concat("'gradients[", i, "]'"));
    const Variable& v = *variables[i];
    if (g.dtype() != v.dtype() || g.shape() != v.shape())
      invalid("[", optimizer, "] a gradient has the dtype and shape of its variable: got ", g.dtype(), " ",
              g.shape(), " for '", v.name(), "' of ", v.dtype(), " ", v.shape(),
              "; are they in the order of the variables?");
    g = untracked(g);
  }
  if (!any)
    invalid("[", optimizer, "] no gradients provided for any variable: got null for all ", variables.size(),
            "; the loss must be computed from these variables while the tape records");
  e.loss = untracked(e.loss);
  return e;
}

Restore::Restore(Span<Variable* const> variables) {
  variables_.reserve(variables.size());
  values_.reserve(variables.size());
  for (Variable* v : variables) {
    variables_.push_back(VariableRef::share(v));
    values_.push_back(untracked(v->peek()));
  }
}

Restore::~Restore() {
  for (size_t i = 0; i < values_.size(); i++) {
    try {
      variables_[i]->put(values_[i]);
    } catch (...) {  // whoever records has no memory for it
      variables_[i]->put_unseen(std::move(values_[i]));
    }
  }
}

void Restore::put_back() {
  for (size_t i = 0; i < values_.size(); i++) variables_[i]->put(values_[i]);
}

}  // namespace tl::optim
