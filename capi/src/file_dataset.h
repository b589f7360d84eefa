// Datasets whose elements are read from files, when they are asked for.
#pragma once

#include <functional>
#include <utility>
#include <vector>

#include "capi/src/dataset_object.h"
#include "core/data/dataset.h"

namespace tl::capi {

// `read` puts the tensors of an element into a context that it gets, on any of several threads at once.
class FileDataset final : public data::IndexedDataset {
 public:
  using Read = std::function<void(Context& context, int64_t index, std::vector<Tensor>& out)>;
  FileDataset(int64_t size, size_t width, Read read) : size_(size), width_(width), read_(std::move(read)) {}
  int64_t size() const override { return size_; }
  size_t width() const override { return width_; }
  std::unique_ptr<data::Reader> reader() const override { return std::make_unique<FileReader>(read_); }
  data::Settings settings() const override { return {"files", {size_}}; }

 private:
  class FileReader final : public data::Reader {
   public:
    explicit FileReader(const Read& read) : read_(read), context_(one_thread()) {}
    void get(uint64_t, int64_t index, data::Element& out) override {
      std::vector<Tensor> tensors;
      read_(context_, index, tensors);
      out.resize(tensors.size());
      for (size_t i = 0; i < out.size(); i++) out[i] = data::copy_of(tensors[i], *pool_);
    }

   private:
    static ContextOptions one_thread() {
      ContextOptions options;
      options.threads = 1;
      return options;
    }
    const Read read_;  // holds what it reads from
    Context context_;
    std::shared_ptr<data::BlockPool> pool_ = data::BlockPool::make();
  };

  int64_t size_;
  size_t width_;
  Read read_;
};

}  // namespace tl::capi
