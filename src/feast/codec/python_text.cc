#include "feast/codec/python_text.h"

#include <charconv>
#include <cmath>

namespace feast {
namespace {

constexpr char kHexDigits[] = "0123456789abcdef";

void AppendHexEscape(unsigned char byte, std::string* out) {
  out->append("\\x");
  out->push_back(kHexDigits[byte >> 4]);
  out->push_back(kHexDigits[byte & 15]);
}

/// Quoted like Python: single quotes unless only single quotes occur; bytes also escape non-ASCII.
void AppendQuoted(std::string_view text, bool is_bytes, std::string* out) {
  const bool swap = text.find('\'') != text.npos && text.find('"') == text.npos;
  const char quote = swap ? '"' : '\'';
  if (is_bytes) out->push_back('b');
  out->push_back(quote);
  for (char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == quote || c == '\\') {
      out->push_back('\\');
      out->push_back(c);
    } else if (c == '\n') {
      out->append("\\n");
    } else if (c == '\r') {
      out->append("\\r");
    } else if (c == '\t') {
      out->append("\\t");
    } else if (byte < 0x20 || byte == 0x7f || (is_bytes && byte >= 0x80)) {
      AppendHexEscape(byte, out);
    } else {
      out->push_back(c);
    }
  }
  out->push_back(quote);
}

void AppendRepr(const RawValue& value, std::string* out);

struct ReprWriter {
  std::string* out;
  void operator()(std::monostate) const { out->append("None"); }
  void operator()(bool b) const { out->append(b ? "True" : "False"); }
  void operator()(int64_t i) const { out->append(std::to_string(i)); }
  void operator()(double d) const { AppendPythonDouble(d, out); }
  void operator()(const std::string& s) const { AppendQuoted(s, false, out); }
  void operator()(const RawBytes& b) const { AppendQuoted(b.bytes, true, out); }
  void operator()(const RawValue::List& list) const {
    out->push_back('[');
    for (size_t i = 0; i < list.size(); ++i) {
      if (i > 0) out->append(", ");
      AppendRepr(list[i], out);
    }
    out->push_back(']');
  }
  void operator()(const RawValue::Map& map) const {
    out->push_back('{');
    for (size_t i = 0; i < map.size(); ++i) {
      if (i > 0) out->append(", ");
      AppendQuoted(map[i].key, false, out);
      out->append(": ");
      AppendRepr(map[i].value, out);
    }
    out->push_back('}');
  }
};

void AppendRepr(const RawValue& value, std::string* out) {
  std::visit(ReprWriter{out}, value.data);
}

/// Reads one code point; damaged UTF-8 gives U+FFFD and one byte.
uint32_t NextCodePoint(std::string_view text, size_t* at) {
  const auto lead = static_cast<unsigned char>(text[*at]);
  const size_t size = lead < 0x80       ? 1
                      : lead >> 5 == 6  ? 2
                      : lead >> 4 == 14 ? 3
                      : lead >> 3 == 30 ? 4
                                        : 0;
  if (size == 0 || *at + size > text.size()) {
    ++*at;
    return 0xfffd;
  }
  uint32_t point = size == 1 ? lead : lead & (0x7f >> size);
  for (size_t i = 1; i < size; ++i) {
    const auto byte = static_cast<unsigned char>(text[*at + i]);
    if (byte >> 6 != 2) {
      ++*at;
      return 0xfffd;
    }
    point = point << 6 | (byte & 0x3f);
  }
  *at += size;
  return point;
}

void AppendUnicodeEscape(uint32_t unit, std::string* out) {
  out->append("\\u");
  for (int shift = 12; shift >= 0; shift -= 4) out->push_back(kHexDigits[unit >> shift & 15]);
}

void AppendAsciiJsonString(std::string_view text, std::string* out) {
  out->push_back('"');
  for (size_t at = 0; at < text.size();) {
    const uint32_t point = NextCodePoint(text, &at);
    switch (point) {
      case '"':
        out->append("\\\"");
        break;
      case '\\':
        out->append("\\\\");
        break;
      case '\n':
        out->append("\\n");
        break;
      case '\r':
        out->append("\\r");
        break;
      case '\t':
        out->append("\\t");
        break;
      case '\b':
        out->append("\\b");
        break;
      case '\f':
        out->append("\\f");
        break;
      default:
        if (point >= 0x20 && point < 0x7f) {
          out->push_back(static_cast<char>(point));
        } else if (point < 0x10000) {
          AppendUnicodeEscape(point, out);
        } else {
          AppendUnicodeEscape(0xd800 + ((point - 0x10000) >> 10), out);
          AppendUnicodeEscape(0xdc00 + ((point - 0x10000) & 0x3ff), out);
        }
    }
  }
  out->push_back('"');
}

struct DumpsWriter {
  std::string* out;
  void operator()(std::monostate) const { out->append("null"); }
  void operator()(bool b) const { out->append(b ? "true" : "false"); }
  void operator()(int64_t i) const { out->append(std::to_string(i)); }
  void operator()(double d) const {
    if (std::isnan(d)) {
      out->append("NaN");
    } else if (std::isinf(d)) {
      out->append(d < 0 ? "-Infinity" : "Infinity");
    } else {
      AppendPythonDouble(d, out);
    }
  }
  void operator()(const std::string& s) const { AppendAsciiJsonString(s, out); }
  void operator()(const RawBytes& b) const {
    out->push_back('"');
    AppendBase64(b.bytes, out);
    out->push_back('"');
  }
  void operator()(const RawValue::List& list) const {
    out->push_back('[');
    for (size_t i = 0; i < list.size(); ++i) {
      if (i > 0) out->append(", ");
      AppendPythonJson(list[i], out);
    }
    out->push_back(']');
  }
  void operator()(const RawValue::Map& map) const {
    out->push_back('{');
    for (size_t i = 0; i < map.size(); ++i) {
      if (i > 0) out->append(", ");
      AppendAsciiJsonString(map[i].key, out);
      out->append(": ");
      AppendPythonJson(map[i].value, out);
    }
    out->push_back('}');
  }
};

}  // namespace

void AppendPythonDouble(double value, std::string* out) {
  if (std::isnan(value)) {
    out->append("nan");
    return;
  }
  if (std::isinf(value)) {
    out->append(value < 0 ? "-inf" : "inf");
    return;
  }
  // Python writes plain digits for 1e-4 <= |x| < 1e16 and an exponent otherwise.
  const double size = std::fabs(value);
  const bool plain = size == 0 || (size >= 1e-4 && size < 1e16);
  char text[64];
  const auto end = std::to_chars(text, text + sizeof(text), value,
                                 plain ? std::chars_format::fixed : std::chars_format::scientific);
  const std::string_view digits(text, static_cast<size_t>(end.ptr - text));
  out->append(digits);
  if (plain && digits.find('.') == digits.npos) out->append(".0");
}

void AppendPythonStr(const RawValue& value, std::string* out) {
  if (const auto* text = std::get_if<std::string>(&value.data)) {
    out->append(*text);
  } else {
    AppendRepr(value, out);
  }
}

void AppendPythonJson(const RawValue& value, std::string* out) {
  std::visit(DumpsWriter{out}, value.data);
}

void AppendBase64(std::string_view bytes, std::string* out) {
  static constexpr char kAlphabet[] =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  for (size_t i = 0; i < bytes.size(); i += 3) {
    const size_t left = bytes.size() - i;
    const auto byte = [&](size_t n) -> uint32_t {
      return n < left ? static_cast<unsigned char>(bytes[i + n]) : 0;
    };
    const uint32_t group = byte(0) << 16 | byte(1) << 8 | byte(2);
    out->push_back(kAlphabet[group >> 18]);
    out->push_back(kAlphabet[group >> 12 & 63]);
    out->push_back(left > 1 ? kAlphabet[group >> 6 & 63] : '=');
    out->push_back(left > 2 ? kAlphabet[group & 63] : '=');
  }
}

}  // namespace feast
