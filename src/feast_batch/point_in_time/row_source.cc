#include "feast_batch/point_in_time/row_source.h"

#include <arrow/array.h>
#include <arrow/buffer.h>
#include <arrow/compute/api_vector.h>
#include <arrow/datum.h>
#include <arrow/table.h>
#include <arrow/type.h>

#include <algorithm>
#include <limits>
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

GroupReader::GroupReader(const CallContext& context, RowSource& source, std::vector<size_t> groups,
                         std::vector<std::string> columns)
    : context_(context), source_(source), groups_(std::move(groups)), columns_(std::move(columns)) {
  if (Progress* progress = context_.progress()) {
    uint64_t rows = 0;
    for (const size_t group : groups_) rows += source_.groups()[group].rows;
    progress->Expect(static_cast<int64_t>(groups_.size()), static_cast<int64_t>(rows));
  }
  Start();
}

GroupReader::~GroupReader() {
  if (pending_.valid()) pending_.wait();
}

void GroupReader::Start() {
  if (next_ == groups_.size()) return;
  pending_ = std::async(std::launch::async,
                        [this, group = groups_[next_]] { return source_.Read(group, columns_); });
}

Result<std::optional<GroupReader::Item>> GroupReader::Next() {
  if (next_ == groups_.size()) return std::optional<Item>();
  FEAST_RETURN_IF_ERROR(context_.Check());
  const size_t group = groups_[next_++];
  auto table = pending_.get();
  if (!table.ok()) {
    next_ = groups_.size();
    return table.status();
  }
  if (Progress* progress = context_.progress()) {
    progress->GroupDone((*table)->num_rows(), source_.StoredBytes(group, columns_));
  }
  Start();
  return std::optional<Item>(Item{group, *std::move(table)});
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
  std::vector<std::shared_ptr<arrow::Table>> parts;
  GroupReader reader(context, source, std::move(groups), columns);
  while (true) {
    FEAST_ASSIGN_OR_RETURN(auto item, reader.Next());
    if (!item) break;
    const auto& group = all[item->group];
    const auto first = std::lower_bound(rows.begin(), rows.end(), group.first_row);
    const auto last = std::lower_bound(first, rows.end(), group.first_row + group.rows);
    std::vector<int64_t> picks;
    picks.reserve(last - first);
    for (auto row = first; row != last; ++row) picks.push_back(*row - group.first_row);
    const auto indices = RowIndices(std::move(picks));
    FEAST_ARROW_ASSIGN(auto taken, arrow::compute::Take(item->table, indices));
    parts.push_back(taken.table());
  }
  if (parts.empty()) {
    FEAST_ARROW_ASSIGN(auto empty, arrow::Table::MakeEmpty(arrow::schema(fields)));
    return empty;
  }
  FEAST_ARROW_ASSIGN(auto table, arrow::ConcatenateTables(parts));
  return table;
}

}  // namespace feast
