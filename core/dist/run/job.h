// One job: all ranks are started, heard, sent signals and awaited; what each did where one failed is said; and, after a failure, all
// are started again as the next generation.
#pragma once

#include "core/dist/run/options.h"

namespace tl::run {

// Runs it, and gives the exit status. Throws UsageError and StartError.
int run_job(const Options& options, const char* program);

}  // namespace tl::run
