// Words: how a function says what an op that it calls has found wrong, as data, so that who runs the op again without the function
// says the same.
#pragma once

#include <optional>
#include <string>

#include "core/base/error.h"
#include "core/tensor/context.h"

namespace tl {

struct Words {
  // What they keep of the op's message.
  enum class Keep : uint8_t {
    kAll,         // "<before><message>"
    kBehindName,  // "[<before>] ...": another name
    kFound,       // "<before><value> at position <position><after>"
  };
  Code code;  // errors with another code stay as they are
  Keep keep;
  std::string before, after = {};

  // Throws the error in these words; returns where it is none that they are for.
  void tell(const Error& e) const;
  friend bool operator==(const Words& a, const Words& b) {
    return a.code == b.code && a.keep == b.keep && a.before == b.before && a.after == b.after;
  }
};

// While it lives, observers know in which words errors of the ops that run come out. One at a time.
class InWords {
 public:
  InWords(Context& context, Words words);
  ~InWords();
  InWords(const InWords&) = delete;
  InWords& operator=(const InWords&) = delete;

 private:
  Context& context_;
};

// f(), which runs ops, with errors in the words that words() gives. These are made for an error or an observer only.
template <class MakeWords, class F>
auto in_words(Context& context, MakeWords&& words, F&& f) {
  std::optional<InWords> known;
  if (context.observed()) known.emplace(context, words());
  try {
    return f();
  } catch (const Error& e) {
    words().tell(e);
    throw;
  }
}

}  // namespace tl
