#pragma once
#include <arrow/type_fwd.h>

#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "feast/base/result.h"

namespace feast {

/// A column of a file that stands for one of a table.
struct StoredColumn {
  std::string name;                       ///< in the file
  std::shared_ptr<arrow::DataType> type;  ///< the file's, its inner fields named as the table's
};
/// By the table's names; what a file lacks is missing.
using StoredColumns = std::map<std::string, StoredColumn>;

/// The id that Parquet keeps with a field, or -1.
int32_t FieldIdOf(const arrow::Field& field);
/// The field with that id.
std::shared_ptr<arrow::Field> WithFieldId(const std::shared_ptr<arrow::Field>& field, int32_t id);
/// Whether any column has an id.
bool HasFieldIds(const arrow::Schema& schema);

/// Finds the columns of `table`, whose fields have ids, in a file. `ids` are those of a file
/// without any, by the names of its columns. Unimplemented, naming the column, where fields within
/// a nested column came or went; or if there are no ids at all.
Result<StoredColumns> ColumnsByFieldId(const arrow::Schema& table, const arrow::Schema& file,
                                       const std::map<std::string, int32_t>& ids);

/// The array under another type that differs in the names of inner fields only.
std::shared_ptr<arrow::Array> Renamed(const std::shared_ptr<arrow::Array>& array,
                                      const std::shared_ptr<arrow::DataType>& type);

}  // namespace feast
