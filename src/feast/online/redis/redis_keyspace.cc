#include "feast/online/redis/redis_keyspace.h"

#include <algorithm>
#include <utility>

#include "feast/codec/redis_field.h"
#include "feast/definitions/names.h"
#include "feast/online/redis/redis_layout.h"
#include "feast/online/redis/write_script.h"

namespace feast {
namespace {

constexpr std::string_view kKeysAPage = "1000";

using Keys = std::vector<std::string>;

Status UnexpectedReply(std::string_view command) {
  return Status::DataLoss("Redis answered " + std::string(command) + " with something else");
}

// Keys of a set of join keys.
struct KeyRange {
  KeyRange(const std::vector<std::string>& join_keys, std::string project_name, int version)
      : prefix(RedisKeyPrefix(join_keys, version)),
        project(std::move(project_name)),
        pattern(RedisScanPattern(prefix, project)),
        values(join_keys.size()) {}

  const std::string prefix;
  const std::string project;
  const std::string pattern;
  const size_t values;
};

Status ForEachPageOf(const RedisEndpoint& server, const RedisCalls& calls, const KeyRange& range,
                     const std::function<Status(Keys keys)>& visit) {
  std::string cursor = "0";
  do {
    FEAST_ASSIGN_OR_RETURN(RedisReply reply,
                           calls.Call(server, {"SCAN", cursor, "MATCH", range.pattern, "COUNT",
                                               std::string(kKeysAPage)}));
    if (reply.items.size() != 2) return UnexpectedReply("SCAN");
    cursor = reply.items[0].text;
    Keys keys;
    for (RedisReply& key : reply.items[1].items) {
      if (IsRedisKeyOf(key.text, range.prefix, range.values, range.project)) {
        keys.push_back(std::move(key.text));
      }
    }
    if (!keys.empty()) FEAST_RETURN_IF_ERROR(visit(std::move(keys)));
  } while (cursor != "0");
  return Status::OK();
}

// Pages of keys, until the walk over all servers is over. A key may come twice. While slots move
// there is a second walk the other way round: it meets the keys that were ahead of the first one
// and went to where it had been.
Status ForEachPage(const RedisCalls& calls, const KeyRange& range,
                   const std::function<Status(Keys keys)>& visit) {
  FEAST_ASSIGN_OR_RETURN(const RedisCalls::Servers before, calls.FindServers());
  for (const RedisEndpoint& server : before.all) {
    FEAST_RETURN_IF_ERROR(ForEachPageOf(server, calls, range, visit));
  }
  FEAST_ASSIGN_OR_RETURN(RedisCalls::Servers after, calls.FindServers());
  if (!before.moves_slots && !after.moves_slots && before.slots == after.slots) {
    return Status::OK();
  }
  std::vector<RedisEndpoint> others;  // that are new come last
  for (const RedisEndpoint& server : after.all) {
    if (std::ranges::find(before.all, server) == before.all.end()) others.push_back(server);
  }
  for (auto server = before.all.rbegin(); server != before.all.rend(); ++server) {
    if (std::ranges::find(after.all, *server) == after.all.end()) continue;
    FEAST_RETURN_IF_ERROR(ForEachPageOf(*server, calls, range, visit));
  }
  for (const RedisEndpoint& server : others) {
    FEAST_RETURN_IF_ERROR(ForEachPageOf(server, calls, range, visit));
  }
  return Status::OK();
}

// The fields of all versions of the view that a hash has event times of.
std::vector<std::string> FieldsOfView(const RedisReply& fields, const OnlineTable& table,
                                      const std::set<std::string>& keep) {
  const std::string time_prefix = RedisTimestampField("");
  std::vector<std::string> found;
  for (const RedisReply& field : fields.items) {
    if (!field.text.starts_with(time_prefix)) continue;
    const std::string view = field.text.substr(time_prefix.size());
    if (!IsNameOrVersionOf(view, table.view) || keep.contains(view)) continue;
    found.push_back(field.text);
    for (const OnlineFeature& feature : table.features) {
      found.push_back(RedisFeatureField(view, feature.name));
    }
  }
  return found;
}

}  // namespace

Status DeleteViewFromRedis(const RedisCalls& calls, const OnlineTable& table,
                           const std::set<std::string>& keep, int entity_key_version) {
  const KeyRange range(table.join_keys, table.project, entity_key_version);
  return ForEachPage(calls, range, [&](const Keys& keys) -> Status {
    std::vector<RedisCalls::Command> questions;
    questions.reserve(keys.size());
    for (const std::string& key : keys) questions.push_back({{"HKEYS", key}});
    FEAST_ASSIGN_OR_RETURN(const auto hashes, calls.CallByKey(std::move(questions)));
    std::vector<RedisCalls::Command> deletions;
    for (size_t i = 0; i < keys.size() && i < hashes.size(); ++i) {
      auto fields = FieldsOfView(hashes[i], table, keep);
      if (fields.empty()) continue;
      auto& command = deletions.emplace_back(
          RedisCalls::Command{{"EVAL", DeleteFieldsScript().text, "1", keys[i]}, 3});
      std::ranges::move(fields, std::back_inserter(command.words));
    }
    return deletions.empty() ? Status::OK() : calls.CallByKey(std::move(deletions)).status();
  });
}

Status DeleteEntitiesFromRedis(const RedisCalls& calls,
                               std::span<const std::shared_ptr<const OnlineTable>> tables,
                               int entity_key_version) {
  std::set<std::pair<std::string, std::vector<std::string>>> entities;
  for (const auto& table : tables) {
    std::vector<std::string> join_keys = table->join_keys;
    std::ranges::sort(join_keys);
    entities.emplace(table->project, std::move(join_keys));
  }
  for (const auto& [project, join_keys] : entities) {
    const KeyRange range(join_keys, project, entity_key_version);
    FEAST_RETURN_IF_ERROR(ForEachPage(calls, range, [&calls](const Keys& keys) -> Status {
      std::vector<RedisCalls::Command> deletions;
      deletions.reserve(keys.size());
      for (const std::string& key : keys) deletions.push_back({{"UNLINK", key}});
      return calls.CallByKey(std::move(deletions)).status();
    }));
  }
  return Status::OK();
}

Status ScanKeysInRedis(const RedisCalls& calls, const OnlineTable& table, int entity_key_version,
                       const KeyScanner::KeysFound& found) {
  const std::string time_field = RedisTimestampField(table.VersionedView());
  const KeyRange range(table.join_keys, table.project, entity_key_version);
  return ForEachPage(calls, range, [&](Keys keys) -> Status {
    std::vector<RedisCalls::Command> questions;
    questions.reserve(keys.size());
    for (const std::string& key : keys) questions.push_back({{"HEXISTS", key, time_field}});
    FEAST_ASSIGN_OR_RETURN(const auto answers, calls.CallByKey(std::move(questions)));
    Keys written;
    for (size_t i = 0; i < keys.size() && i < answers.size(); ++i) {
      if (answers[i].number == 0) continue;
      keys[i].resize(keys[i].size() - table.project.size());
      written.push_back(std::move(keys[i]));
    }
    return written.empty() ? Status::OK() : found(written);
  });
}

}  // namespace feast
