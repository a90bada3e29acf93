#include <set>

#include "objects.h"

#include "feast/app/view_state.h"
#include "feast/codec/value_json.h"

namespace feast::cmd {
namespace {

using Cells = std::vector<std::string>;

std::string SetText(const std::set<std::string>& names) {
  if (names.empty()) return "n/a";
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "{'" : ", '") + name + "'";
  return text + "}";
}

template <typename View>
Cells RowFor(const View& view, const std::set<std::string>& entities, const std::string& type) {
  return {view.spec().name(), SetText(entities), type, view.spec().disabled() ? "False" : "True",
          core::FeatureViewState_Name(view.meta().state())};
}

std::set<std::string> EntitiesOf(const core::FeatureView& view) {
  std::set<std::string> names(view.spec().entities().begin(), view.spec().entities().end());
  names.erase(std::string(kDummyEntity));
  return names;
}

// Those of the views that an on-demand view reads.
std::set<std::string> EntitiesOf(const core::OnDemandFeatureView& view,
                                 const core::Registry& registry) {
  std::set<std::string> names;
  for (const auto& [name, source] : view.spec().sources()) {
    const std::string& backing = source.has_feature_view()
                                     ? source.feature_view().spec().name()
                                     : source.feature_view_projection().feature_view_name();
    const auto* found = FindObject<core::FeatureView>(registry, view.spec().project(), backing);
    if (found) names.merge(EntitiesOf(*found));
  }
  return names;
}

Status List(const GlobalOptions& globals) {
  FEAST_ASSIGN_OR_RETURN(const RegistryView view, OpenRegistry(globals));
  const core::Registry& registry = view.snapshot->proto();
  std::vector<Cells> rows;
  for (const auto& item : registry.feature_views()) {
    if (item.spec().project() != view.project()) continue;
    const bool batch = item.spec().has_feature_transformation();
    rows.push_back(RowFor(item, EntitiesOf(item), batch ? "BatchFeatureView" : "FeatureView"));
  }
  for (const auto& item : registry.on_demand_feature_views()) {
    if (item.spec().project() != view.project()) continue;
    rows.push_back(RowFor(item, EntitiesOf(item, registry), "OnDemandFeatureView"));
  }
  std::cout << PlainTable({"NAME", "ENTITIES", "TYPE", "ENABLED", "STATE"}, rows);
  return Status::OK();
}

Status Describe(const GlobalOptions& globals, const std::string& name) {
  FEAST_ASSIGN_OR_RETURN(const RegistryView view, OpenRegistry(globals));
  const google::protobuf::Message* found = nullptr;
  ForEachViewKind([&]<typename T>() {
    if (!found) found = FindObject<T>(view.snapshot->proto(), view.project(), name);
  });
  if (!found) return ObjectNotFound(ObjectKind::kFeatureView, name, view.project());
  FEAST_ASSIGN_OR_RETURN(const std::string yaml, MessageYaml(*found));
  std::cout << yaml;
  return Status::OK();
}

Status Enable(const GlobalOptions& globals, const std::string& name, bool enabled) {
  FEAST_ASSIGN_OR_RETURN(const RegistryView view, OpenRegistry(globals));
  const char* word = enabled ? "enabled" : "disabled";
  bool already = false;
  ForEachViewKind([&]<typename T>() {
    const T* found = FindObject<T>(view.snapshot->proto(), view.project(), name);
    if constexpr (requires { found->spec().disabled(); }) {
      already = already || (found && found->spec().disabled() != enabled);
    }
  });
  if (!already) {
    FEAST_RETURN_IF_ERROR(SetViewEnabled(*view.store, CallContext(), name, enabled));
  }
  std::cout << "Feature view " << name << (already ? " is already " : " has been ") << word
            << ".\n";
  return Status::OK();
}

Status ListVersions(const GlobalOptions& globals, const std::string& name) {
  FEAST_ASSIGN_OR_RETURN(const RegistryView view, OpenRegistry(globals));
  std::vector<Cells> rows;
  for (const auto& record : view.snapshot->proto().feature_view_version_history().records()) {
    if (record.feature_view_name() != name || record.project_id() != view.project()) continue;
    const Micros created = record.created_timestamp().seconds() * kMicrosPerSecond +
                           record.created_timestamp().nanos() / 1000;
    std::string time;
    AppendRfc3339(created, &time);
    rows.push_back({"v" + std::to_string(record.version_number()), record.feature_view_type(), time,
                    record.version_id()});
  }
  if (rows.empty()) {
    std::cout << "No version history found for feature view " << name << ".\n";
  } else {
    std::cout << PlainTable({"VERSION", "TYPE", "CREATED", "VERSION_ID"}, rows);
  }
  return Status::OK();
}

Status SetState(const GlobalOptions& globals, const std::string& name, const std::string& state) {
  core::FeatureViewState number = core::STATE_UNSPECIFIED;
  if (!core::FeatureViewState_Parse(state, &number)) {
    return Status::InvalidArgument("Unknown state '" + state +
                                   "': CREATED, GENERATED, MATERIALIZING or AVAILABLE_ONLINE");
  }
  FEAST_ASSIGN_OR_RETURN(const auto store, OpenStore(globals));
  FEAST_RETURN_IF_ERROR(SetViewState(*store, CallContext(), name, number));
  std::cout << "Feature view " << name << " is now " << state << ".\n";
  return Status::OK();
}

}  // namespace

void AddFeatureViews(CommandLine& line) {
  CLI::App* group = line.Add("feature-views", "List, describe and switch feature views.");
  group->require_subcommand(1);
  line.Run(line.Add("list", "List them.", group), [&line] { return List(line.globals()); });
  AddNamed(line, group, "describe", "Print one as YAML.",
           [&line](const std::string& name) { return Describe(line.globals(), name); });
  AddNamed(line, group, "enable", "Let it serve and materialize.",
           [&line](const std::string& name) { return Enable(line.globals(), name, true); });
  AddNamed(line, group, "disable", "Keep it from serving and materializing.",
           [&line](const std::string& name) { return Enable(line.globals(), name, false); });
  AddNamed(line, group, "list-versions", "List its versions.",
           [&line](const std::string& name) { return ListVersions(line.globals(), name); });
  const auto name = std::make_shared<std::string>();
  const auto state = std::make_shared<std::string>();
  CLI::App* set_state = line.Add("set-state", "Set its state.", group);
  set_state->add_option("name", *name)->required();
  set_state->add_option("state", *state)->required();
  line.Run(set_state, [&line, name, state] { return SetState(line.globals(), *name, *state); });
}

}  // namespace feast::cmd
