#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "feast_batch/parquet/file_places.h"

namespace feast {

/// Whether a path names a metadata file of an Iceberg table: `….metadata.json`, also with `.gz`.
bool IsIcebergMetadata(std::string_view path);

/// The metadata file of the Iceberg table at `place`: the place itself if it is one, else what
/// `metadata/version-hint.text` says, or a later `v<N>`, or without a hint the one with the highest
/// number. None: it is no Iceberg table. InvalidArgument, naming them, if several have that number:
/// only a catalog knows which one counts. Costs one listing, and a read where there is a hint.
Result<std::optional<std::string>> FindIcebergMetadata(const FilePlace& place,
                                                       const std::string& name);

}  // namespace feast
