#pragma once
#include <memory>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "feast/online/online_store.h"
#include "feast/online/redis/redis_calls.h"

namespace feast {

/// Removes the fields of one view, in all its versions but those whose names are in `keep`, from
/// every entity of its join keys in its project; an entity that has no other view goes whole.
/// Blocking: walks over all keys of all servers.
Status DeleteViewFromRedis(const RedisCalls& calls, const OnlineTable& table,
                           const std::set<std::string>& keep, int entity_key_version);

/// Removes every entity of the tables' join keys in their project, with all its views, as upstream
/// does. Blocking: walks over all keys of all servers, once for each set of join keys.
Status DeleteEntitiesFromRedis(const RedisCalls& calls,
                               std::span<const std::shared_ptr<const OnlineTable>> tables,
                               int entity_key_version);

/// Hands out the serialized entity keys that have an event time of the table's view, page by page.
/// Blocking: walks over all keys of all servers. A key may come twice.
Status ScanKeysInRedis(const RedisCalls& calls, const OnlineTable& table, int entity_key_version,
                       const KeyScanner::KeysFound& found);

}  // namespace feast
