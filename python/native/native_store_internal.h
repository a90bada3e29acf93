#pragma once
#include <nanobind/nanobind.h>

#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "arrow_stream_internal.h"
#include "native_training_internal.h"
#include "owning_process.h"

#include "feast/app/feature_store.h"

namespace feast::native {

/// (what happens: 0 create, 1 update, 2 delete, 3 unchanged; kind; name; differing fields)
using ChangeTuple = std::tuple<int, std::string, std::string, std::vector<std::string>>;
/// Changes, and the views whose online tables are new or removed.
using ReportTuple =
    std::tuple<std::vector<ChangeTuple>, std::vector<std::string>, std::vector<std::string>>;
/// Name, number of the value type, Arrow's type, whether it is a timestamp.
using ColumnTuple = std::tuple<std::string, int, std::string, bool>;

/// The feature store behind `feast.FeatureStore`: protobuf bytes and Arrow streams in and out.
///
/// Thread-safe under the GIL, which is released while the core works. Refuses to work in a process
/// that was forked after it was made: threads and connections do not survive a fork.
class NativeFeatureStore {
 public:
  /// Opens the repository at `repo_path`; `yaml_text` wins over `yaml_file` wins over the search.
  NativeFeatureStore(const std::string& repo_path, std::optional<std::string> yaml_file,
                     std::optional<std::string> yaml_text);

  const RepoConfig& config() const { return store_->config(); }
  nanobind::object Settings() const;

  nanobind::bytes RegistryBytes(bool refresh);
  /// `removals` are (kind, name) of objects to delete in the same commit.
  ReportTuple Apply(nanobind::bytes desired, bool partial, bool no_promote,
                    bool allow_case_variants,
                    std::vector<std::pair<std::string, std::string>> removals);
  ReportTuple Plan(nanobind::bytes desired, bool partial, bool no_promote,
                   bool allow_case_variants);
  void DeleteObject(const std::string& kind, const std::string& name);
  void SetViewEnabled(const std::string& name, bool enabled);
  void SetViewState(const std::string& name, int state);
  void Teardown();

  nanobind::bytes GetOnline(std::vector<std::string> features, std::string service,
                            nanobind::dict entities, bool full_feature_names,
                            bool include_version_metadata);
  void Push(const std::string& source, nanobind::object rows, int to);
  void WriteOnline(const std::string& view, nanobind::object rows, bool transform_on_write);
  void WriteOffline(const std::string& view, nanobind::object rows);
  int64_t Precompute(const std::string& service);
  void Materialize(std::optional<int64_t> start, int64_t end, std::vector<std::string> views,
                   std::string version, nanobind::object progress);

  /// `entity_columns` with `entity_timestamp` among them; none for a range.
  std::unique_ptr<NativeTraining> PlanHistorical(
      std::vector<std::string> features, std::string service, bool full_feature_names,
      bool filter_by_created_timestamp, std::optional<int64_t> start, std::optional<int64_t> end,
      const std::string& entity_timestamp, const std::vector<std::string>& entity_columns);
  ArrowStream QueryEntityRows(const std::string& sql);
  std::vector<ColumnTuple> DescribeSource(nanobind::bytes source);
  /// Every row of a source whose time is in [start, end]: keys, features and the time.
  ArrowStream Pull(nanobind::bytes source, std::string timestamp_column,
                   std::vector<std::string> join_keys, std::vector<std::string> features,
                   std::optional<int64_t> start, std::optional<int64_t> end,
                   const NativeProgress& progress, std::optional<double> timeout);
  /// Appends rows to where a logging configuration says.
  void WriteLogs(nanobind::bytes destination, nanobind::object rows);
  /// The rows that are there, as a source, with their times; of `columns` those that there are.
  ArrowStream PullLogs(nanobind::bytes destination, nanobind::bytes source,
                       const std::vector<std::string>& columns, std::optional<int64_t> start,
                       std::optional<int64_t> end, const NativeProgress& progress,
                       std::optional<double> timeout);
  void Persist(nanobind::bytes storage, bool allow_overwrite, nanobind::object rows);
  /// Where rows are exported to; empty: nowhere.
  std::string StagingLocation();
  /// Paths or uris of Parquet files with those rows.
  std::vector<std::string> ExportRows(nanobind::object rows);

 private:
  template <typename Work>
  void Run(const Work& work);
  template <typename Work>
  void Run(const CallContext& context, const Work& work);

  const OwningProcess process_;
  std::shared_ptr<FeatureStore> store_;
};

/// Declares the class in the module.
void BindNativeStore(nanobind::module_& module);

}  // namespace feast::native
