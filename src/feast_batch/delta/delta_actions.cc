#include "feast_batch/delta/delta_actions.h"

#include <arrow/array.h>
#include <arrow/table.h>
#include <parquet/metadata.h>
#include <parquet/schema.h>
#include <simdjson.h>

#include <array>

#include "feast_batch/parquet/file_readers_internal.h"
#include "feast_batch/point_in_time/arrow_status_internal.h"

namespace feast {
namespace {

constexpr std::string_view kMappingKey = "delta.columnMapping.mode";

// ---------------------------------------------------------------- commits

using Json = simdjson::dom::element;
using Object = simdjson::dom::object;

std::vector<std::string> TextsOf(const Object& json, std::string_view key) {
  std::vector<std::string> out;
  simdjson::dom::array items;
  if (json[key].get(items)) return out;
  for (const Json item : items) {
    std::string_view text;
    if (!item.get(text)) out.emplace_back(text);
  }
  return out;
}

std::string TextOf(const Object& json, std::string_view key) {
  std::string_view text;
  return json[key].get(text) ? "" : std::string(text);
}

DeltaAdd AddOf(const Object& json) {
  DeltaAdd add;
  add.path = TextOf(json, "path");
  int64_t size;
  if (!json["size"].get(size)) add.size = size;
  int64_t modified;
  if (!json["modificationTime"].get(modified)) add.modified = modified;
  Object values;
  if (!json["partitionValues"].get(values)) {
    for (const auto [column, value] : values) {
      std::string_view text;
      auto& kept = add.partition[std::string(column)];
      if (!value.get(text)) kept = std::string(text);
    }
  }
  Object vector;
  add.has_deletion_vector = !json["deletionVector"].get(vector);
  return add;
}

void Apply(const Object& line, DeltaState* state) {
  Object action;
  if (!line["add"].get(action)) {
    auto add = AddOf(action);
    state->files[add.path] = std::move(add);
  } else if (!line["remove"].get(action)) {
    state->files.erase(TextOf(action, "path"));
  } else if (!line["protocol"].get(action)) {
    DeltaProtocol protocol;
    int64_t version;
    if (!action["minReaderVersion"].get(version)) protocol.min_reader_version = version;
    protocol.reader_features = TextsOf(action, "readerFeatures");
    state->protocol = std::move(protocol);
  } else if (!line["metaData"].get(action)) {
    DeltaMetadata metadata;
    metadata.schema = TextOf(action, "schemaString");
    metadata.partition_columns = TextsOf(action, "partitionColumns");
    Object part;
    if (!action["configuration"].get(part)) {
      if (auto mode = TextOf(part, kMappingKey); !mode.empty()) metadata.column_mapping = mode;
    }
    if (!action["format"].get(part)) metadata.format = TextOf(part, "provider");
    state->metadata = std::move(metadata);
  }
}

// ---------------------------------------------------------------- checkpoints

// One of a checkpoint's structs: its fields by name, each null where it is missing.
class Struct {
 public:
  Struct(const arrow::Table& table, const std::string& name) {
    const auto column = table.GetColumnByName(name);
    if (column && column->type()->id() == arrow::Type::STRUCT && column->num_chunks() == 1) {
      rows_ = std::static_pointer_cast<arrow::StructArray>(column->chunk(0));
    }
  }
  bool Has(int64_t row) const { return rows_ && rows_->IsValid(row); }
  std::shared_ptr<arrow::Array> Field(const std::string& name) const {
    return rows_->GetFieldByName(name);
  }
  std::optional<std::string> Text(const std::string& name, int64_t row) const {
    return TextAt(Field(name).get(), row);
  }
  std::optional<int64_t> Number(const std::string& name, int64_t row) const {
    const auto field = Field(name);
    if (!field || field->IsNull(row)) return std::nullopt;
    if (field->type_id() == arrow::Type::INT32) {
      return static_cast<const arrow::Int32Array&>(*field).Value(row);
    }
    if (field->type_id() != arrow::Type::INT64) return std::nullopt;
    return static_cast<const arrow::Int64Array&>(*field).Value(row);
  }
  std::vector<std::string> Texts(const std::string& name, int64_t row) const {
    std::vector<std::string> out;
    const auto field = Field(name);
    if (!field || field->type_id() != arrow::Type::LIST || field->IsNull(row)) return out;
    const auto items = static_cast<const arrow::ListArray&>(*field).value_slice(row);
    for (int64_t i = 0; i < items->length(); ++i) {
      if (auto text = TextAt(items.get(), i)) out.push_back(*text);
    }
    return out;
  }
  std::map<std::string, std::optional<std::string>> Map(const std::string& name,
                                                        int64_t row) const {
    std::map<std::string, std::optional<std::string>> out;
    const auto field = Field(name);
    if (!field || field->type_id() != arrow::Type::MAP || field->IsNull(row)) return out;
    const auto& map = static_cast<const arrow::MapArray&>(*field);
    for (int64_t i = map.value_offset(row); i < map.value_offset(row + 1); ++i) {
      if (auto key = TextAt(map.keys().get(), i)) out[*key] = TextAt(map.items().get(), i);
    }
    return out;
  }

 private:
  static std::optional<std::string> TextAt(const arrow::Array* field, int64_t row) {
    if (!field || field->IsNull(row)) return std::nullopt;
    if (field->type_id() == arrow::Type::LARGE_STRING) {
      return static_cast<const arrow::LargeStringArray&>(*field).GetString(row);
    }
    if (field->type_id() != arrow::Type::STRING) return std::nullopt;
    return static_cast<const arrow::StringArray&>(*field).GetString(row);
  }

  std::shared_ptr<arrow::StructArray> rows_;
};

void Apply(const arrow::Table& table, DeltaState* state) {
  const Struct adds(table, "add"), protocols(table, "protocol"), metadata(table, "metaData");
  for (int64_t row = 0; row < table.num_rows(); ++row) {
    if (adds.Has(row)) {
      DeltaAdd add;
      add.path = adds.Text("path", row).value_or("");
      add.size = adds.Number("size", row);
      add.modified = adds.Number("modificationTime", row).value_or(0);
      add.partition = adds.Map("partitionValues", row);
      const auto vector = adds.Field("deletionVector");
      add.has_deletion_vector = vector && vector->IsValid(row);
      state->files[add.path] = std::move(add);
    }
    if (protocols.Has(row)) {
      state->protocol = {protocols.Number("minReaderVersion", row).value_or(1),
                         protocols.Texts("readerFeatures", row)};
    }
    if (metadata.Has(row)) {
      DeltaMetadata read;
      read.schema = metadata.Text("schemaString", row).value_or("");
      read.partition_columns = metadata.Texts("partitionColumns", row);
      const auto configuration = metadata.Map("configuration", row);
      if (const auto mode = configuration.find(std::string(kMappingKey));
          mode != configuration.end()) {
        read.column_mapping = mode->second.value_or("none");
      }
      state->metadata = std::move(read);
    }
  }
}

}  // namespace

Status ApplyDeltaCommit(std::string_view text, DeltaState* state) {
  simdjson::dom::parser parser;
  for (size_t at = 0, line = 1; at < text.size(); ++line) {
    const size_t end = std::min(text.find('\n', at), text.size());
    const auto part = text.substr(at, end - at);
    at = end + 1;
    if (part.find_first_not_of(" \t\r") == std::string_view::npos) continue;
    Object action;
    if (parser.parse(part.data(), part.size()).get(action)) {
      return Status::DataLoss("line " + std::to_string(line) + " is no JSON object");
    }
    Apply(action, state);
  }
  return Status::OK();
}

Status ApplyDeltaCheckpoint(const FilePlace& place, const ParquetFile& file,
                            const std::string& name, DeltaState* state) {
  const auto read = [&]() -> arrow::Result<std::shared_ptr<arrow::Table>> {
    ARROW_ASSIGN_OR_RAISE(const auto reader, OpenReader(place, file, nullptr));
    const auto& schema = *reader->parquet_reader()->metadata()->schema();
    std::vector<int> leaves;
    for (int leaf = 0; leaf < schema.num_columns(); ++leaf) {
      const auto& top = schema.GetColumnRoot(leaf)->name();
      const auto path = schema.Column(leaf)->path()->ToDotString();
      if ((top == "add" && !path.starts_with("add.stats")) || top == "protocol" ||
          top == "metaData") {
        leaves.push_back(leaf);
      }
    }
    ARROW_ASSIGN_OR_RAISE(const auto table, reader->ReadTable(leaves));
    return table->CombineChunks();
  }();
  if (!read.ok()) {
    return ReadFailure(place, file.path + " as Parquet", name, read.status());
  }
  Apply(**read, state);
  return Status::OK();
}

}  // namespace feast
