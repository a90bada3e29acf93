#pragma once
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "feast/base/result.h"
#include "feast_batch/parquet/file_places.h"
#include "feast_batch/parquet/parquet_files.h"

namespace feast {

/// A file that a commit adds: path as the log spells it, percent-encoded.
struct DeltaAdd {
  std::string path;
  std::map<std::string, std::optional<std::string>> partition;
  std::optional<int64_t> size;
  int64_t modified = 0;  ///< when it was written, by its writer's clock
  bool has_deletion_vector = false;
};

/// What it takes to read a table.
struct DeltaProtocol {
  int64_t min_reader_version = 1;
  std::vector<std::string> reader_features;
};

/// What a table is.
struct DeltaMetadata {
  std::string schema;  ///< JSON
  std::vector<std::string> partition_columns;
  std::string column_mapping = "none";
  std::string format = "parquet";
};

/// What a log says of a table so far: commits are applied in order. Later ones win.
struct DeltaState {
  std::map<std::string, DeltaAdd> files;  ///< by path
  std::optional<DeltaProtocol> protocol;
  std::optional<DeltaMetadata> metadata;
};

/// Applies a commit's text, one JSON object a line. DataLoss says which line is wrong.
Status ApplyDeltaCommit(std::string_view text, DeltaState* state);

/// Applies a checkpoint's Parquet file. Whatever OpenReader and reading may fail with.
Status ApplyDeltaCheckpoint(const FilePlace& place, const ParquetFile& file,
                            const std::string& name, DeltaState* state);

}  // namespace feast
