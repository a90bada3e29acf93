#include "feast_batch/iceberg/iceberg_metadata.h"

#include <arrow/type.h>
#include <simdjson.h>

#include "feast_batch/iceberg/iceberg_schema_internal.h"

namespace feast {
namespace {

using Json = simdjson::dom::element;
using Array = simdjson::dom::array;

Status Lacks(std::string_view key) {
  return Status::DataLoss("damaged: it has no usable '" + std::string(key) + "'");
}

int64_t NumberOr(const Json& json, std::string_view key, int64_t otherwise) {
  int64_t number;
  return json[key].get(number) ? otherwise : number;
}

std::string TextOf(const Json& json, std::string_view key) {
  std::string_view text;
  return json[key].get(text) ? "" : std::string(text);
}

// The element of a list whose `key` is `id`.
bool FindById(const Json& root, std::string_view list, std::string_view key, int64_t id,
              Json* found) {
  Array items;
  if (root[list].get(items)) return false;
  for (const Json item : items) {
    int64_t own;
    if (item[key].get(own) || own != id) continue;
    *found = item;
    return true;
  }
  return false;
}

Status ReadSchema(const Json& root, IcebergMetadata* out) {
  Json schema;
  Array all;
  if (!root["schemas"].get(all)) {
    if (!FindById(root, "schemas", "schema-id", NumberOr(root, "current-schema-id", -1), &schema)) {
      return Lacks("current-schema-id");
    }
  } else if (root["schema"].get(schema)) {
    return Lacks("schema");
  }
  FEAST_ASSIGN_OR_RETURN(out->schema, IcebergSchema(schema));
  return Status::OK();
}

Status ReadSpec(const Array& fields, int64_t id, IcebergMetadata* out) {
  constexpr int64_t kFirstId = 1000;  // of fields that have none
  auto& spec = out->specs[id];
  for (const Json field : fields) {
    const int64_t source = NumberOr(field, "source-id", -1);
    if (source < 0 || source > INT32_MAX) return Lacks("source-id");
    const auto next = kFirstId + static_cast<int64_t>(spec.size());
    const std::string transform = TextOf(field, "transform");
    spec.push_back({static_cast<int32_t>(source), NumberOr(field, "field-id", next),
                    transform == "identity", transform == "void"});
  }
  return Status::OK();
}

Status ReadSpecs(const Json& root, IcebergMetadata* out) {
  Array specs, fields;
  if (root["partition-specs"].get(specs)) {
    return root["partition-spec"].get(fields) ? Status::OK() : ReadSpec(fields, 0, out);
  }
  for (const Json spec : specs) {
    if (spec["fields"].get(fields)) return Lacks("partition-specs");
    FEAST_RETURN_IF_ERROR(ReadSpec(fields, NumberOr(spec, "spec-id", 0), out));
  }
  return Status::OK();
}

Status ReadSnapshot(const Json& root, IcebergMetadata* out) {
  Array snapshots;
  if (!root["snapshots"].get(snapshots)) {
    for (const Json one : snapshots) {
      out->snapshot_times[NumberOr(one, "snapshot-id", -1)] = NumberOr(one, "timestamp-ms", 0);
    }
  }
  // None is written as null, -1 or nothing at all; all else must be understood, or rows are missed.
  Json id;
  if (root["current-snapshot-id"].get(id) || id.is_null()) return Status::OK();
  int64_t current;
  if (id.get(current)) return Lacks("current-snapshot-id");
  if (current == -1) return Status::OK();
  Json json;
  if (!FindById(root, "snapshots", "snapshot-id", current, &json)) {
    return Lacks("current-snapshot-id");
  }
  IcebergSnapshot snapshot{current, TextOf(json, "manifest-list"), {}};
  Array manifests;
  if (snapshot.manifest_list.empty()) {
    if (json["manifests"].get(manifests)) return Lacks("manifest-list");
    for (const Json manifest : manifests) {
      std::string_view path;
      if (manifest.get(path)) return Lacks("manifests");
      snapshot.manifests.emplace_back(path);
    }
  }
  out->snapshot = std::move(snapshot);
  return Status::OK();
}

Status ReadProperties(const Json& root, IcebergMetadata* out) {
  simdjson::dom::object properties;
  if (root["properties"].get(properties)) return Status::OK();
  std::string_view text;
  if (!properties["encryption.key-id"].get(text)) {
    return Status::Unimplemented("the Iceberg table uses a feature that is not read: encryption");
  }
  if (properties["schema.name-mapping.default"].get(text)) return Status::OK();
  simdjson::dom::parser parser;
  Array columns;
  if (parser.parse(text.data(), text.size()).get(columns)) {
    return Lacks("schema.name-mapping.default");
  }
  for (const Json column : columns) {
    int64_t id;
    Array names;
    if (column["field-id"].get(id) || column["names"].get(names)) continue;
    for (const Json name : names) {
      if (!name.get(text)) out->column_ids[std::string(text)] = static_cast<int32_t>(id);
    }
  }
  return Status::OK();
}

}  // namespace

Result<IcebergMetadata> ParseIcebergMetadata(std::string_view json) {
  simdjson::dom::parser parser;
  Json root;
  if (json.empty() || parser.parse(json.data(), json.size()).get(root) || !root.is_object()) {
    return Status::DataLoss("damaged: it is no JSON object");
  }
  IcebergMetadata out;
  out.format_version = NumberOr(root, "format-version", 0);
  if (out.format_version != 1 && out.format_version != 2) {
    return Status::Unimplemented("the Iceberg table has format version " +
                                 std::to_string(out.format_version) +
                                 ", of which only 1 and 2 are read");
  }
  out.location = TextOf(root, "location");
  if (out.location.empty()) return Lacks("location");
  FEAST_RETURN_IF_ERROR(ReadProperties(root, &out));
  FEAST_RETURN_IF_ERROR(ReadSchema(root, &out));
  FEAST_RETURN_IF_ERROR(ReadSpecs(root, &out));
  FEAST_RETURN_IF_ERROR(ReadSnapshot(root, &out));
  return out;
}

}  // namespace feast
