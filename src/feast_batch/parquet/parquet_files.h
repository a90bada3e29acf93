#pragma once
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "feast/base/result.h"
#include "feast_batch/parquet/file_places.h"

namespace feast {

/// One file of a source.
struct ParquetFile {
  std::string path;
  /// Columns that the names of its folders give (`year=2024/`), null where the name says so.
  std::map<std::string, std::optional<std::string>> partition;
  /// In bytes, where listing an object store told it.
  std::optional<int64_t> size;
};

/// The file at `place`, or all Parquet files below that folder: by path, and those that were added
/// by us last, in the order in which they were added, so that later rows come later. Names that
/// start with `.` or `_` are skipped. NotFound (FileNotFoundError) if there is none, and what
/// RemoteFailure says; `name` is for messages. One or two requests of an object store, and one a
/// thousand files.
Result<std::vector<ParquetFile>> ListParquetFiles(const FilePlace& place, const std::string& name);

/// "New%20York" as it was before: "New York".
std::string PercentDecoded(std::string_view text);

/// The path of the next file to be added to a local folder; the caller holds the folder's lock.
std::string NextAddedFile(const std::string& folder);
/// The same of an object store, where nothing locks: no other writer gets that name.
std::string NextAddedObject(const std::string& folder, const std::vector<ParquetFile>& listed);

}  // namespace feast
