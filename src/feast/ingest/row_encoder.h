#pragma once
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "feast/base/result.h"
#include "feast/codec/entity_key.h"
#include "feast/definitions/view_facts.h"
#include "feast/online/online_store.h"
#include "feast/types/arrow_c.h"

namespace feast {

/// Which columns of incoming rows hold what, and how they become a WriteBatch for one view.
///
/// Immutable, thread-safe. Made once per stream from its schema; a batch costs one pass a column.
class RowEncoder {
 public:
  /// Names in `schema` are feast names or source columns of `source` (its field mapping is
  /// applied). KeyError naming the missing column and the view. With `stamp` every row gets that
  /// event and created time, and no column of times is looked for.
  static Result<RowEncoder> Make(const ViewFacts& view, const core::DataSource& source,
                                 std::shared_ptr<const OnlineTable> table, int key_version,
                                 const ArrowSchema& schema, std::optional<Micros> stamp = {});

  /// Encodes every row of `batch`, a struct array of the schema given to Make. A null join key is
  /// an error that names the key.
  Result<std::shared_ptr<const WriteBatch>> Encode(const ArrowSchema& schema,
                                                   const ArrowArray& batch) const;

 private:
  RowEncoder(EntityKeyEncoder keys) : keys_(std::move(keys)) {}
  Status FindColumns(const ViewFacts& view, const core::DataSource& source,
                     const ArrowSchema& schema);
  Status EncodeKeys(const ArrowSchema& schema, const ArrowArray& batch, EncodedColumn* out) const;
  Status EncodeTimes(const ArrowSchema& schema, const ArrowArray& batch, WriteBatch* out) const;

  struct Column {
    int index = -1;  ///< in the schema; -1: the dummy join key, which no source has
    FieldFacts field;
  };
  EntityKeyEncoder keys_;
  std::shared_ptr<const OnlineTable> table_;
  std::vector<Column> join_keys_;
  std::vector<Column> features_;
  int event_time_ = -1;
  int created_time_ = -1;
  std::optional<Micros> stamp_;
};

}  // namespace feast
