// Losses of the C API.
#include "tapeloop/losses.h"
#include "capi/src/call.h"
#include "capi/src/options.h"
#include "core/nn/ctc_loss.h"
#include "core/nn/focal_loss.h"
#include "core/nn/loss.h"
#include "core/nn/margin_loss.h"
#include "core/nn/overlap_loss.h"
#include "core/nn/regression_loss.h"

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

// f(labels, predictions, options) computes the loss.
template <class F>
tl_tensor* loss(tl_context* context, const char* op, F f, tl_tensor* labels, tl_tensor* predictions,
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

TL_API tl_tensor* tl_loss_hinge(tl_context* context, tl_tensor* labels, tl_tensor* predictions,
                                const tl_loss_options* options) {
  return loss(context, "loss_hinge", nn::hinge, labels, predictions, options);
}

TL_API tl_tensor* tl_loss_squared_hinge(tl_context* context, tl_tensor* labels, tl_tensor* predictions,
                                        const tl_loss_options* options) {
  return loss(context, "loss_squared_hinge", nn::squared_hinge, labels, predictions, options);
}

TL_API tl_tensor* tl_loss_categorical_hinge(tl_context* context, tl_tensor* labels, tl_tensor* predictions,
                                            const tl_loss_options* options) {
  return loss(context, "loss_categorical_hinge", nn::categorical_hinge, labels, predictions, options);
}

TL_API tl_tensor* tl_loss_log_cosh(tl_context* context, tl_tensor* labels, tl_tensor* predictions,
                                   const tl_loss_options* options) {
  return loss(context, "loss_log_cosh", nn::log_cosh, labels, predictions, options);
}

TL_API tl_tensor* tl_loss_mean_absolute_percentage_error(tl_context* context, tl_tensor* labels,
                                                         tl_tensor* predictions,
                                                         const tl_loss_options* options) {
  return loss(context, "loss_mean_absolute_percentage_error", nn::mean_absolute_percentage_error, labels,
              predictions, options);
}

TL_API tl_tensor* tl_loss_mean_squared_logarithmic_error(tl_context* context, tl_tensor* labels,
                                                         tl_tensor* predictions,
                                                         const tl_loss_options* options) {
  return loss(context, "loss_mean_squared_logarithmic_error", nn::mean_squared_logarithmic_error, labels,
              predictions, options);
}

TL_API tl_tensor* tl_loss_cosine_similarity(tl_context* context, tl_tensor* labels, tl_tensor* predictions,
                                            const tl_loss_options* options) {
  return loss(context, "loss_cosine_similarity", nn::cosine_similarity, labels, predictions, options);
}

TL_API tl_tensor* tl_loss_kl_divergence(tl_context* context, tl_tensor* labels, tl_tensor* predictions,
                                        const tl_loss_options* options) {
  return loss(context, "loss_kl_divergence", nn::kl_divergence, labels, predictions, options);
}

TL_API tl_tensor* tl_loss_poisson(tl_context* context, tl_tensor* labels, tl_tensor* predictions,
                                  const tl_loss_options* options) {
  return loss(context, "loss_poisson", nn::poisson, labels, predictions, options);
}

TL_API tl_tensor* tl_loss_huber(tl_context* context, tl_tensor* labels, tl_tensor* predictions, double delta,
                                const tl_loss_options* options) {
  const auto f = [&](const Tensor& y, const Tensor& p, const nn::LossOptions& o) {
    return nn::huber(y, p, delta, o);
  };
  return loss(context, "loss_huber", f, labels, predictions, options);
}

TL_API tl_tensor* tl_loss_binary_focal_cross_entropy(tl_context* context, tl_tensor* labels,
                                                     tl_tensor* predictions, double gamma, double alpha,
                                                     const tl_loss_options* options) {
  const auto f = [&](const Tensor& y, const Tensor& p, const nn::LossOptions& o) {
    return nn::binary_focal_cross_entropy(y, p, gamma, alpha, o);
  };
  return loss(context, "loss_binary_focal_cross_entropy", f, labels, predictions, options);
}

TL_API tl_tensor* tl_loss_categorical_focal_cross_entropy(tl_context* context, tl_tensor* labels,
                                                          tl_tensor* predictions, double gamma, double alpha,
                                                          const tl_loss_options* options) {
  const auto f = [&](const Tensor& y, const Tensor& p, const nn::LossOptions& o) {
    return nn::categorical_focal_cross_entropy(y, p, gamma, alpha, o);
  };
  return loss(context, "loss_categorical_focal_cross_entropy", f, labels, predictions, options);
}

TL_API tl_tensor* tl_loss_dice(tl_context* context, tl_tensor* labels, tl_tensor* predictions,
                               bool per_example, const tl_loss_options* options) {
  const auto f = [&](const Tensor& y, const Tensor& p, const nn::LossOptions& o) {
    return nn::dice(y, p, nn::Overlap(per_example), o);
  };
  return loss(context, "loss_dice", f, labels, predictions, options);
}

TL_API tl_tensor* tl_loss_tversky(tl_context* context, tl_tensor* labels, tl_tensor* predictions,
                                  double alpha, double beta, bool per_example,
                                  const tl_loss_options* options) {
  const auto f = [&](const Tensor& y, const Tensor& p, const nn::LossOptions& o) {
    return nn::tversky(y, p, alpha, beta, nn::Overlap(per_example), o);
  };
  return loss(context, "loss_tversky", f, labels, predictions, options);
}

TL_API tl_tensor* tl_loss_ctc(tl_context* context, tl_tensor* labels, tl_tensor* predictions,
                              tl_tensor* label_lengths, tl_tensor* prediction_lengths, int64_t blank,
                              const tl_loss_options* options) {
  const char* op = "loss_ctc";
  return make(context, op, [&](Session& s) {
    const nn::LossOptions o = options_of(s, op, options);
    const Tensor& y = tensor_of(s, labels, op, "labels");
    const Tensor& p = tensor_of(s, predictions, op, "predictions");
    Tensor counted, running;
    if (label_lengths) counted = tensor_of(s, label_lengths, op, "label_lengths");
    if (prediction_lengths) running = tensor_of(s, prediction_lengths, op, "prediction_lengths");
    return s.make_tensor(nn::ctc(y, p, counted, running, blank, o));
  });
}

TL_API tl_tensor* tl_loss_reduce(tl_context* context, tl_tensor* losses, const tl_loss_options* options) {
  return make(context, "loss_reduce", [&](Session& s) {
    nn::LossOptions o = options_of(s, "loss_reduce", options);
    nn::check_no_cross_entropy("loss_reduce", o);
    return s.make_tensor(nn::reduce_loss("loss_reduce", tensor_of(s, losses, "loss_reduce", "losses"), o));
  });
}

}  // extern "C"
