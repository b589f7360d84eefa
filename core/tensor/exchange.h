// Exchange: a call that gives tensors to others outside of the program and takes theirs, such as a collective of a group. Whoever
// records a step keeps it and makes the call again in each replay, in the place that it had among the others.
//
// How tensors travel is the business of who makes the call (core/dist); a recording knows no more of it than stands here.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "core/base/span.h"
#include "core/tensor/tensor.h"

namespace tl {

// The others, as one side knows them.
class Party {
 public:
  virtual ~Party() = default;
  // This side has failed and will not come: who waits for it is told why.
  virtual void leave(std::string_view why) noexcept = 0;
  // This side has given up its place, so that no call can be made any more.
  virtual bool is_over() const noexcept = 0;
};

class Exchange {
 public:
  virtual ~Exchange() = default;
  virtual const std::string& name() const = 0;    // of the function, for messages
  virtual const std::string& detail() const = 0;  // all else that tells it from others of its name and party
  virtual const std::shared_ptr<Party>& party() const = 0;
  // Result k has the dtype and shape of operand k, whatever these are in a replay. Otherwise the call stands for those of the
  // recording alone.
  virtual bool keeps_kinds() const = 0;
  // Makes the call: fills `out`, which lies apart from all operands. Throws where it fails, on this side or another, and has told the
  // others then. Only on the thread of the context.
  virtual void run(Span<const Tensor* const> in, Tensor* out) = 0;

  // Whether it pays to make the call beside what the program does meanwhile: start() and finish() in place of run().
  virtual bool can_overlap() const { return false; }
  // Begins the call, which may read the operands and fill `out` at any moment until finish() or drop() has returned. The next call of the
  // party, however it is made, comes behind it.
  virtual void start(Span<const Tensor* const> in, Tensor* out) { run(in, out); }
  // The end of what start() has begun. Throws what run() would have.
  virtual void finish() {}
  // In place of finish(), where the program has failed: a call that has not gone out does not. Nothing where none was started.
  virtual void drop() noexcept {}
};

}  // namespace tl
