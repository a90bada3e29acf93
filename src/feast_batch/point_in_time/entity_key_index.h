#pragma once
#include <arrow/type_fwd.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "feast/base/result.h"
#include "feast_batch/point_in_time/as_of_join.h"

namespace feast {

/// Numbers entity keys: equal keys get equal ids, whatever Arrow types spell them (int32 and int64,
/// string and dictionary, a float that holds a whole number).
///
/// Thread-compatible; look-ups alone may run on several threads. A single integer key is hashed as
/// such, everything else as tagged, length-prefixed bytes, so composite keys cannot collide. A key
/// with a null or NaN part gets kNoKey.
class EntityKeyIndex {
 public:
  using Columns = std::vector<std::shared_ptr<arrow::ChunkedArray>>;

  EntityKeyIndex() = default;

  /// Ids of the keys of `rows` rows, new keys included. No columns: all rows have id 0.
  /// InvalidArgument, naming the column, if a column's type differs in kind from that of an earlier
  /// call (numbers against text) or cannot be a key.
  Result<std::vector<uint32_t>> Insert(const Columns& columns,
                                       const std::vector<std::string>& names, int64_t rows) {
    FEAST_RETURN_IF_ERROR(Learn(columns, names));
    return Ids(*this, columns, names, rows);
  }
  /// The same for keys to look up; unknown ones get kNoKey.
  Result<std::vector<uint32_t>> Find(const Columns& columns, const std::vector<std::string>& names,
                                     int64_t rows) const {
    return Ids(*this, columns, names, rows);
  }
  uint32_t size() const { return size_; }

 private:
  struct Hash {
    using is_transparent = void;
    size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
  };
  // One walk for both: a const index looks up, another inserts.
  template <typename Index>
  static Result<std::vector<uint32_t>> Ids(Index& index, const Columns& columns,
                                           const std::vector<std::string>& names, int64_t rows);
  Status Learn(const Columns& columns, const std::vector<std::string>& names);
  Status CheckKinds(const Columns& columns, const std::vector<std::string>& names) const;
  uint32_t IdOf(int64_t key);
  uint32_t IdOf(int64_t key) const;
  uint32_t IdOf(std::string_view key);
  uint32_t IdOf(std::string_view key) const;
  size_t PlaceOf(int64_t key) const;
  void Grow();

  uint32_t size_ = 0;
  std::string kinds_;  // of the columns, one letter each; fixed by the first call
  bool integers_ = false;
  std::vector<int64_t> table_keys_;
  std::vector<uint32_t> table_ids_;  // kNoKey: free
  std::unordered_map<std::string, uint32_t, Hash, std::equal_to<>> texts_;
};

}  // namespace feast
