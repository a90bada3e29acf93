#pragma once
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "feast/retrieval/online_retriever.h"
#include "feast/serving_log/log_schema.h"
#include "feast/types/arrow_c.h"
#include "feast/types/encoded_column.h"

namespace feast {

/// One answer of a feature service, as the logger keeps it.
struct ServedAnswer {
  OnlineResponse response;
  std::vector<std::pair<std::string, std::vector<RawValue>>> request_data;
  bool full_feature_names = false;
  Micros time = 0;  ///< when it was answered
  std::string request_id;
};

/// Rows of one feature service's log, growing. Values are kept encoded, 12 bytes more each.
/// Thread-compatible.
class LogRows {
 public:
  explicit LogRows(std::vector<LogColumn> columns);

  size_t rows() const { return times_.size(); }
  /// Adds every row of an answer; what the answer lacks is null with status INVALID.
  /// InvalidArgument, adding nothing, for request data that is not of its type.
  Status Add(const ServedAnswer& answer);
  /// The rows as one batch of Arrow columns in upstream's types; they stay here.
  Result<OwnedStream> Stream() const;
  void Clear();

 private:
  struct Cells {
    EncodedColumn values;
    std::vector<int64_t> seconds;  // of the event; 0: none
    std::vector<int32_t> statuses;
  };
  const std::vector<LogColumn> columns_;
  std::vector<Cells> cells_;  // one a column
  std::vector<Micros> times_;
  std::vector<std::string> request_ids_;
};

}  // namespace feast
