#include "feast/base/sql_text.h"

namespace feast {
namespace {

std::string Quoted(std::string_view text, char quote) {
  std::string out(1, quote);
  for (const char c : text) {
    if (c == quote) out += quote;
    out += c;
  }
  return out + quote;
}

}  // namespace

std::string SqlName(std::string_view name) { return Quoted(name, '"'); }

std::string SqlText(std::string_view text) { return Quoted(text, '\''); }

}  // namespace feast
