#include "feast_batch/stores/file/file_store.h"

#include <arrow/c/bridge.h>
#include <arrow/compute/initialize.h>
#include <arrow/record_batch.h>
#include <arrow/table.h>
#include <arrow/type.h>

#include <filesystem>

#include "feast/codec/column_codec.h"
#include "feast_batch/historical/historical_join.h"
#include "feast_batch/point_in_time/arrow_status_internal.h"
#include "feast_batch/pull/pull_rows.h"
#include "feast_batch/stores/file/parquet_source.h"
#include "feast_batch/stores/file/parquet_writer.h"
#include "feast_batch/stores/file/result_types.h"

namespace feast {
namespace {

// Exceptions of Arrow and the standard library stop here.
template <typename Work>
auto Guarded(Work work) -> decltype(work()) {
  try {
    static const arrow::Status kKernels = arrow::compute::Initialize();
    if (!kKernels.ok()) return FromArrow(kKernels);
    return work();
  } catch (const std::bad_alloc&) {
    return Status::ResourceExhausted("out of memory");
  } catch (const std::exception& e) {
    return Status::Internal(e.what());
  }
}

Result<OwnedStream> Export(std::shared_ptr<arrow::RecordBatchReader> reader) {
  ArrowArrayStream stream{};
  FEAST_ARROW_RETURN_IF_ERROR(arrow::ExportRecordBatchReader(std::move(reader), &stream));
  return OwnedStream(&stream);
}

Result<std::shared_ptr<arrow::RecordBatchReader>> Import(OwnedStream stream) {
  ArrowArrayStream taken = stream.Take();
  FEAST_ARROW_ASSIGN(auto reader, arrow::ImportRecordBatchReader(&taken));
  return reader;
}

// The source that history is read from: a push or stream source stands for its batch source.
const core::DataSource& BatchSourceOf(const core::DataSource& source) {
  const core::DataSource* at = &source;
  while (!at->has_file_options() && at->has_batch_source()) at = &at->batch_source();
  return *at;
}

std::string TimeNameOf(const HistoricalPlan& plan) {
  return plan.entity_timestamp.empty() ? "event_timestamp" : plan.entity_timestamp;
}

// Where the features start: they are the last columns.
int FirstFeatureOf(const HistoricalPlan& plan, const arrow::Table& joined) {
  int columns = joined.num_columns();
  for (const auto& view : plan.views) columns -= static_cast<int>(view.output_names.size());
  return columns;
}

class FileStore final : public OfflineStore {
 public:
  FileStore(std::string type, OfflineStoreEnv env) : type_(std::move(type)), env_(std::move(env)) {}

  std::string_view type() const override { return type_; }

  Result<std::vector<SourceColumn>> DescribeSource(const CallContext&,
                                                   const core::DataSource& source) override {
    return Guarded([&] { return Describe(source); });
  }

  Result<OwnedStream> GetHistorical(const CallContext& context, const HistoricalPlan& plan,
                                    OwnedStream entity_rows) override {
    return Guarded([&]() -> Result<OwnedStream> {
      std::shared_ptr<arrow::Table> entities;
      if (!entity_rows.empty()) {
        FEAST_ASSIGN_OR_RETURN(auto reader, Import(std::move(entity_rows)));
        FEAST_ARROW_ASSIGN(entities, reader->ToTable());
      } else if (!plan.entity_timestamp.empty()) {
        return Status::InvalidArgument("the training join needs entity rows");
      }
      FEAST_ASSIGN_OR_RETURN(auto joined,
                             JoinHistorical(context, plan, std::move(entities),
                                            [this](const auto& s) { return Open(s); }));
      const int first_feature = FirstFeatureOf(plan, *joined);
      FEAST_ASSIGN_OR_RETURN(joined,
                             WithUpstreamTypes(std::move(joined), TimeNameOf(plan), first_feature));
      auto reader = std::make_shared<arrow::TableBatchReader>(std::move(joined));
      reader->set_chunksize(int64_t{1} << 16);
      return Export(std::move(reader));
    });
  }

  Result<OwnedStream> Pull(const CallContext& context, const PullPlan& plan) override {
    return Guarded([&]() -> Result<OwnedStream> {
      FEAST_ASSIGN_OR_RETURN(auto source, Open(plan.read.source));
      FEAST_ASSIGN_OR_RETURN(auto reader, PullRows(context, plan, std::move(source)));
      return Export(std::move(reader));
    });
  }

  Status WriteRows(const CallContext& context, const core::DataSource& source,
                   OwnedStream rows) override {
    return Guarded([&]() -> Status {
      FEAST_ASSIGN_OR_RETURN(const auto path, PathOf(source));
      FEAST_ASSIGN_OR_RETURN(auto reader, Import(std::move(rows)));
      return AppendParquet(context, *reader, path, NameOf(source));
    });
  }

  Status Persist(const CallContext& context, const core::SavedDatasetStorage& storage,
                 bool allow_overwrite, OwnedStream rows) override {
    return Guarded([&]() -> Status {
      if (!storage.has_file_storage()) {
        return Status::InvalidArgument("the " + type_ +
                                       " offline store keeps saved datasets in files; "
                                       "use SavedDatasetFileStorage");
      }
      const std::string& uri = storage.file_storage().uri();
      FEAST_ASSIGN_OR_RETURN(const auto path, LocalPath(uri));
      FEAST_ASSIGN_OR_RETURN(auto reader, Import(std::move(rows)));
      return PersistParquet(context, *reader, path, uri, allow_overwrite);
    });
  }

 private:
  Result<std::string> LocalPath(const std::string& uri) const {
    std::string path = uri;
    if (path.starts_with("file://")) path = path.substr(7);
    if (const auto scheme = path.find("://"); scheme != std::string::npos) {
      return Status::Unimplemented("the " + type_ +
                                   " offline store reads local files only: " + uri);
    }
    if (path.empty()) return Status::InvalidArgument("a file source needs a path");
    return (std::filesystem::path(env_.repo_path) / path).string();
  }

  Result<std::string> PathOf(const core::DataSource& source) const {
    const auto& batch = BatchSourceOf(source);
    if (!batch.has_file_options()) {
      return Status::InvalidArgument("the " + type_ +
                                     " offline store reads file sources, which source '" +
                                     source.name() + "' is not");
    }
    if (batch.file_options().file_format().format_case() == core::FileFormat::kDeltaFormat) {
      return Status::Unimplemented("the " + type_ +
                                   " offline store reads Parquet, not Delta tables; export the "
                                   "table to Parquet: source '" +
                                   source.name() + "'");
    }
    return LocalPath(batch.file_options().uri());
  }

  std::string NameOf(const core::DataSource& source) const {
    const auto& batch = BatchSourceOf(source);
    return "source '" + (batch.name().empty() ? source.name() : batch.name()) + "' (" +
           batch.file_options().uri() + ")";
  }

  Result<std::unique_ptr<RowSource>> Open(const core::DataSource& source) const {
    FEAST_ASSIGN_OR_RETURN(const auto path, PathOf(source));
    return OpenParquetSource(path, NameOf(source));
  }

  Result<std::vector<SourceColumn>> Describe(const core::DataSource& source) const {
    FEAST_ASSIGN_OR_RETURN(const auto rows, Open(source));
    std::vector<SourceColumn> columns;
    for (const auto& field : rows->schema().fields()) {
      ArrowSchema schema{};
      FEAST_ARROW_RETURN_IF_ERROR(arrow::ExportField(*field, &schema));
      const OwnedSchema owned(&schema);
      columns.push_back({field->name(), ValueTypeOfArrow(*owned.get()), field->type()->ToString(),
                         field->type()->id() == arrow::Type::TIMESTAMP});
    }
    return columns;
  }

  const std::string type_;
  const OfflineStoreEnv env_;
};

}  // namespace

Result<std::unique_ptr<OfflineStore>> OpenFileStore(const std::string& type, const Setting& options,
                                                    const OfflineStoreEnv& env) {
  SettingsReader reader(env.config_file, "offline_store", options);
  FEAST_RETURN_IF_ERROR(reader.String("type", type).status());
  FEAST_RETURN_IF_ERROR(reader.Finish());
  return std::unique_ptr<OfflineStore>(std::make_unique<FileStore>(type, env));
}

}  // namespace feast
