#pragma once
#include <functional>
#include <string>

#include "feast/auth/authorize.h"
#include "feast/ingest/ingest.h"
#include "feast/registry/registry.h"
#include "feast/server/writes/offline_push_queue.h"

namespace feast {

/// What a client asks of a push, besides its rows.
struct PushRequest {
  std::string source;
  PushMode to = PushMode::kOnline;
  bool allow_registry_cache = true;
};

/// The mode of that name; InvalidArgument lists the names.
Result<PushMode> ParsePushMode(const std::string& name);

enum class PushOutcome { kWritten, kQueued };

/// A push as servers do it: the caller's right to both legs is decided first, online rows are
/// written here, offline rows go to a batch process, at once or through the queue.
///
/// Thread-safe. Borrows everything; `queue` may be null: no batching. Blocks.
class PushService {
 public:
  PushService(Ingest& ingest, Registry& registry, const Authorizer& authorizer, std::string project,
              OfflineWriter offline, OfflinePushQueue* queue);

  /// kQueued: the online leg is written, the offline leg will be. PushSourceNotFound; errors of
  /// ingest and of the batch process.
  Result<PushOutcome> Push(const CallContext& context, const PushRequest& request,
                           OwnedStream rows);

 private:
  Status Authorize(const CallContext& context, const PushRequest& request);

  Ingest& ingest_;
  Registry& registry_;
  const Authorizer& authorizer_;
  const std::string project_;
  const OfflineWriter offline_;
  OfflinePushQueue* const queue_;
};

}  // namespace feast
