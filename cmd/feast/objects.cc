#include "objects.h"

#include "source_class.h"

namespace feast::cmd {
namespace {

std::string ServiceFeatures(const core::FeatureService& service) {
  std::string text;
  for (const auto& projection : service.spec().features()) {
    const std::string& view = projection.feature_view_name();
    for (const auto& feature : projection.feature_columns()) {
      text += (text.empty() ? "" : ", ") + view + ":" + feature.name();
    }
  }
  return text;
}

Cells LabelViewRow(const core::LabelView& view) {
  std::string entities;
  for (const std::string& entity : view.spec().entities()) {
    entities += (entities.empty() ? "" : ", ") + entity;
  }
  return {view.spec().name(), entities,
          core::ConflictResolutionPolicy_Name(view.spec().conflict_policy())};
}

template <typename T>
Cells NameOnly(const T& object) {
  return {NameOf(object)};
}

}  // namespace

void AddObjects(CommandLine& line) {
  AddKind<core::Entity>(
      line, "entities", {"NAME", "DESCRIPTION", "TYPE"}, [](const core::Entity& entity) -> Cells {
        return {entity.spec().name(), entity.spec().description(),
                "ValueType." + types::ValueType::Enum_Name(entity.spec().value_type())};
      });
  AddKind<core::DataSource>(line, "data-sources", {"NAME", "CLASS"},
                            [](const core::DataSource& source) -> Cells {
                              return {source.name(), "<class '" + SourceClass(source) + "'>"};
                            });
  AddKind<core::FeatureService>(line, "feature-services", {"NAME", "FEATURES"},
                                [](const core::FeatureService& service) -> Cells {
                                  return {service.spec().name(), ServiceFeatures(service)};
                                });
  AddKind<core::OnDemandFeatureView>(line, "on-demand-feature-views", {"NAME"}, NameOnly);
  AddKind<core::StreamFeatureView>(line, "stream-feature-views", {"NAME"}, NameOnly);
  AddKind<core::LabelView>(line, "label-views", {"NAME", "ENTITIES", "CONFLICT_POLICY"},
                           LabelViewRow);
  AddKind<core::SavedDataset>(line, "saved-datasets", {"NAME"}, NameOnly);
  AddKind<core::ValidationReference>(line, "validation-references", {"NAME"}, NameOnly);
}

}  // namespace feast::cmd
