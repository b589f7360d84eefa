/* How an error of a call inside of the trainer becomes one of the call that the program made. */
#include "capi/trainer/errors.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

tl_status tl_trainer_refuse(tl_context *c, tl_status code, const char *op, const char *format, ...) {
  char text[1024];
  const int title = snprintf(text, sizeof text, "[%s] ", op);
  va_list values;
  va_start(values, format);
  (void)vsnprintf(text + title, sizeof text - (size_t)title, format, values);
  va_end(values);
  if (code <= TL_OK || code > TL_TIMED_OUT) code = TL_INVALID_ARGUMENT;
  return tl_set_error(c, code, text) == TL_OK ? tl_error_code(c) : TL_INVALID_ARGUMENT;
}

/* What stands behind "[call] "; NULL in any other message. */
static const char *rule_of(const char *message, const char *call) {
  const size_t length = strlen(call);
  const bool titled = message[0] == '[' && strncmp(message + 1, call, length) == 0 &&
                      strncmp(message + 1 + length, "] ", 2) == 0;
  return titled ? message + length + 3 : NULL;
}

/* The rest of a rule that begins with the name of an argument, "'dataset' must be ...", or with what stands for the first one; NULL of
 * one that does not. */
static const char *behind_name(const char *rule) {
  static const char first[] = "the first argument", stale[] = " is not a live handle";
  if (strncmp(rule, first, sizeof first - 1) == 0) return rule + sizeof first - 1;
  if (rule[0] == '\'') {
    const char *end = strstr(rule + 1, "' ");
    return end ? end + 1 : NULL;
  }
  const char *dead = strncmp(rule, "the ", 4) == 0 ? strstr(rule, stale) : NULL;
  return dead && !memchr(rule, ':', (size_t)(dead - rule)) ? dead : NULL;
}

/* The error becomes "[op] subject" and, behind `between`, the rest. It stays as it is where there is no memory for that. */
static tl_status rewrite(tl_context *c, const char *op, const char *subject, const char *between,
                         const char *rest) {
  const tl_status code = tl_error_code(c);
  const size_t room = strlen(op) + strlen(subject) + strlen(between) + strlen(rest) + 4;
  char *text = malloc(room);
  if (!text) return code;
  (void)snprintf(text, room, "[%s] %s%s%s", op, subject, between, rest);
  /* A request to cancel stays, which tl_clear_error() would take back. */
  if (tl_forget_error(c, code) == TL_OK) (void)tl_set_error(c, code, text);
  free(text);
  return tl_error_code(c);
}

tl_status tl_trainer_of(tl_context *c, const char *op, const char *call, const char *subject,
                        tl_status status) {
  if (status == TL_OK) return TL_OK;
  if (!tl_failed(c))
    return tl_trainer_refuse(
        c, status, op,
        "%s must belong to the context of the call: got something of another one, which holds the error; "
        "make it in this context",
        subject ? subject : "the model, the data and all else");
  const char *rule = rule_of(tl_error_message(c), call);
  if (!rule) return status;
  if (tl_error_code(c) == TL_CANCELLED) subject = NULL; /* which had no part in that */
  const char *rest = subject ? behind_name(rule) : NULL;
  if (rest) return rewrite(c, op, subject, "", rest);
  return rewrite(c, op, subject ? subject : "", subject ? ": " : "", rule);
}

tl_status tl_trainer_at(tl_context *c, const char *op, const char *place, tl_status status) {
  const char *rule = status != TL_OK && tl_failed(c) ? rule_of(tl_error_message(c), op) : NULL;
  return rule ? rewrite(c, op, place, ": ", rule) : status;
}
