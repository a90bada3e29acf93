#pragma once
#include <memory>
#include <string>

#include "feast/online/redis/read_plan.h"
#include "feast/online/redis/redis_session.h"

namespace feast {

/// Looks at the whole hash of one entity and tells the plan's choice: two round trips beside the
/// request, whose failures nobody minds. `key` is the key in Redis.
void SampleHash(RedisSession& session, std::shared_ptr<PlannedRead> plan, const std::string& key);

}  // namespace feast
