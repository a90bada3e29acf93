#pragma once
#include <cstdint>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace feast {

/// Bytes, as distinct from text.
struct RawBytes {
  std::string bytes;
  bool operator==(const RawBytes&) const = default;
};

/// An untyped value as a caller gave it (JSON, a Python object): not yet converted to a declared
/// type. Thread-compatible.
struct RawValue {
  using List = std::vector<RawValue>;
  using Map = std::vector<std::pair<std::string, RawValue>>;
  std::variant<std::monostate, bool, int64_t, double, std::string, RawBytes, List, Map> data;

  bool is_null() const { return data.index() == 0; }
  bool operator==(const RawValue&) const = default;
};

}  // namespace feast
