#pragma once
/// Opens Parquet files: local ones by the system, remote ones by few, large ranges.
#include <parquet/arrow/reader.h>

#include <memory>
#include <string>
#include <vector>

#include "feast/base/result.h"
#include "feast_batch/parquet/file_places.h"
#include "feast_batch/parquet/parquet_files.h"

namespace feast {

/// One reader a file, with its metadata read. Files of an object store are opened several at a
/// time, each by one request if its size was listed and its metadata are not large. DataLoss,
/// naming the file, if one is damaged; else what RemoteFailure says.
Result<std::vector<std::unique_ptr<parquet::arrow::FileReader>>> OpenReaders(
    const FilePlace& place, const std::vector<ParquetFile>& files, const std::string& name);

/// A failed read of that file.
Status ReadFailure(const FilePlace& place, const std::string& path, const std::string& name,
                   const std::string& message);

}  // namespace feast
