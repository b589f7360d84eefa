// What the launcher of a job has put into the environment: how many processes it has started, and which of them this one is.
// Torchrun, Slurm, Open MPI, PMIx and Hydra say it in variables of their own.
#pragma once

#include "core/base/function_ref.h"
#include "core/dist/engine.h"

namespace tl::dist {

struct Launched {
  const char* by;  // "torchrun"; null: no launcher has left a word
  Place place;
};

// get("RANK") gives a variable or null. The first launcher that says both rank and size counts; where it does not say which rank of its machine this one is, the
// local size is 0. Throws kInvalidArgument where one says
// only half of it, or no such numbers, or two of them disagree: a job that is half seen would train something else.
Launched launched(FunctionRef<const char*(const char*)> get);

}  // namespace tl::dist
