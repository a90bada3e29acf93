#include <google/protobuf/stubs/logging.h>

#include <cstring>

#include "fuzz/fuzz_target.h"

#include "feast/codec/entity_key.h"
#include "feast/codec/value_bytes.h"

namespace feast::fuzz {
namespace {

// Any bytes: refused, or a key that survives being written and read again.
void Decode(std::string_view bytes) {
  const auto key = DeserializeEntityKey(bytes);
  if (!key.ok()) return;
  for (const int version : {2, 3}) {
    const auto written = SerializeEntityKey(*key, version);
    if (!written.ok() || version == 2) continue;
    const auto again = DeserializeEntityKey(*written);
    Expect(again.ok(), "what was written can be read");
    const auto rewritten = SerializeEntityKey(*again, version);
    Expect(rewritten.ok() && *rewritten == *written, "reading and writing changes nothing");
  }
}

constexpr ValueType kTypes[] = {ValueType::kString, ValueType::kInt64, ValueType::kInt32,
                                ValueType::kBytes, ValueType::kUnixTimestamp};

// One part of a key, cut from the input: a byte for type and form, a byte for the length, the rest.
RawValue CutValue(std::string_view* rest, ValueType* type) {
  const auto head = static_cast<uint8_t>(rest->front());
  rest->remove_prefix(1);
  *type = kTypes[head % std::size(kTypes)];
  if (head & 0x80) {
    int64_t number = 0;
    const size_t size = std::min(sizeof number, rest->size());
    std::memcpy(&number, rest->data(), size);
    rest->remove_prefix(size);
    return RawValue{number};
  }
  size_t size = rest->empty() ? 0 : static_cast<uint8_t>(rest->front());
  rest->remove_prefix(rest->empty() ? 0 : 1);
  size = std::min(size, rest->size());
  const std::string text(rest->substr(0, size));
  rest->remove_prefix(size);
  return *type == ValueType::kBytes ? RawValue{RawBytes{text}} : RawValue{text};
}

// A key built from the input: both ways to write it give the same bytes, and version 3 reads back.
void Build(std::string_view rest) {
  std::vector<JoinKey> keys;
  std::vector<RawValue> values;
  while (!rest.empty() && keys.size() < 4) {
    ValueType type{};
    values.push_back(CutValue(&rest, &type));
    keys.push_back({"key" + std::to_string((keys.size() * 7 + 3) % 4), type});
  }
  std::vector<const RawValue*> given;
  given.reserve(values.size());
  for (const RawValue& value : values) given.push_back(&value);
  for (const int version : {2, 3}) {
    const auto encoder = EntityKeyEncoder::Make(keys, version);
    Expect(encoder.ok(), "scalar key types are taken");
    std::string bytes;
    if (!encoder->Append(given, &bytes).ok()) {
      Expect(bytes.empty(), "a refused key leaves nothing behind");
      continue;
    }
    types::EntityKey message;
    for (size_t i = 0; i < keys.size(); ++i) {
      std::string value;
      if (!AppendValueBytes(values[i], keys[i].type, &value).ok()) return;
      message.add_join_keys(keys[i].name);
      if (!message.add_entity_values()->ParseFromString(value)) return;  // text that is not UTF-8
    }
    const auto written = SerializeEntityKey(message, version);
    Expect(written.ok() && *written == bytes, "both writers agree");
    if (version == 2) continue;
    const auto read = DeserializeEntityKey(bytes);
    Expect(read.ok() && *SerializeEntityKey(*read, version) == bytes, "the key reads back");
  }
}

}  // namespace
}  // namespace feast::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const google::protobuf::LogSilencer quiet;  // text that is not UTF-8 is said to stderr
  const std::string_view input = feast::fuzz::TextOf(data, size);
  feast::fuzz::Decode(input);
  feast::fuzz::Build(input);
  return 0;
}
