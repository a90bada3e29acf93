#include "feast/online/sqlite/sqlite_connection.h"

#include <sqlite3.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>

#include "feast/base/file_error.h"

namespace feast {
namespace {

constexpr std::chrono::milliseconds kPatience{5000};
constexpr size_t kMaxStatements = 512;

}  // namespace

Result<std::unique_ptr<SqliteConnection>> SqliteConnection::Open(const std::filesystem::path& path,
                                                                 bool create) {
  std::error_code error;
  if (create && path.has_parent_path()) {
    std::filesystem::create_directories(path.parent_path(), error);
    if (error) {
      return FileError("create the folder of the SQLite online store", path.parent_path(),
                       error.value());
    }
  }
  if (!create && !std::filesystem::exists(path, error)) {
    return Status::FailedPrecondition(
        "the SQLite online store's file does not exist; run `feast apply` first: " + path.string());
  }
  std::unique_ptr<SqliteConnection> connection(new SqliteConnection());
  connection->path_ = path;
  const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | (create ? SQLITE_OPEN_CREATE : 0);
  if (sqlite3_open_v2(path.c_str(), &connection->db_, flags, nullptr) != SQLITE_OK) {
    return connection->LastError("opening it");
  }
  sqlite3_busy_timeout(connection->db_, static_cast<int>(kPatience.count()));
  // WAL: readers never wait for the writer. Upstream reads and writes such files as well.
  FEAST_RETURN_IF_ERROR(connection->Execute("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL"));
  struct stat facts {};
  if (stat(path.c_str(), &facts) == 0) {
    connection->device_ = facts.st_dev;
    connection->inode_ = facts.st_ino;
  }
  return connection;
}

SqliteConnection::~SqliteConnection() {
  DropStatements();
  sqlite3_close_v2(db_);
}

void SqliteConnection::DropStatements() {
  for (auto& [sql, statement] : statements_) sqlite3_finalize(statement);
  statements_.clear();
}

bool SqliteConnection::Stale() const {
  struct stat facts {};
  return stat(path_.c_str(), &facts) != 0 || facts.st_dev != device_ || facts.st_ino != inode_;
}

Status SqliteConnection::Execute(const std::string& sql) {
  if (sqlite3_exec(db_, sql.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK) return Status::OK();
  return LastError("running " + sql);
}

Result<sqlite3_stmt*> SqliteConnection::Prepared(const std::string& sql) {
  const auto found = statements_.find(sql);
  if (found != statements_.end()) {
    sqlite3_reset(found->second);
    sqlite3_clear_bindings(found->second);
    return found->second;
  }
  if (statements_.size() >= kMaxStatements) DropStatements();
  sqlite3_stmt* statement = nullptr;
  if (sqlite3_prepare_v3(db_, sql.data(), static_cast<int>(sql.size()), SQLITE_PREPARE_PERSISTENT,
                         &statement, nullptr) != SQLITE_OK) {
    return LastError("preparing " + sql);
  }
  statements_.emplace(sql, statement);
  return statement;
}

Status SqliteConnection::LastError(std::string_view doing) const {
  const std::string reason = db_ == nullptr ? "out of memory" : sqlite3_errmsg(db_);
  const std::string message =
      "SQLite: " + reason + ", while " + std::string(doing) + ": " + path_.string();
  const int code = db_ == nullptr ? SQLITE_NOMEM : sqlite3_errcode(db_) & 0xff;
  if (reason.starts_with("no such table")) return Status::FailedPrecondition(message);
  switch (code) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return Status::Unavailable(message);
    case SQLITE_CANTOPEN:
    case SQLITE_IOERR:
      return FileFailure(message + " in " + path_.string(), sqlite3_system_errno(db_));
    case SQLITE_FULL:
      return FileFailure(message + " in " + path_.string(), ENOSPC);
    case SQLITE_NOMEM:
    case SQLITE_TOOBIG:
      return Status::ResourceExhausted(message);
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return Status::DataLoss(message);
    case SQLITE_READONLY:
    case SQLITE_PERM:
      return FileFailure(message + " in " + path_.string(), EACCES);
    default:
      return Status::Internal(message);
  }
}

void SqliteConnection::SetPatience(const CallContext& context) {
  auto patience = kPatience;
  if (context.deadline()) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
        *context.deadline() - std::chrono::steady_clock::now());
    patience = std::clamp(left, std::chrono::milliseconds(0), kPatience);
  }
  sqlite3_busy_timeout(db_, static_cast<int>(patience.count()));
}

}  // namespace feast
