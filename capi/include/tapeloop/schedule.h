/* Learning-rate schedules.
 *
 *   tl_schedule *cosine = tl_schedule_warmup(c, 0, 500, tl_schedule_cosine(c, 1e-3, 20000, 0));
 *   if (tl_optimizer_set_schedule(adam, cosine) != TL_OK) ...
 *   (each step)  status = tl_optimizer_apply(adam, grads, vars, n);      or a compiled step, tl_function_call()
 *
 * The optimizer asks its schedule for the rate of each step, eager or replayed: a compiled step follows it without being recorded
 * again. Steps are those that the optimizer has done, so that a checkpoint of its variables is all that a resumed run needs.
 * They count from 0: the first update has the rate of step 0. Behind its end a schedule keeps its last rate. Formulas are those of
 * Keras where nothing else is said.
 *
 * A rate that must fall when a metric no longer improves, halved after 3 epochs without progress:
 *
 *   tl_plateau_options o;
 *   tl_plateau_options_init(&o, sizeof o);
 *   o.factor = 0.5;
 *   o.patience = 3;
 *   tl_schedule *plateau = tl_schedule_plateau(c, tl_schedule_constant(c, 1e-3), &o);
 *   (each epoch)  status = tl_schedule_report(plateau, validation_loss, NULL); */
#ifndef TAPELOOP_SCHEDULE_H
#define TAPELOOP_SCHEDULE_H

#include <tapeloop/base.h>
#include <tapeloop/optim.h>

#ifdef __cplusplus
extern "C" {
#endif

/** The learning rate of each step. It belongs to the innermost scope like a tensor; optimizers and schedules that it has been given
 * to keep what they need of it, so that it may be released right after. One schedule may serve several of them. Schedules may stand
 * within one another 100 levels deep; more is TL_INVALID_ARGUMENT for the call that makes the next one. */
typedef struct tl_schedule tl_schedule;

/** The same rate for all steps. rate is finite and not negative, as every rate below. NULL on failure. Since 0.1. */
TL_API tl_schedule *tl_schedule_constant(tl_context *context, double rate);

/** rates[0] up to and with step boundaries[0], rates[1] up to and with boundaries[1], and so on; the last rate from there on. The
 * boundaries ascend strictly from 0 on; num_rates is num_boundaries + 1. boundaries may be NULL when there are none. NULL on
 * failure. Since 0.1.
 * @array boundaries[num_boundaries], rates[num_rates] */
TL_API tl_schedule *tl_schedule_piecewise_constant(tl_context *context, const int64_t *boundaries,
                                                   size_t num_boundaries, const double *rates,
                                                   size_t num_rates);

/** rate decay_rate^(step / decay_steps); with staircase the quotient is rounded down. decay_steps is 1 or more, decay_rate finite
 * and not negative. NULL on failure. Since 0.1. */
TL_API tl_schedule *tl_schedule_exponential(tl_context *context, double rate, int64_t decay_steps,
                                            double decay_rate, bool staircase);

/** rate / (1 + decay_rate step / decay_steps); with staircase the quotient is rounded down. decay_steps is 1 or more, decay_rate
 * finite and not negative. NULL on failure. Since 0.1. */
TL_API tl_schedule *tl_schedule_inverse_time(tl_context *context, double rate, int64_t decay_steps,
                                             double decay_rate, bool staircase);

/** (rate - end_rate) (1 - step / decay_steps)^power + end_rate. With cycle it begins again behind decay_steps, over twice, three
 * times, ... as many steps in all. decay_steps is 1 or more, power finite and not negative; 1 is a straight line. NULL on
 * failure. Since 0.1. */
TL_API tl_schedule *tl_schedule_polynomial(tl_context *context, double rate, double end_rate,
                                           int64_t decay_steps, double power, bool cycle);

/** From rate to alpha rate in decay_steps (1 or more) steps along half a cosine: rate ((1 - alpha) (1 + cos(pi step /
 * decay_steps)) / 2 + alpha), with alpha in [0, 1]. NULL on failure. Since 0.1. */
TL_API tl_schedule *tl_schedule_cosine(tl_context *context, double rate, int64_t decay_steps, double alpha);

/** The same with warm restarts (Loshchilov and Hutter 2017): the first period has decay_steps steps and begins at rate; each next
 * one is t_mul (1 or more) times as long, and begins at m_mul (finite, not negative) times the rate. A step that is a restart but
 * for rounding is one. Keras's defaults are 2, 1 and an alpha of 0. NULL on failure. Since 0.1. */
TL_API tl_schedule *tl_schedule_cosine_restarts(tl_context *context, double rate, int64_t decay_steps,
                                                double t_mul, double m_mul, double alpha);

/** Of tl_schedule_one_cycle(). Fill it with tl_one_cycle_options_init() first. */
typedef struct tl_one_cycle_options {
  size_t struct_size;     /**< bytes of this struct; set by the init function */
  double warmup_fraction; /**< share of the steps in which the rate goes up, in (0, 1); 0: 0.3, the default */
  double div_factor; /**< the first rate is the largest one divided by it; at least 1; 0: 25, the default */
  double
      final_div_factor; /**< the last rate is the first one divided by it; at least 1; 0: 1e4, the default */
  bool linear;          /**< along straight lines instead of half cosines (default false) */
} tl_one_cycle_options;

/** Sets all fields to their defaults. Pass sizeof(tl_one_cycle_options). Does nothing for NULL. Since 0.1. */
TL_API void tl_one_cycle_options_init(tl_one_cycle_options *options, size_t struct_size);

/** Up to max_rate, then down, within total_steps (1 or more) steps (Smith and Topin 2018, in the form of PyTorch's OneCycleLR). The top
 * is at step warmup_fraction total_steps - 1: where that is negative, the first step is already on the way down, and a cycle of one
 * step has the last rate. From step total_steps on the rate stays (PyTorch's raises an error). options may be NULL. NULL on
 * failure. Since 0.1. */
TL_API tl_schedule *tl_schedule_one_cycle(tl_context *context, double max_rate, int64_t total_steps,
                                          const tl_one_cycle_options *options);

/** From start_rate along a straight line to the first rate of `then` in `steps` (1 or more) steps; from there on `then`, whose steps
 * count from there. NULL on failure. Since 0.1. */
TL_API tl_schedule *tl_schedule_warmup(tl_context *context, double start_rate, int64_t steps,
                                       tl_schedule *then);

/** One schedule after another: schedules[0] for the steps before boundaries[0], schedules[1] from there up to boundaries[1], and so
 * on; the steps of each count from its beginning. The boundaries ascend strictly from 1 on; num_schedules is num_boundaries + 1.
 * boundaries may be NULL when there are none. NULL on failure. Since 0.1.
 * @array schedules[num_schedules], boundaries[num_boundaries] */
TL_API tl_schedule *tl_schedule_sequence(tl_context *context, tl_schedule *const *schedules,
                                         size_t num_schedules, const int64_t *boundaries,
                                         size_t num_boundaries);

/** Of tl_schedule_plateau(). Fill it with tl_plateau_options_init() first. */
typedef struct tl_plateau_options {
  size_t struct_size; /**< bytes of this struct; set by the init function */
  double factor;      /**< what the rate is multiplied by, in (0, 1); 0: 0.1, the default */
  int64_t patience;   /**< reports without an improvement after which that happens; 0: 10, the default */
  double min_delta;   /**< an improvement is by more than that, not negative; 0: 1e-4, the default */
  int64_t
      cooldown; /**< reports after a reduction until they count again, the last of which counts, as in Keras: 2 leaves out one;
                           PyTorch's cooldown is one less (default 0) */
  double min_rate;  /**< reductions do not go below it, not negative (default 0) */
  bool maximize;    /**< the metric is to rise (default false: to fall) */
  const char *name; /**< of its variables; copied; NULL: "plateau" */
} tl_plateau_options;

/** Sets all fields to their defaults. Pass sizeof(tl_plateau_options). Does nothing for NULL. Since 0.1. */
TL_API void tl_plateau_options_init(tl_plateau_options *options, size_t struct_size);

/** The rates of `base`, reduced whenever a metric that is reported has not improved for a while (ReduceLROnPlateau of Keras). What
 * it remembers are variables, which tl_optimizer_variables() of its optimizer lists behind the learning rate: "<name>/scale",
 * "<name>/best" (f64), "<name>/wait", "<name>/cooldown" (i64). options may be NULL. NULL on failure. Since 0.1. */
TL_API tl_schedule *tl_schedule_plateau(tl_context *context, tl_schedule *base,
                                        const tl_plateau_options *options);

/** Tells a schedule of tl_schedule_plateau() the metric as it is now, once an epoch as a rule; NaN is no improvement. *reduced (may
 * be NULL) says whether the rate has been reduced: not where a base with one rate for all steps has brought it to min_rate; with another base,
 * whether the factor has been applied. Outside of compiled steps only. TL_INVALID_ARGUMENT for another kind of schedule;
 * a failure changes nothing. Since 0.1. */
TL_API tl_status tl_schedule_report(tl_schedule *schedule, double metric, bool *reduced) TL_WARN_UNUSED;

/**
 * Says whether reports to a plateau will do what a loop expects of them, before its first epoch instead of behind it: that the schedule is one
 * of tl_schedule_plateau(), that the optimizer follows it (it is the schedule of the optimizer or of a group of it, or stands within
 * that), and that it watches for a metric that is to rise (maximize) or to fall, as the loop does. TL_INVALID_ARGUMENT where it does not.
 * tl_fit() asks so of its option `plateau`. Since 0.1.
 */
TL_API tl_status tl_optimizer_check_plateau(tl_optimizer *optimizer, tl_schedule *schedule,
                                            bool maximize) TL_WARN_UNUSED;

/** Gives the rate of a step, which counts from 0: sets *rate to a finite number that is not negative, the same whenever the step is the
 * same, and returns TL_OK. It may be called several times for a step. It must not call functions of the context: they are refused. */
typedef tl_status (*tl_rate_callback)(void *user_data, int64_t step, double *rate);

/** A schedule of the program's own. The callback runs on the thread of the call that needs the rate: tl_optimizer_apply(), a replay
 * of a compiled step, tl_optimizer_learning_rate(), tl_schedule_rate(). That call changes nothing and fails with the status that the callback
 * returns, with TL_INVALID_ARGUMENT for a rate that is NaN, infinite or negative, and with TL_FAILED_PRECONDITION when the callback has called
 * a function of the context; the message names the schedule, the step and what it got. Handles that it releases live on until the
 * next call. name (copied) stands for it in messages. user_data (may be NULL) goes to it; destroy (may be NULL) runs once, when
 * nothing uses the schedule any more, or when this call fails. NULL on failure. Since 0.1. */
TL_API tl_schedule *tl_schedule_custom(tl_context *context, const char *name, tl_rate_callback callback,
                                       void *user_data, tl_destroy_callback destroy);

/** The rate of a step, 0 or more; NaN on failure (the context holds the error). Since 0.1. */
TL_API double tl_schedule_rate(tl_schedule *schedule, int64_t step);

/** Moves it one scope out, as tl_keep() moves a tensor; returns it, or NULL on failure (the context holds the error). Since 0.1.
 * @returns same */
TL_API tl_schedule *tl_schedule_keep(tl_schedule *schedule);

/** Gives it up before its scope ends. NULL and a released one do nothing. From any thread at any time. Since 0.1.
 * @thread any */
TL_API void tl_schedule_release(tl_schedule *schedule);

/**
 * From now on the rate of each step is that of the schedule, at the number of steps that the optimizer has done before it; the
 * variable "<name>/learning_rate" rests. schedule may be NULL: the variable counts again. While there is a schedule,
 * tl_optimizer_learning_rate() tells its rate of the next step, and tl_optimizer_set_learning_rate() is TL_FAILED_PRECONDITION. A
 * rate that is not finite or negative fails the step that would take it. Outside of compiled steps only. Since 0.1.
 */
TL_API tl_status tl_optimizer_set_schedule(tl_optimizer *optimizer, tl_schedule *schedule) TL_WARN_UNUSED;

#ifdef __cplusplus
}
#endif

#endif
