#include "feast_batch/parquet/file_location.h"

#include <filesystem>
#include <string_view>

namespace feast {

const core::DataSource& BatchSourceOf(const core::DataSource& source) {
  const core::DataSource* at = &source;
  while (!at->has_file_options() && at->has_batch_source()) at = &at->batch_source();
  return *at;
}

std::string FileSourceName(const core::DataSource& source) {
  const auto& batch = BatchSourceOf(source);
  return "source '" + (batch.name().empty() ? source.name() : batch.name()) + "' (" +
         batch.file_options().uri() + ")";
}

bool IsDelta(const core::FileFormat& format) {
  return format.format_case() == core::FileFormat::kDeltaFormat;
}

bool IsRemote(const std::string& uri) {
  return !uri.starts_with("file://") && uri.find("://") != std::string::npos;
}

Result<std::string> LocalPath(const std::string& repo_path, const std::string& uri) {
  std::string_view path = uri;
  if (path.starts_with("file://")) path.remove_prefix(7);
  if (path.empty()) return Status::InvalidArgument("a file source needs a path");
  return (std::filesystem::path(repo_path) / path).string();
}

}  // namespace feast
