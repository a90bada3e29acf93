#include "feast_batch/stores/duckdb/duckdb_store.h"

#include <arrow/table.h>
#include <strings.h>

#include <algorithm>
#include <mutex>

#include "feast/base/sql_text.h"
#include "feast/offline/staging.h"
#include "feast_batch/historical/explain.h"
#include "feast_batch/historical/historical_stream.h"
#include "feast_batch/parquet/file_location.h"
#include "feast_batch/parquet/parquet_writer.h"
#include "feast_batch/point_in_time/arrow_streams_internal.h"
#include "feast_batch/pull/pull_rows.h"
#include "feast_batch/pull/source_columns.h"
#include "feast_batch/stores/duckdb/duckdb_source.h"
#include "feast_batch/tables/file_source.h"

namespace feast {
namespace {

// DuckDB's names do not tell cases apart.
bool Names(const std::vector<std::string>& tables, const std::string& source) {
  return std::any_of(tables.begin(), tables.end(), [&](const auto& table) {
    return strcasecmp(table.c_str(), source.c_str()) == 0;
  });
}

class DuckDbStore final : public OfflineStore {
 public:
  DuckDbStore(DuckDbSettings settings, std::unique_ptr<FilePlaces> places,
              const JoinMemory& join_memory)
      : settings_(std::move(settings)), places_(std::move(places)), join_memory_(join_memory) {}

  std::string_view type() const override { return "duckdb"; }

  Result<std::vector<SourceColumn>> DescribeSource(const CallContext& context,
                                                   const core::DataSource& source) override {
    return Guarded([&]() -> Result<std::vector<SourceColumn>> {
      FEAST_ASSIGN_OR_RETURN(const auto scan, ScanOf(source, settings_));
      if (!scan.native_uri.empty()) {
        FEAST_ASSIGN_OR_RETURN(const auto rows, OpenNative(context, scan));
        return SourceColumnsOf(rows->schema());
      }
      FEAST_ASSIGN_OR_RETURN(const auto connection, Connect());
      FEAST_ASSIGN_OR_RETURN(const auto schema, ScanSchema(context, scan, connection.get()));
      return SourceColumnsOf(*schema);
    });
  }

  Result<OwnedStream> GetHistorical(const CallContext& context, const HistoricalPlan& plan,
                                    OwnedStream entity_rows) override {
    return Guarded([&] {
      const auto open = [this, context](const SourceRead& read, const TimeWindow& window) {
        return Open(context, read, window.from, window.to);
      };
      return HistoricalStream(context, plan, std::move(entity_rows), open, arrow::TimeUnit::MICRO,
                              join_memory_);
    });
  }

  Result<HistoricalExplanation> Explain(const CallContext& context, const HistoricalPlan& plan,
                                        const EntityFacts& entities) override {
    return Guarded([&]() -> Result<HistoricalExplanation> {
      HistoricalExplanation out{"duckdb", entities, ExplainMemory(plan, join_memory_), {}, {}};
      for (const HistoricalView& view : plan.views) {
        FEAST_RETURN_IF_ERROR(context.Check());
        FEAST_ASSIGN_OR_RETURN(auto one, ExplainOne(context, plan, view, entities));
        out.views.push_back(std::move(one));
      }
      return out;
    });
  }

  Result<OwnedStream> QueryEntityRows(const CallContext& context, const std::string& sql,
                                      const std::vector<core::DataSource>& sources) override {
    return Guarded([&]() -> Result<OwnedStream> {
      FEAST_ASSIGN_OR_RETURN(const auto connection, Connect());
      // Before CheckOneSelect, which resolves names.
      FEAST_ASSIGN_OR_RETURN(const auto tables, connection->TablesIn(sql));
      for (const auto& source : sources) {
        if (!Names(tables, source.name())) continue;
        FEAST_ASSIGN_OR_RETURN(const auto scan, ScanOf(source, settings_));
        FEAST_RETURN_IF_ERROR(PrepareScan(context, scan, connection.get()));
        const Status viewed =
            connection->Run(context, "CREATE OR REPLACE TEMP VIEW " + SqlName(source.name()) +
                                         " AS SELECT * FROM " + scan.from);
        if (!viewed.ok()) return viewed.Annotate(scan.name);
      }
      if (Status one = connection->CheckOneSelect(sql); !one.ok()) return one.Annotate(kEntitySql);
      auto table = connection->Query(context, sql);
      if (!table.ok()) return table.status().Annotate(kEntitySql);
      return ExportStream(std::make_shared<arrow::TableBatchReader>(*std::move(table)));
    });
  }

  Result<OwnedStream> Pull(const CallContext& context, const PullPlan& plan) override {
    return Guarded([&]() -> Result<OwnedStream> {
      FEAST_ASSIGN_OR_RETURN(auto source, Open(context, plan.read, plan.start, plan.end));
      FEAST_ASSIGN_OR_RETURN(auto reader, PullRows(context, plan, std::move(source)));
      return ExportStream(std::move(reader));
    });
  }

  Status WriteRows(const CallContext& context, const core::DataSource& source,
                   OwnedStream rows) override {
    return Guarded([&]() -> Status {
      FEAST_ASSIGN_OR_RETURN(const auto scan, ScanOf(source, writable_));
      if (scan.native_uri.empty()) {
        return Status::Unimplemented(scan.name +
                                     ": rows can be added to Parquet files and folders only");
      }
      FEAST_ASSIGN_OR_RETURN(const auto place, PlaceOf(context, scan));
      FEAST_RETURN_IF_ERROR(CheckTakesRows(place, scan.format, scan.name));
      FEAST_ASSIGN_OR_RETURN(auto reader, ImportStream(std::move(rows)));
      return AppendParquet(context, *reader, place, scan.name);
    });
  }

  Status Persist(const CallContext& context, const core::SavedDatasetStorage& storage,
                 bool allow_overwrite, OwnedStream rows) override {
    return Guarded([&]() -> Status {
      FEAST_ASSIGN_OR_RETURN(auto reader, ImportStream(std::move(rows)));
      return PersistDataset(context, *reader, *places_, storage, allow_overwrite);
    });
  }

 private:
  static constexpr std::string_view kEntitySql = "entity_df (SQL)";

  static DuckDbSettings WithNativeParquet(DuckDbSettings settings) {
    settings.native_parquet = true;
    return settings;
  }

  // DuckDB is loaded and started when first needed: Parquet needs none.
  Result<std::unique_ptr<DuckDbConnection>> Connect() {
    const std::lock_guard lock(mutex_);
    if (!database_) {
      FEAST_ASSIGN_OR_RETURN(DuckDbEngine * engine, LoadDuckDbEngine());
      FEAST_ASSIGN_OR_RETURN(database_, engine->Open(settings_));
    }
    return database_->Connect();
  }

  Result<FilePlace> PlaceOf(const CallContext& context, const SourceScan& scan) const {
    return places_->Find(context, scan.native_uri, scan.s3_endpoint,
                         "source '" + scan.source + "'");
  }

  Result<std::unique_ptr<RowSource>> OpenNative(const CallContext& context, const SourceScan& scan,
                                                const TimesWanted& times = {}) const {
    FEAST_ASSIGN_OR_RETURN(const auto place, PlaceOf(context, scan));
    return OpenFileSource(place, scan.format, scan.name, times);
  }

  Result<std::unique_ptr<RowSource>> Open(const CallContext& context, const SourceRead& read,
                                          std::optional<Micros> from, std::optional<Micros> to) {
    FEAST_ASSIGN_OR_RETURN(const auto scan, ScanOf(read.source, settings_));
    if (!scan.native_uri.empty())
      return OpenNative(context, scan, {read.timestamp_column, from, to});
    FEAST_ASSIGN_OR_RETURN(auto connection, Connect());
    RowsWanted wanted;
    wanted.columns = DistinctNames(
        {read.join_keys, read.features, {read.timestamp_column, read.created_column}});
    wanted.time_column = read.timestamp_column;
    wanted.from = from;
    wanted.to = to;
    return OpenDuckDbSource(context, scan, wanted, std::move(connection));
  }

  Result<ViewExplanation> ExplainOne(const CallContext& context, const HistoricalPlan& plan,
                                     const HistoricalView& view, const EntityFacts& entities) {
    FEAST_ASSIGN_OR_RETURN(const auto scan, ScanOf(view.read.source, settings_));
    if (!scan.native_uri.empty()) {
      FEAST_ASSIGN_OR_RETURN(const auto source, OpenNative(context, scan));
      FEAST_ASSIGN_OR_RETURN(auto one, ExplainView(plan, view, entities, *source));
      one.reader = "Parquet, by row group (DuckDB is not started)";
      return one;
    }
    FEAST_ASSIGN_OR_RETURN(const auto connection, Connect());
    FEAST_ASSIGN_OR_RETURN(const auto schema, ScanSchema(context, scan, connection.get()));
    ViewExplanation one = ExplainPlan(plan, view, entities);
    one.source = scan.name;
    one.reader = "DuckDB: SELECT … FROM " + scan.from;
    one.route = "as-of join in this process";
    one.reason = "DuckDB reads the source once, into a table that spills at its memory limit";
    one.features_with_scan = true;
    if (!PushesTimes(*schema, view.read.timestamp_column)) one.filters.clear();
    return one;
  }

  const DuckDbSettings settings_;
  const DuckDbSettings writable_ = WithNativeParquet(settings_);
  const std::unique_ptr<FilePlaces> places_;
  const JoinMemory join_memory_;
  std::mutex mutex_;
  std::shared_ptr<DuckDb> database_;
};

}  // namespace

Result<std::unique_ptr<OfflineStore>> OpenDuckDbStore(const std::string& type,
                                                      const Setting& options,
                                                      const OfflineStoreEnv& env) {
  SettingsReader reader(env.config_file, "offline_store", options);
  FEAST_RETURN_IF_ERROR(reader.String("type", type).status());
  FEAST_RETURN_IF_ERROR(ReadStaging(reader).status());
  FEAST_RETURN_IF_ERROR(reader.Finish());
  FEAST_ASSIGN_OR_RETURN(auto settings, ReadDuckDbSettings(env));
  FEAST_ASSIGN_OR_RETURN(auto places, FilePlaces::Make(env));
  FEAST_ASSIGN_OR_RETURN(const auto join_memory, JoinMemory::Read(env));
  return std::unique_ptr<OfflineStore>(
      std::make_unique<DuckDbStore>(std::move(settings), std::move(places), join_memory));
}

}  // namespace feast
