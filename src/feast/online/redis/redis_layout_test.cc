#include "feast/online/redis/redis_layout.h"

#include <gtest/gtest.h>

#include "feast/codec/entity_key.h"

namespace feast {
namespace {

class RedisKeysTest : public testing::TestWithParam<int> {
 protected:
  /// A key of two integers, as the store has it.
  std::string Key(std::string first, std::string second, const std::string& project) const {
    auto encoder = EntityKeyEncoder::Make(
        {{std::move(first), ValueType::kInt64}, {std::move(second), ValueType::kString}},
        GetParam());
    const RawValue number{int64_t{7}};
    const RawValue text{std::string("x")};
    const RawValue* values[] = {&number, &text};
    std::string key;
    EXPECT_TRUE(encoder->Append(values, &key).ok());
    return key + project;
  }
};

TEST_P(RedisKeysTest, AreKnownByJoinKeysAndProject) {
  const std::string prefix = RedisKeyPrefix({"b", "a"}, GetParam());
  const std::string key = Key("a", "b", "proj");
  EXPECT_TRUE(IsRedisKeyOf(key, prefix, 2, "proj"));
  EXPECT_FALSE(IsRedisKeyOf(key, prefix, 2, "roj"));
  EXPECT_FALSE(IsRedisKeyOf(key, prefix, 1, "proj"));
  EXPECT_FALSE(IsRedisKeyOf(Key("a", "b", "my_proj"), prefix, 2, "proj"));
  EXPECT_FALSE(IsRedisKeyOf(Key("a", "c", "proj"), prefix, 2, "proj"));
  for (size_t size = 0; size < key.size(); ++size) {
    EXPECT_FALSE(IsRedisKeyOf(key.substr(0, size), prefix, 2, "proj")) << size;
  }
}

INSTANTIATE_TEST_SUITE_P(EntityKeyVersions, RedisKeysTest, testing::Values(2, 3));

TEST(RedisScanPattern, TakesBytesAsTheyAre) {
  EXPECT_EQ(RedisScanPattern("a*[b]?\\", "p^"), "a\\*\\[b\\]\\?\\\\*p\\^");
}

}  // namespace
}  // namespace feast
