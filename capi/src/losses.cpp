// Losses of the C API.
#include "capi/src/call.h"
#include "capi/src/options.h"
#include "core/nn/loss.h"
#include "tapeloop/nn.h"

using namespace tl;
using namespace tl::capi;

namespace {

nn::LossOptions options_of(Session& s, const char* op, const tl_loss_options* options) {
  tl_loss_options o = options_from(op, options, tl_loss_options_init);
  nn::LossOptions out;
  out.reduction = static_cast<nn::Reduction>(o.reduction);
  out.from_probabilities = o.from_probabilities;
  out.label_smoothing = o.label_smoothing;
  if (o.weights) out.weights = tensor_of(s, o.weights, op, "weights");
  return out;
}

using Loss = Tensor (*)(const Tensor& labels, const Tensor& predictions, const nn::LossOptions& options);

tl_tensor* loss(tl_context* context, const char* op, Loss f, tl_tensor* labels, tl_tensor* predictions,
                const tl_loss_options* options) {
  return make(context, op, [&](Session& s) {
    nn::LossOptions o = options_of(s, op, options);
    const Tensor& y = tensor_of(s, labels, op, "labels");
    return s.make_tensor(f(y, tensor_of(s, predictions, op, "predictions"), o));
  });
}

}  // namespace

extern "C" {

TL_API void tl_loss_options_init(tl_loss_options* options, size_t size) { zero_options(options, size); }

TL_API tl_tensor* tl_loss_sparse_categorical_cross_entropy(tl_context* context, tl_tensor* labels,
                                                           tl_tensor* predictions,
                                                           const tl_loss_options* options) {
  return loss(context, "loss_sparse_categorical_cross_entropy", nn::sparse_categorical_cross_entropy, labels,
              predictions, options);
}

TL_API tl_tensor* tl_loss_categorical_cross_entropy(tl_context* context, tl_tensor* labels,
                                                    tl_tensor* predictions, const tl_loss_options* options) {
  return loss(context, "loss_categorical_cross_entropy", nn::categorical_cross_entropy, labels, predictions,
              options);
}

TL_API tl_tensor* tl_loss_binary_cross_entropy(tl_context* context, tl_tensor* labels, tl_tensor* predictions,
                                               const tl_loss_options* options) {
  return loss(context, "loss_binary_cross_entropy", nn::binary_cross_entropy, labels, predictions, options);
}

TL_API tl_tensor* tl_loss_mean_squared_error(tl_context* context, tl_tensor* labels, tl_tensor* predictions,
                                             const tl_loss_options* options) {
  return loss(context, "loss_mean_squared_error", nn::mean_squared_error, labels, predictions, options);
}

TL_API tl_tensor* tl_loss_mean_absolute_error(tl_context* context, tl_tensor* labels, tl_tensor* predictions,
                                              const tl_loss_options* options) {
  return loss(context, "loss_mean_absolute_error", nn::mean_absolute_error, labels, predictions, options);
}

TL_API tl_tensor* tl_loss_reduce(tl_context* context, tl_tensor* losses, const tl_loss_options* options) {
  return make(context, "loss_reduce", [&](Session& s) {
    nn::LossOptions o = options_of(s, "loss_reduce", options);
    nn::check_no_cross_entropy("loss_reduce", o);
    return s.make_tensor(nn::reduce_loss("loss_reduce", tensor_of(s, losses, "loss_reduce", "losses"), o));
  });
}

}  // extern "C"
