// Whether labels are classes, for the ops that look at labels and for those who fuse them.
#pragma once

#include <cstddef>
#include <cstdint>

#include "core/base/error.h"

namespace tl::kernels {

// Throws the error of `op` for the first label outside [0, classes); `what` has the classes: "logits".
template <class Label>
void check_classes(const char* op, const char* what, const Label* labels, size_t n, int64_t classes) {
  for (size_t i = 0; i < n; i++)
    if (labels[i] < 0 || labels[i] >= classes)
      invalid("[", op, "] a label must be in [0, ", classes, "): got ", labels[i], " at position ", i,
              "; the ", what, " have ", classes, " classes");
}

// Is the label the largest of a row of predictions? A NaN counts as the largest, and is no prediction.
template <class T, class Label>
bool is_correct_class(size_t (*argmax)(const T*, size_t), const T* row, size_t cols, Label label) {
  const size_t best = argmax(row, cols);
  return best == static_cast<size_t>(label) && row[best] == row[best];
}

}  // namespace tl::kernels
