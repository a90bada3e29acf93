#pragma once
#include <string>

#include "feast/base/result.h"
#include "feast/core/DataSource.pb.h"

namespace feast {

/// The source that history is read from: a push or stream source stands for its batch source.
const core::DataSource& BatchSourceOf(const core::DataSource& source);

/// For messages: source 'stats' (data/stats.parquet).
std::string FileSourceName(const core::DataSource& source);

/// Whether the format is Delta's.
bool IsDelta(const core::FileFormat& format);

/// `s3://…` and the like: not a path of this machine, and not file://.
bool IsRemote(const std::string& uri);

/// The path of a local uri, relative ones from the repo's folder. InvalidArgument if it is empty.
Result<std::string> LocalPath(const std::string& repo_path, const std::string& uri);

}  // namespace feast
