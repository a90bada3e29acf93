#pragma once
#include <chrono>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "feast/base/call_context.h"
#include "feast/base/result.h"

struct sqlite3;
struct sqlite3_stmt;

namespace feast {

/// One connection to a database file, with its prepared statements. Thread-compatible.
///
/// The file's identity is remembered: `Stale` says that the path now leads elsewhere (another
/// process tore the store down and made a new file), and the connection should be replaced.
class SqliteConnection {
 public:
  /// Opens the file; `create` makes it and its folder. FailedPrecondition if it is not there.
  static Result<std::unique_ptr<SqliteConnection>> Open(const std::filesystem::path& path,
                                                        bool create);
  ~SqliteConnection();
  SqliteConnection(const SqliteConnection&) = delete;
  SqliteConnection& operator=(const SqliteConnection&) = delete;

  /// Runs statements that return nothing.
  Status Execute(const std::string& sql);
  /// The prepared statement of this text, reset and without bindings. "No such table" is
  /// FailedPrecondition.
  Result<sqlite3_stmt*> Prepared(const std::string& sql);
  /// The failure of the last call; locked databases are Unavailable, full disks ResourceExhausted.
  Status LastError(std::string_view doing) const;
  /// Waits for other writers as long as the call may take, at most upstream's 5 s.
  void SetPatience(const CallContext& context);
  bool Stale() const;
  void DropStatements();

 private:
  SqliteConnection() = default;

  sqlite3* db_ = nullptr;
  std::filesystem::path path_;
  uint64_t device_ = 0;
  uint64_t inode_ = 0;
  std::unordered_map<std::string, sqlite3_stmt*> statements_;
};

}  // namespace feast
