#include "feast/registry/json_dump.h"

#include <google/protobuf/util/json_util.h>

#include <algorithm>
#include <functional>
#include <vector>

#include "feast/registry/json_tree.h"
#include "feast/registry/object_kinds.h"

namespace feast {
namespace {

Result<JsonTree> TreeOf(const google::protobuf::Message& message) {
  std::string text;
  const auto status = google::protobuf::util::MessageToJsonString(message, &text);
  if (!status.ok()) {
    return Status::DataLoss(
        "A " + message.GetDescriptor()->name() +
        " of the registry cannot be written as JSON: " + std::string(status.message()));
  }
  return ParseJsonTree(text);
}

/// Shows a function's source instead of its pickled form.
void ShowSource(JsonTree* function) {
  if (function == nullptr) return;
  const JsonTree* text = function->Find("bodyText");
  if (text != nullptr) function->members["body"] = *text;
}

void ShowSources(JsonTree* object) {
  JsonTree* spec = object->Find("spec");
  if (spec == nullptr) return;
  ShowSource(spec->Find("userDefinedFunction"));
  if (JsonTree* transformation = spec->Find("featureTransformation")) {
    ShowSource(transformation->Find("userDefinedFunction"));
  }
}

template <typename T>
Status Dump(const core::Registry& registry, std::string_view project, const char* key,
            JsonTree* root) {
  std::vector<const T*> objects;
  for (const T& object : KindOf<T>::List(registry)) {
    if (ProjectOf(object) == project) objects.push_back(&object);
  }
  std::ranges::sort(objects, {}, [](const T* object) { return NameOf(*object); });
  for (const T* object : objects) {
    FEAST_ASSIGN_OR_RETURN(JsonTree tree, TreeOf(*object));
    ShowSources(&tree);
    root->Append(key, std::move(tree));
  }
  return Status::OK();
}

Status DumpRest(const core::Registry& registry, std::string_view project, JsonTree* root) {
  for (const core::ProjectMetadata& metadata : registry.project_metadata()) {
    if (metadata.project() != project) continue;
    FEAST_ASSIGN_OR_RETURN(JsonTree tree, TreeOf(metadata));
    root->Append("projectMetadata", std::move(tree));
  }
  std::vector<const core::SqliteTable*> tables;
  for (const core::InfraObject& object : registry.infra().infra_objects()) {
    if (object.sqlite_table().name().starts_with(std::string(project) + "_")) {
      tables.push_back(&object.sqlite_table());
    }
  }
  std::ranges::sort(tables, {}, [](const core::SqliteTable* table) { return table->name(); });
  for (const core::SqliteTable* table : tables) {
    FEAST_ASSIGN_OR_RETURN(JsonTree tree, TreeOf(*table));
    root->Append("infra", std::move(tree));
  }
  return Status::OK();
}

}  // namespace

Result<std::string> DumpRegistryJson(const RegistrySnapshot& snapshot, std::string_view project) {
  const core::Registry& registry = snapshot.proto();
  JsonTree root;
  root.kind = JsonTree::Kind::kObject;
  root.members["project"] = JsonTree::String(std::string(project));
  FEAST_RETURN_IF_ERROR(Dump<core::DataSource>(registry, project, "dataSources", &root));
  FEAST_RETURN_IF_ERROR(Dump<core::Entity>(registry, project, "entities", &root));
  FEAST_RETURN_IF_ERROR(Dump<core::FeatureView>(registry, project, "featureViews", &root));
  FEAST_RETURN_IF_ERROR(Dump<core::FeatureService>(registry, project, "featureServices", &root));
  FEAST_RETURN_IF_ERROR(
      Dump<core::OnDemandFeatureView>(registry, project, "onDemandFeatureViews", &root));
  FEAST_RETURN_IF_ERROR(
      Dump<core::StreamFeatureView>(registry, project, "streamFeatureViews", &root));
  FEAST_RETURN_IF_ERROR(Dump<core::LabelView>(registry, project, "labelViews", &root));
  FEAST_RETURN_IF_ERROR(Dump<core::SavedDataset>(registry, project, "savedDatasets", &root));
  FEAST_RETURN_IF_ERROR(Dump<core::Permission>(registry, project, "permissions", &root));
  FEAST_RETURN_IF_ERROR(DumpRest(registry, project, &root));
  return PrintJsonTree(root);
}

}  // namespace feast
