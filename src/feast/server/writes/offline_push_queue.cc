#include "feast/server/writes/offline_push_queue.h"

#include <algorithm>
#include <utility>

#include "feast/types/arrow_stream.h"

namespace feast {
namespace {

using std::chrono::steady_clock;

void AppendLayout(const ArrowSchema& schema, std::string* out) {
  for (int64_t i = 0; i < schema.n_children; ++i) {
    const ArrowSchema& column = *schema.children[i];
    out->append(column.name ? column.name : "").append(1, '\0');
    out->append(column.format).append(1, '\0');
    AppendLayout(column, out);
  }
}

Status CountRows(const BufferedRows& rows, int64_t* count, std::string* layout) {
  FEAST_ASSIGN_OR_RETURN(OwnedStream stream, rows.Replay());
  FEAST_ASSIGN_OR_RETURN(OwnedSchema schema, SchemaOfStream(stream.get()));
  AppendLayout(*schema.get(), layout);
  while (true) {
    OwnedArray batch;
    FEAST_ASSIGN_OR_RETURN(const bool more, NextBatch(stream.get(), batch.get()));
    if (!more) return Status::OK();
    *count += batch->length;
  }
}

Result<OwnedStream> Concatenate(const std::vector<BufferedRows>& pushes) {
  OwnedSchema schema;
  std::vector<OwnedArray> batches;
  for (const BufferedRows& rows : pushes) {
    FEAST_ASSIGN_OR_RETURN(OwnedStream stream, rows.Replay());
    FEAST_ASSIGN_OR_RETURN(schema, SchemaOfStream(stream.get()));
    while (true) {
      OwnedArray batch;
      FEAST_ASSIGN_OR_RETURN(const bool more, NextBatch(stream.get(), batch.get()));
      if (!more) break;
      batches.push_back(std::move(batch));
    }
  }
  return StreamOfBatches(std::move(schema), std::move(batches));
}

// Whether the same rows may be taken another time.
bool MayPass(const Status& status) {
  return status.code() == StatusCode::kUnavailable || status.code() == StatusCode::kInternal ||
         status.code() == StatusCode::kResourceExhausted ||
         status.code() == StatusCode::kDeadlineExceeded;
}

}  // namespace

OfflinePushQueue::OfflinePushQueue(OfflineBatching batching, OfflineWriter writer)
    : batching_(std::move(batching)), writer_(std::move(writer)) {
  thread_ = std::jthread([this](const std::stop_token& stop) { Work(stop); });
}

OfflinePushQueue::~OfflinePushQueue() {
  thread_.request_stop();
  thread_.join();
  Key key;
  Batch batch;
  while (NextDue(/*all=*/true, &key, &batch)) Write(key, std::move(batch), /*last=*/true);
}

Status OfflinePushQueue::Add(OfflinePush push) {
  Key key{std::move(push.push_source), {}};
  FEAST_ASSIGN_OR_RETURN(BufferedRows rows, BufferedRows::Read(std::move(push.rows)));
  int64_t count = 0;
  FEAST_RETURN_IF_ERROR(CountRows(rows, &count, &key.layout));
  const std::lock_guard lock(mutex_);
  if (rows_ + count > batching_.max_rows) {
    return Status::ResourceExhausted("too many pushed rows wait for the offline store: " +
                                     std::to_string(rows_));
  }
  rows_ += count;
  Batch& batch = batches_[std::move(key)];
  if (batch.pushes.empty()) batch.due = steady_clock::now() + batching_.interval;
  batch.pushes.push_back(std::move(rows));
  batch.rows += count;
  if (batch.rows >= batching_.rows) batch.due = steady_clock::now();
  ++added_;
  changed_.notify_one();
  return Status::OK();
}

void OfflinePushQueue::Work(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    Key key;
    Batch batch;
    if (NextDue(/*all=*/false, &key, &batch)) {
      Write(key, std::move(batch), /*last=*/false);
      continue;
    }
    std::unique_lock lock(mutex_);
    // A batch that comes meanwhile may be due before those that are here.
    const uint64_t seen = added_;
    const auto changed = [&] { return added_ != seen; };
    auto next = TimePoint::max();
    for (const auto& one : batches_) next = std::min(next, one.second.due);
    if (next == TimePoint::max()) {
      changed_.wait(lock, stop, changed);
    } else {
      changed_.wait_until(lock, stop, next, changed);
    }
  }
}

bool OfflinePushQueue::NextDue(bool all, Key* key, Batch* batch) {
  const std::lock_guard lock(mutex_);
  const auto now = steady_clock::now();
  const auto found =
      std::ranges::find_if(batches_, [&](const auto& one) { return all || one.second.due <= now; });
  if (found == batches_.end()) return false;
  *key = found->first;
  *batch = std::move(found->second);
  batches_.erase(found);
  return true;
}

void OfflinePushQueue::Write(const Key& key, Batch batch, bool last) {
  const Status status = WriteTogether(key, batch.pushes);
  const std::string what = std::to_string(batch.rows) + " rows pushed to '" + key.source +
                           "' are not in the offline store";
  if (!status.ok() && !last && MayPass(status)) {
    if (batching_.report) batching_.report(what + " yet: " + status.message());
    const std::lock_guard lock(mutex_);
    Batch& waiting = batches_[key];
    // In front of what came meanwhile, and not before the next interval.
    std::ranges::move(waiting.pushes, std::back_inserter(batch.pushes));
    waiting.pushes = std::move(batch.pushes);
    waiting.rows += batch.rows;
    waiting.due = steady_clock::now() + batching_.interval;
    return;
  }
  if (!status.ok() && batch.pushes.size() > 1 && !MayPass(status)) {
    for (BufferedRows& rows : batch.pushes) {
      Batch one;
      std::string ignored;
      if (!CountRows(rows, &one.rows, &ignored).ok()) continue;
      one.pushes.push_back(std::move(rows));
      Write(key, std::move(one), last);
    }
    return;
  }
  if (!status.ok() && batching_.report) batching_.report(what + ": " + status.message());
  const std::lock_guard lock(mutex_);
  rows_ -= batch.rows;
}

Status OfflinePushQueue::WriteTogether(const Key& key, const std::vector<BufferedRows>& pushes) {
  OfflinePush push{key.source, {}};
  FEAST_ASSIGN_OR_RETURN(push.rows, Concatenate(pushes));
  return writer_(CallContext(), std::move(push));
}

}  // namespace feast
