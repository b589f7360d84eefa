#include "core/data/gunzip.h"

#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <limits>
#include <new>

namespace tl::data {
namespace {

constexpr int kGzipOnly = MAX_WBITS + 16;  // zlib's way to ask for gzip headers and trailers
constexpr unsigned char kGzipMagic[] = {0x1f, 0x8b};

}  // namespace

Gunzip::Gunzip(int file)
    : file_(file), stream_(std::make_unique<z_stream>()), buffer_(new unsigned char[kBuffer]) {
  if (inflateInit2(stream_.get(), kGzipOnly) != Z_OK) throw std::bad_alloc();
}

Gunzip::~Gunzip() { inflateEnd(stream_.get()); }

int64_t Gunzip::consumed() const { return bytes_read_ - stream_->avail_in; }

// Reads more of the file behind what is still in the buffer; false on an error. At the end of the file nothing comes.
bool Gunzip::fill() {
  if (stream_->avail_in != 0) std::memmove(buffer_.get(), stream_->next_in, stream_->avail_in);
  stream_->next_in = buffer_.get();
  ssize_t n;
  do n = ::read(file_, buffer_.get() + stream_->avail_in, kBuffer - stream_->avail_in);
  while (n < 0 && errno == EINTR);
  if (n < 0) {
    system_error_ = errno;
    return false;
  }
  stream_->avail_in += static_cast<uInt>(n);
  bytes_read_ += n;
  return true;
}

// Behind a member: another one, the end of the file (both true), or bytes that should not be there.
bool Gunzip::next_member() {
  if (stream_->avail_in < sizeof kGzipMagic && !fill()) return false;
  if (stream_->avail_in == 0) return true;
  if (stream_->avail_in < sizeof kGzipMagic ||
      std::memcmp(stream_->next_in, kGzipMagic, sizeof kGzipMagic) != 0) {
    damage_ = "bytes that are not gzip follow the compressed data";
    return false;
  }
  in_member_ = inflateReset(stream_.get()) == Z_OK;
  return true;
}

int64_t Gunzip::read(void* to, size_t bytes) {
  const auto most = static_cast<uInt>(std::min<size_t>(bytes, std::numeric_limits<int>::max()));
  stream_->next_out = static_cast<Bytef*>(to);
  stream_->avail_out = most;
  while (stream_->avail_out == most && most != 0) {
    if (!in_member_ && !next_member()) return -1;
    if (!in_member_) return 0;
    if (stream_->avail_in == 0 && !fill()) return -1;
    if (stream_->avail_in == 0) {
      damage_ = "unexpected end of file";
      return -1;
    }
    switch (inflate(stream_.get(), Z_NO_FLUSH)) {
      case Z_STREAM_END: in_member_ = false; break;
      case Z_OK:
      case Z_BUF_ERROR: break;  // it needs more of the file
      case Z_MEM_ERROR: throw std::bad_alloc();
      default: damage_ = stream_->msg ? stream_->msg : "invalid data"; return -1;
    }
  }
  return most - stream_->avail_out;
}

bool Gunzip::rewind() {
  if (::lseek(file_, 0, SEEK_SET) != 0) {
    system_error_ = errno;
    return false;
  }
  stream_->avail_in = 0;
  bytes_read_ = 0;
  in_member_ = inflateReset(stream_.get()) == Z_OK;
  return true;
}

}  // namespace tl::data
