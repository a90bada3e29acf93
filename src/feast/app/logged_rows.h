#pragma once
#include <optional>
#include <string>
#include <vector>

#include "feast/app/feature_store.h"
#include "feast/serving_log/log_schema.h"
#include "feast/serving_log/mismatch.h"
#include "feast/types/encoded_column.h"

namespace feast {

/// The log of a feature service as a data source; FailedPrecondition if the service has no log, or
/// not one in files.
Result<core::DataSource> LogSourceOf(const core::FeatureService& service);

/// The rows of such a log in [since, until], in store `logs`: their times and, of `columns`, those
/// that it has.
Result<OwnedStream> PullLogs(OfflineStore& logs, const CallContext& context,
                             const core::DataSource& source,
                             const std::vector<std::string>& columns, std::optional<Micros> since,
                             std::optional<Micros> until);

/// A sample of a feature service's log, in memory. Immutable.
class LoggedRows {
 public:
  struct Range {
    std::string service;
    std::optional<Micros> since;  ///< both inclusive
    std::optional<Micros> until;
    int64_t sample = 0;  ///< rows at most, evenly spread; 0: all
  };

  /// Reads the log twice, its times to count and then its columns. Columns of the service that the
  /// log lacks are null with status INVALID.
  static Result<LoggedRows> Read(FeatureStore& store, const CallContext& context,
                                 const Range& range);

  const std::vector<LogColumn>& columns() const { return columns_; }
  size_t rows() const { return times_.size(); }
  int64_t total_rows() const { return total_rows_; }
  Micros time(size_t row) const { return times_[row]; }  ///< when it was served
  LoggedValue Of(size_t column, size_t row) const;

  /// Join keys, request data and, under that name, the times: rows to join features to.
  Result<OwnedStream> Entities(const std::string& time_column) const;

 private:
  struct Cells {
    EncodedColumn values;
    std::vector<FieldStatus> statuses;
    std::vector<Micros> event_times;
  };
  Status Add(const ArrowSchema& schema, const ArrowArray& batch, int64_t stride, int64_t* seen);

  std::vector<LogColumn> columns_;
  std::vector<Cells> cells_;
  std::vector<Micros> times_;
  int64_t total_rows_ = 0;
};

}  // namespace feast
