#include "feast/codec/utf8.h"

#include <simdjson.h>

#include <algorithm>

namespace feast {

bool IsUtf8(std::string_view text) {
  // Most names and keys are short ASCII: not worth a call through simdjson's dispatch.
  if (text.size() < 32 && std::ranges::all_of(text, [](char c) { return c >= 0; })) return true;
  return simdjson::validate_utf8(text.data(), text.size());
}

}  // namespace feast
