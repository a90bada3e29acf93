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

using KeyColumns = std::vector<std::shared_ptr<arrow::ChunkedArray>>;

/// What the columns of a key hold, so that only like is compared with like.
class KeyKinds {
 public:
  /// Takes over what is not known yet. InvalidArgument if a column cannot be a key.
  Status Learn(const KeyColumns& columns, const std::vector<std::string>& names);
  /// InvalidArgument, naming the column, if a column's type differs in kind from what was learnt
  /// (numbers against text) or cannot be a key.
  Status Check(const KeyColumns& columns, const std::vector<std::string>& names) const;
  /// The key is one column of whole numbers.
  bool integers() const { return integers_; }

 private:
  std::string kinds_;  // one letter a column
  bool integers_ = false;
};

/// Numbers entity keys: equal keys get equal ids, whatever Arrow types spell them (int32 and int64,
/// string and dictionary, a float that holds a whole number).
///
/// Thread-compatible; look-ups alone may run on several threads. A single integer key is hashed as
/// such, everything else as tagged, length-prefixed bytes, so composite keys cannot collide. A key
/// with a null or NaN part gets kNoKey.
class EntityKeyIndex {
 public:
  /// Ids of the keys of `rows` rows, new keys included. No columns: all rows have id 0. Errors are
  /// those of KeyKinds.
  Result<std::vector<uint32_t>> Insert(const KeyColumns& columns,
                                       const std::vector<std::string>& names, int64_t rows);
  /// The same for keys to look up; unknown ones get kNoKey.
  Result<std::vector<uint32_t>> Find(const KeyColumns& columns,
                                     const std::vector<std::string>& names, int64_t rows) const;
  uint32_t size() const { return size_; }

 private:
  struct Hash {
    using is_transparent = void;
    size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
  };
  uint32_t IdOf(int64_t key);
  uint32_t IdOf(int64_t key) const;
  uint32_t IdOf(std::string_view key);
  uint32_t IdOf(std::string_view key) const;
  size_t PlaceOf(int64_t key) const;
  void Grow();

  uint32_t size_ = 0;
  KeyKinds kinds_;
  std::vector<int64_t> table_keys_;
  std::vector<uint32_t> table_ids_;  // kNoKey: free
  std::unordered_map<std::string, uint32_t, Hash, std::equal_to<>> texts_;
};

/// Puts keys into partitions by their hash: equal keys into the same one, whatever types spell
/// them. Thread-compatible; Find alone may run on several threads. Keys of one partition still
/// spread in an EntityKeyIndex.
class KeyPartitioner {
 public:
  /// 2^bits partitions, bits below 32.
  explicit KeyPartitioner(int bits) : shift_(64 - bits) {}

  /// The partition of each of `rows` keys of the asking side; kNoKey as in EntityKeyIndex. No
  /// columns: all rows are in partition 0.
  Result<std::vector<uint32_t>> Insert(const KeyColumns& columns,
                                       const std::vector<std::string>& names, int64_t rows);
  /// The same for keys of a source.
  Result<std::vector<uint32_t>> Find(const KeyColumns& columns,
                                     const std::vector<std::string>& names, int64_t rows) const;

 private:
  int shift_;
  KeyKinds kinds_;
};

}  // namespace feast
