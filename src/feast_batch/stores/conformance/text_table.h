#pragma once
/// Arrow tables written as text, for tests.
#include <arrow/type_fwd.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "feast/base/clock.h"
#include "feast/base/result.h"
#include "feast/types/arrow_c.h"

namespace feast::offline_conformance {

/// Texts of a column, top to bottom; nothing is null.
using Cells = std::vector<std::optional<std::string>>;

/// A column in its type's own text form. Times are written as hours after kDay: `10.5`.
struct Named {
  std::string name;
  std::shared_ptr<arrow::DataType> type;
  Cells cells;
};

inline constexpr Micros kDay = 1'704'067'200'000'000;  ///< 2024-01-01
inline constexpr Micros kHour = 3'600 * kMicrosPerSecond;

std::shared_ptr<arrow::Table> MakeTable(const std::vector<Named>& columns);
OwnedStream StreamOf(const std::shared_ptr<arrow::Table>& table);
/// The whole stream, and what went wrong.
Result<std::shared_ptr<arrow::Table>> TableOf(Result<OwnedStream> stream);
/// A column as text (`no such column` if there is none); times as hours after kDay again.
Cells CellsOf(const arrow::Table& table, const std::string& name);

}  // namespace feast::offline_conformance
