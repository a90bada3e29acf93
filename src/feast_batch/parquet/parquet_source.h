#pragma once
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "feast_batch/parquet/file_places.h"
#include "feast_batch/parquet/parquet_files.h"
#include "feast_batch/point_in_time/row_source.h"

namespace feast {

/// The rows of a Parquet file, or of all Parquet files below a folder (parquet_files.h says in
/// which order), which may be partitioned by folder names `key=value`. Files may differ in columns
/// and widths of types (schema_union.h). `name` is for messages. NotFound (FileNotFoundError) if
/// the path does not exist or holds no file; DataLoss, naming the file, if one is damaged; else
/// what RemoteFailure says (file_places.h).
Result<std::unique_ptr<RowSource>> OpenParquetSource(const FilePlace& place,
                                                     const std::string& name);

/// The rows of these files of one place, with the columns and types of `schema` (nested columns: as
/// the files have them). A column that a file lacks is what its partition says, or null. The list
/// may be empty. If fields of `schema` have ids (field_ids.h), columns are found by them whatever
/// their names are, and nested ones have the types of `schema`, too; `ids` are those of files that
/// have none, by column.
Result<std::unique_ptr<RowSource>> OpenParquetFiles(const FilePlace& place,
                                                    const std::vector<ParquetFile>& files,
                                                    const std::shared_ptr<arrow::Schema>& schema,
                                                    const std::string& name,
                                                    const std::map<std::string, int32_t>& ids = {});

}  // namespace feast
