// HostNumbers: numbers that a step computes on the host from state of its own, such as an optimizer's rate, bias correction and
// count of steps. Who replays a recorded step asks for them anew each time instead of keeping what they were when it was
// recorded.
//
// A step uses them in two calls: `before`, which may fail and changes nothing, and `after`, which cannot fail.
#pragma once

#include <cstdint>
#include <string>

#include "core/tensor/dtype.h"

namespace tl {

class Variable;

class HostNumbers {
 public:
  virtual ~HostNumbers() = default;
  virtual const std::string& name() const = 0;
  // How many numbers there are.
  virtual int count() const = 0;
  // Checks the state and gives the numbers of the step that is `ahead` steps behind the next one (0: the next). dtype is that
  // in which ops will see them; a step of a kind whose ops take none leaves them as they are. Throws where the state makes no
  // sense; prepares what `after` needs.
  virtual void before(int64_t ahead, DType dtype, double* numbers) = 0;
  // `steps` steps have been done. Only after `before`, with nothing in between.
  virtual void after(int64_t steps) noexcept = 0;
  // What kind of step is `ahead` steps behind the next one. Steps of different kinds run different ops, so that a recording
  // stands only for steps of the kinds that it saw.
  virtual int kind(int64_t ahead) const = 0;
  // Whether a step may find, by what it computes, that it does not count: numbers of steps behind it are not known before then.
  virtual bool may_skip() const = 0;
  // Whether the numbers follow from a variable, and whether `after` changes it, unseen by anybody.
  virtual bool follows(const Variable& variable) const = 0;
  virtual bool changes(const Variable& variable) const = 0;
};

}  // namespace tl
