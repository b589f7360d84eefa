#include "core/io/npz.h"

#include <minizip/unzip.h>
#include <minizip/zip.h>

#include <algorithm>
#include <cstring>
#include <exception>
#include <memory>
#include <unordered_set>

#include "core/io/npy.h"

namespace tl::io {
namespace {

constexpr uLong kEncrypted = 1;  // bit of a member's flags
constexpr uLong kUtf8Name = 1 << 11;
constexpr size_t kLongestName = 65000;
constexpr size_t kMostMembers = size_t{1} << 20;
constexpr size_t kPiece = size_t{1} << 20;  // what minizip is given at once; it counts in 32 bits
constexpr char kEnding[] = ".npy";
constexpr size_t kEndingBytes = sizeof kEnding - 1;

// What minizip reads and writes, and the exception of a call of its that must not pass through it.
struct Archive {
  const Input* input = nullptr;
  OutputFile* output = nullptr;
  uint64_t position = 0;
  std::exception_ptr failure;

  uint64_t size() const { return input ? input->size() : output->size(); }
  void rethrow() {
    if (failure) std::rethrow_exception(failure);
  }
};

Archive& archive_of(void* stream) { return *static_cast<Archive*>(stream); }

template <class F>
uLong guarded(Archive& archive, uLong bytes, F&& f) noexcept {
  if (archive.failure) return 0;
  try {
    f();
    archive.position += bytes;
    return bytes;
  } catch (...) {
    archive.failure = std::current_exception();
    return 0;
  }
}

zlib_filefunc64_def functions(Archive& archive) {
  zlib_filefunc64_def out{};
  out.opaque = &archive;
  out.zopen64_file = [](voidpf opaque, const void*, int) { return opaque; };
  out.zread_file = [](voidpf, voidpf stream, void* to, uLong bytes) {
    Archive& a = archive_of(stream);
    const uint64_t left = a.size() - std::min(a.position, a.size());
    const auto n =
        static_cast<uLong>(std::min<uint64_t>(bytes, left));  // less at the end is its way to say so
    return guarded(a, n, [&] {
      if (a.input) a.input->read(a.position, to, n);
    });
  };
  out.zwrite_file = [](voidpf, voidpf stream, const void* from, uLong bytes) {
    Archive& a = archive_of(stream);
    return guarded(a, bytes, [&] { a.output->write_at(a.position, from, bytes); });
  };
  out.ztell64_file = [](voidpf, voidpf stream) -> ZPOS64_T { return archive_of(stream).position; };
  out.zseek64_file = [](voidpf, voidpf stream, ZPOS64_T offset, int origin) -> long {
    Archive& a = archive_of(stream);
    const uint64_t from = origin == ZLIB_FILEFUNC_SEEK_CUR   ? a.position
                          : origin == ZLIB_FILEFUNC_SEEK_END ? a.size()
                                                             : 0;
    uint64_t to;
    if (__builtin_add_overflow(from, static_cast<uint64_t>(offset), &to) || to > a.size()) return -1;
    a.position = to;
    return 0;
  };
  out.zclose_file = [](voidpf, voidpf) { return 0; };
  out.zerror_file = [](voidpf, voidpf stream) { return archive_of(stream).failure ? 1 : 0; };
  return out;
}

struct CloseUnzip {
  void operator()(void* zip) const { unzClose(zip); }
};

const char* zip_reason(int result) {
  switch (result) {
    case UNZ_CRCERROR: return "its checksum does not fit";
    case Z_DATA_ERROR: return "its compressed data is damaged";
    case UNZ_BADZIPFILE: return "the archive contradicts itself";
    default: return "it is damaged or cut off";
  }
}

// A member of the archive, decompressed.
class MemberReader final : public Reader {
 public:
  MemberReader(Archive& archive, void* zip, const std::string& name, uint64_t size)
      : Reader(size), archive_(archive), zip_(zip), name_(name) {}

  // Compares the checksum; the member has been read whole.
  void finish() {
    char extra;
    const int more = unzReadCurrentFile(zip_, &extra, 1);
    archive_.rethrow();
    if (more != 0) corrupt(more < 0 ? zip_reason(more) : "it is longer than the archive says");
    if (const int result = unzCloseCurrentFile(zip_); result != UNZ_OK) corrupt(zip_reason(result));
  }

 private:
  void fetch(void* to, size_t bytes) override {
    for (size_t done = 0; done < bytes;) {
      const auto want = static_cast<unsigned>(std::min(bytes - done, kPiece));
      const int n = unzReadCurrentFile(zip_, static_cast<std::byte*>(to) + done, want);
      archive_.rethrow();
      if (n == Z_MEM_ERROR) throw std::bad_alloc();
      if (n <= 0) corrupt(n < 0 ? zip_reason(n) : "it is shorter than the archive says");
      done += static_cast<size_t>(n);
    }
  }
  std::string place() const override {
    return concat("[", archive_.input->op(), "] ", archive_.input->name(), ", near byte ",
                  unzGetCurrentFileZStreamPos64(zip_), ", in '", name_, "' at byte ", offset_, ": ");
  }
  void check_unchanged() const override { archive_.input->check_unchanged(); }

  Archive& archive_;
  void* zip_;
  const std::string& name_;
};

// An archive ends with the record of its directory, and a comment of the length that it says. minizip takes what is missing of that
// record for zeros, so it is looked at here. Returns whether there are any members.
bool find_end(const Input& input) {
  constexpr size_t kRecord = 22, kLongestComment = 65535;
  const uint64_t size = input.size();
  const auto n = static_cast<size_t>(std::min<uint64_t>(size, kRecord + kLongestComment));
  std::unique_ptr<unsigned char[]> tail(new unsigned char[n]);
  input.read(size - n, tail.get(), n);
  for (size_t comment = 0; comment + kRecord <= n; comment++) {
    const unsigned char* at = tail.get() + n - kRecord - comment;
    const size_t said = at[20] | static_cast<size_t>(at[21]) << 8;
    if (std::memcmp(at, "PK\5\6", 4) != 0 || said != comment) continue;
    return at[10] != 0 || at[11] != 0;
  }
  input.corrupt(
      size,
      "a zip archive must end with its directory, and none is found; the file is cut off, or no npz file");
}

class Unzipped {
 public:
  Unzipped(Context& context, const Input& input, uint64_t max_bytes)
      : context_(context), input_(input), budget_(input, max_bytes) {
    archive_.input = &input;
    zlib_filefunc64_def with = functions(archive_);
    zip_.reset(unzOpen2_64("", &with));
    archive_.rethrow();
    if (!zip_) input.corrupt(input.size(), "the directory of the zip archive is damaged");
  }

  Bundle read() {
    unz_global_info64 info{};
    check(unzGetGlobalInfo64(zip_.get(), &info));
    if (info.number_entry > kMostMembers || info.number_entry > input_.size())
      input_.corrupt(input_.size(), "the directory promises ", info.number_entry,
                     " members, which do not fit");
    Bundle out;
    std::unordered_set<std::string> names;
    int result = info.number_entry ? unzGoToFirstFile(zip_.get()) : UNZ_END_OF_LIST_OF_FILE;
    for (; result == UNZ_OK; result = unzGoToNextFile(zip_.get())) {
      archive_.rethrow();
      member(out);
      if (!names.insert(out.entries.back().name).second)
        input_.corrupt(archive_.position, "the name '", out.entries.back().name, "' comes twice");
    }
    archive_.rethrow();
    if (result != UNZ_END_OF_LIST_OF_FILE) input_.corrupt(archive_.position, "the directory is damaged");
    if (out.entries.size() != info.number_entry)
      input_.corrupt(archive_.position, "the directory promises ", info.number_entry, " members: got ",
                     out.entries.size());
    return out;
  }

 private:
  void check(int result) {
    archive_.rethrow();
    if (result == UNZ_INTERNALERROR || result == Z_MEM_ERROR) throw std::bad_alloc();
    if (result != UNZ_OK)
      input_.corrupt(archive_.position, "the zip archive is damaged: ", zip_reason(result));
  }

  void member(Bundle& out) {
    unz_file_info64 info{};
    check(unzGetCurrentFileInfo64(zip_.get(), &info, nullptr, 0, nullptr, 0, nullptr, 0));
    std::string name(info.size_filename, '\0');
    check(
        unzGetCurrentFileInfo64(zip_.get(), &info, name.data(), info.size_filename, nullptr, 0, nullptr, 0));
    const bool npy =
        name.size() > kEndingBytes && name.compare(name.size() - kEndingBytes, kEndingBytes, kEnding) == 0;
    if (!npy || name.find('\0') != std::string::npos)
      input_.corrupt(archive_.position, "a member of a npz file has a name that ends in .npy: got '",
                     name.c_str(), "'");
    name.resize(name.size() - kEndingBytes);
    if (info.flag & kEncrypted)
      input_.fail_at(Code::kUnsupported, archive_.position, "the member '", name, "' is encrypted");
    if (info.compression_method != 0 && info.compression_method != Z_DEFLATED)
      input_.fail_at(Code::kUnsupported, archive_.position, "the member '", name,
                     "' must be stored or deflated: got method ", info.compression_method);
    check(unzOpenCurrentFile(zip_.get()));
    MemberReader reader(archive_, zip_.get(), name, info.uncompressed_size);
    Tensor tensor = read_npy(context_, reader, [&](uint64_t bytes) {
      budget_.take(input_, archive_.position, bytes, "the array '", name, "'");
    });
    reader.finish();
    out.entries.push_back({std::move(name), std::move(tensor), {}});
  }

  Context& context_;
  const Input& input_;
  Budget budget_;
  Archive archive_;
  std::unique_ptr<void, CloseUnzip> zip_;  // ends before the archive that it reads
};

void check_names(const char* op, const std::vector<NamedTensor>& tensors) {
  std::unordered_set<std::string_view> names;
  for (const NamedTensor& t : tensors) {
    if (t.name.empty() || t.name.size() > kLongestName)
      invalid("[", op, "] a name must have 1 to ", kLongestName, " bytes: got ", t.name.size(),
              "; shorten it");
    if (!names.insert(t.name).second)
      invalid("[", op, "] the names must differ: got '", t.name, "' twice; rename one of them");
  }
}

}  // namespace

Bundle read_npz(Context& context, const Input& input, uint64_t max_bytes) {
  Bundle out;
  if (find_end(input)) out = Unzipped(context, input, max_bytes).read();
  input.check_unchanged();
  return out;
}

void write_npz(const char* op, OutputFile& file, const std::vector<NamedTensor>& tensors, bool compress) {
  check_names(op, tensors);
  Archive archive;
  archive.output = &file;
  zlib_filefunc64_def with = functions(archive);
  auto check = [&](int result) {
    archive.rethrow();
    if (result == ZIP_INTERNALERROR || result == Z_MEM_ERROR) throw std::bad_alloc();
    if (result != ZIP_OK)
      fail(Code::kIo, "[", op, "] the archive cannot be written: got code ", result, " of minizip");
  };
  auto close = [](void* zip) { zipClose(zip, nullptr); };
  std::unique_ptr<void, decltype(close)> zip(zipOpen2_64("", APPEND_STATUS_CREATE, nullptr, &with), close);
  archive.rethrow();
  if (!zip) throw std::bad_alloc();
  for (const NamedTensor& t : tensors) {
    zip_fileinfo info{};
    info.dosDate = 0x00210000;  // 1980-01-01: the same tensors give the same file
    const std::string header = npy_header(t.tensor);
    const bool large = header.size() + t.tensor.bytes() >= 0xF0000000;
    check(zipOpenNewFileInZip4_64(zip.get(), (t.name + kEnding).c_str(), &info, nullptr, 0, nullptr, 0,
                                  nullptr, compress ? Z_DEFLATED : 0, Z_DEFAULT_COMPRESSION, 0, -MAX_WBITS,
                                  DEF_MEM_LEVEL, Z_DEFAULT_STRATEGY, nullptr, 0, 0, kUtf8Name, large));
    check(zipWriteInFileInZip(zip.get(), header.data(), static_cast<unsigned>(header.size())));
    for (size_t done = 0; done < t.tensor.bytes();) {
      const size_t n = std::min(t.tensor.bytes() - done, kPiece);
      check(zipWriteInFileInZip(zip.get(), t.tensor.raw() + done, static_cast<unsigned>(n)));
      done += n;
    }
    check(zipCloseFileInZip(zip.get()));
  }
  check(zipClose(zip.release(), nullptr));
}

}  // namespace tl::io
