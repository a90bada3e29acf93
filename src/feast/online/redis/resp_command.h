#pragma once
#include <charconv>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

namespace feast {

/// Commands in Redis' protocol, appended to `out`: the head with the number of arguments (the
/// command's name counts), then each argument.
inline void AppendCommandHead(size_t arguments, std::string* out) {
  char head[24] = {'*'};
  char* end = std::to_chars(head + 1, head + 22, arguments).ptr;
  *end++ = '\r';
  *end++ = '\n';
  out->append(head, static_cast<size_t>(end - head));
}

/// An argument whose bytes the caller appends next, followed by AppendArgumentEnd.
inline void AppendArgumentHead(size_t size, std::string* out) {
  char head[24] = {'$'};
  char* end = std::to_chars(head + 1, head + 22, size).ptr;
  *end++ = '\r';
  *end++ = '\n';
  out->append(head, static_cast<size_t>(end - head));
}
inline void AppendArgumentEnd(std::string* out) { out->append("\r\n", 2); }

inline void AppendArgument(std::string_view bytes, std::string* out) {
  AppendArgumentHead(bytes.size(), out);
  out->append(bytes);
  AppendArgumentEnd(out);
}
inline void AppendArgument(uint64_t number, std::string* out) {
  char text[20];
  char* end = std::to_chars(text, text + sizeof(text), number).ptr;
  AppendArgument(std::string_view(text, static_cast<size_t>(end - text)), out);
}

inline void AppendCommand(std::initializer_list<std::string_view> arguments, std::string* out) {
  AppendCommandHead(arguments.size(), out);
  for (const std::string_view argument : arguments) AppendArgument(argument, out);
}

}  // namespace feast
