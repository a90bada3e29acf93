// Reads of the PostgreSQL store without anything above it: postgres_reads HOST PORT DATABASE USER
//
// Five tables of 10 int64 features for 10,000 entities (workload.py's values), written by the
// store, then read 1 x 50 and 100 x 50: by the store, and by a bare libpq loop with upstream's
// statement, a view after the other. Every value of every answer is checked. One JSON line.
#include <libpq-fe.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <random>
#include <vector>

#include "materialize_rows.h"

#include "feast/config/settings.h"
#include "feast/online/postgres/postgres_store.h"

namespace {

using feast::TableRead;

constexpr int kViews = 5;
constexpr int kEntities = 10'000;

[[noreturn]] void Fail(const std::string& what) {
  std::fprintf(stderr, "postgres_reads: %s\n", what.c_str());
  std::exit(1);
}

std::shared_ptr<const feast::OnlineTable> TableOf(int view) {
  feast::OnlineTable table;
  table.project = "reads";
  table.view = "view_" + std::to_string(view);
  table.join_keys = {"entity"};
  for (int f = 0; f < kFeatures; ++f) {
    table.features.push_back(
        {"feature_" + std::to_string(view * kFeatures + f), feast::ValueType::kInt64});
  }
  return std::make_shared<const feast::OnlineTable>(std::move(table));
}

std::string ValueOf(int64_t entity, int feature) {
  uint64_t rest = static_cast<uint64_t>(FeatureValue(entity, feature));
  std::string value = "\x20";
  for (; rest > 0x7f; rest >>= 7) value.push_back(static_cast<char>((rest & 0x7f) | 0x80));
  value.push_back(static_cast<char>(rest));
  return value;
}

void Append(feast::EncodedColumn* column, const std::string& value) {
  column->bytes += value;
  column->ends.push_back(column->bytes.size());
}

void Fill(feast::OnlineStore& store, const std::shared_ptr<const feast::OnlineTable>& table,
          int view) {
  auto batch = std::make_shared<feast::WriteBatch>();
  batch->table = table;
  for (const auto& feature : table->features) {
    batch->features.push_back({feature.name, feature.type, {}, {}});
  }
  for (int64_t entity = 0; entity < kEntities; ++entity) {
    Append(&batch->keys, MakeKey(entity));
    batch->event_times.push_back(kEventSeconds * feast::kMicrosPerSecond);
    for (int f = 0; f < kFeatures; ++f) {
      Append(&batch->features[f], ValueOf(entity, view * kFeatures + f));
    }
  }
  const feast::Status status = store.WriteAndWait({}, batch);
  if (!status.ok()) Fail(status.ToString());
}

/// One request: the same entities of every view.
std::vector<TableRead> Request(const std::vector<std::shared_ptr<const feast::OnlineTable>>& tables,
                               const std::vector<int64_t>& entities) {
  std::vector<std::string> encoded;
  encoded.reserve(entities.size());
  for (const int64_t entity : entities) encoded.push_back(MakeKey(entity));
  const feast::SharedList<std::string> keys(std::move(encoded));
  std::vector<TableRead> reads;
  for (const auto& table : tables) {
    std::vector<std::string> names;
    names.reserve(table->features.size());
    for (const auto& feature : table->features) names.push_back(feature.name);
    reads.push_back({table, std::move(names), keys});
  }
  return reads;
}

void Check(const std::vector<int64_t>& entities, size_t key, int feature, std::string_view value) {
  if (value != ValueOf(entities[key], feature)) {
    Fail("a wrong value of entity " + std::to_string(entities[key]));
  }
}

void ReadByStore(feast::OnlineStore& store, std::vector<TableRead> reads,
                 const std::vector<int64_t>& entities, bool check) {
  const auto rows = store.ReadAndWait({}, std::move(reads));
  if (!rows.ok()) Fail(rows.status().ToString());
  if (!check) return;
  for (int view = 0; view < kViews; ++view) {
    for (size_t i = 0; i < (*rows)[view].cells.size(); ++i) {
      Check(entities, i / kFeatures, view * kFeatures + static_cast<int>(i % kFeatures),
            (*rows)[view].cells[i].value);
    }
  }
}

std::string ArrayText(const std::vector<std::string>& texts, bool bytes) {
  std::string out = "{";
  for (const std::string& text : texts) {
    if (out.size() > 1) out += ',';
    out += '"';
    if (bytes) out += "\\\\x";
    for (const char c : text) {
      char hex[3];
      std::snprintf(hex, sizeof hex, "%02x", static_cast<unsigned char>(c));
      bytes ? void(out += hex) : out.push_back(c);
    }
    out += '"';
  }
  return out + "}";
}

/// As upstream asks, with parameters in text form; answers in binary, sorted into no rows at all.
void ReadByLibpq(PGconn* db, const std::vector<TableRead>& reads,
                 const std::vector<int64_t>& entities, bool check) {
  for (const TableRead& read : reads) {
    const std::string sql =
        "SELECT entity_key, feature_name, value, event_ts FROM \"" + read.table->Name() +
        "\" WHERE entity_key = ANY($1::bytea[]) AND feature_name = ANY($2::text[])";
    const std::string keys = ArrayText(read.keys, true);
    const std::string names = ArrayText(read.features, false);
    const char* const values[] = {keys.c_str(), names.c_str()};
    PGresult* result = PQexecParams(db, sql.c_str(), 2, nullptr, values, nullptr, nullptr, 1);
    if (PQresultStatus(result) != PGRES_TUPLES_OK) Fail(PQerrorMessage(db));
    if (check && PQntuples(result) != static_cast<int>(entities.size()) * kFeatures) {
      Fail("the bare loop got " + std::to_string(PQntuples(result)) + " rows");
    }
    PQclear(result);
  }
}

using Reader =
    std::function<void(const std::vector<TableRead>&, const std::vector<int64_t>&, bool)>;

void Measure(const char* name, const std::vector<std::shared_ptr<const feast::OnlineTable>>& tables,
             int keys, const Reader& read) {
  std::mt19937_64 random(static_cast<uint64_t>(keys));
  std::vector<std::vector<int64_t>> entities;
  std::vector<std::vector<TableRead>> requests;
  for (int i = 0; i < 100; ++i) {
    std::vector<int64_t> some(kEntities);
    for (int64_t entity = 0; entity < kEntities; ++entity) some[entity] = entity;
    std::shuffle(some.begin(), some.end(), random);
    some.resize(static_cast<size_t>(keys));
    requests.push_back(Request(tables, some));
    entities.push_back(std::move(some));
  }
  for (size_t i = 0; i < requests.size(); ++i) read(requests[i], entities[i], /*check=*/true);
  const int rounds = keys == 1 ? 20 : 3;
  std::vector<double> micros;
  const double cpu = CpuSeconds();
  for (int round = 0; round < rounds; ++round) {
    for (size_t i = 0; i < requests.size(); ++i) {
      const auto start = std::chrono::steady_clock::now();
      read(requests[i], entities[i], /*check=*/false);
      const std::chrono::duration<double, std::micro> took =
          std::chrono::steady_clock::now() - start;
      micros.push_back(took.count());
    }
  }
  const double used = (CpuSeconds() - cpu) * 1e6 / static_cast<double>(micros.size());
  std::sort(micros.begin(), micros.end());
  std::printf("\"%s_%dx50\": {\"cpu_us\": %.1f, \"p50_us\": %.0f, \"p99_us\": %.0f}", name, keys,
              used, micros[micros.size() / 2], micros[micros.size() * 99 / 100]);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 5) {
    std::fprintf(stderr, "usage: postgres_reads HOST PORT DATABASE USER\n");
    return 2;
  }
  using feast::Setting;
  const auto store =
      feast::PostgresStoreType().open(Setting::Map({{"host", Setting::Scalar(argv[1])},
                                                    {"port", Setting::Scalar(argv[2])},
                                                    {"database", Setting::Scalar(argv[3])},
                                                    {"user", Setting::Scalar(argv[4])},
                                                    {"password", Setting::Scalar("none")},
                                                    {"sslmode", Setting::Scalar("disable")}}),
                                      {});
  if (!store.ok()) Fail(store.status().ToString());
  std::vector<std::shared_ptr<const feast::OnlineTable>> tables;
  tables.reserve(kViews);
  for (int view = 0; view < kViews; ++view) tables.push_back(TableOf(view));
  const feast::Status made = (*store)->UpdateInfrastructure({}, {tables, {}});
  if (!made.ok()) Fail(made.ToString());
  for (int view = 0; view < kViews; ++view) Fill(**store, tables[view], view);

  const std::string where = std::string("host=") + argv[1] + " port=" + argv[2] +
                            " dbname=" + argv[3] + " user=" + argv[4] + " sslmode=disable";
  PGconn* db = PQconnectdb(where.c_str());
  if (PQstatus(db) != CONNECTION_OK) Fail(PQerrorMessage(db));
  PQclear(PQexec(db, "VACUUM ANALYZE"));
  const char* before = "{";
  for (const int keys : {1, 100}) {
    std::printf("%s", before);
    Measure("store", tables, keys, [&](const auto& reads, const auto& entities, bool check) {
      ReadByStore(**store, reads, entities, check);
    });
    std::printf(", ");
    Measure("libpq", tables, keys, [&](const auto& reads, const auto& entities, bool check) {
      ReadByLibpq(db, reads, entities, check);
    });
    before = ", ";
  }
  std::printf("}\n");
  PQfinish(db);
  return 0;
}
