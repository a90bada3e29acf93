#pragma once
#include <memory>

#include "feast/online/online_store.h"
#include "feast/online/redis/redis_session.h"

namespace feast {

/// Writes a batch on the session's loop: some rows a script, a few scripts under way at a time.
/// Calls `done` on the loop.
void WriteToRedis(RedisSession& session, const CallContext& context,
                  std::shared_ptr<const WriteBatch> batch, WriteDone done);

}  // namespace feast
