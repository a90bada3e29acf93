#include "feast/retrieval/entity_columns.h"

#include <algorithm>
#include <bit>
#include <cstdint>
#include <functional>

#include "feast/codec/value_bytes.h"

namespace feast {
namespace {

/// Python's repr of a list of strings.
std::string ListRepr(const std::vector<std::string>& names) {
  std::string text = "[";
  for (const auto& name : names) {
    if (text.size() > 1) text += ", ";
    const char quote =
        name.find('\'') != std::string::npos && name.find('"') == std::string::npos ? '"' : '\'';
    text += quote;
    for (const char c : name) {
      if (c == quote || c == '\\') text += '\\';
      text += c;
    }
    text += quote;
  }
  return text + "]";
}

/// The type of a column that nobody declared, from its first value that is not null.
ValueType InferType(const std::vector<RawValue>& values) {
  for (const auto& value : values) {
    switch (value.data.index()) {
      case 1:
        return ValueType::kBool;
      case 2:
        return ValueType::kInt64;
      case 3:
        return ValueType::kDouble;
      case 4:
        return ValueType::kString;
      case 5:
        return ValueType::kBytes;
      default:
        break;
    }
  }
  return ValueType::kString;
}

Status Encode(const std::string& name, const std::vector<RawValue>& values, ValueType type,
              EncodedColumn* out) {
  out->name = name;
  out->type = type == ValueType::kInvalid ? InferType(values) : type;
  out->ends.reserve(values.size());
  for (const auto& value : values) {
    if (const Status status = AppendValueBytes(value, out->type, &out->bytes); !status.ok()) {
      return status.Annotate("column " + name);
    }
    out->ends.push_back(out->bytes.size());
  }
  return Status::OK();
}

Status CheckRequestData(const OnlinePlan& plan, const EntityColumns& columns) {
  std::vector<std::string> missing;
  for (const auto& [name, type] : plan.request_data) {
    const auto given = [&name = name](const auto& column) { return column.encoded.name == name; };
    if (std::none_of(columns.request_data.begin(), columns.request_data.end(), given)) {
      missing.push_back(name);
    }
  }
  if (missing.empty()) return Status::OK();
  std::sort(missing.begin(), missing.end());
  return Status::NotFound("Required request data source features " + ListRepr(missing) +
                              " not found in the entity rows, but required by feature views",
                          ErrorKind::kRequestDataNotFoundInEntityRows);
}

Result<size_t> CountRows(const OnlineRequest& request) {
  if (request.entities.empty()) {
    return Status::InvalidArgument("No entity values were given: 'entities' is empty",
                                   ErrorKind::kKeyError);
  }
  const size_t rows = request.entities[0].second.size();
  for (const auto& [name, values] : request.entities) {
    if (values.size() != rows) {
      return Status::InvalidArgument("All entity rows must have the same columns.");
    }
  }
  return rows;
}

Status MissingKeys(const OnlinePlan& plan, const EntityColumns& columns) {
  std::vector<std::string> missing;
  std::vector<std::string> empty;
  for (const auto& key : plan.expected_keys) {
    const bool given = columns.JoinKey(key) != nullptr;
    if (!given) missing.push_back(key);
    if (!given || columns.rows == 0) empty.push_back(key);
  }
  std::vector<std::string> provided;
  for (const auto& column : columns.join_keys) provided.push_back(column.encoded.name);
  const auto entityless = [](const auto& view) { return view.entityless; };
  if (std::any_of(plan.views.begin(), plan.views.end(), entityless)) {
    provided.emplace_back(kDummyJoinKey);
  }
  return Status::InvalidArgument("Missing join key values for keys: " + ListRepr(missing) +
                                     ". No values provided for keys: " + ListRepr(empty) +
                                     ". Provided join_key_values: " + ListRepr(provided),
                                 ErrorKind::kKeyError);
}

}  // namespace

const EntityColumns::Column* EntityColumns::JoinKey(std::string_view name) const {
  for (const auto& column : join_keys) {
    if (column.encoded.name == name) return &column;
  }
  return nullptr;
}

Result<EntityColumns> ClassifyColumns(const OnlinePlan& plan, const OnlineRequest& request) {
  EntityColumns columns;
  FEAST_ASSIGN_OR_RETURN(columns.rows, CountRows(request));
  for (const auto& [given, values] : request.entities) {
    EntityColumns::Column column;
    column.raw = &values;
    if (const auto data = plan.request_data.find(given); data != plan.request_data.end()) {
      FEAST_RETURN_IF_ERROR(Encode(given, values, data->second, &column.encoded));
      columns.request_data.push_back(std::move(column));
      continue;
    }
    std::string name = given;
    auto key = plan.join_keys.find(name);
    if (key == plan.join_keys.end()) {
      const auto entity = plan.entity_join_keys.find(given);
      if (entity == plan.entity_join_keys.end()) continue;  // upstream ignores it as well
      name = entity->second;
      key = plan.join_keys.find(name);
    }
    if (columns.JoinKey(name) != nullptr) continue;
    FEAST_RETURN_IF_ERROR(Encode(name, values, key->second, &column.encoded));
    columns.join_keys.push_back(std::move(column));
  }
  FEAST_RETURN_IF_ERROR(CheckRequestData(plan, columns));
  return columns;
}

namespace {

/// The columns of the view's join keys in the types that this view declares.
Result<std::vector<const EncodedColumn*>> KeyColumns(const PlannedView& view,
                                                     const EntityColumns& columns,
                                                     std::vector<EncodedColumn>* converted) {
  const auto& keys = view.encoder->join_keys();
  converted->reserve(keys.size());
  std::vector<const EncodedColumn*> found;
  for (size_t i = 0; i < keys.size(); ++i) {
    const auto* column = columns.JoinKey(view.request_columns[i]);
    if (column == nullptr) continue;
    if (column->encoded.type == keys[i].type || keys[i].type == ValueType::kInvalid) {
      found.push_back(&column->encoded);
      continue;
    }
    EncodedColumn other;
    FEAST_RETURN_IF_ERROR(Encode(column->encoded.name, *column->raw, keys[i].type, &other));
    converted->push_back(std::move(other));
    found.push_back(&converted->back());
  }
  return found;
}

/// Where each distinct key is: one table for all of them.
class KeyIndex {
 public:
  explicit KeyIndex(size_t most) : places_(std::bit_ceil(2 * most + 1), kNone) {}

  /// The place of the last key: its own, or that of an equal one before it.
  size_t PlaceOfLast(const std::vector<std::string>& keys) {
    const size_t mask = places_.size() - 1;
    const std::string& key = keys.back();
    for (size_t at = std::hash<std::string_view>()(key) & mask;; at = (at + 1) & mask) {
      if (places_[at] == kNone) return places_[at] = keys.size() - 1;
      if (keys[places_[at]] == key) return places_[at];
    }
  }

 private:
  static constexpr size_t kNone = SIZE_MAX;
  std::vector<size_t> places_;  // open addressing, a power of two
};

}  // namespace

Result<ViewKeys> KeysOfView(const OnlinePlan& plan, const PlannedView& view,
                            const EntityColumns& columns) {
  ViewKeys keys;
  if (view.entityless) {
    const RawValue nothing{std::string()};
    const RawValue* value = &nothing;
    std::string key;
    FEAST_RETURN_IF_ERROR(view.encoder->Append(std::span(&value, 1), &key));
    keys.keys = {std::move(key)};
    keys.of_row.assign(columns.rows, 0);
    return keys;
  }
  std::vector<EncodedColumn> converted;
  FEAST_ASSIGN_OR_RETURN(const auto given, KeyColumns(view, columns, &converted));
  if (given.empty() || columns.rows == 0) return MissingKeys(plan, columns);
  if (given.size() < view.encoder->join_keys().size()) return keys;
  std::vector<std::string> distinct;
  distinct.reserve(columns.rows);
  KeyIndex index(columns.rows);
  std::vector<std::string_view> values(given.size());
  keys.of_row.reserve(columns.rows);
  for (size_t row = 0; row < columns.rows; ++row) {
    for (size_t i = 0; i < given.size(); ++i) {
      values[i] = given[i]->Row(row);
      if (values[i].empty()) {
        return Status::InvalidArgument("The entity key value of '" + given[i]->name + "' in row " +
                                           std::to_string(row) + " is null",
                                       ErrorKind::kTypeError);
      }
    }
    std::string& key = distinct.emplace_back();
    FEAST_RETURN_IF_ERROR(view.encoder->AppendFromValueBytes(values, &key));
    keys.of_row.push_back(index.PlaceOfLast(distinct));
    if (keys.of_row.back() + 1 < distinct.size()) distinct.pop_back();
  }
  keys.keys = std::move(distinct);
  return keys;
}

}  // namespace feast
