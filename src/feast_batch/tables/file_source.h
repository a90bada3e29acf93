#pragma once
#include <memory>
#include <string>

#include "feast/core/DataFormat.pb.h"
#include "feast_batch/iceberg/iceberg_table.h"
#include "feast_batch/parquet/file_places.h"
#include "feast_batch/point_in_time/row_source.h"

namespace feast {

/// The rows of a file source: of a Delta table or of Parquet if its format says so; without a
/// format of an Iceberg table if one lies there (iceberg/metadata_file.h), else of Parquet. `name`
/// is for messages, which are those of the reader. What `times` leaves out may be missing.
Result<std::unique_ptr<RowSource>> OpenFileSource(const FilePlace& place,
                                                  const core::FileFormat& format,
                                                  const std::string& name,
                                                  const TimesWanted& times = {});

/// Unimplemented for what is no Parquet: to Delta and Iceberg tables nothing is added.
Status CheckTakesRows(const FilePlace& place, const core::FileFormat& format,
                      const std::string& name);

}  // namespace feast
