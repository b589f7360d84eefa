#include "core/optim/plateau.h"

#include <cmath>
#include <limits>

#include "core/base/error.h"
#include "core/optim/host_scalar.h"

namespace tl::optim {
namespace {

double number_in(const VariableRef& v) { return v->value().data<double>()[0]; }
int64_t count_in(const VariableRef& v) { return v->value().data<int64_t>()[0]; }

void check(const char* name, const PlateauOptions& o) {
  if (!(o.factor > 0 && o.factor < 1))
    invalid("[", name, "] 'factor' must be in (0, 1): got ", o.factor, "; the rate is multiplied by it");
  if (o.patience < 1)
    invalid("[", name, "] 'patience' must be at least 1: got ", o.patience, "; it counts reports");
  if (o.cooldown < 0)
    invalid("[", name, "] 'cooldown' must not be negative: got ", o.cooldown, "; it counts reports");
  for (auto [what, value] : {std::pair{"min_delta", o.min_delta}, {"min_rate", o.min_rate}})
    if (!(value >= 0) || std::isinf(value))
      invalid("[", name, "] '", what, "' must be a finite number that is not negative: got ", value,
              "; check how it was computed");
}

}  // namespace

Plateau::Plateau(Context& context, const SchedulePtr& base, const PlateauOptions& options)
    : Schedule("schedule_plateau", {base}), context_(context), options_(options) {
  const char* name = "schedule_plateau";
  if (!base) invalid("[", name, "] 'base' must be a schedule: got null; was it made?");
  check(name, options_);
  const double worst =
      options_.maximize ? -std::numeric_limits<double>::infinity() : std::numeric_limits<double>::infinity();
  auto variable = [&](Tensor value, const char* what) {
    return VariableRef::make(std::move(value), options_.name + "/" + what, false);
  };
  scale_ = variable(scalar_of(context, 1.0), "scale");
  best_ = variable(scalar_of(context, worst), "best");
  wait_ = variable(scalar_of(context, int64_t{0}), "wait");
  cooldown_ = variable(scalar_of(context, int64_t{0}), "cooldown");
}

void Plateau::list_own_variables(std::vector<VariableRef>& list) const {
  for (const VariableRef& v : {scale_, best_, wait_, cooldown_}) list.push_back(v);
}

// The program may assign to it, as loading a checkpoint does.
double Plateau::scale() const {
  const double scale = number_in(scale_);
  if (!(scale >= 0 && scale <= 1))
    invalid("[schedule_plateau] the variable '", scale_->name(), "' must be in [0, 1]: got ", scale,
            "; was the wrong value assigned or loaded?");
  return scale;
}

double Plateau::at(int64_t step) const {
  const double rate = parts()[0]->rate(step);
  return std::fmax(rate * scale(), std::fmin(options_.min_rate, rate));
}

// Where the rate of the base is the same for all steps, it is known here whether the least one has been reached.
bool Plateau::can_fall() const { return !parts()[0]->is_constant() || rate(0) > options_.min_rate; }

bool Plateau::report(double metric) {
  context_.note_host_read(scale_->peek(), "schedule_report");
  const double best = number_in(best_), scale_now = scale();
  const bool better =
      options_.maximize ? metric > best + options_.min_delta : metric < best - options_.min_delta;
  int64_t wait = count_in(wait_), cooldown = count_in(cooldown_);
  bool reduced = false;
  if (cooldown > 0) cooldown--, wait = 0;
  if (better) {
    wait = 0;
  } else if (cooldown == 0 && ++wait >= options_.patience && can_fall()) {
    reduced = true;
    wait = 0;
    cooldown = options_.cooldown;
  }
  // All memory first, then the changes, which cannot fail.
  Tensor scale_after = scalar_of(context_, reduced ? scale_now * options_.factor : scale_now);
  Tensor best_after = scalar_of(context_, better ? metric : best);
  Tensor wait_after = scalar_of(context_, wait), cooldown_after = scalar_of(context_, cooldown);
  scale_->put(std::move(scale_after));
  best_->put(std::move(best_after));
  wait_->put(std::move(wait_after));
  cooldown_->put(std::move(cooldown_after));
  return reduced;
}

}  // namespace tl::optim
