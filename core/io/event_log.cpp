// TensorBoard's event files: messages of tensorflow/core/util/event.proto and framework/summary.proto in the wire format of protobuf,
// written by hand because there are few of them and a second copy of libprotobuf in a process does harm.
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <cstdio>
#include <cstring>
#include <vector>

#include "core/base/error.h"
#include "core/io/append_file.h"
#include "core/io/metric_log.h"
#include "core/io/record_writer.h"

namespace tl::io {
namespace {

// One message of protobuf. Fields are written in the order of the calls; each call names the field's number.
class Message {
 public:
  Message& integer(int field, int64_t value) {
    key(field, 0);
    varint(static_cast<uint64_t>(value));
    return *this;
  }
  Message& number(int field, double value) {
    key(field, 1);
    raw(value);
    return *this;
  }
  Message& short_number(int field, float value) {
    key(field, 5);
    raw(value);
    return *this;
  }
  Message& bytes(int field, const std::string& value) {
    key(field, 2);
    varint(value.size());
    bytes_ += value;
    return *this;
  }
  Message& numbers(int field, const std::vector<double>& values) {  // packed
    key(field, 2);
    varint(values.size() * sizeof(double));
    for (const double v : values) raw(v);
    return *this;
  }
  Message& message(int field, const Message& value) { return bytes(field, value.bytes_); }
  const std::string& wire() const { return bytes_; }

 private:
  void key(int field, unsigned type) { varint(static_cast<uint64_t>(field) << 3 | type); }
  void varint(uint64_t value) {
    for (; value >= 0x80; value >>= 7) bytes_ += static_cast<char>((value & 0x7F) | 0x80);
    bytes_ += static_cast<char>(value);
  }
  template <class T>
  void raw(T value) {  // little-endian, as every machine that this library runs on
    static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__);
    char memory[sizeof value];
    std::memcpy(memory, &value, sizeof value);
    bytes_.append(memory, sizeof value);
  }

  std::string bytes_;
};

// Field numbers: Event { wall_time = 1, step = 2, file_version = 3, summary = 5 }, Summary { value = 1 }, Summary.Value { tag = 1,
// simple_value = 2, image = 4, histo = 5, tensor = 8, metadata = 9 }.
constexpr int kTag = 1, kSimpleValue = 2, kImage = 4, kHistogram = 5, kTensor = 8, kMetadata = 9;

class EventLog final : public MetricLog {
 public:
  EventLog(const std::string& path, double time)
      : file_("logger_tensorboard", path, AppendFile::Start::kMustBeNew) {
    write(Message().number(1, time).bytes(3, "brain.Event:2"));
  }

  void scalar(const LogPlace& at, double value) override {
    summary(at, [&](Message& v) { v.short_number(kSimpleValue, static_cast<float>(value)); });
  }

  void text(const LogPlace& at, const std::string& text) override {
    summary(at, [&](Message& v) {
      // SummaryMetadata { plugin_data = 1 { plugin_name = 1 }, data_class = 4 }; 2 is DATA_CLASS_TENSOR.
      // TensorProto { dtype = 1, tensor_shape = 2 { dim = 2 { size = 1 } }, string_val = 8 }; 7 is DT_STRING.
      v.message(kMetadata, Message().message(1, Message().bytes(1, "text")).integer(4, 2));
      v.message(
          kTensor,
          Message().integer(1, 7).message(2, Message().message(2, Message().integer(1, 1))).bytes(8, text));
    });
  }

  void histogram(const LogPlace& at, const Histogram& h) override {
    summary(at, [&](Message& v) {
      // HistogramProto { min = 1, max = 2, num = 3, sum = 4, sum_squares = 5, bucket_limit = 6, bucket = 7 }: each limit is the right
      // end of its bucket, and the left end of the first one is min.
      std::vector<double> limits(h.edges.empty() ? h.edges.begin() : h.edges.begin() + 1, h.edges.end());
      v.message(kHistogram, Message()
                                .number(1, h.edges.empty() ? 0 : h.edges.front())
                                .number(2, h.edges.empty() ? 0 : h.edges.back())
                                .number(3, static_cast<double>(h.count))
                                .number(4, h.sum)
                                .number(5, h.sum_of_squares)
                                .numbers(6, limits)
                                .numbers(7, h.counts));
    });
  }

  void image(const LogPlace& at, const Pixels& p) override {
    summary(at, [&](Message& v) {
      // Image { height = 1, width = 2, colorspace = 3, encoded_image_string = 4 }
      v.message(kImage, Message()
                            .integer(1, p.height)
                            .integer(2, p.width)
                            .integer(3, p.channels)
                            .bytes(4, encode_png("logger_image", p)));
    });
  }

  const std::string& path() const override { return file_.path(); }

 protected:
  const char* form() const override { return "TensorBoard"; }

 private:
  template <class F>
  void summary(const LogPlace& at, F&& fill) {
    check_place(at);
    Message value;
    value.bytes(kTag, at.tag);
    fill(value);
    write(Message().number(1, at.time).integer(2, at.step).message(5, Message().message(1, value)));
  }
  void write(const Message& event) { file_.append(framed_record(event.wire())); }

  AppendFile file_;
};

void make_folders(const std::string& folder) {
  for (size_t end = folder.find('/', 1);; end = folder.find('/', end + 1)) {
    const std::string part = folder.substr(0, end);
    if (::mkdir(part.c_str(), 0777) != 0 && errno != EEXIST) {
      const int error = errno;
      struct stat status;  // a folder that is there, on a file system that nobody may write to
      if (::stat(part.c_str(), &status) != 0 || !S_ISDIR(status.st_mode))
        fail(Code::kIo, "[logger_tensorboard] making a folder must succeed: got '", system_text(error),
             "' for '", part, "'; look at the path and its permissions");
    }
    if (end == std::string::npos) return;
  }
}

}  // namespace

std::unique_ptr<MetricLog> tensorboard_log(const std::string& folder, double time) {
  if (folder.empty())
    invalid("[logger_tensorboard] 'folder' must not be empty: got an empty text; give the path of a folder");
  make_folders(folder);
  char host[HOST_NAME_MAX + 1] = "";
  if (::gethostname(host, sizeof host - 1) != 0 || !*host) std::strcpy(host, "localhost");
  char seconds[32];
  std::snprintf(seconds, sizeof seconds, "%010lld", static_cast<long long>(time));
  for (int number = 0;; number++) {
    try {
      return std::make_unique<EventLog>(concat(folder, "/events.out.tfevents.", seconds, ".", host, ".",
                                               static_cast<long>(::getpid()), ".", number),
                                        time);
    } catch (const Error& e) {
      if (e.code() != Code::kFailedPrecondition || number >= 9999) throw;  // another log of this second
    }
  }
}

}  // namespace tl::io
