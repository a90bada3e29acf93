#pragma once
#include <arrow/type_fwd.h>

#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "feast/base/call_context.h"
#include "feast/base/result.h"
#include "feast/offline/batch_module.h"
#include "feast_batch/parquet/decryption_keys.h"

namespace arrow::fs {
class FileSystem;
}  // namespace arrow::fs

namespace feast {

/// A file or folder: of this machine, or of an object store. Immutable.
struct FilePlace {
  std::string path;                               ///< local path; or bucket and key: lake/a.parquet
  std::shared_ptr<arrow::fs::FileSystem> remote;  ///< null: this machine
  std::shared_ptr<const DecryptionKeys> keys = nullptr;  ///< of encrypted files; null: none

  /// The same store, another file of it.
  FilePlace At(std::string other) const { return {std::move(other), remote, keys}; }
};

/// Finds files by their uris: paths and `file://` are local, relative ones from the repo's folder;
/// `s3://`, `gs://` (`gcs://`), `az://`, `abfs://` and `abfss://` are object stores, with the
/// credentials of their usual chains (docs/offline-stores.md).
///
/// Thread-safe. Keeps the connections of each bucket's store, which are opened, and the libraries
/// behind them loaded, when first asked for. `native.object_storage` and `native.parquet` are read
/// by Make.
class FilePlaces {
 public:
  /// FeastConfigError names file, line and key.
  static Result<std::unique_ptr<FilePlaces>> Make(const OfflineStoreEnv& env);

  /// `s3_endpoint` (a url, or host and port) is another S3 service than `AWS_ENDPOINT_URL_S3`,
  /// `AWS_ENDPOINT_URL` or Amazon's; empty: those. InvalidArgument for an empty or malformed uri,
  /// and for one that carries credentials, which it does not repeat; Unimplemented for other
  /// schemes. `name` is for messages. Costs no request, but that for an S3 bucket's region where
  /// nothing else tells it. What is opened, listed and read at the place ends with the context.
  Result<FilePlace> Find(const CallContext& context, const std::string& uri,
                         const std::string& s3_endpoint, const std::string& name);

 private:
  using Store = std::shared_ptr<arrow::fs::FileSystem>;
  Result<FilePlace> FindRemote(const CallContext& context, const std::string& uri,
                               const std::string& s3_endpoint);
  FilePlaces(std::string repo_path, int64_t attempts, std::shared_ptr<const DecryptionKeys> keys)
      : repo_path_(std::move(repo_path)), attempts_(attempts), keys_(std::move(keys)) {}

  const std::string repo_path_;
  const int64_t attempts_;  // of a request
  const std::shared_ptr<const DecryptionKeys> keys_;
  std::mutex mutex_;
  std::map<std::string, Store> stores_;
};

/// What an object store answered, as ours: a missing object or bucket is NotFound
/// (FileNotFoundError), no right FailedPrecondition (PermissionError), no answer Unavailable;
/// `what` names source and place. Secrets of addresses are taken out of the text.
Status RemoteFailure(const std::string& what, const std::string& answer);
/// The same for what came of a request, which may also be the end of its context.
Status RemoteFailure(const std::string& what, const arrow::Status& outcome);

/// Whether the text of a failed read is an object store's answer, and not about what was read.
bool IsRemoteAnswer(const std::string& text);

}  // namespace feast
