#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "feast/types/value_type.h"

namespace feast {

/// Serialized values of one feature, row after row, in one buffer. An empty value is a null.
struct EncodedColumn {
  std::string name;
  ValueType type = ValueType::kInvalid;
  std::string bytes;
  std::vector<uint64_t> ends;  ///< ends[i] is where value i stops; it starts where i-1 stops

  std::string_view Row(size_t row) const {
    const uint64_t begin = row == 0 ? 0 : ends[row - 1];
    return std::string_view(bytes).substr(begin, ends[row] - begin);
  }
};

}  // namespace feast
