#pragma once
#include <optional>
#include <string>
#include <vector>

#include "feast/base/result.h"
#include "feast/codec/feature_vector.h"
#include "feast/online/online_store.h"
#include "feast/retrieval/plan.h"

namespace feast {

/// One read of a precomputed feature service: a vector a key instead of a row a view, and ordinary
/// reads for the keys whose vector is missing, damaged or made of other features.
///
/// 1. `Read` is what to ask the store. 2. `Take` its answer, none if it failed. 3. `ReadsOfMissing`
/// is what else to ask. 4. `Finish` gives what the views' own reads would have answered.
/// Thread-compatible; borrows the plan.
class VectorRead {
 public:
  VectorRead(const OnlinePlan& plan, SharedList<std::string> keys);

  TableRead Read() const;
  void Take(std::optional<TableRows> vectors);
  /// A read a view; none when every key has its vector.
  std::vector<TableRead> ReadsOfMissing() const;
  Result<std::vector<TableRows>> Finish(std::vector<TableRows> rows_of_missing);

 private:
  const OnlinePlan& plan_;
  SharedList<std::string> keys_;
  std::vector<size_t> missing_;     ///< indices of keys
  std::vector<TableRows> answers_;  ///< a view each
};

}  // namespace feast
