#include "feast/online/redis/redis_slot.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

namespace feast {
namespace {

// The definition, bit by bit.
uint16_t SlowSlot(std::string_view key) {
  uint16_t crc = 0;
  for (const char c : key) {
    crc = static_cast<uint16_t>(crc ^ (static_cast<unsigned char>(c) << 8));
    for (int bit = 0; bit < 8; ++bit) {
      crc = static_cast<uint16_t>((crc << 1) ^ ((crc & 0x8000) != 0 ? 0x1021 : 0));
    }
  }
  return crc % kRedisSlots;
}

TEST(RedisSlot, TheSpecificationsVectors) {
  EXPECT_EQ(RedisSlotOf("123456789"), 0x31C3 % kRedisSlots);
  EXPECT_EQ(RedisSlotOf(""), 0);
  EXPECT_EQ(RedisSlotOf("foo"), 12182);
  EXPECT_EQ(RedisSlotOf("bar"), 5061);
}

TEST(RedisSlot, HashTags) {
  EXPECT_EQ(RedisSlotOf("{user1000}.following"), SlowSlot("user1000"));
  EXPECT_EQ(RedisSlotOf("{user1000}.followers"), SlowSlot("user1000"));
  EXPECT_EQ(RedisSlotOf("foo{}{bar}"), SlowSlot("foo{}{bar}")) << "an empty tag is none";
  EXPECT_EQ(RedisSlotOf("foo{{bar}}zap"), SlowSlot("{bar")) << "from the first { to the first }";
  EXPECT_EQ(RedisSlotOf("foo{bar}{zap}"), SlowSlot("bar")) << "the first tag";
  EXPECT_EQ(RedisSlotOf("foo}bar{zap"), SlowSlot("foo}bar{zap"));
  EXPECT_EQ(RedisSlotOf("}{bar}"), SlowSlot("bar"));
  EXPECT_EQ(RedisSlotOf("foo{bar"), SlowSlot("foo{bar"));
}

TEST(RedisSlot, AnyBytesOfAnyLength) {
  std::mt19937 random(1);
  for (int round = 0; round < 2000; ++round) {
    std::string key(random() % 70, '\0');
    for (char& c : key) {
      c = static_cast<char>(random());
      if (c == '{') c = '}';
    }
    ASSERT_EQ(RedisSlotOf(key), SlowSlot(key)) << testing::PrintToString(key);
  }
}

}  // namespace
}  // namespace feast
