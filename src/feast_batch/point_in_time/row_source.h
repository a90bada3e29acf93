#pragma once
#include <arrow/type_fwd.h>

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "feast/base/call_context.h"
#include "feast/base/clock.h"
#include "feast/base/result.h"

namespace feast {

/// Some rows of a source in order, a batch at a time. Thread-compatible.
class RowStream {
 public:
  virtual ~RowStream() = default;
  /// The next rows, at most kBatchRows; null at the end. Of a stream that decodes alone they are
  /// valid until the next call.
  virtual Result<std::shared_ptr<arrow::RecordBatch>> Next() = 0;

  static constexpr int64_t kBatchRows = 1 << 16;
};

/// A table as a stream. A stream of no columns has rows all the same.
std::unique_ptr<RowStream> StreamOf(std::shared_ptr<arrow::Table> table);

/// Rows of one source in numbered groups: row numbers are stable, so that a second pass can fetch
/// what a first one chose. Thread-safe; the streams must not outlive it.
class RowSource {
 public:
  struct Group {
    uint64_t first_row;
    uint64_t rows;
  };
  /// Who decodes: the thread that calls Next, or several, a column each.
  enum class Decode { kAlone, kSideBySide };
  virtual ~RowSource() = default;

  /// For messages: `source "stats" (data/stats.parquet)`.
  virtual const std::string& name() const = 0;
  virtual const arrow::Schema& schema() const = 0;
  virtual const std::vector<Group>& groups() const = 0;
  /// Those columns of one group, in that order, with the types of schema(). Several streams may be
  /// open, each on a thread of its own.
  virtual Result<std::unique_ptr<RowStream>> Open(size_t group,
                                                  const std::vector<std::string>& columns,
                                                  Decode decode) = 0;
  /// False only if no row of the group has a time in [from, to].
  virtual bool MayHold(size_t group, const std::string& time_column, Micros from, Micros to) = 0;
  /// Columns are kept apart: to read them one by one costs no more than together.
  virtual bool columnar() const = 0;
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

/// Tells the context's progress what will be read, and what was.
void ExpectGroups(const CallContext& context, const RowSource& source,
                  const std::vector<size_t>& groups);
void ReportGroup(const CallContext& context, RowSource& source, size_t group,
                 const std::vector<std::string>& columns);

/// Reads groups in order, on a thread of its own some batches ahead, and reports them to the
/// context's progress. Thread-safe: several readers share the batches among them.
class RowReader {
 public:
  struct Item {
    size_t group;
    uint64_t first_row;  ///< in the source
    std::shared_ptr<arrow::RecordBatch> rows;
  };
  /// All but `context` must outlive it.
  RowReader(const CallContext& context, RowSource& source, std::vector<size_t> groups,
            std::vector<std::string> columns);
  ~RowReader();
  RowReader(const RowReader&) = delete;
  RowReader& operator=(const RowReader&) = delete;

  /// The next batch, or none at the end. An error comes to every reader.
  Result<std::optional<Item>> Next();

 private:
  Status Produce();
  Status ReadGroup(size_t group);
  /// Waits for room; false if nobody wants any more.
  bool Offer(Item item);

  const CallContext context_;
  RowSource& source_;
  const std::vector<size_t> groups_;
  const std::vector<std::string> columns_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Item> ready_;  // guarded by mutex_
  bool done_ = false;       // guarded by mutex_
  bool stopped_ = false;    // guarded by mutex_
  Status status_;           // guarded by mutex_
  std::jthread producer_;
};

/// The column of a batch, as what takes chunks wants it.
std::shared_ptr<arrow::ChunkedArray> ChunkedColumn(const arrow::RecordBatch& rows,
                                                   const std::string& name);

/// The rows of those ascending row numbers, in that order. Holds some batches at a time and the
/// result.
Result<std::shared_ptr<arrow::Table>> TakeRows(const CallContext& context, RowSource& source,
                                               const std::vector<uint64_t>& rows,
                                               const std::vector<std::string>& columns);

}  // namespace feast
