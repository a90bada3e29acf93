#include <optional>

#include "objects.h"

#include "feast/registry/apply.h"

namespace feast::cmd {
namespace {

template <typename T>
bool Holds(const RegistryView& view, const std::string& name) {
  return FindObject<T>(view.snapshot->proto(), view.project(), name) != nullptr;
}

// The kind of the object of that name, in the order in which upstream looks.
std::optional<ObjectKind> KindNamed(const RegistryView& view, const std::string& name) {
  if (Holds<core::Entity>(view, name)) return ObjectKind::kEntity;
  if (Holds<core::FeatureView>(view, name)) return ObjectKind::kFeatureView;
  if (Holds<core::FeatureService>(view, name)) return ObjectKind::kFeatureService;
  if (Holds<core::DataSource>(view, name)) return ObjectKind::kDataSource;
  if (Holds<core::SavedDataset>(view, name)) return ObjectKind::kSavedDataset;
  if (Holds<core::ValidationReference>(view, name)) return ObjectKind::kValidationReference;
  if (Holds<core::StreamFeatureView>(view, name)) return ObjectKind::kStreamFeatureView;
  if (Holds<core::OnDemandFeatureView>(view, name)) return ObjectKind::kOnDemandFeatureView;
  return std::nullopt;
}

Status Delete(const GlobalOptions& globals, const std::string& name) {
  FEAST_ASSIGN_OR_RETURN(const RegistryView view, OpenRegistry(globals));
  const auto kind = KindNamed(view, name);
  if (!kind) {
    std::cout << "Object not found. Deletion skipped.\n";
    return Status::OK();
  }
  const std::string label(FactsOf(*kind).label);
  FEAST_RETURN_IF_ERROR(view.store->registry().Mutate(CallContext(), [&](core::Registry* registry) {
    return DeleteObject(registry, view.project(), label, name);
  }));
  std::cout << "Deleted " << label << " " << name << " from " << view.project() << ".\n";
  return Status::OK();
}

}  // namespace

void AddDelete(CommandLine& line) {
  const auto name = std::make_shared<std::string>();
  CLI::App* command = line.Add("delete", "Delete one object from the registry.");
  command->add_option("object_id", *name)->required();
  line.Run(command, [&line, name] { return Delete(line.globals(), *name); });
}

}  // namespace feast::cmd
