#include "feast_batch/parquet/schema_union.h"

#include <arrow/type.h>

#include <algorithm>
#include <charconv>
#include <cstdint>

#include "feast_batch/point_in_time/arrow_status_internal.h"

namespace feast {
namespace {

// A type that holds the values of both, or null.
std::shared_ptr<arrow::DataType> WiderType(const std::shared_ptr<arrow::DataType>& a,
                                           const std::shared_ptr<arrow::DataType>& b) {
  if (a->Equals(*b)) return a;
  if (a->id() == arrow::Type::TIMESTAMP && b->id() == arrow::Type::TIMESTAMP) {
    const auto& left = static_cast<const arrow::TimestampType&>(*a);
    const auto& right = static_cast<const arrow::TimestampType&>(*b);
    return arrow::timestamp(std::max(left.unit(), right.unit()),
                            left.timezone() == right.timezone() ? left.timezone() : "UTC");
  }
  const auto merged =
      arrow::field("", a)->MergeWith(arrow::field("", b), arrow::Field::MergeOptions::Permissive());
  return merged.ok() ? (*merged)->type() : nullptr;
}

bool IsInt32(const std::string& text) {
  int32_t value;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size();
}

class SchemaUnion {
 public:
  Status Add(const arrow::Schema& schema, const ParquetFile& file) {
    const bool first = fields_.empty();
    for (const auto& field : schema.fields()) {
      const auto same = std::find_if(fields_.begin(), fields_.end(), [&](const auto& known) {
        return known->name() == field->name();
      });
      if (first || same == fields_.end()) {
        fields_.push_back(field);
        origin_.push_back(&file);
        continue;
      }
      const auto type = WiderType((*same)->type(), field->type());
      if (!type) {
        return Status::InvalidArgument("column '" + field->name() + "' is of type " +
                                           (*same)->type()->ToString() + " in " +
                                           origin_[same - fields_.begin()]->path + " and " +
                                           field->type()->ToString() + " in " + file.path,
                                       ErrorKind::kValueError);
      }
      *same = (*same)->WithType(type)->WithNullable(true);
    }
    return Status::OK();
  }

  void AddPartitions(const std::vector<ParquetFile>& files) {
    std::map<std::string, bool> whole_numbers;
    for (const auto& file : files) {
      for (const auto& [column, value] : file.partition) {
        auto& whole = whole_numbers.emplace(column, true).first->second;
        if (value && !IsInt32(*value)) whole = false;
      }
    }
    for (const auto& [column, whole] : whole_numbers) {
      const bool known =
          std::any_of(fields_.begin(), fields_.end(),
                      [&column = column](const auto& field) { return field->name() == column; });
      if (!known) fields_.push_back(arrow::field(column, whole ? arrow::int32() : arrow::utf8()));
    }
  }

  arrow::FieldVector TakeFields() && { return std::move(fields_); }

 private:
  arrow::FieldVector fields_;
  std::vector<const ParquetFile*> origin_;  // the file of each field
};

}  // namespace

Result<std::shared_ptr<arrow::Schema>> UnionOfSchemas(
    const std::vector<std::shared_ptr<arrow::Schema>>& schemas,
    const std::vector<ParquetFile>& files) {
  SchemaUnion all;
  for (size_t i = 0; i < schemas.size(); ++i) {
    FEAST_RETURN_IF_ERROR(all.Add(*schemas[i], files[i]));
  }
  all.AddPartitions(files);
  return arrow::schema(std::move(all).TakeFields(), schemas.front()->metadata());
}

}  // namespace feast
