#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "feast/base/result.h"
#include "feast_batch/iceberg/iceberg_metadata.h"

namespace feast {

/// A manifest, as the list of a snapshot has it.
struct IcebergManifest {
  std::string path;
  int64_t size = 0;  ///< in bytes, 0 if it is not told
  int64_t spec_id = 0;
  int64_t sequence = 0;      ///< what files that it added inherit
  int64_t snapshot_id = -1;  ///< the same
};

enum class IcebergContent { kData, kPositionDeletes, kEqualityDeletes };

/// A live file of a snapshot.
struct IcebergFile {
  IcebergContent content = IcebergContent::kData;
  std::string path;  ///< as its writers see it
  int64_t size = 0;
  int64_t sequence = 0;
  int64_t snapshot_id = -1;
  int64_t spec_id = 0;
  std::string partition_key;  ///< equal for files of one partition of one spec
  /// The values of identity partitions, by the ids of their columns, as text; null where they are.
  std::map<int32_t, std::optional<std::string>> partition;
  std::vector<int32_t> equality_ids;  ///< of kEqualityDeletes
  std::optional<int64_t> earliest;    ///< bounds of the asked column, if it is a timestamp
  std::optional<int64_t> latest;
};

/// The manifests of a manifest list in memory. DataLoss if it is damaged.
Result<std::vector<IcebergManifest>> ReadManifestList(std::string_view bytes);

/// Adds the live files of a manifest in memory. `bounds_of` is the id of the column whose bounds
/// are kept, or -1. DataLoss if it is damaged; Unimplemented, naming the feature, for files that we
/// do not read.
Status ReadManifest(std::string_view bytes, const IcebergManifest& manifest,
                    const IcebergMetadata& table, int32_t bounds_of,
                    std::vector<IcebergFile>* files);

}  // namespace feast
