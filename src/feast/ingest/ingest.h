#pragma once
#include <functional>
#include <memory>
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

namespace feast {

enum class PushMode { kOnline, kOffline, kOnlineAndOffline };

struct MaterializeRequest {
  std::optional<Micros> start;  ///< none: incremental (storage.md §6.1)
  Micros end = 0;
  std::vector<std::string> views;  ///< empty: every online, enabled view
  std::string version;             ///< "vN": writes that version's table; one view only
};

/// Told while views are being materialized; called on the worker's thread.
struct MaterializeProgress {
  std::function<void(const std::string& view, Micros start, Micros end)> view_started;
  std::function<void(const std::string& view, int64_t rows)> rows_expected;  ///< where it is known
  std::function<void(const std::string& view, int64_t rows)> rows_written;
  std::function<void(const std::string& view, int64_t rows)> view_done;
};

struct IngestOptions {
  std::string project;
  int entity_key_version = 3;
  bool versioning = false;
};

/// The writing side: push, direct writes, materialization.
///
/// Thread-safe. Borrows everything. `offline` is asked for by a function because opening it loads
/// the batch module, which a server that only serves never does.
class Ingest {
 public:
  using OfflineOpener = std::function<Result<OfflineStore*>()>;

  Ingest(Registry& registry, OnlineStore* online, OfflineOpener offline,
         const Authorizer& authorizer, const Clock& clock, IngestOptions options);

  /// Rows to every view whose stream source is that push source. PushSourceNotFound if none.
  Status Push(const CallContext& context, const std::string& push_source, OwnedStream rows,
              PushMode to);

  /// Rows to one view's online table: all features, join keys and the timestamp column must be
  /// there.
  Status WriteOnline(const CallContext& context, const std::string& view, OwnedStream rows);

  /// Rows appended to the view's batch source; columns must equal the source's as a set.
  Status WriteOffline(const CallContext& context, const std::string& view, OwnedStream rows);

  /// Offline rows to the online store; intervals are recorded view by view as each one is complete.
  /// An interrupted run leaves a state from which the next one is right.
  Status Materialize(const CallContext& context, const MaterializeRequest& request,
                     const MaterializeProgress& progress);

 private:
  Result<OnlineStore*> Online() const;
  int TableVersion(const ViewFacts& view) const;
  Status WriteOnlineRows(const CallContext& context, const ViewFacts& view, OwnedStream rows);
  Status WriteOfflineRows(const CallContext& context, const ViewFacts& view, OwnedStream rows);
  Status MaterializeView(const CallContext& context, const ViewFacts& view, Micros start,
                         const MaterializeRequest& request, const MaterializeProgress& progress);

  Registry& registry_;
  OnlineStore* online_;
  OfflineOpener offline_;
  const Authorizer& authorizer_;
  const Clock& clock_;
  IngestOptions options_;
};

}  // namespace feast
