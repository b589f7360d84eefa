#include "core/dist/launcher.h"

#include <algorithm>
#include <cstdlib>

namespace tl::dist {
namespace {

struct Launcher {
  const char *name, *rank, *size, *local_rank, *local_size;
};
// PMIx says no size: what it says, Open MPI and Slurm say beside it.
constexpr Launcher kLaunchers[] = {
    {"torchrun", "RANK", "WORLD_SIZE", "LOCAL_RANK", "LOCAL_WORLD_SIZE"},
    {"Open MPI", "OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE", "OMPI_COMM_WORLD_LOCAL_RANK",
     "OMPI_COMM_WORLD_LOCAL_SIZE"},
    {"Hydra", "PMI_RANK", "PMI_SIZE", "MPI_LOCALRANKID", "MPI_LOCALNRANKS"},
    {"Slurm", "SLURM_PROCID", "SLURM_NTASKS", "SLURM_LOCALID", "SLURM_NTASKS_PER_NODE"},
};

// A number of the environment, or `absent`.
int number(FunctionRef<const char*(const char*)> get, const char* name, int absent) {
  const char* text = get(name);
  if (!text || !*text) return absent;
  char* end = nullptr;
  const long value = std::strtol(text, &end, 10);
  if (*end || value < 0 || value > 1 << 24)
    invalid("[launcher] the environment variable ", name,
            " must be a number of processes or of one of them: got '", text,
            "'; unset it, or start the program by its launcher");
  return static_cast<int>(value);
}

}  // namespace

Launched launched(FunctionRef<const char*(const char*)> get) {
  Launched found{nullptr, {}};
  for (const Launcher& l : kLaunchers) {
    const int rank = number(get, l.rank, -1), size = number(get, l.size, -1);
    if (rank < 0 && size < 0) continue;
    // Inside an allocation of Slurm's, outside its steps, there is a size for jobs to come, and no rank.
    if (rank < 0 && l.rank == kLaunchers[3].rank) continue;
    if (rank < 0 || size < 1 || rank >= size)
      invalid("[launcher] ", l.rank, " and ", l.size, " must both be set, the first below the second: got ",
              rank < 0 ? "none" : concat(rank), " and ", size < 0 ? "none" : concat(size), " of ", l.name,
              "; unset both, or start the program by its launcher");
    if (found.by && (found.place.rank != rank || found.place.size != size))
      invalid("[launcher] ", found.by, " and ", l.name, " must agree: got rank ", found.place.rank, " of ",
              found.place.size, " and rank ", rank, " of ", size, "; unset the variables of one");
    if (found.by) continue;
    const int local_rank = number(get, l.local_rank, -1);
    if (local_rank < 0)
      found = {l.name, {rank, size, 0, 0}};
    else
      found = {l.name, {rank, size, local_rank, std::max(local_rank + 1, number(get, l.local_size, 0))}};
  }
  return found;
}

}  // namespace tl::dist
