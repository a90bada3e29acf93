#include <nanobind/stl/optional.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/tuple.h>
#include <nanobind/stl/vector.h>

#include "interruptible.h"
#include "native_store_internal.h"
#include "raise_status.h"
#include "raw_value_cast_internal.h"

#include "feast/app/logged_rows.h"
#include "feast/registry/view_state.h"
#include "feast/retrieval/serving_proto.h"

namespace nb = nanobind;

namespace feast::native {
namespace {

nb::bytes ToBytes(const std::string& text) { return nb::bytes(text.data(), text.size()); }

template <typename Message>
Message Parse(nb::bytes bytes) {
  Message message;
  if (!message.ParseFromArray(bytes.c_str(), static_cast<int>(bytes.size()))) {
    throw nb::value_error("damaged protobuf message");
  }
  return message;
}

ReportTuple ToTuple(ApplyReport report) {
  std::vector<ChangeTuple> changes;
  for (ObjectChange& change : report.changes) {
    changes.emplace_back(static_cast<int>(change.change), std::move(change.kind),
                         std::move(change.name), std::move(change.fields));
  }
  return {std::move(changes), std::move(report.tables_created), std::move(report.tables_dropped)};
}

Result<RepoConfig> LoadConfig(const std::string& repo_path, std::optional<std::string> yaml_file,
                              std::optional<std::string> yaml_text) {
  if (yaml_text) return ParseRepoConfig(*yaml_text, repo_path, "config");
  ConfigLocation location;
  location.repo_path = repo_path;
  if (yaml_file) location.yaml_file = *yaml_file;
  return LoadRepoConfig(location);
}

ApplyOptions OptionsFor(const RepoConfig& config, bool partial, bool no_promote,
                        bool allow_case_variants) {
  ApplyOptions options;
  options.project = config.project;
  options.partial = partial;
  options.no_promote = no_promote;
  options.allow_case_variants = allow_case_variants;
  return options;
}

// Calls back into Python from the worker; what the callback raises is printed, not lost.
MaterializeProgress ProgressOf(nb::object callback) {
  MaterializeProgress progress;
  if (callback.is_none()) return progress;
  const auto call = [callback](const char* event, const std::string& view, int64_t a, int64_t b) {
    const nb::gil_scoped_acquire acquire;
    try {
      callback(event, view, a, b);
    } catch (nb::python_error& error) {
      error.discard_as_unraisable("materialization progress");
    }
  };
  progress.view_started = [call](const std::string& view, Micros start, Micros end) {
    call("started", view, start, end);
  };
  progress.rows_written = [call](const std::string& view, int64_t rows) {
    call("written", view, rows, 0);
  };
  progress.view_done = [call](const std::string& view, int64_t rows) {
    call("done", view, rows, 0);
  };
  return progress;
}

}  // namespace

NativeFeatureStore::NativeFeatureStore(const std::string& repo_path,
                                       std::optional<std::string> yaml_file,
                                       std::optional<std::string> yaml_text) {
  RepoConfig config =
      ValueOrRaise(LoadConfig(repo_path, std::move(yaml_file), std::move(yaml_text)));
  store_ = ValueOrRaise(FeatureStore::Open(std::move(config)));
}

// Blocking work of unknown length: without the GIL, ended by Ctrl-C.
template <typename Work>
void NativeFeatureStore::Run(const CallContext& context, const Work& work) {
  process_.Check();
  Status status;
  RunInterruptibly(context, [&] { status = work(context); });
  RaiseIfError(status);
}

template <typename Work>
void NativeFeatureStore::Run(const Work& work) {
  Run(CallContext(), work);
}

nb::bytes NativeFeatureStore::RegistryBytes(bool refresh) {
  process_.Check();
  std::string bytes;
  Status status;
  {
    const nb::gil_scoped_release release;
    auto snapshot = refresh ? store_->registry().Refresh() : store_->registry().Cached();
    status = snapshot.status();
    if (snapshot.ok()) bytes = (*snapshot)->proto().SerializeAsString();
  }
  RaiseIfError(status);
  return ToBytes(bytes);
}

ReportTuple NativeFeatureStore::Apply(nb::bytes desired, bool partial, bool no_promote,
                                      bool allow_case_variants,
                                      std::vector<std::pair<std::string, std::string>> removals) {
  const auto registry = Parse<core::Registry>(desired);
  ApplyOptions options = OptionsFor(config(), partial, no_promote, allow_case_variants);
  options.removals = std::move(removals);
  ApplyReport report;
  Run([&](const CallContext& context) -> Status {
    FEAST_ASSIGN_OR_RETURN(report, store_->Apply(context, registry, options));
    return Status::OK();
  });
  return ToTuple(std::move(report));
}

ReportTuple NativeFeatureStore::Plan(nb::bytes desired, bool partial, bool no_promote,
                                     bool allow_case_variants) {
  const auto registry = Parse<core::Registry>(desired);
  const ApplyOptions options = OptionsFor(config(), partial, no_promote, allow_case_variants);
  ApplyReport report;
  Run([&](const CallContext& /*context*/) -> Status {
    FEAST_ASSIGN_OR_RETURN(report, store_->Plan(registry, options));
    return Status::OK();
  });
  return ToTuple(std::move(report));
}

void NativeFeatureStore::DeleteObject(const std::string& kind, const std::string& name) {
  Run([&](const CallContext& context) {
    return store_->registry().Mutate(context, [&](core::Registry* registry) {
      return feast::DeleteObject(registry, config().project, kind, name);
    });
  });
}

void NativeFeatureStore::SetViewEnabled(const std::string& name, bool enabled) {
  Run([&](const CallContext& context) {
    return feast::SetViewEnabled(store_->registry(), context, config().project, name, enabled,
                                 store_->clock().Now());
  });
}

void NativeFeatureStore::SetViewState(const std::string& name, int state) {
  Run([&](const CallContext& context) {
    return feast::SetViewState(store_->registry(), context, config().project, name, state,
                               store_->clock().Now());
  });
}

void NativeFeatureStore::Teardown() {
  Run([&](const CallContext& context) { return store_->Teardown(context); });
}

nb::bytes NativeFeatureStore::GetOnline(std::vector<std::string> features, std::string service,
                                        nb::dict entities, bool full_feature_names,
                                        bool include_version_metadata) {
  process_.Check();
  OnlineRequest request;
  request.features = std::move(features);
  request.feature_service = std::move(service);
  request.full_feature_names = full_feature_names;
  request.include_version_metadata = include_version_metadata;
  for (auto [name, values] : entities) {
    std::vector<RawValue> column;
    column.reserve(nb::len(values));
    for (nb::handle value : values) column.push_back(ToRawValue(value));
    request.entities.emplace_back(nb::cast<std::string>(name), std::move(column));
  }
  Result<std::string> bytes = std::string();
  {
    const nb::gil_scoped_release release;
    const auto response = store_->retriever().RetrieveAndWait(CallContext(), std::move(request));
    bytes = response.ok() ? EncodeOnlineResponse(*response) : response.status();
  }
  RaiseIfError(bytes.status());
  return ToBytes(*bytes);
}

void NativeFeatureStore::Push(const std::string& source, nb::object rows, int to) {
  OwnedStream stream = TakeStream(rows);
  Run([&](const CallContext& context) {
    return store_->ingest().Push(context, source, std::move(stream), static_cast<PushMode>(to));
  });
}

void NativeFeatureStore::WriteOnline(const std::string& view, nb::object rows,
                                     bool transform_on_write) {
  OwnedStream stream = TakeStream(rows);
  Run([&](const CallContext& context) {
    return store_->ingest().WriteOnline(context, view, std::move(stream), transform_on_write);
  });
}

void NativeFeatureStore::WriteOffline(const std::string& view, nb::object rows) {
  OwnedStream stream = TakeStream(rows);
  Run([&](const CallContext& context) {
    return store_->ingest().WriteOffline(context, view, std::move(stream));
  });
}

int64_t NativeFeatureStore::Precompute(const std::string& service) {
  int64_t written = 0;
  Run([&](const CallContext& context) -> Status {
    FEAST_ASSIGN_OR_RETURN(written, store_->ingest().Precompute(context, service));
    return Status::OK();
  });
  return written;
}

void NativeFeatureStore::Materialize(std::optional<int64_t> start, int64_t end,
                                     std::vector<std::string> views, std::string version,
                                     nb::object progress) {
  MaterializeRequest request;
  request.start = start;
  request.end = end;
  request.views = std::move(views);
  request.version = std::move(version);
  const MaterializeProgress reporter = ProgressOf(std::move(progress));
  Run([&](const CallContext& context) {
    return store_->ingest().Materialize(context, request, reporter);
  });
}

std::unique_ptr<NativeTraining> NativeFeatureStore::PlanHistorical(
    std::vector<std::string> features, std::string service, bool full_feature_names,
    bool filter_by_created_timestamp, std::optional<int64_t> start, std::optional<int64_t> end,
    const std::string& entity_timestamp, const std::vector<std::string>& entity_columns) {
  HistoricalRequest request;
  request.select.features = std::move(features);
  request.select.feature_service = std::move(service);
  request.select.full_feature_names = full_feature_names;
  request.filter_by_created_timestamp = filter_by_created_timestamp;
  request.start = start;
  request.end = end;
  TrainingJob job;
  Run([&](const CallContext& context) -> Status {
    FEAST_ASSIGN_OR_RETURN(
        job, PlanTraining(*store_, context, request, entity_timestamp, entity_columns));
    return Status::OK();
  });
  return std::make_unique<NativeTraining>(std::move(job), store_);
}

ArrowStream NativeFeatureStore::QueryEntityRows(const std::string& sql) {
  OwnedStream rows;
  const CallContext call;
  Run(call, [&](const CallContext& context) -> Status {
    FEAST_ASSIGN_OR_RETURN(rows, feast::QueryEntityRows(*store_, context, sql));
    return Status::OK();
  });
  return {std::move(rows), store_, call};
}

std::vector<ColumnTuple> NativeFeatureStore::DescribeSource(nb::bytes source) {
  const auto message = Parse<core::DataSource>(source);
  std::vector<ColumnTuple> columns;
  Run([&](const CallContext& context) -> Status {
    FEAST_ASSIGN_OR_RETURN(OfflineStore * offline, store_->offline_store());
    FEAST_ASSIGN_OR_RETURN(auto found, offline->DescribeSource(context, message));
    for (SourceColumn& column : found) {
      columns.emplace_back(std::move(column.name), static_cast<int>(column.type),
                           std::move(column.arrow_type), column.is_timestamp);
    }
    return Status::OK();
  });
  return columns;
}

ArrowStream NativeFeatureStore::Pull(nb::bytes source, std::string timestamp_column,
                                     std::vector<std::string> join_keys,
                                     std::vector<std::string> features,
                                     std::optional<int64_t> start, std::optional<int64_t> end,
                                     const NativeProgress& progress,
                                     std::optional<double> timeout) {
  PullPlan plan;
  plan.read.source = Parse<core::DataSource>(source);
  plan.read.timestamp_column = std::move(timestamp_column);
  plan.read.join_keys = std::move(join_keys);
  plan.read.features = std::move(features);
  plan.start = start;
  plan.end = end;
  OwnedStream stream;
  const CallContext call = progress.Context(timeout);
  Run(call, [&](const CallContext& context) -> Status {
    FEAST_ASSIGN_OR_RETURN(OfflineStore * offline, store_->offline_store());
    FEAST_ASSIGN_OR_RETURN(stream, offline->Pull(context, plan));
    return Status::OK();
  });
  return {std::move(stream), store_, call};
}

void NativeFeatureStore::WriteLogs(nb::bytes destination, nb::object rows) {
  const auto message = Parse<core::LoggingConfig>(destination);
  OwnedStream stream = TakeStream(rows);
  Run([&](const CallContext& context) -> Status {
    FEAST_ASSIGN_OR_RETURN(OfflineStore * logs, store_->log_store(message));
    return logs->WriteLogs(context, message, "", std::move(stream));
  });
}

ArrowStream NativeFeatureStore::PullLogs(nb::bytes destination, nb::bytes source,
                                         const std::vector<std::string>& columns,
                                         std::optional<int64_t> start, std::optional<int64_t> end,
                                         const NativeProgress& progress,
                                         std::optional<double> timeout) {
  const auto where = Parse<core::LoggingConfig>(destination);
  const auto log = Parse<core::DataSource>(source);
  OwnedStream stream;
  const CallContext call = progress.Context(timeout);
  Run(call, [&](const CallContext& context) -> Status {
    FEAST_ASSIGN_OR_RETURN(OfflineStore * logs, store_->log_store(where));
    FEAST_ASSIGN_OR_RETURN(stream, feast::PullLogs(*logs, context, log, columns, start, end));
    return Status::OK();
  });
  return {std::move(stream), store_, call};
}

void NativeFeatureStore::Persist(nb::bytes storage, bool allow_overwrite, nb::object rows) {
  const auto message = Parse<core::SavedDatasetStorage>(storage);
  OwnedStream stream = TakeStream(rows);
  Run(ContextOf(rows), [&](const CallContext& context) -> Status {
    FEAST_ASSIGN_OR_RETURN(OfflineStore * offline, store_->offline_store());
    return offline->Persist(context, message, allow_overwrite, std::move(stream));
  });
}

std::string NativeFeatureStore::StagingLocation() {
  std::string location;
  Run([&](const CallContext&) -> Status {
    FEAST_ASSIGN_OR_RETURN(const Staging staging, store_->staging());
    location = staging.location;
    return Status::OK();
  });
  return location;
}

std::vector<std::string> NativeFeatureStore::ExportRows(nb::object rows) {
  OwnedStream stream = TakeStream(rows);
  std::vector<std::string> files;
  Run([&](const CallContext& context) -> Status {
    FEAST_ASSIGN_OR_RETURN(files, store_->ExportRows(context, std::move(stream)));
    return Status::OK();
  });
  return files;
}

}  // namespace feast::native
