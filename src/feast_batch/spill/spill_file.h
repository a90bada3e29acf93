#pragma once
#include <arrow/type_fwd.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "feast/base/result.h"

namespace feast {

/// The room in a directory for what does not fit into memory. Thread-safe.
class SpillSpace {
 public:
  /// At most `limit` bytes at a time; without one nine tenths of what is free there now. `settings`
  /// are the names of both for messages: "a.directory", "a.limit".
  struct Settings {
    std::string directory;
    std::string limit;
  };
  SpillSpace(std::string directory, std::optional<int64_t> limit, Settings settings);

  int64_t used() const { return used_; }

 private:
  friend class SpillFile;
  Status Failure(std::string_view what, int error_number) const;

  const std::string directory_;
  const int64_t limit_;
  const Settings settings_;
  std::atomic<int64_t> used_ = 0;
};

/// A file without a name: it is gone with this object, or with the process however that ends.
/// Thread-safe. Errors name directory and setting.
class SpillFile {
 public:
  static Result<std::unique_ptr<SpillFile>> Create(std::shared_ptr<SpillSpace> space);
  ~SpillFile();
  SpillFile(const SpillFile&) = delete;
  SpillFile& operator=(const SpillFile&) = delete;

  /// Where the bytes now are. ResourceExhausted beyond the limit, and if the disk is full.
  Result<int64_t> Append(std::string_view bytes);
  Result<std::shared_ptr<arrow::Buffer>> Read(int64_t offset, int64_t size) const;

 private:
  SpillFile(std::shared_ptr<SpillSpace> space, int file) : space_(std::move(space)), file_(file) {}

  const std::shared_ptr<SpillSpace> space_;
  const int file_;
  std::atomic<int64_t> end_ = 0;
};

}  // namespace feast
