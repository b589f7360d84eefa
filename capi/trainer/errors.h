/* The words of an error that comes out of the trainer: "[fit] rule: got values; hint", of the call that the program made and of the
 * options as it gave them, whichever call of the trainer's own has met it. */
#ifndef TAPELOOP_CAPI_TRAINER_ERRORS_H
#define TAPELOOP_CAPI_TRAINER_ERRORS_H

#include <tapeloop/base.h>

/* Leaves an error in the context, "[op] ...", and returns the code of the one that it holds. A code that is none of an error becomes
 * TL_INVALID_ARGUMENT. */
tl_status tl_trainer_refuse(tl_context *c, tl_status code, const char *op, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* Passes on the status of a public call that the trainer has made itself, `call` without its tl_. An error of that call becomes one of
 * `op`. `subject` (may be NULL), what the program knows the object as, takes the place of what the call names it, or stands before
 * the rule. What a function of the program's, or an op in it, has said stays as it is. A call that has failed without an error here was
 * on an object of another context. */
tl_status tl_trainer_of(tl_context *c, const char *op, const char *call, const char *subject,
                        tl_status status);

/* Passes on a status; an error of `op` gets the place where it was met: "[op] place: rule". */
tl_status tl_trainer_at(tl_context *c, const char *op, const char *place, tl_status status);

#endif
