#include "feast_batch/iceberg/iceberg_manifests.h"

#include <arrow/scalar.h>
#include <arrow/type.h>
#include <arrow/util/decimal.h>
#include <strings.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "feast_batch/iceberg/avro_file.h"
#include "feast_batch/parquet/field_ids.h"
#include "feast_batch/point_in_time/arrow_status_internal.h"

namespace feast {
namespace {

using Parts = AvroValue::Parts;
using Kind = AvroType::Kind;

enum EntryStatus : int64_t { kExisting = 0, kAdded = 1, kRemoved = 2 };

Status Lacks(const std::string& field) {
  return Status::DataLoss("damaged: an entry has no usable '" + field + "'");
}

// The record that a field of a record holds, or null.
std::optional<AvroRecord> RecordAt(const AvroRecord& record, std::string_view field) {
  const auto* type = record.type.Find(field);
  const auto* value = record.Find(field);
  if (!value || type->type.kind != Kind::kRecord || !value->As<Parts>()) return std::nullopt;
  return AvroRecord{type->type, *value};
}

// What is only there to plan by statistics that we do not use.
void SkipStatistics(AvroType* entry, bool bounds) {
  auto* file = entry->Find("data_file");
  if (!file) return;
  constexpr std::array<std::string_view, 6> kUnused = {"column_sizes",      "value_counts",
                                                       "null_value_counts", "nan_value_counts",
                                                       "distinct_counts",   "split_offsets"};
  for (const auto name : kUnused) {
    if (auto* field = file->type.Find(name)) field->wanted = false;
  }
  for (const auto name : {"lower_bounds", "upper_bounds"}) {
    if (auto* field = file->type.Find(name)) field->wanted = bounds;
  }
}

// The value of a column in a map of bounds: eight bytes, the lowest first.
std::optional<int64_t> BoundOf(const AvroRecord& file, std::string_view bounds, int32_t id) {
  const auto* type = file.type.Find(bounds);
  const auto* value = file.Find(bounds);
  const auto* entries = value ? value->As<Parts>() : nullptr;
  if (!entries || type->type.kind != Kind::kArray) return std::nullopt;
  for (const auto& entry : *entries) {
    const AvroRecord pair{type->type.items.front(), entry};
    if (pair.Long("key") != id) continue;
    const auto bytes = pair.Bytes("value");
    int64_t bound;
    if (!bytes || bytes->size() != sizeof(bound)) return std::nullopt;
    std::memcpy(&bound, bytes->data(), sizeof(bound));
    return bound;
  }
  return std::nullopt;
}

// A value of a partition as the text that its column's type is parsed from.
Result<std::string> TextOf(const AvroValue& value, const arrow::DataType& type) {
  if (const auto* flag = value.As<bool>()) return std::string(*flag ? "true" : "false");
  if (const auto* number = value.As<double>()) return arrow::DoubleScalar(*number).ToString();
  if (const auto* number = value.As<int64_t>()) {
    if (!arrow::is_temporal(type.id())) return std::to_string(*number);
    const auto own = type.GetSharedPtr();
    auto scalar = type.id() == arrow::Type::DATE32
                      ? arrow::MakeScalar(own, static_cast<int32_t>(*number))
                      : arrow::MakeScalar(own, *number);
    if (!scalar.ok()) return FromArrow(scalar.status());
    return (*scalar)->ToString();
  }
  const auto* bytes = value.As<std::string_view>();
  if (!bytes) return Lacks("partition");
  if (type.id() != arrow::Type::DECIMAL128) return std::string(*bytes);
  FEAST_ARROW_ASSIGN(const auto number,
                     arrow::Decimal128::FromBigEndian(
                         reinterpret_cast<const uint8_t*>(bytes->data()),
                         static_cast<int32_t>(std::min<size_t>(bytes->size(), INT32_MAX))));
  return number.ToString(static_cast<const arrow::DecimalType&>(type).scale());
}

// Tells the values of partitions apart.
void AddKey(const AvroValue& value, std::string* key) {
  std::string text = "-";
  if (const auto* flag = value.As<bool>()) text = *flag ? "t" : "f";
  if (const auto* number = value.As<double>()) text = std::to_string(*number);
  if (const auto* number = value.As<int64_t>()) text = std::to_string(*number);
  if (const auto* bytes = value.As<std::string_view>()) text = "'" + std::string(*bytes);
  *key += std::to_string(text.size()) + ":" + text;
}

class Manifest {
 public:
  Manifest(const IcebergManifest& manifest, const IcebergMetadata& table, int32_t bounds_of,
           std::vector<IcebergFile>* files)
      : manifest_(manifest), table_(table), bounds_of_(bounds_of), files_(*files) {}

  Status Add(const AvroRecord& entry) {
    const auto status = entry.Long("status");
    if (!status || *status < kExisting || *status > kRemoved) return Lacks("status");
    if (*status == kRemoved) return Status::OK();
    const auto data = RecordAt(entry, "data_file");
    if (!data) return Lacks("data_file");
    IcebergFile file;
    file.spec_id = manifest_.spec_id;
    file.snapshot_id = entry.Long("snapshot_id").value_or(manifest_.snapshot_id);
    const auto sequence = entry.Long("sequence_number");
    // Only files that came with the manifest inherit; without the field it is of version 1.
    if (!sequence && *status != kAdded && entry.type.Find("sequence_number")) {
      return Lacks("sequence_number");
    }
    file.sequence = sequence.value_or(entry.type.Find("sequence_number") ? manifest_.sequence : 0);
    FEAST_RETURN_IF_ERROR(AddFile(*data, &file));
    files_.push_back(std::move(file));
    return Status::OK();
  }

 private:
  Status AddFile(const AvroRecord& data, IcebergFile* file) {
    const auto path = data.Bytes("file_path"), format = data.Bytes("file_format");
    if (!path || path->empty()) return Lacks("file_path");
    if (!format) return Lacks("file_format");
    file->path = *path;
    if (strcasecmp(std::string(*format).c_str(), "parquet") != 0) {
      return Refuse(std::string(*format) + " files", *file);
    }
    if (data.Bytes("key_metadata")) return Refuse("encryption", *file);
    if (data.Long("content_offset")) return Refuse("deletion vectors", *file);
    const int64_t content = data.Long("content").value_or(0);
    if (content < 0 || content > 2) return Lacks("content");
    file->content = static_cast<IcebergContent>(content);
    file->size = data.Long("file_size_in_bytes").value_or(0);
    if (file->size <= 0) return Lacks("file_size_in_bytes");
    if (bounds_of_ >= 0 && content == 0) {
      file->earliest = BoundOf(data, "lower_bounds", bounds_of_);
      file->latest = BoundOf(data, "upper_bounds", bounds_of_);
    }
    if (file->content == IcebergContent::kEqualityDeletes) {
      FEAST_RETURN_IF_ERROR(AddEqualityIds(data, file));
    }
    return AddPartition(data, file);
  }

  static Status AddEqualityIds(const AvroRecord& data, IcebergFile* file) {
    const auto* ids = data.Find("equality_ids");
    const auto* items = ids ? ids->As<Parts>() : nullptr;
    if (!items || items->empty()) return Lacks("equality_ids");
    for (const auto& item : *items) {
      const auto* id = item.As<int64_t>();
      if (!id || *id < 0 || *id > INT32_MAX) return Lacks("equality_ids");
      file->equality_ids.push_back(static_cast<int32_t>(*id));
    }
    std::ranges::sort(file->equality_ids);
    return Status::OK();
  }

  Status AddPartition(const AvroRecord& data, IcebergFile* file) const {
    const auto spec = table_.specs.find(manifest_.spec_id);
    const size_t width = spec == table_.specs.end() ? 0 : spec->second.size();
    const auto partition = RecordAt(data, "partition");
    if (!partition) return width == 0 ? Status::OK() : Lacks("partition");
    const auto& values = *partition->value.As<Parts>();
    file->partition_key = std::to_string(manifest_.spec_id);
    for (const auto& value : values) AddKey(value, &file->partition_key);
    for (size_t at = 0; at < width; ++at) {
      const auto& field = spec->second[at];
      if (!field.is_identity) continue;
      const auto column = std::ranges::find_if(table_.schema->fields(), [&](const auto& one) {
        return FieldIdOf(*one) == field.source_id;
      });
      if (column == table_.schema->fields().end()) continue;
      size_t place =
          std::ranges::find(partition->type.fields, field.field_id, &AvroType::Field::id) -
          partition->type.fields.begin();
      if (place == values.size()) place = at;
      if (place >= values.size()) return Lacks("partition");
      auto& text = file->partition[field.source_id];
      if (values[place].As<std::monostate>()) continue;
      FEAST_ASSIGN_OR_RETURN(text, TextOf(values[place], *(*column)->type()));
    }
    return Status::OK();
  }

  static Status Refuse(const std::string& feature, const IcebergFile& file) {
    return Status::Unimplemented("the Iceberg table uses a feature that is not read: " + feature +
                                 " (file " + file.path + "); rewrite the table without");
  }

  const IcebergManifest& manifest_;
  const IcebergMetadata& table_;
  const int32_t bounds_of_;
  std::vector<IcebergFile>& files_;
};

}  // namespace

Result<std::vector<IcebergManifest>> ReadManifestList(std::string_view bytes) {
  FEAST_ASSIGN_OR_RETURN(auto file, AvroFile::Open(bytes));
  if (auto* summaries = file.schema().Find("partitions")) summaries->wanted = false;
  std::vector<IcebergManifest> out;
  FEAST_RETURN_IF_ERROR(file.Read([&](const AvroRecord& row) -> Status {
    const auto path = row.Bytes("manifest_path");
    if (!path || path->empty()) return Lacks("manifest_path");
    if (row.Bytes("key_metadata")) {
      return Status::Unimplemented("the Iceberg table uses a feature that is not read: encryption");
    }
    out.push_back({std::string(*path), row.Long("manifest_length").value_or(0),
                   row.Long("partition_spec_id").value_or(0),
                   row.Long("sequence_number").value_or(0),
                   row.Long("added_snapshot_id").value_or(-1)});
    return Status::OK();
  }));
  return out;
}

Status ReadManifest(std::string_view bytes, const IcebergManifest& manifest,
                    const IcebergMetadata& table, int32_t bounds_of,
                    std::vector<IcebergFile>* files) {
  FEAST_ASSIGN_OR_RETURN(auto file, AvroFile::Open(bytes));
  SkipStatistics(&file.schema(), bounds_of >= 0);
  Manifest reader(manifest, table, bounds_of, files);
  return file.Read([&](const AvroRecord& entry) { return reader.Add(entry); });
}

}  // namespace feast
