#include "feast/server/grpc/row_request.h"

#include <gtest/gtest.h>

#include "feast/codec/python_text.h"
#include "feast/codec/wire_format.h"
#include "feast/types/Value.pb.h"

namespace feast {
namespace {

void AppendEntry(uint32_t field, std::string_view name, std::string_view value, std::string* out) {
  std::string entry;
  AppendBytesField(1, name, &entry);
  AppendBytesField(2, value, &entry);
  AppendBytesField(field, entry, out);
}

std::string Shown(const Result<RowRequest>& row) {
  if (!row.ok()) return row.status().ToString();
  std::string text;
  AppendPythonStr(RawValue{row->columns}, &text);
  return text;
}

TEST(RowRequestTest, TextsStayTexts) {
  std::string message;
  AppendEntry(1, "a", "1", &message);
  AppendEntry(1, "b", "", &message);
  AppendEntry(1, "a", "2", &message);  // the last one counts
  AppendBytesField(2, "source", &message);
  AppendBytesField(4, "online", &message);
  const auto row = RowRequest::Decode(message, kPushFields);
  EXPECT_EQ(Shown(row), "{'a': ['2'], 'b': ['']}");
  EXPECT_EQ(row->name, "source");
  EXPECT_EQ(row->to, "online");
  EXPECT_FALSE(row->allow_registry_cache);
  EXPECT_TRUE(row->Rows().ok());
}

TEST(RowRequestTest, TypedValuesKeepTheirTypes) {
  types::Value number, time, nothing, list, map, bytes;
  number.set_int64_val(7);
  time.set_unix_timestamp_val(1717416000);
  list.mutable_double_list_val()->add_val(0.5);
  (*map.mutable_map_val()->mutable_val())["k"].set_int64_val(1);
  bytes.set_bytes_val("\x01");
  for (const RowFields& fields : {kPushFields, kWriteFields}) {
    std::string message;
    AppendEntry(fields.typed, "number", number.SerializeAsString(), &message);
    AppendEntry(fields.typed, "time", time.SerializeAsString(), &message);
    AppendEntry(fields.typed, "nothing", nothing.SerializeAsString(), &message);
    AppendEntry(fields.typed, "list", list.SerializeAsString(), &message);
    AppendEntry(fields.typed, "map", map.SerializeAsString(), &message);
    AppendEntry(fields.typed, "bytes", bytes.SerializeAsString(), &message);
    AppendVarintField(3, 1, &message);
    const auto row = RowRequest::Decode(message, fields);
    EXPECT_EQ(Shown(row),
              "{'number': [7], 'time': ['2024-06-03T12:00:00Z'], 'nothing': [None], "
              "'list': [[0.5]], 'map': ['{\"k\": 1}'], 'bytes': [b'\\x01']}");
    EXPECT_TRUE(row->allow_registry_cache);
    EXPECT_TRUE(row->Rows().ok());
  }
}

TEST(RowRequestTest, TimesThatAreNone) {
  types::Value time;
  time.set_unix_timestamp_val(INT64_MIN);
  std::string message;
  AppendEntry(5, "t", time.SerializeAsString(), &message);
  EXPECT_EQ(Shown(RowRequest::Decode(message, kPushFields)), "{'t': [None]}");
}

TEST(RowRequestTest, SaysWhatIsWrong) {
  std::string both;
  AppendEntry(1, "a", "1", &both);
  AppendEntry(5, "b", "", &both);
  EXPECT_EQ(Shown(RowRequest::Decode(both, kPushFields)),
            "INVALID_ARGUMENT: Only one of features or typed_features may be set, not both");
  EXPECT_EQ(Shown(RowRequest::Decode("\x0a\x05", kPushFields)),
            "INVALID_ARGUMENT: the request is damaged");
  EXPECT_EQ(Shown(RowRequest::Decode("\x12\x01\xff", kPushFields)),
            "INVALID_ARGUMENT: field 2 is no text in UTF-8");
  std::string broken;
  AppendEntry(5, "b", "\x20", &broken);
  EXPECT_EQ(Shown(RowRequest::Decode(broken, kPushFields)),
            "INVALID_ARGUMENT: feature 'b': not a Value: truncated or damaged");
}

}  // namespace
}  // namespace feast
