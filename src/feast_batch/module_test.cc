// Sees no Arrow C++, so it also serves as the command of the private_libraries test.
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "feast/config/settings.h"
#include "feast/offline/batch_module.h"

namespace feast {
namespace {

TEST(BatchModuleTest, OpensOnceAndNamesUnknownStores) {
  const auto module = OpenBatchModule();
  ASSERT_TRUE(module.ok()) << module.status().ToString();
  EXPECT_EQ(*OpenBatchModule(), *module);
  const auto store = (*module)->OpenOfflineStore("oracle9i", Setting{}, {});
  EXPECT_EQ(store.status().kind(), ErrorKind::kFeastOfflineStoreInvalidName);
}

TEST(BatchModuleTest, AMissingFileIsNamed) {
  const auto module = OpenBatchModule();
  ASSERT_TRUE(module.ok()) << module.status().ToString();
  auto store = (*module)->OpenOfflineStore("dask", Setting{}, {"/nowhere", "feature_store.yaml"});
  ASSERT_TRUE(store.ok()) << store.status().ToString();
  core::DataSource source;
  source.set_name("stats_source");
  source.mutable_file_options()->set_uri("data/stats.parquet");
  const auto status = (*store)->DescribeSource(CallContext(), source).status();
  EXPECT_EQ(status.kind(), ErrorKind::kFileNotFound);
  EXPECT_NE(status.message().find("/nowhere/data/stats.parquet"), std::string::npos);
}

bool IsMapped(const std::string& library) {
  std::stringstream maps;
  maps << std::ifstream("/proc/self/maps").rdbuf();
  return maps.str().find(library) != std::string::npos;
}

// Runs last: what the process has loaded, it keeps.
TEST(BatchModuleTest, LibrariesComeWhenTheyAreNeeded) {
  const auto module = OpenBatchModule();
  ASSERT_TRUE(module.ok()) << module.status().ToString();
  const auto native =
      Setting::Map({{"object_storage", Setting::Map({{"attempts", Setting::Scalar("1")}})}});
  const auto store = (*module)->OpenOfflineStore("duckdb", Setting{}, {"/tmp", "", &native});
  ASSERT_TRUE(store.ok()) << store.status().ToString();
  EXPECT_TRUE(IsMapped("libfeast_arrow.so"));
  EXPECT_FALSE(IsMapped("libfeast_arrow_s3")) << "no bucket was named";
  EXPECT_FALSE(IsMapped("libfeast_duckdb")) << "DuckDB had nothing to do";
  ASSERT_TRUE((*store)->QueryEntityRows(CallContext(), "SELECT 1 AS driver_id", {}).ok());
  EXPECT_TRUE(IsMapped("libfeast_duckdb_engine.so"));
  core::DataSource source;
  source.mutable_file_options()->set_uri("s3://lake/a.parquet");
  source.mutable_file_options()->set_s3_endpoint_override("127.0.0.1:1");
  setenv("AWS_ACCESS_KEY_ID", "test", 1);
  setenv("AWS_SECRET_ACCESS_KEY", "test", 1);
  EXPECT_FALSE((*store)->DescribeSource(CallContext(), source).ok()) << "nobody listens there";
  EXPECT_TRUE(IsMapped("libfeast_arrow_s3"));
}

}  // namespace
}  // namespace feast
