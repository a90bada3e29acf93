#pragma once
#include <memory>
#include <optional>
#include <string>

#include "feast_batch/parquet/file_places.h"
#include "feast_batch/point_in_time/row_source.h"

namespace feast {

/// Times of rows that are wanted, both inclusive and optional; an empty column: all.
struct TimesWanted {
  std::string column;
  std::optional<Micros> from;
  std::optional<Micros> to;
};

/// The rows of an Iceberg table as that metadata file has it (metadata_file.h), with the types of
/// its current schema, columns by field id, deleted rows left out; files that can hold none of
/// `times` are not opened. `name` is for messages. Unimplemented, naming the feature, for what we
/// do not read: version 3, files that are not Parquet, encryption, files outside the table's
/// location; DataLoss, naming the file, for what is damaged; FileNotFoundError for what is missing.
/// Of an object store one request for the metadata, one for the list of manifests, one a manifest
/// and one a file.
Result<std::unique_ptr<RowSource>> OpenIcebergSource(const FilePlace& place,
                                                     const std::string& metadata_file,
                                                     const std::string& name,
                                                     const TimesWanted& times = {});

}  // namespace feast
