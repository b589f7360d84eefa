// CIFAR-10 and CIFAR-100 in their binary form: records of one or two label bytes and 3,072 bytes of an image, plane by plane.
#pragma once

#include <string>
#include <vector>

#include "core/io/input.h"
#include "core/tensor/context.h"
#include "core/tensor/tensor.h"

namespace tl::io {

enum class Cifar { k10, k100 };

// Of a folder: the images, u8 (n, 32, 32, 3), and the labels, u8 (n) each; of CIFAR-100 the fine ones (0 to 99), then the coarse ones
// (0 to 19). CIFAR-10 is trained on data_batch_1.bin to data_batch_5.bin, as many of these as there are, and tested on test_batch.bin;
// CIFAR-100 on train.bin and test.bin.
//
// Throws kNotFound (no such folder or file), kCorruptData (a size that is not a number of records, a label out of range), kIo (a
// symbolic link), and what Input throws. A flipped bit in an image cannot be seen: the format has no checksum.
std::vector<Tensor> read_cifar(Context& context, const char* op, const std::string& folder, Cifar kind,
                               bool train);

// The same of files that are given.
std::vector<Tensor> read_cifar(Context& context, const std::vector<const Input*>& files, Cifar kind);

}  // namespace tl::io
