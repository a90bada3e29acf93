#include "feast/online/sqlite/sqlite_writer.h"

#include <sqlite3.h>

#include <algorithm>
#include <numeric>
#include <span>
#include <string>
#include <vector>

#include "feast/base/sql_text.h"
#include "feast/codec/value_bytes.h"
#include "feast/online/sqlite/sqlite_schema.h"

namespace feast {
namespace {

constexpr size_t kRowsBetweenChecks = 64;
/// Some two seconds of writing: others wait for the lock five.
constexpr size_t kRowsPerTransaction = size_t{1} << 16;

/// The upsert for the columns that this table has, and where their parameters are (0: no column).
struct Upsert {
  sqlite3_stmt* statement = nullptr;
  int text = 0;
  int number = 0;
};

Result<Upsert> PrepareUpsert(SqliteConnection& connection, const std::string& table) {
  FEAST_ASSIGN_OR_RETURN(const auto columns, ColumnsOf(connection, table));
  Upsert upsert;
  std::string names = "entity_key, feature_name, value, event_ts, created_ts";
  std::string marks = "?1, ?2, ?3, ?4, ?5";
  std::string updates =
      "value = excluded.value, event_ts = excluded.event_ts, created_ts = excluded.created_ts";
  int next = 6;
  const auto add = [&](const char* column, int* parameter) {
    if (!columns.contains(column)) return;
    *parameter = next++;
    names += std::string(", ") + column;
    marks += ", ?" + std::to_string(*parameter);
    updates += std::string(", ") + column + " = excluded." + column;
  };
  add("value_text", &upsert.text);
  add("value_num", &upsert.number);
  FEAST_ASSIGN_OR_RETURN(
      upsert.statement,
      connection.Prepared("INSERT INTO " + SqlName(table) + " AS t (" + names + ") VALUES (" +
                          marks + ") ON CONFLICT(entity_key, feature_name) DO UPDATE SET " +
                          updates +
                          " WHERE excluded.event_ts >= t.event_ts OR t.event_ts IS NULL"));
  return upsert;
}

void BindBlob(sqlite3_stmt* statement, int parameter, std::string_view bytes) {
  // A null pointer would bind NULL, which is not an empty value.
  sqlite3_bind_blob64(statement, parameter, bytes.empty() ? "" : bytes.data(), bytes.size(),
                      SQLITE_STATIC);
}

Status WriteCell(SqliteConnection& connection, const Upsert& upsert, std::string_view value) {
  sqlite3_stmt* statement = upsert.statement;
  BindBlob(statement, 3, value);
  TextAndNumber search;
  if (upsert.text != 0 || upsert.number != 0) {
    FEAST_ASSIGN_OR_RETURN(search, TextAndNumberOf(value));
  }
  if (upsert.text != 0) {
    if (search.has_text) {
      sqlite3_bind_text64(statement, upsert.text, search.text.data(), search.text.size(),
                          SQLITE_STATIC, SQLITE_UTF8);
    } else {
      sqlite3_bind_null(statement, upsert.text);
    }
  }
  if (upsert.number != 0) {
    if (search.has_number) {
      sqlite3_bind_double(statement, upsert.number, search.number);
    } else {
      sqlite3_bind_null(statement, upsert.number);
    }
  }
  const int code = sqlite3_step(statement);
  if (code == SQLITE_DONE) {
    sqlite3_reset(statement);
    return Status::OK();
  }
  Status failure = connection.LastError("writing a feature value");
  sqlite3_reset(statement);
  return failure;
}

/// 0 … count-1, stably sorted by what `text_of` says.
template <typename TextOf>
std::vector<size_t> SortedBy(size_t count, TextOf text_of) {
  std::vector<size_t> order(count);
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return text_of(a) < text_of(b); });
  return order;
}

/// Asks for the cells of the rows to come: in the order of their keys they lie anywhere in the
/// columns, and each would be waited for. Inlined by force: g++ 12 takes a function that only
/// prefetches for pure and deletes its calls.
[[gnu::always_inline]] inline void Prefetch(const WriteBatch& batch, std::span<const size_t> rows,
                                            size_t done) {
  constexpr size_t kEndsAhead = 4, kBytesAhead = 2;
  if (done + kEndsAhead >= rows.size()) return;
  for (const EncodedColumn& feature : batch.features) {
    __builtin_prefetch(&feature.ends[rows[done + kEndsAhead]]);
    __builtin_prefetch(feature.bytes.data() + feature.ends[rows[done + kBytesAhead]]);
  }
}

/// The cells of these rows, in this order.
Status WriteCells(SqliteConnection& connection, const CallContext& context, const WriteBatch& batch,
                  std::span<const size_t> rows, std::span<const size_t> features,
                  StoredTimes times) {
  FEAST_ASSIGN_OR_RETURN(const Upsert upsert, PrepareUpsert(connection, batch.table->Name()));
  sqlite3_stmt* statement = upsert.statement;
  for (size_t done = 0; done < rows.size(); ++done) {
    if (done % kRowsBetweenChecks == 0) FEAST_RETURN_IF_ERROR(context.Check());
    Prefetch(batch, rows, done);
    const size_t row = rows[done];
    BindBlob(statement, 1, batch.keys.Row(row));
    sqlite3_bind_int64(statement, 4, ToStored(batch.event_times[row], times));
    if (row < batch.created_times.size() && batch.created_times[row]) {
      sqlite3_bind_int64(statement, 5, ToStored(*batch.created_times[row], times));
    } else {
      sqlite3_bind_null(statement, 5);
    }
    for (const size_t at : features) {
      const EncodedColumn& feature = batch.features[at];
      sqlite3_bind_text64(statement, 2, feature.name.data(), feature.name.size(), SQLITE_STATIC,
                          SQLITE_UTF8);
      FEAST_RETURN_IF_ERROR(WriteCell(connection, upsert, feature.Row(row)));
    }
  }
  return Status::OK();
}

}  // namespace

Status WriteRows(SqliteConnection& connection, const CallContext& context, const WriteBatch& batch,
                 StoredTimes times) {
  FEAST_RETURN_IF_ERROR(context.Check());
  connection.SetPatience(context);
  // In the order of the table's indexes: each of their pages is visited once, not once a row.
  const auto rows = SortedBy(batch.rows(), [&](size_t row) { return batch.keys.Row(row); });
  const auto features = SortedBy(batch.features.size(), [&](size_t feature) {
    return std::string_view(batch.features[feature].name);
  });
  Status status;
  for (size_t begin = 0; begin < rows.size() && status.ok(); begin += kRowsPerTransaction) {
    const size_t count = std::min(kRowsPerTransaction, rows.size() - begin);
    status = connection.Execute("BEGIN IMMEDIATE");
    if (!status.ok()) break;
    status = WriteCells(connection, context, batch, std::span(rows).subspan(begin, count), features,
                        times);
    if (status.ok()) status = connection.Execute("COMMIT");
    if (!status.ok()) (void)connection.Execute("ROLLBACK");
  }
  return status.Annotate("online store table " + batch.table->Name());
}

}  // namespace feast
