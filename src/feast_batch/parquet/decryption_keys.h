#pragma once
#include <map>
#include <memory>
#include <string>

#include "feast/base/result.h"
#include "feast/config/settings.h"

namespace parquet {
class FileDecryptionProperties;
}  // namespace parquet

namespace feast {

/// The keys of `native.parquet.decryption_keys`, for Parquet's modular encryption. Immutable,
/// thread-safe; wiped at the end.
class DecryptionKeys {
 public:
  /// A key is `env:NAME` or `file:PATH` (relative to the repo's folder), where base64 of 16, 24 or
  /// 32 bytes stands; never the key itself. FeastConfigError names file, line and key, not what was
  /// read. Null without the section.
  static Result<std::shared_ptr<const DecryptionKeys>> Read(const std::string& config_file,
                                                            const std::string& repo_path,
                                                            const Setting* native);

  /// What opening one file takes; plain files stay readable.
  std::shared_ptr<parquet::FileDecryptionProperties> ForOneFile() const;
  ~DecryptionKeys();

 private:
  struct Keys;
  explicit DecryptionKeys(std::unique_ptr<Keys> keys);
  const std::unique_ptr<Keys> keys_;
};

}  // namespace feast
