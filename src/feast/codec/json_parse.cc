#include <simdjson.h>

#include <algorithm>
#include <array>
#include <limits>
#include <map>
#include <utility>

#include "feast/codec/value_json.h"

namespace feast {
namespace {

using simdjson::dom::element;
using simdjson::dom::element_type;

/// Turns simdjson's document into ours. The n-th null of the text, counted from 0, becomes
/// `numbers[n]` where that is given: numbers that JSON lacks were rewritten as null.
/// Thread-compatible.
class Converter {
 public:
  explicit Converter(std::map<size_t, double> numbers) : numbers_(std::move(numbers)) {}

  RawValue Convert(const element& node) {
    switch (node.type()) {
      case element_type::ARRAY: {
        RawValue::List list;
        const simdjson::dom::array array = node.get_array().value_unsafe();
        list.reserve(array.size());
        for (const element item : array) list.push_back(Convert(item));
        return {std::move(list)};
      }
      case element_type::OBJECT: {
        RawValue::Map map;
        const simdjson::dom::object object = node.get_object().value_unsafe();
        for (const auto field : object) {
          map.push_back({std::string(field.key), Convert(field.value)});
        }
        return {std::move(map)};
      }
      case element_type::INT64:
        return {node.get_int64().value_unsafe()};
      case element_type::UINT64:
        return {static_cast<double>(node.get_uint64().value_unsafe())};
      case element_type::DOUBLE:
        return {node.get_double().value_unsafe()};
      case element_type::STRING:
        return {std::string(node.get_string().value_unsafe())};
      case element_type::BOOL:
        return {node.get_bool().value_unsafe()};
      default:
        return Null();
    }
  }

 private:
  RawValue Null() {
    if (numbers_.empty()) return {};
    const auto found = numbers_.find(nulls_++);
    return found == numbers_.end() ? RawValue() : RawValue{found->second};
  }

  const std::map<size_t, double> numbers_;
  size_t nulls_ = 0;
};

/// Where a bracket or quote first does not fit: near enough to find the damage by eye.
size_t OffsetOfDamage(std::string_view text) {
  std::string open;
  bool quoted = false;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quoted) {
      if (c == '\\')
        ++i;
      else if (c == '"')
        quoted = false;
    } else if (c == '"') {
      quoted = true;
    } else if (c == '[' || c == '{') {
      open.push_back(c);
    } else if (c == ']' || c == '}') {
      if (open.empty() || (open.back() == '[') != (c == ']')) return i;
      open.pop_back();
      if (open.empty()) return i + 1;
    }
  }
  return text.size();
}

/// The text with ".0" after every integer of 19 digits or more, so that it parses as a double.
std::string LongIntegersAsDoubles(std::string_view text) {
  std::string out;
  bool quoted = false;
  for (size_t i = 0; i < text.size(); ++i) {
    out.push_back(text[i]);
    if (quoted && text[i] == '\\' && i + 1 < text.size()) {
      out.push_back(text[++i]);
    } else if (text[i] == '"') {
      quoted = !quoted;
    } else if (!quoted && text[i] >= '0' && text[i] <= '9') {
      const size_t end = std::min(text.find_first_not_of("0123456789.eE+-", i), text.size());
      const std::string_view number = text.substr(i, end - i);
      out.append(number.substr(1));
      if (number.size() >= 19 && number.find_first_of(".eE+-") == number.npos) out.append(".0");
      i = end - 1;
    }
  }
  return out;
}

/// `text` with null for each NaN and infinity; `numbers` says which nulls those are.
std::string WithoutPythonNumbers(std::string_view text, std::map<size_t, double>* numbers) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  static constexpr std::array<std::pair<std::string_view, double>, 3> kWords = {
      {{"NaN", std::numeric_limits<double>::quiet_NaN()},
       {"Infinity", kInfinity},
       {"-Infinity", -kInfinity}}};
  std::string out;
  bool quoted = false;
  size_t nulls = 0;
  while (!text.empty()) {
    if (quoted && text[0] == '\\') {
      out += text.substr(0, 2);
      text.remove_prefix(std::min<size_t>(2, text.size()));
      continue;
    }
    if (text[0] == '"') quoted = !quoted;
    const auto word = std::ranges::find_if(
        kWords, [&](const auto& one) { return !quoted && text.starts_with(one.first); });
    if (word != kWords.end()) {
      (*numbers)[nulls++] = word->second;
      out += "null";
      text.remove_prefix(word->first.size());
      continue;
    }
    if (!quoted && text.starts_with("null")) ++nulls;
    out += text[0];
    text.remove_prefix(1);
  }
  return out;
}

StatusCode CodeOf(simdjson::error_code error) {
  if (error == simdjson::DEPTH_ERROR) return StatusCode::kOutOfRange;
  if (error == simdjson::UTF8_ERROR) return StatusCode::kDataLoss;
  return StatusCode::kInvalidArgument;
}

Result<RawValue> Parse(std::string_view text, int max_depth,
                       const std::map<size_t, double>& numbers) {
  simdjson::dom::parser parser;
  element root;
  auto error = parser.allocate(text.size(), static_cast<size_t>(max_depth));
  if (!error) error = parser.parse(text.data(), text.size()).get(root);
  if (error == simdjson::NUMBER_ERROR) {
    // simdjson refuses integers beyond 64 bits: those become doubles.
    const std::string rewritten = LongIntegersAsDoubles(text);
    error = parser.parse(rewritten).get(root);
  }
  if (error) {
    return Status(CodeOf(error), std::string("invalid JSON: ") + simdjson::error_message(error) +
                                     " (near offset " + std::to_string(OffsetOfDamage(text)) +
                                     " of " + std::to_string(text.size()) + ")");
  }
  return Converter(numbers).Convert(root);
}

}  // namespace

Result<RawValue> ParseJson(std::string_view text, int max_depth) {
  auto parsed = Parse(text, max_depth, {});
  if (!parsed.ok()) return Status::InvalidArgument(parsed.status().message());
  return parsed;
}

Result<RawValue> ParsePythonJson(std::string_view text, int max_depth) {
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
  auto parsed = Parse(text, max_depth, {});
  if (parsed.ok() || parsed.status().code() != StatusCode::kInvalidArgument) return parsed;
  std::map<size_t, double> numbers;
  const std::string rewritten = WithoutPythonNumbers(text, &numbers);
  if (numbers.empty()) return parsed;
  return Parse(rewritten, max_depth, numbers);
}

}  // namespace feast
