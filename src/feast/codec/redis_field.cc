#include "feast/codec/redis_field.h"

#include "feast/codec/murmur_hash.h"
#include "feast/codec/wire_format.h"

namespace feast {

std::string RedisFeatureField(std::string_view view, std::string_view feature) {
  std::string name;
  name.reserve(view.size() + 1 + feature.size());
  name.append(view).append(1, ':').append(feature);
  std::string field;
  AppendFixed(MurmurHash32(name), &field);
  return field;
}

std::string RedisTimestampField(std::string_view view) { return std::string("_ts:").append(view); }

void AppendTimestampBytes(Micros time, std::string* out) {
  int64_t seconds = time / kMicrosPerSecond;
  int64_t micros = time % kMicrosPerSecond;
  if (micros < 0) {
    micros += kMicrosPerSecond;
    --seconds;
  }
  if (seconds != 0) AppendVarintField(1, static_cast<uint64_t>(seconds), out);
  if (micros != 0) AppendVarintField(2, static_cast<uint64_t>(micros * 1000), out);
}

Result<Micros> TimeOfTimestampBytes(std::string_view bytes) {
  int64_t seconds = 0;
  int64_t nanos = 0;
  WireReader reader(bytes);
  WireField field;
  while (reader.Next(&field)) {
    if (field.type != WireType::kVarint) continue;
    if (field.field == 1) seconds = static_cast<int64_t>(field.number);
    if (field.field == 2) nanos = static_cast<int32_t>(field.number);
  }
  FEAST_RETURN_IF_ERROR(reader.status().Annotate("event time"));
  Micros micros = 0;
  if (__builtin_mul_overflow(seconds, kMicrosPerSecond, &micros) ||
      __builtin_add_overflow(micros, nanos / 1000, &micros)) {
    return Status::DataLoss("event time out of range: " + std::to_string(seconds) + " s");
  }
  return micros;
}

}  // namespace feast
