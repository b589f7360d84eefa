// What some ranks have done outside of the group, such as writing a file, as all of them learn it: it went well, or the error, which is then
// one on all ranks and does not end the group.
#pragma once

#include <optional>
#include <string>

#include "core/replicas/collectives.h"

namespace tl::replicas {

// What rank 0 alone has done for all: nothing where it went well, or the error that it has thrown there. note: what rank 0 says to all with
// it, up to 1,000 bytes, where it went well. A collective.
std::optional<Error> outcome_of_first(const GroupPtr& group, const char* op, const std::optional<Error>& mine,
                                      std::string* note = nullptr);

// What each rank has done: the error of the first on which it went wrong, with its number. A collective.
std::optional<Error> outcome_of_all(const GroupPtr& group, const char* op, const std::optional<Error>& mine);

}  // namespace tl::replicas
