#pragma once
#include <memory>
#include <string>
#include <vector>

#include "feast/base/result.h"
#include "feast_batch/parquet/file_places.h"

namespace arrow::io {
class OutputStream;
}  // namespace arrow::io

namespace feast {

/// A name beside `path` that no other writer has, and that readers skip.
std::string TemporaryName(const std::string& path);

/// Moves a local file or folder that is on disk; the names in its folder survive a crash then.
Status MoveLocal(const std::string& from, const std::string& to);

/// A file in the making: readers see the old one until Commit, then the new one, whole. Dropped
/// without Commit, nothing is left. Thread-compatible.
///
/// Locally a temporary file, synced and renamed, with the permissions of the one it replaces. On S3
/// one upload, which is finished or aborted. On GCS and Azure, whose uploads cannot be aborted, a
/// temporary object that is copied into place.
class WholeFile {
 public:
  /// The folder must exist where folders do.
  static Result<std::unique_ptr<WholeFile>> Open(const FilePlace& target);
  ~WholeFile();
  const std::shared_ptr<arrow::io::OutputStream>& stream() const { return stream_; }
  /// Nothing more is written. Commit does this too; until then it keeps no file open, but on S3
  /// what was not sent yet.
  Status Close();
  Status Commit();
  /// Takes away what was committed, as far as the store lets.
  void Withdraw();
  /// Drops it now; whoever still writes to the stream gets errors.
  void Abandon();

 private:
  WholeFile(FilePlace target, std::string path)
      : target_(std::move(target)), path_(std::move(path)) {}
  bool aborts() const { return target_.remote && path_ == target_.path; }
  Status CommitLocal();
  Status CommitRemote();
  Status CloseStream();

  const FilePlace target_;
  const std::string path_;  // what is written: the target, or a temporary name
  std::shared_ptr<arrow::io::OutputStream> stream_;
  bool closed_ = false;
  bool done_ = false;
};

/// Files that are to be there all or none. Thread-compatible. Dropped without Commit, none is left.
class FilesOfOneWrite {
 public:
  Status Add(Result<std::unique_ptr<WholeFile>> file);
  /// When one cannot be put in place, it and those before it are taken away again.
  Status Commit();

 private:
  std::vector<std::unique_ptr<WholeFile>> files_;
};

}  // namespace feast
