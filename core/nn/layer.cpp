#include "core/nn/layer.h"

namespace tl::nn {

Layer::Layer(Context& context, const std::string& given_name, const char* default_name)
    : context_(context), place_(std::make_shared<Place>()), name_is_given_(!given_name.empty()) {
  if (given_name.find('/') != std::string::npos)
    invalid("a layer's name must hold no '/', which stands between the names of layers and variables: got '",
            given_name, "'; use '_' or '.'");
  place_->name = name_is_given_ ? given_name : default_name;
}

std::string Layer::prefix() const {
  std::vector<const Place*> shown;
  for (const Place* p = place_->above.get(); p; p = p->above.get())
    if (p->shown) shown.push_back(p);
  std::string out;
  for (size_t i = shown.size(); i-- > 0;) out.append(shown[i]->name).append("/");
  return out;
}

std::string Layer::label() const { return concat(type(), " layer '", prefix(), name(), "': "); }

Tensor Layer::call(const Tensor& x, bool training) {
  LayerCall call(*this, training);
  Tensor out = call_within(x, call);
  call.commit();
  return out;
}

Tensor Layer::call_within(const Tensor& x, LayerCall& call) {
  if (!x) invalid(label(), "the input must be a tensor: got null; was it set?");
  if (&x.context() != &context_)
    invalid(label(),
            "the input must be of the layer's context: got one of another context; copy its data over");
  if (!built_) {
    accept(x.dtype(), x.shape(), call.training());
    build(x.shape());
  } else {
    context_.pass_makings();
  }
  return forward(x, call);
}

Shape Layer::accept(DType, const Shape& input, bool) const { return output_shape(input); }

void Layer::build(const Shape& input) {
  output_shape(input);
  if (built_) return context_.pass_makings();
  RandomState before = context_.random();
  try {
    std::vector<VariableRef> made = make_variables(input);
    std::vector<std::string> names;
    names.reserve(made.size());
    for (const VariableRef& v : made) names.push_back(v->name());
    const std::string before_each = made.empty() ? std::string() : concat(prefix(), name(), "/");
    for (const VariableRef& v : made) v->set_name(before_each + v->name());
    context_.note_making(before.next_call);
    variables_ = std::move(made);
    local_names_ = std::move(names);
  } catch (...) {
    context_.random() = before;
    context_.forget_makings(before.next_call);
    throw;
  }
  input_shape_ = input;
  built_ = true;
}

std::vector<VariableRef> Layer::make_variables(const Shape&) { return {}; }

void Layer::forget_variables() {
  variables_.clear();
  local_names_.clear();
  input_shape_ = Shape();
  built_ = false;
}

std::vector<VariableRef> Layer::trainable_variables() const {
  std::vector<VariableRef> out;
  for (VariableRef& v : variables())
    if (v->trainable()) out.push_back(std::move(v));
  return out;
}

void Layer::check_dtype(DType got, const Shape& input, DType want) const {
  if (got != want)
    invalid(label(), "it computes in ", want, ": got an input of ", got, " ", input,
            "; use cast, or make the layer for that dtype");
}

void Layer::check_floating(DType got, const Shape& input) const {
  if (!is_floating(got))
    invalid(label(), "the input must be f32 or f64: got ", got, " ", input, "; use cast before the layer");
}

}  // namespace tl::nn
