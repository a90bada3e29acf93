#include "feast/config/settings.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>

namespace feast {
namespace {

/// YAML 1.1's words, as PyYAML takes them.
constexpr std::array<std::string_view, 9> kTrue = {"yes",  "Yes", "YES", "true", "True",
                                                   "TRUE", "on",  "On",  "ON"};
constexpr std::array<std::string_view, 9> kFalse = {"no",    "No",  "NO",  "false", "False",
                                                    "FALSE", "off", "Off", "OFF"};

/// Their `type` is read before whoever reads the rest.
constexpr std::array<std::string_view, 5> kTypedSections = {
    "online_store", "offline_store", "batch_engine", "auth", "feature_server"};

template <typename Words>
bool OneOf(std::string_view text, const Words& words) {
  return std::find(words.begin(), words.end(), text) != words.end();
}

/// The value of a YAML 1.1 integer: decimal, 0x, 0b, or octal after a leading 0; '_' is ignored.
std::optional<int64_t> ParseInt(std::string_view text) {
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  if (text.empty() || text[0] == '_') return std::nullopt;
  std::string digits;
  std::copy_if(text.begin(), text.end(), std::back_inserter(digits),
               [](char c) { return c != '_'; });
  int radix = 10;
  size_t prefix = 0;
  if (digits.size() > 1 && digits[0] == '0') {
    radix = digits[1] == 'x' ? 16 : digits[1] == 'b' ? 2 : 8;
    prefix = radix == 8 ? 1 : 2;
  }
  uint64_t magnitude = 0;
  const char* end = digits.data() + digits.size();
  const auto parsed = std::from_chars(digits.data() + prefix, end, magnitude, radix);
  const uint64_t limit = uint64_t{1} << 63;
  if (parsed.ec != std::errc() || parsed.ptr != end || magnitude > limit ||
      (magnitude == limit && !negative)) {
    return std::nullopt;
  }
  return static_cast<int64_t>(negative ? uint64_t{0} - magnitude : magnitude);
}

/// The value of a YAML 1.1 float. As in PyYAML, "1e5" without a point is a string.
std::optional<double> ParseDouble(std::string_view text) {
  std::string_view unsigned_text = text;
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) unsigned_text.remove_prefix(1);
  if (unsigned_text == ".inf" || unsigned_text == ".Inf" || unsigned_text == ".INF") {
    const double infinity = std::numeric_limits<double>::infinity();
    return negative ? -infinity : infinity;
  }
  if (text == ".nan" || text == ".NaN" || text == ".NAN") return std::nan("");
  if (unsigned_text.size() < 2 || unsigned_text.find('.') == std::string_view::npos ||
      unsigned_text.find_first_not_of("0123456789._eE+-") != std::string_view::npos) {
    return std::nullopt;
  }
  std::string digits;
  std::copy_if(unsigned_text.begin(), unsigned_text.end(), std::back_inserter(digits),
               [](char c) { return c != '_'; });
  double value = 0;
  const char* end = digits.data() + digits.size();
  const auto parsed = std::from_chars(digits.data(), end, value);
  if (parsed.ec != std::errc() || parsed.ptr != end) return std::nullopt;
  return negative ? -value : value;
}

std::string Describe(const Setting& node) {
  switch (node.kind) {
    case Setting::Kind::kNull:
      return "null";
    case Setting::Kind::kList:
      return "a list";
    case Setting::Kind::kMap:
      return "a mapping";
    case Setting::Kind::kScalar:
      break;
  }
  constexpr std::array<std::string_view, 4> kNames = {"the string ", "the integer ", "the number ",
                                                      "the boolean "};
  const auto type = node.scalar_type();
  const std::string quote = type == Setting::ScalarType::kString ? "'" : "";
  return std::string(kNames[static_cast<size_t>(type)]) + quote + node.text + quote;
}

std::string Join(const std::vector<std::string>& words) {
  std::string joined;
  for (const std::string& word : words) joined += (joined.empty() ? "" : ", ") + word;
  return joined;
}

}  // namespace

Setting Setting::Scalar(std::string text, int line) {
  Setting setting;
  setting.kind = Kind::kScalar;
  setting.line = line;
  setting.text = std::move(text);
  return setting;
}

Setting Setting::Map(std::vector<Entry> entries, int line) {
  Setting setting;
  setting.kind = Kind::kMap;
  setting.line = line;
  setting.entries = std::move(entries);
  return setting;
}

const Setting* Setting::Find(std::string_view key) const {
  for (const auto& [name, value] : entries) {
    if (name == key) return &value;
  }
  return nullptr;
}

Setting::ScalarType Setting::scalar_type() const {
  if (quoted) return ScalarType::kString;
  if (OneOf(text, kTrue) || OneOf(text, kFalse)) return ScalarType::kBool;
  if (ParseInt(text)) return ScalarType::kInt;
  if (ParseDouble(text)) return ScalarType::kDouble;
  return ScalarType::kString;
}

Status ConfigError(std::string_view file, int line, std::string_view what) {
  std::string message(file);
  if (line > 0) message += ", line " + std::to_string(line);
  message.append(": ").append(what);
  return Status::InvalidArgument(std::move(message), ErrorKind::kFeastConfigError);
}

SettingsReader::SettingsReader(std::string file, std::string section, const Setting& setting)
    : file_(std::move(file)), section_(std::move(section)), setting_(setting), known_{} {
  if (OneOf(section_, kTypedSections)) known_.emplace_back("type");
}

const Setting* SettingsReader::Node(std::string_view key) {
  if (!OneOf(key, known_)) known_.emplace_back(key);
  return setting_.Find(key);
}

Result<std::string> SettingsReader::String(std::string_view key,
                                           std::optional<std::string> fallback) {
  const Setting* node = Node(key);
  if (!node || node->kind == Setting::Kind::kNull) {
    if (fallback) return *std::move(fallback);
    return Missing(key);
  }
  if (!node->IsString()) return Wrong(key, *node, "a string (quote it)");
  return node->text;
}

Result<int64_t> SettingsReader::Int(std::string_view key, std::optional<int64_t> fallback) {
  const Setting* node = Node(key);
  if (!node || node->kind == Setting::Kind::kNull) {
    if (fallback) return *fallback;
    return Missing(key);
  }
  if (node->kind != Setting::Kind::kScalar || node->scalar_type() != Setting::ScalarType::kInt) {
    return Wrong(key, *node, "an integer");
  }
  return *ParseInt(node->text);
}

Result<double> SettingsReader::Double(std::string_view key, std::optional<double> fallback) {
  const Setting* node = Node(key);
  if (!node || node->kind == Setting::Kind::kNull) {
    if (fallback) return *fallback;
    return Missing(key);
  }
  if (node->kind == Setting::Kind::kScalar) {
    const auto type = node->scalar_type();
    if (type == Setting::ScalarType::kInt) return static_cast<double>(*ParseInt(node->text));
    if (type == Setting::ScalarType::kDouble) return *ParseDouble(node->text);
  }
  return Wrong(key, *node, "a number");
}

Result<bool> SettingsReader::Bool(std::string_view key, std::optional<bool> fallback) {
  const Setting* node = Node(key);
  if (!node || node->kind == Setting::Kind::kNull) {
    if (fallback) return *fallback;
    return Missing(key);
  }
  if (node->kind != Setting::Kind::kScalar || node->scalar_type() != Setting::ScalarType::kBool) {
    return Wrong(key, *node, "true or false");
  }
  return OneOf(node->text, kTrue);
}

Result<std::string> SettingsReader::Choice(std::string_view key,
                                           const std::vector<std::string>& allowed,
                                           std::optional<std::string> fallback) {
  const Setting* node = Node(key);
  if (!node || node->kind == Setting::Kind::kNull) {
    if (fallback) return *std::move(fallback);
    return Missing(key);
  }
  if (!node->IsString() || !OneOf(node->text, allowed)) {
    return Wrong(key, *node, "one of " + Join(allowed));
  }
  return node->text;
}

Status SettingsReader::Finish() {
  if (setting_.kind != Setting::Kind::kMap && setting_.kind != Setting::Kind::kNull) {
    return ConfigError(file_, setting_.line,
                       section_ + ": expected a mapping, not " + Describe(setting_));
  }
  const std::vector<std::string> unknown = UnknownKeys();
  if (unknown.empty()) return Status::OK();
  return ConfigError(file_, LineOf(unknown[0]),
                     PathOf(unknown[0]) + ": unknown option (known: " + KnownKeys() + ")");
}

std::vector<std::string> SettingsReader::UnknownKeys() const {
  std::vector<std::string> unknown;
  for (const auto& [key, value] : setting_.entries) {
    if (!OneOf(key, known_)) unknown.push_back(key);
  }
  return unknown;
}

int SettingsReader::LineOf(std::string_view key) const {
  const Setting* node = setting_.Find(key);
  return node ? node->line : setting_.line;
}

std::string SettingsReader::PathOf(std::string_view key) const {
  return (section_.empty() ? "" : section_ + ".") + std::string(key);
}

std::string SettingsReader::KnownKeys() const {
  std::vector<std::string> sorted = known_;
  std::sort(sorted.begin(), sorted.end());
  return Join(sorted);
}

Status SettingsReader::Wrong(std::string_view key, const Setting& node,
                             std::string_view expected) const {
  return ConfigError(
      file_, node.line,
      PathOf(key) + ": expected " + std::string(expected) + ", not " + Describe(node));
}

Status SettingsReader::Missing(std::string_view key) const {
  return ConfigError(file_, setting_.line, PathOf(key) + ": required, but missing");
}

}  // namespace feast
