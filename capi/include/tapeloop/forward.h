/* Forward-mode differentiation: the derivative of a program along one direction, computed while the program runs. */
#ifndef TAPELOOP_FORWARD_H
#define TAPELOOP_FORWARD_H

#include <tapeloop/base.h>
#include <tapeloop/tape.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Forward mode along one direction. It belongs to the innermost scope like a tensor. */
typedef struct tl_forward tl_forward;

/**
 * Opens forward mode by `count` primals, tensors or variables, each of which moves along its tangent. While it is open, each
 * op also computes the tangents of its results: the Jacobian of what has run times the tangents of the primals. Primals are
 * floating point and named once; a tangent has the dtype and shape of its primal. A variable has its tangent whenever it is
 * read, whatever is assigned to it. count is 1 or more. NULL on failure.
 *
 * One run with a tangent costs about two to three without one, and keeps nothing of the run: the mode for few inputs and many
 * outputs (a tape is the one for many inputs and few outputs), and for long runs, as in the derivative of a result by the
 * learning rate of its training.
 *
 * Forward modes and tapes nest in any order. What one computes is seen by those that were opened before it: so ask the inner
 * one first, and the outer one about its answer. A Hessian-vector product, the tangent of a gradient, is
 *
 *     tl_forward *f = tl_forward_begin(c, weights, directions, n);
 *     tl_tape *tape = tl_tape_begin(c, NULL);
 *     tl_tensor *loss = ...;
 *     if (tl_tape_gradient(tape, loss, weights, n, NULL, gradients) == TL_OK &&
 *         tl_forward_tangent(f, gradients[0], TL_UNCONNECTED_ZERO, &product) == TL_OK) ...
 *
 * Since 0.1.
 * @array primals[count], tangents[count]
 */
TL_API tl_forward *tl_forward_begin(tl_context *context, tl_tensor *const *primals,
                                    tl_tensor *const *tangents, size_t count);

/**
 * Writes the tangent of a floating-point tensor, which has been computed already, to *tangent: a handle of the innermost
 * scope, of the tensor's dtype and shape. Where the tensor does not depend on a primal, or was computed while the forward
 * mode was not open, it is what `unconnected` says: NULL, zeros, or an error (TL_INVALID_ARGUMENT). For a variable it is
 * the tangent with which it is a primal, else that of its value. Works while the forward mode is open and after its end. On
 * failure *tangent is NULL. Since 0.1.
 */
TL_API tl_status tl_forward_tangent(tl_forward *forward, tl_tensor *tensor, tl_unconnected unconnected,
                                    tl_tensor **tangent) TL_WARN_UNUSED;

/** Ends it: what runs from now on gets no tangents, those that exist stay. TL_FAILED_PRECONDITION when it is not open.
 * Since 0.1. */
TL_API tl_status tl_forward_end(tl_forward *forward);

/** Opens it again after tl_forward_end(), as the newest of all forward modes and tapes. TL_FAILED_PRECONDITION when it is open.
 * Since 0.1. */
TL_API tl_status tl_forward_resume(tl_forward *forward);

/** Moves it one scope out, as tl_keep() moves a tensor; returns it, or NULL on failure (the context holds the error).
 * Since 0.1.
 * @returns same */
TL_API tl_forward *tl_forward_keep(tl_forward *forward);

/** Gives it and all tangents up before its scope ends. NULL and a released one do nothing. From any thread at any time.
 * Since 0.1.
 * @thread any */
TL_API void tl_forward_release(tl_forward *forward);

#ifdef __cplusplus
}
#endif

#endif
