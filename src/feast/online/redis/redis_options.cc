#include "feast/online/redis/redis_options.h"

#include "feast/config/settings.h"

namespace feast {

Result<RedisOptions> ReadRedisOptions(const Setting& setting, const OnlineStoreEnv& env) {
  SettingsReader reader(env.config_file, "online_store", setting);
  RedisOptions options;
  (void)reader.Node("type");
  FEAST_ASSIGN_OR_RETURN(
      const std::string topology,
      reader.Choice("redis_type", {"redis", "redis_cluster", "redis_sentinel"}, "redis"));
  // Upstream's choice of a client library; ours reads the same bytes for either.
  FEAST_ASSIGN_OR_RETURN(const std::string client,
                         reader.Choice("client", {"redis", "glide"}, "redis"));
  FEAST_ASSIGN_OR_RETURN(options.sentinel_master, reader.String("sentinel_master", "mymaster"));
  FEAST_ASSIGN_OR_RETURN(const std::string connection,
                         reader.String("connection_string", "localhost:6379"));
  FEAST_ASSIGN_OR_RETURN(options.key_ttl_seconds, reader.Int("key_ttl_seconds", 0));
  FEAST_ASSIGN_OR_RETURN(options.full_scan_for_deletion,
                         reader.Bool("full_scan_for_deletion", true));
  FEAST_ASSIGN_OR_RETURN(options.skip_dedup, reader.Bool("skip_dedup", false));
  FEAST_RETURN_IF_ERROR(reader.Finish());
  const auto wrong = [&](std::string_view key, const std::string& what) {
    return ConfigError(env.config_file, reader.LineOf(key), reader.PathOf(key) + ": " + what);
  };
  auto parsed = ParseConnectionString(connection);
  if (!parsed.ok()) {
    return ConfigError(env.config_file, reader.LineOf("connection_string"),
                       "online_store." + parsed.status().message());
  }
  options.connection = *std::move(parsed);
  if (topology == "redis_cluster") {
    options.topology = RedisTopology::kCluster;
    if (!options.connection.unix_socket_path.empty()) {
      return wrong("connection_string", "a cluster is not reached by unix_socket_path");
    }
    if (options.connection.db != 0) {
      return wrong("connection_string", "a cluster has no database but db=0, got db=" +
                                            std::to_string(options.connection.db));
    }
  } else if (options.connection.read_from_replicas) {
    return wrong("connection_string", "read_from_replicas is for redis_type: redis_cluster");
  }
  if (topology == "redis_sentinel") {
    options.topology = RedisTopology::kSentinel;
    if (client == "glide") return wrong("client", "glide does not support redis_sentinel");
    if (options.connection.nodes.empty()) {
      return wrong("connection_string", "names no sentinel");
    }
  }
  if (options.key_ttl_seconds < 0) {
    return wrong("key_ttl_seconds",
                 "must not be negative, got " + std::to_string(options.key_ttl_seconds));
  }
  options.entity_key_version = env.entity_key_version;
  return options;
}

}  // namespace feast
