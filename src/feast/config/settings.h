#pragma once
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
  /// What a scalar is by YAML's rules; a quoted one is always a string.
  enum class ScalarType { kString, kInt, kDouble, kBool };
  struct Entry;

  Kind kind = Kind::kNull;
  int line = 0;         ///< 1-based; 0 when it came from code
  std::string text;     ///< of a scalar, unquoted
  bool quoted = false;  ///< a quoted scalar is always a string
  std::vector<Setting> items;
  std::vector<Entry> entries;  ///< in file order

  static Setting Scalar(std::string text, int line = 0);
  static Setting Map(std::vector<Entry> entries, int line = 0);

  const Setting* Find(std::string_view key) const;
  /// Of a scalar.
  ScalarType scalar_type() const;
  bool IsString() const { return kind == Kind::kScalar && scalar_type() == ScalarType::kString; }
};

/// What a mapping has under one key.
struct Setting::Entry {
  std::string key;
  Setting value;
};

/// "feature_store.yaml, line 3: what"; FeastConfigError. Line 0 is left out.
Status ConfigError(std::string_view file, int line, std::string_view what);

/// The options of one section (`online_store:` …), read by the backend itself.
///
/// Each getter marks its key as known; `Finish` refuses what is left, naming file, line, key and
/// the known keys. A wrong type is FeastConfigError as well; so is a missing key without a
/// fallback. A null counts as missing. `type` of stores, engine, auth and server is known from the
/// start. The setting must outlive the reader. Thread-compatible.
class SettingsReader {
 public:
  /// An empty section name stands for the top level.
  SettingsReader(std::string file, std::string section, const Setting& setting);

  Result<std::string> String(std::string_view key, std::optional<std::string> fallback);
  Result<int64_t> Int(std::string_view key, std::optional<int64_t> fallback);
  Result<double> Double(std::string_view key, std::optional<double> fallback);
  Result<bool> Bool(std::string_view key, std::optional<bool> fallback);
  /// One of `allowed`; the error lists them.
  Result<std::string> Choice(std::string_view key, const std::vector<std::string>& allowed,
                             std::optional<std::string> fallback);
  /// The raw node, or null.
  const Setting* Node(std::string_view key);
  /// Refuses unknown keys, and a section that is no mapping.
  Status Finish();
  /// What Finish would refuse, for sections where upstream ignores it.
  std::vector<std::string> UnknownKeys() const;

  /// The line of the key, or of the section when it is not there.
  int LineOf(std::string_view key) const;
  /// "section.key".
  std::string PathOf(std::string_view key) const;
  /// The known keys, sorted, for messages.
  std::string KnownKeys() const;

 private:
  Status Wrong(std::string_view key, const Setting& node, std::string_view expected) const;
  Status Missing(std::string_view key) const;

  std::string file_;
  std::string section_;
  const Setting& setting_;
  std::vector<std::string> known_;
};

}  // namespace feast
