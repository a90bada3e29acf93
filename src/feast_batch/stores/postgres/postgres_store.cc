#include "feast_batch/stores/postgres/postgres_store.h"

#include <arrow/record_batch.h>
#include <arrow/table.h>

#include "feast/offline/staging.h"
#include "feast/postgres/postgres_server.h"
#include "feast_batch/point_in_time/arrow_streams_internal.h"
#include "feast_batch/stores/postgres/postgres_historical.h"
#include "feast_batch/stores/postgres/postgres_tables.h"
#include "feast_batch/stores/postgres/row_stream_internal.h"

namespace feast {
namespace {

constexpr std::string_view kEntitySql = "entity_df (SQL)";

class PostgresStore final : public OfflineStore {
 public:
  explicit PostgresStore(PostgresServer server)
      : server_(std::make_shared<const PostgresServer>(std::move(server))) {}

  std::string_view type() const override { return "postgres"; }

  Result<std::vector<SourceColumn>> DescribeSource(const CallContext& context,
                                                   const core::DataSource& source) override {
    return Guarded([&]() -> Result<std::vector<SourceColumn>> {
      FEAST_ASSIGN_OR_RETURN(const auto named, PostgresSourceOf(source));
      FEAST_ASSIGN_OR_RETURN(const auto session, PostgresSession::Connect(context, server_));
      FEAST_ASSIGN_OR_RETURN(const auto table, DescribeTable(*session, named));
      std::vector<SourceColumn> columns;
      for (size_t at = 0; at < table.columns.names.size(); ++at) {
        const PostgresColumnType& type = table.columns.types[at];
        columns.push_back({table.columns.names[at], type.value_type, ArrowTypeOf(type)->ToString(),
                           ArrowTypeOf(type)->id() == arrow::Type::TIMESTAMP &&
                               type.form != PostgresForm::kTime});
      }
      return columns;
    });
  }

  Result<OwnedStream> GetHistorical(const CallContext& context, const HistoricalPlan& plan,
                                    OwnedStream entity_rows) override {
    return Guarded([&]() -> Result<OwnedStream> {
      std::shared_ptr<arrow::RecordBatchReader> rows;
      if (plan.entity_timestamp.empty()) {
        FEAST_ASSIGN_OR_RETURN(rows, RangeInPostgres(context, server_, plan));
        return ExportStream(std::move(rows));
      }
      if (entity_rows.empty()) {
        return Status::InvalidArgument("the training join needs entity rows");
      }
      FEAST_ASSIGN_OR_RETURN(const auto reader, ImportStream(std::move(entity_rows)));
      FEAST_ARROW_ASSIGN(auto entities, reader->ToTable());
      FEAST_ASSIGN_OR_RETURN(rows, JoinInPostgres(context, server_, plan, std::move(entities)));
      return ExportStream(std::move(rows));
    });
  }

  Result<HistoricalExplanation> Explain(const CallContext& context, const HistoricalPlan& plan,
                                        const EntityFacts& entities) override {
    return Guarded([&] { return ExplainInPostgres(context, server_, plan, entities); });
  }

  Result<OwnedStream> QueryEntityRows(const CallContext& context, const std::string& sql,
                                      const std::vector<core::DataSource>& sources) override {
    return Guarded([&]() -> Result<OwnedStream> {
      FEAST_ASSIGN_OR_RETURN(auto session, PostgresSession::Connect(context, server_));
      const std::string query = EntityQuery(sql, sources);
      const auto columns = DescribeQuery(*session, query);
      if (!columns.ok()) return columns.status().Annotate(kEntitySql);
      std::string names, select;
      for (size_t at = 0; at < columns->names.size(); ++at) {
        const std::string name = (at == 0 ? "c" : ", c") + std::to_string(at);
        const std::string& cast = columns->types[at].travels_as;
        names += name;
        select += name;
        if (!cast.empty()) select.append("::").append(cast);
      }
      FEAST_RETURN_IF_ERROR(session->Run("BEGIN READ ONLY"));
      auto rows =
          StreamRows(std::move(session),
                     "SELECT " + select + " FROM (" + query + ") AS e(" + names + ")", *columns);
      if (!rows.ok()) return rows.status().Annotate(kEntitySql);
      return ExportStream(*std::move(rows));
    });
  }

  Result<std::string> HistoricalSql(const CallContext& context, const HistoricalPlan& plan,
                                    EntityOrigin entities) override {
    return Guarded([&]() -> Result<std::string> {
      if (!entities.sql.empty()) {
        return HistoricalSqlOf(context, server_, plan, EntityQuery(entities.sql, entities.sources),
                               nullptr);
      }
      std::shared_ptr<arrow::Table> columns;
      if (!plan.entity_timestamp.empty()) {
        FEAST_ASSIGN_OR_RETURN(const auto reader, ImportStream(std::move(entities.columns)));
        FEAST_ARROW_ASSIGN(columns, reader->ToTable());
      }
      return HistoricalSqlOf(context, server_, plan, "", columns);
    });
  }

  Result<OwnedStream> Pull(const CallContext& context, const PullPlan& plan) override {
    return Guarded([&]() -> Result<OwnedStream> {
      FEAST_ASSIGN_OR_RETURN(auto rows, PullFromPostgres(context, server_, plan));
      return ExportStream(std::move(rows));
    });
  }

  Status WriteRows(const CallContext& context, const core::DataSource& source,
                   OwnedStream rows) override {
    return Guarded([&]() -> Status {
      FEAST_ASSIGN_OR_RETURN(const auto reader, ImportStream(std::move(rows)));
      return AppendToPostgres(context, server_, source, *reader);
    });
  }

  Status Persist(const CallContext& context, const core::SavedDatasetStorage& storage,
                 bool allow_overwrite, OwnedStream rows) override {
    return Guarded([&]() -> Status {
      FEAST_ASSIGN_OR_RETURN(const std::string table, PostgresTableOf(storage));
      FEAST_ASSIGN_OR_RETURN(const auto reader, ImportStream(std::move(rows)));
      return PersistToPostgres(context, server_, table, allow_overwrite, *reader);
    });
  }

 private:
  const std::shared_ptr<const PostgresServer> server_;
};

}  // namespace

Result<std::unique_ptr<OfflineStore>> OpenPostgresStore(const std::string& type,
                                                        const Setting& options,
                                                        const OfflineStoreEnv& env) {
  SettingsReader reader(env.config_file, "offline_store", options);
  PostgresServer server;
  FEAST_RETURN_IF_ERROR(reader.String("type", type).status());
  FEAST_RETURN_IF_ERROR(ReadPostgresServer(reader, env.config_file, env.repo_path, &server));
  // How upstream's SQL names an entity query; ours is read once either way.
  FEAST_RETURN_IF_ERROR(
      reader.Choice("entity_select_mode", {"temp_table", "embed_query"}, "temp_table").status());
  FEAST_RETURN_IF_ERROR(ReadStaging(reader).status());
  FEAST_RETURN_IF_ERROR(reader.Finish());
  return std::unique_ptr<OfflineStore>(std::make_unique<PostgresStore>(std::move(server)));
}

}  // namespace feast
