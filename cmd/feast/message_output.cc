#include "message_output.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/descriptor.pb.h>
#include <google/protobuf/util/json_util.h>

#include <algorithm>
#include <cctype>
#include <cstring>
#include <utility>
#include <vector>

#include "feast/codec/value_json.h"
#include "feast/registry/json_tree.h"

namespace feast::cmd {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;

struct Member {
  const std::string* key;
  const JsonTree* value;
  const Descriptor* type;  // of the value, or of its elements; null: a scalar, or not known
};

// The members of an object of the message `type`, in the order of the fields' numbers.
std::vector<Member> OrderedMembers(const JsonTree& object, const Descriptor* type) {
  std::vector<std::pair<int, Member>> found;
  for (const auto& [key, value] : object.members) {
    const FieldDescriptor* field = type ? type->FindFieldByCamelcaseName(key) : nullptr;
    found.push_back({field ? field->number() : 0,
                     Member{&key, &value, field ? field->message_type() : nullptr}});
  }
  std::ranges::stable_sort(found, {}, [](const auto& item) { return item.first; });
  std::vector<Member> members;
  members.reserve(found.size());
  for (auto& [number, member] : found) members.push_back(member);
  return members;
}

// A map is an object too, whose keys are no fields: it stays sorted by key.
std::vector<Member> MembersOf(const JsonTree& object, const Descriptor* type) {
  if (!type || !type->options().map_entry()) return OrderedMembers(object, type);
  std::vector<Member> members;
  const Descriptor* value_type = type->map_value()->message_type();
  for (const auto& [key, value] : object.members) members.push_back({&key, &value, value_type});
  return members;
}

void AppendJson(const JsonTree& node, const Descriptor* type, std::string* out) {
  switch (node.kind) {
    case JsonTree::Kind::kScalar:
      *out += node.text;
      return;
    case JsonTree::Kind::kString:
      AppendJsonString(node.text, out);
      return;
    case JsonTree::Kind::kArray:
      *out += "[";
      for (size_t i = 0; i < node.items.size(); ++i) {
        if (i) *out += ",";
        AppendJson(node.items[i], type, out);
      }
      *out += "]";
      return;
    case JsonTree::Kind::kObject:
      break;
  }
  *out += "{";
  for (const Member& member : MembersOf(node, type)) {
    if (out->back() != '{') *out += ",";
    AppendJsonString(*member.key, out);
    *out += ":";
    AppendJson(*member.value, member.type, out);
  }
  *out += "}";
}

// What YAML 1.1 reads as something else than text: numbers, times, truth values, null.
bool LooksTyped(std::string_view text) {
  if (std::strchr("+-.=~", text[0]) || text == "<<") return true;
  if (std::isdigit(static_cast<unsigned char>(text[0]))) {
    return text.find_first_not_of("0123456789abcdefABCDEFxXoOTtZz_:.+- ") == std::string_view::npos;
  }
  std::string lower(text);
  for (char& c : lower) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  for (const char* word : {"true", "false", "null", "yes", "no", "on", "off", "y", "n"}) {
    if (lower == word) return true;
  }
  return false;
}

bool NeedsEscapes(std::string_view text) {
  return std::ranges::any_of(text, [](unsigned char c) { return c < 0x20 || c == 0x7f; });
}

bool IsPlain(std::string_view text) {
  if (text.empty() || text.front() == ' ' || text.back() == ' ' || text.back() == ':') return false;
  if (std::strchr("#,[]{}&*!|>'\"%@`?:", text[0]) || LooksTyped(text)) return false;
  return text.find(": ") == std::string_view::npos && text.find(" #") == std::string_view::npos;
}

void AppendText(std::string_view text, std::string* out) {
  if (NeedsEscapes(text)) {
    AppendJsonString(text, out);
  } else if (IsPlain(text)) {
    *out += text;
  } else {
    *out += "'";
    for (const char c : text) *out += c == '\'' ? "''" : std::string(1, c);
    *out += "'";
  }
}

// Appends a node whose first line continues the current one.
void AppendYaml(const JsonTree& node, const Descriptor* type, int depth, std::string* out) {
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
        AppendYaml(node.items[i], type, depth + 1, out);
      }
      return;
    case JsonTree::Kind::kObject:
      break;
  }
  if (node.members.empty()) *out += "{}\n";
  bool first = true;
  for (const Member& member : MembersOf(node, type)) {
    if (!first) *out += margin;
    first = false;
    AppendText(*member.key, out);
    *out += ":";
    const JsonTree& value = *member.value;
    const bool array = value.kind == JsonTree::Kind::kArray && !value.items.empty();
    const bool object = value.kind == JsonTree::Kind::kObject && !value.members.empty();
    *out += array ? "\n" + margin : object ? "\n" + margin + "  " : " ";
    AppendYaml(value, member.type, array ? depth : depth + 1, out);
  }
}

Result<JsonTree> TreeOf(const google::protobuf::Message& message) {
  std::string json;
  const auto status = google::protobuf::util::MessageToJsonString(message, &json);
  if (!status.ok()) return Status::DataLoss("cannot print: " + status.ToString());
  return ParseJsonTree(json);
}

}  // namespace

Result<std::string> MessageJson(const google::protobuf::Message& message) {
  FEAST_ASSIGN_OR_RETURN(const JsonTree tree, TreeOf(message));
  std::string json;
  AppendJson(tree, message.GetDescriptor(), &json);
  return json;
}

Result<std::string> MessageYaml(const google::protobuf::Message& message) {
  FEAST_ASSIGN_OR_RETURN(const JsonTree tree, TreeOf(message));
  std::string yaml;
  AppendYaml(tree, message.GetDescriptor(), 0, &yaml);
  return yaml;
}

}  // namespace feast::cmd
