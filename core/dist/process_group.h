// Joins this process to those that have been started with it: who they are, by options or by what their launcher has put into the
// environment; the control channel; the engine that moves tensors, which is opened here.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "core/dist/engine.h"

namespace tl::dist {

// What is empty or 0 the environment says.
struct ProcessOptions {
  std::string
      backend;  // "self", "gloo", "mpi", "mpi-openmpi", "mpi-mpich"; else TAPELOOP_BACKEND, or what fits the launcher
  std::string plugin_folder;  // where engines are (plugin.h)
  int rank = 0, size = 0;     // both, or the launcher's
  std::string host;           // of rank 0; MASTER_ADDR. MPI needs none
  int port = 0;               // MASTER_PORT; under torchrun, which listens there itself, the one behind it
  std::string job;            // TAPELOOP_JOB, TORCHELASTIC_RUN_ID
  std::string token;          // TAPELOOP_TOKEN
  uint64_t generation = 0;    // TAPELOOP_GENERATION, TORCHELASTIC_RESTART_COUNT
  double lease_seconds = 0;   // 15
  std::string version;        // of the library: all ranks must have the same
};

// Waits until all have joined. Null: a group of one, where there is one process; never where there are several. kInvalidArgument: half of
// an environment, a backend of another name; kUnsupported: the engine is not installed; and what join_processes() throws.
std::unique_ptr<Engine> join_process_group(const ProcessOptions& options, const Wait& wait);

}  // namespace tl::dist
