#include "feast_batch/point_in_time/row_source.h"

#include <arrow/array.h>
#include <arrow/buffer.h>
#include <arrow/compute/api_vector.h>
#include <arrow/datum.h>
#include <arrow/record_batch.h>
#include <arrow/table.h>
#include <arrow/type.h>

#include <algorithm>
#include <exception>
#include <limits>
#include <new>
#include <set>

#include "feast_batch/point_in_time/arrow_status_internal.h"

namespace feast {

Status CheckColumns(const RowSource& source, const std::vector<std::string>& columns) {
  const auto missing = std::ranges::find_if(columns, [&](const std::string& column) {
    return source.schema().GetFieldIndex(column) < 0;
  });
  if (missing == columns.end()) return Status::OK();
  std::string known;
  for (const auto& name : source.schema().field_names()) {
    known.append(known.empty() ? "" : ", ").append(name);
  }
  return Status::InvalidArgument(
      source.name() + " has no column '" + *missing + "' (or has it twice); its columns: " + known,
      ErrorKind::kKeyError);
}

Status CheckTimeColumn(const RowSource& source, const std::string& column) {
  FEAST_RETURN_IF_ERROR(CheckColumns(source, {column}));
  const auto& type = *source.schema().GetFieldByName(column)->type();
  if (type.id() == arrow::Type::TIMESTAMP || arrow::is_date(type.id()) ||
      arrow::is_string(type.id())) {
    return Status::OK();
  }
  return Status::InvalidArgument(source.name() + ": column '" + column + "' is of type " +
                                 type.ToString() + ", not a timestamp");
}

std::vector<std::string> DistinctNames(const std::vector<std::vector<std::string>>& lists) {
  std::vector<std::string> out;
  std::set<std::string> seen;
  for (const auto& list : lists) {
    for (const auto& name : list) {
      if (!name.empty() && seen.insert(name).second) out.push_back(name);
    }
  }
  return out;
}

std::vector<size_t> GroupsInRange(RowSource& source, const std::string& time_column,
                                  std::optional<Micros> start, std::optional<Micros> end) {
  std::vector<size_t> groups;
  for (size_t group = 0; group < source.groups().size(); ++group) {
    if ((start || end) &&
        !source.MayHold(group, time_column, start.value_or(std::numeric_limits<Micros>::min()),
                        end.value_or(std::numeric_limits<Micros>::max()))) {
      continue;
    }
    groups.push_back(group);
  }
  return groups;
}

std::shared_ptr<arrow::Array> RowIndices(std::vector<int64_t> rows) {
  const auto count = static_cast<int64_t>(rows.size());
  return std::make_shared<arrow::Int64Array>(count, arrow::Buffer::FromVector(std::move(rows)));
}

RowReader::RowReader(const CallContext& context, RowSource& source, std::vector<size_t> groups,
                     std::vector<std::string> columns)
    : context_(context),
      source_(source),
      groups_(std::move(groups)),
      columns_(std::move(columns)),
      producer_([this] {
        Status status;
        try {
          status = Produce();
        } catch (const std::bad_alloc&) {
          status = Status::ResourceExhausted("out of memory");
        } catch (const std::exception& e) {
          status = Status::Internal(e.what());
        }
        const std::lock_guard lock(mutex_);
        done_ = true;
        status_ = std::move(status);
        changed_.notify_all();
      }) {}

RowReader::~RowReader() {
  const std::lock_guard lock(mutex_);
  stopped_ = true;
  changed_.notify_all();
}

Status RowReader::Produce() {
  ExpectGroups(context_, source_, groups_);
  for (const size_t group : groups_) FEAST_RETURN_IF_ERROR(ReadGroup(group));
  return Status::OK();
}

Status RowReader::ReadGroup(size_t group) {
  FEAST_ASSIGN_OR_RETURN(const auto stream,
                         source_.Open(group, columns_, RowSource::Decode::kSideBySide));
  uint64_t first_row = source_.groups()[group].first_row;
  while (true) {
    FEAST_RETURN_IF_ERROR(context_.Check());
    FEAST_ASSIGN_OR_RETURN(auto rows, stream->Next());
    if (!rows) break;
    const int64_t count = rows->num_rows();
    if (!Offer({group, first_row, std::move(rows)})) return Status::OK();
    first_row += count;
  }
  ReportGroup(context_, source_, group, columns_);
  return Status::OK();
}

bool RowReader::Offer(Item item) {
  constexpr size_t kAhead = 4;
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return stopped_ || ready_.size() < kAhead; });
  if (stopped_) return false;
  ready_.push_back(std::move(item));
  changed_.notify_all();
  return true;
}

Result<std::optional<RowReader::Item>> RowReader::Next() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return done_ || !ready_.empty(); });
  FEAST_RETURN_IF_ERROR(status_);
  FEAST_RETURN_IF_ERROR(context_.Check());
  if (ready_.empty()) return std::optional<Item>();
  std::optional<Item> item = std::move(ready_.front());
  ready_.pop_front();
  changed_.notify_all();
  return item;
}

void ExpectGroups(const CallContext& context, const RowSource& source,
                  const std::vector<size_t>& groups) {
  Progress* progress = context.progress();
  if (!progress) return;
  uint64_t rows = 0;
  for (const size_t group : groups) rows += source.groups()[group].rows;
  progress->Expect(static_cast<int64_t>(groups.size()), static_cast<int64_t>(rows));
}

void ReportGroup(const CallContext& context, RowSource& source, size_t group,
                 const std::vector<std::string>& columns) {
  Progress* progress = context.progress();
  if (!progress) return;
  progress->GroupDone(static_cast<int64_t>(source.groups()[group].rows),
                      source.StoredBytes(group, columns));
}

std::shared_ptr<arrow::ChunkedArray> ChunkedColumn(const arrow::RecordBatch& rows,
                                                   const std::string& name) {
  return std::make_shared<arrow::ChunkedArray>(rows.GetColumnByName(name));
}

namespace {

class TableStream final : public RowStream {
 public:
  explicit TableStream(std::shared_ptr<arrow::Table> table)
      : rows_(table->num_columns() == 0 ? table->num_rows() : 0), batches_(std::move(table)) {
    batches_.set_chunksize(kBatchRows);
  }
  Result<std::shared_ptr<arrow::RecordBatch>> Next() override {
    std::shared_ptr<arrow::RecordBatch> batch;
    if (rows_ > 0) {
      const int64_t count = std::min(rows_, kBatchRows);
      rows_ -= count;
      return arrow::RecordBatch::Make(batches_.schema(), count, arrow::ArrayVector{});
    }
    if (batches_.schema()->num_fields() == 0) return batch;
    FEAST_ARROW_RETURN_IF_ERROR(batches_.ReadNext(&batch));
    return batch;
  }

 private:
  int64_t rows_;  // still to come of a table of no columns
  arrow::TableBatchReader batches_;
};

}  // namespace

std::unique_ptr<RowStream> StreamOf(std::shared_ptr<arrow::Table> table) {
  return std::make_unique<TableStream>(std::move(table));
}

Result<std::shared_ptr<arrow::Table>> TakeRows(const CallContext& context, RowSource& source,
                                               const std::vector<uint64_t>& rows,
                                               const std::vector<std::string>& columns) {
  // 1. Which groups hold them.
  std::vector<size_t> groups;
  const auto& all = source.groups();
  for (size_t group = 0; group < all.size(); ++group) {
    const auto at = std::lower_bound(rows.begin(), rows.end(), all[group].first_row);
    if (at != rows.end() && *at < all[group].first_row + all[group].rows) groups.push_back(group);
  }
  // 2. Their rows.
  arrow::FieldVector fields;
  for (const auto& name : columns) fields.push_back(source.schema().GetFieldByName(name));
  std::vector<std::shared_ptr<arrow::RecordBatch>> parts;
  RowReader reader(context, source, std::move(groups), columns);
  while (true) {
    FEAST_ASSIGN_OR_RETURN(auto item, reader.Next());
    if (!item) break;
    const auto first = std::lower_bound(rows.begin(), rows.end(), item->first_row);
    const auto last = std::lower_bound(first, rows.end(), item->first_row + item->rows->num_rows());
    if (first == last) continue;
    std::vector<int64_t> picks;
    picks.reserve(last - first);
    for (auto row = first; row != last; ++row) picks.push_back(*row - item->first_row);
    const auto indices = RowIndices(std::move(picks));
    FEAST_ARROW_ASSIGN(auto taken, arrow::compute::Take(item->rows, indices));
    parts.push_back(taken.record_batch());
  }
  FEAST_ARROW_ASSIGN(auto table,
                     arrow::Table::FromRecordBatches(arrow::schema(std::move(fields)), parts));
  return table;
}

}  // namespace feast
