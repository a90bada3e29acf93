#include <string_view>

#include "objects.h"

#include "feast/registry/apply.h"

namespace feast::cmd {
namespace {

// Calls `visit.template operator()<T>()` for each kind that `feast delete` looks at, in upstream's
// order: the first kind that has the name wins.
template <typename Visitor>
void ForEachDeletableKind(Visitor&& visit) {
  visit.template operator()<core::Entity>();
  visit.template operator()<core::FeatureView>();
  visit.template operator()<core::FeatureService>();
  visit.template operator()<core::DataSource>();
  visit.template operator()<core::SavedDataset>();
  visit.template operator()<core::ValidationReference>();
  visit.template operator()<core::StreamFeatureView>();
  visit.template operator()<core::OnDemandFeatureView>();
}

template <typename T>
constexpr bool kIsPlanned =
    !std::is_same_v<T, core::SavedDataset> && !std::is_same_v<T, core::ValidationReference>;

// An apply of everything else: it drops the online table of a view, too.
template <typename T>
Status DeleteByApply(const RegistryView& view, const std::string& name) {
  core::Registry desired = view.snapshot->proto();
  ForEachPlannedKind([&]<typename Kind>() {
    auto* list = KindOf<Kind>::List(&desired);
    for (int i = list->size() - 1; i >= 0; --i) {
      const bool wanted = std::is_same_v<Kind, T> && NameOf(list->Get(i)) == name;
      if (wanted || ProjectOf(list->Get(i)) != view.project()) list->DeleteSubrange(i, 1);
    }
  });
  desired.clear_projects();
  ApplyOptions options;
  options.project = view.project();
  options.partial = false;
  return view.store->Apply(CallContext(), desired, options).status();
}

template <typename T>
Status DeleteOne(const RegistryView& view, const std::string& name) {
  if constexpr (kIsPlanned<T>) return DeleteByApply<T>(view, name);
  return view.store->registry().Mutate(CallContext(), [&](core::Registry* registry) {
    return DeleteObject(registry, view.project(), KindLabel<T>(), name);
  });
}

Status Delete(const GlobalOptions& globals, const std::string& name) {
  FEAST_ASSIGN_OR_RETURN(const RegistryView view, OpenRegistry(globals));
  std::string class_name;
  Status status;
  ForEachDeletableKind([&]<typename T>() {
    if (!class_name.empty()) return;
    if (!FindObject<T>(view.snapshot->proto(), view.project(), name)) return;
    class_name = T::descriptor()->name();
    status = DeleteOne<T>(view, name);
  });
  FEAST_RETURN_IF_ERROR(status);
  if (class_name.empty()) {
    std::cout << "Object not found. Deletion skipped.\n";
  } else {
    std::cout << "Deleted " << class_name << " " << name << " from " << view.project() << ".\n";
  }
  return Status::OK();
}

}  // namespace

void AddDelete(CommandLine& line) {
  const auto name = std::make_shared<std::string>();
  CLI::App* command = line.Add("delete", "Delete one object and its online table.");
  command->add_option("object_id", *name)->required();
  line.Run(command, [&line, name] { return Delete(line.globals(), *name); });
}

}  // namespace feast::cmd
