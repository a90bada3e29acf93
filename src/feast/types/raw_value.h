#pragma once
#include <cstdint>
#include <string>
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
  struct Entry;
  using Map = std::vector<Entry>;
  std::variant<std::monostate, bool, int64_t, double, std::string, RawBytes, List, Map> data;

  bool is_null() const { return data.index() == 0; }
  bool operator==(const RawValue&) const = default;
};

struct RawValue::Entry {
  std::string key;
  RawValue value;
  bool operator==(const Entry&) const = default;
};

}  // namespace feast
