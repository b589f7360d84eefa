// The engine of ranks that are processes: who calls what goes to everybody in one message, with the tensors where they are small; larger
// ones go in parts to the rank that makes the results of the part, and from there to all.
//
// It knows transports (transport.h) and the control channel (control.h) and neither Gloo, MPI nor TCP.
#pragma once

#include <memory>

#include "core/dist/control.h"
#include "core/dist/engine.h"
#include "core/dist/process_link.h"

namespace tl::dist {

// The engine of all ranks that the control channel has joined; the transport connects the same ones.
std::unique_ptr<Engine> make_process_engine(Transport transport, std::unique_ptr<ControlChannel> control);

}  // namespace tl::dist
