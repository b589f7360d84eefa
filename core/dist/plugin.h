// Plugins: libraries of their own with an engine's transport (transport.h), which are opened when a group needs them and are found beside
// this library, in its folder tapeloop/. The library itself links no engine.
#pragma once

#include <string>

#include "core/dist/transport.h"

namespace tl::dist {

// Opens the plugin of an engine: "gloo", "mpi-openmpi", "mpi-mpich". `folder`: an absolute path, where it is to be looked for; "": where
// TAPELOOP_PLUGIN_DIR says, unless the process runs with rights of another user, then the folder of this library. Throws kUnsupported
// where there is none, with the package that it comes in; kInvalidArgument on a folder that is not absolute. It is never
// closed: engines have threads, and functions that run at exit.
const tl_transport_table& open_plugin(const std::string& engine, const std::string& folder);

// Ends what an engine keeps for later groups: MPI (transport.h). Nothing where none has been opened that keeps something.
void end_engines() noexcept;

}  // namespace tl::dist
