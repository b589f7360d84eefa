// TFRecord files and CIFAR of the C API.
#include "tapeloop/records.h"

#include "capi/src/bundles.h"
#include "capi/src/file_dataset.h"
#include "core/io/cifar.h"
#include "core/io/example.h"
#include "core/io/output.h"
#include "core/io/record_writer.h"
#include "core/io/tfrecord.h"
#include "core/tensor/batched.h"

using namespace tl;
using namespace tl::capi;

namespace {

// A file of records and what it is read with: a context of its own, since other threads read it, too.
struct RecordFile {
  RecordFile(const char* op, const char* path)
      : context(ContextOptions{}), records(std::make_unique<io::FileInput>(context, op, path)) {}
  Context context;
  io::TfRecords records;
};

tl_dataset* cifar(tl_context* context, const char* op, const char* folder, tl_data_part part,
                  io::Cifar kind) {
  return make(context, op, [&](Session& s) {
    if (part != TL_DATA_TRAIN && part != TL_DATA_TEST)
      invalid("[", op, "] the part must be train (1) or test (2): got ", part, "; call it once for each");
    return make_dataset(
        s, data::tensor_slices(io::read_cifar(s.core(), op, checked_text(op, "folder", folder), kind,
                                              part == TL_DATA_TRAIN)));
  });
}

}  // namespace

extern "C" {

TL_API tl_dataset* tl_dataset_from_tfrecord(tl_context* context, const char* path) {
  const char* op = "dataset_from_tfrecord";
  return make(context, op, [&](Session& s) {
    auto file = std::make_shared<const RecordFile>(op, checked_text(op, "path", path));
    auto read = [file](Context& own, int64_t index, std::vector<Tensor>& out) {
      out.push_back(file->records.read(own, index));
    };
    return make_dataset(s, std::make_shared<FileDataset>(file->records.size(), 1, read));
  });
}

TL_API tl_status tl_write_tfrecord(tl_context* context, const char* path, tl_tensor* const* records,
                                   size_t count) {
  const char* op = "write_tfrecord";
  return effect<Session>(context, Kind::kContext, op, [&](Session& s, Session&) {
    check_list(op, "records", records, count);
    for (size_t i = 0; i < count; i++) check_readable(op, peek_tensor(s, records[i], op, {"records", i}));
    io::OutputFile file(s.core(), op, checked_text(op, "path", path));
    for (size_t i = 0; i < count; i++) {
      const Tensor& t = peek_tensor(s, records[i], op, {"records", i});
      s.core().note_host_read(t, op);
      const std::string record = io::framed_record({reinterpret_cast<const char*>(t.raw()), t.bytes()});
      file.write(record.data(), record.size());
    }
    file.commit();
  });
}

TL_API tl_bundle* tl_parse_example(tl_context* context, tl_tensor* record) {
  const char* op = "parse_example";
  return make(context, op, [&](Session& s) {
    const Tensor& t = peek_tensor(s, record, op, "record");
    check_readable(op, t);
    if (t.dtype() != DType::kU8 || t.rank() != 1)
      invalid("[", op, "] 'record' must be u8 of one axis: got ", t.dtype(), " ", t.shape(),
              "; dataset_from_tfrecord gives such");
    s.core().note_host_read(t, op);
    return make_bundle(
        s, io::read_example(
               s.core(), io::MemoryInput(s.core(), op, "record", Span<const std::byte>(t.raw(), t.bytes()))));
  });
}

TL_API tl_dataset* tl_dataset_from_cifar10_folder(tl_context* context, const char* folder,
                                                  tl_data_part part) {
  return cifar(context, "dataset_from_cifar10_folder", folder, part, io::Cifar::k10);
}
TL_API tl_dataset* tl_dataset_from_cifar100_folder(tl_context* context, const char* folder,
                                                   tl_data_part part) {
  return cifar(context, "dataset_from_cifar100_folder", folder, part, io::Cifar::k100);
}

}  // extern "C"
