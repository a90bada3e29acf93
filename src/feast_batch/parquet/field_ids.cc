#include "feast_batch/parquet/field_ids.h"

#include <arrow/array.h>
#include <arrow/type.h>
#include <arrow/util/key_value_metadata.h>

#include <algorithm>
#include <charconv>

namespace feast {
namespace {

constexpr const char* kFieldId = "PARQUET:field_id";

using Type = std::shared_ptr<arrow::DataType>;

bool IsList(const arrow::DataType& type) {
  return type.id() == arrow::Type::LIST || type.id() == arrow::Type::LARGE_LIST;
}

bool SameKind(const arrow::DataType& table, const arrow::DataType& file) {
  if (IsList(table)) return IsList(file);
  if (!arrow::is_nested(table.id())) return !arrow::is_nested(file.id());
  return table.id() == file.id() && table.num_fields() == file.num_fields();
}

// The file's type with the table's names; null unless both hold the same fields. A list's element
// and a map's entries stand where they must; of a struct the fields are told by id, or by name.
Type TypeAs(const Type& table, const Type& file, bool by_id) {
  if (!SameKind(*table, *file)) return nullptr;
  if (!arrow::is_nested(table->id())) return file;
  arrow::FieldVector fields;
  for (int at = 0; at < table->num_fields(); ++at) {
    const auto& wanted = table->field(at);
    const auto& stored = file->field(at);
    const bool same =
        by_id ? FieldIdOf(*wanted) == FieldIdOf(*stored) : wanted->name() == stored->name();
    if (table->id() == arrow::Type::STRUCT && !same) return nullptr;
    auto inner = TypeAs(wanted->type(), stored->type(), by_id);
    if (!inner) return nullptr;
    fields.push_back(arrow::field(wanted->name(), std::move(inner), stored->nullable()));
  }
  switch (file->id()) {
    case arrow::Type::LIST:
      return arrow::list(fields[0]);
    case arrow::Type::LARGE_LIST:
      return arrow::large_list(fields[0]);
    case arrow::Type::MAP:
      return std::make_shared<arrow::MapType>(fields[0]->type()->field(0),
                                              fields[0]->type()->field(1));
    default:
      return arrow::struct_(fields);
  }
}

std::shared_ptr<arrow::ArrayData> DataAs(const arrow::ArrayData& data, const Type& type) {
  auto out = data.Copy();
  out->type = type;
  for (size_t at = 0; at < out->child_data.size(); ++at) {
    out->child_data[at] = DataAs(*out->child_data[at], type->field(static_cast<int>(at))->type());
  }
  return out;
}

}  // namespace

int32_t FieldIdOf(const arrow::Field& field) {
  int32_t id = -1;
  if (!field.metadata()) return id;
  const auto text = field.metadata()->Get(kFieldId);
  if (text.ok()) std::from_chars(text->data(), text->data() + text->size(), id);
  return id;
}

std::shared_ptr<arrow::Field> WithFieldId(const std::shared_ptr<arrow::Field>& field, int32_t id) {
  return field->WithMetadata(arrow::key_value_metadata({kFieldId}, {std::to_string(id)}));
}

bool HasFieldIds(const arrow::Schema& schema) {
  return std::ranges::any_of(schema.fields(),
                             [](const auto& field) { return FieldIdOf(*field) >= 0; });
}

Result<StoredColumns> ColumnsByFieldId(const arrow::Schema& table, const arrow::Schema& file,
                                       const std::map<std::string, int32_t>& ids) {
  const bool by_id = HasFieldIds(file);
  if (!by_id && ids.empty() && file.num_fields() > 0) {
    return Status::Unimplemented(
        "its columns have no field ids, and the table no mapping of their names");
  }
  const auto id_of = [&](const arrow::Field& field) {
    if (by_id) return FieldIdOf(field);
    const auto known = ids.find(field.name());
    return known == ids.end() ? -1 : known->second;
  };
  StoredColumns out;
  for (const auto& column : table.fields()) {
    const int32_t id = FieldIdOf(*column);
    const auto stored = std::ranges::find_if(
        file.fields(), [&](const auto& field) { return id >= 0 && id_of(*field) == id; });
    if (stored == file.fields().end()) continue;
    auto type = TypeAs(column->type(), (*stored)->type(), by_id);
    if (!type) {
      return Status::Unimplemented("column '" + column->name() + "' is " +
                                   (*stored)->type()->ToString() +
                                   " there: changes within nested columns are not read");
    }
    out[column->name()] = {(*stored)->name(), std::move(type)};
  }
  return out;
}

std::shared_ptr<arrow::Array> Renamed(const std::shared_ptr<arrow::Array>& array,
                                      const std::shared_ptr<arrow::DataType>& type) {
  return arrow::MakeArray(DataAs(*array->data(), type));
}

}  // namespace feast
