#include "feast/online/cache/caching_store.h"

#include <utility>

namespace feast {
namespace {

constexpr size_t kMostPrefixes = 4096;

CachedRowPtr RowOf(const TableRows& rows, size_t key, size_t width) {
  auto row = std::make_shared<CachedRow>();
  row->event_time = rows.event_times[key];
  size_t size = 0;
  for (size_t i = key * width; i < (key + 1) * width; ++i) size += rows.cells[i].value.size();
  row->bytes.reserve(size);
  for (size_t i = key * width; i < (key + 1) * width; ++i) row->bytes += rows.cells[i].value;
  std::string_view rest = row->bytes;
  for (size_t i = key * width; i < (key + 1) * width; ++i) {
    const TableRows::Cell& cell = rows.cells[i];
    row->cells.push_back({rest.substr(0, cell.value.size()), cell.found});
    rest.remove_prefix(cell.value.size());
  }
  return row;
}

}  // namespace

Micros OnlineCacheOptions::TtlOf(const std::string& view) const {
  const auto own = view_ttl.find(view);
  return own == view_ttl.end() ? ttl : own->second;
}

/// One read: what is in memory, what others are reading, and what is left for the store.
class CachingStore::Request : public std::enable_shared_from_this<Request> {
 public:
  Request(CachingStore& cache, CallContext context, std::vector<TableRead> reads, ReadDone done)
      : cache_(cache),
        context_(std::move(context)),
        reads_(std::move(reads)),
        done_(std::move(done)),
        rows_(reads_.size()) {}

  void Start() {
    for (size_t i = 0; i < reads_.size(); ++i) {
      const TableRead& read = reads_[i];
      rows_[i].cells.resize(read.keys.size() * read.features.size());
      rows_[i].event_times.resize(read.keys.size());
      const Micros ttl = cache_.options_.TtlOf(read.table->view);
      Miss miss{i, ttl, {}, {}};
      if (ttl > 0) {
        Look(&miss);
      } else {
        for (size_t key = 0; key < read.keys.size(); ++key) miss.keys.push_back(key);
      }
      if (!miss.keys.empty()) misses_.push_back(std::move(miss));
    }
    if (misses_.empty()) return Done();
    std::vector<TableRead> left;
    for (const Miss& miss : misses_) left.push_back(ReadOf(miss));
    cache_.store_->Read(context_, std::move(left),
                        [self = shared_from_this()](Result<std::vector<TableRows>> rows) {
                          self->Take(std::move(rows));
                          self->Done();
                        });
  }

 private:
  struct Miss {
    size_t read = 0;
    Micros ttl = 0;
    std::vector<size_t> keys;       ///< indices in the read
    std::vector<uint64_t> tickets;  ///< a key each; none without a ttl
  };

  /// Fills in the rows that are in memory; notes the keys to read.
  void Look(Miss* miss) {
    const size_t i = miss->read;
    const TableRead& read = reads_[i];
    const std::string& prefix = prefixes_[i] = cache_.PrefixOf(read.table->Name(), read.features);
    for (size_t key = 0; key < read.keys.size(); ++key) {
      const auto wait = [&]() -> RowCache::Waiter {
        pending_.fetch_add(1);
        return [self = shared_from_this(), i, key](const CachedRowPtr& arrived) {
          if (arrived) {
            self->Put(i, key, arrived);
          } else {
            self->repeat_ = true;
          }
          self->Done();
        };
      };
      const RowCache::Answer answer = cache_.rows_.Find(prefix + read.keys[key], wait);
      if (answer.row) {
        Put(i, key, answer.row);
      } else if (!answer.waits) {
        miss->keys.push_back(key);
        miss->tickets.push_back(answer.ticket);
      }
    }
  }

  TableRead ReadOf(const Miss& miss) const {
    const TableRead& read = reads_[miss.read];
    if (miss.keys.size() == read.keys.size()) return read;
    std::vector<std::string> keys;
    keys.reserve(miss.keys.size());
    for (const size_t key : miss.keys) keys.push_back(read.keys[key]);
    return {read.table, read.features, std::move(keys)};
  }

  void Put(size_t read, size_t key, const CachedRowPtr& row) {
    const std::lock_guard lock(mutex_);
    std::copy(row->cells.begin(), row->cells.end(),
              rows_[read].cells.begin() + static_cast<ptrdiff_t>(key * row->cells.size()));
    rows_[read].event_times[key] = row->event_time;
    owners_->push_back(row);
  }

  void Take(Result<std::vector<TableRows>> answer) {
    const bool ok = answer.ok() && answer->size() == misses_.size();
    if (!ok) {
      failure_ = answer.ok() ? Status::Internal("the online store answered fewer reads than asked")
                             : answer.status();
    }
    for (size_t m = 0; m < misses_.size(); ++m) {
      const Miss& miss = misses_[m];
      const TableRead& read = reads_[miss.read];
      const size_t width = read.features.size();
      for (size_t i = 0; i < miss.keys.size(); ++i) {
        const size_t key = miss.keys[i];
        if (miss.ttl == 0) {
          if (ok) PutPassing(miss.read, key, (*answer)[m], i);
          continue;
        }
        const std::string name = prefixes_[miss.read] + read.keys[key];
        if (!ok) {
          cache_.rows_.Failed(name, miss.tickets[i]);
          continue;
        }
        const CachedRowPtr row = RowOf((*answer)[m], i, width);
        Put(miss.read, key, row);
        cache_.rows_.Arrived(name, miss.tickets[i], row, miss.ttl);
      }
      if (ok) {
        const std::lock_guard lock(mutex_);
        owners_->push_back((*answer)[m].owner);
      }
    }
  }

  void PutPassing(size_t read, size_t key, const TableRows& rows, size_t from) {
    const size_t width = reads_[read].features.size();
    const std::lock_guard lock(mutex_);
    std::copy_n(rows.cells.begin() + static_cast<ptrdiff_t>(from * width), width,
                rows_[read].cells.begin() + static_cast<ptrdiff_t>(key * width));
    rows_[read].event_times[key] = rows.event_times[from];
  }

  /// One part is done; the last one answers.
  void Done() {
    if (pending_.fetch_sub(1) > 1) return;
    if (!failure_.ok()) return done_(failure_);
    if (repeat_) return cache_.store_->Read(context_, std::move(reads_), std::move(done_));
    const std::shared_ptr<const void> owner = owners_;
    for (TableRows& rows : rows_) rows.owner = owner;
    done_(std::move(rows_));
  }

  CachingStore& cache_;
  const CallContext context_;
  std::vector<TableRead> reads_;
  ReadDone done_;
  std::vector<std::string> prefixes_ = std::vector<std::string>(reads_.size());
  std::vector<Miss> misses_;
  std::atomic<size_t> pending_{1};
  std::atomic<bool> repeat_{false};  ///< a read that was shared has failed
  Status failure_;                   ///< of this request's own read
  std::mutex mutex_;
  std::vector<TableRows> rows_;  // guarded by mutex_ until all is done, like the owners
  std::shared_ptr<std::vector<std::shared_ptr<const void>>> owners_ =
      std::make_shared<std::vector<std::shared_ptr<const void>>>();
};

CachingStore::CachingStore(std::unique_ptr<OnlineStore> store, OnlineCacheOptions options,
                           const Clock& clock)
    : options_(std::move(options)), rows_(options_.max_bytes, clock), store_(std::move(store)) {}

std::string CachingStore::PrefixOf(const std::string& table,
                                   const SharedList<std::string>& features) {
  const std::lock_guard lock(mutex_);
  if (prefix_count_ % kMostPrefixes == kMostPrefixes - 1) {
    prefixes_.clear();
    rows_.ForgetAll();
    ++prefix_count_;
  }
  std::string& prefix = prefixes_[table][features.items()];
  if (prefix.empty()) prefix = std::to_string(++prefix_count_) + ":";
  return prefix;
}

void CachingStore::Read(const CallContext& context, std::vector<TableRead> reads, ReadDone done) {
  if (const Status status = context.Check(); !status.ok()) return done(status);
  std::make_shared<Request>(*this, context, std::move(reads), std::move(done))->Start();
}

void CachingStore::Write(const CallContext& context, std::shared_ptr<const WriteBatch> batch,
                         WriteDone done) {
  // Also after a failure: some rows may be written.
  store_->Write(context, batch, [this, batch, done = std::move(done)](const Status& status) {
    std::vector<std::string> prefixes;
    {
      const std::lock_guard lock(mutex_);
      for (const auto& [features, prefix] : prefixes_[batch->table->Name()]) {
        prefixes.push_back(prefix);
      }
    }
    for (const std::string& prefix : prefixes) {
      for (size_t row = 0; row < batch->rows(); ++row) {
        rows_.Forget(prefix + std::string(batch->keys.Row(row)));
      }
    }
    done(status);
  });
}

Status CachingStore::UpdateInfrastructure(const CallContext& context,
                                          const InfrastructureChange& change) {
  Status status = store_->UpdateInfrastructure(context, change);
  rows_.ForgetAll();
  return status;
}

Status CachingStore::Teardown(const CallContext& context,
                              std::span<const std::shared_ptr<const OnlineTable>> tables) {
  Status status = store_->Teardown(context, tables);
  rows_.ForgetAll();
  return status;
}

}  // namespace feast
