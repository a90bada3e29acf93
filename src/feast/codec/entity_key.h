#pragma once
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "feast/base/result.h"
#include "feast/types/EntityKey.pb.h"
#include "feast/types/raw_value.h"
#include "feast/types/value_type.h"

namespace feast {

/// Entity keys as bytes (docs/formats/entity_key.md). Version 3 is written by default, 2 on
/// request.
struct JoinKey {
  std::string name;
  ValueType type = ValueType::kString;
};

/// Writes keys of one set of join keys; names are sorted and rendered once, a key costs one append.
/// Immutable, thread-safe.
class EntityKeyEncoder {
 public:
  /// InvalidArgument for a repeated name or a type that cannot be a key.
  static Result<EntityKeyEncoder> Make(std::vector<JoinKey> join_keys, int version = 3);

  /// Appends the key to `out`. `values` are in the order given to Make and are converted to the
  /// declared types (int from "1001", string from 1001 …, storage.md §6.5); a null is TypeError.
  Status Append(std::span<const RawValue* const> values, std::string* out) const;

  /// Appends the key from already serialized Value bytes (one per join key, order of Make).
  Status AppendFromValueBytes(std::span<const std::string_view> values, std::string* out) const;

  const std::vector<JoinKey>& join_keys() const { return join_keys_; }

 private:
  EntityKeyEncoder() = default;
  std::vector<JoinKey> join_keys_;  // in the caller's order
  std::vector<size_t> sorted_;      // indexes into join_keys_, by name
  std::string prefix_;              // everything before the values
};

/// Any key, from and to upstream's message.
Result<std::string> SerializeEntityKey(const types::EntityKey& key, int version = 3);
Result<types::EntityKey> DeserializeEntityKey(std::string_view bytes);

}  // namespace feast
