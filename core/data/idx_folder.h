// Finds images and labels in a folder laid out like MNIST and its relatives, by the names of the files.
#pragma once

#include <string>

#include "core/data/dataset.h"
#include "core/tensor/context.h"

namespace tl::data {

// Numbers are those of tl_data_part in the C API: append only.
enum class DataPart : int32_t { kTrain = 1, kTest = 2 };

// Elements of two tensors, image and label, for training or for testing. Images are in a file whose name holds
// "images-idx3" or "images.idx3", their labels in the file of the same name with "labels-idx1" or "labels.idx1" instead;
// either may end in ".gz". A name with "train" belongs to the training split, one with "t10k" or "test" to the test split.
// Where the folder has one split only, whatever its name, its last tenth, rounded down but at least one element, is for
// testing and the others for training. Hidden files, and those that end in "~", ".part", ".partial", ".tmp", ".swp", ".crdownload"
// or ".download", are of other programs at work and do not count.
//
// Throws kNotFound (no folder, no images, images without labels), kInvalidArgument (an unknown part; several files fit one
// role, also a file and its .gz, or images of no split beside those of one; images of a rank below 2 or labels of another than 1; images and labels of different numbers; a single split of fewer than two elements), and what
// read_idx() throws, kIo also for files that are symbolic links, which may lead out of the folder. max_bytes is read_idx()'s, for each of the two files.
DatasetPtr idx_folder(Context& context, const std::string& path, DataPart part, uint64_t max_bytes = 0);

}  // namespace tl::data
