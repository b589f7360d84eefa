/* The options of a fit: defaults, older and newer programs, and numbers that make no sense. */
#include "capi/trainer/options.h"

#include <math.h>
#include <string.h>

#include "capi/trainer/errors.h"

void tl_fit_options_init(tl_fit_options *options, size_t struct_size) {
  if (!options || struct_size < sizeof struct_size) return;
  const size_t kept = struct_size > TL_TRAINER_LARGEST_STRUCT ? 0 : struct_size;
  if (kept) memset(options, 0, kept);
  options->struct_size = kept;
}

static tl_status check_options(tl_context *c, tl_fit_options *o) {
  const struct {
    const char *name;
    int64_t value;
  } counts[] = {{"epochs", o->epochs},
                {"steps_per_epoch", o->steps_per_epoch},
                {"patience", o->patience},
                {"checkpoint_steps", o->checkpoint_steps},
                {"keep_every", o->keep_every}};
  for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
    if (counts[i].value < 0)
      return tl_trainer_refuse(c, TL_INVALID_ARGUMENT, "fit",
                               "'%s' must not be negative: got %lld; 0 stands for the default",
                               counts[i].name, (long long)counts[i].value);
  if (!(o->min_delta >= 0) || isinf(o->min_delta))
    return tl_trainer_refuse(c, TL_INVALID_ARGUMENT, "fit",
                             "'min_delta' must be finite and not negative: got %g; 0 is the default",
                             o->min_delta);
  if (o->non_finite < TL_FIT_NON_FINITE_ERROR || o->non_finite > TL_FIT_NON_FINITE_IGNORE)
    return tl_trainer_refuse(c, TL_INVALID_ARGUMENT, "fit",
                             "'non_finite' must be error (0), stop (1) or ignore (2): got %d; see "
                             "tl_fit_non_finite",
                             (int)o->non_finite);
  if (o->checkpoints && !o->checkpoints[0])
    return tl_trainer_refuse(
        c, TL_INVALID_ARGUMENT, "fit",
        "'checkpoints' must name a folder: got an empty text; give its path, or NULL for "
        "a fit that saves nothing");
  if (o->epochs == 0) o->epochs = 1;
  return TL_OK;
}

/* Options of an older program are shorter; what a newer one has behind those that are known here must be zero. */
tl_status tl_trainer_copy_options(tl_context *c, const tl_fit_options *from, tl_fit_options *to) {
  tl_fit_options_init(to, sizeof *to);
  if (from) {
    const size_t size = from->struct_size;
    if (size < sizeof size || size > TL_TRAINER_LARGEST_STRUCT)
      return tl_trainer_refuse(c, TL_INVALID_ARGUMENT, "fit",
                               "'struct_size' of the options must be that of the struct: got %zu; fill it "
                               "with tl_fit_options_init() first",
                               size);
    for (size_t i = sizeof *to; i < size; i++)
      if (((const char *)from)[i])
        return tl_trainer_refuse(c, TL_UNSUPPORTED, "fit",
                                 "the options must not use what this version of the library, %s, does not "
                                 "know: got a field at byte %zu; load a newer one",
                                 tl_version(), i);
    memcpy(to, from, size < sizeof *to ? size : sizeof *to);
    to->struct_size = sizeof *to;
  }
  return check_options(c, to);
}
