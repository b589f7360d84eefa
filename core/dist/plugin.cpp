#include "core/dist/plugin.h"

#include <dlfcn.h>
#include <sys/auxv.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <vector>

#include "core/base/error.h"

namespace tl::dist {
namespace {

// Something of this library: where it has been loaded from.
const char kHere = 0;

std::string folder_of_this_library() {
  Dl_info info;
  if (dladdr(&kHere, &info) == 0 || !info.dli_fname) return "";
  const std::string path = info.dli_fname;
  const size_t slash = path.rfind('/');
  return slash == std::string::npos || path[0] != '/' ? "" : path.substr(0, slash);
}

// The folders to look in, all absolute: never where the program happens to run.
std::vector<std::string> folders(const std::string& folder) {
  const auto checked = [](const char* what, const std::string& path) {
    if (path[0] != '/')
      invalid("", what, " must be an absolute path: got '", path, "'; it is where engines are");
    return path;
  };
  if (!folder.empty()) return {checked("the folder of plugins", folder)};
  // Whoever starts a program that runs with other rights must not choose what it loads.
  const char* const chosen = getauxval(AT_SECURE) ? nullptr : std::getenv("TAPELOOP_PLUGIN_DIR");
  if (chosen && *chosen) return {checked("TAPELOOP_PLUGIN_DIR", chosen)};
  std::vector<std::string> out;
  const std::string own = folder_of_this_library();
  if (!own.empty()) out.push_back(own + "/tapeloop");
  return out;
}

// The plugin that keeps something until the process ends: MPI is one for the process, and so is this.
std::atomic<const tl_transport_table*>& kept_plugin() {
  static std::atomic<const tl_transport_table*> one{nullptr};
  return one;
}

// Gloo finds its own functions, also in a program that has another version of it, as those that link PyTorch do. MPI's parts look for
// theirs among what everybody sees. Sanitizers know no such names of a library's own.
int binding_of(const std::string& engine) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  (void)engine;
  return 0;
#else
  return engine == "gloo" ? RTLD_DEEPBIND : 0;
#endif
}

const char* package_of(const std::string& engine) {
  if (engine == "gloo") return "libgloo-dev";
  return engine == "mpi-mpich" ? "libmpich-dev" : "libopenmpi-dev";
}

}  // namespace

const tl_transport_table& open_plugin(const std::string& engine, const std::string& folder) {
  const std::string name = "libtapeloop-dist-" + engine + ".so";
  std::string tried;
  for (const std::string& place : folders(folder)) {
    const std::string path = concat(place, "/", name);
    if (access(path.c_str(), R_OK) != 0) {
      tried += concat(tried.empty() ? "" : ", ", path, " (not there)");
      continue;
    }
    void* const library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE | binding_of(engine));
    if (!library) {
      const char* const why = dlerror();
      fail(Code::kUnsupported, "the engine must open: got ", path, ": ", why ? why : "no reason",
           "; install what it needs, as the packages of ", package_of(engine), " do");
    }
    const auto function =
        reinterpret_cast<tl_transport_plugin_function>(dlsym(library, "tl_transport_plugin"));
    const tl_transport_table* const table = function ? function(TL_TRANSPORT_ABI) : nullptr;
    if (!table || table->abi != TL_TRANSPORT_ABI || table->struct_size < sizeof *table)
      fail(Code::kUnsupported, "the engine must be of this version: got ", path,
           ", which is of another; install both from the same source");
    if (table->end) kept_plugin() = table;
    return *table;
  }
  fail(Code::kUnsupported, "an engine that joins processes must be installed: got no ", name, ": ",
       tried.empty() ? "this library's folder is not known" : tried, "; install ", package_of(engine),
       " and build tapeloop with it, or set TAPELOOP_PLUGIN_DIR");
}

void end_engines() noexcept {
  if (const tl_transport_table* const table = kept_plugin()) table->end();
}

}  // namespace tl::dist
