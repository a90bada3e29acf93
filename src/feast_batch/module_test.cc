// Sees no Arrow C++, so it also serves as the command of the private_libraries test.
#include <gtest/gtest.h>

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

}  // namespace
}  // namespace feast
