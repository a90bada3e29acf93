#include "feast_batch/iceberg/delete_files.h"

#include <arrow/array.h>
#include <arrow/compute/exec.h>
#include <arrow/compute/row/grouper.h>
#include <arrow/datum.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>

#include <algorithm>
#include <map>
#include <set>

#include "feast_batch/parquet/field_ids.h"
#include "feast_batch/parquet/parquet_source.h"
#include "feast_batch/point_in_time/arrow_status_internal.h"

namespace feast {
namespace {

using Batch = std::shared_ptr<arrow::RecordBatch>;

// The columns of every file of position deletes.
constexpr const char* kPathColumn = "file_path";
constexpr const char* kPlaceColumn = "pos";
constexpr int32_t kPathId = 2147483546, kPlaceId = 2147483545;

Status EachBatch(RowSource& rows, size_t group, const std::vector<std::string>& columns,
                 const std::function<Status(const Batch&)>& use) {
  FEAST_ASSIGN_OR_RETURN(const auto stream,
                         rows.Open(group, columns, RowSource::Decode::kSideBySide));
  while (true) {
    FEAST_ASSIGN_OR_RETURN(const auto batch, stream->Next());
    if (!batch) return Status::OK();
    FEAST_RETURN_IF_ERROR(use(batch));
  }
}

// Keys that equality deletes took out, each with the last sequence number that did.
class DeletedKeys {
 public:
  static Result<std::unique_ptr<DeletedKeys>> Make(const arrow::FieldVector& columns) {
    std::vector<arrow::TypeHolder> types;
    for (const auto& column : columns) types.emplace_back(column->type());
    FEAST_ARROW_ASSIGN(auto keys, arrow::compute::Grouper::Make(types));
    return std::unique_ptr<DeletedKeys>(new DeletedKeys(std::move(keys)));
  }

  Status Add(const arrow::RecordBatch& rows, int64_t sequence) {
    const arrow::compute::ExecBatch batch(rows);
    FEAST_ARROW_ASSIGN(const auto found, keys_->Consume(arrow::compute::ExecSpan(batch)));
    const auto ids = found.array_as<arrow::UInt32Array>();
    for (int64_t row = 0; row < ids->length(); ++row) {
      const uint32_t id = ids->Value(row);
      if (id >= sequences_.size()) sequences_.resize(id + 1, sequence);
      sequences_[id] = std::max(sequences_[id], sequence);
    }
    return Status::OK();
  }

  // The places of `rows` that were deleted after `sequence`, counted from `first`.
  Status Find(const arrow::RecordBatch& rows, int64_t sequence, int64_t first,
              std::vector<int64_t>* lost) {
    const arrow::compute::ExecBatch batch(rows);
    FEAST_ARROW_ASSIGN(const auto found, keys_->Lookup(arrow::compute::ExecSpan(batch)));
    const auto ids = found.array_as<arrow::UInt32Array>();
    for (int64_t row = 0; row < ids->length(); ++row) {
      if (ids->IsValid(row) && sequences_[ids->Value(row)] > sequence) lost->push_back(first + row);
    }
    return Status::OK();
  }

 private:
  explicit DeletedKeys(std::unique_ptr<arrow::compute::Grouper> keys) : keys_(std::move(keys)) {}

  const std::unique_ptr<arrow::compute::Grouper> keys_;
  std::vector<int64_t> sequences_;
};

class Deletes {
 public:
  Deletes(const DeletePlan& plan, RowSource& rows)
      : plan_(plan), rows_(rows), lost_(plan.data.size()) {}

  Result<LostRows> Read() {
    for (size_t at = 0; at < plan_.data.size(); ++at) files_[plan_.data[at].path] = at;
    std::map<std::pair<std::vector<int32_t>, std::string>, std::vector<size_t>> by_columns;
    for (size_t at = 0; at < plan_.deletes.size(); ++at) {
      const auto& file = plan_.deletes[at];
      if (file.content == IcebergContent::kPositionDeletes) {
        FEAST_RETURN_IF_ERROR(ReadPlaces(at));
      } else {
        by_columns[{file.equality_ids, ScopeOf(file)}].push_back(at);
      }
    }
    for (const auto& [what, files] : by_columns) {
      FEAST_RETURN_IF_ERROR(ReadKeys(what.first, what.second, files));
    }
    for (auto& lost : lost_) {
      std::ranges::sort(lost);
      lost.erase(std::unique(lost.begin(), lost.end()), lost.end());
    }
    return std::move(lost_);
  }

 private:
  // The partition that equality deletes hold for; empty: all of the table.
  std::string ScopeOf(const IcebergFile& file) const {
    const auto spec = plan_.table.specs.find(file.spec_id);
    const bool whole = spec == plan_.table.specs.end() ||
                       std::ranges::all_of(spec->second, &IcebergPartitionField::is_void);
    return whole ? "" : file.partition_key;
  }

  Result<std::unique_ptr<RowSource>> Open(size_t at, const arrow::FieldVector& columns,
                                          const std::map<std::string, int32_t>& ids) const {
    return OpenParquetFiles(plan_.place, {plan_.delete_places[at]}, arrow::schema(columns),
                            plan_.name, ids);
  }

  Status ReadPlaces(size_t at) {
    const int64_t sequence = plan_.deletes[at].sequence;
    FEAST_ASSIGN_OR_RETURN(const auto source,
                           Open(at,
                                {WithFieldId(arrow::field(kPathColumn, arrow::utf8()), kPathId),
                                 WithFieldId(arrow::field(kPlaceColumn, arrow::int64()), kPlaceId)},
                                {{kPathColumn, kPathId}, {kPlaceColumn, kPlaceId}}));
    for (size_t group = 0; group < source->groups().size(); ++group) {
      FEAST_RETURN_IF_ERROR(
          EachBatch(*source, group, {kPathColumn, kPlaceColumn}, [&](const Batch& batch) -> Status {
            const auto& paths = static_cast<const arrow::StringArray&>(*batch->column(0));
            const auto& places = static_cast<const arrow::Int64Array&>(*batch->column(1));
            for (int64_t row = 0; row < batch->num_rows(); ++row) {
              if (paths.IsNull(row) || places.IsNull(row) || places.Value(row) < 0) {
                return Status::DataLoss(plan_.name + ": " + plan_.delete_places[at].path +
                                        " names no file or no row");
              }
              const auto file = files_.find(paths.GetView(row));
              if (file == files_.end() || plan_.data[file->second].sequence > sequence) continue;
              lost_[file->second].push_back(places.Value(row));
            }
            return Status::OK();
          }));
    }
    return Status::OK();
  }

  Status ReadKeys(const std::vector<int32_t>& ids, const std::string& scope,
                  const std::vector<size_t>& deletes) {
    arrow::FieldVector columns;
    std::vector<std::string> names;
    for (const int32_t id : ids) {
      const auto& fields = plan_.table.schema->fields();
      const auto column =
          std::ranges::find_if(fields, [id](const auto& field) { return FieldIdOf(*field) == id; });
      if (column == fields.end()) {
        return Status::Unimplemented(
            plan_.name +
            ": the Iceberg table uses a feature that is not read: equality deletes by "
            "a column that the table has no more (field " +
            std::to_string(id) + "); compact the table");
      }
      columns.push_back(*column);
      names.push_back((*column)->name());
    }
    FEAST_ASSIGN_OR_RETURN(const auto keys, DeletedKeys::Make(columns));
    int64_t last = 0;
    for (const size_t at : deletes) {
      const int64_t sequence = plan_.deletes[at].sequence;
      last = std::max(last, sequence);
      FEAST_ASSIGN_OR_RETURN(const auto source, Open(at, columns, plan_.table.column_ids));
      for (size_t group = 0; group < source->groups().size(); ++group) {
        FEAST_RETURN_IF_ERROR(EachBatch(*source, group, names, [&](const Batch& batch) {
          return keys->Add(*batch, sequence);
        }));
      }
    }
    return FindKeys(*keys, names, scope, last);
  }

  Status FindKeys(DeletedKeys& keys, const std::vector<std::string>& names,
                  const std::string& scope, int64_t last) {
    std::vector<int64_t> first(plan_.data.size());  // the next group's first row in its file
    for (size_t group = 0; group < rows_.groups().size(); ++group) {
      const size_t at = rows_.FileOf(group).value_or(0);
      const auto& file = plan_.data[at];
      int64_t row = first[at];
      first[at] += static_cast<int64_t>(rows_.groups()[group].rows);
      if (file.sequence >= last || (!scope.empty() && scope != file.partition_key)) continue;
      FEAST_RETURN_IF_ERROR(EachBatch(rows_, group, names, [&](const Batch& batch) -> Status {
        FEAST_RETURN_IF_ERROR(keys.Find(*batch, file.sequence, row, &lost_[at]));
        row += batch->num_rows();
        return Status::OK();
      }));
    }
    return Status::OK();
  }

  const DeletePlan& plan_;
  RowSource& rows_;
  std::map<std::string, size_t, std::less<>> files_;
  LostRows lost_;
};

}  // namespace

Result<LostRows> ReadDeletes(const DeletePlan& plan, RowSource& rows) {
  return Deletes(plan, rows).Read();
}

}  // namespace feast
