#include "feast/online/sqlite/sqlite_store.h"

#include <algorithm>
#include <mutex>
#include <set>
#include <shared_mutex>
#include <thread>

#include "feast/base/blocking_pool.h"
#include "feast/base/file_error.h"
#include "feast/config/settings.h"
#include "feast/online/sqlite/sqlite_connection.h"
#include "feast/online/sqlite/sqlite_reader.h"
#include "feast/online/sqlite/sqlite_schema.h"
#include "feast/online/sqlite/sqlite_writer.h"

namespace feast {
namespace {

constexpr size_t kMaxQueuedReads = 4096;
constexpr size_t kMaxQueuedWrites = 256;
constexpr int kKeysAtOnce = 1000;

struct SqliteOptions {
  std::filesystem::path path;
  StoredTimes times = StoredTimes::kUtc;
  bool with_numbers = false;  ///< enable_openai_compatible_store: the column value_num
};

class SqliteStore final : public OnlineStore, public KeyScanner {
 public:
  explicit SqliteStore(SqliteOptions options)
      : options_(std::move(options)),
        reads_(std::max(2U, std::thread::hardware_concurrency()), kMaxQueuedReads),
        writes_(1, kMaxQueuedWrites) {}

  std::string_view type() const override { return "sqlite"; }

  void Read(const CallContext& context, std::vector<TableRead> reads, ReadDone done) override {
    const auto finish = std::make_shared<ReadDone>(std::move(done));
    const Status queued = reads_.Submit([this, context, reads = std::move(reads),
                                         finish]() mutable { (*finish)(ReadNow(context, reads)); });
    if (!queued.ok()) (*finish)(queued);
  }

  void Write(const CallContext& context, std::shared_ptr<const WriteBatch> batch,
             WriteDone done) override {
    const auto finish = std::make_shared<WriteDone>(std::move(done));
    const Status queued = writes_.Submit([this, context, batch = std::move(batch), finish] {
      (*finish)(WithWriter(/*create=*/false, [&](SqliteConnection& connection) {
        return WriteRows(connection, context, *batch, options_.times);
      }));
    });
    if (!queued.ok()) (*finish)(queued);
  }

  Status UpdateInfrastructure(const CallContext& context,
                              const InfrastructureChange& change) override {
    FEAST_RETURN_IF_ERROR(context.Check());
    return WithWriter(/*create=*/true, [&](SqliteConnection& connection) {
      FEAST_RETURN_IF_ERROR(connection.Execute("BEGIN IMMEDIATE"));
      Status status = Change(connection, change);
      if (status.ok()) status = connection.Execute("COMMIT");
      if (!status.ok()) (void)connection.Execute("ROLLBACK");
      return status;
    });
  }

  Status Teardown(const CallContext& context,
                  std::span<const std::shared_ptr<const OnlineTable>> /*tables*/) override {
    FEAST_RETURN_IF_ERROR(context.Check());
    std::unique_lock gate(gate_);
    std::scoped_lock lock(writer_mutex_, idle_mutex_);
    writer_.reset();
    idle_.clear();
    for (const char* suffix : {"", "-wal", "-shm", "-journal"}) {
      std::error_code error;
      std::filesystem::remove(options_.path.string() + suffix, error);
      if (error) {
        return FileError("delete the SQLite online store", options_.path.string() + suffix,
                         error.value());
      }
    }
    return Status::OK();
  }

  KeyScanner* key_scanner() override { return this; }

  Status ScanKeys(const CallContext& context, const OnlineTable& table,
                  const KeysFound& found) override {
    std::string last;  // no key is empty
    while (true) {
      FEAST_RETURN_IF_ERROR(context.Check());
      FEAST_ASSIGN_OR_RETURN(const auto keys, WithReader(table, [&](SqliteConnection& connection) {
                               return ReadKeys(connection, table.Name(), last, kKeysAtOnce);
                             }));
      if (keys.empty()) return Status::OK();
      last = keys.back();
      FEAST_RETURN_IF_ERROR(found(keys));
    }
  }

 private:
  Status Change(SqliteConnection& connection, const InfrastructureChange& change) const {
    std::set<std::string> keep;
    for (const auto& table : change.keep) keep.insert(table->Name());
    for (const auto& table : change.drop) {
      FEAST_RETURN_IF_ERROR(DropTables(connection, *table, keep));
    }
    for (const auto& table : keep) {
      FEAST_RETURN_IF_ERROR(CreateTable(connection, table, options_.with_numbers));
    }
    return Status::OK();
  }

  Result<std::vector<TableRows>> ReadNow(const CallContext& context,
                                         const std::vector<TableRead>& reads) {
    FEAST_RETURN_IF_ERROR(context.Check());
    if (reads.empty()) return std::vector<TableRows>();
    return WithReader(*reads[0].table, [&](SqliteConnection& connection) {
      return ReadRows(connection, context, reads, options_.times);
    });
  }

  /// The answer of `work` on a connection of its own. Without a file `table` is missing.
  template <typename Work>
  auto WithReader(const OnlineTable& table, const Work& work)
      -> decltype(work(std::declval<SqliteConnection&>())) {
    std::shared_lock gate(gate_);
    std::unique_ptr<SqliteConnection> connection;
    {
      std::lock_guard lock(idle_mutex_);
      if (!idle_.empty()) {
        connection = std::move(idle_.back());
        idle_.pop_back();
      }
    }
    if (connection == nullptr || connection->Stale()) {
      auto opened = SqliteConnection::Open(options_.path, /*create=*/false);
      if (!opened.ok()) {
        if (opened.status().code() != StatusCode::kFailedPrecondition) return opened.status();
        return MissingTable(table.Name());
      }
      connection = *std::move(opened);
      // Pages are read where the kernel has them: copying them is 40 % of a look-up. Mapped pages
      // count as resident, hence the bound; a writer touches them all and maps none.
      FEAST_RETURN_IF_ERROR(connection->Execute("PRAGMA mmap_size=268435456"));
    }
    auto answer = work(*connection);
    std::lock_guard lock(idle_mutex_);
    idle_.push_back(std::move(connection));
    return answer;
  }

  template <typename Work>
  Status WithWriter(bool create, const Work& work) {
    std::shared_lock gate(gate_);
    std::lock_guard lock(writer_mutex_);
    if (writer_ == nullptr || writer_->Stale()) {
      writer_.reset();
      FEAST_ASSIGN_OR_RETURN(writer_, SqliteConnection::Open(options_.path, create));
    }
    return work(*writer_);
  }

  const SqliteOptions options_;
  std::shared_mutex gate_;  // shared: the file is in use; exclusive: it is being deleted
  std::mutex writer_mutex_;
  std::unique_ptr<SqliteConnection> writer_;  // guarded by writer_mutex_
  std::mutex idle_mutex_;
  std::vector<std::unique_ptr<SqliteConnection>> idle_;  // guarded by idle_mutex_
  // Last, so that their tasks end before what they use.
  BlockingPool reads_;
  BlockingPool writes_;
};

Result<std::unique_ptr<OnlineStore>> OpenSqliteStore(const Setting& setting,
                                                     const OnlineStoreEnv& env) {
  SettingsReader reader(env.config_file, "online_store", setting);
  SqliteOptions options;
  (void)reader.Node("type");
  FEAST_ASSIGN_OR_RETURN(const std::string path, reader.String("path", "data/online.db"));
  FEAST_ASSIGN_OR_RETURN(const bool vectors, reader.Bool("vector_enabled", false));
  FEAST_ASSIGN_OR_RETURN(const std::string similarity, reader.String("similarity", "cosine"));
  FEAST_ASSIGN_OR_RETURN(const bool text_search, reader.Bool("text_search_enabled", false));
  FEAST_ASSIGN_OR_RETURN(options.with_numbers,
                         reader.Bool("enable_openai_compatible_store", false));
  for (const char* key : {"vector_len", "vector_dim"}) (void)reader.Node(key);
  FEAST_RETURN_IF_ERROR(reader.Finish());
  if (env.host_time_zone) options.times = StoredTimes::kHostZone;
  // Vector and text search are read but not served yet: plain reads and writes work all the same.
  (void)vectors, (void)similarity, (void)text_search;
  options.path = std::filesystem::path(path).is_absolute() ? std::filesystem::path(path)
                                                           : env.repo_path / path;
  return std::unique_ptr<OnlineStore>(std::make_unique<SqliteStore>(std::move(options)));
}

}  // namespace

const OnlineStoreType& SqliteStoreType() {
  static constexpr OnlineStoreType kType = {
      "sqlite", "one local file, for development and one host", &OpenSqliteStore};
  return kType;
}

}  // namespace feast
