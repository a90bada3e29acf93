#pragma once
#include <vector>

#include "feast/online/online_store.h"
#include "feast/online/redis/redis_session.h"

namespace feast {

/// Answers reads on the session's loop: tables read for the same keys share a command a key, all
/// commands are pipelined, and cells are views into the buffers that the replies arrived in. Calls
/// `done` on the loop, never before it returns unless the read fails at once.
void ReadFromRedis(RedisSession& session, const CallContext& context, std::vector<TableRead> reads,
                   ReadDone done);

}  // namespace feast
