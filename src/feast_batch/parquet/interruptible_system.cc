#include <arrow/buffer.h>
#include <arrow/io/interfaces.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <cstring>
#include <list>
#include <system_error>

#include "feast_batch/parquet/interruptible_system_internal.h"

namespace feast {
namespace {

constexpr std::chrono::milliseconds kPoll{20};  // a context does not say when it ends

// ---------------------------------------------------------------- requests

struct Request {
  std::function<void()> work;
  std::mutex mutex;
  std::condition_variable changed;
  bool done = false;       // guarded by mutex
  bool abandoned = false;  // guarded by mutex

  void Work() {
    work();
    work = nullptr;
    const std::lock_guard lock(mutex);
    done = true;
    changed.notify_all();
  }
};

thread_local Request* request_of_thread = nullptr;

// Requests that nobody waits for, but the end of the process: they use what goes with it.
class Abandoned {
 public:
  void Add(std::thread thread, std::shared_ptr<Request> request) {
    const std::lock_guard lock(mutex_);
    threads_.remove_if([](Left& left) {
      const std::lock_guard done(left.request->mutex);
      if (left.request->done) left.thread.join();
      return left.request->done;
    });
    threads_.push_back({std::move(thread), std::move(request), getpid()});
  }
  void Wait() {
    const std::lock_guard lock(mutex_);
    for (auto& left : threads_) {
      if (left.process == getpid()) left.thread.join();  // a fork has none of them
    }
    threads_.clear();
  }

 private:
  struct Left {
    std::thread thread;
    std::shared_ptr<Request> request;
    pid_t process;
  };
  std::mutex mutex_;
  std::list<Left> threads_;  // guarded by mutex_
};

// Never destroyed: threads of a process that was forked from cannot be.
Abandoned& AbandonedRequests() {
  static auto& requests = *new Abandoned;
  return requests;
}

// ---------------------------------------------------------------- files

using arrow::Buffer;

class InterruptibleFile final : public arrow::io::RandomAccessFile {
 public:
  InterruptibleFile(std::shared_ptr<arrow::io::RandomAccessFile> file, CallContext context)
      : file_(std::move(file)), context_(std::move(context)) {}

  arrow::Result<std::shared_ptr<Buffer>> ReadAt(int64_t position, int64_t bytes) override {
    return AskUnder<std::shared_ptr<Buffer>>(
        context_, [file = file_, position, bytes] { return file->ReadAt(position, bytes); });
  }
  // An abandoned request must not write to what is the caller's.
  arrow::Result<int64_t> ReadAt(int64_t position, int64_t bytes, void* out) override {
    ARROW_ASSIGN_OR_RAISE(const auto read, ReadAt(position, bytes));
    std::memcpy(out, read->data(), static_cast<size_t>(read->size()));
    return read->size();
  }
  arrow::Result<std::shared_ptr<Buffer>> Read(int64_t bytes) override {
    ARROW_ASSIGN_OR_RAISE(auto read, ReadAt(position_, bytes));
    position_ += read->size();
    return read;
  }
  arrow::Result<int64_t> Read(int64_t bytes, void* out) override {
    ARROW_ASSIGN_OR_RAISE(const int64_t read, ReadAt(position_, bytes, out));
    position_ += read;
    return read;
  }
  arrow::Status Seek(int64_t position) override {
    position_ = position;
    return arrow::Status::OK();
  }
  arrow::Result<int64_t> Tell() const override { return position_; }
  arrow::Result<int64_t> GetSize() override { return file_->GetSize(); }
  arrow::Status Close() override { return file_->Close(); }
  bool closed() const override { return file_->closed(); }
  const arrow::io::IOContext& io_context() const override { return file_->io_context(); }

 private:
  const std::shared_ptr<arrow::io::RandomAccessFile> file_;
  const CallContext context_;
  int64_t position_ = 0;
};

class InterruptibleSystem final : public arrow::fs::FileSystem {
 public:
  InterruptibleSystem(std::shared_ptr<FileSystem> system, CallContext context)
      : FileSystem(system->io_context()),
        system_(std::move(system)),
        context_(std::move(context)) {}

  std::string type_name() const override { return system_->type_name(); }
  bool Equals(const FileSystem& other) const override { return system_->Equals(other); }

  arrow::Result<arrow::fs::FileInfo> GetFileInfo(const std::string& path) override {
    return AskUnder<arrow::fs::FileInfo>(
        context_, [system = system_, path] { return system->GetFileInfo(path); });
  }
  arrow::Result<arrow::fs::FileInfoVector> GetFileInfo(
      const arrow::fs::FileSelector& select) override {
    return AskUnder<arrow::fs::FileInfoVector>(
        context_, [system = system_, select] { return system->GetFileInfo(select); });
  }
  arrow::Result<std::shared_ptr<arrow::io::RandomAccessFile>> OpenInputFile(
      const std::string& path) override {
    return Opened([system = system_, path] { return system->OpenInputFile(path); });
  }
  arrow::Result<std::shared_ptr<arrow::io::RandomAccessFile>> OpenInputFile(
      const arrow::fs::FileInfo& info) override {
    return Opened([system = system_, info] { return system->OpenInputFile(info); });
  }
  arrow::Result<std::shared_ptr<arrow::io::InputStream>> OpenInputStream(
      const std::string& path) override {
    return OpenInputFile(path);
  }
  arrow::Result<std::shared_ptr<arrow::io::InputStream>> OpenInputStream(
      const arrow::fs::FileInfo& info) override {
    return OpenInputFile(info);
  }

  arrow::Status CreateDir(const std::string& path, bool recursive) override {
    return system_->CreateDir(path, recursive);
  }
  arrow::Status DeleteDir(const std::string& path) override { return system_->DeleteDir(path); }
  arrow::Status DeleteDirContents(const std::string& path, bool missing_dir_ok) override {
    return system_->DeleteDirContents(path, missing_dir_ok);
  }
  arrow::Status DeleteRootDirContents() override { return system_->DeleteRootDirContents(); }
  arrow::Status DeleteFile(const std::string& path) override { return system_->DeleteFile(path); }
  arrow::Status Move(const std::string& from, const std::string& to) override {
    return system_->Move(from, to);
  }
  arrow::Status CopyFile(const std::string& from, const std::string& to) override {
    return system_->CopyFile(from, to);
  }
  using Metadata = std::shared_ptr<const arrow::KeyValueMetadata>;
  arrow::Result<std::shared_ptr<arrow::io::OutputStream>> OpenOutputStream(
      const std::string& path, const Metadata& metadata) override {
    return system_->OpenOutputStream(path, metadata);
  }
  arrow::Result<std::shared_ptr<arrow::io::OutputStream>> OpenAppendStream(
      const std::string& path, const Metadata& metadata) override {
    return system_->OpenAppendStream(path, metadata);
  }

 private:
  using File = std::shared_ptr<arrow::io::RandomAccessFile>;
  arrow::Result<File> Opened(std::function<arrow::Result<File>()> open) const {
    ARROW_ASSIGN_OR_RAISE(auto file, AskUnder<File>(context_, std::move(open)));
    return std::make_shared<InterruptibleFile>(std::move(file), context_);
  }

  const std::shared_ptr<FileSystem> system_;
  const CallContext context_;
};

}  // namespace

namespace request_internal {

Status RunUnder(const CallContext& context, std::function<void()> work) {
  FEAST_RETURN_IF_ERROR(context.Check());
  const auto request = std::make_shared<Request>();
  request->work = std::move(work);
  std::thread thread;
  try {
    thread = std::thread([request] {
      request_of_thread = request.get();
      request->Work();
    });
  } catch (const std::system_error& e) {
    return Status::ResourceExhausted("no thread for a request to the object store: " +
                                     std::string(e.what()));
  }
  Status ended;
  {
    std::unique_lock lock(request->mutex);
    while (!request->changed.wait_for(lock, kPoll, [&] { return request->done; })) {
      ended = context.Check();
      if (ended.ok()) continue;
      request->abandoned = true;
      break;
    }
  }
  if (ended.ok()) {
    thread.join();
    return ended;
  }
  AbandonedRequests().Add(std::move(thread), request);
  // Handlers run in reverse order: this one comes before those of what the request uses.
  (void)std::atexit([] { AbandonedRequests().Wait(); });
  return ended;
}

}  // namespace request_internal

bool RequestIsAbandoned() {
  if (request_of_thread == nullptr) return false;
  const std::lock_guard lock(request_of_thread->mutex);
  return request_of_thread->abandoned;
}

std::shared_ptr<arrow::fs::FileSystem> Interruptible(std::shared_ptr<arrow::fs::FileSystem> system,
                                                     const CallContext& context) {
  return std::make_shared<InterruptibleSystem>(std::move(system), context);
}

}  // namespace feast
