/* Checkpoints: everything that a run needs to go on exactly where it was, in one folder that is whole or not there.
 *
 *   tl_checkpoint *all = tl_checkpoint_new(c);
 *   if (tl_checkpoint_add_layer(all, "model", model) != TL_OK || tl_checkpoint_add_optimizer(all, "adam", adam) != TL_OK ||
 *       tl_checkpoint_add_dataset(all, "train", train) != TL_OK || tl_checkpoint_add_random(all, "random") != TL_OK) ...
 *   tl_checkpoint_manager *manager = tl_checkpoint_manager_new(c, all, "checkpoints", NULL);
 *   int64_t step;
 *   if (tl_checkpoint_manager_restore_latest(manager, &step) != TL_OK) ...
 *   for (step++; step < 1000; step++) {
 *     train_step();
 *     if (step % 100 == 99 && tl_checkpoint_manager_save(manager, step, NAN) != TL_OK) ...
 *   }
 *
 * A program that is killed at any moment, also inside a save, and started again goes on with the same bits as one that was not. Add what
 * the loop changes: layers or variables, each optimizer, metrics whose sums go on, datasets, the random numbers, and the loop's own
 * numbers by tl_checkpoint_set_int64() and the like. Schedules and step options are part of their optimizer.
 *
 * On disk. "<folder>/step-<N>" holds tensors.safetensors, which any library reads that knows the format, and manifest.json with the other
 * values and a checksum of everything. It is written under another name, synced, and renamed once. */
#ifndef TAPELOOP_CHECKPOINT_H
#define TAPELOOP_CHECKPOINT_H

#include <tapeloop/base.h>
#include <tapeloop/data.h>
#include <tapeloop/metrics.h>
#include <tapeloop/nn.h>
#include <tapeloop/optim.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- what is saved ---------------------------------------------------------------------------------------------- */

/** Objects and values by name, which are saved and restored together. It belongs to the innermost scope like a tensor, and keeps
 * the objects in it alive. */
typedef struct tl_checkpoint tl_checkpoint;

/** One without objects. Returns NULL on failure. Since 0.1. */
TL_API tl_checkpoint* tl_checkpoint_new(tl_context* context);

/** Adds a variable; name is its path in the files. Names are copied, UTF-8, not empty and not
 * "__metadata__", which safetensors keeps for itself, and none may stand twice. Since 0.1. */
TL_API tl_status tl_checkpoint_add_variable(tl_checkpoint* checkpoint, const char* name,
                                            tl_tensor* variable) TL_WARN_UNUSED;

/** Adds all variables of a layer, as "<name>/<variable>": weights, and the averages of batch normalisation. It must be built before
 * tl_checkpoint_save() and tl_checkpoint_restore(), or those are TL_FAILED_PRECONDITION. Since 0.1. */
TL_API tl_status tl_checkpoint_add_layer(tl_checkpoint* checkpoint, const char* name,
                                         tl_layer* layer) TL_WARN_UNUSED;

/**
 * Adds the state of an optimizer, as "<name>/<variable>": steps, rate, slots, what its schedule remembers, and what step options count
 * (accumulated gradients, averages of weights, the loss scale). A program that restores makes the slots first, by
 * tl_optimizer_build() with the same variables in the same order. Since 0.1.
 */
TL_API tl_status tl_checkpoint_add_optimizer(tl_checkpoint* checkpoint, const char* name,
                                             tl_optimizer* optimizer) TL_WARN_UNUSED;

/** Adds the sums of a metric, as "<name>/<variable>". Since 0.1. */
TL_API tl_status tl_checkpoint_add_metric(tl_checkpoint* checkpoint, const char* name,
                                          tl_metric* metric) TL_WARN_UNUSED;

/** Adds the place of a dataset, in the midst of an epoch too, as "<name>/position": what tl_dataset_save_position() gives. The program that restores makes the dataset in the same
 * way; the next element is then the one that would have come. Since 0.1. */
TL_API tl_status tl_checkpoint_add_dataset(tl_checkpoint* checkpoint, const char* name,
                                           tl_dataset* dataset) TL_WARN_UNUSED;

/** Adds the random numbers of the context, as "<name>/seed" and "<name>/next_call": initialisers, dropout and random ops then go on as
 * they would have. Since 0.1. */
TL_API tl_status tl_checkpoint_add_random(tl_checkpoint* checkpoint, const char* name) TL_WARN_UNUSED;

/** Sets an integer of the program's own (an epoch, the patience that is left), which tl_checkpoint_get_int64() reads after restoring. It
 * is added with the first call for a name, which must come before restoring; a name keeps its kind. Since 0.1. */
TL_API tl_status tl_checkpoint_set_int64(tl_checkpoint* checkpoint, const char* name,
                                         int64_t value) TL_WARN_UNUSED;

/** Likewise a number (the best loss so far). Infinities and NaN are kept, but for the payload of a NaN. Since 0.1. */
TL_API tl_status tl_checkpoint_set_double(tl_checkpoint* checkpoint, const char* name,
                                          double value) TL_WARN_UNUSED;

/** Likewise a text, which is copied, of any bytes but NUL. Since 0.1. */
TL_API tl_status tl_checkpoint_set_text(tl_checkpoint* checkpoint, const char* name,
                                        const char* text) TL_WARN_UNUSED;

/** Reads an integer that was set or restored into *value. TL_INVALID_ARGUMENT for a name that was never set, or set as another kind.
 * Since 0.1. */
TL_API tl_status tl_checkpoint_get_int64(tl_checkpoint* checkpoint, const char* name,
                                         int64_t* value) TL_WARN_UNUSED;

/** Reads a number that was set or restored into *value. TL_INVALID_ARGUMENT as above. Since 0.1. */
TL_API tl_status tl_checkpoint_get_double(tl_checkpoint* checkpoint, const char* name,
                                          double* value) TL_WARN_UNUSED;

/** Reads a text that was set or restored: at most capacity bytes are written, the final NUL included; *length (may be NULL) gets the
 * length of the whole text without the NUL. buffer may be NULL when capacity is 0. TL_INVALID_ARGUMENT as above. Since 0.1. */
TL_API tl_status tl_checkpoint_get_text(tl_checkpoint* checkpoint, const char* name, char* buffer,
                                        size_t capacity, size_t* length) TL_WARN_UNUSED;

/**
 * Writes everything into a new folder `path`, whose parent must be there. TL_FAILED_PRECONDITION where it is there already, TL_IO (no space
 * left, no permission); then nothing is left of it. For more than one of them see tl_checkpoint_manager_new(). Not inside the step of
 * a tl_function. Since 0.1.
 */
TL_API tl_status tl_checkpoint_save(tl_checkpoint* checkpoint, const char* path) TL_WARN_UNUSED;

/**
 * Restores everything from a folder that was saved. What it holds must be exactly what the objects have a place for: otherwise
 * TL_INVALID_ARGUMENT, and the message lists what is missing, extra, or of another dtype, shape or kind (20 names of each at the most). TL_NOT_FOUND,
 * TL_IO, TL_CORRUPT_DATA (a bit that flipped anywhere, too), TL_UNSUPPORTED (a newer version). A failure of any kind leaves all objects as they were.
 * Open tapes do not see it. Not inside the step of a tl_function. Since 0.1.
 */
TL_API tl_status tl_checkpoint_restore(tl_checkpoint* checkpoint, const char* path) TL_WARN_UNUSED;

/**
 * tl_checkpoint_restore() of what is there and fits; everything else stays as it is, and so does an object that does not take its values,
 * as a dataset that is shorter than its place. What did not take part is reported as text, "" for
 * nothing: at most capacity bytes are written, the final NUL included; *length (may be NULL) gets the length of the whole text without
 * the NUL. buffer may be NULL when capacity is 0. Since 0.1.
 */
TL_API tl_status tl_checkpoint_restore_partly(tl_checkpoint* checkpoint, const char* path, char* buffer,
                                              size_t capacity, size_t* length) TL_WARN_UNUSED;

/** Moves the checkpoint one scope out, as tl_keep() moves a tensor; returns it, or NULL on failure (the context holds the error). Since 0.1.
 * @returns same */
TL_API tl_checkpoint* tl_checkpoint_keep(tl_checkpoint* checkpoint);

/** Gives the checkpoint up before its scope ends; files stay, and managers of it go on. NULL and a released checkpoint do nothing. From
 * any thread at any time. Since 0.1.
 * @thread any */
TL_API void tl_checkpoint_release(tl_checkpoint* checkpoint);

/* ---- the checkpoints of a run ----------------------------------------------------------------------------------- */

/** The checkpoints of one run in one folder. It belongs to the innermost scope like a tensor. */
typedef struct tl_checkpoint_manager tl_checkpoint_manager;

/** Which metric is better. Append-only numbers. */
typedef int32_t tl_checkpoint_best;
enum {
  TL_CHECKPOINT_BEST_NONE = 0, /**< there is none (default) */
  TL_CHECKPOINT_BEST_MIN = 1,  /**< the smaller one: a loss */
  TL_CHECKPOINT_BEST_MAX = 2   /**< the larger one: an accuracy */
};

/** Of tl_checkpoint_manager_new(). Fill it with tl_checkpoint_manager_options_init() first. */
typedef struct tl_checkpoint_manager_options {
  size_t struct_size; /**< bytes of this struct; set by the init function */
  int64_t
      max_to_keep; /**< so many that were written last stay, or the best so many and the last besides; -1: all; 0: 3 (default) */
  tl_checkpoint_best best; /**< which are the best (default TL_CHECKPOINT_BEST_NONE) */
  int64_t keep_every;      /**< those of steps that it divides stay and do not count; 0: none (default) */
  bool asynchronous; /**< a save returns when the state is taken, and a thread writes it (default false) */
} tl_checkpoint_manager_options;

/** Sets all fields to their defaults. Pass sizeof(tl_checkpoint_manager_options). Does nothing for NULL. Since 0.1. */
TL_API void tl_checkpoint_manager_options_init(tl_checkpoint_manager_options* options, size_t struct_size);

/**
 * A manager of the checkpoints in `folder`, which need not be there yet. Nothing is touched before the first save, or before
 * tl_checkpoint_manager_take(). It keeps the checkpoint alive. options may be NULL. Returns NULL on failure. Since 0.1.
 */
TL_API tl_checkpoint_manager* tl_checkpoint_manager_new(tl_context* context, tl_checkpoint* checkpoint,
                                                        const char* folder,
                                                        const tl_checkpoint_manager_options* options);

/**
 * Writes "<folder>/step-<step>" with what the objects hold now, then removes checkpoints that no longer stay, and what a writer that was
 * killed has left. The first save takes the folder until the manager ends: TL_BUSY where another one has it, also where the folder was
 * removed meanwhile and another one has made it anew. metric is
 * what `best` compares; NaN: none, which is worse than any. Old is what was written before, whatever its step (a serial number in each
 * manifest says): a run that has gone back to step 40 and saves 41 keeps 41, while checkpoints of later steps go as they age.
 * TL_FAILED_PRECONDITION for a step that is there (a damaged one
 * is replaced), TL_INVALID_ARGUMENT for a negative step, TL_IO (no space left, no permission). A failure leaves the earlier checkpoints.
 *
 * An asynchronous save returns at once, since values never change: the program goes on, and a thread writes what they were. The next call on
 * the manager waits for it; where it has failed that call does nothing else and returns its error, once. Releasing the manager waits, too,
 * and a failure is then a log line. Until that call the memory of the old values stays in use beside that of the new ones. Not inside the step of a tl_function. Since 0.1.
 */
TL_API tl_status tl_checkpoint_manager_save(tl_checkpoint_manager* manager, int64_t step,
                                            double metric) TL_WARN_UNUSED;

/**
 * Takes the folder now instead of with the first save, until the manager ends: makes it where it is not there, and removes what a writer
 * that was killed has left. For a run that is to hear before its first step, and not when it has something to save, that the folder cannot be written (TL_IO,
 * TL_NOT_FOUND) or that another one has it (TL_BUSY). Taking it again does nothing. Not inside the step of a tl_function. Since 0.1.
 */
TL_API tl_status tl_checkpoint_manager_take(tl_checkpoint_manager* manager) TL_WARN_UNUSED;

/** Waits for an asynchronous save, and returns how it went. Since 0.1. */
TL_API tl_status tl_checkpoint_manager_wait(tl_checkpoint_manager* manager) TL_WARN_UNUSED;

/** The step of the checkpoint written last among those that are whole, for which each byte is read; -1 where there is none, and -1 on failure (the context
 * holds the error). Damaged ones are named in the log. Since 0.1. */
TL_API int64_t tl_checkpoint_manager_latest(tl_checkpoint_manager* manager);

/** The step of the best checkpoint by its metric; -1 where there is none, and -1 on failure (the context holds the error):
 * TL_FAILED_PRECONDITION for a manager without `best`. Since 0.1. */
TL_API int64_t tl_checkpoint_manager_best(tl_checkpoint_manager* manager);

/** The steps of the checkpoints in the folder, ascending: at most capacity of them in steps, which may be NULL when capacity is 0; their
 * number to *count. Since 0.1. */
TL_API tl_status tl_checkpoint_manager_steps(tl_checkpoint_manager* manager, int64_t* steps, size_t capacity,
                                             size_t* count) TL_WARN_UNUSED;

/** tl_checkpoint_restore() of the checkpoint of a step. Since 0.1. */
TL_API tl_status tl_checkpoint_manager_restore(tl_checkpoint_manager* manager, int64_t step) TL_WARN_UNUSED;

/**
 * tl_checkpoint_restore() of the checkpoint that was written last and is whole, which after going back is not that of the largest step;
 * *step gets its step, or -1 where there is none, which is TL_OK: the
 * run begins. Damaged ones are passed over and named in the log. One that is whole and does not fit the objects is TL_INVALID_ARGUMENT.
 * Since 0.1.
 */
TL_API tl_status tl_checkpoint_manager_restore_latest(tl_checkpoint_manager* manager,
                                                      int64_t* step) TL_WARN_UNUSED;

/** Moves the manager one scope out, as tl_keep() moves a tensor; returns it, or NULL on failure (the context holds the error). Since 0.1.
 * @returns same */
TL_API tl_checkpoint_manager* tl_checkpoint_manager_keep(tl_checkpoint_manager* manager);

/** Gives the manager up before its scope ends, and with it the folder, after a save that is going on. NULL and a released manager do nothing.
 * From any thread at any time. Since 0.1.
 * @thread any */
TL_API void tl_checkpoint_manager_release(tl_checkpoint_manager* manager);

#ifdef __cplusplus
}
#endif

#endif
