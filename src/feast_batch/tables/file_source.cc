#include "feast_batch/tables/file_source.h"

#include "feast_batch/delta/delta_table.h"
#include "feast_batch/iceberg/metadata_file.h"
#include "feast_batch/parquet/file_location.h"
#include "feast_batch/parquet/parquet_source.h"

namespace feast {
namespace {

// FileFormat has no word for it.
Result<std::optional<std::string>> IcebergAt(const FilePlace& place, const core::FileFormat& format,
                                             const std::string& name) {
  if (format.format_case() != core::FileFormat::FORMAT_NOT_SET) return std::optional<std::string>();
  return FindIcebergMetadata(place, name);
}

}  // namespace

Result<std::unique_ptr<RowSource>> OpenFileSource(const FilePlace& place,
                                                  const core::FileFormat& format,
                                                  const std::string& name,
                                                  const TimesWanted& times) {
  if (IsDelta(format)) return OpenDeltaSource(place, name);
  FEAST_ASSIGN_OR_RETURN(const auto iceberg, IcebergAt(place, format, name));
  return iceberg ? OpenIcebergSource(place, *iceberg, name, times) : OpenParquetSource(place, name);
}

Status CheckTakesRows(const FilePlace& place, const core::FileFormat& format,
                      const std::string& name) {
  FEAST_ASSIGN_OR_RETURN(const auto iceberg, IcebergAt(place, format, name));
  if (!iceberg && !IsDelta(format)) return Status::OK();
  return Status::Unimplemented(name + ": rows can be added to Parquet, not to " +
                               (iceberg ? "Iceberg" : "Delta") + " tables");
}

}  // namespace feast
