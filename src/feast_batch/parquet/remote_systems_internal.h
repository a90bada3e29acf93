#pragma once
/// One function a kind of object store: Arrow's file system with the credentials that are found.
#include <arrow/filesystem/filesystem.h>

#include <functional>
#include <optional>
#include <string>

#include "feast/base/result.h"

namespace feast {

/// Reads an environment variable; none if it is unset or empty.
using ReadVariable = std::function<std::optional<std::string>(const char* name)>;

/// Loads Arrow's S3 library when first called.
Result<std::shared_ptr<arrow::fs::FileSystem>> OpenS3(const std::string& bucket,
                                                      const std::string& endpoint, int64_t attempts,
                                                      const ReadVariable& variable);

Result<std::shared_ptr<arrow::fs::FileSystem>> OpenGcs(const ReadVariable& variable);

/// `host` is what stands after the container, an account's host or nothing.
Result<std::shared_ptr<arrow::fs::FileSystem>> OpenAzure(const std::string& host,
                                                         const ReadVariable& variable);

}  // namespace feast
