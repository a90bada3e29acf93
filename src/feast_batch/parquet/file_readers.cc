#include <arrow/filesystem/filesystem.h>
#include <arrow/filesystem/localfs.h>
#include <arrow/io/caching.h>
#include <arrow/io/file.h>
#include <parquet/metadata.h>

#include <algorithm>
#include <atomic>
#include <future>
#include <vector>

#include "feast/base/file_error.h"
#include "feast_batch/parquet/file_readers_internal.h"
#include "feast_batch/point_in_time/arrow_status_internal.h"
#include "feast_batch/point_in_time/row_source.h"

namespace feast {
namespace {

// A request of an object store takes tens of milliseconds before its first byte comes.
constexpr size_t kOpenAtOnce = 16;
constexpr int64_t kHole = int64_t{512} << 10;    // bytes better read than asked around
constexpr int64_t kLargest = int64_t{16} << 20;  // of one request

arrow::Result<std::shared_ptr<arrow::io::RandomAccessFile>> OpenBytes(const FilePlace& place,
                                                                      const ParquetFile& file) {
  if (!place.remote) return arrow::io::ReadableFile::Open(file.path);
  arrow::fs::FileInfo info(file.path, arrow::fs::FileType::File);
  if (file.size) info.set_size(*file.size);
  return place.remote->OpenInputFile(info);
}

// Local bytes from a buffer that stays in the cache, page by page: a column chunk as a whole would
// be fresh memory each time.
parquet::ReaderProperties BytesProperties(const FilePlace& place, const ParquetFile& file) {
  parquet::ReaderProperties properties;
  if (!place.remote) {
    properties.enable_buffered_stream();
    properties.set_buffer_size(int64_t{1} << 14);
  }
  if (place.keys) {
    const auto system =
        place.remote ? place.remote : std::make_shared<arrow::fs::LocalFileSystem>();
    properties.file_decryption_properties(place.keys->ForOneFile(file.path, system));
  }
  return properties;
}

}  // namespace

arrow::Result<std::unique_ptr<parquet::arrow::FileReader>> OpenReader(
    const FilePlace& place, const ParquetFile& file,
    const std::shared_ptr<parquet::FileMetaData>& metadata) {
  ARROW_ASSIGN_OR_RAISE(auto bytes, OpenBytes(place, file));
  parquet::arrow::FileReaderBuilder builder;
  // What decrypts columns comes with the metadata as they are read.
  ARROW_RETURN_NOT_OK(builder.Open(std::move(bytes), BytesProperties(place, file),
                                   place.keys ? nullptr : metadata));
  parquet::ArrowReaderProperties properties;
  properties.set_pre_buffer(place.remote != nullptr);
  if (place.remote) properties.set_cache_options({kHole, kLargest, /*lazy=*/false});
  properties.set_batch_size(RowStream::kBatchRows);
  std::unique_ptr<parquet::arrow::FileReader> reader;
  ARROW_RETURN_NOT_OK(builder.properties(properties)->Build(&reader));
  return reader;
}

arrow::Result<std::shared_ptr<arrow::Buffer>> ReadBytes(const FilePlace& place,
                                                        const std::string& path, int64_t most) {
  ARROW_ASSIGN_OR_RAISE(const auto bytes, OpenBytes(place, {path, {}, {}}));
  ARROW_ASSIGN_OR_RAISE(const auto size, bytes->GetSize());
  if (size > most) {
    return arrow::Status::Invalid("it has ", size, " bytes, more than ", most);
  }
  return bytes->ReadAt(0, size);
}

Status OpenEach(const FilePlace& place, size_t count, const std::function<Status(size_t)>& open) {
  std::vector<Status> outcomes(count);
  std::atomic<size_t> next = 0;
  std::atomic<bool> failed = false;
  const auto work = [&] {
    for (size_t at = next++; at < count && !failed; at = next++) {
      outcomes[at] = open(at);
      if (!outcomes[at].ok()) failed = true;
    }
  };
  std::vector<std::future<void>> others;
  const size_t workers = place.remote ? std::min(kOpenAtOnce, count) : 1;
  for (size_t i = 1; i < workers; ++i) others.push_back(std::async(std::launch::async, work));
  work();
  for (auto& other : others) other.get();
  const auto wrong = std::ranges::find_if(outcomes, [](const auto& one) { return !one.ok(); });
  return wrong == outcomes.end() ? Status::OK() : *wrong;
}

Status ReadFailure(const FilePlace& place, const std::string& path, const std::string& name,
                   const arrow::Status& failure) {
  const std::string& message = failure.message();
  const std::string what = name + ": cannot read " + path;
  if (CodeAndKind::Of(failure) || failure.IsOutOfMemory() || failure.IsCancelled()) {
    return FromArrow(failure).Annotate(what);
  }
  if (const int number = arrow::internal::ErrnoFromStatus(failure); number != 0 && !place.remote) {
    return FileFailure(what + ": " + message, number);
  }
  if (place.remote && IsRemoteAnswer(message)) return RemoteFailure(what, message);
  std::string hint;
  if (message.find("crypt") != std::string::npos ||
      message.find("key length") != std::string::npos) {
    hint = place.keys ? " (see native.parquet.decryption_keys and native.parquet.master_keys)"
                      : " (it is encrypted: native.parquet.decryption_keys names the keys, or "
                        "native.parquet.master_keys those that wrap them)";
  }
  return Status::DataLoss(what + ": " + message + hint);
}

Result<bool> IsEncrypted(const FilePlace& place, const ParquetFile& file, const std::string& name) {
  constexpr int64_t kMagic = 4;
  const auto ask = [&]() -> arrow::Result<bool> {
    ARROW_ASSIGN_OR_RAISE(const auto bytes, OpenBytes(place, file));
    ARROW_ASSIGN_OR_RAISE(const auto size, bytes->GetSize());
    if (size < kMagic) return false;
    ARROW_ASSIGN_OR_RAISE(const auto magic, bytes->ReadAt(size - kMagic, kMagic));
    if (magic->ToString() == "PARE") return true;
    ARROW_ASSIGN_OR_RAISE(const auto reader, OpenReader(place, file, nullptr));
    return reader->parquet_reader()->metadata()->is_encryption_algorithm_set();
  }();
  if (!ask.ok()) return ReadFailure(place, file.path, name, ask.status());
  return *ask;
}

}  // namespace feast
