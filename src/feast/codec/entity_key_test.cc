#include "feast/codec/entity_key.h"

#include <gtest/gtest.h>

#include <random>

#include "feast/codec/murmur_hash.h"
#include "feast/codec/redis_field.h"
#include "feast/codec/test_hex.h"

namespace feast {
namespace {

struct KeyVector {
  std::vector<JoinKey> keys;
  std::vector<RawValue> values;
  const char* v3;
  const char* v2;
  const char* entity_id;
};

RawValue Text(std::string text) { return {std::move(text)}; }
RawValue Int(int64_t number) { return {number}; }

std::vector<KeyVector> Vectors() {
  using enum ValueType;
  return {
      {{{"customer", kString}},
       {Text("john")},
       "010000000200000008000000637573746f6d657202000000040000006a6f686e",
       "02000000637573746f6d657202000000040000006a6f686e",
       "656cad12ccc0395a3c6375cfc53cd04f"},
      {{{"driver_id", kInt32}},
       {Int(1001)},
       "0100000002000000090000006472697665725f69640300000004000000e9030000",
       "020000006472697665725f69640300000004000000e9030000",
       "b2f5fdd66f883375bc3ed3d6a9d54ae5"},
      {{{"driver_id", kInt64}},
       {Int(1001)},
       "0100000002000000090000006472697665725f69640400000008000000e903000000000000",
       "020000006472697665725f69640400000008000000e903000000000000",
       "f3cfd4a822f245b63975464763babaec"},
      {{{"driver_id", kInt64}},
       {Int(-1)},
       "0100000002000000090000006472697665725f69640400000008000000ffffffffffffffff",
       "020000006472697665725f69640400000008000000ffffffffffffffff",
       "b1bc9ae33dfca351329851e177634c44"},
      {{{"driver_id", kInt64}, {"customer_id", kString}},
       {Int(1001), Text("c1")},
       "02000000020000000b000000637573746f6d65725f696402000000090000006472697665725f696402000000020"
       "0"
       "000063310400000008000000e903000000000000",
       "02000000637573746f6d65725f6964020000006472697665725f696402000000020000006331040000000800000"
       "0"
       "e903000000000000",
       "1cd18878ce7f5475cca8d4bc4c0c9dad"},
      {{{"user", kString}},
       {Text("")},
       "010000000200000004000000757365720200000000000000",
       "02000000757365720200000000000000",
       "d964765e8c1bf75e834486423078b99a"},
      {{{"us\u00e9r", kString}},
       {Text("\u65e5\u672c")},
       "0100000002000000050000007573c3a9720200000006000000e697a5e69cac",
       "020000007573c3a9720200000006000000e697a5e69cac",
       "102bb5a59139ee5e6d784842d50c8379"},
      {{{"k", kBytes}},
       {RawValue{RawBytes{std::string("\0\xff", 2)}}},
       "0100000002000000010000006b010000000200000000ff",
       "020000006b010000000200000000ff",
       "aa44901fc164dd67cfe0722d10e61ce2"},
      {{{"t", kUnixTimestamp}},
       {Int(1700000000)},
       "01000000020000000100000074080000000800000000f1536500000000",
       "0200000074080000000800000000f1536500000000",
       "defdd99fec91e2fc1b0b00d3526df8ae"},
      {{{"__dummy_id", kString}},
       {Text("")},
       "01000000020000000a0000005f5f64756d6d795f69640200000000000000",
       "020000005f5f64756d6d795f69640200000000000000",
       "de92cd1db280c7aa956cd0b5fe07eb08"},
      {{}, {}, "00000000", "", nullptr},
  };
}

types::EntityKey MessageOf(const KeyVector& vector) {
  types::EntityKey key;
  for (size_t i = 0; i < vector.keys.size(); ++i) {
    key.add_join_keys(vector.keys[i].name);
    types::Value* value = key.add_entity_values();
    if (const auto* text = std::get_if<std::string>(&vector.values[i].data)) {
      value->set_string_val(*text);
    } else if (const auto* bytes = std::get_if<RawBytes>(&vector.values[i].data)) {
      value->set_bytes_val(bytes->bytes);
    } else {
      const int64_t number = std::get<int64_t>(vector.values[i].data);
      if (vector.keys[i].type == ValueType::kInt32) value->set_int32_val(static_cast<int>(number));
      if (vector.keys[i].type == ValueType::kInt64) value->set_int64_val(number);
      if (vector.keys[i].type == ValueType::kUnixTimestamp) value->set_unix_timestamp_val(number);
    }
  }
  return key;
}

TEST(EntityKeyTest, UpstreamsVectorsOnEveryRoute) {
  for (const KeyVector& vector : Vectors()) {
    const types::EntityKey message = MessageOf(vector);
    for (int version : {2, 3}) {
      const char* expected = version == 3 ? vector.v3 : vector.v2;
      auto encoder = EntityKeyEncoder::Make(vector.keys, version);
      ASSERT_TRUE(encoder.ok()) << encoder.status().ToString();
      std::vector<const RawValue*> values;
      std::vector<std::string> serialized;
      for (const RawValue& value : vector.values) values.push_back(&value);
      for (const auto& value : message.entity_values()) {
        serialized.push_back(value.SerializeAsString());
      }
      std::vector<std::string_view> views(serialized.begin(), serialized.end());
      std::string from_raw, from_bytes;
      ASSERT_TRUE(encoder->Append(values, &from_raw).ok());
      ASSERT_TRUE(encoder->AppendFromValueBytes(views, &from_bytes).ok());
      auto from_message = SerializeEntityKey(message, version);
      ASSERT_TRUE(from_message.ok());
      EXPECT_EQ(ToHex(from_raw), expected);
      EXPECT_EQ(ToHex(from_bytes), expected);
      EXPECT_EQ(ToHex(*from_message), expected);
      if (version == 3 && vector.entity_id) {
        EXPECT_EQ(EntityIdOf(from_raw), vector.entity_id);
      }
    }
  }
}

TEST(EntityKeyTest, DeserializeGivesTheSortedMessageBack) {
  for (const KeyVector& vector : Vectors()) {
    const std::string bytes = FromHex(vector.v3);
    auto key = DeserializeEntityKey(bytes);
    ASSERT_TRUE(key.ok()) << key.status().ToString();
    auto again = SerializeEntityKey(*key);
    ASSERT_TRUE(again.ok());
    EXPECT_EQ(ToHex(*again), vector.v3);
  }
}

TEST(EntityKeyTest, TruncatedAndDamagedKeysAreDataLoss) {
  const std::string bytes = FromHex(Vectors()[4].v3);
  // Everything shorter than the names cannot be a key; a cut between values is a shorter key.
  for (size_t size = 0; size < bytes.size(); ++size) {
    auto key = DeserializeEntityKey(std::string_view(bytes).substr(0, size));
    if (size < 40) {
      EXPECT_EQ(key.status().code(), StatusCode::kDataLoss) << size;
    }
  }
  EXPECT_FALSE(DeserializeEntityKey(FromHex("0100000003000000010000006b")).ok());
  EXPECT_FALSE(DeserializeEntityKey(FromHex("0000000007000000010000006b")).ok());
  EXPECT_FALSE(DeserializeEntityKey(FromHex("00000000040000000400000001000000")).ok());
  std::mt19937 random(7);
  for (int i = 0; i < 20000; ++i) {
    std::string noise = bytes;
    for (int flips = 0; flips < 3; ++flips)
      noise[random() % noise.size()] = static_cast<char>(random());
    (void)DeserializeEntityKey(noise);
  }
}

TEST(EntityKeyTest, ValuesAreConvertedToTheDeclaredType) {
  auto encoder = EntityKeyEncoder::Make({{"a", ValueType::kInt64}, {"b", ValueType::kString}});
  ASSERT_TRUE(encoder.ok());
  const RawValue text = Text("1001"), number = Int(7), other = Text("7"), whole = Int(1001);
  std::string converted, plain;
  ASSERT_TRUE(encoder->Append(std::vector<const RawValue*>{&text, &number}, &converted).ok());
  ASSERT_TRUE(encoder->Append(std::vector<const RawValue*>{&whole, &other}, &plain).ok());
  EXPECT_EQ(ToHex(converted), ToHex(plain));
}

TEST(EntityKeyTest, Refusals) {
  EXPECT_EQ(EntityKeyEncoder::Make({{"a"}, {"a"}}).status().kind(), ErrorKind::kTypeError);
  for (ValueType type : {ValueType::kDouble, ValueType::kBool, ValueType::kUuid,
                         ValueType::kInt64List, ValueType::kInvalid}) {
    EXPECT_FALSE(EntityKeyEncoder::Make({{"a", type}}).ok()) << static_cast<int>(type);
  }
  auto encoder = EntityKeyEncoder::Make({{"a", ValueType::kInt32}});
  ASSERT_TRUE(encoder.ok());
  const RawValue null, text = Text("x"), big = Int(int64_t{1} << 40);
  std::string out = "kept";
  const auto append = [&](const RawValue* value) {
    return encoder->Append(std::vector<const RawValue*>{value}, &out);
  };
  EXPECT_EQ(append(&null).kind(), ErrorKind::kTypeError);
  EXPECT_EQ(append(&text).code(), StatusCode::kInvalidArgument);
  EXPECT_EQ(append(&big).code(), StatusCode::kInvalidArgument);
  EXPECT_FALSE(encoder->Append({}, &out).ok());
  EXPECT_EQ(encoder->AppendFromValueBytes(std::vector<std::string_view>{""}, &out).kind(),
            ErrorKind::kTypeError);
  EXPECT_FALSE(encoder->AppendFromValueBytes(std::vector<std::string_view>{"\x38\x01"}, &out).ok());
  EXPECT_EQ(out, "kept");
}

TEST(HashTest, UpstreamsVectors) {
  EXPECT_EQ(ToHex(RedisFeatureField("driver_hourly_stats", "conv_rate")), "6160e3da");
  EXPECT_EQ(ToHex(RedisFeatureField("driver_hourly_stats", "acc_rate")), "fa5e58ad");
  EXPECT_EQ(ToHex(RedisFeatureField("driver_stats", "conv_rate")), "fa731014");
  EXPECT_EQ(ToHex(RedisFeatureField("a", "b")), "436844a2");
  EXPECT_EQ(RedisTimestampField("v"), "_ts:v");
  EXPECT_EQ(EntityIdOf("foo"), "6145f501578671e2877dba2be487af7e");
}

TEST(TimestampBytesTest, UpstreamsVectorsAndBack) {
  const auto hex = [](Micros time) {
    std::string out;
    AppendTimestampBytes(time, &out);
    auto back = TimeOfTimestampBytes(out);
    EXPECT_TRUE(back.ok() && *back == time) << time;
    return ToHex(out);
  };
  EXPECT_EQ(hex(1704164645000000), "08a5facdac06");
  EXPECT_EQ(hex(1704164645678901), "08a5facdac061088eadcc302");
  EXPECT_EQ(hex(0), "");
  hex(-1);
  hex(-1500000);
  EXPECT_EQ(TimeOfTimestampBytes("\x08").status().code(), StatusCode::kDataLoss);
}

}  // namespace
}  // namespace feast
