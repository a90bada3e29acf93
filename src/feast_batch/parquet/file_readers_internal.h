#pragma once
/// Opens Parquet files: local ones by the system, remote ones so that they are read by few, large
/// ranges.
#include <parquet/arrow/reader.h>
#include <parquet/properties.h>

#include <functional>
#include <memory>
#include <string>

#include "feast/base/result.h"
#include "feast_batch/parquet/file_places.h"
#include "feast_batch/parquet/parquet_files.h"

namespace feast {

/// A reader of that file. With `metadata`, read once before, opening costs no request if the file's
/// size is known.
arrow::Result<std::unique_ptr<parquet::arrow::FileReader>> OpenReader(
    const FilePlace& place, const ParquetFile& file,
    const std::shared_ptr<parquet::FileMetaData>& metadata);

/// All of a file of any kind, which must not have more bytes than `most`.
arrow::Result<std::shared_ptr<arrow::Buffer>> ReadBytes(const FilePlace& place,
                                                        const std::string& path, int64_t most);

/// Whether any of its parts is.
Result<bool> IsEncrypted(const FilePlace& place, const ParquetFile& file, const std::string& name);

/// Calls `open` for each number below `count`, for an object store several at a time, and returns
/// the first failure.
Status OpenEach(const FilePlace& place, size_t count, const std::function<Status(size_t)>& open);

/// A failed read of that file: what the system, RemoteFailure or FromArrow's own codes say, else
/// DataLoss.
Status ReadFailure(const FilePlace& place, const std::string& path, const std::string& name,
                   const arrow::Status& failure);

}  // namespace feast
