#pragma once
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "feast/auth/authorize.h"
#include "feast/base/call_context.h"
#include "feast/base/clock.h"
#include "feast/base/result.h"
#include "feast/definitions/view_facts.h"
#include "feast/offline/offline_store.h"
#include "feast/online/online_store.h"
#include "feast/registry/registry.h"
#include "feast/transform/transformer.h"

namespace feast {

struct TableWriter;
class VectorPlans;
class VectorRefresh;

/// Told of each batch that the online store has; an error ends the writing.
using BatchWritten = std::function<Status(const WriteBatch&)>;

enum class PushMode { kOnline, kOffline, kOnlineAndOffline };

struct MaterializeRequest {
  std::optional<Micros> start{};  ///< none: incremental (storage.md §6.1)
  Micros end = 0;
  std::vector<std::string> views{};  ///< empty: every online, enabled view
  std::string version{};             ///< "vN": writes that version's table; one view only
  int jobs = 1;                      ///< views, and parts of a view, written at once
};

/// What is wrong with a request whatever the views are: InvalidArgument. Pure.
Status CheckRequest(const MaterializeRequest& request, bool versioning);

/// Told while views are being materialized; called on the workers' threads, one call at a time.
struct MaterializeProgress {
  std::function<void(const std::string& view, Micros start, Micros end)> view_started{};
  std::function<void(const std::string& view, int64_t rows)>
      rows_expected{};  ///< where it is known
  std::function<void(const std::string& view, int64_t rows)> rows_written{};
  std::function<void(const std::string& view, int64_t rows)> view_done{};
};

/// What a view's table holds since a run.
struct MaterializedInterval {
  std::string view;
  Micros start = 0;
  Micros end = 0;
};

struct IngestOptions {
  std::string project;
  int entity_key_version = 3;
  bool versioning = false;
  std::optional<int64_t> write_rows{};  ///< most rows that materialization gives the store at once
};

/// Told of each run of a view that is timed, also of one that failed.
using TransformTimed = std::function<void(const TransformTime&)>;

/// How stored on-demand views get their values; without it they can be written as they are only.
struct OnDemandWrites {
  Transformer* serving = nullptr;  ///< runs views on rows that a caller hands in
  Transformer* batch = nullptr;    ///< the same for materialization, which may take long
  /// What the sources of a view knew last about each entity with rows in [start, end]: its entity
  /// columns, and the features that it reads as `view__feature`.
  std::function<Result<OwnedStream>(const CallContext&, const core::OnDemandFeatureView&,
                                    Micros start, Micros end)>
      source_rows;
};

/// The writing side: push, direct writes, materialization.
///
/// Thread-safe. Borrows everything. `offline` is asked for by a function because opening it loads
/// the batch module, which a server that only serves never does.
class Ingest {
 public:
  using OfflineOpener = std::function<Result<OfflineStore*>()>;

  Ingest(Registry& registry, OnlineStore* online, OfflineOpener offline,
         const Authorizer& authorizer, const Clock& clock, IngestOptions options,
         OnDemandWrites on_demand = {});

  /// Rows to every view whose stream source is that push source. PushSourceNotFound if none.
  Status Push(const CallContext& context, const std::string& push_source, OwnedStream rows,
              PushMode to);

  /// Rows to one view's online table: all features, join keys and the timestamp column must be
  /// there. To a stored on-demand view: its inputs, or with `transform_on_write` off its features;
  /// the event time is now, as upstream's. InvalidArgument for one that is not stored.
  Status WriteOnline(const CallContext& context, const std::string& view, OwnedStream rows,
                     bool transform_on_write = true, const TransformTimed& timed = {});

  /// Rows appended to the view's batch source; columns must equal the source's as a set.
  Status WriteOffline(const CallContext& context, const std::string& view, OwnedStream rows);

  /// Writes the vector of every entity of a precomputed feature service, and says how many.
  /// InvalidArgument when no vectors are kept of it, Unimplemented when the store cannot list its
  /// keys.
  Result<int64_t> Precompute(const CallContext& context, const std::string& service);

  /// Offline rows to the online store; intervals are recorded view by view as each one is complete.
  /// An interrupted run leaves a state from which the next one is right. Views with stream or batch
  /// code or aggregations: Unimplemented, before anything is written.
  Status Materialize(const CallContext& context, const MaterializeRequest& request,
                     const MaterializeProgress& progress);

 private:
  Result<OnlineStore*> Online() const;
  int TableVersion(const ViewFacts& view) const;
  Result<TableWriter> WriterFor(const ViewFacts& view, int version) const;
  Result<VectorRefresh> Vectors(const RegistrySnapshot& snapshot);
  Status WriteOnlineRows(const CallContext& context, const ViewFacts& view, OwnedStream rows,
                         VectorRefresh* vectors);
  Status WriteOfflineRows(const CallContext& context, const ViewFacts& view, OwnedStream rows);
  static Result<OwnedStream> Transformed(const CallContext& context,
                                         const core::OnDemandFeatureView& view,
                                         Transformer* transformer, OwnedStream rows);
  Result<Micros> StartOf(const RegistrySnapshot& registry, const ViewFacts& view,
                         const MaterializeRequest& request) const;
  struct MaterializeRun;
  Status WriteViews(MaterializeRun* run);
  Status WriteView(MaterializeRun* run, const ViewFacts& view, VectorRefresh* vectors,
                   std::vector<MaterializedInterval>* held);
  Status MaterializeView(const MaterializeRun* run, const ViewFacts& view, Micros start,
                         const std::function<void(int64_t)>& expected, const BatchWritten& written);
  Status MaterializeOnDemand(const CallContext& context, const ViewFacts& view, Micros start,
                             Micros end, const BatchWritten& written);
  Status Record(const CallContext& context, const MaterializedInterval& interval);

  Registry& registry_;
  OnlineStore* online_;
  OfflineOpener offline_;
  const Authorizer& authorizer_;
  const Clock& clock_;
  IngestOptions options_;
  OnDemandWrites on_demand_;
  std::mutex mutex_;
  std::shared_ptr<const VectorPlans> vector_plans_;  // guarded by mutex_: of the last generation
};

}  // namespace feast
