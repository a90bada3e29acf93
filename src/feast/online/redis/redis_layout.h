#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace feast {

/// Where things lie in Redis (docs/formats/redis_online.md): one hash an entity and project, under
/// the serialized entity key followed by the project's name.

/// What keys of these join keys start with; `version` is that of the entity keys.
std::string RedisKeyPrefix(std::vector<std::string> join_keys, int version);

/// A pattern for SCAN that matches at least the keys that start and end so.
std::string RedisScanPattern(std::string_view prefix, std::string_view project);

/// Whether a key belongs to these join keys and this project: after `prefix` come as many values as
/// there are join keys, then the project's name and nothing else.
bool IsRedisKeyOf(std::string_view key, std::string_view prefix, size_t join_keys,
                  std::string_view project);

}  // namespace feast
