#include <optional>
#include <set>

#include "objects.h"

#include "feast/codec/iso_time.h"
#include "feast/registry/view_state.h"

namespace feast::cmd {
namespace {

std::string SetText(const std::set<std::string>& names) {
  if (names.empty()) return "n/a";
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "{'" : ", '") + name + "'";
  return text + "}";
}

template <typename View>
Cells RowFor(const View& view, const std::set<std::string>& entities, const std::string& type) {
  return {view.spec().name(), SetText(entities), type, view.spec().disabled() ? "No" : "Yes",
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

Status List(const GlobalOptions& globals, const TagFilter& tags) {
  FEAST_ASSIGN_OR_RETURN(const RegistryView view, OpenRegistry(globals));
  std::vector<Cells> rows;
  ForEachListed<core::FeatureView>(view, tags, [&](const auto& item) {
    const bool batch = item.spec().has_feature_transformation();
    rows.push_back(RowFor(item, EntitiesOf(item), batch ? "BatchFeatureView" : "FeatureView"));
  });
  ForEachListed<core::OnDemandFeatureView>(view, tags, [&](const auto& item) {
    rows.push_back(RowFor(item, EntitiesOf(item, view.snapshot->proto()), "OnDemandFeatureView"));
  });
  std::cout << PlainTable({"NAME", "ENTITIES", "TYPE", "ENABLED", "STATE"}, rows);
  return Status::OK();
}

// Those facts that protobuf JSON leaves out when they are zero.
template <typename View>
std::string SwitchesOf(const View& view) {
  if constexpr (requires { view.spec().disabled(); }) {
    return std::string("enabled: ") + (view.spec().disabled() ? "false" : "true") +
           "\nstate: " + core::FeatureViewState_Name(view.meta().state()) + "\n";
  }
  return "";
}

Status Describe(const GlobalOptions& globals, const std::string& name) {
  FEAST_ASSIGN_OR_RETURN(const RegistryView view, OpenRegistry(globals));
  const google::protobuf::Message* found = nullptr;
  std::string switches;
  ForEachViewKind([&]<typename T>() {
    const T* item = found ? nullptr : FindObject<T>(view.snapshot->proto(), view.project(), name);
    if (!item) return;
    found = item;
    switches = SwitchesOf(*item);
  });
  if (!found) return ObjectNotFound(ObjectKind::kFeatureView, name, view.project());
  FEAST_ASSIGN_OR_RETURN(const std::string yaml, MessageYaml(*found));
  std::cout << yaml << switches;
  return Status::OK();
}

Status Enable(const GlobalOptions& globals, const std::string& name, bool enabled) {
  FEAST_ASSIGN_OR_RETURN(const RegistryView view, OpenRegistry(globals));
  std::string outcome;
  ForEachViewKind([&]<typename T>() {
    const T* found = FindObject<T>(view.snapshot->proto(), view.project(), name);
    if (!found) return;
    if constexpr (requires { found->spec().disabled(); }) {
      if (found->spec().disabled() != enabled) outcome = "is already ";
    } else {
      outcome = "does not support enable/disable";
    }
  });
  if (outcome.empty()) {
    FEAST_RETURN_IF_ERROR(SetViewEnabled(view.store->registry(), CallContext(), view.project(),
                                         name, enabled, view.store->clock().Now()));
    outcome = "has been ";
  }
  std::cout << "Feature view '" << name << "' " << outcome
            << (outcome.back() == ' ' ? enabled ? "enabled" : "disabled" : "") << ".\n";
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
    AppendIsoTime(created, ' ', false, &time);
    rows.push_back({"v" + std::to_string(record.version_number()), record.feature_view_type(), time,
                    record.version_id()});
  }
  if (rows.empty()) {
    std::cout << "No version history found for feature view '" << name << "'.\n";
  } else {
    std::cout << PlainTable({"VERSION", "TYPE", "CREATED", "VERSION_ID"}, rows);
  }
  return Status::OK();
}

const std::vector<std::string>& StateNames() {
  static const std::vector<std::string> kNames = {"CREATED", "GENERATED", "MATERIALIZING",
                                                  "AVAILABLE_ONLINE"};
  return kNames;
}

// The states that may follow a state (storage.md §4.6).
std::vector<core::FeatureViewState> StatesAfter(core::FeatureViewState state) {
  switch (state) {
    case core::CREATED:
      return {core::GENERATED};
    case core::GENERATED:
      return {core::MATERIALIZING};
    case core::MATERIALIZING:
      return {core::AVAILABLE_ONLINE, core::GENERATED};
    case core::AVAILABLE_ONLINE:
      return {core::MATERIALIZING};
    default:
      return {core::CREATED};
  }
}

Status CheckTransition(core::FeatureViewState from, core::FeatureViewState to) {
  std::string allowed;
  for (const core::FeatureViewState state : StatesAfter(from)) {
    if (state == to) return Status::OK();
    allowed += (allowed.empty() ? "" : ", ") + core::FeatureViewState_Name(state);
  }
  const std::string& name = core::FeatureViewState_Name(from);
  return Status::FailedPrecondition("Invalid state transition: " + name + " -> " +
                                    core::FeatureViewState_Name(to) +
                                    ". Allowed transitions from " + name + ": " + allowed + ".");
}

Status SetState(const GlobalOptions& globals, const std::string& name, const std::string& state) {
  core::FeatureViewState wanted = core::STATE_UNSPECIFIED;
  core::FeatureViewState_Parse(state, &wanted);
  FEAST_ASSIGN_OR_RETURN(const RegistryView view, OpenRegistry(globals));
  std::optional<core::FeatureViewState> current;
  bool supported = true;
  ForEachViewKind([&]<typename T>() {
    const T* found = FindObject<T>(view.snapshot->proto(), view.project(), name);
    if (!found) return;
    if constexpr (requires { found->meta().state(); }) {
      current = found->meta().state();
    } else {
      supported = false;
    }
  });
  if (supported && current == wanted) {
    std::cout << "Feature view '" << name << "' is already in state " << state << ".\n";
    return Status::OK();
  }
  if (!supported) {
    return Status::FailedPrecondition("Feature view '" + name +
                                      "' does not support state management.");
  }
  if (current) FEAST_RETURN_IF_ERROR(CheckTransition(*current, wanted));
  FEAST_RETURN_IF_ERROR(SetViewState(view.store->registry(), CallContext(), view.project(), name,
                                     wanted, view.store->clock().Now()));
  std::cout << "Feature view '" << name << "' state set to " << state << ".\n";
  return Status::OK();
}

}  // namespace

void AddFeatureViews(CommandLine& line) {
  CLI::App* group = line.Add("feature-views", "List, describe and switch feature views.");
  group->require_subcommand(1);
  AddList(line, group, [&line](const TagFilter& tags) { return List(line.globals(), tags); });
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
  set_state->add_option("state", *state)
      ->required()
      ->transform(CLI::IsMember(StateNames(), CLI::ignore_case));
  line.Run(set_state, [&line, name, state] { return SetState(line.globals(), *name, *state); });
}

}  // namespace feast::cmd
