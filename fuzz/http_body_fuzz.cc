#include "fuzz/fuzz_target.h"

#include "feast/codec/column_codec.h"
#include "feast/codec/entity_key.h"
#include "feast/codec/raw_convert.h"
#include "feast/codec/value_bytes.h"
#include "feast/codec/value_json.h"
#include "feast/server/data_frame.h"
#include "feast/server/http/body_fields.h"
#include "feast/types/arrow_stream.h"

namespace feast::fuzz {
namespace {

constexpr int kAnswerDepth = 1000;

void CheckRefusal(const BodyFields& fields) {
  if (fields.ok()) return;
  const HttpResponse refusal = fields.Refusal();
  Expect(refusal.status == 422 || refusal.status == 400, "a wrong body is the caller's fault");
  Expect(ParseJson(refusal.body, kAnswerDepth).ok(), "a refusal is JSON", refusal.body);
}

// A value as bytes is what a client would read, and prints as JSON.
void CheckValue(const RawValue& value, ValueType type) {
  std::string bytes;
  if (!AppendValueBytes(value, type, &bytes).ok()) return;
  types::Value message;
  Expect(message.ParseFromString(bytes), "encoded values are protobuf values");
  Expect(TypeOfValueBytes(bytes).ok(), "encoded values have a type");
  std::string json;
  Expect(AppendValueJson(bytes, &json).ok(), "encoded values print");
  Expect(ParseJson(json, kAnswerDepth).ok(), "printed values are JSON", json);
}

// /get-online-features
void ReadEntities(std::string_view body) {
  BodyFields fields(body);
  const auto columns = fields.Columns("entities");
  fields.OptionalText("feature_service");
  fields.TextList("features");
  fields.OptionalTextList("feature_views");
  fields.Flag("full_feature_names", false);
  CheckRefusal(fields);
  for (const auto& [name, values] : columns) {
    for (const RawValue& value : values) {
      const ValueType type = InferValueType(value);
      if (type != ValueType::kInvalid) CheckValue(value, type);
      CheckValue(value, ValueType::kMap);
      CheckValue(value, ValueType::kJson);
      CheckValue(value, ValueType::kUnixTimestampList);
      for (const ValueType key_type :
           {ValueType::kString, ValueType::kInt64, ValueType::kInt32, ValueType::kUnixTimestamp}) {
        const auto encoder = EntityKeyEncoder::Make({{name, key_type}});
        const RawValue* given[] = {&value};
        std::string key;
        if (!encoder->Append(given, &key).ok()) continue;
        Expect(DeserializeEntityKey(key).ok(), "entity keys read back");
      }
    }
  }
}

// /push and /write-to-online-store
void ReadRows(std::string_view body) {
  BodyFields fields(body);
  fields.Text("push_source_name");
  const RawValue::Map frame = fields.Object("df");
  fields.Text("to", "online");
  CheckRefusal(fields);
  auto stream = DataFrameToStream(frame);
  if (!stream.ok()) return;
  const auto schema = SchemaOfStream(stream->get());
  Expect(schema.ok(), "a data frame has a schema");
  OwnedArray batch;
  const auto more = NextBatch(stream->get(), batch.get());
  Expect(more.ok() && *more, "a data frame is one batch");
  const ArrowSchema& columns = *schema->get();
  for (int64_t i = 0; i < columns.n_children; ++i) {
    const ArrowSchema& column = *columns.children[i];
    const ArrowArray& array = *batch->children[i];
    for (const ValueType type :
         {ValueTypeOfArrow(column), ValueType::kString, ValueType::kInt64, ValueType::kDoubleList,
          ValueType::kUnixTimestamp, ValueType::kBytes}) {
      EncodedColumn encoded;
      if (!EncodeColumn(column.name, column, array, type, &encoded).ok()) continue;
      Expect(static_cast<int64_t>(encoded.ends.size()) == batch->length, "every row is encoded");
    }
    const auto times = TimesOfColumn(column.name, column, array);
    if (times.ok()) Expect(static_cast<int64_t>(times->size()) == batch->length, "a time a row");
  }
}

}  // namespace
}  // namespace feast::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view body = feast::fuzz::TextOf(data, size);
  feast::fuzz::ReadEntities(body);
  feast::fuzz::ReadRows(body);
  return 0;
}
