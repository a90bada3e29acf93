#include "feast/codec/column_codec.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "feast/codec/test_hex.h"
#include "feast/codec/value_bytes.h"
#include "feast/types/Value.pb.h"

namespace feast {
namespace {

struct Column {
  OwnedSchema schema;
  OwnedArray array;
};

Column Start(ArrowType type) {
  Column column;
  ArrowSchemaInit(column.schema.get());
  if (type == NANOARROW_TYPE_TIMESTAMP) {
    EXPECT_EQ(ArrowSchemaSetTypeDateTime(column.schema.get(), type, NANOARROW_TIME_UNIT_MILLI, ""),
              0);
  } else {
    EXPECT_EQ(ArrowSchemaSetType(column.schema.get(), type), 0);
  }
  EXPECT_EQ(ArrowArrayInitFromSchema(column.array.get(), column.schema.get(), nullptr), 0);
  EXPECT_EQ(ArrowArrayStartAppending(column.array.get()), 0);
  return column;
}

void Finish(Column* column) {
  ASSERT_EQ(ArrowArrayFinishBuildingDefault(column->array.get(), nullptr), 0);
}

std::string Encoded(const Column& column, ValueType type) {
  EncodedColumn out;
  Status status = EncodeColumn("c", *column.schema.get(), *column.array.get(), type, &out);
  if (!status.ok()) return status.ToString();
  std::string text;
  for (size_t row = 0; row < out.ends.size(); ++row) text += ToHex(out.Row(row)) + "|";
  return text;
}

TEST(EncodeColumnTest, NumbersNullsAndSlices) {
  Column column = Start(NANOARROW_TYPE_INT64);
  for (int64_t number : {9, 0, 1}) ASSERT_EQ(ArrowArrayAppendInt(column.array.get(), number), 0);
  ASSERT_EQ(ArrowArrayAppendNull(column.array.get(), 1), 0);
  Finish(&column);
  EXPECT_EQ(Encoded(column, ValueType::kInt64), "2009|2000|2001||");
  EXPECT_EQ(Encoded(column, ValueType::kInt32), "1809|1800|1801||");
  EXPECT_EQ(Encoded(column, ValueType::kString), "120139|120130|120131||");
  EXPECT_EQ(Encoded(column, ValueType::kInvalid), "2009|2000|2001||");
  column.array->offset = 1;
  column.array->length = 2;
  EXPECT_EQ(Encoded(column, ValueType::kInt64), "2000|2001|");
}

TEST(EncodeColumnTest, NaNIsNull) {
  Column column = Start(NANOARROW_TYPE_DOUBLE);
  ASSERT_EQ(ArrowArrayAppendDouble(column.array.get(), 0.5), 0);
  ASSERT_EQ(ArrowArrayAppendDouble(column.array.get(), NAN), 0);
  Finish(&column);
  EXPECT_EQ(Encoded(column, ValueType::kDouble), "29000000000000e03f||");
  EXPECT_EQ(Encoded(column, ValueType::kFloat), "350000003f||");
  EXPECT_EQ(Encoded(column, ValueType::kInt64), "2000||");
}

TEST(EncodeColumnTest, TimesAreFloored) {
  Column column = Start(NANOARROW_TYPE_TIMESTAMP);
  for (int64_t millis : {1999, -1}) ASSERT_EQ(ArrowArrayAppendInt(column.array.get(), millis), 0);
  Finish(&column);
  EXPECT_EQ(Encoded(column, ValueType::kUnixTimestamp), "4001|40ffffffffffffffffff01|");
  auto times = TimesOfColumn("c", *column.schema.get(), *column.array.get());
  ASSERT_TRUE(times.ok());
  EXPECT_EQ((*times)[0], 1999000);
  EXPECT_EQ((*times)[1], -1000);
}

TEST(EncodeColumnTest, ANullInAColumnOfTimesIsStoredAsNaT) {
  for (const ArrowType type : {NANOARROW_TYPE_TIMESTAMP, NANOARROW_TYPE_DATE32}) {
    Column column = Start(type);
    ASSERT_EQ(ArrowArrayAppendInt(column.array.get(), 0), 0);
    ASSERT_EQ(ArrowArrayAppendNull(column.array.get(), 1), 0);
    Finish(&column);
    EXPECT_EQ(Encoded(column, ValueType::kUnixTimestamp), "4000|4080808080808080808001|");
    EXPECT_TRUE(Encoded(column, ValueType::kString).ends_with("||"));
  }
}

TEST(EncodeColumnTest, DecimalsAndFixedSizeLists) {
  Column column;
  ArrowSchemaInit(column.schema.get());
  ASSERT_EQ(ArrowSchemaSetTypeDecimal(column.schema.get(), NANOARROW_TYPE_DECIMAL128, 10, 2), 0);
  ASSERT_EQ(ArrowArrayInitFromSchema(column.array.get(), column.schema.get(), nullptr), 0);
  ASSERT_EQ(ArrowArrayStartAppending(column.array.get()), 0);
  ArrowDecimal decimal;
  ArrowDecimalInit(&decimal, 128, 10, 2);
  ArrowDecimalSetInt(&decimal, 110);
  ASSERT_EQ(ArrowArrayAppendDecimal(column.array.get(), &decimal), 0);
  Finish(&column);
  EXPECT_EQ(Encoded(column, ValueType::kDecimal), "e20204312e3130|");
  EXPECT_EQ(Encoded(column, ValueType::kDouble), "299a9999999999f13f|");

  Column lists;
  ArrowSchemaInit(lists.schema.get());
  ASSERT_EQ(ArrowSchemaSetTypeFixedSize(lists.schema.get(), NANOARROW_TYPE_FIXED_SIZE_LIST, 2), 0);
  ASSERT_EQ(ArrowSchemaSetType(lists.schema->children[0], NANOARROW_TYPE_FLOAT), 0);
  ASSERT_EQ(ArrowArrayInitFromSchema(lists.array.get(), lists.schema.get(), nullptr), 0);
  ASSERT_EQ(ArrowArrayStartAppending(lists.array.get()), 0);
  for (double number : {7.0, 7.0, 0.5, 1.5}) {
    ASSERT_EQ(ArrowArrayAppendDouble(lists.array->children[0], number), 0);
    if (number == 7.0 && lists.array->children[0]->length == 1) continue;
    if (number == 0.5) continue;
    ASSERT_EQ(ArrowArrayFinishElement(lists.array.get()), 0);
  }
  Finish(&lists);
  lists.array->offset = 1;
  lists.array->length = 1;
  EXPECT_EQ(ValueTypeOfArrow(*lists.schema.get()), ValueType::kFloatList);
  EXPECT_EQ(Encoded(lists, ValueType::kFloatList), "82010a0a080000003f0000c03f|");
  EXPECT_EQ(Encoded(lists, ValueType::kDoubleList), "7a120a10000000000000e03f000000000000f83f|");
}

/// Rows [1, 2], null, [], [null, 300] of one item type.
Column Lists(ArrowType item, ArrowType list = NANOARROW_TYPE_LIST) {
  Column column;
  ArrowSchemaInit(column.schema.get());
  EXPECT_EQ(ArrowSchemaSetType(column.schema.get(), list), 0);
  ArrowSchema* child = column.schema->children[0];
  if (item == NANOARROW_TYPE_TIMESTAMP) {
    EXPECT_EQ(ArrowSchemaSetTypeDateTime(child, item, NANOARROW_TIME_UNIT_MILLI, ""), 0);
  } else {
    EXPECT_EQ(ArrowSchemaSetType(child, item), 0);
  }
  ArrowArray* array = column.array.get();
  EXPECT_EQ(ArrowArrayInitFromSchema(array, column.schema.get(), nullptr), 0);
  EXPECT_EQ(ArrowArrayStartAppending(array), 0);
  const auto append = [&](int64_t number) {
    if (item == NANOARROW_TYPE_STRING) {
      EXPECT_EQ(
          ArrowArrayAppendString(array->children[0], ArrowCharView(std::to_string(number).c_str())),
          0);
    } else if (item == NANOARROW_TYPE_DOUBLE) {
      EXPECT_EQ(ArrowArrayAppendDouble(array->children[0], static_cast<double>(number) + 0.5), 0);
    } else {
      EXPECT_EQ(ArrowArrayAppendInt(array->children[0], number), 0);
    }
  };
  append(1);
  append(2);
  EXPECT_EQ(ArrowArrayFinishElement(array), 0);
  EXPECT_EQ(ArrowArrayAppendNull(array, 1), 0);
  EXPECT_EQ(ArrowArrayFinishElement(array), 0);
  EXPECT_EQ(ArrowArrayAppendNull(array->children[0], 1), 0);
  append(300);
  EXPECT_EQ(ArrowArrayFinishElement(array), 0);
  Finish(&column);
  return column;
}

TEST(EncodeColumnTest, ListsWithNulls) {
  using enum ValueType;
  for (ArrowType list : {NANOARROW_TYPE_LIST, NANOARROW_TYPE_LARGE_LIST}) {
    EXPECT_EQ(Encoded(Lists(NANOARROW_TYPE_INT64, list), kInt64List),
              "72040a020102||7200|72050a0300ac02|");
    EXPECT_EQ(Encoded(Lists(NANOARROW_TYPE_INT32, list), kInt64List),
              "72040a020102||7200|72050a0300ac02|");
    EXPECT_EQ(Encoded(Lists(NANOARROW_TYPE_INT32, list), kInt32List),
              "6a040a020102||6a00|6a050a0300ac02|");
    EXPECT_EQ(Encoded(Lists(NANOARROW_TYPE_STRING, list), kStringList),
              "62060a01310a0132||6200|62070a000a03333030|");
    // The slow road gives the same: text to numbers.
    EXPECT_EQ(Encoded(Lists(NANOARROW_TYPE_STRING, list), kInt64List),
              "72040a020102||7200|72050a0300ac02|");
  }
  EXPECT_EQ(Encoded(Lists(NANOARROW_TYPE_BOOL), kBoolList),
            "8a01040a020101||8a0100|8a01040a020001|");
  EXPECT_EQ(Encoded(Lists(NANOARROW_TYPE_TIMESTAMP), kUnixTimestampList),
            "9201040a020000||920100|92010d0a0b8080808080808080800100|");
  Column sliced = Lists(NANOARROW_TYPE_INT64);
  sliced.array->offset = 3;
  sliced.array->length = 1;
  EXPECT_EQ(Encoded(sliced, kInt64List), "72050a0300ac02|");
}

TEST(EncodeColumnTest, ListsOfWholeNumbersTakeNoFractions) {
  EXPECT_EQ(Encoded(Lists(NANOARROW_TYPE_DOUBLE), ValueType::kInt64List),
            "INVALID_ARGUMENT: column c, row 0: cannot convert '1.5' to INT64_LIST");
  EXPECT_EQ(Encoded(Lists(NANOARROW_TYPE_DOUBLE), ValueType::kInt32Set).substr(0, 16),
            "INVALID_ARGUMENT");
}

TEST(EncodeColumnTest, ErrorsNameColumnAndRow) {
  Column column = Start(NANOARROW_TYPE_STRING);
  for (const char* text : {"1", "x"}) {
    ASSERT_EQ(ArrowArrayAppendString(column.array.get(), ArrowCharView(text)), 0);
  }
  Finish(&column);
  EXPECT_EQ(Encoded(column, ValueType::kInt64),
            "INVALID_ARGUMENT: column c, row 1: cannot convert 'x' to INT64");
  EXPECT_EQ(TimesOfColumn("c", *column.schema.get(), *column.array.get()).status().code(),
            StatusCode::kInvalidArgument);
}

TEST(TimesOfColumnTest, TextAndDictionaries) {
  Column values = Start(NANOARROW_TYPE_STRING);
  for (const char* text : {"2024-01-02T03:04:05.678901Z", "2024-01-02 04:04:05+01:00"}) {
    ASSERT_EQ(ArrowArrayAppendString(values.array.get(), ArrowCharView(text)), 0);
  }
  Finish(&values);
  Column column;
  ArrowSchemaInit(column.schema.get());
  ASSERT_EQ(ArrowSchemaSetType(column.schema.get(), NANOARROW_TYPE_INT32), 0);
  ASSERT_EQ(ArrowSchemaAllocateDictionary(column.schema.get()), 0);
  ASSERT_EQ(ArrowSchemaDeepCopy(values.schema.get(), column.schema->dictionary), 0);
  ASSERT_EQ(ArrowArrayInitFromType(column.array.get(), NANOARROW_TYPE_INT32), 0);
  ASSERT_EQ(ArrowArrayStartAppending(column.array.get()), 0);
  for (int64_t index : {1, 0}) ASSERT_EQ(ArrowArrayAppendInt(column.array.get(), index), 0);
  ASSERT_EQ(ArrowArrayAppendNull(column.array.get(), 1), 0);
  Finish(&column);
  ASSERT_EQ(ArrowArrayAllocateDictionary(column.array.get()), 0);
  *column.array->dictionary = values.array.Take();
  auto times = TimesOfColumn("c", *column.schema.get(), *column.array.get());
  ASSERT_TRUE(times.ok()) << times.status().ToString();
  EXPECT_EQ((*times)[0], 1704164645000000);
  EXPECT_EQ((*times)[1], 1704164645678901);
  EXPECT_FALSE((*times)[2]);
}

types::Value RandomValue(ValueType type, std::mt19937_64* random) {
  types::Value value;
  const int count = static_cast<int>((*random)() % 4);
  const auto number = [&] { return static_cast<int64_t>((*random)()); };
  const auto text = [&] { return std::string((*random)() % 5, 'x'); };
  switch (type) {
    case ValueType::kBytes:
      value.set_bytes_val(text());
      break;
    case ValueType::kString:
      value.set_string_val(text());
      break;
    case ValueType::kInt32:
      value.set_int32_val(static_cast<int32_t>(number()));
      break;
    case ValueType::kInt64:
      value.set_int64_val(number());
      break;
    case ValueType::kDouble:
      value.set_double_val(static_cast<double>(number()) / 3);
      break;
    case ValueType::kFloat:
      value.set_float_val(static_cast<float>(number()) / 3);
      break;
    case ValueType::kBool:
      value.set_bool_val(count > 1);
      break;
    case ValueType::kUnixTimestamp:
      value.set_unix_timestamp_val(number() % 10'000'000'000);
      break;
    case ValueType::kInt64List:
      value.mutable_int64_list_val();
      for (int i = 0; i < count; ++i) value.mutable_int64_list_val()->add_val(number());
      break;
    case ValueType::kInt32List:
      value.mutable_int32_list_val();
      for (int i = 0; i < count; ++i) {
        value.mutable_int32_list_val()->add_val(static_cast<int32_t>(number()));
      }
      break;
    case ValueType::kFloatList:
      value.mutable_float_list_val();
      for (int i = 0; i < count; ++i) value.mutable_float_list_val()->add_val(0.25f * i);
      break;
    case ValueType::kDoubleList:
      value.mutable_double_list_val();
      for (int i = 0; i < count; ++i) value.mutable_double_list_val()->add_val(0.1 * i);
      break;
    case ValueType::kBoolList:
      value.mutable_bool_list_val();
      for (int i = 0; i < count; ++i) value.mutable_bool_list_val()->add_val(i == 1);
      break;
    case ValueType::kStringList:
      value.mutable_string_list_val();
      for (int i = 0; i < count; ++i) value.mutable_string_list_val()->add_val(text());
      break;
    case ValueType::kMap:
      (*value.mutable_map_val()->mutable_val())["k"].set_string_val(text());
      break;
    default:
      value.set_json_val("{\"a\": 1}");
  }
  return value;
}

TEST(ColumnRoundTripTest, DecodeThenEncodeGivesProtobufsBytes) {
  std::mt19937_64 random(3);
  using enum ValueType;
  for (ValueType type :
       {kBytes, kString, kInt32, kInt64, kDouble, kFloat, kBool, kUnixTimestamp, kInt64List,
        kInt32List, kFloatList, kDoubleList, kBoolList, kStringList, kMap, kJson}) {
    std::vector<std::string> rows;
    for (int i = 0; i < 200; ++i) {
      rows.push_back(i % 7 == 0 ? "" : RandomValue(type, &random).SerializeAsString());
    }
    const std::vector<std::string_view> views(rows.begin(), rows.end());
    Column column;
    ASSERT_TRUE(DecodeColumn(views, type, "c", &column.schema, &column.array).ok());
    EXPECT_EQ(column.array->length, 200);
    EXPECT_EQ(ValueTypeOfArrow(*column.schema.get()), type) << FactsOf(type).name;
    EncodedColumn again;
    Status status = EncodeColumn("c", *column.schema.get(), *column.array.get(), type, &again);
    ASSERT_TRUE(status.ok()) << status.ToString();
    for (size_t row = 0; row < rows.size(); ++row) {
      const bool nat = type == ValueType::kUnixTimestamp && rows[row].empty();
      ASSERT_EQ(ToHex(again.Row(row)), nat ? "4080808080808080808001" : ToHex(rows[row]))
          << FactsOf(type).name << " row " << row;
    }
  }
}

TEST(DecodeColumnTest, EveryTypeHasAnArrowForm) {
  for (const ValueTypeFacts& facts : AllValueTypes()) {
    Column column;
    const std::vector<std::string_view> values{"", ""};
    const Status status = DecodeColumn(values, facts.type, "c", &column.schema, &column.array);
    ASSERT_TRUE(status.ok()) << facts.name << ": " << status.ToString();
    EXPECT_EQ(column.array->length, 2);
  }
}

TEST(DecodeColumnTest, NoiseNeverCrashes) {
  std::mt19937 random(5);
  for (int i = 0; i < 20000; ++i) {
    std::string bytes(random() % 12, '\0');
    for (char& c : bytes) c = static_cast<char>(random());
    const std::vector<std::string_view> values{bytes};
    Column column;
    const auto& types = AllValueTypes();
    (void)DecodeColumn(values, types[random() % types.size()].type, "c", &column.schema,
                       &column.array);
  }
}

}  // namespace
}  // namespace feast
