#include "feast_batch/iceberg/avro_schema.h"

#include <simdjson.h>

#include <algorithm>
#include <array>
#include <map>
#include <utility>

namespace feast {
namespace {

using Json = simdjson::dom::element;
using Kind = AvroType::Kind;

constexpr int kDepth = 16;  // of types within types
constexpr int64_t kLargestFixed = 1 << 20;

Status NoSchema() { return Status::DataLoss("its Avro schema is damaged"); }

constexpr std::array<std::pair<std::string_view, Kind>, 8> kSimple = {{{"null", Kind::kNull},
                                                                       {"boolean", Kind::kBoolean},
                                                                       {"int", Kind::kLong},
                                                                       {"long", Kind::kLong},
                                                                       {"float", Kind::kFloat},
                                                                       {"double", Kind::kDouble},
                                                                       {"bytes", Kind::kBytes},
                                                                       {"string", Kind::kBytes}}};

class Parser {
 public:
  Result<AvroType> Parse(const Json& json, int depth) {
    if (depth > kDepth) return Status::Unimplemented("its Avro schema is nested too deeply");
    std::string_view name;
    if (!json.get(name)) return Named(name);
    simdjson::dom::array branches;
    if (!json.get(branches)) return Optional(branches, depth);
    Json inner;
    if (json["type"].get(inner)) return NoSchema();
    if (inner.get(name)) return Parse(inner, depth + 1);
    if (name == "record") return Record(json, depth);
    if (name == "array") return Array(json, depth);
    if (name == "fixed" || name == "enum") return Leaf(json, name);
    return Named(name);
  }

 private:
  // Of one's own types only those without parts can be referred to, so none can grow.
  Result<AvroType> Named(std::string_view name) const {
    const auto* simple =
        std::ranges::find(kSimple, name, &std::pair<std::string_view, Kind>::first);
    if (simple != kSimple.end()) return AvroType{simple->second, -1, 0, {}, {}};
    const auto leaf = leaves_.find(name);
    if (leaf != leaves_.end()) return leaf->second;
    return Status::Unimplemented("its Avro schema has type '" + std::string(name) + "'");
  }

  Result<AvroType> Optional(const simdjson::dom::array& branches, int depth) {
    const size_t count = branches.size();
    int null_branch = -1;
    AvroType type;
    for (size_t at = 0; at < count && count <= 2; ++at) {
      FEAST_ASSIGN_OR_RETURN(auto branch, Parse(branches.at(at), depth + 1));
      if (branch.kind == Kind::kNull && branch.null_branch < 0 && null_branch < 0) {
        null_branch = static_cast<int>(at);
      } else {
        type = std::move(branch);
      }
    }
    if (count != 2 || null_branch < 0 || type.kind == Kind::kNull || type.null_branch >= 0) {
      return Status::Unimplemented("its Avro schema has a union of several types");
    }
    type.null_branch = null_branch;
    return type;
  }

  Result<AvroType> Record(const Json& json, int depth) {
    simdjson::dom::array fields;
    if (json["fields"].get(fields)) return NoSchema();
    AvroType record{Kind::kRecord, -1, 0, {}, {}};
    for (const Json field : fields) {
      std::string_view name;
      Json type;
      if (field["name"].get(name) || field["type"].get(type)) return NoSchema();
      AvroType::Field out;
      out.name = name;
      if (int64_t id; !field["field-id"].get(id)) out.id = id;
      FEAST_ASSIGN_OR_RETURN(out.type, Parse(type, depth + 1));
      record.fields.push_back(std::move(out));
    }
    return record;
  }

  Result<AvroType> Array(const Json& json, int depth) {
    Json items;
    if (json["items"].get(items)) return NoSchema();
    AvroType array{Kind::kArray, -1, 0, {}, {}};
    FEAST_ASSIGN_OR_RETURN(auto item, Parse(items, depth + 1));
    array.items.push_back(std::move(item));
    return array;
  }

  Result<AvroType> Leaf(const Json& json, std::string_view kind) {
    AvroType leaf{kind == "enum" ? Kind::kLong : Kind::kFixed, -1, 0, {}, {}};
    if (kind == "fixed" &&
        (json["size"].get(leaf.size) || leaf.size < 0 || leaf.size > kLargestFixed)) {
      return NoSchema();
    }
    if (std::string_view name; !json["name"].get(name)) leaves_.emplace(name, leaf);
    return leaf;
  }

  std::map<std::string, AvroType, std::less<>> leaves_;
};

}  // namespace

const AvroType::Field* AvroType::Find(std::string_view field) const {
  const auto found = std::ranges::find(fields, field, &Field::name);
  return found == fields.end() ? nullptr : &*found;
}

AvroType::Field* AvroType::Find(std::string_view field) {
  return const_cast<Field*>(std::as_const(*this).Find(field));  // NOLINT: ours to change
}

Result<AvroType> ParseAvroSchema(std::string_view json) {
  simdjson::dom::parser parser;
  Json root;
  if (json.empty() || parser.parse(json.data(), json.size()).get(root)) return NoSchema();
  return Parser().Parse(root, 0);
}

}  // namespace feast
