#include "feast/registry/file/local_blob.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <functional>
#include <system_error>

#include "feast/base/file_error.h"
#include "feast/base/uuid.h"
#include "feast/registry/file/file_lock.h"

namespace feast {
namespace {

namespace fs = std::filesystem;

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  int get() const { return fd_; }

 private:
  int fd_;
};

std::string TagOf(std::string_view bytes) {
  // Each registry holds a fresh random version id, so equal hashes mean equal content.
  return std::to_string(bytes.size()) + "-" + std::to_string(std::hash<std::string_view>{}(bytes));
}

Status WriteAll(int fd, std::string_view bytes, const fs::path& path) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return FileError("write registry", path, errno);
    bytes.remove_prefix(static_cast<size_t>(written));
  }
  if (::fsync(fd) != 0) return FileError("write registry", path, errno);
  return Status::OK();
}

class LocalBlob final : public RegistryBlob {
 public:
  explicit LocalBlob(fs::path path) : path_(std::move(path)) {}

  std::string Place() const override { return path_.string(); }

  Result<std::optional<BlobContent>> Read() override {
    const Descriptor file(::open(path_.c_str(), O_RDONLY | O_CLOEXEC));
    if (file.get() < 0) {
      if (errno == ENOENT) return std::optional<BlobContent>();
      return FileError("read registry", path_, errno);
    }
    BlobContent content;
    char buffer[1 << 16];
    while (true) {
      const ssize_t count = ::read(file.get(), buffer, sizeof buffer);
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) return FileError("read registry", path_, errno);
      if (count == 0) break;
      content.bytes.append(buffer, static_cast<size_t>(count));
    }
    content.tag = TagOf(content.bytes);
    return std::optional<BlobContent>(std::move(content));
  }

  std::string ChangeMark() override {
    struct stat info {};
    if (::stat(path_.c_str(), &info) != 0) return "";
    return std::to_string(info.st_ino) + ":" + std::to_string(info.st_size) + ":" +
           std::to_string(info.st_mtim.tv_sec) + "." + std::to_string(info.st_mtim.tv_nsec);
  }

  Result<std::unique_ptr<BlobLock>> Lock(const CallContext& context) override {
    std::error_code error;
    fs::create_directories(Target().parent_path(), error);
    if (error)
      return FileError("make the registry's folder", Target().parent_path(), error.value());
    return LockFile(LockPath(), context);
  }

  Result<bool> WriteIfUnchanged(const std::optional<std::string>& tag,
                                std::string_view bytes) override {
    FEAST_ASSIGN_OR_RETURN(const std::optional<BlobContent> now, Read());
    if (now.has_value() != tag.has_value() || (now && now->tag != *tag)) return false;
    const fs::path target = Target();
    RemoveLeftovers(target);
    const fs::path fresh = target.parent_path() / (TemporaryPrefix(target) + RandomUuid() + ".tmp");
    const Status status = WriteFile(fresh, target, bytes);
    if (!status.ok()) {
      ::unlink(fresh.c_str());
      return status;
    }
    return true;
  }

  Status Remove() override {
    std::error_code error;
    fs::remove(path_, error);
    if (error) return FileError("remove registry", path_, error.value());
    fs::remove(LockPath(), error);
    return Status::OK();
  }

 private:
  /// Where the bytes are or will be: behind symbolic links.
  fs::path Target() const {
    constexpr int kMostLinks = 40;
    std::error_code error;
    fs::path target = fs::absolute(path_);
    for (int i = 0; i < kMostLinks && fs::is_symlink(target, error); ++i) {
      target = target.parent_path() / fs::read_symlink(target, error);
    }
    fs::path canonical = fs::weakly_canonical(target, error);
    return error ? target : canonical;
  }
  fs::path LockPath() const {
    const fs::path target = Target();
    return target.parent_path() / ("." + target.filename().string() + ".lock");
  }
  static std::string TemporaryPrefix(const fs::path& target) {
    return "." + target.filename().string() + ".";
  }

  /// What killed writers left; called under the lock, so that nobody else is writing.
  static void RemoveLeftovers(const fs::path& target) {
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(target.parent_path(), error)) {
      const std::string name = entry.path().filename().string();
      if (name.starts_with(TemporaryPrefix(target)) && name.ends_with(".tmp")) {
        fs::remove(entry.path(), error);
      }
    }
  }

  static Status WriteFile(const fs::path& fresh, const fs::path& target, std::string_view bytes) {
    {
      const Descriptor file(::open(fresh.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666));
      if (file.get() < 0) return FileError("write registry", target, errno);
      struct stat old_file {};
      if (::stat(target.c_str(), &old_file) == 0) {
        // An owner that we may not give away is not worth failing for.
        [[maybe_unused]] const int owner = ::fchown(file.get(), old_file.st_uid, old_file.st_gid);
        if (::fchmod(file.get(), old_file.st_mode & 07777) != 0) {
          return FileError("keep the permissions of registry", target, errno);
        }
      }
      FEAST_RETURN_IF_ERROR(WriteAll(file.get(), bytes, target));
    }
    if (::rename(fresh.c_str(), target.c_str()) != 0) {
      return FileError("write registry", target, errno);
    }
    const Descriptor folder(
        ::open(target.parent_path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (folder.get() >= 0 && ::fsync(folder.get()) != 0 && errno != EINVAL) {
      return FileError("write registry", target, errno);
    }
    return Status::OK();
  }

  fs::path path_;
};

}  // namespace

std::unique_ptr<RegistryBlob> MakeLocalBlob(std::filesystem::path path) {
  return std::make_unique<LocalBlob>(std::move(path));
}

}  // namespace feast
