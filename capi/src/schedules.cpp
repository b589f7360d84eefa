// Learning-rate schedules of the C API.
#include "tapeloop/schedule.h"

#include <cmath>

#include "capi/src/callbacks.h"
#include "capi/src/optimizer_object.h"
#include "capi/src/options.h"
#include "core/optim/plateau.h"
#include "core/optim/schedule.h"

using namespace tl;
using namespace tl::capi;

namespace {

// Its plateau, when it is one, takes reports.
struct ScheduleObject {
  optim::SchedulePtr schedule;
  std::shared_ptr<optim::Plateau> plateau;
};

tl_schedule* make_schedule(Session& s, optim::SchedulePtr schedule,
                           std::shared_ptr<optim::Plateau> plateau = nullptr) {
  return make_object<tl_schedule>(s, Kind::kSchedule,
                                  new ScheduleObject{std::move(schedule), std::move(plateau)});
}

const optim::SchedulePtr& schedule_of(Session& s, const tl_schedule* handle, const char* op,
                                      Operand operand) {
  return object_of<ScheduleObject>(s, handle, Kind::kSchedule, op, operand).schedule;
}

template <class T>
Span<const T> checked_span(const char* op, const char* name, const T* values, size_t count) {
  check_list(op, name, values, count);
  return Span<const T>(values, count);
}

// A function of the caller's. It runs while an optimizer or a plan works: it must not touch anything of the context.
class CustomSchedule final : public optim::Schedule {
 public:
  CustomSchedule(Session& session, std::string name, tl_rate_callback callback,
                 std::shared_ptr<void> user_data)
      : session_(session), name_(std::move(name)), callback_(callback), user_data_(std::move(user_data)) {}

 protected:
  double at(int64_t step) const override {
    double rate = NAN;
    Closed context(session_);
    const tl_status status = callback_(user_data_.get(), step, &rate);
    if (context.refused())
      fail(Code::kFailedPrecondition, "[", name_,
           "] a rate callback must not use its context: got a call in that of step ", step,
           "; compute the rate with numbers");
    if (status == TL_OK && rate >= 0 && !std::isinf(rate)) return rate;
    if (status == TL_OK)
      invalid("[", name_,
              "] the rate callback must set a rate that is a finite number and not negative: got ", rate,
              " for step ", step, "; NaN is also what it gives that sets none");
    fail(is_error(status) ? static_cast<Code>(status) : Code::kInvalidArgument, "[", name_,
         "] the rate callback must return TL_OK: got ", status, " (", tl_status_name(status), ") for step ",
         step, "; look at the callback");
  }

 private:
  Session& session_;
  std::string name_;
  tl_rate_callback callback_;
  std::shared_ptr<void> user_data_;
};

}  // namespace

extern "C" {

TL_API void tl_one_cycle_options_init(tl_one_cycle_options* options, size_t size) {
  zero_options(options, size);
}
TL_API void tl_plateau_options_init(tl_plateau_options* options, size_t size) { zero_options(options, size); }

TL_API tl_schedule* tl_schedule_constant(tl_context* context, double rate) {
  return make(context, "schedule_constant",
              [&](Session& s) { return make_schedule(s, optim::constant_rate(rate)); });
}

TL_API tl_schedule* tl_schedule_piecewise_constant(tl_context* context, const int64_t* boundaries,
                                                   size_t num_boundaries, const double* rates,
                                                   size_t num_rates) {
  const char* op = "schedule_piecewise_constant";
  return make(context, op, [&](Session& s) {
    return make_schedule(s,
                         optim::piecewise_constant(checked_span(op, "boundaries", boundaries, num_boundaries),
                                                   checked_span(op, "rates", rates, num_rates)));
  });
}

TL_API tl_schedule* tl_schedule_exponential(tl_context* context, double rate, int64_t decay_steps,
                                            double decay_rate, bool staircase) {
  return make(context, "schedule_exponential", [&](Session& s) {
    return make_schedule(s, optim::exponential_decay(rate, decay_steps, decay_rate, staircase));
  });
}

TL_API tl_schedule* tl_schedule_inverse_time(tl_context* context, double rate, int64_t decay_steps,
                                             double decay_rate, bool staircase) {
  return make(context, "schedule_inverse_time", [&](Session& s) {
    return make_schedule(s, optim::inverse_time_decay(rate, decay_steps, decay_rate, staircase));
  });
}

TL_API tl_schedule* tl_schedule_polynomial(tl_context* context, double rate, double end_rate,
                                           int64_t decay_steps, double power, bool cycle) {
  return make(context, "schedule_polynomial", [&](Session& s) {
    return make_schedule(s, optim::polynomial_decay(rate, end_rate, decay_steps, power, cycle));
  });
}

TL_API tl_schedule* tl_schedule_cosine(tl_context* context, double rate, int64_t decay_steps, double alpha) {
  return make(context, "schedule_cosine",
              [&](Session& s) { return make_schedule(s, optim::cosine_decay(rate, decay_steps, alpha)); });
}

TL_API tl_schedule* tl_schedule_cosine_restarts(tl_context* context, double rate, int64_t decay_steps,
                                                double t_mul, double m_mul, double alpha) {
  return make(context, "schedule_cosine_restarts", [&](Session& s) {
    return make_schedule(s, optim::cosine_restarts(rate, decay_steps, t_mul, m_mul, alpha));
  });
}

TL_API tl_schedule* tl_schedule_one_cycle(tl_context* context, double max_rate, int64_t total_steps,
                                          const tl_one_cycle_options* options) {
  const char* op = "schedule_one_cycle";
  return make(context, op, [&](Session& s) {
    const tl_one_cycle_options o = options_from(op, options, tl_one_cycle_options_init);
    optim::OneCycleOptions cycle;
    cycle.warmup_fraction = value_or(o.warmup_fraction, cycle.warmup_fraction);
    cycle.div_factor = value_or(o.div_factor, cycle.div_factor);
    cycle.final_div_factor = value_or(o.final_div_factor, cycle.final_div_factor);
    cycle.linear = o.linear;
    return make_schedule(s, optim::one_cycle(max_rate, total_steps, cycle));
  });
}

TL_API tl_schedule* tl_schedule_warmup(tl_context* context, double start_rate, int64_t steps,
                                       tl_schedule* then) {
  const char* op = "schedule_warmup";
  return make(context, op, [&](Session& s) {
    return make_schedule(s, optim::warmup(start_rate, steps, schedule_of(s, then, op, "then")));
  });
}

TL_API tl_schedule* tl_schedule_sequence(tl_context* context, tl_schedule* const* schedules,
                                         size_t num_schedules, const int64_t* boundaries,
                                         size_t num_boundaries) {
  const char* op = "schedule_sequence";
  return make(context, op, [&](Session& s) {
    check_list(op, "schedules", schedules, num_schedules);
    std::vector<optim::SchedulePtr> parts;
    for (size_t i = 0; i < num_schedules; i++)
      parts.push_back(schedule_of(s, schedules[i], op, {"schedules", i}));
    return make_schedule(s,
                         optim::sequence(parts, checked_span(op, "boundaries", boundaries, num_boundaries)));
  });
}

TL_API tl_schedule* tl_schedule_plateau(tl_context* context, tl_schedule* base,
                                        const tl_plateau_options* options) {
  const char* op = "schedule_plateau";
  return make(context, op, [&](Session& s) {
    const tl_plateau_options o = options_from(op, options, tl_plateau_options_init);
    optim::PlateauOptions plateau;
    plateau.factor = value_or(o.factor, plateau.factor);
    if (o.patience) plateau.patience = o.patience;
    plateau.min_delta = value_or(o.min_delta, plateau.min_delta);
    plateau.cooldown = o.cooldown;
    plateau.min_rate = o.min_rate;
    plateau.maximize = o.maximize;
    if (o.name) plateau.name = o.name;
    auto made = std::make_shared<optim::Plateau>(s.core(), schedule_of(s, base, op, "base"), plateau);
    return make_schedule(s, made, made);
  });
}

TL_API tl_status tl_schedule_report(tl_schedule* schedule, double metric, bool* reduced) {
  const char* op = "schedule_report";
  if (reduced) *reduced = false;
  return effect<ScheduleObject>(schedule, Kind::kSchedule, op, [&](Session&, ScheduleObject& o) {
    if (!o.plateau)
      invalid("[", op,
              "] only a plateau takes a metric: got another kind of schedule; report to the one that "
              "tl_schedule_plateau gave");
    const bool changed = o.plateau->report(metric);
    if (reduced) *reduced = changed;
  });
}

TL_API tl_status tl_optimizer_check_plateau(tl_optimizer* optimizer, tl_schedule* schedule, bool maximize) {
  const char* op = "optimizer_check_plateau";
  return with_optimizer(optimizer, op, [&](Session& s, optim::Optimizer& o) {
    const auto& given = object_of<ScheduleObject>(s, schedule, Kind::kSchedule, op, "schedule");
    if (!given.plateau)
      invalid(
          "[", op,
          "] 'schedule' must be a plateau, which alone takes a metric: got another kind of schedule; give "
          "the one that schedule_plateau made, also where it stands within others");
    if (!o.follows(*given.plateau))
      invalid(
          "[", op, "] the steps of '", o.name(),
          "' must follow the plateau, or it changes nothing: got a plateau that is neither the schedule of "
          "the optimizer or of a group of it nor a part of these; give it to optimizer_set_schedule");
    if (given.plateau->maximize() != maximize)
      invalid("[", op,
              "] a plateau and its loop must agree on the way that the metric is to go: got one that is to ",
              maximize ? "rise, and a plateau for one that is to fall"
                       : "fall, and a plateau for one that is to rise",
              "; set 'maximize' of both alike");
  });
}

TL_API tl_schedule* tl_schedule_custom(tl_context* context, const char* name, tl_rate_callback callback,
                                       void* user_data, tl_destroy_callback destroy) {
  const char* op = "schedule_custom";
  Entered inside(context);  // a callback that comes after a failure cannot end the context either
  bool taken = false;
  tl_schedule* out = make(context, op, [&](Session& s) {
    taken = true;
    std::shared_ptr<void> owner = lent(user_data, destroy);
    if (!callback)
      invalid("[", op, "] 'callback' must be a function: got NULL; pass the one that gives the rate");
    return make_schedule(
        s, std::make_shared<CustomSchedule>(s, checked_text(op, "name", name), callback, std::move(owner)));
  });
  if (!taken && destroy) destroy(user_data);
  return out;
}

TL_API double tl_schedule_rate(tl_schedule* schedule, int64_t step) {
  double out = NAN;
  (void)query<ScheduleObject>(schedule, Kind::kSchedule, "schedule_rate",
                              [&](Session&, ScheduleObject& o) { out = o.schedule->rate(step); });
  return out;
}

TL_API tl_schedule* tl_schedule_keep(tl_schedule* schedule) {
  return keep(schedule, Kind::kSchedule, "schedule_keep") ? schedule : nullptr;
}
TL_API void tl_schedule_release(tl_schedule* schedule) { release_from_any_thread(schedule, Kind::kSchedule); }

TL_API tl_status tl_optimizer_set_schedule(tl_optimizer* optimizer, tl_schedule* schedule) {
  const char* op = "optimizer_set_schedule";
  return with_optimizer(optimizer, op, [&](Session& s, optim::Optimizer& o) {
    o.set_schedule(schedule ? schedule_of(s, schedule, op, "schedule") : nullptr);
  });
}

}  // extern "C"
