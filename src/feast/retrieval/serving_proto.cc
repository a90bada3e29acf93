#include "feast/retrieval/serving_proto.h"

#include <bit>
#include <utility>

#include "feast/codec/iso_time.h"
#include "feast/codec/value_read.h"
#include "feast/codec/wire_text.h"

namespace feast {
namespace {

constexpr std::string_view kNoRequest = "not a GetOnlineFeaturesRequest";

Status NoRequest(std::string_view why) {
  return Status::InvalidArgument(std::string(why)).Annotate(kNoRequest);
}

Status ReadFeatureList(const WireField& message, std::vector<std::string>* features) {
  WireReader reader(message.bytes);
  WireField field;
  while (reader.Next(&field)) {
    if (field.field == 1)
      FEAST_RETURN_IF_ERROR(ReadText(field, &features->emplace_back()).Annotate(kNoRequest));
  }
  return reader.damaged() ? NoRequest("damaged features") : Status::OK();
}

/// One entry of a map of RepeatedValues; of a name that comes twice the last column counts.
Status ReadColumn(const WireField& entry, OnlineRequest* request) {
  std::string name;
  std::string_view column;
  WireReader parts(entry.bytes);
  WireField part;
  while (parts.Next(&part)) {
    if (part.field == 1) FEAST_RETURN_IF_ERROR(ReadText(part, &name).Annotate(kNoRequest));
    if (part.field == 2 && part.type == WireType::kBytes) column = part.bytes;
  }
  std::vector<RawValue> values;
  WireReader rows(column);
  WireField row;
  while (rows.Next(&row)) {
    if (row.field != 1 || row.type != WireType::kBytes) continue;
    auto value = ReadValue(row.bytes);
    if (!value.ok()) {
      return value.status().Annotate("column '" + name + "', row " + std::to_string(values.size()));
    }
    values.push_back(*std::move(value));
  }
  if (parts.damaged() || rows.damaged()) return NoRequest("a damaged column");
  for (auto& [known, old] : request->entities) {
    if (known != name) continue;
    old = std::move(values);
    return Status::OK();
  }
  request->entities.emplace_back(std::move(name), std::move(values));
  return Status::OK();
}

/// Writes into memory that is large enough.
class Writer {
 public:
  explicit Writer(char* at) : at_(at) {}

  void Varint(uint64_t value) {
    for (; value >= 0x80; value >>= 7) *at_++ = static_cast<char>(value | 0x80);
    *at_++ = static_cast<char>(value);
  }
  /// The head of a field of length `size`; fields up to 15.
  void Head(uint32_t field, size_t size) {
    *at_++ = static_cast<char>(field << 3 | static_cast<uint32_t>(WireType::kBytes));
    Varint(size);
  }
  void Bytes(uint32_t field, std::string_view bytes) {
    Head(field, bytes.size());
    Raw(bytes);
  }
  void Number(uint32_t field, uint64_t value) {
    *at_++ = static_cast<char>(field << 3);
    Varint(value);
  }
  void Raw(std::string_view bytes) {
    if (bytes.empty()) return;
    std::memcpy(at_, bytes.data(), bytes.size());
    at_ += bytes.size();
  }
  void Byte(uint8_t byte) { *at_++ = static_cast<char>(byte); }
  const char* at() const { return at_; }

 private:
  char* at_;
};

size_t VarintSize(uint64_t value) {
  return (static_cast<size_t>(std::bit_width(value | 1)) + 6) / 7;
}
size_t FieldSize(size_t bytes) { return 1 + VarintSize(bytes) + bytes; }

/// One Timestamp with its field number and length, ready to copy.
class EncodedTime {
 public:
  explicit EncodedTime(Micros time) {
    const Micros seconds = FloorDivide(time, kMicrosPerSecond);
    const auto nanos = static_cast<uint64_t>(time - seconds * kMicrosPerSecond) * 1000;
    Writer body(bytes_ + 2);
    if (seconds != 0) body.Number(1, static_cast<uint64_t>(seconds));
    if (nanos != 0) body.Number(2, nanos);
    size_ = static_cast<size_t>(body.at() - bytes_);
    Writer(bytes_).Head(3, size_ - 2);
  }
  std::string_view bytes() const { return {bytes_, size_}; }

 private:
  char bytes_[32];
  size_t size_ = 0;
};

/// Calls `take` with the encoded time of each row; equal times in a row are encoded once.
template <typename Take>
void EachTime(std::span<const Micros> times, Take take) {
  if (times.empty()) return;
  EncodedTime encoded(times[0]);
  for (size_t row = 0; row < times.size(); ++row) {
    if (row > 0 && times[row] != times[row - 1]) encoded = EncodedTime(times[row]);
    take(encoded.bytes());
  }
}

/// The size of a column's FeatureVector.
Result<size_t> SizeOf(const OnlineColumn& column) {
  size_t size = column.statuses.empty() ? 0 : FieldSize(column.statuses.size());
  for (const std::string_view value : column.values) {
    if (Status status = CheckValue(value); !status.ok()) {
      return status.Annotate("column " + std::string(column.name));
    }
    size += FieldSize(value.size());
  }
  EachTime(column.event_times, [&](std::string_view time) { size += time.size(); });
  return size;
}

void WriteColumn(const OnlineColumn& column, size_t size, Writer* out) {
  out->Head(2, size);
  for (const std::string_view value : column.values) out->Bytes(1, value);
  if (!column.statuses.empty()) out->Head(2, column.statuses.size());
  for (const FieldStatus status : column.statuses) out->Byte(static_cast<uint8_t>(status));
  EachTime(column.event_times, [&](std::string_view time) { out->Raw(time); });
}

size_t SizeOf(const std::pair<std::string, int>& view) {
  return (view.first.empty() ? 0 : FieldSize(view.first.size())) +
         (view.second == 0 ? 0 : 1 + VarintSize(static_cast<uint64_t>(view.second)));
}

struct MetadataSize {
  explicit MetadataSize(const OnlineResponse& response) {
    for (const OnlineColumn& column : response.columns) names += FieldSize(column.name.size());
    all = FieldSize(names);
    for (const auto& view : response.view_versions) all += FieldSize(SizeOf(view));
  }
  size_t names = 0;  ///< of the FeatureList
  size_t all = 0;
};

void WriteMetadata(const OnlineResponse& response, const MetadataSize& size, Writer* out) {
  out->Head(1, size.all);
  out->Head(1, size.names);
  for (const OnlineColumn& column : response.columns) out->Bytes(1, column.name);
  for (const auto& view : response.view_versions) {
    out->Head(2, SizeOf(view));
    if (!view.first.empty()) out->Bytes(1, view.first);
    if (view.second != 0) out->Number(2, static_cast<uint64_t>(view.second));
  }
}

}  // namespace

Result<OnlineRequest> DecodeOnlineRequest(std::string_view bytes) {
  OnlineRequest request;
  OnlineRequest context;
  WireReader reader(bytes);
  WireField field;
  while (reader.Next(&field)) {
    const bool is_message = field.type == WireType::kBytes;
    const bool is_number = field.type == WireType::kVarint;
    if (field.field == 1) {
      request.features.clear();
      FEAST_RETURN_IF_ERROR(ReadText(field, &request.feature_service).Annotate(kNoRequest));
    } else if (field.field == 2 && is_message) {
      request.feature_service.clear();
      FEAST_RETURN_IF_ERROR(ReadFeatureList(field, &request.features));
    } else if (field.field == 3 && is_message) {
      FEAST_RETURN_IF_ERROR(ReadColumn(field, &request));
    } else if (field.field == 4 && is_number) {
      request.full_feature_names = field.number != 0;
    } else if (field.field == 5 && is_message) {
      FEAST_RETURN_IF_ERROR(ReadColumn(field, &context));
    } else if (field.field == 6 && is_number) {
      request.include_version_metadata = field.number != 0;
    }
  }
  if (reader.damaged()) return NoRequest("truncated or damaged");
  for (auto& column : context.entities) request.entities.push_back(std::move(column));
  return request;
}

Result<std::string> EncodeOnlineResponse(const OnlineResponse& response) {
  const MetadataSize metadata(response);
  size_t total = FieldSize(metadata.all);
  std::vector<size_t> sizes;
  sizes.reserve(response.columns.size());
  for (const OnlineColumn& column : response.columns) {
    FEAST_ASSIGN_OR_RETURN(const size_t size, SizeOf(column));
    sizes.push_back(size);
    total += FieldSize(size);
  }
  std::string out(total, '\0');
  Writer writer(out.data());
  WriteMetadata(response, metadata, &writer);
  for (size_t i = 0; i < sizes.size(); ++i) WriteColumn(response.columns[i], sizes[i], &writer);
  return out;
}

}  // namespace feast
