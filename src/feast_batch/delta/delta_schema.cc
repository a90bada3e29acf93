#include "feast_batch/delta/delta_schema.h"

#include <arrow/type.h>
#include <simdjson.h>

#include <cstdio>

namespace feast {
namespace {

using Json = simdjson::dom::element;
using Type = std::shared_ptr<arrow::DataType>;

Status Unreadable() { return Status::DataLoss("its schema is not one of Delta's"); }

Result<Type> TypeOf(const Json& json);

Result<Type> SimpleType(std::string_view name) {
  if (name == "string") return arrow::utf8();
  if (name == "long") return arrow::int64();
  if (name == "integer") return arrow::int32();
  if (name == "short") return arrow::int16();
  if (name == "byte") return arrow::int8();
  if (name == "float") return arrow::float32();
  if (name == "double") return arrow::float64();
  if (name == "boolean") return arrow::boolean();
  if (name == "binary") return arrow::binary();
  if (name == "date") return arrow::date32();
  if (name == "timestamp") return arrow::timestamp(arrow::TimeUnit::MICRO, "UTC");
  if (name == "timestamp_ntz") return arrow::timestamp(arrow::TimeUnit::MICRO);
  int precision = 0, scale = 0;
  if (std::sscanf(std::string(name).c_str(), "decimal(%d,%d)", &precision, &scale) == 2) {
    return arrow::decimal128(precision, scale);
  }
  return Status::Unimplemented("a column has Delta's type '" + std::string(name) +
                               "', which is not supported");
}

Result<arrow::FieldVector> FieldsOf(const Json& json) {
  simdjson::dom::array fields;
  if (json["fields"].get(fields)) return Unreadable();
  arrow::FieldVector out;
  for (const Json field : fields) {
    std::string_view name;
    Json type;
    if (field["name"].get(name) || field["type"].get(type)) return Unreadable();
    FEAST_ASSIGN_OR_RETURN(auto known, TypeOf(type));
    out.push_back(arrow::field(std::string(name), std::move(known)));
  }
  return out;
}

Result<Type> TypeOf(const Json& json) {
  std::string_view name;
  if (!json.get(name)) return SimpleType(name);
  if (json["type"].get(name)) return Unreadable();
  Json inner, value;
  if (name == "struct") {
    FEAST_ASSIGN_OR_RETURN(const auto fields, FieldsOf(json));
    return arrow::struct_(fields);
  }
  if (name == "array" && !json["elementType"].get(inner)) {
    FEAST_ASSIGN_OR_RETURN(const auto element, TypeOf(inner));
    return arrow::list(element);
  }
  if (name == "map" && !json["keyType"].get(inner) && !json["valueType"].get(value)) {
    FEAST_ASSIGN_OR_RETURN(auto keys, TypeOf(inner));
    FEAST_ASSIGN_OR_RETURN(auto values, TypeOf(value));
    return arrow::map(std::move(keys), std::move(values));
  }
  return Unreadable();
}

}  // namespace

Result<std::shared_ptr<arrow::Schema>> DeltaSchema(const std::string& json) {
  simdjson::dom::parser parser;
  Json root;
  if (parser.parse(json).get(root)) return Unreadable();
  FEAST_ASSIGN_OR_RETURN(auto fields, FieldsOf(root));
  return arrow::schema(std::move(fields));
}

}  // namespace feast
