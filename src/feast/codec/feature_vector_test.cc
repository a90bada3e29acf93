#include "feast/codec/feature_vector.h"

#include <gtest/gtest.h>

#include "feast/core/PrecomputedFeatureVector.pb.h"

namespace feast {
namespace {

constexpr Micros kNoon = 1704196800 * kMicrosPerSecond;

FeatureVectorCodec Codec() { return FeatureVectorCodec({{"a", {"x", "y"}}, {"b@v2", {"z"}}}); }

std::string Int(int64_t number) {
  types::Value value;
  value.set_int64_val(number);
  return value.SerializeAsString();
}

struct Read {
  std::vector<std::string_view> values = std::vector<std::string_view>(3);
  std::vector<std::optional<Micros>> times = std::vector<std::optional<Micros>>(2);
};

core::PrecomputedFeatureVector Message() {
  core::PrecomputedFeatureVector vector;
  for (const char* name : {"b@v2__z", "a__y", "a__x"}) vector.add_feature_names(name);
  for (const int number : {3, 2, 1}) vector.add_values()->set_int64_val(number);
  auto* time = vector.add_fv_timestamps();
  time->set_feature_view_name("b@v2");
  time->mutable_event_timestamp()->set_seconds(kNoon / kMicrosPerSecond);
  return vector;
}

TEST(FeatureVectorCodec, WritesWhatProtobufReads) {
  const std::vector<std::string> values = {Int(1), "", Int(3)};
  std::string bytes;
  const std::vector<std::string_view> views(values.begin(), values.end());
  const std::vector<std::optional<Micros>> times = {kNoon + 5, std::nullopt};
  Codec().Append(views, times, kNoon + kMicrosPerSecond, &bytes);
  core::PrecomputedFeatureVector vector;
  ASSERT_TRUE(vector.ParseFromString(bytes));
  ASSERT_EQ(vector.feature_names_size(), 3);
  EXPECT_EQ(vector.feature_names(1), "a__y");
  EXPECT_EQ(vector.feature_names(2), "b@v2__z");
  EXPECT_EQ(vector.values(0).int64_val(), 1);
  EXPECT_EQ(vector.values(1).val_case(), types::Value::VAL_NOT_SET);
  ASSERT_EQ(vector.fv_timestamps_size(), 1);
  EXPECT_EQ(vector.fv_timestamps(0).feature_view_name(), "a");
  EXPECT_EQ(vector.fv_timestamps(0).event_timestamp().nanos(), 5000);
  EXPECT_EQ(vector.precomputed_at().seconds(), kNoon / kMicrosPerSecond + 1);
  EXPECT_EQ(vector.SerializeAsString(), bytes) << "the bytes are protobuf's own";

  Read read;
  const auto fits = Codec().Read(bytes, read.values, read.times);
  ASSERT_TRUE(fits.ok()) << fits.status().ToString();
  EXPECT_TRUE(*fits);
  EXPECT_EQ(read.values, views);
  EXPECT_EQ(read.times, times);
}

TEST(FeatureVectorCodec, PutsValuesOfAnotherOrderInTheirPlaces) {
  const std::string bytes = Message().SerializeAsString();
  Read read;
  const auto fits = Codec().Read(bytes, read.values, read.times);
  ASSERT_TRUE(fits.ok() && *fits);
  EXPECT_EQ(read.values, (std::vector<std::string_view>{Int(1), Int(2), Int(3)}));
  EXPECT_EQ(read.times, (std::vector<std::optional<Micros>>{std::nullopt, kNoon}));
}

TEST(FeatureVectorCodec, RefusesOtherLists) {
  Read read;
  const auto fits = [&](const core::PrecomputedFeatureVector& vector) {
    const std::string bytes = vector.SerializeAsString();
    const auto result = Codec().Read(bytes, read.values, read.times);
    EXPECT_TRUE(result.ok()) << result.status().ToString();
    return *result;
  };
  EXPECT_TRUE(fits(Message()));
  auto changed = Message();
  changed.set_feature_names(0, "b__z");
  EXPECT_FALSE(fits(changed)) << "another name";
  changed = Message();
  changed.set_feature_names(0, "a__y");
  EXPECT_FALSE(fits(changed)) << "a name twice";
  changed = Message();
  changed.add_feature_names("a__w");
  changed.add_values();
  EXPECT_FALSE(fits(changed)) << "one more";
  changed = Message();
  changed.mutable_values()->RemoveLast();
  EXPECT_FALSE(fits(changed)) << "a value is missing";
  changed.mutable_feature_names()->RemoveLast();
  EXPECT_FALSE(fits(changed)) << "one less";
  EXPECT_FALSE(fits({})) << "nothing";
}

TEST(FeatureVectorCodec, AnEntityThatUpstreamDidNotFindHasNoTime) {
  auto vector = Message();
  vector.mutable_values(0)->Clear();
  vector.mutable_fv_timestamps(0)->mutable_event_timestamp()->Clear();
  Read read;
  std::string bytes = vector.SerializeAsString();
  ASSERT_TRUE(*Codec().Read(bytes, read.values, read.times));
  EXPECT_EQ(read.times[1], std::nullopt);
  vector.mutable_values(0)->set_bool_val(false);
  bytes = vector.SerializeAsString();
  ASSERT_TRUE(*Codec().Read(bytes, read.values, read.times));
  EXPECT_EQ(read.times[1], 0);
}

TEST(FeatureVectorCodec, NamesDamage) {
  std::string bytes = Message().SerializeAsString();
  Read read;
  bytes.resize(bytes.size() - 1);
  const auto cut = Codec().Read(bytes, read.values, read.times);
  EXPECT_EQ(cut.status().code(), StatusCode::kDataLoss);
}

}  // namespace
}  // namespace feast
