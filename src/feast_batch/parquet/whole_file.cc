#include "feast_batch/parquet/whole_file.h"

#include <arrow/filesystem/filesystem.h>
#include <arrow/io/file.h>
#include <fcntl.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <filesystem>

#include "feast/base/file_error.h"
#include "feast_batch/point_in_time/arrow_status_internal.h"

namespace feast {
namespace {

namespace fs = std::filesystem;

// What was written, or the names in a folder, survive a crash from here on.
Status Sync(const std::string& path) {
  const int fd = open(path.empty() ? "." : path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return FileError("open", path, errno);
  const int failure = fsync(fd) == 0 ? 0 : errno;
  close(fd);
  return failure == 0 ? Status::OK() : FileError("sync", path, failure);
}

Status Answer(const std::string& path, const arrow::Status& status) {
  if (status.ok() || !IsRemoteAnswer(status.message())) return FromArrow(status);
  return RemoteFailure("while writing " + path, status.message());
}

}  // namespace

std::string TemporaryName(const std::string& given) {
  static std::atomic<uint64_t> counter{0};
  const fs::path path(given);
  return path.parent_path() / ("." + path.filename().string() + "." + std::to_string(getpid()) +
                               "." + std::to_string(++counter) + ".tmp");
}

Status MoveLocal(const std::string& from, const std::string& to) {
  std::error_code error;
  fs::rename(from, to, error);
  if (error) return FileError("replace", to, error.value());
  return Sync(fs::path(to).parent_path());
}

Result<std::unique_ptr<WholeFile>> WholeFile::Open(const FilePlace& target) {
  const bool in_place = target.remote && target.remote->type_name() == "s3";
  auto file = std::unique_ptr<WholeFile>(
      new WholeFile(target, in_place ? target.path : TemporaryName(target.path)));
  if (!target.remote) {
    FEAST_ARROW_ASSIGN(file->stream_, arrow::io::FileOutputStream::Open(file->path_));
    return file;
  }
  auto opened = target.remote->OpenOutputStream(file->path_);
  if (!opened.ok()) {
    file->done_ = true;
    return Answer(target.path, opened.status());
  }
  file->stream_ = *std::move(opened);
  return file;
}

WholeFile::~WholeFile() { Abandon(); }

void WholeFile::Abandon() {
  if (done_) return;
  done_ = true;
  if (stream_ && !closed_) (void)(aborts() ? stream_->Abort() : stream_->Close());
  std::error_code error;
  if (!target_.remote) {
    fs::remove(path_, error);
  } else if (!aborts()) {
    (void)target_.remote->DeleteFile(path_);
  }
}

Status WholeFile::CloseStream() {
  if (closed_) return Status::OK();
  closed_ = true;
  FEAST_RETURN_IF_ERROR(Answer(target_.path, stream_->Close()));
  return target_.remote ? Status::OK() : Sync(path_);
}

// An upload to S3 is there as soon as it is closed.
Status WholeFile::Close() { return aborts() ? Status::OK() : CloseStream(); }

void WholeFile::Withdraw() {
  if (target_.remote) {
    (void)target_.remote->DeleteFile(target_.path);
  } else {
    unlink(target_.path.c_str());
  }
}

Status WholeFile::Commit() {
  Status written = target_.remote ? CommitRemote() : CommitLocal();
  if (!written.ok()) {
    Abandon();
    return written;
  }
  done_ = true;
  return written;
}

Status WholeFile::CommitLocal() {
  FEAST_RETURN_IF_ERROR(CloseStream());
  std::error_code error;
  const auto replaced = fs::status(target_.path, error);
  if (fs::is_regular_file(replaced)) fs::permissions(path_, replaced.permissions(), error);
  return MoveLocal(path_, target_.path);
}

Status WholeFile::CommitRemote() {
  FEAST_RETURN_IF_ERROR(CloseStream());
  if (aborts()) return Status::OK();
  FEAST_RETURN_IF_ERROR(Answer(target_.path, target_.remote->CopyFile(path_, target_.path)));
  (void)target_.remote->DeleteFile(path_);
  return Status::OK();
}

Status FilesOfOneWrite::Add(Result<std::unique_ptr<WholeFile>> file) {
  if (!file.ok()) return file.status();
  files_.push_back(*std::move(file));
  return Status::OK();
}

Status FilesOfOneWrite::Commit() {
  for (size_t at = 0; at < files_.size(); ++at) {
    Status there = files_[at]->Commit();
    if (there.ok()) continue;
    // That one too: an answer may get lost behind what was done.
    for (size_t done = 0; done <= at; ++done) files_[done]->Withdraw();
    return there;
  }
  return Status::OK();
}

}  // namespace feast
