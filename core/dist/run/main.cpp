// tapeloop-run: starts the ranks of a group, here or on several machines. See README.md, or tapeloop-run --help.
#include <fcntl.h>
#include <unistd.h>

#include <cstdio>
#include <exception>

#include "core/dist/run/job.h"
#include "core/dist/run/ranks.h"
#include "core/dist/run/remote.h"

int main(int count, char** arguments) {
  using namespace tl::run;
  // Where standard input, output or errors are closed, a pipe of a rank would take their place.
  int fd;
  do fd = ::open("/dev/null", O_RDWR);
  while (fd >= 0 && fd < 3);
  if (fd >= 0) ::close(fd);
  try {
    const Options options = parse(count, arguments);
    if (options.help) return std::fputs(help_text(), stdout) < 0;
    if (options.version) return std::puts("tapeloop-run " TAPELOOP_VERSION) < 0;
    return options.agent ? run_agent() : run_job(options, arguments[0]);
  } catch (const UsageError& e) {
    std::fprintf(stderr, "tapeloop-run: %s\n", e.text.c_str());
    return 2;
  } catch (const StartError& e) {
    std::fprintf(stderr, "tapeloop-run: %s\n", e.text.c_str());
    return e.status;
  } catch (const std::exception& e) {
    std::fprintf(stderr, "tapeloop-run: it has failed itself: %s\n", e.what());
    return 125;
  }
}
