#include "json_output.h"

#include <google/protobuf/util/json_util.h>

#include <algorithm>
#include <cctype>
#include <cstring>

#include "feast/codec/value_json.h"
#include "feast/registry/json_tree.h"

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

// What YAML reads back as the same text without quotes; everything else is quoted.
bool IsPlain(std::string_view text) {
  if (text.empty() || !std::isalpha(static_cast<unsigned char>(text[0])) || text.back() == ' ') {
    return false;
  }
  for (const char c : text) {
    if (!std::isalnum(static_cast<unsigned char>(c)) && !std::strchr("_-./ ", c)) return false;
  }
  std::string lower;
  for (const char c : text) lower += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  for (const char* word : {"true", "false", "null", "yes", "no", "on", "off", "y", "n"}) {
    if (lower == word) return false;
  }
  return true;
}

void AppendText(const std::string& text, std::string* out) {
  if (IsPlain(text)) {
    *out += text;
  } else {
    AppendJsonString(text, out);
  }
}

// Appends a node whose first line continues the current one.
void AppendYaml(const JsonTree& node, int depth, std::string* out) {
  const std::string margin(static_cast<size_t>(depth) * 2, ' ');
  switch (node.kind) {
    case JsonTree::Kind::kScalar:
      *out += node.text + "\n";
      return;
    case JsonTree::Kind::kString:
      AppendText(node.text, out);
      *out += "\n";
      return;
    case JsonTree::Kind::kArray:
      if (node.items.empty()) *out += "[]\n";
      for (size_t i = 0; i < node.items.size(); ++i) {
        *out += (i ? margin : "") + "- ";
        AppendYaml(node.items[i], depth + 1, out);
      }
      return;
    case JsonTree::Kind::kObject:
      break;
  }
  if (node.members.empty()) *out += "{}\n";
  bool first = true;
  for (const auto& [key, value] : node.members) {
    if (!first) *out += margin;
    first = false;
    AppendText(key, out);
    *out += ":";
    const bool array = value.kind == JsonTree::Kind::kArray && !value.items.empty();
    const bool object = value.kind == JsonTree::Kind::kObject && !value.members.empty();
    *out += array ? "\n" + margin : object ? "\n" + margin + "  " : " ";
    AppendYaml(value, array ? depth : depth + 1, out);
  }
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

Result<std::string> MessageYaml(const google::protobuf::Message& message) {
  std::string json;
  const auto status = google::protobuf::util::MessageToJsonString(message, &json);
  if (!status.ok()) return Status::DataLoss("cannot print: " + status.ToString());
  FEAST_ASSIGN_OR_RETURN(const JsonTree tree, ParseJsonTree(json));
  std::string yaml;
  AppendYaml(tree, 0, &yaml);
  return yaml;
}

}  // namespace feast::cmd
