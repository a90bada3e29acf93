#include "objects.h"

namespace feast::cmd {
namespace {

using Cells = std::vector<std::string>;

std::string SourceClass(const core::DataSource& source) {
  const std::string& given = source.data_source_class_type();
  if (!given.empty()) return given.substr(given.rfind('.') + 1);
  switch (source.type()) {
    case core::DataSource::BATCH_FILE:
      return "FileSource";
    case core::DataSource::BATCH_SNOWFLAKE:
      return "SnowflakeSource";
    case core::DataSource::BATCH_BIGQUERY:
      return "BigQuerySource";
    case core::DataSource::BATCH_REDSHIFT:
      return "RedshiftSource";
    case core::DataSource::STREAM_KAFKA:
      return "KafkaSource";
    case core::DataSource::STREAM_KINESIS:
      return "KinesisSource";
    case core::DataSource::REQUEST_SOURCE:
      return "RequestSource";
    case core::DataSource::PUSH_SOURCE:
      return "PushSource";
    case core::DataSource::BATCH_TRINO:
      return "TrinoSource";
    case core::DataSource::BATCH_SPARK:
      return "SparkSource";
    case core::DataSource::BATCH_ATHENA:
      return "AthenaSource";
    default:
      return core::DataSource::SourceType_Name(source.type());
  }
}

std::string ServiceFeatures(const core::FeatureService& service) {
  std::string text;
  for (const auto& projection : service.spec().features()) {
    const std::string& alias = projection.feature_view_name_alias();
    const std::string& view = alias.empty() ? projection.feature_view_name() : alias;
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
                              return {source.name(), SourceClass(source)};
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
