// Connectionist temporal classification (Graves et al. 2006): the loss of a sequence of labels of which it is not known where
// in a longer sequence of frames they stand.
#pragma once

#include "core/nn/loss.h"

namespace tl::nn {

// -log of the probability of the labels, summed over all ways to write them into the frames: each label takes one frame or more,
// in order, frames before, between and after them may be blank, and between two equal labels at least one is.
//
// Labels: integers (batch, most labels), each in [0, classes); predictions: logits (batch, frames, classes), f32 or f64;
// lengths: integers (batch). label_lengths says how many labels of each row count, the others are not looked at; null: as
// many as are not the blank, as in Keras, for rows that are filled up with blanks. prediction_lengths says how many frames of
// each row count; null: all. blank is a class: Keras has 0, PyTorch 0, TensorFlow once had the last. A label that is the blank
// is a label that a blank frame writes, as in Keras.
//
// Labels that do not fit into the frames have the loss infinity and the gradient 0. One number per sequence; the mean is over
// sequences, not over labels. Computed in logarithms by ops, frame after frame, (batch, 2 labels + 1) numbers each, so it
// differentiates any number of times; options that only cross-entropies have are errors.
Tensor ctc(const Tensor& labels, const Tensor& predictions, const Tensor& label_lengths,
           const Tensor& prediction_lengths, int64_t blank, const LossOptions& options = {});

}  // namespace tl::nn
