#include "feast/ingest/write_stream.h"

#include <algorithm>
#include <atomic>
#include <future>
#include <mutex>
#include <thread>
#include <vector>

#include "feast/ingest/row_encoder.h"
#include "feast/types/arrow_stream.h"

namespace feast {
namespace {

bool HasAnyValue(const WriteBatch& batch) {
  return std::any_of(batch.features.begin(), batch.features.end(),
                     [](const EncodedColumn& column) { return !column.bytes.empty(); });
}

// At most `most` rows of a struct array from `begin` on; owns nothing.
ArrowArray PartOf(const ArrowArray& batch, int64_t begin, int64_t most) {
  ArrowArray part = batch;
  part.offset += begin;
  part.length = std::min(most, batch.length - begin);
  part.release = nullptr;
  return part;
}

// One write under way while the caller encodes the next batch. Waits for it when it goes.
class WriteAhead {
 public:
  WriteAhead(OnlineStore& store, const std::string& view, const BatchWritten& written)
      : store_(store), view_(view), written_(written) {}
  ~WriteAhead() { (void)Wait(); }
  WriteAhead(const WriteAhead&) = delete;
  WriteAhead& operator=(const WriteAhead&) = delete;

  // Begins a write, once the last one has succeeded.
  Status Start(const CallContext& context, std::shared_ptr<const WriteBatch> batch) {
    FEAST_RETURN_IF_ERROR(Wait());
    batch_ = batch;
    const auto done = std::make_shared<std::promise<Status>>();
    pending_ = done->get_future();
    store_.Write(context, std::move(batch),
                 [done](Status status) { done->set_value(std::move(status)); });
    return Status::OK();
  }

  Status Wait() {
    if (!pending_.valid()) return Status::OK();
    Status status = pending_.get();
    if (!status.ok()) {
      return status.Annotate("writing feature view '" + view_ + "' to the " +
                             std::string(store_.type()) + " online store");
    }
    return written_(*std::exchange(batch_, nullptr));
  }

 private:
  OnlineStore& store_;
  const std::string& view_;
  const BatchWritten& written_;
  std::future<Status> pending_;
  std::shared_ptr<const WriteBatch> batch_;  // what is being written
};

}  // namespace

Status TableWriter::Write(const CallContext& context, OwnedStream rows,
                          const BatchWritten& written) const {
  FEAST_ASSIGN_OR_RETURN(OwnedSchema schema, SchemaOfStream(rows.get()));
  FEAST_ASSIGN_OR_RETURN(auto encoder, RowEncoder::Make(view, view.batch_source, table, key_version,
                                                        *schema.get(), stamp));
  std::mutex reading, telling;
  std::atomic<bool> failed = false;
  Status first_failure;  // guarded by telling
  const BatchWritten told = [&](const WriteBatch& batch) {
    const std::lock_guard lock(telling);
    return written(batch);
  };
  const auto next = [&](ArrowArray* batch) -> Result<bool> {
    const std::lock_guard lock(reading);
    if (failed) return false;
    return NextBatch(rows.get(), batch);
  };
  const auto write = [&]() -> Status {
    WriteAhead writes(store, view.name, told);
    while (true) {
      FEAST_RETURN_IF_ERROR(context.Check());
      OwnedArray batch;
      FEAST_ASSIGN_OR_RETURN(const bool more, next(batch.get()));
      if (!more) return writes.Wait();
      const int64_t most = max_rows.value_or(batch->length);
      for (int64_t begin = 0; begin < batch->length; begin += most) {
        const ArrowArray part = PartOf(*batch.get(), begin, most);
        FEAST_ASSIGN_OR_RETURN(auto encoded, encoder.Encode(*schema.get(), part));
        if (skip_all_null && !HasAnyValue(*encoded)) continue;
        FEAST_RETURN_IF_ERROR(writes.Start(context, std::move(encoded)));
      }
    }
  };
  const auto work = [&] {
    Status status = write();
    if (status.ok()) return;
    const std::lock_guard lock(telling);
    if (!failed.exchange(true)) first_failure = std::move(status);
  };
  {
    std::vector<std::jthread> others;
    for (int i = 1; i < writers; ++i) others.emplace_back(work);
    work();
  }
  return first_failure;
}

}  // namespace feast
