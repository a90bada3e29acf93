#include "response_wire.h"

#include "feast/codec/wire_format.h"

namespace feast::native {
namespace {

// Numbers of feast/serving/ServingService.proto.
constexpr uint32_t kMetadata = 1;
constexpr uint32_t kResults = 2;
constexpr uint32_t kFeatureNames = 1;
constexpr uint32_t kFeatureViewMetadata = 2;
constexpr Micros kMicrosPerSecond = 1'000'000;

void AppendTimestamp(Micros time, std::string* out) {
  Micros seconds = time / kMicrosPerSecond;
  Micros rest = time % kMicrosPerSecond;
  if (rest < 0) {
    rest += kMicrosPerSecond;
    --seconds;
  }
  std::string message;
  if (seconds != 0) AppendVarintField(1, static_cast<uint64_t>(seconds), &message);
  if (rest != 0) AppendVarintField(2, static_cast<uint64_t>(rest * 1000), &message);
  AppendBytesField(3, message, out);
}

std::string Metadata(const OnlineResponse& response) {
  std::string names;
  for (const OnlineColumn& column : response.columns) AppendBytesField(1, column.name, &names);
  std::string metadata;
  AppendBytesField(kFeatureNames, names, &metadata);
  for (const auto& [view, version] : response.view_versions) {
    std::string message;
    AppendBytesField(1, view, &message);
    if (version != 0) AppendVarintField(2, static_cast<uint64_t>(version), &message);
    AppendBytesField(kFeatureViewMetadata, message, &metadata);
  }
  return metadata;
}

std::string Vector(const OnlineColumn& column) {
  std::string out;
  for (const std::string_view value : column.values) AppendBytesField(1, value, &out);
  std::string statuses;
  for (const FieldStatus status : column.statuses) {
    AppendVarint(static_cast<uint64_t>(status), &statuses);
  }
  if (!statuses.empty()) AppendBytesField(2, statuses, &out);
  for (const Micros time : column.event_times) AppendTimestamp(time, &out);
  return out;
}

}  // namespace

std::string ToWire(const OnlineResponse& response) {
  std::string out;
  AppendBytesField(kMetadata, Metadata(response), &out);
  for (const OnlineColumn& column : response.columns) {
    AppendBytesField(kResults, Vector(column), &out);
  }
  return out;
}

}  // namespace feast::native
