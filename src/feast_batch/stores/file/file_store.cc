#include "feast_batch/stores/file/file_store.h"

#include <arrow/table.h>

#include "feast/offline/staging.h"
#include "feast_batch/historical/explain.h"
#include "feast_batch/historical/historical_stream.h"
#include "feast_batch/parquet/file_location.h"
#include "feast_batch/parquet/parquet_writer.h"
#include "feast_batch/point_in_time/arrow_streams_internal.h"
#include "feast_batch/pull/pull_rows.h"
#include "feast_batch/pull/source_columns.h"
#include "feast_batch/tables/file_source.h"
#include "feast_batch/tables/log_folder.h"

namespace feast {
namespace {

class FileStore final : public OfflineStore {
 public:
  FileStore(std::string type, std::unique_ptr<FilePlaces> places, const JoinMemory& join_memory)
      : type_(std::move(type)), places_(std::move(places)), join_memory_(join_memory) {}

  std::string_view type() const override { return type_; }

  Result<std::vector<SourceColumn>> DescribeSource(const CallContext& context,
                                                   const core::DataSource& source) override {
    return Guarded([&]() -> Result<std::vector<SourceColumn>> {
      FEAST_ASSIGN_OR_RETURN(const auto rows, Open(context, source));
      return SourceColumnsOf(rows->schema());
    });
  }

  Result<OwnedStream> GetHistorical(const CallContext& context, const HistoricalPlan& plan,
                                    OwnedStream entity_rows) override {
    return Guarded([&] {
      return HistoricalStream(
          context, plan, std::move(entity_rows),
          [this, context](const SourceRead& read, const TimeWindow& window) {
            return Open(context, read.source, {read.timestamp_column, window.from, window.to});
          },
          arrow::TimeUnit::NANO, join_memory_);
    });
  }

  Result<HistoricalExplanation> Explain(const CallContext& context, const HistoricalPlan& plan,
                                        const EntityFacts& entities) override {
    return Guarded([&]() -> Result<HistoricalExplanation> {
      HistoricalExplanation out{type_, entities, ExplainMemory(plan, join_memory_), {}, {}};
      for (const HistoricalView& view : plan.views) {
        FEAST_RETURN_IF_ERROR(context.Check());
        FEAST_ASSIGN_OR_RETURN(const auto source, Open(context, view.read.source));
        FEAST_ASSIGN_OR_RETURN(auto one, ExplainView(plan, view, entities, *source));
        one.reader = "Parquet, by row group";
        out.views.push_back(std::move(one));
      }
      return out;
    });
  }

  Result<OwnedStream> Pull(const CallContext& context, const PullPlan& plan) override {
    return Guarded([&]() -> Result<OwnedStream> {
      FEAST_ASSIGN_OR_RETURN(auto source, Open(context, plan.read.source,
                                               {plan.read.timestamp_column, plan.start, plan.end}));
      FEAST_ASSIGN_OR_RETURN(auto reader, PullRows(context, plan, std::move(source)));
      return ExportStream(std::move(reader));
    });
  }

  Status WriteRows(const CallContext& context, const core::DataSource& source,
                   OwnedStream rows) override {
    return Guarded([&]() -> Status {
      FEAST_ASSIGN_OR_RETURN(const auto place, PlaceOf(context, source));
      FEAST_RETURN_IF_ERROR(CheckTakesRows(place, FormatOf(source), FileSourceName(source)));
      FEAST_ASSIGN_OR_RETURN(auto reader, ImportStream(std::move(rows)));
      return AppendParquet(context, *reader, place, FileSourceName(source));
    });
  }

  Status WriteLogs(const CallContext& context, const core::LoggingConfig& destination,
                   const std::string& batch, OwnedStream rows) override {
    return Guarded([&]() -> Status {
      FEAST_ASSIGN_OR_RETURN(auto reader, ImportStream(std::move(rows)));
      FEAST_ARROW_ASSIGN(const auto table, reader->ToTable());
      return AppendFileLogs(context, table, *places_, destination, batch);
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
  static const core::FileFormat& FormatOf(const core::DataSource& source) {
    return BatchSourceOf(source).file_options().file_format();
  }

  Result<FilePlace> PlaceOf(const CallContext& context, const core::DataSource& source) const {
    const auto& batch = BatchSourceOf(source);
    if (!batch.has_file_options()) {
      return Status::InvalidArgument("the " + type_ +
                                     " offline store reads file sources, which source '" +
                                     source.name() + "' is not");
    }
    // The name without the uri, which may carry what does not belong into a message.
    return places_->Find(context, batch.file_options().uri(),
                         batch.file_options().s3_endpoint_override(),
                         "source '" + source.name() + "'");
  }

  Result<std::unique_ptr<RowSource>> Open(const CallContext& context,
                                          const core::DataSource& source,
                                          const TimesWanted& times = {}) const {
    FEAST_ASSIGN_OR_RETURN(const auto place, PlaceOf(context, source));
    return OpenFileSource(place, FormatOf(source), FileSourceName(source), times);
  }

  const std::string type_;
  const std::unique_ptr<FilePlaces> places_;
  const JoinMemory join_memory_;
};

}  // namespace

Result<std::unique_ptr<OfflineStore>> OpenFileStore(const std::string& type, const Setting& options,
                                                    const OfflineStoreEnv& env) {
  SettingsReader reader(env.config_file, "offline_store", options);
  FEAST_RETURN_IF_ERROR(reader.String("type", type).status());
  FEAST_RETURN_IF_ERROR(ReadStaging(reader).status());
  FEAST_RETURN_IF_ERROR(reader.Finish());
  FEAST_ASSIGN_OR_RETURN(auto places, FilePlaces::Make(env));
  FEAST_ASSIGN_OR_RETURN(const auto join_memory, JoinMemory::Read(env));
  return std::unique_ptr<OfflineStore>(
      std::make_unique<FileStore>(type, std::move(places), join_memory));
}

}  // namespace feast
