#include "feast/online/redis/resp_reader.h"

#include <charconv>
#include <cstring>

namespace feast {
namespace {

constexpr int64_t kMaxText = 512LL << 20;  // Redis' own limit of a bulk string
constexpr int64_t kMaxItems = 1LL << 31;
constexpr size_t kMaxLine = 64 << 10;
constexpr size_t kEnd = 2;  // "\r\n"

RespOutcome Incomplete(size_t needed, size_t* size) {
  *size = needed;
  return RespOutcome::kIncomplete;
}

bool ParseNumber(std::string_view text, int64_t* number) {
  if (text.starts_with('+')) text.remove_prefix(1);
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), *number);
  return error == std::errc() && end == text.data() + text.size();
}

// `line` is what stands between the type and the end of the line; the text follows it.
RespOutcome ReadText(std::string_view bytes, std::string_view line, bool verbatim, RespToken* token,
                     size_t* size) {
  int64_t length = 0;
  if (!ParseNumber(line, &length) || length < -1 || length > kMaxText) return RespOutcome::kBroken;
  const size_t begin = 1 + line.size() + kEnd;
  if (length < 0) {
    token->kind = RespToken::Kind::kNull;
    token->text = {};
    *size = begin;
    return RespOutcome::kToken;
  }
  const size_t end = begin + static_cast<size_t>(length);
  if (bytes.size() < end + kEnd) return Incomplete(end + kEnd, size);
  if (bytes[end] != '\r' || bytes[end + 1] != '\n') return RespOutcome::kBroken;
  token->text = bytes.substr(begin, static_cast<size_t>(length));
  if (verbatim) {
    if (token->text.size() < 4 || token->text[3] != ':') return RespOutcome::kBroken;
    token->text.remove_prefix(4);
  }
  *size = end + kEnd;
  return RespOutcome::kToken;
}

RespOutcome ReadHead(char type, std::string_view line, RespToken* token) {
  if (!ParseNumber(line, &token->number) || token->number < -1 || token->number > kMaxItems) {
    return RespOutcome::kBroken;
  }
  token->kind = type == '>' ? RespToken::Kind::kPush : RespToken::Kind::kAggregate;
  if (token->number < 0) token->kind = RespToken::Kind::kNull;
  if (type == '%') token->number *= 2;
  return RespOutcome::kToken;
}

RespOutcome ReadScalar(char type, std::string_view line, RespToken* token) {
  token->text = line;
  switch (type) {
    case '+':
    case ',':
    case '(':
      token->kind = RespToken::Kind::kText;
      return RespOutcome::kToken;
    case '-':
      token->kind = RespToken::Kind::kError;
      return RespOutcome::kToken;
    case ':':
      token->kind = RespToken::Kind::kNumber;
      return ParseNumber(line, &token->number) ? RespOutcome::kToken : RespOutcome::kBroken;
    case '#':
      token->kind = RespToken::Kind::kNumber;
      token->number = line == "t" ? 1 : 0;
      return line == "t" || line == "f" ? RespOutcome::kToken : RespOutcome::kBroken;
    case '_':
      token->kind = RespToken::Kind::kNull;
      return line.empty() ? RespOutcome::kToken : RespOutcome::kBroken;
    default:
      return RespOutcome::kBroken;
  }
}

}  // namespace

RespOutcome ReadRespToken(std::string_view bytes, RespToken* token, size_t* size) {
  if (ReadShortRespText(bytes, token, size)) return RespOutcome::kToken;
  if (bytes.empty()) return Incomplete(1, size);
  const char type = bytes[0];
  if (std::strchr("$*%~>+-:_#,(!=", type) == nullptr || type == '\0') return RespOutcome::kBroken;
  const size_t newline = bytes.substr(0, kMaxLine).find('\n');
  if (newline == std::string_view::npos) {
    return bytes.size() < kMaxLine ? Incomplete(bytes.size() + 1, size) : RespOutcome::kBroken;
  }
  if (newline < 2 || bytes[newline - 1] != '\r') return RespOutcome::kBroken;
  const std::string_view line = bytes.substr(1, newline - 2);
  *size = newline + 1;
  switch (type) {
    case '$':
    case '=':
      token->kind = RespToken::Kind::kText;
      return ReadText(bytes, line, type == '=', token, size);
    case '!':
      token->kind = RespToken::Kind::kError;
      return ReadText(bytes, line, false, token, size);
    case '*':
    case '%':
    case '~':
    case '>':
      return ReadHead(type, line, token);
    default:
      return ReadScalar(type, line, token);
  }
}

}  // namespace feast
