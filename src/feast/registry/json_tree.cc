#include "feast/registry/json_tree.h"

#include <simdjson.h>

#include <cstdint>
#include <cstdio>

namespace feast {
namespace {

std::string Trimmed(std::string_view text) {
  const size_t end = text.find_last_not_of(" \t\r\n");
  return std::string(text.substr(0, end == std::string_view::npos ? 0 : end + 1));
}

simdjson::error_code Read(simdjson::ondemand::value value, JsonTree* tree) {
  simdjson::ondemand::json_type type;
  if (auto error = value.type().get(type)) return error;
  switch (type) {
    case simdjson::ondemand::json_type::object: {
      tree->kind = JsonTree::Kind::kObject;
      simdjson::ondemand::object object;
      if (auto error = value.get_object().get(object)) return error;
      for (auto field : object) {
        std::string_view key;
        if (auto error = field.unescaped_key().get(key)) return error;
        JsonTree& member = tree->members[std::string(key)];
        simdjson::ondemand::value inner;
        if (auto error = field.value().get(inner)) return error;
        if (auto error = Read(inner, &member)) return error;
      }
      return simdjson::SUCCESS;
    }
    case simdjson::ondemand::json_type::array: {
      tree->kind = JsonTree::Kind::kArray;
      simdjson::ondemand::array array;
      if (auto error = value.get_array().get(array)) return error;
      for (auto element : array) {
        simdjson::ondemand::value inner;
        if (auto error = element.get(inner)) return error;
        if (auto error = Read(inner, &tree->items.emplace_back())) return error;
      }
      return simdjson::SUCCESS;
    }
    case simdjson::ondemand::json_type::string: {
      tree->kind = JsonTree::Kind::kString;
      std::string_view text;
      if (auto error = value.get_string().get(text)) return error;
      tree->text = std::string(text);
      return simdjson::SUCCESS;
    }
    default:
      tree->text = Trimmed(value.raw_json_token());
      // A boolean or null is consumed by reading it.
      return simdjson::SUCCESS;
  }
}

void AppendUnicode(uint32_t unit, std::string* out) {
  char buffer[8];
  std::snprintf(buffer, sizeof buffer, "\\u%04x", unit);
  *out += buffer;
}

/// Decodes one code point of valid UTF-8 and moves `*at` behind it.
uint32_t NextCodePoint(std::string_view text, size_t* at) {
  const auto byte = [&](size_t i) {
    return i < text.size() ? static_cast<uint8_t>(text[i]) : uint8_t{0};
  };
  const uint8_t first = byte(*at);
  const int more = first < 0x80 ? 0 : first < 0xe0 ? 1 : first < 0xf0 ? 2 : 3;
  uint32_t point = more == 0 ? first : first & (0x3f >> more);
  for (int i = 1; i <= more; ++i) point = point << 6 | (byte(*at + i) & 0x3f);
  *at += more + 1;
  return point;
}

void PrintString(std::string_view text, std::string* out) {
  *out += '"';
  for (size_t at = 0; at < text.size();) {
    const uint32_t point = NextCodePoint(text, &at);
    switch (point) {
      case '"':
        *out += "\\\"";
        break;
      case '\\':
        *out += "\\\\";
        break;
      case '\n':
        *out += "\\n";
        break;
      case '\r':
        *out += "\\r";
        break;
      case '\t':
        *out += "\\t";
        break;
      case '\b':
        *out += "\\b";
        break;
      case '\f':
        *out += "\\f";
        break;
      default:
        if (point >= 0x20 && point < 0x7f) {
          *out += static_cast<char>(point);
        } else if (point < 0x10000) {
          AppendUnicode(point, out);
        } else {
          AppendUnicode(0xd800 + ((point - 0x10000) >> 10), out);
          AppendUnicode(0xdc00 + ((point - 0x10000) & 0x3ff), out);
        }
    }
  }
  *out += '"';
}

void Print(const JsonTree& tree, size_t indent, std::string* out) {
  const bool is_array = tree.kind == JsonTree::Kind::kArray;
  if (tree.kind == JsonTree::Kind::kScalar) {
    *out += tree.text;
  } else if (tree.kind == JsonTree::Kind::kString) {
    PrintString(tree.text, out);
  } else if (is_array ? tree.items.empty() : tree.members.empty()) {
    *out += is_array ? "[]" : "{}";
  } else {
    const std::string margin = "\n" + std::string(indent + 2, ' ');
    *out += is_array ? '[' : '{';
    const char* separator = "";
    for (const JsonTree& item : tree.items) {
      *out += separator + margin;
      Print(item, indent + 2, out);
      separator = ",";
    }
    for (const auto& [key, member] : tree.members) {
      *out += separator + margin;
      PrintString(key, out);
      *out += ": ";
      Print(member, indent + 2, out);
      separator = ",";
    }
    *out += "\n" + std::string(indent, ' ') + (is_array ? ']' : '}');
  }
}

}  // namespace

Result<JsonTree> ParseJsonTree(std::string_view json) {
  simdjson::ondemand::parser parser;
  const simdjson::padded_string padded(json);
  simdjson::ondemand::document document;
  simdjson::ondemand::value value;
  JsonTree tree;
  auto error = parser.iterate(padded).get(document);
  if (!error) error = document.get_value().get(value);
  if (!error) error = Read(value, &tree);
  if (error)
    return Status::DataLoss(std::string("Invalid JSON: ") + simdjson::error_message(error));
  return tree;
}

std::string PrintJsonTree(const JsonTree& tree) {
  std::string text;
  Print(tree, 0, &text);
  return text;
}

}  // namespace feast
