#pragma once
#include <arrow/type_fwd.h>

#include <map>
#include <memory>
#include <string>

#include "feast/base/result.h"
#include "feast/config/settings.h"

namespace arrow::fs {
class FileSystem;
}  // namespace arrow::fs

namespace parquet {
class FileDecryptionProperties;
}  // namespace parquet

namespace feast {

/// The keys for Parquet's modular encryption: `native.parquet.decryption_keys` are those of the
/// files, `native.parquet.master_keys` wrap the keys that files carry. Thread-safe; wiped at the
/// end.
class DecryptionKeys {
 public:
  /// A key is `env:NAME` or `file:PATH` (relative to the repo's folder), where base64 of 16, 24 or
  /// 32 bytes stands; never the key itself. FeastConfigError names file, line and key, not what was
  /// read; it also says that both sections are given. Null without either.
  static Result<std::shared_ptr<const DecryptionKeys>> Read(const std::string& config_file,
                                                            const std::string& repo_path,
                                                            const Setting* native);

  /// What opening one file takes; plain files stay readable. Master keys read key material that is
  /// kept beside the file by `system`.
  std::shared_ptr<parquet::FileDecryptionProperties> ForOneFile(
      const std::string& path, const std::shared_ptr<arrow::fs::FileSystem>& system) const;
  ~DecryptionKeys();

 private:
  struct Keys;
  explicit DecryptionKeys(std::unique_ptr<Keys> keys);
  const std::unique_ptr<Keys> keys_;
};

}  // namespace feast
