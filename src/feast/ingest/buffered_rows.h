#pragma once
#include <memory>
#include <vector>

#include "feast/base/result.h"
#include "feast/types/arrow_c.h"

namespace feast {

/// Rows read once and handed out as often as needed: a push goes to several views and both stores.
///
/// Immutable, thread-safe. The streams share the columns, which live as long as any of them.
class BufferedRows {
 public:
  /// Reads `rows` to the end.
  static Result<BufferedRows> Read(OwnedStream rows);

  /// A new stream over the same rows. Internal when memory runs out.
  Result<OwnedStream> Replay() const;

 private:
  struct Content {
    OwnedSchema schema;
    std::vector<OwnedArray> batches;
  };
  std::shared_ptr<const Content> content_;
};

}  // namespace feast
