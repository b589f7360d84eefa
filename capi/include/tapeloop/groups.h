/* Groups of variables in one optimizer, each with a rate, a weight decay and any other options of its own.
 *
 *   tl_optimizer *adamw = tl_adamw(c, &o), *muon = tl_muon(c, NULL), *plain = tl_adamw(c, &without_decay);
 *   if (tl_optimizer_add_group(adamw, muon, kernels, num_kernels, 0) != TL_OK) ...    right after making them
 *   if (tl_optimizer_add_group(adamw, plain, biases, num_biases, 0.1) != TL_OK) ...   a tenth of the rate of adamw
 *   (each step)  status = tl_optimizer_apply(adamw, grads, vars, n);                  all variables in one call
 *
 * A group is an optimizer, of the same kind or another, made for some of the variables: parameter groups of PyTorch and
 * Keras's MultiOptimizer in one. Steps, compiled ones too, give each variable the bits that the group alone would give it. */
#ifndef TAPELOOP_GROUPS_H
#define TAPELOOP_GROUPS_H

#include <tapeloop/base.h>
#include <tapeloop/optim.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * From now on `count` variables step as those of `group` would: by its formula, slots, rate and schedule, within the steps of
 * `optimizer`, which are given all variables at once and are all or nothing. Variables in no group step by the optimizer itself.
 *
 * The group's rate and schedule can be set as before (tl_optimizer_set_learning_rate(), tl_optimizer_set_schedule()); compiled
 * steps take the rates as inputs. A rate_multiplier above 0 makes the group's rate that of `optimizer` times it, whatever
 * gives that one; its own is then not used, and cannot be set. 0: the group has a rate of its own.
 *
 * Of the step options (step_options.h) a group may have a clip_value, clip_norm, adaptive_clip_factor and weight decay of its own, configured
 * before this call; a group that has not been configured takes those of the optimizer, and all the rest (accumulation, global_clip_norm, averages,
 * loss scale, what is not finite, the count of steps) is the optimizer's. Variables that either of them excludes from weight decay do
 * not decay.
 *
 * tl_optimizer_variables() of the optimizer lists the state of all groups: "<name>/<group>/learning_rate" (a second group of that
 * name is called "<group>_1") and what its schedule remembers behind the optimizer's own, and slots by the optimizer's name. The
 * optimizer keeps its groups alive; the handle of a group still serves to read and set its rate.
 *
 * TL_FAILED_PRECONDITION after the first step or build of either, and for a group that is in another optimizer; steps of a group
 * by itself are that from now on. TL_INVALID_ARGUMENT for a variable that is in a group already, for an option of the group that
 * only the optimizer may have, for a group with groups, and where one of both keeps averages of its own
 * (tl_schedule_free_adamw()) and the other does not. A failure changes nothing. Outside of compiled steps only. Since 0.1.
 */
TL_API tl_status tl_optimizer_add_group(tl_optimizer *optimizer, tl_optimizer *group,
                                        tl_tensor *const *variables, size_t count,
                                        double rate_multiplier) TL_WARN_UNUSED;

#ifdef __cplusplus
}
#endif

#endif
