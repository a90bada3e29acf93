#pragma once
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "feast/base/result.h"

namespace feast {

/// One file of a source.
struct ParquetFile {
  std::string path;
  /// Columns that the names of its folders give (`year=2024/`), null where the name says so.
  std::map<std::string, std::optional<std::string>> partition;
};

/// The file at `path`, or all Parquet files below that folder: by path, and those that were added
/// by us last, in the order in which they were added, so that later rows come later. Names that
/// start with `.` or `_` are skipped. NotFound (FileNotFoundError) if there is none; `name` is for
/// messages.
Result<std::vector<ParquetFile>> ListParquetFiles(const std::string& path, const std::string& name);

/// The path of the next file to be added to a folder; the caller holds the folder's lock.
std::string NextAddedFile(const std::string& folder);

}  // namespace feast
