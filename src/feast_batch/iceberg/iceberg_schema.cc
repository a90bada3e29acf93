#include <arrow/type.h>

#include <array>
#include <cstdio>
#include <utility>

#include "feast_batch/iceberg/iceberg_schema_internal.h"
#include "feast_batch/parquet/field_ids.h"

namespace feast {
namespace {

using Json = simdjson::dom::element;
using Type = std::shared_ptr<arrow::DataType>;

constexpr int kDepth = 32;  // of types within types

Status Unreadable() { return Status::DataLoss("its schema is not one of Iceberg's"); }

Result<Type> TypeOf(const Json& json, int depth);

Result<Type> SimpleType(std::string_view name) {
  const std::array<std::pair<std::string_view, Type>, 12> known = {{
      {"boolean", arrow::boolean()},
      {"int", arrow::int32()},
      {"long", arrow::int64()},
      {"float", arrow::float32()},
      {"double", arrow::float64()},
      {"date", arrow::date32()},
      {"time", arrow::time64(arrow::TimeUnit::MICRO)},
      {"timestamp", arrow::timestamp(arrow::TimeUnit::MICRO)},
      {"timestamptz", arrow::timestamp(arrow::TimeUnit::MICRO, "UTC")},
      {"string", arrow::utf8()},
      {"binary", arrow::binary()},
      {"uuid", arrow::fixed_size_binary(16)},
  }};
  for (const auto& [spelling, type] : known) {
    if (spelling == name) return type;
  }
  const std::string text(name);
  int precision = 0, scale = 0, size = 0;
  if (std::sscanf(text.c_str(), "decimal(%d , %d)", &precision, &scale) == 2 && precision >= 1 &&
      precision <= 38 && scale >= 0 && scale <= precision) {
    return arrow::decimal128(precision, scale);
  }
  if (std::sscanf(text.c_str(), "fixed[%d]", &size) == 1 && size > 0) {
    return arrow::fixed_size_binary(size);
  }
  return Status::Unimplemented("a column has Iceberg's type '" + text +
                               "', which is not supported");
}

// The field `name` of that type, whose id stands under `id_key`.
Result<std::shared_ptr<arrow::Field>> FieldOf(const Json& json, std::string_view name,
                                              std::string_view id_key, std::string_view type_key,
                                              int depth) {
  int64_t id;
  Json type;
  if (json[id_key].get(id) || json[type_key].get(type) || id < 0 || id > INT32_MAX) {
    return Unreadable();
  }
  if (Json value; !json["initial-default"].get(value) && !value.is_null()) {
    return Status::Unimplemented("column '" + std::string(name) +
                                 "' has a default value, which is not supported");
  }
  auto known = TypeOf(type, depth + 1);
  if (!known.ok()) return known.status().Annotate("column '" + std::string(name) + "'");
  return WithFieldId(arrow::field(std::string(name), *std::move(known)), static_cast<int32_t>(id));
}

Result<arrow::FieldVector> FieldsOf(const Json& json, int depth) {
  simdjson::dom::array fields;
  if (json["fields"].get(fields)) return Unreadable();
  arrow::FieldVector out;
  for (const Json field : fields) {
    std::string_view name;
    if (field["name"].get(name)) return Unreadable();
    FEAST_ASSIGN_OR_RETURN(auto one, FieldOf(field, name, "id", "type", depth));
    out.push_back(std::move(one));
  }
  return out;
}

Result<Type> TypeOf(const Json& json, int depth) {
  std::string_view name;
  if (!json.get(name)) return SimpleType(name);
  if (depth > kDepth || json["type"].get(name)) return Unreadable();
  if (name == "struct") {
    FEAST_ASSIGN_OR_RETURN(const auto fields, FieldsOf(json, depth));
    return arrow::struct_(fields);
  }
  if (name == "list") {
    FEAST_ASSIGN_OR_RETURN(const auto element,
                           FieldOf(json, "element", "element-id", "element", depth));
    return arrow::list(element);
  }
  if (name == "map") {
    FEAST_ASSIGN_OR_RETURN(const auto key, FieldOf(json, "key", "key-id", "key", depth));
    FEAST_ASSIGN_OR_RETURN(auto value, FieldOf(json, "value", "value-id", "value", depth));
    return Type(std::make_shared<arrow::MapType>(key->WithNullable(false), std::move(value)));
  }
  return Unreadable();
}

}  // namespace

Result<std::shared_ptr<arrow::Schema>> IcebergSchema(const Json& json) {
  FEAST_ASSIGN_OR_RETURN(auto fields, FieldsOf(json, 0));
  return arrow::schema(std::move(fields));
}

}  // namespace feast
