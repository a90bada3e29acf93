#include "feast/retrieval/plan.h"

#include <gtest/gtest.h>

#include <set>

namespace feast {
namespace {

TEST(PlanCacheTest, EveryThingThatAPlanDependsOnIsInTheKey) {
  std::set<std::string> keys;
  const auto add = [&](uint64_t generation, std::vector<std::string> features,
                       std::string service = "", bool full_names = false) {
    OnlineRequest request;
    request.features = std::move(features);
    request.feature_service = std::move(service);
    request.full_feature_names = full_names;
    keys.insert(PlanCache::KeyOf(generation, request));
  };
  add(1, {"v:a", "v:b"});
  add(2, {"v:a", "v:b"});
  add(1, {"v:b", "v:a"});
  add(1, {"v:a"});
  add(1, {"v@v1:a"});
  add(1, {"v@v2:a"});
  add(1, {"v:a"}, "", true);
  add(1, {}, "v:a");
  add(1, {}, "v:a", true);
  add(11, {"v:a"});
  add(1, {"v:a\0023:v:b"});
  EXPECT_EQ(keys.size(), 11U);
  add(1, {"ignored"}, "v:a");
  EXPECT_EQ(keys.size(), 11U) << "a service wins over references";
}

TEST(PlanCacheTest, KeepsThePlansUsedLast) {
  PlanCache cache(2);
  const auto one = std::make_shared<const OnlinePlan>();
  const auto two = std::make_shared<const OnlinePlan>();
  cache.Put("1", one);
  cache.Put("2", two);
  cache.Put("2", one);
  EXPECT_EQ(cache.Find("2"), two) << "the plan that is there stays";
  EXPECT_EQ(cache.Find("1"), one);
  cache.Put("3", one);
  EXPECT_EQ(cache.Find("2"), nullptr) << "used longest ago";
  EXPECT_EQ(cache.Find("1"), one);
  EXPECT_EQ(cache.Find("3"), one);
}

}  // namespace
}  // namespace feast
