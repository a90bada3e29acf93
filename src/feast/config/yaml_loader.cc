#include "feast/config/yaml_loader.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <sstream>

namespace feast {
namespace {

/// Aliases repeat what they point at: these bounds keep a small file from becoming a large one.
constexpr int kMaxDepth = 64;
constexpr int kMaxNodes = 100'000;

constexpr std::string_view kYamlTag = "tag:yaml.org,2002:";

/// Turns nodes of yaml-cpp into settings.
class Converter {
 public:
  explicit Converter(const std::string& file) : file_(file) {}

  Result<Setting> Convert(const YAML::Node& node, int depth) {
    Setting setting;
    setting.line = node.Mark().line + 1;
    if (depth > kMaxDepth || ++nodes_ > kMaxNodes) {
      return ConfigError(file_, setting.line, "the document is nested or aliased too deeply");
    }
    switch (node.Type()) {
      case YAML::NodeType::Undefined:
      case YAML::NodeType::Null:
        return setting;
      case YAML::NodeType::Scalar:
        return ConvertScalar(node, std::move(setting));
      case YAML::NodeType::Sequence:
        setting.kind = Setting::Kind::kList;
        for (const auto& item : node) {
          FEAST_ASSIGN_OR_RETURN(Setting converted, Convert(item, depth + 1));
          setting.items.push_back(std::move(converted));
        }
        return setting;
      case YAML::NodeType::Map:
        return ConvertMap(node, std::move(setting), depth);
    }
    return setting;
  }

 private:
  Result<Setting> ConvertScalar(const YAML::Node& node, Setting setting) {
    setting.kind = Setting::Kind::kScalar;
    setting.text = node.Scalar();
    const std::string& tag = node.Tag();
    setting.quoted = tag == "!" || tag == std::string(kYamlTag) + "str";
    if (!tag.empty() && tag != "!" && tag != "?" && !tag.starts_with(kYamlTag)) {
      return ConfigError(file_, setting.line, "the tag '" + tag + "' is not supported");
    }
    return setting;
  }

  Result<Setting> ConvertMap(const YAML::Node& node, Setting setting, int depth) {
    setting.kind = Setting::Kind::kMap;
    std::vector<Setting> merged;
    for (const auto& entry : node) {
      const int line = entry.first.Mark().line + 1;
      if (!entry.first.IsScalar()) return ConfigError(file_, line, "a key must be a plain word");
      const std::string key = entry.first.Scalar();
      FEAST_ASSIGN_OR_RETURN(Setting value, Convert(entry.second, depth + 1));
      if (key == "<<" && entry.first.Tag() == "?") {
        merged.push_back(std::move(value));
        continue;
      }
      if (const Setting* first = setting.Find(key)) {
        return ConfigError(
            file_, line,
            "duplicate key '" + key + "' (first on line " + std::to_string(first->line) + ")");
      }
      value.line = line;
      setting.entries.push_back({key, std::move(value)});
    }
    for (const Setting& from : merged) FEAST_RETURN_IF_ERROR(Merge(from, &setting));
    return setting;
  }

  /// What stands in the mapping itself wins over what is merged into it.
  Status Merge(const Setting& from, Setting* into) {
    if (from.kind == Setting::Kind::kList) {
      for (const Setting& item : from.items) FEAST_RETURN_IF_ERROR(Merge(item, into));
      return Status::OK();
    }
    if (from.kind != Setting::Kind::kMap) {
      return ConfigError(file_, from.line, "'<<' needs a mapping");
    }
    for (const Setting::Entry& entry : from.entries) {
      if (!into->Find(entry.key)) into->entries.push_back(entry);
    }
    return Status::OK();
  }

  const std::string& file_;
  int nodes_ = 0;
};

/// Where a document starts; the rest of it is passed over.
class StartOfDocument final : public YAML::EventHandler {
 public:
  int line = 0;

  void OnDocumentStart(const YAML::Mark& mark) override { line = mark.line + 1; }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark&, YAML::anchor_t) override {}
  void OnAlias(const YAML::Mark&, YAML::anchor_t) override {}
  void OnScalar(const YAML::Mark&, const std::string&, YAML::anchor_t,
                const std::string&) override {}
  void OnSequenceStart(const YAML::Mark&, const std::string&, YAML::anchor_t,
                       YAML::EmitterStyle::value) override {}
  void OnSequenceEnd() override {}
  void OnMapStart(const YAML::Mark&, const std::string&, YAML::anchor_t,
                  YAML::EmitterStyle::value) override {}
  void OnMapEnd() override {}
};

/// The line of the second document, or 0. It is looked for by hand because YAML::LoadAll never ends
/// on some text that is no YAML, such as a document that starts with a comma.
int LineOfSecondDocument(const std::string& text) {
  std::istringstream input(text);
  YAML::Parser parser(input);
  StartOfDocument start;
  if (!parser.HandleNextDocument(start)) return 0;
  return parser.HandleNextDocument(start) ? start.line : 0;
}

/// The parser notices an unclosed bracket after the last line: that line is named then.
int LastLine(std::string_view text) {
  const size_t end = text.find_last_not_of(" \t\r\n");
  if (end == std::string_view::npos) return 1;
  return 1 + static_cast<int>(
                 std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(end), '\n'));
}

}  // namespace

Result<Setting> LoadYaml(std::string_view text, const std::string& file) {
  try {
    const std::string document(text);
    if (const int line = LineOfSecondDocument(document); line > 0) {
      return ConfigError(file, line, "only one YAML document is allowed");
    }
    return Converter(file).Convert(YAML::Load(document), 0);
  } catch (const YAML::Exception& error) {
    const int line = error.mark.is_null() ? 0 : std::min(error.mark.line + 1, LastLine(text));
    return ConfigError(file, line, "not valid YAML: " + error.msg);
  }
}

}  // namespace feast
