#include "feast/online/postgres/postgres_layout.h"

#include <algorithm>

#include "feast/base/sql_text.h"

namespace feast {
namespace {

constexpr size_t kLongestName = 63;

}  // namespace

std::string_view KeptPostgresName(std::string_view name) {
  if (name.size() <= kLongestName) return name;
  size_t end = kLongestName;  // never inside a character
  while (end > 0 && (static_cast<unsigned char>(name[end]) & 0xc0) == 0x80) --end;
  return name.substr(0, end);
}

std::vector<std::string> CreateTableSql(const OnlineTable& table, const PostgresOptions& options) {
  const std::string plain = table.Name();
  const std::string name = SqlName(plain);
  std::vector<std::string> sql = {
      "CREATE TABLE IF NOT EXISTS " + name +
          " (entity_key BYTEA, feature_name TEXT, value BYTEA, value_text TEXT NULL, " +
          (options.with_numbers ? "value_num DOUBLE PRECISION NULL, " : "") + "vector_value " +
          (options.with_vectors ? "vector" : "BYTEA") +
          " NULL, event_ts TIMESTAMPTZ, created_ts TIMESTAMPTZ, "
          "PRIMARY KEY(entity_key, feature_name))",
      "CREATE INDEX IF NOT EXISTS " + SqlName(plain + "_ek") + " ON " + name + " (entity_key)"};
  if (options.with_numbers) {
    sql.push_back("ALTER TABLE " + name +
                  " ADD COLUMN IF NOT EXISTS value_num DOUBLE PRECISION NULL");
  }
  if (std::any_of(table.features.begin(), table.features.end(),
                  [](const OnlineFeature& f) { return f.type == ValueType::kString; })) {
    sql.push_back("CREATE INDEX IF NOT EXISTS " + SqlName(plain + "_fts_idx") + " ON " + name +
                  " USING GIN (to_tsvector('english', value_text))");
  }
  return sql;
}

std::string ReadSql(std::string_view table, bool some_features) {
  return "SELECT entity_key, feature_name, value, event_ts FROM " + SqlName(table) +
         " WHERE entity_key = ANY($1)" + (some_features ? " AND feature_name = ANY($2)" : "");
}

std::string ColumnsSql() {
  return "SELECT attname::text FROM pg_attribute WHERE attrelid = to_regclass($1) AND attnum > 0 "
         "AND NOT attisdropped";
}

std::string NextKeysSql(std::string_view table) {
  return "SELECT DISTINCT entity_key FROM " + SqlName(table) +
         " WHERE entity_key > $1 ORDER BY entity_key LIMIT 1000";
}

std::string UpsertSql(std::string_view table, const PostgresColumns& columns) {
  std::string names = "entity_key, feature_name, value, event_ts, created_ts";
  std::string arrays = "$1::bytea[], $2::text[], $3::bytea[], $4::timestamptz[], $5::timestamptz[]";
  std::string updates =
      "value = EXCLUDED.value, event_ts = EXCLUDED.event_ts, created_ts = EXCLUDED.created_ts";
  int next = 6;
  const auto add = [&](const std::string& column, const char* type) {
    names += ", " + column;
    arrays += ", $" + std::to_string(next++) + "::" + type;
    updates.append(", ").append(column).append(" = EXCLUDED.").append(column);
  };
  if (columns.text) add("value_text", "text[]");
  if (columns.number) add("value_num", "double precision[]");
  // Vectors are not written yet; that of an older value must not stay.
  if (columns.vector) updates += ", vector_value = NULL";
  return "INSERT INTO " + SqlName(table) + " AS t (" + names + ") SELECT * FROM unnest(" + arrays +
         ") ON CONFLICT (entity_key, feature_name) DO UPDATE SET " + updates +
         " WHERE EXCLUDED.event_ts >= t.event_ts OR t.event_ts IS NULL";
}

}  // namespace feast
