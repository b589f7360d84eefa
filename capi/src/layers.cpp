// Layers and initialisers of the C API.
#include <algorithm>

#include "capi/src/call.h"
#include "capi/src/options.h"
#include "capi/src/stateful.h"
#include "capi/src/variable_handles.h"
#include "core/nn/layers.h"
#include "core/nn/sequential.h"
#include "tapeloop/nn.h"

using namespace tl;
using namespace tl::capi;

namespace {

// What stands behind a tl_layer: the layer, which sequential layers may share, and the handles of its variables.
struct LayerObject {
  explicit LayerObject(Session& session) : variables(session) {}
  nn::LayerPtr layer;
  VariableHandles variables;
};

// f() makes the layer, after which nothing fails: what it has done to random numbers and names is not taken back.
template <class F>
tl_layer* make_layer(Session& s, F&& f) {
  auto object = std::make_unique<LayerObject>(s);
  s.reserve_handles(1);
  object->layer = f();
  return make_object<tl_layer>(s, Kind::kLayer, object.release());
}

nn::Initializer initializer_of(tl_initializer kind, double parameter, nn::InitializerKind fallback) {
  return {kind == TL_INITIALIZER_DEFAULT ? fallback : static_cast<nn::InitializerKind>(kind), parameter};
}

tl_layer* make_sequential(tl_context* context, tl_layer* const* layers, size_t count, const char* name,
                          bool named) {
  const char* op = named ? "sequential_named" : "sequential";
  return make(context, op, [&](Session& s) {
    check_list(op, "layers", layers, count);
    std::string given = named ? name_or_none(op, checked_text(op, "name", name)) : "";
    std::vector<nn::LayerPtr> parts;
    for (size_t i = 0; i < count; i++)
      parts.push_back(object_of<LayerObject>(s, layers[i], Kind::kLayer, op, Operand("layers", i)).layer);
    return make_layer(s, [&] { return std::make_shared<nn::Sequential>(s.core(), parts, given); });
  });
}

template <class Options>
std::string name_from(const char* op, const Options* options, void (*init)(Options*, size_t)) {
  return name_or_none(op, options_from(op, options, init).name);
}

tl_tensor* const* list_variables(tl_layer* layer, size_t* count, bool trainable) {
  tl_tensor* const* out = nullptr;
  size_t n = 0;
  const char* op = trainable ? "layer_trainable_variables" : "layer_variables";
  (void)effect<LayerObject>(layer, Kind::kLayer, op, [&](Session&, LayerObject& o) {
    std::vector<VariableRef> variables = trainable ? o.layer->trainable_variables() : o.layer->variables();
    out = o.variables.list(variables, trainable);
    n = variables.size();
  });
  if (count) *count = n;
  return out;
}

}  // namespace

std::vector<VariableRef> tl::capi::state_of_layer(Session& session, const void* layer, const char* op) {
  const nn::Layer& l = *object_of<LayerObject>(session, layer, Kind::kLayer, op, "layer").layer;
  if (!l.built())
    fail(Code::kFailedPrecondition, "[", op, "] a layer must have its variables: got '", l.name(),
         "', which is not built; call layer_build, or the layer itself, first");
  return l.variables();
}

extern "C" {

TL_API void tl_layer_options_init(tl_layer_options* options, size_t size) { zero_options(options, size); }
TL_API void tl_dense_options_init(tl_dense_options* options, size_t size) { zero_options(options, size); }
TL_API void tl_batch_normalization_options_init(tl_batch_normalization_options* options, size_t size) {
  zero_options(options, size);
}
TL_API void tl_layer_normalization_options_init(tl_layer_normalization_options* options, size_t size) {
  zero_options(options, size);
}

TL_API tl_tensor* tl_initialize(tl_context* context, tl_dtype dtype, const int64_t* dims, size_t rank,
                                tl_initializer initializer, double parameter) {
  return make(context, "initialize", [&](Session& s) {
    DType d = checked_dtype("initialize", dtype);
    Shape shape = shape_from("initialize", dims, rank, d);
    nn::Initializer how = initializer_of(initializer, parameter, nn::InitializerKind::kGlorotUniform);
    return s.make_tensor(nn::initialize(s.core(), how, shape, d));
  });
}

TL_API tl_layer* tl_dense(tl_context* context, int64_t units, const tl_dense_options* options) {
  return make(context, "dense", [&](Session& s) {
    tl_dense_options o = options_from("dense", options, tl_dense_options_init);
    nn::DenseOptions dense;
    dense.input_size = o.input_size;
    dense.activation = static_cast<nn::ActivationKind>(o.activation);
    dense.use_bias = !o.no_bias;
    dense.kernel_initializer =
        initializer_of(o.kernel_initializer, o.kernel_parameter, nn::InitializerKind::kGlorotUniform);
    dense.bias_initializer =
        initializer_of(o.bias_initializer, o.bias_parameter, nn::InitializerKind::kZeros);
    dense.dtype = dtype_or_f32("dense", o.dtype);
    dense.name = name_or_none("dense", o.name);
    return make_layer(s, [&] { return nn::make_dense(s.core(), units, dense); });
  });
}

TL_API tl_layer* tl_dropout_layer(tl_context* context, double rate, const tl_layer_options* options) {
  return make(context, "dropout_layer", [&](Session& s) {
    nn::DropoutOptions dropout{name_from("dropout_layer", options, tl_layer_options_init)};
    return make_layer(s, [&] { return nn::make_dropout(s.core(), rate, dropout); });
  });
}

TL_API tl_layer* tl_flatten_layer(tl_context* context, const tl_layer_options* options) {
  return make(context, "flatten_layer", [&](Session& s) {
    nn::FlattenOptions flatten{name_from("flatten_layer", options, tl_layer_options_init)};
    return make_layer(s, [&] { return nn::make_flatten(s.core(), flatten); });
  });
}

TL_API tl_layer* tl_activation_layer(tl_context* context, tl_activation activation,
                                     const tl_layer_options* options) {
  return make(context, "activation_layer", [&](Session& s) {
    nn::ActivationOptions named{name_from("activation_layer", options, tl_layer_options_init)};
    const auto kind = static_cast<nn::ActivationKind>(activation);
    return make_layer(s, [&] { return nn::make_activation(s.core(), kind, named); });
  });
}

TL_API tl_layer* tl_batch_normalization(tl_context* context, const tl_batch_normalization_options* options) {
  return make(context, "batch_normalization", [&](Session& s) {
    auto o = options_from("batch_normalization", options, tl_batch_normalization_options_init);
    nn::BatchNormOptions norm;
    norm.momentum = value_or(o.momentum, norm.momentum);
    norm.epsilon = value_or(o.epsilon, norm.epsilon);
    norm.scale = !o.no_scale;
    norm.center = !o.no_center;
    norm.dtype = dtype_or_f32("batch_normalization", o.dtype);
    norm.name = name_or_none("batch_normalization", o.name);
    return make_layer(s, [&] { return nn::make_batch_norm(s.core(), norm); });
  });
}

TL_API tl_layer* tl_layer_normalization(tl_context* context, const tl_layer_normalization_options* options) {
  return make(context, "layer_normalization", [&](Session& s) {
    auto o = options_from("layer_normalization", options, tl_layer_normalization_options_init);
    nn::LayerNormOptions norm;
    norm.epsilon = value_or(o.epsilon, norm.epsilon);
    norm.scale = !o.no_scale;
    norm.center = !o.no_center;
    norm.dtype = dtype_or_f32("layer_normalization", o.dtype);
    norm.name = name_or_none("layer_normalization", o.name);
    return make_layer(s, [&] { return nn::make_layer_norm(s.core(), norm); });
  });
}

TL_API tl_layer* tl_sequential(tl_context* context, tl_layer* const* layers, size_t count) {
  return make_sequential(context, layers, count, nullptr, false);
}
TL_API tl_layer* tl_sequential_named(tl_context* context, tl_layer* const* layers, size_t count,
                                     const char* name) {
  return make_sequential(context, layers, count, name, true);
}

TL_API tl_tensor* tl_layer_call(tl_layer* layer, tl_tensor* x, bool training) {
  tl_tensor* out = nullptr;
  (void)effect<LayerObject>(layer, Kind::kLayer, "layer_call", [&](Session& s, LayerObject& o) {
    // A copy of the handle: the layer may assign the variable that the input was read from.
    Tensor input = tensor_of(s, x, "layer_call", "x");
    s.reserve_handles(1);  // nothing may fail when the layer's state has changed
    out = s.make_tensor(o.layer->call(input, training));
  });
  return out;
}

TL_API tl_status tl_layer_build(tl_layer* layer, const int64_t* dims, size_t rank) {
  return effect<LayerObject>(layer, Kind::kLayer, "layer_build", [&](Session&, LayerObject& o) {
    o.layer->build(shape_from("layer_build", dims, rank, DType::kF64));
  });
}

TL_API tl_tensor* const* tl_layer_variables(tl_layer* layer, size_t* count) {
  return list_variables(layer, count, false);
}
TL_API tl_tensor* const* tl_layer_trainable_variables(tl_layer* layer, size_t* count) {
  return list_variables(layer, count, true);
}

TL_API const char* tl_layer_name(tl_layer* layer) {
  const char* out = "";
  (void)query<LayerObject>(layer, Kind::kLayer, "layer_name",
                           [&](Session&, LayerObject& o) { out = o.layer->name().c_str(); });
  return out;
}

TL_API tl_status tl_layer_summary(tl_layer* layer, char* buffer, size_t capacity, size_t* length) {
  return effect<LayerObject>(layer, Kind::kLayer, "layer_summary", [&](Session&, LayerObject& o) {
    check_buffer("layer_summary", "buffer", buffer, capacity);
    copy_text(nn::summary(*o.layer), buffer, capacity, length);
  });
}

TL_API tl_status tl_layer_dot(tl_layer* layer, char* buffer, size_t capacity, size_t* length) {
  return effect<LayerObject>(layer, Kind::kLayer, "layer_dot", [&](Session&, LayerObject& o) {
    check_buffer("layer_dot", "buffer", buffer, capacity);
    copy_text(nn::to_dot(*o.layer), buffer, capacity, length);
  });
}

TL_API tl_layer* tl_layer_keep(tl_layer* layer) {
  return keep(layer, Kind::kLayer, "layer_keep") ? layer : nullptr;
}
TL_API void tl_layer_release(tl_layer* layer) { release_from_any_thread(layer, Kind::kLayer); }

}  // extern "C"
