// The rivals of the benchmark `postgres`: postgres_loop CONNINFO ROWS BATCH copy|upsert
//
// Writes the rows of the materialize set (workload.py) with nothing but libpq, in key order, one
// transaction a batch: `copy` sends binary COPY into a temporary table and one INSERT … SELECT from
// it; `upsert` is what psycopg's executemany does, a prepared upsert a value in a pipeline.
// Upstream's table and index; keys, values and texts are made before the clock starts.
#include <libpq-fe.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string_view>
#include <vector>

#include "materialize_rows.h"

namespace {

constexpr int64_t kEpochSeconds = 946684800;  // PostgreSQL's: 2000-01-01
constexpr char kColumns[] = "(entity_key, feature_name, value, value_text, event_ts)";
constexpr char kUpdate[] =
    " ON CONFLICT (entity_key, feature_name) DO UPDATE SET value = EXCLUDED.value, value_text = "
    "EXCLUDED.value_text, event_ts = EXCLUDED.event_ts";

struct Row {
  std::string key;
  std::vector<Cell> cells;
};

[[noreturn]] void Fail(PGconn* db, const char* doing) {
  std::fprintf(stderr, "postgres_loop: %s: %s\n", doing, PQerrorMessage(db));
  std::exit(1);
}

void Execute(PGconn* db, const char* sql) {
  PGresult* result = PQexec(db, sql);
  const auto status = PQresultStatus(result);
  if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) Fail(db, sql);
  PQclear(result);
}

template <typename Int>
void Append(std::string* out, Int number) {
  for (size_t i = sizeof(Int); i-- > 0;)
    out->push_back(static_cast<char>(number >> (8 * i) & 0xff));
}

void AppendField(std::string* out, std::string_view bytes) {
  Append(out, static_cast<uint32_t>(bytes.size()));
  *out += bytes;
}

std::string EventTime() {
  std::string bytes;
  Append(&bytes, static_cast<uint64_t>((kEventSeconds - kEpochSeconds) * 1'000'000 + 123456));
  return bytes;
}

std::string NameOf(int feature) { return "feature_" + std::to_string(feature); }

void Copy(PGconn* db, const Row* begin, const Row* end) {
  Execute(db, "BEGIN");
  PGresult* result = PQexec(db, "COPY incoming FROM STDIN BINARY");
  if (PQresultStatus(result) != PGRES_COPY_IN) Fail(db, "beginning to copy");
  PQclear(result);
  const std::string time = EventTime();
  std::string out("PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0", 19);
  for (const Row* row = begin; row != end; ++row) {
    for (int f = 0; f < kFeatures; ++f) {
      Append(&out, uint16_t{5});
      AppendField(&out, row->key);
      AppendField(&out, NameOf(f));
      AppendField(&out, row->cells[f].value);
      AppendField(&out, row->cells[f].text);
      AppendField(&out, time);
    }
    if (out.size() > 1 << 16) {
      if (PQputCopyData(db, out.data(), static_cast<int>(out.size())) != 1) Fail(db, "copying");
      out.clear();
    }
  }
  Append(&out, uint16_t{0xffff});
  if (PQputCopyData(db, out.data(), static_cast<int>(out.size())) != 1 ||
      PQputCopyEnd(db, nullptr) != 1) {
    Fail(db, "copying");
  }
  while ((result = PQgetResult(db)) != nullptr) {
    if (PQresultStatus(result) != PGRES_COMMAND_OK) Fail(db, "copying");
    PQclear(result);
  }
  const std::string insert = std::string("INSERT INTO bench_stats ") + kColumns +
                             " SELECT * FROM incoming" + kUpdate + "; TRUNCATE incoming; COMMIT";
  Execute(db, insert.c_str());
}

void DrainUntilSync(PGconn* db) {
  while (true) {
    PGresult* result = PQgetResult(db);
    const auto status = result == nullptr ? PGRES_COMMAND_OK : PQresultStatus(result);
    PQclear(result);
    if (status == PGRES_PIPELINE_SYNC) return;
    if (status != PGRES_COMMAND_OK) Fail(db, "writing");
  }
}

void Upsert(PGconn* db, const Row* begin, const Row* end) {
  constexpr int kRowsASync = 100;  // a pipeline must be emptied before both sides wait to write
  const std::string time = EventTime();
  const int formats[] = {1, 1, 1, 1, 1};
  for (const Row* row = begin; row != end;) {
    const Row* const stop = row + std::min<ptrdiff_t>(kRowsASync, end - row);
    for (; row != stop; ++row) {
      for (int f = 0; f < kFeatures; ++f) {
        const std::string name = NameOf(f);
        const std::string* const fields[] = {&row->key, &name, &row->cells[f].value,
                                             &row->cells[f].text, &time};
        const char* values[5];
        int lengths[5];
        for (int i = 0; i < 5; ++i) {
          values[i] = fields[i]->data();
          lengths[i] = static_cast<int>(fields[i]->size());
        }
        if (PQsendQueryPrepared(db, "upsert", 5, values, lengths, formats, 1) != 1) {
          Fail(db, "sending");
        }
      }
    }
    if (PQpipelineSync(db) != 1) Fail(db, "sending");
    DrainUntilSync(db);
  }
}

void Prepare(PGconn* db, bool copy) {
  Execute(
      db,
      "SET client_min_messages = warning;"
      "DROP TABLE IF EXISTS bench_stats;"
      "CREATE TABLE bench_stats (entity_key BYTEA, feature_name TEXT, value BYTEA, value_text "
      "TEXT NULL, vector_value BYTEA NULL, event_ts TIMESTAMPTZ, created_ts TIMESTAMPTZ, PRIMARY "
      "KEY(entity_key, feature_name));"
      "CREATE INDEX bench_stats_ek ON bench_stats (entity_key);"
      "CREATE TEMP TABLE incoming (entity_key BYTEA, feature_name TEXT, value BYTEA, value_text "
      "TEXT, event_ts TIMESTAMPTZ)");
  if (copy) return;
  const std::string sql = std::string("INSERT INTO bench_stats ") + kColumns +
                          " VALUES ($1::bytea, $2::text, $3::bytea, $4::text, $5::timestamptz)" +
                          kUpdate;
  PGresult* result = PQprepare(db, "upsert", sql.c_str(), 5, nullptr);
  if (PQresultStatus(result) != PGRES_COMMAND_OK) Fail(db, "preparing");
  PQclear(result);
  if (PQenterPipelineMode(db) != 1) Fail(db, "entering pipeline mode");
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 5) {
    std::fprintf(stderr, "usage: postgres_loop CONNINFO ROWS BATCH copy|upsert\n");
    return 2;
  }
  const auto count = std::strtoull(argv[2], nullptr, 10);
  const auto batch = std::strtoull(argv[3], nullptr, 10);
  const bool copy = std::string_view(argv[4]) == "copy";
  std::vector<Row> rows(count);
  for (uint64_t entity = 0; entity < count; ++entity) {
    rows[entity].key = MakeKey(static_cast<int64_t>(entity));
    for (int f = 0; f < kFeatures; ++f) rows[entity].cells.push_back(MakeCell(entity, f));
  }
  std::sort(rows.begin(), rows.end(), [](const Row& a, const Row& b) { return a.key < b.key; });
  PGconn* db = PQconnectdb(argv[1]);
  if (PQstatus(db) != CONNECTION_OK) Fail(db, "connecting");
  Prepare(db, copy);

  const auto start = std::chrono::steady_clock::now();
  const double cpu = CpuSeconds();
  for (uint64_t begin = 0; begin < count; begin += batch) {
    const Row* const first = &rows[begin];
    (copy ? Copy : Upsert)(db, first, first + std::min(batch, count - begin));
  }
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  std::printf("{\"rows\": %llu, \"seconds\": %.3f, \"cpu_seconds\": %.3f}\n",
              static_cast<unsigned long long>(count), took.count(), CpuSeconds() - cpu);
  PQfinish(db);
  return 0;
}
