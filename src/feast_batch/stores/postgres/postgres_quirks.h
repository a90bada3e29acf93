#pragma once
/// For tests of the PostgreSQL store: a schema of its own on the server that they share.
#include <string>

#include "feast/offline/batch_module.h"
#include "feast/postgres/test_postgres.h"
#include "feast_batch/stores/conformance/offline_store_conformance.h"

namespace feast::offline_conformance {

/// What Python's PostgreSQLSource keeps.
inline core::DataSource PostgresSourceAt(const std::string& name, const std::string& table,
                                         const std::string& query = "") {
  const auto quoted = [](const std::string& text) {
    std::string out;
    for (const char c : text) out += c == '"' || c == '\\' ? std::string("\\") + c : std::string{c};
    return "\"" + out + "\"";
  };
  core::DataSource source;
  source.set_name(name);
  source.set_type(core::DataSource::CUSTOM_SOURCE);
  source.set_data_source_class_type(
      "feast.infra.offline_stores.contrib.postgres_offline_store.postgres_source.PostgreSQLSource");
  source.mutable_custom_options()->set_configuration(
      "{\"name\": \"\", \"query\": " + quoted(query) + ", \"table\": " + quoted(table) + "}");
  return source;
}

class PostgresQuirks : public OfflineStoreQuirks {
 public:
  PostgresQuirks() {
    static int count = 0;
    schema_ = "offline_" + std::to_string(++count);
    TestSql(server()).Query("CREATE SCHEMA " + schema_);
  }

  static TestPostgres& server() { return TestPostgres::Shared(); }
  const std::string& schema() const { return schema_; }

  /// More settings as YAML scalars, instead of those of the server.
  Result<std::unique_ptr<OfflineStore>> OpenWith(std::vector<Setting::Entry> more) {
    FEAST_ASSIGN_OR_RETURN(BatchModule * module, OpenBatchModule());
    return module->OpenOfflineStore("postgres", server().Settings(schema_, std::move(more)),
                                    {server().folder(), "feature_store.yaml"});
  }
  Result<std::unique_ptr<OfflineStore>> Open() override { return OpenWith({}); }

  Result<core::DataSource> MakeSource(const std::string& name,
                                      const std::shared_ptr<arrow::Table>& rows) override {
    FEAST_ASSIGN_OR_RETURN(const auto store, Open());
    FEAST_RETURN_IF_ERROR(store->Persist({}, Storage(name), true, StreamOf(rows)));
    return PostgresSourceAt(name, name);
  }
  core::DataSource MissingSource() override { return PostgresSourceAt("none", "none"); }
  core::SavedDatasetStorage Storage(const std::string& name) override {
    core::SavedDatasetStorage storage;
    *storage.mutable_custom_storage() = PostgresSourceAt("", name).custom_options();
    return storage;
  }
  bool range_is_snapshot() const override { return false; }

 private:
  std::string schema_;
};

/// Sources are queries, whose rows have no places and are always copied before they are joined.
class PostgresQueryQuirks : public PostgresQuirks {
 public:
  Result<core::DataSource> MakeSource(const std::string& name,
                                      const std::shared_ptr<arrow::Table>& rows) override {
    FEAST_RETURN_IF_ERROR(PostgresQuirks::MakeSource(name, rows).status());
    return PostgresSourceAt(name, "", "SELECT * FROM " + name + " WHERE true -- all");
  }
  core::DataSource MissingSource() override {
    return PostgresSourceAt("none", "", "SELECT * FROM none");
  }
  bool takes_rows() const override { return false; }
};

}  // namespace feast::offline_conformance
