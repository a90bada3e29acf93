#pragma once
/// Parquet files that carry their own keys, wrapped by master keys: what pyarrow's CryptoFactory
/// and parquet-mr write.
#include <arrow/util/secure_string.h>
#include <parquet/encryption/crypto_factory.h>

#include <map>
#include <memory>
#include <string>

namespace feast {

/// Unwraps keys with master keys that are at hand. Thread-safe.
///
/// A wrapped key is base64 of AES-GCM's nonce, text and tag with the master key's id as additional
/// data, alone or in the JSON of Parquet's local wrapping; around it, single or double wrapping,
/// and key material in the file or beside it, are Arrow's. What fails is a ParquetException that
/// names the id: FailedPrecondition (FeastConfigError) if it is not known, else a failed
/// decryption. Unwrapped keys are kept for ten minutes.
class WrappedKeys {
 public:
  explicit WrappedKeys(std::map<std::string, arrow::util::SecureString> master_keys);

  /// What opening one file takes; plain files stay readable. Key material beside the file is read
  /// by `system`.
  std::shared_ptr<parquet::FileDecryptionProperties> ForOneFile(
      const std::string& path, const std::shared_ptr<arrow::fs::FileSystem>& system);

 private:
  parquet::encryption::CryptoFactory factory_;
};

}  // namespace feast
