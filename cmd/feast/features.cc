#include "json_output.h"
#include "objects.h"

#include "feast/codec/value_json.h"
#include "feast/types/value_type.h"

namespace feast::cmd {
namespace {

// "UNIX_TIMESTAMP" → "UnixTimestamp"; upstream's names of single types.
std::string ScalarTypeText(std::string_view name) {
  if (name == "DOUBLE") return "Float64";
  if (name == "FLOAT") return "Float32";
  std::string text;
  bool upper = true;
  for (const char c : name) {
    if (c == '_') {
      upper = true;
    } else {
      text += upper ? c : static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
      upper = false;
    }
  }
  return text;
}

// As Python's feast.types prints it: "Int64", "Array(Float32)", "Set(String)".
std::string TypeText(int number) {
  const auto type = ValueTypeFromNumber(number);
  std::string_view name = FactsOf(type.value_or(ValueType::kInvalid)).name;
  if (name.ends_with("_LIST")) {
    return "Array(" + ScalarTypeText(name.substr(0, name.size() - 5)) + ")";
  }
  if (name.ends_with("_SET")) {
    return "Set(" + ScalarTypeText(name.substr(0, name.size() - 4)) + ")";
  }
  return ScalarTypeText(name);
}

template <typename Visitor>
void ForEachFeature(const RegistryView& registry, Visitor visit) {
  ForEachViewKind([&]<typename T>() {
    for (const T& view : KindOf<T>::List(registry.snapshot->proto())) {
      if (ProjectOf(view) != registry.project()) continue;
      for (const auto& feature : view.spec().features()) visit(view, feature);
    }
  });
}

void AppendMember(const char* key, std::string_view text, std::string* out) {
  if (out->back() != '{') out->push_back(',');
  AppendJsonString(key, out);
  out->push_back(':');
  AppendJsonString(text, out);
}

Status List(const GlobalOptions& globals, bool json) {
  FEAST_ASSIGN_OR_RETURN(const RegistryView registry, OpenRegistry(globals));
  std::vector<std::vector<std::string>> rows;
  std::string text = "[";
  ForEachFeature(registry, [&](const auto& view, const auto& feature) {
    const std::string type = TypeText(feature.value_type());
    rows.push_back({feature.name(), view.spec().name(), type});
    text += text.size() > 1 ? ",{" : "{";
    AppendMember("feature_name", feature.name(), &text);
    AppendMember("feature_view", view.spec().name(), &text);
    AppendMember("dtype", type, &text);
    text += "}";
  });
  if (json) {
    std::cout << IndentJson(text + "]", 4) << "\n";
  } else {
    std::cout << PlainTable({"Feature", "Feature View", "Data Type"}, rows);
  }
  return Status::OK();
}

Status Describe(const GlobalOptions& globals, const std::string& name) {
  FEAST_ASSIGN_OR_RETURN(const RegistryView registry, OpenRegistry(globals));
  std::string text = "[";
  ForEachFeature(registry, [&](const auto& view, const auto& feature) {
    if (feature.name() != name) return;
    text += text.size() > 1 ? ",{" : "{";
    AppendMember("Feature Name", feature.name(), &text);
    AppendMember("Feature View", view.spec().name(), &text);
    AppendMember("Data Type", TypeText(feature.value_type()), &text);
    AppendMember("Description", feature.description(), &text);
    if constexpr (requires { view.spec().online(); }) {
      text += std::string(",\"Online Store\":") + (view.spec().online() ? "true" : "false");
    }
    if constexpr (requires { view.spec().batch_source(); }) {
      const auto source = MessageJson(view.spec().batch_source());
      if (source.ok()) text += ",\"Source\":" + *source;
    }
    text += "}";
  });
  if (text.size() == 1) {
    std::cout << "Feature '" << name << "' not found in any feature view.\n";
  } else {
    std::cout << IndentJson(text + "]", 4) << "\n";
  }
  return Status::OK();
}

}  // namespace

void AddFeatures(CommandLine& line) {
  CLI::App* group = line.Add("features", "List and describe features.");
  group->require_subcommand(1);
  const auto output = std::make_shared<std::string>("table");
  CLI::App* list = line.Add("list", "List them.", group);
  list->add_option("--output", *output, "table or json")->check(CLI::IsMember({"table", "json"}));
  line.Run(list, [&line, output] { return List(line.globals(), *output == "json"); });
  AddNamed(line, group, "describe", "Print one as JSON.",
           [&line](const std::string& name) { return Describe(line.globals(), name); });
}

}  // namespace feast::cmd
