#pragma once
#include <arrow/type_fwd.h>

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "feast/base/result.h"

namespace feast {

/// How a table is cut into partitions: what each value of a file's partition comes from.
struct IcebergPartitionField {
  int32_t source_id = -1;  ///< the column
  int64_t field_id = -1;   ///< in manifests
  bool is_identity = false;
  bool is_void = false;  ///< all values are null: no partition
};

/// The state of a table at one commit.
struct IcebergSnapshot {
  int64_t id = -1;
  std::string manifest_list;  ///< empty in old tables, which name the manifests instead
  std::vector<std::string> manifests;
};

/// What a table's metadata file says, as far as reading goes.
struct IcebergMetadata {
  int64_t format_version = 0;
  std::string location;                   ///< where its writers see it
  std::shared_ptr<arrow::Schema> schema;  ///< the current one, fields with ids
  std::map<int64_t, std::vector<IcebergPartitionField>> specs;
  std::optional<IcebergSnapshot> snapshot;    ///< the current one; none: no rows yet
  std::map<int64_t, int64_t> snapshot_times;  ///< by id, of those that are known
  std::map<std::string, int32_t> column_ids;  ///< of files without ids: the name mapping
};

/// Reads a metadata file's JSON. DataLoss if it is damaged; Unimplemented, naming it, for a version
/// of the format, a type or a feature that we do not read.
Result<IcebergMetadata> ParseIcebergMetadata(std::string_view json);

}  // namespace feast
