#include <cmath>
#include <cstring>

#include "feast/codec/iso_time.h"
#include "feast/codec/python_text.h"
#include "feast/codec/value_json.h"

namespace feast {
namespace {

constexpr char kHexDigits[] = "0123456789abcdef";
constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

/// Length of the valid UTF-8 sequence at the front of `text`, or 0.
size_t SequenceLength(std::string_view text) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(0);
  if (lead < 0x80) return 1;
  const size_t size = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead > 0xf4 || text.size() < size) return 0;
  for (size_t i = 1; i < size; ++i) {
    if (byte(i) >> 6 != 2) return 0;
  }
  // Overlong forms, surrogates and points above U+10FFFF show in the second byte.
  if ((lead == 0xe0 && byte(1) < 0xa0) || (lead == 0xed && byte(1) > 0x9f) ||
      (lead == 0xf0 && byte(1) < 0x90) || (lead == 0xf4 && byte(1) > 0x8f)) {
    return 0;
  }
  return size;
}

/// How many bytes at the front of `text` stand for themselves, at least: it looks at eight at a
/// time.
size_t PlainPrefix(std::string_view text) {
  constexpr uint64_t kOnes = 0x0101010101010101;
  constexpr uint64_t kHighs = 0x8080808080808080;
  constexpr size_t kWord = sizeof(uint64_t);
  const auto has_zero = [](uint64_t word) { return (word - kOnes) & ~word & kHighs; };
  const auto is_plain = [&](size_t at) {
    uint64_t word = 0;
    std::memcpy(&word, text.data() + at, kWord);
    const uint64_t below_space = (word - kOnes * 0x20) & ~word & kHighs;
    return ((word & kHighs) | below_space | has_zero(word ^ kOnes * '"') |
            has_zero(word ^ kOnes * '\\')) == 0;
  };
  if (text.size() < kWord) return 0;
  size_t at = 0;
  for (; at + kWord <= text.size(); at += kWord) {
    if (!is_plain(at)) return at;
  }
  return is_plain(text.size() - kWord) ? text.size() : at;
}

void AppendControl(char c, std::string* out) {
  switch (c) {
    case '"':
      out->append("\\\"");
      return;
    case '\\':
      out->append("\\\\");
      return;
    case '\n':
      out->append("\\n");
      return;
    case '\r':
      out->append("\\r");
      return;
    case '\t':
      out->append("\\t");
      return;
    case '\b':
      out->append("\\b");
      return;
    case '\f':
      out->append("\\f");
      return;
    default:
      out->append("\\u00");
      out->push_back(kHexDigits[static_cast<unsigned char>(c) >> 4]);
      out->push_back(kHexDigits[c & 15]);
  }
}

}  // namespace

void AppendJsonString(std::string_view text, std::string* out) {
  out->push_back('"');
  size_t run = 0;  // bytes from here on are copied as they are
  for (size_t at = PlainPrefix(text); at < text.size();) {
    const auto byte = static_cast<unsigned char>(text[at]);
    if (byte >= 0x20 && byte < 0x80 && byte != '"' && byte != '\\') {
      ++at;
      continue;
    }
    const size_t size = byte < 0x80 ? 0 : SequenceLength(text.substr(at));
    if (size > 0) {
      at += size;
      continue;
    }
    out->append(text.substr(run, at - run));
    if (byte < 0x80)
      AppendControl(text[at], out);
    else
      out->append(kReplacement);
    run = ++at;
  }
  out->append(text.substr(run));
  out->push_back('"');
}

void AppendJsonDouble(double value, std::string* out) {
  if (std::isnan(value)) {
    out->append("\"NaN\"");
  } else if (std::isinf(value)) {
    out->append(value < 0 ? "\"-Infinity\"" : "\"Infinity\"");
  } else {
    AppendPythonDouble(value, out);
  }
}

void AppendRfc3339(Micros time, std::string* out) {
  AppendIsoTime(time, 'T', true, out);
  out->push_back('Z');
}

}  // namespace feast
