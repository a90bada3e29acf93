#include "feast_batch/spill/spill_file.h"

#include <arrow/buffer.h>
#include <fcntl.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <system_error>

#include "feast/base/file_error.h"
#include "feast_batch/point_in_time/arrow_status_internal.h"

namespace feast {
namespace {

int64_t MostOf(const std::string& directory) {
  struct statvfs found;
  if (statvfs(directory.c_str(), &found) != 0) return 0;  // the first file says what is wrong
  return static_cast<int64_t>(found.f_bavail) * static_cast<int64_t>(found.f_frsize) / 10 * 9;
}

}  // namespace

SpillSpace::SpillSpace(std::string directory, std::optional<int64_t> limit, Settings settings)
    : directory_(std::move(directory)),
      limit_(limit ? *limit : MostOf(directory_)),
      settings_(std::move(settings)) {}

Status SpillSpace::Failure(std::string_view what, int error_number) const {
  return FileFailure("cannot " + std::string(what) + " a temporary file in " + directory_ + " (" +
                         settings_.directory +
                         "): " + std::generic_category().message(error_number),
                     error_number);
}

Result<std::unique_ptr<SpillFile>> SpillFile::Create(std::shared_ptr<SpillSpace> space) {
  std::string path = space->directory_ + "/feast-spill-XXXXXX";
  const int file = mkostemp(path.data(), O_CLOEXEC);
  if (file < 0) return space->Failure("create", errno);
  unlink(path.c_str());
  return std::unique_ptr<SpillFile>(new SpillFile(std::move(space), file));
}

SpillFile::~SpillFile() {
  space_->used_ -= end_;
  close(file_);
}

Result<int64_t> SpillFile::Append(std::string_view bytes) {
  const auto size = static_cast<int64_t>(bytes.size());
  const int64_t offset = end_.fetch_add(size);
  if (space_->used_.fetch_add(size) + size > space_->limit_) {
    return Status(StatusCode::kResourceExhausted,
                  "temporary files in " + space_->directory_ + " (" + space_->settings_.directory +
                      ") would take more than " + std::to_string(space_->limit_) + " bytes (" +
                      space_->settings_.limit + ")",
                  ErrorKind::kOsError);
  }
  for (int64_t written = 0; written < size;) {
    const ssize_t now = pwrite(file_, bytes.data() + written, size - written, offset + written);
    if (now < 0 && errno == EINTR) continue;
    if (now < 0) return space_->Failure("write", errno);
    written += now;
  }
  return offset;
}

Result<std::shared_ptr<arrow::Buffer>> SpillFile::Read(int64_t offset, int64_t size) const {
  FEAST_ARROW_ASSIGN(std::shared_ptr<arrow::Buffer> buffer, arrow::AllocateBuffer(size));
  for (int64_t read = 0; read < size;) {
    const ssize_t now = pread(file_, buffer->mutable_data() + read, size - read, offset + read);
    if (now < 0 && errno == EINTR) continue;
    if (now <= 0) return space_->Failure("read", now < 0 ? errno : EIO);
    read += now;
  }
  return buffer;
}

}  // namespace feast
