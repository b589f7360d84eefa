// The framing of TFRecord files, which TensorBoard's event files share: each record with its length and the checksums of both.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace tl::io {

// CRC-32C (Castagnoli, RFC 3720): polynomial 0x1EDC6F41, reflected.
uint32_t crc32c(std::string_view bytes);
// As TFRecord stores it, so that a record of records does not hold its own checksum: turned by 15 bits, plus 0xA282EAD8.
uint32_t masked_crc32c(std::string_view bytes);

// u64 length, u32 masked checksum of these eight bytes, the data, u32 masked checksum of the data; all little-endian.
std::string framed_record(std::string_view data);

}  // namespace tl::io
