#pragma once
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "feast/base/clock.h"
#include "feast/base/result.h"
#include "feast/types/arrow_c.h"
#include "feast/types/encoded_column.h"
#include "feast/types/value_type.h"

namespace feast {

/// Value bytes of an Arrow column converted to the declared `type` (storage.md §6.5; but integers
/// with nulls keep full precision). Appends to `out` row by row. Errors name the column and the
/// first bad row.
Status EncodeColumn(std::string_view name, const ArrowSchema& schema, const ArrowArray& array,
                    ValueType type, EncodedColumn* out);

/// Event times of an Arrow column in microseconds since the epoch, UTC: timestamps of any unit and
/// zone (naive = UTC), dates, and ISO 8601 strings. A null is `nullopt`.
Result<std::vector<std::optional<Micros>>> TimesOfColumn(std::string_view name,
                                                         const ArrowSchema& schema,
                                                         const ArrowArray& array);

/// Value bytes back into an Arrow column of the type's own Arrow type (storage.md §6.6), nulls for
/// empty values.
Status DecodeColumn(std::span<const std::string_view> values, ValueType type, std::string_view name,
                    OwnedSchema* schema, OwnedArray* array);

/// The value type that schema inference gives an Arrow column (storage.md §6.6); kInvalid if none.
ValueType ValueTypeOfArrow(const ArrowSchema& schema);

}  // namespace feast
