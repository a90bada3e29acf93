#include "feast/codec/value_bytes.h"

#include <gtest/gtest.h>

#include <limits>

#include "feast/codec/test_hex.h"

namespace feast {
namespace {

using enum ValueType;
using List = RawValue::List;
using Map = RawValue::Map;

RawValue Text(std::string text) { return {std::move(text)}; }
RawValue Int(int64_t number) { return {number}; }

std::string Hex(const RawValue& value, ValueType type) {
  std::string out;
  Status status = AppendValueBytes(value, type, &out);
  if (!status.ok()) return status.ToString();
  types::Value oracle;
  EXPECT_TRUE(oracle.ParseFromString(out));
  EXPECT_EQ(ToHex(oracle.SerializeAsString()), ToHex(out));
  return ToHex(out);
}

TEST(ValueBytesTest, UpstreamsVectors) {
  EXPECT_EQ(Hex(Int(0), kInt64), "2000");
  EXPECT_EQ(Hex(Int(1), kInt64), "2001");
  EXPECT_EQ(Hex(Text(""), kString), "1200");
  EXPECT_EQ(Hex(Text("a"), kString), "120161");
  EXPECT_EQ(Hex({0.5}, kFloat), "350000003f");
  EXPECT_EQ(Hex({0.5}, kDouble), "29000000000000e03f");
  EXPECT_EQ(Hex({true}, kBool), "3801");
  EXPECT_EQ(Hex({false}, kBool), "3800");
  EXPECT_EQ(Hex({List{Int(1), Int(2)}}, kInt64List), "72040a020102");
  EXPECT_EQ(Hex({List{}}, kInt64List), "7200");
  EXPECT_EQ(Hex({List{{0.5}, {1.5}}}, kFloatList), "82010a0a080000003f0000c03f");
  EXPECT_EQ(Hex({List{{true}, {false}}}, kBoolList), "8a01040a020100");
  EXPECT_EQ(Hex(Text("1.10"), kDecimal), "e20204312e3130");
  EXPECT_EQ(Hex(Text("{\"a\":1}"), kJson), "8202077b2261223a317d");
  EXPECT_EQ(Hex(Int(std::numeric_limits<int64_t>::min()), kUnixTimestamp),
            "4080808080808080808001");
}

TEST(ValueBytesTest, ConversionsOfUpstream) {
  EXPECT_EQ(Hex({1.9}, kInt64), "2001");
  EXPECT_EQ(Hex({true}, kInt32), "1801");
  EXPECT_EQ(Hex(Text("5"), kInt64), "2005");
  EXPECT_EQ(Hex(Int(1001), kString), Hex(Text("1001"), kString));
  EXPECT_EQ(Hex({1e16}, kString), Hex(Text("1e+16"), kString));
  EXPECT_EQ(Hex({Map{{"a", Int(1)}}}, kJson), Hex(Text("{\"a\": 1}"), kJson));
  EXPECT_EQ(Hex(Text("2024-01-02T03:04:05Z"), kUnixTimestamp),
            Hex(Int(1704164645), kUnixTimestamp));
  EXPECT_EQ(Hex(Text("[1, 2]"), kInt64List), "72040a020102");
  EXPECT_EQ(Hex({List{Int(2), Int(1), Int(2)}}, kInt64Set), "ca01040a020201");
}

TEST(ValueBytesTest, NullsAreEmptyAndNullElementsDefaults) {
  for (const ValueTypeFacts& facts : AllValueTypes()) {
    EXPECT_EQ(Hex({}, facts.type), "") << facts.name;
    EXPECT_EQ(Hex({std::numeric_limits<double>::quiet_NaN()}, facts.type), "") << facts.name;
  }
  EXPECT_EQ(Hex({List{{}, Int(1)}}, kInt64List), "72040a020001");
  EXPECT_EQ(Hex({List{{}}}, kStringList), "62020a00");
}

TEST(ValueBytesTest, NestedValuesAreWhatProtobufReads) {
  std::string out;
  const RawValue value{Map{{"a", Int(1)},
                           {"b", {List{Text("x"), Int(2)}}},
                           {"c", {}},
                           {"d", {Map{{"e", {List{{List{Int(1)}}, {List{}}}}}}}}}};
  ASSERT_TRUE(AppendValueBytes(value, kMap, &out).ok());
  types::Value oracle;
  ASSERT_TRUE(oracle.ParseFromString(out));
  const auto& map = oracle.map_val().val();
  EXPECT_EQ(map.at("a").int64_val(), 1);
  EXPECT_EQ(map.at("b").list_val().val(0).string_val(), "x");
  EXPECT_EQ(map.at("c").val_case(), types::Value::VAL_NOT_SET);
  const auto& nested = map.at("d").map_val().val().at("e").list_val();
  EXPECT_EQ(nested.val(0).int64_list_val().val(0), 1);
  EXPECT_EQ(nested.val(1).val_case(), types::Value::VAL_NOT_SET);
}

TEST(ValueBytesTest, RefusalsLeaveTheOutputAlone) {
  std::string out = "kept";
  RawValue deep = Int(1);
  for (int i = 0; i < 40; ++i) deep = RawValue{Map{{"k", deep}}};
  const std::vector<std::pair<RawValue, ValueType>> cases = {
      {Text("x"), kInt64},
      {Int(int64_t{1} << 31), kInt32},
      {{1.5}, kBool},
      {Text("x"), kBytes},
      {{1e19}, kInt64},
      {Text("{"), kJson},
      {Text("today"), kUnixTimestamp},
      {Int(3), kInt64List},
      {{List{Int(1), Text("x")}}, kInt64List},
      {Int(1), kMap},
      {deep, kMap}};
  for (const auto& [value, type] : cases) {
    EXPECT_EQ(AppendValueBytes(value, type, &out).code(), StatusCode::kInvalidArgument)
        << FactsOf(type).name;
    EXPECT_EQ(out, "kept");
  }
}

TEST(ValueBytesTest, TypeAndText) {
  EXPECT_EQ(*TypeOfValueBytes(""), kNull);
  EXPECT_EQ(*TypeOfValueBytes(FromHex("2001")), kInt64);
  EXPECT_EQ(TypeOfValueBytes(FromHex("4a00")).status().code(), StatusCode::kDataLoss);
  auto text = TextAndNumberOf(FromHex("3801"));
  ASSERT_TRUE(text.ok());
  EXPECT_EQ(text->text, "True");
  EXPECT_EQ(text->number, 1.0);
  text = TextAndNumberOf(FromHex("29000000000000e03f"));
  EXPECT_EQ(text->text, "0.5");
  text = TextAndNumberOf(FromHex("120161"));
  EXPECT_TRUE(text->has_text && !text->has_number);
  EXPECT_FALSE(TextAndNumberOf("")->has_text);
}

}  // namespace
}  // namespace feast
