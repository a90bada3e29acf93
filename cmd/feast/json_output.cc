#include "json_output.h"

#include <algorithm>
#include <cctype>

namespace feast::cmd {
namespace {

void NewLine(int depth, int indent, std::string* out) {
  out->push_back('\n');
  out->append(static_cast<size_t>(depth) * static_cast<size_t>(indent), ' ');
}

/// The end of the string that begins at `from`.
size_t EndOfString(std::string_view json, size_t from) {
  size_t at = from + 1;
  while (at < json.size() && json[at] != '"') at += json[at] == '\\' ? 2 : 1;
  return std::min(at + 1, json.size());
}

}  // namespace

std::string IndentJson(std::string_view json, int indent) {
  std::string out;
  int depth = 0;
  for (size_t at = 0; at < json.size(); ++at) {
    const char c = json[at];
    if (c == '"') {
      const size_t end = EndOfString(json, at);
      out.append(json.substr(at, end - at));
      at = end - 1;
    } else if (c == '{' || c == '[') {
      out.push_back(c);
      size_t next = at + 1;
      while (next < json.size() && std::isspace(static_cast<unsigned char>(json[next]))) ++next;
      if (next < json.size() && (json[next] == '}' || json[next] == ']')) {
        out.push_back(json[next]);
        at = next;
      } else {
        NewLine(++depth, indent, &out);
      }
    } else if (c == '}' || c == ']') {
      NewLine(--depth, indent, &out);
      out.push_back(c);
    } else if (c == ',') {
      out.push_back(c);
      NewLine(depth, indent, &out);
    } else if (c == ':') {
      out += ": ";
    } else if (!std::isspace(static_cast<unsigned char>(c))) {
      out.push_back(c);
    }
  }
  return out;
}

}  // namespace feast::cmd
