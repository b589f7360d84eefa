/* What a fit must remember to go on with the same bits, and its checkpoints. */
#ifndef TAPELOOP_CAPI_TRAINER_SAVED_H
#define TAPELOOP_CAPI_TRAINER_SAVED_H

#include <tapeloop/trainer.h>

#include "capi/trainer/steps.h"

typedef struct {
  tl_fit_state now;
  tl_trainer_mean losses; /* of this epoch */
  int64_t amid;           /* 1 in the midst of an epoch */
  tl_context *c;
  tl_checkpoint *checkpoint;
  tl_checkpoint_manager *manager; /* NULL: nothing is saved */
  int64_t last;                   /* the step of the newest checkpoint; -1: none */
  tl_tensor **variables;          /* of the model, all of them */
  tl_tensor **best; /* variables with the values that these had in the best epoch; NULL: not asked for */
  size_t num_variables;
} tl_trainer_saved;

/* Gathers everything that the fit changes in a checkpoint of the innermost scope, which checks the objects by that. */
tl_status tl_trainer_gather(tl_trainer_saved *s, tl_context *c, const tl_trainer_steps *step,
                            tl_dataset *train, const tl_fit_options *o);

/* Where there is a folder: takes it, and restores what the newest checkpoint holds. */
tl_status tl_trainer_go_on(tl_trainer_saved *s);

/* Saves, unless there is no folder or this step has been saved. */
tl_status tl_trainer_save(tl_trainer_saved *s, double metric);

/* The model is the best so far. */
tl_status tl_trainer_keep_best(tl_trainer_saved *s);

/* Waits for the last save; restores the best values where these are asked for. */
tl_status tl_trainer_finish(tl_trainer_saved *s, bool restore_best);

/* Frees what no scope does. */
void tl_trainer_forget(tl_trainer_saved *s);

#endif
