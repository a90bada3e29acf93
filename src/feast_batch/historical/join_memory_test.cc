#include "feast_batch/historical/join_memory.h"

#include <arrow/type.h>
#include <gmock/gmock.h>

#include "feast/config/settings.h"
#include "feast/offline/batch_module.h"

namespace feast {
namespace {

using ::testing::HasSubstr;

Setting Scalar(const std::string& text) {
  Setting setting;
  setting.kind = Setting::Kind::kScalar;
  setting.text = text;
  setting.line = 3;
  return setting;
}

Setting Map(const std::string& key, Setting value) {
  Setting setting;
  setting.kind = Setting::Kind::kMap;
  setting.entries.push_back({key, std::move(value)});
  return setting;
}

Result<JoinMemory> ReadLimit(const std::string& key, const std::string& text) {
  const Setting native = Map("historical", Map(key, Scalar(text)));
  OfflineStoreEnv env;
  env.config_file = "feature_store.yaml";
  env.repo_path = "/repository";
  env.native = &native;
  return JoinMemory::Read(env);
}

TEST(JoinMemoryTest, SizesAreReadAsPeopleWriteThem) {
  EXPECT_EQ(ParseBytes("1000"), 1000);
  EXPECT_EQ(ParseBytes("2GB"), 2'000'000'000);
  EXPECT_EQ(ParseBytes("512 MiB"), 512 << 20);
  EXPECT_EQ(ParseBytes("1.5gb"), 1'500'000'000);
  for (const auto* text : {"", "GB", "0", "-1GB", "2 G B", "2GBs", "1e30TB", "nan"}) {
    EXPECT_EQ(ParseBytes(text), std::nullopt) << text;
  }
}

TEST(JoinMemoryTest, TheLimitIsASettingOrHalfOfTheMemory) {
  EXPECT_EQ(ReadLimit("memory_limit", "2GB")->limit, 2'000'000'000);
  EXPECT_GT(JoinMemory::Read({})->limit, 1 << 20);
  EXPECT_THAT(ReadLimit("memory_limit", "much").status().message(),
              HasSubstr("native.historical.memory_limit: expected a size like 2GB, not 'much'"));
  EXPECT_THAT(ReadLimit("memory_limit", "0").status().message(), HasSubstr("2GB, not '0'"));
  EXPECT_THAT(ReadLimit("memory", "1GB").status().message(), HasSubstr("native.historical.memory"));
}

TEST(JoinMemoryTest, TemporaryFilesHaveAPlaceAndALimit) {
  EXPECT_EQ(ReadLimit("memory_limit", "2GB")->temp_size, std::nullopt);
  EXPECT_EQ(ReadLimit("max_temp_directory_size", "10GB")->temp_size, 10'000'000'000);
  EXPECT_EQ(ReadLimit("max_temp_directory_size", "0")->temp_size, 0);
  EXPECT_EQ(ReadLimit("temp_directory", "spill")->temp_directory, "/repository/spill");
  EXPECT_EQ(ReadLimit("temp_directory", "/data")->temp_directory, "/data");
}

TEST(JoinMemoryTest, RowsFitIntoWhatIsLeft) {
  JoinMemory memory;
  memory.limit = 1'000'000'000;
  EXPECT_EQ(memory.RowsAtOnce(100, 0), 10'000'000);
  EXPECT_EQ(memory.RowsAtOnce(100, 400'000'000), 6'000'000);
  EXPECT_EQ(memory.RowsAtOnce(100, 999'999'999), 1'250'000) << "an eighth at least";
  memory.limit = 1;
  EXPECT_EQ(memory.RowsAtOnce(100, 0), 65'536) << "sources are not read for a few rows";
}

TEST(JoinMemoryTest, ARowTakesMoreTheMoreIsAskedOfIt) {
  HistoricalPlan plan;
  const auto schema = arrow::schema({arrow::field("k", arrow::int64())});
  const int64_t bare = BytesPerRow(plan, *schema);
  plan.views.emplace_back().output_types = {ValueType::kInt64, ValueType::kFloat};
  EXPECT_EQ(BytesPerRow(plan, *schema), bare + 12);
  plan.views.emplace_back().output_types = {ValueType::kString};
  EXPECT_GT(BytesPerRow(plan, *schema), bare + 12 + 48);
}

}  // namespace
}  // namespace feast
