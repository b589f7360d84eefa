// PNG and JPEG: every kind of pixels against values worked out by hand, sizes that lie, damage, folders of images, and what is written.
#include "core/io/image.h"

#include <sys/stat.h>
#include <turbojpeg.h>
#include <unistd.h>
#include <zlib.h>

#include "core/io/image_folder.h"
#include "tests/io/damage.h"

using namespace tl;
using namespace tl::io;

namespace {

Bytes big_endian(uint32_t value) {
  Bytes out = little_endian(value);
  return {out.rbegin(), out.rend()};
}

Bytes chunk(const Bytes& type, const Bytes& content) {
  const Bytes all = type + content;
  const auto crc = static_cast<uint32_t>(
      crc32(0, reinterpret_cast<const Bytef*>(all.data()), static_cast<uInt>(all.size())));
  return big_endian(static_cast<uint32_t>(content.size())) + all + big_endian(crc);
}

Bytes deflated(const Bytes& plain) {
  uLongf size = compressBound(plain.size());
  Bytes out(size, '\0');
  REQUIRE(compress(reinterpret_cast<Bytef*>(&out[0]), &size, reinterpret_cast<const Bytef*>(plain.data()),
                   plain.size()) == Z_OK);
  out.resize(size);
  return out;
}

constexpr char kGrey = 0, kColor = 2, kPalette = 3, kGreyAlpha = 4, kColorAlpha = 6;

Bytes header(uint32_t width, uint32_t height, char depth, char type, char interlace = 0) {
  return "\x89PNG\r\n\x1a\n" +
         chunk("IHDR", big_endian(width) + big_endian(height) + depth + type + '\0' + '\0' + interlace);
}

// rows: the bytes of each, to which the filter byte 0 is added.
Bytes png(uint32_t width, char depth, char type, const std::vector<Bytes>& rows, const Bytes& between = "") {
  Bytes plain;
  for (const Bytes& row : rows) plain += '\0' + row;
  return header(width, static_cast<uint32_t>(rows.size()), depth, type) + between +
         chunk("IDAT", deflated(plain)) + chunk("IEND", "");
}

Tensor any_image(Context& context, const Input& input) { return read_image(context, input, {}); }

Tensor image(Context& context, const Bytes& bytes, int channels = 0) {
  return read_bytes(context, bytes, [&](Context& c, const Input& i) {
    return read_image(c, i, {channels, 0});
  });
}

void shows(const Bytes& bytes, int channels, const Shape& shape, const std::vector<uint8_t>& pixels) {
  Context context(small_context());
  const Tensor t = image(context, bytes, channels);
  CHECK(t.dtype() == DType::kU8);
  CHECK(t.shape() == shape);
  CHECK(values<uint8_t>(t) == pixels);
}

Bytes jpeg(int width, int height, int format, int subsampling, int quality, int flags,
           const std::vector<uint8_t>& pixels) {
  tjhandle encoder = tjInitCompress();
  unsigned char* out = nullptr;
  unsigned long size = 0;
  REQUIRE(tjCompress2(encoder, pixels.data(), width, 0, height, format, &out, &size, subsampling, quality,
                      flags) == 0);
  Bytes bytes(reinterpret_cast<char*>(out), size);
  tjFree(out);
  tjDestroy(encoder);
  return bytes;
}

std::vector<uint8_t> gradient(int width, int height, int channels) {
  std::vector<uint8_t> out;
  for (int y = 0; y < height; y++)
    for (int x = 0; x < width; x++)
      for (int c = 0; c < channels; c++) out.push_back(static_cast<uint8_t>(40 + 6 * x + 3 * y + 20 * c));
  return out;
}

void no_image(const Bytes& bytes, Code code, const Bytes& text) {
  Context context(small_context());
  const Outcome out = outcome(context, bytes, any_image);
  INFO(out.message);
  CHECK(out.code == code);
  CHECK(out.message.find(text) != Bytes::npos);
  check_named(out);
}

}  // namespace

TEST_CASE("PNG: all kinds of pixels", "[io][image]") {
  shows(png(3, 8, kGrey, {Bytes("\x00\x7f\xff", 3), "\1\2\3"}), 0, {2, 3, 1}, {0, 127, 255, 1, 2, 3});
  shows(png(8, 1, kGrey, {"\xa5"}), 0, {1, 8, 1}, {255, 0, 255, 0, 0, 255, 0, 255});
  shows(png(4, 2, kGrey, {"\x1b"}), 0, {1, 4, 1}, {0, 85, 170, 255});
  shows(png(1, 16, kGrey, {Bytes("\x80\x01", 2)}), 0, {1, 1, 1}, {128});
  shows(png(2, 8, kColor, {"\1\2\3\4\5\6"}), 0, {1, 2, 3}, {1, 2, 3, 4, 5, 6});
  shows(png(1, 16, kColor, {Bytes("\x10\xff\x20\x00\x30\x7f", 6)}), 0, {1, 1, 3}, {16, 32, 48});
  shows(png(1, 8, kGreyAlpha, {"\x40\x80"}), 0, {1, 1, 2}, {64, 128});
  shows(png(1, 8, kColorAlpha, {"\1\2\3\4"}), 0, {1, 1, 4}, {1, 2, 3, 4});
  const Bytes palette = chunk("PLTE", "\x0a\x0b\x0c\x14\x15\x16");
  shows(png(2, 8, kPalette, {Bytes("\1\0", 2)}, palette), 0, {1, 2, 3}, {20, 21, 22, 10, 11, 12});
  shows(png(2, 8, kPalette, {Bytes("\1\0", 2)}, palette + chunk("tRNS", "\x07")), 0, {1, 2, 4},
        {20, 21, 22, 255, 10, 11, 12, 7});
  // Asked for: grey by BT.601, colour of grey, opacity where there is none.
  shows(png(2, 8, kColor, {Bytes("\xff\0\0\0\xff\0", 6)}), 1, {1, 2, 1},
        {76, 150});  // 0.299 and 0.587 of 255
  shows(png(1, 8, kColor, {"\x21\x21\x21"}), 1, {1, 1, 1}, {0x21});
  shows(png(1, 8, kGrey, {"\x21"}), 3, {1, 1, 3}, {0x21, 0x21, 0x21});
  shows(png(1, 8, kGrey, {"\x21"}), 4, {1, 1, 4}, {0x21, 0x21, 0x21, 255});
  shows(png(1, 8, kColorAlpha, {"\1\2\3\4"}), 3, {1, 1, 3}, {1, 2, 3});
  // Filters: each row by another, of x = 1, 2, 3, ... in rows of 3.
  const Bytes filtered = Bytes("\1\1\1\1", 4) + Bytes("\2\3\3\3", 4) + Bytes("\4\3\1\1", 4);
  shows(header(3, 3, 8, kGrey) + chunk("IDAT", deflated(filtered)) + chunk("IEND", ""), 0, {3, 3, 1},
        {1, 2, 3, 4, 5, 6, 7, 8, 9});
  // Interlaced: 2 x 2 pixels come in the passes 1, 6 and 7.
  const Bytes passes = Bytes("\0\1", 2) + Bytes("\0\2", 2) + Bytes("\0\3\4", 3);
  shows(header(2, 2, 8, kGrey, 1) + chunk("IDAT", deflated(passes)) + chunk("IEND", ""), 0, {2, 2, 1},
        {1, 2, 3, 4});
}

TEST_CASE("PNG: headers that lie", "[io][image]") {
  const Bytes end = chunk("IDAT", deflated("\0")) + chunk("IEND", "");
  no_image(header(100000, 100000, 8, kColorAlpha) + end, Code::kOutOfMemory, "100000 x 100000");
  no_image(header(0x7fffffff, 0x7fffffff, 16, kColorAlpha) + end, Code::kCorruptData, "overflow");
  no_image(header(0x7fffffff, 1, 1, kGrey) + end, Code::kOutOfMemory, "max_bytes");
  no_image(header(0, 1, 8, kGrey) + end, Code::kCorruptData, "PNG");
  no_image(header(2, 2, 8, kGrey) + end, Code::kCorruptData, "PNG");
  no_image("GIF89a", Code::kCorruptData, "neither begins like this");
  no_image("", Code::kCorruptData, "neither begins like this");
  // 40 MB of pixels in 40 kB.
  const Bytes bomb =
      header(40000, 1000, 8, kGrey) + chunk("IDAT", deflated(Bytes(40001 * 1000, '\0'))) + chunk("IEND", "");
  Context context(small_context());
  CHECK(image(context, bomb).elements() == 40000000);
  CHECK(outcome(context, bomb, [](Context& c, const Input& i) {
          return read_image(c, i, {0, 1 << 20});
        }).code == Code::kOutOfMemory);
  CHECK(outcome(context, bomb, [](Context& c, const Input& i) {
          return read_image(c, i, {2, 0});
        }).code == Code::kInvalidArgument);
}

TEST_CASE("PNG: prefixes, and flipped bits that the checksums find", "[io][image]") {
  const Bytes palette = chunk("PLTE", "\x0a\x0b\x0c\x14\x15\x16");
  const std::vector<Bytes> samples = {
      png(3, 8, kGrey, {"\1\2\3", "\4\5\6"}),
      png(8, 1, kGrey, {"\xa5"}),
      png(2, 8, kColor, {"\1\2\3\4\5\6"}, chunk("tEXt", Bytes("Title\0x", 7))),
      png(2, 8, kPalette, {Bytes("\1\0", 2)}, palette),
      png(1, 16, kColorAlpha, {"\1\2\3\4\5\6\7\x08"}),
      png(1, 8, kGreyAlpha, {"\x40\x80"})};
  uint32_t seed = 500;
  for (const Bytes& sample : samples) {
    try_every_prefix(sample, any_image);
    Context source(small_context());
    const Tensor right = image(source, sample);
    try_bit_flips(
        sample,
        [&](Context& c, const Input& i) {
          if (!same(read_image(c, i, {}), right)) FAIL("a pixel changed unseen");
        },
        2000, seed++);
  }
}

TEST_CASE("JPEG: pixels, kinds, damage", "[io][image]") {
  Context context(small_context());
  for (int flags : {0, TJFLAG_PROGRESSIVE})
    for (int subsampling : {TJSAMP_444, TJSAMP_420}) {
      const std::vector<uint8_t> pixels = gradient(20, 13, 3);
      const Tensor t = image(context, jpeg(20, 13, TJPF_RGB, subsampling, 100, flags, pixels));
      REQUIRE(t.shape() == Shape{13, 20, 3});
      for (size_t i = 0; i < pixels.size(); i++)
        CHECK(std::abs(int{t.data<uint8_t>()[i]} - int{pixels[i]}) <= 5);
    }
  const std::vector<uint8_t> grey = gradient(9, 9, 1);
  const Bytes small = jpeg(9, 9, TJPF_GRAY, TJSAMP_GRAY, 100, 0, grey);
  CHECK(image(context, small).shape() == Shape{9, 9, 1});
  CHECK(image(context, small, 3).shape() == Shape{9, 9, 3});
  CHECK(image(context, small, 4).data<uint8_t>()[3] == 255);
  for (size_t i = 0; i < grey.size(); i++)
    CHECK(std::abs(int{image(context, small).data<uint8_t>()[i]} - int{grey[i]}) <= 2);
  no_image(jpeg(8, 8, TJPF_CMYK, TJSAMP_444, 90, 0, gradient(8, 8, 4)), Code::kUnsupported, "CMYK");
  // A header that claims 65,500 x 65,500 pixels: behind FF C0 come a length, the bits, the height and the width.
  Bytes large = small;
  const size_t frame = large.find("\xff\xc0");
  REQUIRE(frame != Bytes::npos);
  large.replace(frame + 5, 4, "\xff\xdc\xff\xdc");
  no_image(large, Code::kOutOfMemory, "65500 x 65500");

  const std::vector<Bytes> samples = {
      small,
      jpeg(16, 16, TJPF_RGB, TJSAMP_420, 50, 0, gradient(16, 16, 3)),
      jpeg(8, 8, TJPF_RGB, TJSAMP_444, 90, TJFLAG_PROGRESSIVE, gradient(8, 8, 3)),
      jpeg(1, 1, TJPF_GRAY, TJSAMP_GRAY, 10, 0, {7}),
      jpeg(33, 2, TJPF_RGB, TJSAMP_422, 75, 0, gradient(33, 2, 3)),
      jpeg(5, 17, TJPF_GRAY, TJSAMP_GRAY, 75, TJFLAG_PROGRESSIVE, gradient(5, 17, 1))};
  uint32_t seed = 600;
  for (const Bytes& sample : samples) {
    try_every_prefix(sample, any_image);
    try_bit_flips(sample, any_image, 2000, seed++);  // there is no checksum: pixels may change
  }
}

TEST_CASE("folders of images", "[io][image]") {
  Context context(small_context());
  Folder folder;
  const Bytes one = png(1, 8, kGrey, {"\1"}), two = png(1, 8, kGrey, {"\2"}),
              three = png(1, 8, kGrey, {"\3"});
  folder.file("data/dog/b.PNG", two);
  folder.file("data/dog/a.png", one);
  folder.file("data/dog/notes.txt", "not an image");
  folder.file("data/dog/.hidden.png", "not looked at");
  folder.file("data/cat/x.jpeg", three);  // told by the content, not by the name
  folder.file("data/README", "beside the classes");
  const ImageFolder images("op", folder / "data");
  CHECK(images.classes() == std::vector<std::string>{"cat", "dog"});
  REQUIRE(images.size() == 3);
  const int labels[] = {0, 1, 1}, pixels[] = {3, 1, 2};
  for (int i = 0; i < 3; i++) {
    CHECK(images.label(i) == labels[i]);
    CHECK(images.read(context, i, {}).data<uint8_t>()[0] == pixels[i]);
  }
  auto code = [&](const std::string& path) {
    try {
      ImageFolder("op", path);
    } catch (const Error& error) {
      CHECK(error.message().find("[op]") == 0);
      return error.code();
    }
    return Code::kOk;
  };
  CHECK(code(folder / "nowhere") == Code::kNotFound);
  CHECK(code("") == Code::kInvalidArgument);
  CHECK(code(folder / "data/README") == Code::kIo);
  CHECK(code(folder / "data/dog") == Code::kNotFound);  // no classes in it
  // A link in a class, a class that is a link, a link that comes after the folder was looked through.
  REQUIRE(symlink((folder / "data/cat/x.jpeg").c_str(), (folder / "data/dog/link.png").c_str()) == 0);
  CHECK(code(folder / "data") == Code::kIo);
  std::filesystem::remove(folder / "data/dog/link.png");
  REQUIRE(symlink("/etc", (folder / "data/etc").c_str()) == 0);
  CHECK(code(folder / "data") == Code::kIo);
  std::filesystem::remove(folder / "data/etc");
  std::filesystem::rename(folder / "data/dog/a.png", folder / "elsewhere");
  REQUIRE(symlink((folder / "elsewhere").c_str(), (folder / "data/dog/a.png").c_str()) == 0);
  CHECK_THROWS_WITH(images.read(context, 1, {}), Catch::Contains("symbolic link"));
  std::filesystem::remove(folder / "data/dog/a.png");
  CHECK_THROWS_WITH(images.read(context, 1, {}), Catch::Contains("no such file"));
  std::filesystem::create_directory(folder / "data/empty");
  CHECK(code(folder / "data") == Code::kNotFound);
}
