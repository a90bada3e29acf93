#include "feast/online/sqlite/sqlite_reader.h"

#include <sqlite3.h>

#include <algorithm>
#include <cstdio>
#include <ctime>
#include <memory>
#include <string>
#include <unordered_map>

#include "feast/base/sql_text.h"
#include "feast/online/sqlite/sqlite_schema.h"

namespace feast {
namespace {

constexpr size_t kKeysBetweenChecks = 64;

/// Seconds as an integer; files of old releases hold "YYYY-MM-DD HH:MM:SS[.ffffff]".
Micros TimeOf(sqlite3_stmt* statement, int column, StoredTimes times) {
  if (sqlite3_column_type(statement, column) != SQLITE_TEXT) {
    return FromStored(sqlite3_column_int64(statement, column), times);
  }
  std::tm parts{};
  double seconds = 0;
  const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement, column));
  if (std::sscanf(text, "%d-%d-%d%*c%d:%d:%lf", &parts.tm_year, &parts.tm_mon, &parts.tm_mday,
                  &parts.tm_hour, &parts.tm_min, &seconds) < 3) {
    return 0;
  }
  parts.tm_year -= 1900;
  parts.tm_mon -= 1;
  return timegm(&parts) * kMicrosPerSecond + static_cast<Micros>(seconds * kMicrosPerSecond);
}

/// Where each found value lies in the buffer that holds all values of one read.
struct Span {
  size_t begin = 0;
  size_t size = 0;
  bool found = false;
};

class TableReader {
 public:
  TableReader(const TableRead& read, StoredTimes times) : read_(read), times_(times) {
    for (size_t i = 0; i < read.features.size(); ++i) index_.emplace(read.features[i], i);
    spans_.resize(read.keys.size() * read.features.size());
    rows_.event_times.resize(read.keys.size());
  }

  Status ReadKey(SqliteConnection& connection, sqlite3_stmt* statement, size_t key) {
    const std::string& bytes = read_.keys[key];
    sqlite3_bind_blob64(statement, 1, bytes.data(), bytes.size(), SQLITE_STATIC);
    int code;
    while ((code = sqlite3_step(statement)) == SQLITE_ROW) TakeRow(statement, key);
    Status failure = code == SQLITE_DONE ? Status::OK() : connection.LastError("reading an entity");
    sqlite3_reset(statement);
    return failure;
  }

  TableRows Finish() && {
    rows_.cells.resize(spans_.size());
    const std::string_view all = *buffer_;
    for (size_t i = 0; i < spans_.size(); ++i) {
      rows_.cells[i] = {all.substr(spans_[i].begin, spans_[i].size), spans_[i].found};
    }
    rows_.owner = std::move(buffer_);
    return std::move(rows_);
  }

 private:
  void TakeRow(sqlite3_stmt* statement, size_t key) {
    auto& time = rows_.event_times[key];
    const Micros row_time = TimeOf(statement, 2, times_);
    time = time ? std::max(*time, row_time) : row_time;
    const std::string_view name(reinterpret_cast<const char*>(sqlite3_column_text(statement, 0)),
                                static_cast<size_t>(sqlite3_column_bytes(statement, 0)));
    const auto feature = index_.find(name);
    if (feature == index_.end()) return;
    const auto* value = static_cast<const char*>(sqlite3_column_blob(statement, 1));
    const auto size = static_cast<size_t>(sqlite3_column_bytes(statement, 1));
    spans_[key * read_.features.size() + feature->second] = {buffer_->size(), size, true};
    if (size > 0) buffer_->append(value, size);
  }

  const TableRead& read_;
  const StoredTimes times_;
  std::unordered_map<std::string_view, size_t> index_;
  std::vector<Span> spans_;
  std::shared_ptr<std::string> buffer_ = std::make_shared<std::string>();
  TableRows rows_;
};

Result<TableRows> ReadTable(SqliteConnection& connection, const CallContext& context,
                            const TableRead& read, StoredTimes times) {
  const std::string table = read.table->Name();
  auto statement = connection.Prepared("SELECT feature_name, value, event_ts FROM " +
                                       SqlName(table) + " WHERE entity_key = ?");
  if (!statement.ok()) {
    if (statement.status().code() == StatusCode::kFailedPrecondition) return MissingTable(table);
    return statement.status();
  }
  TableReader reader(read, times);
  for (size_t key = 0; key < read.keys.size(); ++key) {
    if (key % kKeysBetweenChecks == 0) FEAST_RETURN_IF_ERROR(context.Check());
    if (const Status status = reader.ReadKey(connection, *statement, key); !status.ok()) {
      return status.Annotate("online store table " + table);
    }
  }
  return std::move(reader).Finish();
}

}  // namespace

Result<std::vector<TableRows>> ReadRows(SqliteConnection& connection, const CallContext& context,
                                        const std::vector<TableRead>& reads, StoredTimes times) {
  FEAST_RETURN_IF_ERROR(context.Check());
  connection.SetPatience(context);
  FEAST_RETURN_IF_ERROR(connection.Execute("BEGIN"));
  std::vector<TableRows> answers;
  Status status;
  for (const auto& read : reads) {
    auto rows = ReadTable(connection, context, read, times);
    if (!rows.ok()) {
      status = rows.status();
      break;
    }
    answers.push_back(*std::move(rows));
  }
  (void)connection.Execute("COMMIT");
  FEAST_RETURN_IF_ERROR(status);
  return answers;
}

Result<std::vector<std::string>> ReadKeys(SqliteConnection& connection, const std::string& table,
                                          const std::string& after, int limit) {
  auto statement = connection.Prepared("SELECT DISTINCT entity_key FROM " + SqlName(table) +
                                       " WHERE entity_key > ? ORDER BY entity_key LIMIT ?");
  if (!statement.ok()) {
    if (statement.status().code() == StatusCode::kFailedPrecondition) return MissingTable(table);
    return statement.status();
  }
  sqlite3_bind_blob64(*statement, 1, after.data(), after.size(), SQLITE_STATIC);
  sqlite3_bind_int(*statement, 2, limit);
  std::vector<std::string> keys;
  int code;
  while ((code = sqlite3_step(*statement)) == SQLITE_ROW) {
    const auto* bytes = static_cast<const char*>(sqlite3_column_blob(*statement, 0));
    keys.emplace_back(bytes, static_cast<size_t>(sqlite3_column_bytes(*statement, 0)));
  }
  Status failure =
      code == SQLITE_DONE ? Status::OK() : connection.LastError("listing keys of " + table);
  sqlite3_reset(*statement);
  FEAST_RETURN_IF_ERROR(failure);
  return keys;
}

}  // namespace feast
