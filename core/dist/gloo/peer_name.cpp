// getpeername() as Gloo finds it. Gloo asks for the other side's address when a connection has come about, in a thread of its own, and
// throws where there is none: which ends the process. There is none any more where the other side has gone at that moment: it was
// killed, or a stranger has connected and reset the connection. Then Gloo gets an address of no family, and learns of the end when it
// reads, as it should: the connection is closed, and who waits for it is told.
//
// Nobody but this plugin and what it has loaded sees this function: core/dist/plugin.cpp opens the plugin with names of its own
// (RTLD_LOCAL, RTLD_DEEPBIND). With sanitizers, which do not allow that, Gloo finds the system's.
#include <cerrno>
#include <cstring>

#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

// The system's own parameters have reserved names. NOLINTNEXTLINE(readability-inconsistent-declaration-parameter-name)
extern "C" __attribute__((visibility("default"))) int getpeername(int socket, sockaddr* address,
                                                                  socklen_t* size) noexcept {
  const auto result = static_cast<int>(syscall(SYS_getpeername, socket, address, size));
  if (result == 0 || errno != ENOTCONN || !address || !size) return result;
  std::memset(address, 0, *size);  // AF_UNSPEC
  return 0;
}
