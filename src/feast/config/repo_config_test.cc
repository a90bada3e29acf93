#include "feast/config/repo_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <map>

#include "feast/config/store_types.h"

namespace feast {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const std::string kMinimal = "project: p\nregistry: data/registry.db\n";

Environment From(std::map<std::string, std::string> variables) {
  return [variables = std::move(variables)](const std::string& name) -> std::optional<std::string> {
    const auto found = variables.find(name);
    return found == variables.end() ? std::nullopt : std::optional<std::string>(found->second);
  };
}

Result<RepoConfig> Parse(const std::string& yaml) {
  return ParseRepoConfig(yaml, "/repo", "feature_store.yaml", From({}));
}

RepoConfig Good(const std::string& yaml) {
  auto config = Parse(yaml);
  EXPECT_TRUE(config.ok()) << config.status().ToString();
  return config.ok() ? *std::move(config) : RepoConfig();
}

TEST(RepoConfigTest, Defaults) {
  const RepoConfig config = Good(kMinimal);
  EXPECT_EQ(config.project, "p");
  EXPECT_EQ(config.provider, "local");
  EXPECT_EQ(config.registry_type, "file");
  EXPECT_EQ(config.registry_path, "data/registry.db");
  EXPECT_EQ(config.registry_cache_ttl_seconds, 600);
  EXPECT_EQ(config.online_store_type, "sqlite");
  EXPECT_EQ(config.online_store.kind, Setting::Kind::kMap);
  EXPECT_EQ(config.offline_store_type, "dask");
  EXPECT_EQ(config.auth_type, "no_auth");
  EXPECT_EQ(config.entity_key_serialization_version, 3);
  EXPECT_EQ(config.online_ttl, OnlineTtl::kFlag);
  EXPECT_FALSE(config.allow_pickled);
  EXPECT_THAT(config.warnings, IsEmpty());
}

TEST(RepoConfigTest, EveryKeyThatWeUse) {
  const RepoConfig config = Good(
      "project: p\nproject_description: about\nprovider: aws\n"
      "registry: {registry_type: sql, path: 'postgresql://x', cache_ttl_seconds: 0,\n"
      "  cache_mode: thread, schema_mode: verify, enable_online_feature_view_versioning: true,\n"
      "  serve_features_while_materializing: yes}\n"
      "online_store: {type: redis, connection_string: 'h:1'}\noffline_store: {type: file}\n"
      "batch_engine: {type: local, backend: polars}\nauth: {type: oidc, client_id: x}\n"
      "feature_server: {type: mcp, enabled: true, mcp_transport: http,\n"
      "  metrics: {enabled: true, push: false, feature_count_bins: [1, 5]}, audit_logging: {sink: "
      "file,\n"
      "  enabled: true}, offline_push_batching_enabled: true, offline_push_batching_batch_size: "
      "7,\n"
      "  offline_push_batching_batch_interval_seconds: 2}\n"
      "entity_key_serialization_version: 3\ncoerce_tz_aware: false\n"
      "materialization: {pull_latest_features: true, online_write_batch_size: 100}\n"
      "native: {online_ttl: enforce, sqlite_time_zone: host, on_demand: {allow_pickled: true,\n"
      "  python_full_names: true},\n"
      "  server: {max_in_flight: 5, compress_from_bytes: 0, cache: {ttl_seconds: 1.5, "
      "max_megabytes: 8, views: {v: "
      "30}}}}\n");
  EXPECT_TRUE(config.feature_server.metrics.enabled);
  EXPECT_FALSE(config.feature_server.metrics.push);
  EXPECT_THAT(config.feature_server.metrics.feature_count_bins, ElementsAre(1, 5));
  EXPECT_EQ(config.feature_server.offline_push_batching->rows, 7);
  EXPECT_EQ(config.feature_server.offline_push_batching->interval_seconds, 2);
  EXPECT_THAT(
      config.feature_server.warnings,
      ElementsAre("feature_server.audit_logging.enabled: ignored, this build writes no audit log"));
  EXPECT_EQ(config.server_limits.max_in_flight, 5);
  EXPECT_EQ(config.server_limits.compress_from_bytes, 0);
  EXPECT_EQ(config.server_limits.cache.ttl_seconds, 1.5);
  EXPECT_EQ(config.server_limits.cache.max_megabytes, 8);
  EXPECT_EQ(config.server_limits.cache.view_seconds.at("v"), 30);
  EXPECT_EQ(config.project_description, "about");
  EXPECT_EQ(config.registry_type, "sql");
  EXPECT_EQ(config.registry_cache_ttl_seconds, 0);
  EXPECT_TRUE(config.enable_online_feature_view_versioning);
  EXPECT_EQ(config.online_store_type, "redis");
  EXPECT_EQ(config.online_store.Find("connection_string")->text, "h:1");
  EXPECT_EQ(config.offline_store_type, "dask");
  EXPECT_EQ(config.auth_type, "oidc");
  EXPECT_FALSE(config.coerce_tz_aware);
  EXPECT_EQ(config.online_write_batch_size, 100);
  EXPECT_EQ(config.online_ttl, OnlineTtl::kEnforce);
  EXPECT_TRUE(config.sqlite_host_time_zone);
  EXPECT_TRUE(config.allow_pickled);
  EXPECT_TRUE(config.python_full_names);
  EXPECT_THAT(config.warnings, IsEmpty());
}

TEST(RepoConfigTest, StoresAsWordsAndClassPaths) {
  const RepoConfig words =
      Good(kMinimal + "online_store: redis\noffline_store: duckdb\nauth: no_auth\n");
  EXPECT_EQ(words.online_store_type, "redis");
  EXPECT_EQ(words.online_store.Find("type")->text, "redis");
  EXPECT_EQ(words.offline_store_type, "duckdb");
  for (const std::string none : {"null", "", "~", "none", "None", "'null'"}) {
    const std::string text = std::string(kMinimal).append("online_store: ").append(none) + "\n";
    EXPECT_EQ(Good(text).online_store_type, "") << none;
  }
  EXPECT_EQ(Good(kMinimal + "online_store: {path: x.db}\n").online_store_type, "sqlite");
  EXPECT_EQ(CanonicalType(OnlineStoreTypes(), "feast.infra.online_stores.redis.RedisOnlineStore"),
            "redis");
  EXPECT_EQ(CanonicalType(OnlineStoreTypes(),
                          "feast.infra.online_stores.contrib.postgres.PostgreSQLOnlineStore"),
            "postgres");
  EXPECT_EQ(CanonicalType(OfflineStoreTypes(), "feast.infra.offline_stores.dask.DaskOfflineStore"),
            "dask");
  EXPECT_EQ(Good(kMinimal + "online_store: {type: my.own.OnlineStore}\n").online_store_type,
            "my.own.OnlineStore");
}

TEST(RepoConfigTest, IgnoredKeysAreWarnings) {
  const RepoConfig config = Good(
      "project: p\nregistry:\n  path: r.db\n  colour: red\nshape: round\nflags: {a: true}\n"
      "mlflow: {enabled: true}\nbatch_engine: spark.engine\n");
  EXPECT_THAT(config.warnings,
              ElementsAre(HasSubstr("line 8: batch_engine: spark.engine: ignored"),
                          HasSubstr("feature_store.yaml, line 4: registry.colour: unknown option"),
                          HasSubstr("line 6: flags"), HasSubstr("line 7: mlflow: ignored"),
                          HasSubstr("line 5: shape: unknown option")));
}

struct Refusal {
  std::string yaml;
  ErrorKind kind;
  std::vector<std::string> mentions;
};

TEST(RepoConfigTest, Refusals) {
  constexpr ErrorKind kConfig = ErrorKind::kFeastConfigError;
  const Refusal cases[] = {
      {"project: [unclosed\n", kConfig, {"line 1"}},
      {"", kConfig, {"project"}},
      {"- a\n", kConfig, {"expected a mapping"}},
      {"registry: r\n", kConfig, {"project", "required"}},
      {"project: p\n", ErrorKind::kFeastRegistryNotSet, {"Registry is not set, but is required"}},
      {"project: p\nregistry:\n", ErrorKind::kFeastRegistryNotSet, {"registry"}},
      {"project: has space\nregistry: r\n", kConfig, {"line 1: project: Project name, has space,"}},
      {"project: _p\nregistry: r\n", kConfig, {"not start with an underscore"}},
      {"project: 5\nregistry: r\n", kConfig, {"line 1: project: expected a string"}},
      {"project: a-b\nregistry: r\n", kConfig, {"line 1", "cannot contain hyphens", "a-b"}},
      {"project: ${NOT_DEFINED}\nregistry: r\n", kConfig, {"line 1", "NOT_DEFINED"}},
      {"registry: r\nproject: p\nproject: q\n", kConfig, {"line 3: duplicate key 'project'"}},
      {kMinimal + "online_store:\n  type: no_such_store\n",
       ErrorKind::kFeastOnlineStoreInvalidName,
       {"line 4: online_store.type: 'no_such_store' is not one of", "sqlite", "redis"}},
      {kMinimal + "offline_store: nope\n",
       ErrorKind::kFeastOfflineStoreInvalidName,
       {"line 3: offline_store.type", "nope", "duckdb"}},
      {kMinimal + "batch_engine: nope\n", kConfig, {"line 3: batch_engine.type", "local"}},
      {kMinimal + "online_store: [sqlite]\n", kConfig, {"line 3: online_store: expected a type"}},
      {kMinimal + "provider: 1\n", kConfig, {"line 3: provider: expected a string"}},
      {"project: p\nregistry: {registry_type: ldap, path: x}\n",
       kConfig,
       {"line 2: registry.registry_type: expected one of file, sql, remote"}},
      {"project: p\nregistry: {cache_ttl_seconds: 5}\n", kConfig, {"line 2: registry.path"}},
      {"project: p\nregistry:\n  path: r\n  cache_ttl_seconds: '5'\n",
       kConfig,
       {"line 4: registry.cache_ttl_seconds: expected an integer"}},
      {"project: p\nregistry: {path: r, cache_mode: never}\n", kConfig, {"sync, thread"}},
      {kMinimal + "auth: {type: ldap}\n", kConfig, {"auth.type", "no_auth, kubernetes, oidc"}},
      {kMinimal + "auth: {client_id: x}\n", kConfig, {"auth.type: required"}},
      {kMinimal + "entity_key_serialization_version: 4\n", kConfig, {"line 3", "expected 3"}},
      {kMinimal + "coerce_tz_aware: 1\n", kConfig, {"line 3: coerce_tz_aware"}},
      {kMinimal + "materialization:\n  online_write_batch_size: 0\n",
       kConfig,
       {"line 4: materialization.online_write_batch_size", "positive"}},
      {kMinimal + "materialization: 5\n", kConfig, {"line 3: materialization: expected a mapping"}},
      {kMinimal + "feature_server:\n  colour: red\n",
       kConfig,
       {"line 4: feature_server.colour: unknown option", "enabled"}},
      {kMinimal + "feature_server: {type: odd}\n", kConfig, {"one of local, mcp"}},
      {kMinimal + "feature_server: {metrics: {feature_count_bins: [5, 5]}}\n",
       kConfig,
       {"feature_server.metrics.feature_count_bins", "increasing"}},
      {kMinimal + "feature_server: {audit_logging: {sink: printer}}\n",
       kConfig,
       {"feature_server.audit_logging.sink", "stdout, file, logger"}},
      {kMinimal + "embedding_model: {}\n", kConfig, {"embedding_model.model: required"}},
      {kMinimal + "data_quality_monitoring: {x: 1}\n", kConfig, {"data_quality_monitoring.x"}},
      {kMinimal + "native:\n  online_tll: flag\n",
       kConfig,
       {"line 4: native.online_tll: unknown option",
        "object_storage, on_demand, online_ttl, parquet, server, sqlite_time_zone"}},
      {kMinimal + "native: {server: {max_in_flight: 0}}\n",
       kConfig,
       {"native.server.max_in_flight: expected a positive integer, not 0"}},
      {kMinimal + "native: {server: {cache: {views: {v: -1}}}}\n",
       kConfig,
       {"native.server.cache.views.v: expected seconds"}},
      {kMinimal + "native: {online_ttl: later}\n", kConfig, {"flag, enforce, ignore"}},
      {kMinimal + "native: {sqlite_time_zone: mars}\n", kConfig, {"utc, host"}},
      {kMinimal + "native: {on_demand: {allow: true}}\n",
       kConfig,
       {"native.on_demand.allow: unknown option (known: allow_pickled, python_full_names)"}},
  };
  for (const Refusal& refusal : cases) {
    const Status status = Parse(refusal.yaml).status();
    EXPECT_EQ(status.kind(), refusal.kind) << refusal.yaml << status.ToString();
    EXPECT_THAT(status.message(), HasSubstr("feature_store.yaml")) << refusal.yaml;
    for (const std::string& mention : refusal.mentions) {
      EXPECT_THAT(status.message(), HasSubstr(mention)) << refusal.yaml;
    }
  }
}

TEST(RepoConfigTest, HyphensAreForOtherStores) {
  EXPECT_EQ(Good("project: a-b\nregistry: r\nonline_store: redis\n").project, "a-b");
}

class LoadRepoConfigTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = (std::filesystem::temp_directory_path() / "feast_config_XXXXXX").string();
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    folder_ = name;
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }
  void Write(const std::string& name, const std::string& project) {
    std::ofstream(folder_ / name) << "project: " << project << "\nregistry: r\n";
  }
  std::string Project(std::optional<std::filesystem::path> file,
                      std::map<std::string, std::string> variables = {}) {
    const auto config = LoadRepoConfig({folder_, std::move(file)}, From(std::move(variables)));
    return config.ok() ? config->project : config.status().message();
  }

  std::filesystem::path folder_;
};

TEST_F(LoadRepoConfigTest, Precedence) {
  Write("feature_store.yaml", "from_folder");
  Write("other.yaml", "${WHO}_option");
  Write("named.yaml", "from_variable");
  const std::string base64 = "cHJvamVjdDogZnJvbV9iYXNlNjQKcmVnaXN0cnk6IHIK";
  EXPECT_EQ(Project({}), "from_folder");
  EXPECT_EQ(Project({}, {{"FEATURE_STORE_YAML_BASE64", base64}}), "from_base64");
  EXPECT_EQ(Project({}, {{"FEATURE_STORE_YAML_BASE64", base64},
                         {"FEAST_FS_YAML_FILE_PATH", "named.yaml"}}),
            "from_variable");
  EXPECT_EQ(Project("other.yaml", {{"FEATURE_STORE_YAML_BASE64", base64}, {"WHO", "by"}}),
            "by_option");
  EXPECT_EQ(Project(folder_ / "other.yaml", {{"WHO", "abs"}}), "abs_option");
  EXPECT_THAT(Project({}, {{"FEATURE_STORE_YAML_BASE64", "!"}}),
              HasSubstr("FEATURE_STORE_YAML_BASE64: not valid base64"));
}

TEST_F(LoadRepoConfigTest, MissingFile) {
  const Status status = LoadRepoConfig({folder_, {}}, From({})).status();
  EXPECT_EQ(status.kind(), ErrorKind::kFileNotFound);
  EXPECT_THAT(status.message(), HasSubstr("Can't find feature repo configuration file at " +
                                          (folder_ / "feature_store.yaml").string()));
}

TEST(RenderConfigurationTest, UpstreamsOrderAndDefaults) {
  const RepoConfig config = Good(
      "entity_key_serialization_version: 3\nproject: p\nregistry: data/registry.db\n"
      "online_store:\n    path: data/online.db\n    type: sqlite\n"
      "feature_server: {enabled: true}\n"
      "materialization: {pull_latest_features: yes}\nextra: {list: [1, {a: b, c: '5'}, []], n: "
      "}\n");
  EXPECT_EQ(*RenderConfiguration(config),
            "project: p\n"
            "registry: data/registry.db\n"
            "online_store:\n  path: data/online.db\n  type: sqlite\n"
            "auth:\n  type: no_auth\n"
            "offline_store: dask\n"
            "batch_engine: local\n"
            "feature_server:\n  enabled: true\n  type: local\n"
            "entity_key_serialization_version: 3\n"
            "materialization:\n  pull_latest_features: true\n"
            "extra:\n  list:\n  - 1\n  - a: b\n    c: '5'\n  - []\n  n: null\n");
}

TEST(RenderConfigurationTest, WhatItPrintsIsReadBackTheSame) {
  const RepoConfig config = Good(
      "project: p\nregistry: r\nonline_store:\nx:\n"
      "- 'yes'\n- 'a: b'\n- 'it''s'\n- \"tab\\tline\\n\"\n- '2020-01-01'\n- '12:30'\n- '#no'\n- "
      "''\n- -x\n"
      "- host:1,db=0\n- .inf\n- on\n- off\n- [[1, 2], [3]]\n");
  const std::string text = *RenderConfiguration(config);
  const RepoConfig again = Good(text);
  EXPECT_EQ(*RenderConfiguration(again), text);
  EXPECT_EQ(again.online_store_type, "");
  const auto& before = config.root.Find("x")->items;
  const auto& after = again.root.Find("x")->items;
  ASSERT_EQ(before.size(), after.size());
  for (size_t i = 0; i < before.size(); ++i) {
    if (before[i].kind != Setting::Kind::kScalar) continue;
    EXPECT_EQ(before[i].scalar_type(), after[i].scalar_type()) << text;
    if (before[i].IsString()) {
      EXPECT_EQ(before[i].text, after[i].text) << text;
    }
  }
}

}  // namespace
}  // namespace feast
