#include "core/io/npy.h"

#include <algorithm>
#include <cstring>
#include <memory>

#include "core/io/npy_header.h"

namespace tl::io {
namespace {

constexpr char kMagic[] = "\x93NUMPY";
constexpr size_t kMagicBytes = 6;
constexpr size_t kAlignment = 64;
// The header of an array is a line; those of arrays of records, which are refused, are longer.
constexpr uint32_t kLongestHeader = 65535;
constexpr size_t kNpyChunk = size_t{1} << 18;

NpyHeader read_header(Reader& reader) {
  unsigned char start[kMagicBytes + 2];
  reader.read(start, sizeof start, "header");
  if (std::memcmp(start, kMagic, kMagicBytes) != 0)
    reader.corrupt("a npy file begins with 0x93 and NUMPY; is it one?");
  const int major = start[kMagicBytes], minor = start[kMagicBytes + 1];
  if (major < 1 || major > 3 || minor != 0)
    reader.fail_here(Code::kUnsupported, "versions 1.0, 2.0 and 3.0 of the format are known: got ", major,
                     ".", minor);
  unsigned char length[4] = {};
  reader.read(length, major == 1 ? 2 : 4, "header");
  const uint32_t bytes = static_cast<uint32_t>(length[0]) | static_cast<uint32_t>(length[1]) << 8 |
                         static_cast<uint32_t>(length[2]) << 16 | static_cast<uint32_t>(length[3]) << 24;
  if (bytes > kLongestHeader)
    reader.fail_here(Code::kUnsupported, "the header has at most ", kLongestHeader, " bytes: got ", bytes,
                     "; is it an array of records?");
  std::string text(bytes, '\0');
  reader.read(text.data(), bytes, "header");
  NpyHeader header;
  NpyProblem problem = parse_npy_header(text, &header);
  if (problem.code != Code::kOk)
    reader.fail_here(problem.code, problem.what, " (", problem.at, " bytes into the header's text)");
  return header;
}

// The number of elements; throws where the sizes overflow. Zero sizes do not excuse an overflow of the others: views of the shape
// compute with them.
int64_t checked_elements(const Reader& reader, const NpyHeader& header) {
  auto bytes = static_cast<int64_t>(std::max(bytes_of(header.raw), size_of(dtype_of(header.raw))));
  for (int64_t size : header.shape)
    if (__builtin_mul_overflow(bytes, std::max<int64_t>(size, 1), &bytes))
      reader.corrupt("the sizes of the header overflow 64 bits: got ", header.shape);
  return header.shape.elements();
}

// Where elements in Fortran's order go, one after the other.
class FortranOrder {
 public:
  explicit FortranOrder(const Shape& shape) : shape_(shape) {
    int64_t stride = 1;
    for (int axis = shape.rank() - 1; axis >= 0; axis--) {
      strides_[axis] = stride;
      stride *= shape[axis];
    }
  }
  int64_t next() {
    const int64_t here = place_;
    for (int axis = 0; axis < shape_.rank(); axis++) {
      place_ += strides_[axis];
      if (++index_[axis] < shape_[axis]) break;
      place_ -= strides_[axis] * shape_[axis];
      index_[axis] = 0;
    }
    return here;
  }

 private:
  Shape shape_;
  int64_t strides_[kMaxRank] = {}, index_[kMaxRank] = {}, place_ = 0;
};

void read_elements(Reader& reader, const NpyHeader& header, Tensor& out) {
  const auto count = static_cast<size_t>(out.elements());
  const size_t from_bytes = bytes_of(header.raw), to_bytes = size_of(out.dtype());
  const bool scatter = header.fortran_order && header.shape.rank() > 1;
  std::byte* to = out.mutable_raw();
  if (is_plain(header.raw) && !scatter) {
    reader.read(to, count * from_bytes, "elements");
    if (header.swap) convert(header.raw, true, to, count, to);
    return;
  }
  const size_t per_chunk = kNpyChunk / 8;
  std::unique_ptr<std::byte[]> raw(new std::byte[kNpyChunk]), converted(new std::byte[kNpyChunk]);
  FortranOrder places(header.shape);
  for (size_t done = 0; done < count;) {
    const size_t n = std::min(per_chunk, count - done);
    reader.read(raw.get(), n * from_bytes, "elements");
    std::byte* values = scatter ? converted.get() : to + done * to_bytes;
    if (const size_t fit = convert(header.raw, header.swap, raw.get(), n, values); fit < n)
      reader.fail_here(header.raw == Raw::kBool ? Code::kCorruptData : Code::kUnsupported, "element ",
                       done + fit,
                       header.raw == Raw::kBool ? " is a bool and must be 0 or 1: got another byte"
                                                : " is a number of 64 bits that i64 does not hold");
    for (size_t i = 0; scatter && i < n; i++)
      std::memcpy(to + static_cast<size_t>(places.next()) * to_bytes, values + i * to_bytes, to_bytes);
    done += n;
  }
}

}  // namespace

Tensor read_npy(Context& context, Reader& reader, BeforeElements elements) {
  const NpyHeader header = read_header(reader);
  const auto count = static_cast<uint64_t>(checked_elements(reader, header));
  const uint64_t promised = count * bytes_of(header.raw);
  if (promised != reader.left())
    reader.corrupt("the header promises ", promised, " bytes of elements: got ", reader.left(),
                   promised > reader.left() ? "; the file is cut off, copy or download it again"
                                            : "; is it one array only?");
  elements(count * size_of(dtype_of(header.raw)));
  Tensor out = context.allocate(dtype_of(header.raw), header.shape);
  read_elements(reader, header, out);
  return out;
}

Tensor read_npy(Context& context, const Input& input) {
  InputReader reader(input);
  Tensor out = read_npy(context, reader, [](uint64_t) {});
  input.check_unchanged();
  return out;
}

std::string npy_header(const Tensor& tensor) {
  const std::string literal = format_npy_header(tensor.dtype(), tensor.shape());
  const size_t start = kMagicBytes + 4;
  const size_t total = (start + literal.size() + 1 + kAlignment - 1) / kAlignment * kAlignment;
  std::string out(kMagic, kMagicBytes);
  out += '\x01';
  out += '\0';
  out += static_cast<char>((total - start) & 0xff);
  out += static_cast<char>((total - start) >> 8);
  out += literal;
  out.append(total - out.size() - 1, ' ');
  out += '\n';
  return out;
}

void write_npy(OutputFile& file, const Tensor& tensor) {
  const std::string header = npy_header(tensor);
  file.write(header.data(), header.size());
  if (tensor.bytes()) file.write(tensor.raw(), tensor.bytes());
}

}  // namespace tl::io
