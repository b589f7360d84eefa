// Checks of the values of labels and probabilities, with errors that name the caller. The values are looked at by ops, so
// that a check is part of a recorded program, too.
#pragma once

#include "core/base/error.h"
#include "core/tensor/tensor.h"
#include "core/tensor/words.h"

namespace tl::nn {

// f(), an op that checks its operands: its errors come out under the name of the caller, `op`.
template <class F>
Tensor named(Context& context, const char* op, F&& f) {
  return in_words(
      context,
      [&] {
        return Words{Code::kInvalidArgument, Words::Keep::kBehindName, op};
      },
      f);
}

// The labels, each in [0, 1] but for rounding errors up to 1e-6. Throws kInvalidArgument with the first that is not, or is
// NaN, and its position.
Tensor probability_labels(const char* op, const Tensor& labels);

// Predicted probabilities, each in [0, 1] in the same sense; NaN passes. Throws kInvalidArgument with the first that is not.
Tensor probability_predictions(const char* op, const Tensor& predictions);

// Integers, each in [low, high]. Throws kInvalidArgument with the first that is not; `what` names one of them ("a label").
Tensor integers_in(const char* op, const char* what, const Tensor& x, int64_t low, int64_t high);

// Labels 0 and 1 of any dtype as bools. Throws kInvalidArgument with the first that is neither and its position.
Tensor truths(const char* op, const Tensor& labels);

// Rows over the last axis, each divided by its sum. Throws kInvalidArgument for an element that is negative by more than
// 1e-6, and for a row whose sum is not above 0. NaN passes and makes its row NaN; so does an infinity.
Tensor normalized_rows(const char* op, const Tensor& probabilities);

}  // namespace tl::nn
