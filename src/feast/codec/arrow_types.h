#pragma once
#include <string_view>

#include "feast/base/result.h"
#include "feast/types/arrow_c.h"
#include "feast/types/value_type.h"

namespace feast {

/// The Arrow type of a value type (storage.md §6.6) with that column name. STRUCT, whose fields
/// only its values know, is a map like MAP.
Result<OwnedSchema> ArrowSchemaOfType(ValueType type, std::string_view name);

}  // namespace feast
