#include "feast/codec/value_json.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <ctime>
#include <random>

#include "feast/codec/value_bytes.h"
#include "feast/codec/zone_offset.h"
#include "feast/types/Value.pb.h"

namespace feast {
namespace {

std::string Json(const types::Value& value) {
  std::string out;
  Status status = AppendValueJson(value.SerializeAsString(), &out);
  return status.ok() ? out : status.ToString();
}

TEST(ValueJsonTest, NamedZonesHaveTheirOffsetAtThatTime) {
  if (!ZoneOffsetAt("Europe/Paris", 0)) GTEST_SKIP() << "this host has no zone database";
  EXPECT_EQ(ZoneOffsetAt("Europe/Paris", 1704067200), 3600);     // winter
  EXPECT_EQ(ZoneOffsetAt("Europe/Paris", 1719792000), 7200);     // summer
  EXPECT_EQ(ZoneOffsetAt("Europe/Paris", 1711846799), 3600);     // the last second of winter
  EXPECT_EQ(ZoneOffsetAt("Europe/Paris", 1711846800), 7200);     // the first of summer
  EXPECT_EQ(ZoneOffsetAt("Europe/Paris", -3'000'000'000), 561);  // before all transitions
  EXPECT_EQ(ZoneOffsetAt("Europe/Nowhere", 0), std::nullopt);
}

TEST(ValueJsonTest, EveryKindAsTheWireContractSays) {
  types::Value value;
  EXPECT_EQ(Json(value), "null");
  value.set_int64_val(-9007199254740993);
  EXPECT_EQ(Json(value), "-9007199254740993");
  value.set_int32_val(-1);
  EXPECT_EQ(Json(value), "-1");
  value.set_float_val(0.2f);
  EXPECT_EQ(Json(value), "0.20000000298023224");
  value.set_double_val(1.0);
  EXPECT_EQ(Json(value), "1.0");
  value.set_double_val(NAN);
  EXPECT_EQ(Json(value), "\"NaN\"");
  value.set_double_val(-INFINITY);
  EXPECT_EQ(Json(value), "\"-Infinity\"");
  value.set_bytes_val(std::string("\0\xff", 2));
  EXPECT_EQ(Json(value), "\"AP8=\"");
  value.set_bool_val(true);
  EXPECT_EQ(Json(value), "true");
  value.set_unix_timestamp_val(7);
  EXPECT_EQ(Json(value), "7");
  value.set_string_val("a\"\n\u00e9");
  EXPECT_EQ(Json(value), "\"a\\\"\\n\u00e9\"");
  value.mutable_float_list_val()->add_val(INFINITY);
  value.mutable_float_list_val()->add_val(0.5f);
  EXPECT_EQ(Json(value), "[\"Infinity\",0.5]");
  value.mutable_string_list_val()->add_val("x");
  EXPECT_EQ(Json(value), "[\"x\"]");
  (*value.mutable_map_val()->mutable_val())["k"].mutable_int32_list_val()->add_val(-3);
  EXPECT_EQ(Json(value), "{\"k\":[-3]}");
  value.mutable_list_val()->add_val()->mutable_bool_list_val()->add_val(false);
  EXPECT_EQ(Json(value), "[[false]]");
  value.mutable_zoned_timestamp_val()->set_unix_timestamp(1704067200);
  value.mutable_zoned_timestamp_val()->set_zone("+01:00");
  EXPECT_EQ(Json(value), "\"2024-01-01T01:00:00+01:00\"");
  value.mutable_zoned_timestamp_val()->set_zone("../../etc/passwd");
  EXPECT_EQ(Json(value), "\"2024-01-01T00:00:00+00:00\"");
  value.set_null_val(static_cast<types::Null>(0));
  EXPECT_EQ(Json(value), "null");
}

TEST(ValueJsonTest, DoublesReadAsInPython) {
  const auto repr = [](double number) {
    std::string out;
    AppendJsonDouble(number, &out);
    return out;
  };
  EXPECT_EQ(repr(0.1), "0.1");
  EXPECT_EQ(repr(-0.0), "-0.0");
  EXPECT_EQ(repr(1e16), "1e+16");
  EXPECT_EQ(repr(9999999999999998.0), "9999999999999998.0");
  EXPECT_EQ(repr(0.0001), "0.0001");
  EXPECT_EQ(repr(0.00001), "1e-05");
  EXPECT_EQ(repr(1.5e300), "1.5e+300");
}

TEST(ValueJsonTest, ColumnsAreTheirValuesWithCommas) {
  std::mt19937_64 random(7);
  for (int round = 0; round < 3000; ++round) {
    std::vector<std::string> values(random() % 8);
    for (std::string& bytes : values) {
      types::Value value;
      const auto number = static_cast<int64_t>(random() >> (random() % 64));
      switch (random() % 9) {
        case 0:
          break;  // null
        case 1:
          value.set_int64_val(random() % 2 ? number : -number);
          break;
        case 2:
          value.set_int32_val(static_cast<int32_t>(number));
          break;
        case 3:
          value.set_bool_val(number % 2 == 0);
          break;
        case 4:
          value.set_double_val(std::bit_cast<double>(number));
          break;
        case 5:
          value.set_string_val("a\"b");
          break;
        case 6:
          value.mutable_int64_list_val()->add_val(number);
          break;
        case 7:
          value.set_unix_timestamp_val(number);
          break;
        default:  // as another writer might have it: two members, the last of which counts
          value.set_int64_val(number);
          bytes = value.SerializeAsString();
          value.set_int32_val(5);
      }
      bytes += value.SerializeAsString();
    }
    std::string want = "[";
    for (const std::string& bytes : values) {
      if (want.size() > 1) want += ',';
      if (bytes.empty()) {
        want += "null";
      } else {
        ASSERT_TRUE(AppendValueJson(bytes, &want).ok());
      }
    }
    std::string got = "[";
    const std::vector<std::string_view> views(values.begin(), values.end());
    ASSERT_TRUE(AppendValuesJson(views, &got).ok());
    ASSERT_EQ(got, want);
  }
  const std::vector<std::string_view> damaged = {"\x20\x05", "\x20\x85"};
  std::string out;
  const Status status = AppendValuesJson(damaged, &out);
  EXPECT_EQ(status.code(), StatusCode::kDataLoss);
  EXPECT_NE(status.message().find("row 1"), std::string::npos);
}

TEST(ValueJsonTest, ColumnsOfMixedKindsTakeTheirLengthsTime) {
  types::Value number;
  number.set_double_val(0.25);
  const std::string bytes = number.SerializeAsString();
  const auto seconds = [&](size_t rows) {
    std::vector<std::string_view> views(rows);  // each second one null
    for (size_t row = 0; row < rows; row += 2) views[row] = bytes;
    std::string out;
    const std::clock_t began = std::clock();
    EXPECT_TRUE(AppendValuesJson(views, &out).ok());
    return static_cast<double>(std::clock() - began) / CLOCKS_PER_SEC;
  };
  seconds(1000);
  // 40 times the rows: 1,600 times the work, were it quadratic.
  EXPECT_LT(seconds(200'000), 400 * std::max(seconds(5'000), 1e-4));
}

TEST(ValueJsonTest, TextIsEscapedWhereverItNeedsIt) {
  const std::string plain = "abcdefghijklmnop ~{}[]\x7f";
  for (const auto& [special, escaped] :
       std::vector<std::pair<std::string, std::string>>{{"\"", "\\\""},
                                                        {"\\", "\\\\"},
                                                        {"\x1f", "\\u001f"},
                                                        {"\n", "\\n"},
                                                        {"é", "é"},
                                                        {"\x80", "\uFFFD"}}) {
    for (size_t at = 0; at <= plain.size(); ++at) {
      std::string text = plain, wanted = plain, out;
      text.insert(at, special);
      wanted.insert(at, escaped);
      AppendJsonString(text, &out);
      EXPECT_EQ(out, '"' + wanted + '"');
    }
  }
}

TEST(ValueJsonTest, InvalidUtf8IsReplaced) {
  std::string out;
  AppendJsonString("a\xff\xed\xa0\x80z\x01", &out);
  EXPECT_EQ(out, "\"a\uFFFD\uFFFD\uFFFD\uFFFDz\\u0001\"");
}

TEST(ValueJsonTest, Rfc3339) {
  const auto text = [](Micros time) {
    std::string out;
    AppendRfc3339(time, &out);
    return out;
  };
  EXPECT_EQ(text(0), "1970-01-01T00:00:00Z");
  EXPECT_EQ(text(1704164645678000), "2024-01-02T03:04:05.678Z");
  EXPECT_EQ(text(1704164645678901), "2024-01-02T03:04:05.678901Z");
  EXPECT_EQ(text(-1), "1969-12-31T23:59:59.999999Z");
}

TEST(ValueJsonTest, NoiseIsDataLossOrJsonButNeverACrash) {
  std::mt19937 random(11);
  types::Value seed;
  auto& map = *seed.mutable_map_val()->mutable_val();
  map["a"].mutable_int64_list_val()->add_val(1);
  map["b"].mutable_list_val()->add_val()->set_string_val("xyz");
  map["c"].mutable_zoned_timestamp_val()->set_unix_timestamp(5);
  const std::string clean = seed.SerializeAsString();
  for (int i = 0; i < 30000; ++i) {
    std::string bytes = clean;
    if (i % 2 == 0) bytes.resize(random() % (bytes.size() + 1));
    for (int flips = 0; flips < 3 && !bytes.empty(); ++flips) {
      bytes[random() % bytes.size()] = static_cast<char>(random());
    }
    std::string out;
    const Status status = AppendValueJson(bytes, &out);
    if (!status.ok()) {
      EXPECT_EQ(status.code(), StatusCode::kDataLoss);
      EXPECT_TRUE(out.empty());
    } else {
      EXPECT_TRUE(ParseJson(out, 200).ok()) << out;
    }
    (void)TextAndNumberOf(bytes);
  }
}

TEST(ValueJsonTest, DeepValuesAreRefused) {
  types::Value value;
  for (int i = 0; i < 90; ++i) {
    types::Value outer;
    *outer.mutable_list_val()->add_val() = value;
    value = std::move(outer);
  }
  std::string out;
  EXPECT_EQ(AppendValueJson(value.SerializeAsString(), &out).code(), StatusCode::kDataLoss);
}

TEST(ParseJsonTest, ValuesAndLimits) {
  auto parsed = ParseJson(R"({"a":[1,-2.5,true,null,"x"],"b":18446744073709551616})");
  ASSERT_TRUE(parsed.ok()) << parsed.status().ToString();
  const auto& map = std::get<RawValue::Map>(parsed->data);
  const auto& list = std::get<RawValue::List>(map[0].value.data);
  EXPECT_EQ(std::get<int64_t>(list[0].data), 1);
  EXPECT_EQ(std::get<double>(list[1].data), -2.5);
  EXPECT_TRUE(list[3].is_null());
  EXPECT_EQ(std::get<double>(map[1].value.data), 18446744073709551616.0);
  EXPECT_EQ(std::get<double>(ParseJson("9223372036854775808")->data), 9223372036854775808.0);
  for (std::string_view bad : {"", "{", "[1,]", "NaN", "[NaN]", "\"\xff\"", "{\"a\":1}x"}) {
    EXPECT_EQ(ParseJson(bad).status().code(), StatusCode::kInvalidArgument) << bad;
  }
  EXPECT_FALSE(ParseJson(std::string(70, '[') + std::string(70, ']')).ok());
}

TEST(ParsePythonJsonTest, ReadsTheNumbersThatJsonLacks) {
  const auto parsed = ParsePythonJson(
      "\xef\xbb\xbf{\"a\":[null,NaN,-Infinity,Infinity,null,1.5],\"NaN \\\" null\":\"Infinity\"}");
  ASSERT_TRUE(parsed.ok()) << parsed.status().ToString();
  const auto& map = std::get<RawValue::Map>(parsed->data);
  const auto& list = std::get<RawValue::List>(map[0].value.data);
  EXPECT_TRUE(list[0].is_null());
  EXPECT_TRUE(std::isnan(std::get<double>(list[1].data)));
  EXPECT_EQ(std::get<double>(list[2].data), -std::numeric_limits<double>::infinity());
  EXPECT_EQ(std::get<double>(list[3].data), std::numeric_limits<double>::infinity());
  EXPECT_TRUE(list[4].is_null());
  EXPECT_EQ(std::get<double>(list[5].data), 1.5);
  EXPECT_EQ(map[1].key, "NaN \" null");
  EXPECT_EQ(std::get<std::string>(map[1].value.data), "Infinity");
}

TEST(ParsePythonJsonTest, SaysWhatKindOfDamage) {
  for (std::string_view bad : {"", "{", "nan", "[NaN", "+Infinity", "[1NaN]", "NaNNaN", "\"NaN"}) {
    EXPECT_EQ(ParsePythonJson(bad).status().code(), StatusCode::kInvalidArgument) << bad;
  }
  EXPECT_EQ(ParsePythonJson("\"\xff\"").status().code(), StatusCode::kDataLoss);
  const std::string deep = std::string(70, '[') + std::string(70, ']');
  EXPECT_EQ(ParsePythonJson(deep).status().code(), StatusCode::kOutOfRange);
}

}  // namespace
}  // namespace feast
