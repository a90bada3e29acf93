#include "feast/server/http/body_fields.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <unordered_map>
#include <utility>

#include "feast/codec/value_json.h"

namespace feast {
namespace {

constexpr std::string_view kNotAnObject =
    "Input should be a valid dictionary or object to extract fields from";

std::string Quoted(std::string_view text) {
  std::string out;
  AppendJsonString(text, &out);
  return out;
}

void AppendRaw(const RawValue& value, std::string* out) {
  if (const auto* flag = std::get_if<bool>(&value.data)) {
    *out += *flag ? "true" : "false";
  } else if (const auto* integer = std::get_if<int64_t>(&value.data)) {
    *out += std::to_string(*integer);
  } else if (const auto* number = std::get_if<double>(&value.data)) {
    // What JSON has no number for is shown as text, as in our answers.
    if (std::isfinite(*number)) {
      AppendJsonDouble(*number, out);
    } else {
      *out += std::isnan(*number) ? "\"NaN\"" : *number > 0 ? "\"Infinity\"" : "\"-Infinity\"";
    }
  } else if (const auto* text = std::get_if<std::string>(&value.data)) {
    AppendJsonString(*text, out);
  } else if (const auto* list = std::get_if<RawValue::List>(&value.data)) {
    *out += '[';
    for (const RawValue& item : *list) {
      if (&item != list->data()) *out += ',';
      AppendRaw(item, out);
    }
    *out += ']';
  } else if (const auto* map = std::get_if<RawValue::Map>(&value.data)) {
    *out += '{';
    for (const auto& entry : *map) {
      if (&entry != map->data()) *out += ',';
      AppendJsonString(entry.key, out);
      *out += ':';
      AppendRaw(entry.value, out);
    }
    *out += '}';
  } else {
    *out += "null";
  }
}

}  // namespace

std::optional<bool> ParseFlag(std::string_view text) {
  static constexpr std::array<std::string_view, 6> kTrue = {"1", "on", "t", "true", "y", "yes"};
  static constexpr std::array<std::string_view, 6> kFalse = {"0", "off", "f", "false", "n", "no"};
  std::string lower(text);
  std::ranges::transform(lower, lower.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  if (std::ranges::find(kTrue, lower) != kTrue.end()) return true;
  if (std::ranges::find(kFalse, lower) != kFalse.end()) return false;
  return std::nullopt;
}

BodyFields::BodyFields(std::string_view body) {
  if (body.empty()) {
    Note("missing", "", "Field required", {});
    return;
  }
  auto parsed = ParsePythonJson(body);
  if (!parsed.ok() && parsed.status().code() != StatusCode::kInvalidArgument) {
    unreadable_ = parsed.status().message();
    return;
  }
  if (!parsed.ok()) {
    problems_.push_back(
        R"({"type":"json_invalid","loc":["body",0],"msg":"JSON decode error","input":{},"ctx":{"error":)" +
        Quoted(parsed.status().message()) + "}}");
    return;
  }
  body_ = *std::move(parsed);
  fields_ = std::get_if<RawValue::Map>(&body_.data);
  if (body_.is_null()) {
    Note("missing", "", "Field required", body_);
  } else if (!fields_) {
    Note("model_attributes_type", "", kNotAnObject, body_);
  }
}

void BodyFields::Note(std::string_view type, const std::string& loc, std::string_view message,
                      const RawValue& input, std::string_view part) {
  std::string problem = "{\"type\":" + Quoted(type) + ",\"loc\":[" + Quoted(part) + loc +
                        "],\"msg\":" + Quoted(message) + ",\"input\":";
  AppendRaw(input, &problem);
  problems_.push_back(problem + "}");
}

RawValue* BodyFields::Find(std::string_view name) {
  if (!fields_) return nullptr;
  // The last of repeated names wins, as in Python.
  for (auto entry = fields_->rbegin(); entry != fields_->rend(); ++entry) {
    if (entry->key == name) return &entry->value;
  }
  return nullptr;
}

RawValue* BodyFields::Require(std::string_view name) {
  RawValue* value = Find(name);
  if (!value && fields_) Note("missing", "," + Quoted(name), "Field required", body_);
  return value;
}

std::string BodyFields::Text(std::string_view name) {
  RawValue* value = Require(name);
  return value ? Text(name, "") : "";
}

std::string BodyFields::Text(std::string_view name, std::string_view fallback) {
  RawValue* value = Find(name);
  if (!value) return std::string(fallback);
  if (auto* text = std::get_if<std::string>(&value->data)) return std::move(*text);
  Note("string_type", "," + Quoted(name), "Input should be a valid string", *value);
  return "";
}

std::optional<std::string> BodyFields::OptionalText(std::string_view name) {
  RawValue* value = Find(name);
  if (!value || value->is_null()) return std::nullopt;
  return Text(name, "");
}

bool BodyFields::Flag(std::string_view name, bool fallback) {
  RawValue* value = Find(name);
  if (!value) return fallback;
  const std::string loc = "," + Quoted(name);
  if (const auto* flag = std::get_if<bool>(&value->data)) return *flag;
  std::string text;
  if (const auto* integer = std::get_if<int64_t>(&value->data)) {
    text = std::to_string(*integer);
  } else if (const auto* number = std::get_if<double>(&value->data)) {
    text = *number == 0 ? "0" : *number == 1 ? "1" : "?";
  } else if (const auto* string = std::get_if<std::string>(&value->data)) {
    text = *string;
  } else {
    Note("bool_type", loc, "Input should be a valid boolean", *value);
    return fallback;
  }
  if (const auto flag = ParseFlag(text)) return *flag;
  Note("bool_parsing", loc, "Input should be a valid boolean, unable to interpret input", *value);
  return fallback;
}

bool BodyFields::QueryFlag(const HttpRequest& request, std::string_view name, bool fallback) {
  const auto text = request.QueryParameter(name);
  if (!text) return fallback;
  if (const auto flag = ParseFlag(*text)) return *flag;
  Note("bool_parsing", "," + Quoted(name),
       "Input should be a valid boolean, unable to interpret input", RawValue{*text}, "query");
  return fallback;
}

std::vector<std::string> BodyFields::Texts(std::string_view name, RawValue& value) {
  std::vector<std::string> texts;
  auto* list = std::get_if<RawValue::List>(&value.data);
  const std::string loc = "," + Quoted(name);
  if (!list) {
    Note("list_type", loc, "Input should be a valid list", value);
    return texts;
  }
  for (size_t i = 0; i < list->size(); ++i) {
    if (auto* text = std::get_if<std::string>(&(*list)[i].data)) {
      texts.push_back(std::move(*text));
    } else {
      Note("string_type", loc + "," + std::to_string(i), "Input should be a valid string",
           (*list)[i]);
    }
  }
  return texts;
}

std::vector<std::string> BodyFields::TextList(std::string_view name) {
  RawValue* value = Find(name);
  return value ? Texts(name, *value) : std::vector<std::string>();
}

std::optional<std::vector<std::string>> BodyFields::OptionalTextList(std::string_view name) {
  RawValue* value = Find(name);
  if (!value || value->is_null()) return std::nullopt;
  return Texts(name, *value);
}

RawValue::Map BodyFields::Object(std::string_view name) {
  RawValue* value = Require(name);
  if (!value) return {};
  if (auto* map = std::get_if<RawValue::Map>(&value->data)) return std::move(*map);
  Note("dict_type", "," + Quoted(name), "Input should be a valid dictionary", *value);
  return {};
}

std::vector<std::pair<std::string, std::vector<RawValue>>> BodyFields::Columns(
    std::string_view name) {
  std::vector<std::pair<std::string, std::vector<RawValue>>> columns;
  RawValue::Map object = Object(name);
  std::unordered_map<std::string_view, size_t> places;
  for (auto& [column, value] : object) {
    auto* list = std::get_if<RawValue::List>(&value.data);
    if (!list) {
      Note("list_type", "," + Quoted(name) + "," + Quoted(column), "Input should be a valid list",
           value);
      continue;
    }
    const auto [place, is_new] = places.emplace(column, columns.size());
    if (is_new) {
      columns.emplace_back(column, std::move(*list));
    } else {
      columns[place->second].second = std::move(*list);
    }
  }
  return columns;
}

HttpResponse BodyFields::Refusal() const {
  if (!unreadable_.empty()) {
    return {400,
            "application/json",
            "{\"detail\":" + Quoted("There was an error parsing the body: " + unreadable_) + "}",
            {}};
  }
  std::string body = "{\"detail\":[";
  for (size_t i = 0; i < problems_.size(); ++i) {
    if (i > 0) body += ',';
    body += problems_[i];
  }
  return {422, "application/json", body + "]}", {}};
}

}  // namespace feast
