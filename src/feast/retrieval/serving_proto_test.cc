#include "feast/retrieval/serving_proto.h"

#include <gtest/gtest.h>

#include "feast/codec/python_text.h"
#include "feast/retrieval/test_response.h"
#include "feast/serving/ServingService.pb.h"

namespace feast {
namespace {

std::string Shown(const std::vector<RawValue>& values) {
  std::string text;
  AppendPythonStr(RawValue{values}, &text);
  return text;
}

TEST(DecodeOnlineRequestTest, ReadsEveryField) {
  serving::GetOnlineFeaturesRequest message;
  message.mutable_features()->add_val("v:a");
  message.mutable_features()->add_val("v:b");
  auto& ids = (*message.mutable_entities())["id"];
  ids.add_val()->set_int64_val(7);
  ids.add_val();
  (*message.mutable_request_context())["amount"].add_val()->set_double_val(0.5);
  message.set_full_feature_names(true);
  message.set_include_feature_view_version_metadata(true);
  const auto request = DecodeOnlineRequest(message.SerializeAsString());
  ASSERT_TRUE(request.ok()) << request.status().ToString();
  EXPECT_EQ(request->features, (std::vector<std::string>{"v:a", "v:b"}));
  EXPECT_EQ(request->feature_service, "");
  ASSERT_EQ(request->entities.size(), 2u);
  EXPECT_EQ(request->entities[0].first, "id");
  EXPECT_EQ(Shown(request->entities[0].second), "[7, None]");
  EXPECT_EQ(request->entities[1].first, "amount");
  EXPECT_EQ(Shown(request->entities[1].second), "[0.5]");
  EXPECT_TRUE(request->full_feature_names);
  EXPECT_TRUE(request->include_version_metadata);
}

TEST(DecodeOnlineRequestTest, TheLastOfAOneofAndOfAMapKeyCounts) {
  serving::GetOnlineFeaturesRequest first, second;
  first.set_feature_service("s");
  (*first.mutable_entities())["id"].add_val()->set_int64_val(1);
  second.mutable_features()->add_val("v:a");
  (*second.mutable_entities())["id"].add_val()->set_int64_val(2);
  const auto request = DecodeOnlineRequest(first.SerializeAsString() + second.SerializeAsString());
  ASSERT_TRUE(request.ok());
  EXPECT_EQ(request->feature_service, "");
  EXPECT_EQ(request->features, std::vector<std::string>{"v:a"});
  ASSERT_EQ(request->entities.size(), 1u);
  EXPECT_EQ(Shown(request->entities[0].second), "[2]");
  const auto other = DecodeOnlineRequest(second.SerializeAsString() + first.SerializeAsString());
  EXPECT_EQ(other->feature_service, "s");
  EXPECT_TRUE(other->features.empty());
}

TEST(DecodeOnlineRequestTest, SaysWhatIsWrong) {
  const auto problem = [](std::string_view bytes) {
    const auto request = DecodeOnlineRequest(bytes);
    EXPECT_EQ(request.status().code(), StatusCode::kInvalidArgument);
    return request.status().message();
  };
  EXPECT_EQ(problem("\x0a\x05"
                    "ab"),
            "not a GetOnlineFeaturesRequest: truncated or damaged");
  EXPECT_EQ(problem("\x0a\x01\xff"), "not a GetOnlineFeaturesRequest: field 1 is no text in UTF-8");
  serving::GetOnlineFeaturesRequest zoned;
  (*zoned.mutable_entities())["id"].add_val()->mutable_zoned_timestamp_val()->set_zone("UTC");
  EXPECT_EQ(problem(zoned.SerializeAsString()),
            "column 'id', row 0: values of this type cannot be given here");
}

/// Encodes, and expects the bytes that protobuf makes of the same message.
serving::GetOnlineFeaturesResponse Encoded(const OnlineResponse& response) {
  serving::GetOnlineFeaturesResponse message;
  const auto bytes = EncodeOnlineResponse(response);
  EXPECT_TRUE(bytes.ok()) << bytes.status().ToString();
  if (!bytes.ok()) return message;
  EXPECT_TRUE(message.ParseFromString(*bytes));
  EXPECT_EQ(message.SerializeAsString(), *bytes);
  return message;
}

TEST(EncodeOnlineResponseTest, IsWhatProtobufWrites) {
  types::Value twelve, text;
  twelve.set_int64_val(12);
  text.set_string_val(std::string(300, 'x'));
  const std::string number = twelve.SerializeAsString(), long_text = text.SerializeAsString();
  OnlineResponse response;
  AddColumn(&response, "v__a", {number, long_text, ""},
            {FieldStatus::kPresent, FieldStatus::kOutsideMaxAge, FieldStatus::kNotFound},
            {1'717'416'000'250'000, -1, 0});
  AddColumn(&response, std::string(200, 'n'), {"", "", ""}, {}, {});
  response.view_versions = {{"v", 3}, {"", 0}, {"w", 300}};
  const auto message = Encoded(response);
  ASSERT_EQ(message.results_size(), 2);
  EXPECT_EQ(message.metadata().feature_names().val(0), "v__a");
  EXPECT_EQ(message.metadata().feature_view_metadata(2).version(), 300);
  const auto& first = message.results(0);
  EXPECT_EQ(first.values(0).int64_val(), 12);
  EXPECT_EQ(first.values(1).string_val().size(), 300u);
  EXPECT_EQ(first.values(2).val_case(), types::Value::VAL_NOT_SET);
  EXPECT_EQ(first.statuses(1), serving::OUTSIDE_MAX_AGE);
  EXPECT_EQ(first.event_timestamps(0).seconds(), 1'717'416'000);
  EXPECT_EQ(first.event_timestamps(0).nanos(), 250'000'000);
  EXPECT_EQ(first.event_timestamps(1).seconds(), -1);
  EXPECT_EQ(first.event_timestamps(1).nanos(), 999'999'000);
  EXPECT_EQ(first.event_timestamps(2).seconds(), 0);
  EXPECT_EQ(message.results(1).values_size(), 3);
}

TEST(EncodeOnlineResponseTest, AnswersWithoutColumns) { EXPECT_TRUE(Encoded({}).has_metadata()); }

TEST(EncodeOnlineResponseTest, NamesTheColumnThatNobodyCouldRead) {
  OnlineResponse response;
  AddColumn(&response, "v__a", {"garbage"}, {FieldStatus::kPresent}, {0});
  const auto bytes = EncodeOnlineResponse(response);
  EXPECT_EQ(bytes.status().code(), StatusCode::kDataLoss);
  EXPECT_NE(bytes.status().message().find("column v__a"), std::string::npos);
}

}  // namespace
}  // namespace feast
