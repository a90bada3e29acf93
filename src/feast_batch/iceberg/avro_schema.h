#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "feast/base/result.h"

namespace feast {

/// The type of an Avro value, as far as Iceberg's manifests go: no maps, no unions but those that
/// make a type optional, and no type that holds itself.
struct AvroType {
  enum class Kind { kNull, kBoolean, kLong, kFloat, kDouble, kBytes, kFixed, kRecord, kArray };
  struct Field;

  Kind kind = Kind::kNull;      ///< int and enum are kLong, string is kBytes
  int null_branch = -1;         ///< of a union with null: which of the two null is; else -1
  int64_t size = 0;             ///< of kFixed, in bytes
  std::vector<AvroType> items;  ///< of kArray: one type
  std::vector<Field> fields;    ///< of kRecord
  const Field* Find(std::string_view field) const;
  Field* Find(std::string_view field);
};

/// A field of a record. `id` is Iceberg's, -1 if it has none. What is not `wanted` is skipped.
struct AvroType::Field {
  std::string name;
  int64_t id = -1;
  bool wanted = true;
  AvroType type;
};

/// The type that a schema in JSON describes. DataLoss if it is none; Unimplemented, naming it, for
/// what manifests do not use.
Result<AvroType> ParseAvroSchema(std::string_view json);

}  // namespace feast
