/* The options of a fit, as the trainer takes them. */
#ifndef TAPELOOP_CAPI_TRAINER_OPTIONS_H
#define TAPELOOP_CAPI_TRAINER_OPTIONS_H

#include <tapeloop/trainer.h>

enum { TL_TRAINER_LARGEST_STRUCT = 4096 /* bytes; anything larger is no struct_size */ };

/* Copies the caller's options, whose struct_size may be that of an older or a newer header, over the defaults; from may be NULL.
 * Refuses numbers that make no sense by themselves. */
tl_status tl_trainer_copy_options(tl_context *c, const tl_fit_options *from, tl_fit_options *to);

#endif
