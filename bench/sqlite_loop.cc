// The rival of the benchmark `materialize`: sqlite_loop FILE ROWS BATCH [random|sorted] [guarded]
//
// Writes the rows of the materialize set (workload.py) with nothing but SQLite: upstream's table
// and index, WAL and full sync, one upsert a row and feature, one transaction a batch. Keys, values
// and texts are made before the clock starts. `sorted` writes each batch in key order; `guarded`
// adds the condition that skips older event times, as our store's statement has it.
#include <sqlite3.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <numeric>
#include <string>
#include <vector>

#include "materialize_rows.h"

namespace {

void Check(int code, sqlite3* db, const char* doing) {
  if (code == SQLITE_OK || code == SQLITE_DONE) return;
  std::fprintf(stderr, "sqlite_loop: %s: %s\n", doing, sqlite3_errmsg(db));
  std::exit(1);
}

sqlite3* OpenTable(const char* file) {
  sqlite3* db = nullptr;
  Check(sqlite3_open(file, &db), db, "opening");
  const char* const setup =
      "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
      "CREATE TABLE IF NOT EXISTS bench_stats (entity_key BLOB, feature_name TEXT, value BLOB, "
      "value_text TEXT, vector_value BLOB, event_ts timestamp, created_ts timestamp, "
      "PRIMARY KEY(entity_key, feature_name));"
      "CREATE INDEX IF NOT EXISTS bench_stats_ek ON bench_stats (entity_key)";
  Check(sqlite3_exec(db, setup, nullptr, nullptr, nullptr), db, "creating the table");
  return db;
}

void WriteRow(sqlite3* db, sqlite3_stmt* upsert, const std::string& key, const Cell* cells) {
  static const std::string kNames[kFeatures] = {"feature_0", "feature_1", "feature_2", "feature_3",
                                                "feature_4", "feature_5", "feature_6", "feature_7",
                                                "feature_8", "feature_9"};
  sqlite3_bind_blob(upsert, 1, key.data(), static_cast<int>(key.size()), SQLITE_STATIC);
  sqlite3_bind_int64(upsert, 4, kEventSeconds);
  for (int f = 0; f < kFeatures; ++f) {
    const Cell& cell = cells[f];
    sqlite3_bind_text(upsert, 2, kNames[f].data(), static_cast<int>(kNames[f].size()),
                      SQLITE_STATIC);
    sqlite3_bind_blob(upsert, 3, cell.value.data(), static_cast<int>(cell.value.size()),
                      SQLITE_STATIC);
    sqlite3_bind_text(upsert, 5, cell.text.data(), static_cast<int>(cell.text.size()),
                      SQLITE_STATIC);
    Check(sqlite3_step(upsert), db, "writing");
    sqlite3_reset(upsert);
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4) {
    std::fprintf(stderr, "usage: sqlite_loop FILE ROWS BATCH [random|sorted] [guarded]\n");
    return 2;
  }
  const auto rows = std::strtoull(argv[2], nullptr, 10);
  const auto batch = std::strtoull(argv[3], nullptr, 10);
  const bool sorted = argc > 4 && std::strcmp(argv[4], "sorted") == 0;
  const bool guarded = argc > 5 && std::strcmp(argv[5], "guarded") == 0;
  std::vector<std::string> keys(rows);
  std::vector<Cell> cells(rows * kFeatures);
  for (uint64_t row = 0; row < rows; ++row) {
    const uint64_t entity = row * 7919 % rows;
    keys[row] = MakeKey(static_cast<int64_t>(entity));
    for (int f = 0; f < kFeatures; ++f) cells[row * kFeatures + f] = MakeCell(entity, f);
  }
  sqlite3* db = OpenTable(argv[1]);
  std::string sql =
      "INSERT INTO bench_stats AS t (entity_key, feature_name, value, event_ts, created_ts, "
      "value_text) VALUES (?1, ?2, ?3, ?4, NULL, ?5) ON CONFLICT(entity_key, feature_name) DO "
      "UPDATE SET value = excluded.value, event_ts = excluded.event_ts, created_ts = "
      "excluded.created_ts, value_text = excluded.value_text";
  if (guarded) sql += " WHERE excluded.event_ts >= t.event_ts OR t.event_ts IS NULL";
  sqlite3_stmt* upsert = nullptr;
  Check(sqlite3_prepare_v2(db, sql.c_str(), -1, &upsert, nullptr), db, "preparing");

  const auto start = std::chrono::steady_clock::now();
  const double cpu = CpuSeconds();
  std::vector<uint64_t> order;
  for (uint64_t begin = 0; begin < rows; begin += batch) {
    order.resize(std::min<uint64_t>(batch, rows - begin));
    std::iota(order.begin(), order.end(), begin);
    if (sorted) {
      std::sort(order.begin(), order.end(),
                [&](uint64_t a, uint64_t b) { return keys[a] < keys[b]; });
    }
    Check(sqlite3_exec(db, "BEGIN IMMEDIATE", nullptr, nullptr, nullptr), db, "beginning");
    for (const uint64_t row : order) WriteRow(db, upsert, keys[row], &cells[row * kFeatures]);
    Check(sqlite3_exec(db, "COMMIT", nullptr, nullptr, nullptr), db, "committing");
  }
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  const double used = CpuSeconds() - cpu;
  sqlite3_finalize(upsert);
  sqlite3_close(db);
  std::printf(
      "{\"rows\": %llu, \"seconds\": %.3f, \"cpu_seconds\": %.3f, \"rows_per_second\": %.0f}\n",
      static_cast<unsigned long long>(rows), took.count(), used,
      static_cast<double>(rows) / took.count());
  return 0;
}
