#include "source_class.h"

namespace feast::cmd {

std::string SourceClass(const core::DataSource& source) {
  switch (source.type()) {
    case core::DataSource::BATCH_FILE:
      return "feast.infra.offline_stores.file_source.FileSource";
    case core::DataSource::BATCH_SNOWFLAKE:
      return "feast.infra.offline_stores.snowflake_source.SnowflakeSource";
    case core::DataSource::BATCH_BIGQUERY:
      return "feast.infra.offline_stores.bigquery_source.BigQuerySource";
    case core::DataSource::BATCH_REDSHIFT:
      return "feast.infra.offline_stores.redshift_source.RedshiftSource";
    case core::DataSource::STREAM_KAFKA:
      return "feast.data_source.KafkaSource";
    case core::DataSource::STREAM_KINESIS:
      return "feast.data_source.KinesisSource";
    case core::DataSource::REQUEST_SOURCE:
      return "feast.data_source.RequestSource";
    case core::DataSource::PUSH_SOURCE:
      return "feast.data_source.PushSource";
    default:
      break;
  }
  const std::string& given = source.data_source_class_type();
  return given.empty() ? core::DataSource::SourceType_Name(source.type()) : given;
}

}  // namespace feast::cmd
