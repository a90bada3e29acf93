// A column of each kind through the codecs; time is CPU time, items are values. Every encoded row
// is compared with what protobuf itself makes of the value before anything is timed.
#include <benchmark/benchmark.h>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "feast/codec/column_codec.h"
#include "feast/codec/entity_key.h"
#include "feast/codec/value_json.h"
#include "feast/types/Value.pb.h"

namespace feast {
namespace {

constexpr int kRows = 10'000;

/// Value number `row` of that type; lists have eight items.
types::Value MakeValue(ValueType type, int row) {
  types::Value value;
  const int64_t number = int64_t{row} * 7919 % 100'003;
  constexpr int kItems = 8;
  switch (type) {
    case ValueType::kInt64:
      value.set_int64_val(number);
      break;
    case ValueType::kDouble:
      value.set_double_val(static_cast<double>(number) / 4);
      break;
    case ValueType::kBool:
      value.set_bool_val(number % 2 == 0);
      break;
    case ValueType::kString:
      value.set_string_val("text number " + std::to_string(number));
      break;
    case ValueType::kUnixTimestamp:
      value.set_unix_timestamp_val(1'700'000'000 + number);
      break;
    case ValueType::kInt64List:
      for (int i = 0; i < kItems; ++i) value.mutable_int64_list_val()->add_val(number + i);
      break;
    case ValueType::kBoolList:
      for (int i = 0; i < kItems; ++i) value.mutable_bool_list_val()->add_val((number + i) % 2);
      break;
    case ValueType::kFloatList:
      for (int i = 0; i < kItems; ++i) {
        value.mutable_float_list_val()->add_val(static_cast<float>(number + i));
      }
      break;
    case ValueType::kStringList:
      for (int i = 0; i < kItems; ++i) {
        value.mutable_string_list_val()->add_val("item " + std::to_string(number + i));
      }
      break;
    case ValueType::kUnixTimestampList:
      for (int i = 0; i < kItems; ++i) {
        value.mutable_unix_timestamp_list_val()->add_val(1'700'000'000 + number + i);
      }
      break;
    default:
      std::abort();
  }
  return value;
}

struct Sample {
  std::vector<std::string> bytes;
  std::vector<std::string_view> views;
  OwnedSchema schema;
  OwnedArray array;
};

[[noreturn]] void Fail(const std::string& what) {
  std::fprintf(stderr, "codecs_bench: %s\n", what.c_str());
  std::exit(1);
}

/// Protobuf's bytes, decoded to Arrow and encoded again: both ways must agree with protobuf.
Sample MakeSample(ValueType type) {
  Sample sample;
  for (int row = 0; row < kRows; ++row) {
    sample.bytes.push_back(MakeValue(type, row).SerializeAsString());
  }
  sample.views.assign(sample.bytes.begin(), sample.bytes.end());
  const Status decoded = DecodeColumn(sample.views, type, "c", &sample.schema, &sample.array);
  if (!decoded.ok()) Fail(decoded.ToString());
  EncodedColumn again;
  const Status encoded = EncodeColumn("c", *sample.schema.get(), *sample.array.get(), type, &again);
  if (!encoded.ok()) Fail(encoded.ToString());
  for (size_t row = 0; row < sample.bytes.size(); ++row) {
    if (again.Row(row) != sample.bytes[row]) {
      Fail(std::string(FactsOf(type).name) + " differs from protobuf in row " +
           std::to_string(row));
    }
  }
  return sample;
}

void Encode(benchmark::State& state, ValueType type) {
  const Sample sample = MakeSample(type);
  for (auto step : state) {
    EncodedColumn out;
    const Status status = EncodeColumn("c", *sample.schema.get(), *sample.array.get(), type, &out);
    if (!status.ok()) Fail(status.ToString());
    benchmark::DoNotOptimize(out.bytes.data());
  }
  state.SetItemsProcessed(state.iterations() * kRows);
}

void Decode(benchmark::State& state, ValueType type) {
  const Sample sample = MakeSample(type);
  for (auto step : state) {
    OwnedSchema schema;
    OwnedArray array;
    const Status status = DecodeColumn(sample.views, type, "c", &schema, &array);
    if (!status.ok()) Fail(status.ToString());
    benchmark::DoNotOptimize(array.get());
  }
  state.SetItemsProcessed(state.iterations() * kRows);
}

void Json(benchmark::State& state, ValueType type) {
  const Sample sample = MakeSample(type);
  std::string text;
  for (auto step : state) {
    text.clear();
    for (const std::string_view value : sample.views) {
      if (!AppendValueJson(value, &text).ok()) Fail("JSON");
    }
    benchmark::DoNotOptimize(text.data());
  }
  state.SetItemsProcessed(state.iterations() * kRows);
}

void Keys(benchmark::State& state) {
  const auto encoder = EntityKeyEncoder::Make({{"driver_id", ValueType::kInt64}});
  if (!encoder.ok()) Fail(encoder.status().ToString());
  std::vector<RawValue> values;
  for (int64_t row = 0; row < kRows; ++row) values.push_back({row});
  types::EntityKey message;
  message.add_join_keys("driver_id");
  message.add_entity_values()->set_int64_val(kRows - 1);
  std::string keys;
  for (auto step : state) {
    keys.clear();
    for (const RawValue& value : values) {
      const RawValue* const parts[] = {&value};
      if (!encoder->Append(parts, &keys).ok()) Fail("key");
    }
    benchmark::DoNotOptimize(keys.data());
  }
  const auto expected = SerializeEntityKey(message);
  if (!expected.ok() || !keys.ends_with(*expected)) Fail("the last key is wrong");
  state.SetItemsProcessed(state.iterations() * kRows);
}

void Register() {
  using enum ValueType;
  for (const ValueType type : {kInt64, kDouble, kBool, kString, kUnixTimestamp, kInt64List,
                               kBoolList, kFloatList, kStringList, kUnixTimestampList}) {
    const std::string name(FactsOf(type).name);
    benchmark::RegisterBenchmark(("encode/" + name).c_str(), Encode, type);
    benchmark::RegisterBenchmark(("decode/" + name).c_str(), Decode, type);
    benchmark::RegisterBenchmark(("json/" + name).c_str(), Json, type);
  }
  benchmark::RegisterBenchmark("entity_key/INT64", Keys);
}

}  // namespace
}  // namespace feast

int main(int argc, char** argv) {
  feast::Register();
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
