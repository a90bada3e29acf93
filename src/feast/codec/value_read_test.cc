#include "feast/codec/value_read.h"

#include <gtest/gtest.h>

#include "feast/codec/python_text.h"
#include "feast/types/Value.pb.h"

namespace feast {
namespace {

std::string TextOf(std::string_view bytes) {
  const auto raw = ReadValue(bytes);
  if (!raw.ok()) return raw.status().ToString();
  std::string text;
  AppendPythonStr(*raw, &text);
  return text;
}

std::string Text(const types::Value& value) { return TextOf(value.SerializeAsString()); }

TEST(ValueReadTest, Scalars) {
  types::Value value;
  EXPECT_EQ(Text(value), "None");
  value.set_int64_val(-5);
  EXPECT_EQ(Text(value), "-5");
  value.set_int32_val(-7);
  EXPECT_EQ(Text(value), "-7");
  value.set_double_val(0.5);
  EXPECT_EQ(Text(value), "0.5");
  value.set_float_val(0.25F);
  EXPECT_EQ(Text(value), "0.25");
  value.set_bool_val(true);
  EXPECT_EQ(Text(value), "True");
  value.set_string_val("é");
  EXPECT_EQ(Text(value), "é");
  value.set_bytes_val("\xff");
  EXPECT_EQ(Text(value), "b'\\xff'");
  value.set_unix_timestamp_val(1717416000);
  EXPECT_EQ(Text(value), "1717416000");
  value.set_uuid_val("u-1");
  EXPECT_EQ(Text(value), "u-1");
  value.set_null_val(types::NULL_);
  EXPECT_EQ(Text(value), "None");
}

TEST(ValueReadTest, ListsSetsAndMaps) {
  types::Value value;
  for (const int64_t i : {1, -2, 300}) value.mutable_int64_list_val()->add_val(i);
  EXPECT_EQ(Text(value), "[1, -2, 300]");
  value.mutable_float_list_val()->add_val(1.5F);
  EXPECT_EQ(Text(value), "[1.5]");
  value.mutable_double_set_val()->add_val(2.5);
  EXPECT_EQ(Text(value), "[2.5]");
  value.mutable_string_list_val()->add_val("a");
  EXPECT_EQ(Text(value), "['a']");
  value.mutable_bool_list_val();
  EXPECT_EQ(Text(value), "[]");
  (*value.mutable_map_val()->mutable_val())["k"].set_int64_val(1);
  EXPECT_EQ(Text(value), "{'k': 1}");
  value.mutable_list_val()->add_val()->mutable_string_list_val()->add_val("x");
  value.mutable_list_val()->add_val();
  EXPECT_EQ(Text(value), "[['x'], None]");
}

TEST(ValueReadTest, UnknownFieldsOfAMapsEntryArePassedOver) {
  const std::string one("\x20\x01");  // Value{int64_val: 1}
  // {1: "k", 2: one, 3: "later"}, as a later release could write an entry
  const std::string entry = "\x0a\x01k\x12\x02" + one + "\x1a\x05later";
  types::Value value;
  (*value.mutable_map_val()->mutable_val())["k"].set_int64_val(1);
  std::string bytes = value.SerializeAsString();  // tag (2 bytes), length, entry's tag, length …
  const std::string tag = bytes.substr(0, bytes.size() - value.map_val().ByteSizeLong() - 1);
  const std::string map = std::string("\x0a") + static_cast<char>(entry.size()) + entry;
  EXPECT_EQ(TextOf(tag + static_cast<char>(map.size()) + map), "{'k': 1}");
}

TEST(ValueReadTest, RefusesWhatNobodyCanMean) {
  types::Value zoned;
  zoned.mutable_zoned_timestamp_val()->set_unix_timestamp(5);
  EXPECT_EQ(Text(zoned), "INVALID_ARGUMENT: values of this type cannot be given here");
  types::Value deep;
  for (int i = 0; i < 100; ++i) {
    types::Value outer;
    *outer.mutable_list_val()->add_val() = deep;
    deep = outer;
  }
  EXPECT_NE(Text(deep).find("nested too deeply"), std::string::npos);
  for (const std::string_view bytes : {"\x12\x05"
                                       "ab",
                                       "\x12\x02\xff\xfe", "\x20",
                                       "\x22\x01"
                                       "a",
                                       "\x62\x01\x0f"}) {
    EXPECT_EQ(ReadValue(bytes).status().code(), StatusCode::kInvalidArgument);
  }
}

TEST(ValueReadTest, ChecksWhatGoesIntoAnAnswer) {
  types::Value value;
  EXPECT_TRUE(CheckValue(value.SerializeAsString()).ok());
  value.set_string_val("é");
  EXPECT_TRUE(CheckValue(value.SerializeAsString()).ok());
  value.mutable_float_list_val()->add_val(1);
  EXPECT_TRUE(CheckValue(value.SerializeAsString()).ok());
  for (const std::string_view bytes : {"\x12\x05"
                                       "ab",
                                       "\x12\x02\xff\xfe", "\x20",
                                       "\x22\x01"
                                       "a",
                                       "garbage"}) {
    EXPECT_EQ(CheckValue(bytes).code(), StatusCode::kDataLoss) << bytes;
  }
}

}  // namespace
}  // namespace feast
