#include "core/tensor/words.h"

#include <memory>

#include "core/tensor/recorder.h"

namespace tl {

void Words::tell(const Error& e) const {
  if (e.code() != code) return;
  const std::string& text = e.message();
  switch (keep) {
    case Keep::kAll: throw Error(code, before + text);
    case Keep::kBehindName: {
      const size_t end = text.find(']');
      if (text.empty() || text[0] != '[' || end == std::string::npos) return;
      throw Error(code, concat("[", before, text.substr(end)));
    }
    case Keep::kFound: {
      const size_t begin = text.find(": got "), end = text.find("; ");
      if (begin == std::string::npos || end == std::string::npos) return;
      throw Error(code, concat(before, text.substr(begin + 6, end - begin - 6), after));
    }
  }
}

InWords::InWords(Context& context, Words words) : context_(context) {
  const auto known = std::make_shared<const Words>(std::move(words));
  for (Observer* observer : context.observers()) observer->on_words(known);
}

InWords::~InWords() {
  for (Observer* observer : context_.observers()) observer->on_words(nullptr);
}

}  // namespace tl
