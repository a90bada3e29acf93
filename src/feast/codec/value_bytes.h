#pragma once
#include <string>
#include <string_view>

#include "feast/base/result.h"
#include "feast/types/Value.pb.h"
#include "feast/types/raw_value.h"
#include "feast/types/value_type.h"

namespace feast {

/// Appends the bytes of a serialized feast.types.Value of `type` made from `value`, converted by
/// the rules of storage.md §6.5. A null appends nothing (the empty Value). Errors name the value
/// and type.
Status AppendValueBytes(const RawValue& value, ValueType type, std::string* out);

/// Which member of the oneof these bytes carry; kNull for empty bytes or null_val. Reads the tag
/// only. DataLoss if they are not a Value.
Result<ValueType> TypeOfValueBytes(std::string_view bytes);

/// What SQL stores keep beside the bytes: the text form (Python's str) and the number, if the type
/// has one (strings, integers, floats, bools); see storage.md §3.1.
struct TextAndNumber {
  bool has_text = false;
  std::string text;
  bool has_number = false;
  double number = 0;
};
Result<TextAndNumber> TextAndNumberOf(std::string_view value_bytes);

}  // namespace feast
