#include "feast/registry/file/file_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <thread>

#include "feast/base/file_error.h"

namespace feast {
namespace {

class HeldLock final : public BlobLock {
 public:
  explicit HeldLock(int fd) : fd_(fd) {}
  HeldLock(const HeldLock&) = delete;
  HeldLock& operator=(const HeldLock&) = delete;
  ~HeldLock() override { ::close(fd_); }

 private:
  int fd_;
};

/// A lock file may have been removed (teardown) between open and lock.
bool IsStillAt(int fd, const std::filesystem::path& path) {
  struct stat held {};
  struct stat now {};
  return ::fstat(fd, &held) == 0 && ::stat(path.c_str(), &now) == 0 && held.st_ino == now.st_ino &&
         held.st_dev == now.st_dev;
}

}  // namespace

Result<std::unique_ptr<BlobLock>> LockFile(const std::filesystem::path& path,
                                           const CallContext& context) {
  auto pause = std::chrono::milliseconds(1);
  constexpr auto kLongestPause = std::chrono::milliseconds(20);
  while (true) {
    const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (fd < 0) return FileError("lock registry with", path, errno);
    auto lock = std::make_unique<HeldLock>(fd);
    while (::flock(fd, LOCK_EX | LOCK_NB) != 0) {
      if (errno != EWOULDBLOCK && errno != EINTR) return FileError("lock", path, errno);
      const Status status = context.Check();
      if (!status.ok()) return status.Annotate("Waiting for another writer of " + path.string());
      std::this_thread::sleep_for(pause);
      pause = std::min(pause * 2, kLongestPause);
    }
    if (IsStillAt(fd, path)) return std::unique_ptr<BlobLock>(std::move(lock));
  }
}

}  // namespace feast
