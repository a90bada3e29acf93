#pragma once
#include <arrow/type_fwd.h>

#include <cstdint>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "feast/base/call_context.h"
#include "feast/base/clock.h"
#include "feast/base/result.h"

namespace feast {

/// Rows of one source in numbered groups: row numbers are stable, so that a second pass can fetch
/// what a first one chose. Thread-compatible.
class RowSource {
 public:
  struct Group {
    uint64_t first_row;
    uint64_t rows;
  };
  virtual ~RowSource() = default;

  /// For messages: `source "stats" (data/stats.parquet)`.
  virtual const std::string& name() const = 0;
  virtual const arrow::Schema& schema() const = 0;
  virtual const std::vector<Group>& groups() const = 0;
  /// The columns of one group, in that order, with the types of schema().
  virtual Result<std::shared_ptr<arrow::Table>> Read(size_t group,
                                                     const std::vector<std::string>& columns) = 0;
  /// False only if no row of the group has a time in [from, to].
  virtual bool MayHold(size_t group, const std::string& time_column, Micros from, Micros to) = 0;
  /// Bytes as stored of those columns of a group; 0: the source does not tell.
  virtual int64_t StoredBytes(size_t /*group*/, const std::vector<std::string>& /*columns*/) {
    return 0;
  }
  /// The file that holds a group, counted from 0; none: not a file.
  virtual std::optional<size_t> FileOf(size_t /*group*/) { return std::nullopt; }
};

/// NotFound (a KeyError), naming source and column, unless the source has all columns.
Status CheckColumns(const RowSource& source, const std::vector<std::string>& columns);
/// The same for a time column, which must also be a timestamp, date or ISO 8601 text.
Status CheckTimeColumn(const RowSource& source, const std::string& column);
/// Each name once, empty ones left out, in order.
std::vector<std::string> DistinctNames(const std::vector<std::vector<std::string>>& lists);

/// The groups that may hold rows with a time in [start, end].
std::vector<size_t> GroupsInRange(RowSource& source, const std::string& time_column,
                                  std::optional<Micros> start, std::optional<Micros> end);

/// Row numbers as the indices that Arrow's Take wants.
std::shared_ptr<arrow::Array> RowIndices(std::vector<int64_t> rows);

/// Reads groups in order, the next one while the caller works on the last, and reports them to the
/// context's progress. Thread-compatible.
class GroupReader {
 public:
  struct Item {
    size_t group;
    std::shared_ptr<arrow::Table> table;
  };
  GroupReader(const CallContext& context, RowSource& source, std::vector<size_t> groups,
              std::vector<std::string> columns);
  ~GroupReader();
  /// The next group, or none at the end.
  Result<std::optional<Item>> Next();

 private:
  void Start();

  CallContext context_;
  RowSource& source_;
  std::vector<size_t> groups_;
  std::vector<std::string> columns_;
  size_t next_ = 0;
  std::future<Result<std::shared_ptr<arrow::Table>>> pending_;
};

/// The rows of those ascending row numbers, in that order. Holds one group at a time and the
/// result.
Result<std::shared_ptr<arrow::Table>> TakeRows(const CallContext& context, RowSource& source,
                                               const std::vector<uint64_t>& rows,
                                               const std::vector<std::string>& columns);

}  // namespace feast
