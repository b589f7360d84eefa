#include "core/data/idx.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>
#include <system_error>

#include "core/base/error.h"
#include "core/data/gunzip.h"

namespace tl::data {
namespace {

// Deflate cannot do better than 258 bytes from two bits, so no honest stream expands further than this.
constexpr int64_t kMostExpansion = 1032;
// What a tensor may take beyond the size of its file, unless the caller allows more.
constexpr uint64_t kAllowance = uint64_t{63} << 20;
constexpr size_t kChunk = size_t{1} << 16;
constexpr size_t kBlock = size_t{1} << 20;  // read between two looks whether the context was cancelled

struct ElementType {
  size_t file_bytes;
  DType dtype;
};

// True and `type` when the format knows the code.
bool element_type(uint8_t code, ElementType* type) {
  switch (code) {
    case 0x08: *type = {1, DType::kU8}; return true;
    case 0x09: *type = {1, DType::kI32}; return true;
    case 0x0B: *type = {2, DType::kI32}; return true;
    case 0x0C: *type = {4, DType::kI32}; return true;
    case 0x0D: *type = {4, DType::kF32}; return true;
    case 0x0E: *type = {8, DType::kF64}; return true;
  }
  return false;
}

class FileDescriptor {
 public:
  explicit FileDescriptor(int fd) : fd_(fd) {}
  ~FileDescriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  FileDescriptor(const FileDescriptor&) = delete;
  FileDescriptor& operator=(const FileDescriptor&) = delete;
  int get() const { return fd_; }

 private:
  int fd_;
};

// An open file, decompressed on the way where it is compressed. Offsets count decompressed bytes.
class IdxFile {
 public:
  IdxFile(const Context& context, const std::string& path, Links links)
      : context_(context),
        path_(path),
        // Without O_NONBLOCK, opening a named pipe would wait for a writer, maybe for ever.
        fd_(::open(path.c_str(),
                   O_RDONLY | O_CLOEXEC | O_NONBLOCK | (links == Links::kRefused ? O_NOFOLLOW : 0))) {
    if (fd_.get() < 0 && errno == ELOOP && links == Links::kRefused)
      fail(Code::kIo,
           "[read_idx] a file of the folder must be a file itself and no symbolic link, which may lead "
           "elsewhere: got '",
           path_, "'; put the file itself there");
    if (fd_.get() < 0)
      system_failure(errno == ENOENT || errno == ENOTDIR ? Code::kNotFound : Code::kIo, errno);
    if (::fstat(fd_.get(), &opened_) != 0) system_failure(Code::kIo, errno);
    if (!S_ISREG(opened_.st_mode))
      fail(Code::kIo, "[read_idx] an IDX file must be a regular file: got '", path_, "', ",
           S_ISDIR(opened_.st_mode) ? "a folder" : "a pipe or device", "; give the path of one IDX file");
    file_bytes_ = opened_.st_size;

    unsigned char magic[2];
    compressed_ = ::pread(fd_.get(), magic, 2, 0) == 2 && magic[0] == 0x1f && magic[1] == 0x8b;
    unsigned char tail[4];
    if (compressed_ && ::pread(fd_.get(), tail, 4, file_bytes_ - 4) == 4)
      size_in_trailer_ = tail[0] | tail[1] << 8 | tail[2] << 16 | static_cast<uint32_t>(tail[3]) << 24;

    if (compressed_) gunzip_ = std::make_unique<Gunzip>(fd_.get());
  }

  // Fills all of [to, to + bytes), or throws; `what` names the part for the message.
  void read(void* to, size_t bytes, const char* what) {
    size_t got = read_some(to, bytes);
    if (got < bytes)
      corrupt("the file ends inside its ", what, ": ", bytes, " bytes wanted, ", got, " got",
              "; copy or download it again");
    offset_ += static_cast<int64_t>(bytes);
  }

  // Throws unless exactly `bytes` follow, as far as that can be told without memory for them.
  void check_remaining(int64_t bytes) {
    if (!compressed_) return wrong_size_unless(file_bytes_ - offset_, bytes, "");
    if (bytes / kMostExpansion > file_bytes_)
      corrupt("the header promises ", bytes, " bytes of elements, more than ", file_bytes_,
              " compressed bytes can hold; copy or download it again");
    // The trailer holds the decompressed size modulo 2^32, of the last member where there are several. Where
    // it does not confirm the header, decompressing without keeping anything does.
    if (size_in_trailer_ == static_cast<uint32_t>(offset_ + bytes)) return;
    std::unique_ptr<std::byte[]> scratch(new std::byte[kChunk]);
    int64_t found = 0;
    while (found <= bytes) {
      size_t got = read_some(scratch.get(), kChunk);
      if (got == 0) break;
      found += static_cast<int64_t>(got);
    }
    wrong_size_unless(found, bytes, found > bytes ? "at least " : "");
    if (!gunzip_->rewind()) system_failure(Code::kIo, gunzip_->system_error());
    for (int64_t left = offset_; left > 0;) {
      size_t got = read_some(scratch.get(), static_cast<size_t>(std::min<int64_t>(left, kChunk)));
      if (got == 0)
        fail(Code::kIo, "[read_idx] ", path_, ", at byte ", offset_ - left,
             ": the file has changed while it was read; read it when nobody writes it");
      left -= static_cast<int64_t>(got);
    }
  }

  // Throws unless the file ends here. For a compressed file this is also what compares the checksum.
  void expect_end() {
    char extra;
    if (read_some(&extra, 1) != 0)
      corrupt("bytes follow the last element that the header promises; is it one IDX file?");
  }

  // At the end: what was read may be of two files else.
  void check_unchanged() const {
    struct stat present;
    if (::fstat(fd_.get(), &present) != 0) system_failure(Code::kIo, errno);
    const timespec &then = opened_.st_mtim, &now = present.st_mtim;
    if (present.st_size != opened_.st_size || now.tv_sec != then.tv_sec || now.tv_nsec != then.tv_nsec)
      fail(Code::kIo, "[read_idx] ", path_, ", at byte 0: the file has changed while it was read: it had ",
           file_bytes_, " bytes and has ", static_cast<int64_t>(present.st_size),
           "; read it when nobody writes it");
  }

  int64_t offset() const { return offset_; }
  int64_t file_bytes() const { return file_bytes_; }

  template <class... Parts>
  [[noreturn]] void corrupt(const Parts&... parts) const {
    check_unchanged();  // what a file seems to be that changed meanwhile says nothing
    fail(Code::kCorruptData, "[read_idx] ", path_, ", at byte ", offset_,
         compressed_ ? " (decompressed)" : "", ": ", parts...);
  }

 private:
  size_t read_some(void* to, size_t bytes) {
    size_t got = 0;
    while (got < bytes) {
      context_.check_cancelled("read_idx");
      unsigned want = static_cast<unsigned>(std::min(bytes - got, kBlock));
      std::byte* next = static_cast<std::byte*>(to) + got;
      int64_t n = compressed_ ? gunzip_->read(next, want) : ::read(fd_.get(), next, want);
      if (n < 0 && !compressed_ && errno == EINTR) continue;
      if (n < 0) stream_failure();
      if (n == 0) break;
      got += static_cast<size_t>(n);
    }
    return got;
  }

  [[noreturn]] void stream_failure() const {
    if (!compressed_) system_failure(Code::kIo, errno);
    if (gunzip_->system_error()) system_failure(Code::kIo, gunzip_->system_error());
    corrupt("the compressed data is damaged or cut off: ", gunzip_->damage(), ", near byte ",
            gunzip_->consumed(), " of ", file_bytes_, " compressed ones; copy or download it again");
  }

  [[noreturn]] void system_failure(Code code, int error) const {
    fail(code, "[read_idx] ", code == Code::kNotFound ? "there is no such file" : "the file cannot be read",
         ": got '", path_, "' (", std::generic_category().message(error),
         "); check the path and its permissions");
  }

  void wrong_size_unless(int64_t found, int64_t promised, const char* qualifier) const {
    if (found != promised)
      corrupt("the header promises ", promised, " bytes of elements: got ", qualifier, found,
              found < promised ? "; the file is cut off, copy or download it again"
                               : "; the file is longer than its header says");
  }

  const Context& context_;
  std::string path_;
  struct stat opened_ = {};
  int64_t file_bytes_ = 0;
  int64_t offset_ = 0;
  bool compressed_ = false;
  uint32_t size_in_trailer_ = 0;
  FileDescriptor fd_;
  std::unique_ptr<Gunzip> gunzip_;  // null for a plain file
};

uint32_t big_endian(const unsigned char* b) {
  return static_cast<uint32_t>(b[0]) << 24 | static_cast<uint32_t>(b[1]) << 16 |
         static_cast<uint32_t>(b[2]) << 8 | b[3];
}

// Elements of the host's byte order from big-endian ones, in place; written so on any host.
void to_host_order(std::byte* data, size_t count, size_t element_bytes) {
  if (element_bytes == 4) {
    for (size_t i = 0; i < count; i++) {
      uint32_t value = big_endian(reinterpret_cast<unsigned char*>(data) + 4 * i);
      std::memcpy(data + 4 * i, &value, 4);
    }
  } else if (element_bytes == 8) {
    for (size_t i = 0; i < count; i++) {
      auto* b = reinterpret_cast<unsigned char*>(data) + 8 * i;
      uint64_t value = static_cast<uint64_t>(big_endian(b)) << 32 | big_endian(b + 4);
      std::memcpy(data + 8 * i, &value, 8);
    }
  }
}

// Signed 8- or 16-bit elements to i32, a chunk at a time, so that no second copy of the file is held.
void read_widened(IdxFile& file, size_t file_bytes, size_t count, int32_t* out) {
  std::unique_ptr<unsigned char[]> chunk(new unsigned char[kChunk]);
  size_t per_chunk = kChunk / file_bytes;
  for (size_t done = 0; done < count;) {
    size_t n = std::min(per_chunk, count - done);
    file.read(chunk.get(), n * file_bytes, "elements");
    for (size_t i = 0; i < n; i++)
      out[done + i] = file_bytes == 1 ? static_cast<int8_t>(chunk[i])
                                      : static_cast<int16_t>(chunk[2 * i] << 8 | chunk[2 * i + 1]);
    done += n;
  }
}

}  // namespace

Tensor read_idx(Context& context, const std::string& path, uint64_t max_bytes, Links links) {
  if (path.empty())
    invalid("[read_idx] 'path' must name a file: got an empty text; give the path of one IDX file");
  IdxFile file(context, path, links);
  unsigned char head[4];
  file.read(head, 4, "header");
  ElementType type;
  if (head[0] != 0 || head[1] != 0 || !element_type(head[2], &type))
    fail(Code::kCorruptData, "[read_idx] ", path,
         ", at byte 0: an IDX file begins with 0, 0, a type code (8, 9, 11, 12, 13 or 14) and the number of "
         "axes: got ",
         int{head[0]}, ", ", int{head[1]}, ", ", int{head[2]}, ", ", int{head[3]}, "; is it an IDX file?");
  if (head[3] > kMaxRank)
    fail(Code::kCorruptData, "[read_idx] ", path, ", at byte 3: a tensor has at most ", kMaxRank,
         " axes: got ", int{head[3]}, "; is it an IDX file?");

  // The widest element counts, so that neither the bytes of the file nor those of the tensor overflow. Zero
  // sizes do not excuse an overflow of the others: views of the shape compute with them.
  Shape shape;
  int64_t promised = static_cast<int64_t>(std::max(type.file_bytes, size_of(type.dtype)));
  bool overflow = false;
  for (int i = 0; i < head[3]; i++) {
    unsigned char size[4];
    file.read(size, 4, "header");
    shape.push_back(big_endian(size));
    overflow |= __builtin_mul_overflow(promised, std::max<int64_t>(shape.back(), 1), &promised);
  }
  if (overflow)
    file.corrupt("the sizes of the header overflow 64 bits: got ", shape,
                 "; copy or download the file again");
  int64_t count = shape.elements();
  file.check_remaining(count * static_cast<int64_t>(type.file_bytes));
  const auto bytes = static_cast<uint64_t>(count) * size_of(type.dtype);
  const uint64_t widening = size_of(type.dtype) / type.file_bytes;
  const uint64_t most =
      max_bytes ? max_bytes : static_cast<uint64_t>(file.file_bytes()) * widening + kAllowance;
  if (bytes > most)
    fail(Code::kOutOfMemory, "[read_idx] ", path, ": a tensor must not take more than ",
         max_bytes ? "'max_bytes' allows" : "a compressed file of this size takes by itself", ": got ", bytes,
         " bytes of ", most, "; where the file is trusted, allow more with 'max_bytes', or decompress it");

  Tensor out = context.allocate(type.dtype, shape);
  size_t n = static_cast<size_t>(count);
  if (type.file_bytes == size_of(type.dtype)) {
    file.read(out.mutable_raw(), n * type.file_bytes, "elements");
    to_host_order(out.mutable_raw(), n, type.file_bytes);
  } else {
    read_widened(file, type.file_bytes, n, out.mutable_data<int32_t>());
  }
  file.expect_end();
  file.check_unchanged();
  return out;
}

}  // namespace tl::data
