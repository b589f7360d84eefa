#include "core/io/cifar.h"

#include <memory>

#include "core/io/folder.h"

namespace tl::io {
namespace {

constexpr int64_t kSide = 32, kChannels = 3, kPlane = kSide * kSide;
constexpr size_t kPixels = kPlane * kChannels;

// From plane by plane to channels side by side, as images are elsewhere.
void interleave(const unsigned char* planes, unsigned char* to) {
  for (int64_t i = 0; i < kPlane; i++)
    for (int64_t c = 0; c < kChannels; c++) *to++ = planes[c * kPlane + i];
}

}  // namespace

std::vector<Tensor> read_cifar(Context& context, const std::vector<const Input*>& files, Cifar kind) {
  // In CIFAR-100 the coarse label comes first.
  const std::vector<int> classes = kind == Cifar::k10 ? std::vector<int>{10} : std::vector<int>{20, 100};
  const size_t record = classes.size() + kPixels;
  int64_t count = 0;
  for (const Input* input : files) {
    if (input->size() == 0 || input->size() % record != 0)
      input->corrupt(input->size(), "the file must be records of ", record, " bytes, at least one: got ",
                     input->size(), " bytes; is it cut off, or the other CIFAR?");
    count += static_cast<int64_t>(input->size() / record);
  }
  std::vector<Tensor> out{context.allocate(DType::kU8, {count, kSide, kSide, kChannels})};
  for (size_t i = 0; i < classes.size(); i++) out.push_back(context.allocate(DType::kU8, {count}));
  auto* images = reinterpret_cast<unsigned char*>(out[0].mutable_raw());
  std::unique_ptr<unsigned char[]> bytes(new unsigned char[record]);
  int64_t index = 0;
  for (const Input* input : files) {
    for (uint64_t at = 0; at < input->size(); at += record, index++) {
      input->read(at, bytes.get(), record);
      for (size_t i = 0; i < classes.size(); i++) {
        if (bytes[i] >= classes[i])
          input->corrupt(at + i, "a label must be below ", classes[i], ": got ", int{bytes[i]},
                         "; is it the other CIFAR?");
        out[out.size() - 1 - i].mutable_data<uint8_t>()[index] = bytes[i];
      }
      interleave(bytes.get() + classes.size(), images + static_cast<size_t>(index) * kPixels);
    }
    input->check_unchanged();
  }
  return out;
}

std::vector<Tensor> read_cifar(Context& context, const char* op, const std::string& folder, Cifar kind,
                               bool train) {
  const OpenFolder open_folder(op, folder);
  std::vector<std::unique_ptr<FileInput>> files;
  auto open = [&](const std::string& name) {
    files.emplace_back(new FileInput(open_folder.file(context, name)));
  };
  if (kind == Cifar::k100) {
    open(train ? "train.bin" : "test.bin");
  } else if (!train) {
    open("test_batch.bin");
  } else {
    for (const OpenFolder::Entry& entry : open_folder.entries())
      for (char number = '1'; number <= '5'; number++)
        if (!entry.folder && entry.name == std::string("data_batch_") + number + ".bin") open(entry.name);
    if (files.empty())
      fail(Code::kNotFound, "[", op, "] there is no training data of CIFAR-10 in the folder: got '", folder,
           "'; data_batch_1.bin to data_batch_5.bin are expected");
  }
  std::vector<const Input*> inputs;
  inputs.reserve(files.size());
  for (const auto& file : files) inputs.push_back(file.get());
  return read_cifar(context, inputs, kind);
}

}  // namespace tl::io
