// The fuzz targets: a name, what reads an input, and what makes a changed input one whose checksums are right. See README.md.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>

#include "core/base/span.h"
#include "core/tensor/context.h"

namespace tl::fuzz {

using Input = Span<const std::byte>;

struct Target {
  const char* name;
  void (*read)(Context& context, Input input);
  // Almost every change spoils a checksum, behind which a fuzzer then never comes. Null: the format has none.
  void (*mend)(std::string& bytes);
};
// Whether the last input was read to its end.
extern bool was_read;
const Target* target_named(const std::string& name);  // null where there is none

// Runs what comes behind the reading of a file, whose errors are as good as those of the file.
void then(const std::function<void()>& f);

// In folders.cpp.
void read_folder(Context& context, Input input);
void manage_checkpoints(Context& context, Input input);

void mend_png(std::string& bytes);
void mend_records(std::string& bytes);
void mend_position(std::string& bytes);
void mend_checkpoint(std::string& bytes);
void mend_folder(std::string& bytes);
void mend_checkpoints(std::string& bytes);

// A checkpoint as one input: two bytes that say how long the manifest is, the manifest, the tensors' file. Written to a folder in
// memory that every input of the process overwrites; gives its path.
std::string checkpoint_folder(const std::string& bytes);

// Positions of the pipelines of the target "position", as the pipelines themselves write them: `number` chooses one.
std::string some_position(unsigned number);

}  // namespace tl::fuzz
