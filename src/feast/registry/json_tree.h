#pragma once
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "feast/base/result.h"

namespace feast {

/// A JSON document whose objects are sorted by key and whose numbers keep their text.
/// Thread-compatible.
struct JsonTree {
  enum class Kind { kScalar, kString, kArray, kObject };

  static JsonTree String(std::string text) { return {Kind::kString, std::move(text), {}, {}}; }

  /// The member of an object, or null.
  JsonTree* Find(const std::string& key) {
    const auto found = members.find(key);
    return found == members.end() ? nullptr : &found->second;
  }
  /// Appends to the array under `key`, which is made if need be.
  void Append(const std::string& key, JsonTree item) {
    JsonTree& array = members[key];
    array.kind = Kind::kArray;
    array.items.push_back(std::move(item));
  }

  Kind kind = Kind::kScalar;
  std::string text = "null";  ///< number, true, false, null; or a string's content
  std::vector<JsonTree> items;
  std::map<std::string, JsonTree> members;
};

/// DataLoss for what is no JSON.
Result<JsonTree> ParseJsonTree(std::string_view json);

/// As Python's `json.dumps(tree, indent=2, sort_keys=True)` prints it.
std::string PrintJsonTree(const JsonTree& tree);

}  // namespace feast
