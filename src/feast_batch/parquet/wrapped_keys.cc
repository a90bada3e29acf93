#include <parquet/encryption/local_wrap_kms_client.h>
#include <parquet/exception.h>

#include <algorithm>
#include <utility>

#include "feast_batch/parquet/wrapped_keys_internal.h"
#include "feast_batch/point_in_time/arrow_status_internal.h"

namespace feast {
namespace {

namespace encryption = parquet::encryption;
using Secret = arrow::util::SecureString;
using MasterKeys = std::map<std::string, Secret>;

bool IsBase64(const std::string& text) {
  return std::ranges::all_of(
      text, [](unsigned char c) { return std::isalnum(c) || c == '+' || c == '/' || c == '='; });
}

// What Parquet's local wrapping puts around a wrapped key.
std::string LocallyWrapped(const std::string& key) {
  return R"({"masterKeyVersion":"NO_VERSION","encryptedKey":")" + key + "\"}";
}

class KeyService final : public encryption::LocalWrapKmsClient {
 public:
  KeyService(const encryption::KmsConnectionConfig& config,
             std::shared_ptr<const MasterKeys> master_keys)
      : LocalWrapKmsClient(config), master_keys_(std::move(master_keys)) {}

  Secret UnwrapKey(const std::string& wrapped, const std::string& id) override {
    (void)GetMasterKeyFromServer(id);  // an unknown one is no wrong one
    try {
      return LocalWrapKmsClient::UnwrapKey(IsBase64(wrapped) ? LocallyWrapped(wrapped) : wrapped,
                                           id);
    } catch (const std::exception& e) {
      throw parquet::ParquetException("the master key '" + id +
                                      "' does not decrypt a key of the file: " + e.what());
    }
  }

 protected:
  const Secret& GetMasterKeyFromServer(const std::string& id) override {
    const auto found = master_keys_->find(id);
    if (found != master_keys_->end()) return found->second;
    throw parquet::ParquetStatusException(ToArrow(Status::FailedPrecondition(
        "native.parquet.master_keys has no key '" + id + "', by which keys of the file are wrapped",
        ErrorKind::kFeastConfigError)));
  }

 private:
  const std::shared_ptr<const MasterKeys> master_keys_;
};

class KeyServices final : public encryption::KmsClientFactory {
 public:
  explicit KeyServices(MasterKeys master_keys)
      : master_keys_(std::make_shared<const MasterKeys>(std::move(master_keys))) {}
  std::shared_ptr<encryption::KmsClient> CreateKmsClient(
      const encryption::KmsConnectionConfig& config) override {
    return std::make_shared<KeyService>(config, master_keys_);
  }

 private:
  const std::shared_ptr<const MasterKeys> master_keys_;
};

}  // namespace

WrappedKeys::WrappedKeys(MasterKeys master_keys) {
  factory_.RegisterKmsClientFactory(std::make_shared<KeyServices>(std::move(master_keys)));
}

std::shared_ptr<parquet::FileDecryptionProperties> WrappedKeys::ForOneFile(
    const std::string& path, const std::shared_ptr<arrow::fs::FileSystem>& system) {
  return factory_.GetFileDecryptionProperties({}, {}, path, system);
}

}  // namespace feast
