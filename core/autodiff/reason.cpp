#include "core/autodiff/reason.h"

#include "core/base/error.h"

namespace tl {
namespace {

std::string place(const Finding& f) {
  if (f.place.empty()) return "it";
  std::string text = f.step ? concat("op ", f.step, ", '", f.place, "'") : concat("'", f.place, "'");
  if (f.has_result) text += concat(" (result ", f.dtype, " ", f.shape, ")");
  return text;
}

// What happened, and what to do about it.
std::string cause(const Finding& f, const std::string& source) {
  switch (f.reason) {
    case Reason::kConnected: return "";
    case Reason::kNotWatched:
      return concat(
          source, " was not watched",
          f.place.empty() ? std::string() : concat(" when ", place(f), " used it"),
          "; watch it before it is used (a trainable variable is watched when it is read, unless the tape "
          "ignores variables)");
    case Reason::kWatchedLate:
      return concat(f.place.empty() ? std::string("the target") : place(f), " was computed before ", source,
                    " was watched; watch it first, then compute");
    case Reason::kPaused:
      return concat(f.place.empty() ? std::string("the target") : place(f),
                    " ran while the tape was paused; resume the tape before it");
    case Reason::kReset:
      return concat(
          f.place.empty() ? std::string("the target was computed, or the source watched,")
                          : place(f) + " ran",
          " before the tape was reset, which forgets records and watches; watch and compute after the reset");
    case Reason::kInteger:
      return concat(place(f),
                    " gives integers or bools, through which no gradient passes; stay in floating point");
    case Reason::kStopGradient:
      return concat(place(f), " cuts the path on purpose; use its operand where the gradient is wanted");
    case Reason::kAssigned:
      return concat(
          "the value was assigned to variable '", f.place,
          "', and no gradient passes through an assignment; use the value itself, or grad_pass_through");
    case Reason::kNotDifferentiable:
      return concat(place(f), " has no gradient; use a differentiable op in its place");
    case Reason::kRuleGaveNone:
      return concat("the gradient rule of ", place(f),
                    " gave none; return a gradient for this input where there is one");
    case Reason::kNotRead:
      return concat(source, " was not read while the tape recorded; use it inside the tape's block");
    case Reason::kOutside:
      return concat(
          f.place.empty() ? std::string("the target") : place(f),
          " was computed before the tape began or after it ended; compute it while the tape records");
    case Reason::kIndependent:
      return concat("no chain of ops leads from ", source,
                    " to it; was the variable replaced by another, or did the value pass through the "
                    "program's memory?");
    case Reason::kUnknown:
      return concat("it was computed from values that the tape did not see being made, before ", source,
                    " was watched or while the tape did not record");
  }
  return "the reason is unknown";
}

}  // namespace

const char* name_of(Reason reason) {
  switch (reason) {
    case Reason::kConnected: return "connected";
    case Reason::kNotWatched: return "not watched";
    case Reason::kWatchedLate: return "recorded before the watch";
    case Reason::kPaused: return "paused";
    case Reason::kReset: return "reset";
    case Reason::kInteger: return "integer on the path";
    case Reason::kStopGradient: return "cut by stop_gradient";
    case Reason::kAssigned: return "passed through an assignment";
    case Reason::kNotDifferentiable: return "op not differentiable";
    case Reason::kRuleGaveNone: return "rule gave none";
    case Reason::kNotRead: return "variable not read";
    case Reason::kOutside: return "computed outside the tape";
    case Reason::kIndependent: return "independent";
    case Reason::kUnknown: return "unknown";
  }
  return "unknown reason";
}

std::string describe(const Finding& f, const std::string& target, const std::string& source,
                     bool tape_explains) {
  if (f.reason == Reason::kConnected)
    return concat(target, " depends on ", source, ": ops with gradients lead from one to the other");
  std::string text = concat("no gradient of ", target, " with respect to ", source, " (", name_of(f.reason),
                            "): ", cause(f, source));
  if (f.others)
    text += concat("; the path breaks in ", f.others, f.others == 1 ? " more place" : " more places");
  const bool vague = f.reason == Reason::kUnknown || f.reason == Reason::kIndependent || f.place.empty();
  if (vague && !tape_explains && f.reason != Reason::kNotRead)
    text += "; begin the tape with the option explain to learn the exact place";
  return text;
}

}  // namespace tl
