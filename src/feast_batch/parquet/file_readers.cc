#include <arrow/filesystem/filesystem.h>
#include <arrow/io/caching.h>
#include <parquet/properties.h>

#include <algorithm>
#include <atomic>
#include <future>

#include "feast_batch/parquet/file_readers_internal.h"

namespace feast {
namespace {

using Reader = std::unique_ptr<parquet::arrow::FileReader>;

// A request of an object store takes tens of milliseconds before its first byte comes.
constexpr size_t kOpenAtOnce = 16;
constexpr int64_t kHole = int64_t{512} << 10;    // bytes better read than asked around
constexpr int64_t kLargest = int64_t{16} << 20;  // of one request

arrow::Result<std::shared_ptr<arrow::io::RandomAccessFile>> OpenRemote(const FilePlace& place,
                                                                       const ParquetFile& file) {
  arrow::fs::FileInfo info(file.path, arrow::fs::FileType::File);
  if (file.size) info.set_size(*file.size);
  return place.remote->OpenInputFile(info);
}

arrow::Status Open(const FilePlace& place, const ParquetFile& file, Reader* reader) {
  parquet::arrow::FileReaderBuilder builder;
  parquet::ArrowReaderProperties properties;
  properties.set_use_threads(true);
  properties.set_pre_buffer(true);
  if (place.remote) {
    properties.set_cache_options({kHole, kLargest, /*lazy=*/false});
    ARROW_ASSIGN_OR_RAISE(auto remote, OpenRemote(place, file));
    ARROW_RETURN_NOT_OK(builder.Open(std::move(remote)));
  } else {
    ARROW_RETURN_NOT_OK(builder.OpenFile(file.path, /*memory_map=*/false));
  }
  return builder.properties(properties)->Build(reader);
}

}  // namespace

Result<std::vector<Reader>> OpenReaders(const FilePlace& place,
                                        const std::vector<ParquetFile>& files,
                                        const std::string& name) {
  std::vector<Reader> readers(files.size());
  std::vector<arrow::Status> outcomes(files.size());
  std::atomic<size_t> next = 0;
  std::atomic<bool> failed = false;
  const auto work = [&] {
    for (size_t at = next++; at < files.size() && !failed; at = next++) {
      outcomes[at] = Open(place, files[at], &readers[at]);
      if (!outcomes[at].ok()) failed = true;
    }
  };
  std::vector<std::future<void>> others;
  const size_t workers = place.remote ? std::min(kOpenAtOnce, files.size()) : 1;
  for (size_t i = 1; i < workers; ++i) others.push_back(std::async(std::launch::async, work));
  work();
  for (auto& other : others) other.get();
  for (size_t at = 0; at < files.size(); ++at) {
    if (outcomes[at].ok()) continue;
    return ReadFailure(place, files[at].path + " as Parquet", name, outcomes[at].message());
  }
  return readers;
}

Status ReadFailure(const FilePlace& place, const std::string& path, const std::string& name,
                   const std::string& message) {
  const std::string what = name + ": cannot read " + path;
  if (place.remote && IsRemoteAnswer(message)) return RemoteFailure(what, message);
  return Status::DataLoss(what + ": " + message);
}

}  // namespace feast
