#pragma once
#include <string>
#include <string_view>

#include "feast/base/result.h"

namespace feast {

constexpr int kGzipLevel = 2;
constexpr int kZstdLevel = 1;

/// `text` as one gzip member, or one zstd frame that tells its size.
///
/// Thread-safe, as all functions here. Costs the library's own working memory (0.3 MB for gzip, up
/// to 1 MB for zstd) during the call; ResourceExhausted when there is none.
Result<std::string> CompressGzip(std::string_view text, int level = kGzipLevel);
Result<std::string> CompressZstd(std::string_view text, int level = kZstdLevel);

/// What was compressed, members or frames one after the other. OutOfRange when it is larger than
/// `max_bytes`, found out before more than that is kept; InvalidArgument when `bytes` are broken,
/// cut off, or a zstd frame that needs a window of more than 8 MiB.
Result<std::string> DecompressGzip(std::string_view bytes, size_t max_bytes);
Result<std::string> DecompressZstd(std::string_view bytes, size_t max_bytes);

}  // namespace feast
