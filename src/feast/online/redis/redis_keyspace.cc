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

// Pages of keys of a set of join keys, until the walk is over. A key may come twice.
Status ForEachPage(const RedisCall& call, const std::vector<std::string>& join_keys,
                   const std::string& project, int version,
                   const std::function<Status(Keys keys)>& visit) {
  const std::string prefix = RedisKeyPrefix(join_keys, version);
  const std::string pattern = RedisScanPattern(prefix, project);
  std::string cursor = "0";
  do {
    FEAST_ASSIGN_OR_RETURN(
        auto replies, call({{"SCAN", cursor, "MATCH", pattern, "COUNT", std::string(kKeysAPage)}}));
    if (replies.size() != 1 || replies[0].items.size() != 2) return UnexpectedReply("SCAN");
    cursor = replies[0].items[0].text;
    Keys keys;
    for (RedisReply& key : replies[0].items[1].items) {
      if (IsRedisKeyOf(key.text, prefix, join_keys.size(), project)) {
        keys.push_back(std::move(key.text));
      }
    }
    if (!keys.empty()) FEAST_RETURN_IF_ERROR(visit(std::move(keys)));
  } while (cursor != "0");
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

Status DeleteViewFromRedis(const RedisCall& call, const OnlineTable& table,
                           const std::set<std::string>& keep, int entity_key_version) {
  return ForEachPage(
      call, table.join_keys, table.project, entity_key_version, [&](const Keys& keys) -> Status {
        std::vector<std::vector<std::string>> questions;
        questions.reserve(keys.size());
        for (const std::string& key : keys) questions.push_back({"HKEYS", key});
        FEAST_ASSIGN_OR_RETURN(const auto hashes, call(std::move(questions)));
        std::vector<std::vector<std::string>> deletions;
        for (size_t i = 0; i < keys.size() && i < hashes.size(); ++i) {
          auto fields = FieldsOfView(hashes[i], table, keep);
          if (fields.empty()) continue;
          auto& command = deletions.emplace_back(
              std::vector<std::string>{"EVAL", DeleteFieldsScript().text, "1", keys[i]});
          std::ranges::move(fields, std::back_inserter(command));
        }
        return deletions.empty() ? Status::OK() : call(std::move(deletions)).status();
      });
}

Status DeleteEntitiesFromRedis(const RedisCall& call,
                               std::span<const std::shared_ptr<const OnlineTable>> tables,
                               int entity_key_version) {
  std::set<std::pair<std::string, std::vector<std::string>>> entities;
  for (const auto& table : tables) {
    std::vector<std::string> join_keys = table->join_keys;
    std::ranges::sort(join_keys);
    entities.emplace(table->project, std::move(join_keys));
  }
  for (const auto& [project, join_keys] : entities) {
    FEAST_RETURN_IF_ERROR(ForEachPage(call, join_keys, project, entity_key_version,
                                      [&call](const Keys& keys) -> Status {
                                        std::vector<std::vector<std::string>> deletions;
                                        deletions.reserve(keys.size());
                                        for (const std::string& key : keys) {
                                          deletions.push_back({"UNLINK", key});
                                        }
                                        return call(std::move(deletions)).status();
                                      }));
  }
  return Status::OK();
}

Status ScanKeysInRedis(const RedisCall& call, const OnlineTable& table, int entity_key_version,
                       const KeyScanner::KeysFound& found) {
  const std::string time_field = RedisTimestampField(table.VersionedView());
  return ForEachPage(call, table.join_keys, table.project, entity_key_version,
                     [&](Keys keys) -> Status {
                       std::vector<std::vector<std::string>> questions;
                       questions.reserve(keys.size());
                       for (const std::string& key : keys)
                         questions.push_back({"HEXISTS", key, time_field});
                       FEAST_ASSIGN_OR_RETURN(const auto answers, call(std::move(questions)));
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
