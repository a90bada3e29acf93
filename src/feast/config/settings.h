#pragma once
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "feast/base/result.h"

namespace feast {

/// A node of feature_store.yaml after substitution: scalar, list or mapping, with the line it came
/// from, so that whoever reads an option can say where a wrong one stands. Immutable.
class Setting {
 public:
  enum class Kind { kNull, kScalar, kList, kMap };

  Kind kind = Kind::kNull;
  int line = 0;         ///< 1-based; 0 when it came from code
  std::string text;     ///< of a scalar, unquoted
  bool quoted = false;  ///< a quoted scalar is always a string
  std::vector<Setting> items;
  std::vector<std::pair<std::string, Setting>> entries;  ///< in file order

  const Setting* Find(std::string_view key) const;
};

/// The options of one section (`online_store:` …), read by the backend itself.
///
/// Each getter marks its key as known; `Finish` refuses what is left, naming file, line, key and the
/// known keys. A wrong type is FeastConfigError as well. Thread-compatible.
class SettingsReader {
 public:
  SettingsReader(std::string file, std::string section, const Setting& setting);

  Result<std::string> String(std::string_view key, std::optional<std::string> fallback);
  Result<int64_t> Int(std::string_view key, std::optional<int64_t> fallback);
  Result<double> Double(std::string_view key, std::optional<double> fallback);
  Result<bool> Bool(std::string_view key, std::optional<bool> fallback);
  /// One of `allowed`; the error lists them.
  Result<std::string> Choice(std::string_view key, std::vector<std::string> allowed,
                             std::optional<std::string> fallback);
  /// The raw node, or null.
  const Setting* Node(std::string_view key);
  /// Refuses unknown keys; `allow_unknown` only returns their names (upstream ignores them there).
  Status Finish();
  std::vector<std::string> UnknownKeys() const;

 private:
  Status Wrong(std::string_view key, const Setting& node, std::string_view expected) const;

  std::string file_;
  std::string section_;
  const Setting& setting_;
  std::vector<std::string> known_;
};

}  // namespace feast
