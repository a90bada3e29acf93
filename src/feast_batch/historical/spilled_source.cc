#include "feast_batch/historical/spilled_source.h"

#include <arrow/record_batch.h>
#include <arrow/table.h>
#include <arrow/type.h>
#include <arrow/util/byte_size.h>

#include "feast_batch/point_in_time/arrow_status_internal.h"
#include "feast_batch/point_in_time/event_times.h"
#include "feast_batch/point_in_time/run_units.h"

namespace feast {
namespace {

class Partition final : public RowSource {
 public:
  Partition(const std::string& name, const PartitionedRows& rows, size_t partition)
      : name_(name), rows_(rows), pieces_(rows.pieces(partition)) {
    uint64_t first_row = 0;
    for (const auto& piece : pieces_) {
      groups_.push_back({first_row, static_cast<uint64_t>(piece.rows)});
      first_row += piece.rows;
    }
  }

  const std::string& name() const override { return name_; }
  const arrow::Schema& schema() const override { return *rows_.schema(); }
  const std::vector<Group>& groups() const override { return groups_; }
  bool MayHold(size_t, const std::string&, Micros, Micros) override { return true; }
  bool columnar() const override { return false; }

  Result<std::unique_ptr<RowStream>> Open(size_t group, const std::vector<std::string>& columns,
                                          Decode) override {
    const auto& piece = pieces_[group];
    arrow::FieldVector fields;
    arrow::ArrayVector arrays;
    std::shared_ptr<arrow::RecordBatch> parts[2];
    for (const auto& name : columns) {
      const bool apart = schema().GetFieldIndex(name) < rows_.apart();
      auto& part = parts[apart ? 0 : 1];
      if (!part) {
        using Part = PartitionedRows::Part;
        FEAST_ASSIGN_OR_RETURN(part, rows_.Read(piece, apart ? Part::kApart : Part::kOthers));
      }
      fields.push_back(schema().GetFieldByName(name));
      arrays.push_back(part->GetColumnByName(name));
    }
    const auto rows =
        arrow::RecordBatch::Make(arrow::schema(std::move(fields)), piece.rows, std::move(arrays));
    FEAST_ARROW_ASSIGN(auto table, arrow::Table::FromRecordBatches(rows->schema(), {rows}));
    return StreamOf(std::move(table));
  }

 private:
  const std::string& name_;
  const PartitionedRows& rows_;
  const std::vector<PartitionedRows::Piece>& pieces_;
  std::vector<Group> groups_;
};

}  // namespace

PartitionWriter::PartitionWriter(PartitionedRows* to, PartitionsOf partitions_of, int64_t bytes)
    : to_(to), partitions_of_(std::move(partitions_of)), most_bytes_(bytes) {}

Status PartitionWriter::Add(std::shared_ptr<arrow::RecordBatch> rows) {
  FEAST_ARROW_ASSIGN(const int64_t bytes, arrow::util::ReferencedBufferSize(*rows));
  held_bytes_ += bytes;
  held_.push_back(std::move(rows));
  return held_bytes_ < most_bytes_ ? Status::OK() : Finish();
}

Status PartitionWriter::Finish() {
  const size_t threads = JoinThreads();
  std::vector<Scattered> scattered(held_.size());
  FEAST_RETURN_IF_ERROR(RunUnits(held_.size(), threads, [&](size_t at, size_t) -> Status {
    auto rows = std::move(held_[at]);
    FEAST_ASSIGN_OR_RETURN(const auto partition_of, partitions_of_(*rows));
    FEAST_ASSIGN_OR_RETURN(rows, Dense(std::move(rows)));
    FEAST_ASSIGN_OR_RETURN(scattered[at], Scatter(rows, partition_of, to_->partitions()));
    return Status::OK();
  }));
  held_.clear();
  held_bytes_ = 0;
  return to_->Write(scattered, threads);
}

Result<SpilledSource> SpilledSource::Make(const CallContext& context, const HistoricalPlan& plan,
                                          const SharedScan& scan, const OpenRows& open,
                                          const KeyPartitioner& keys, size_t partitions,
                                          int64_t bytes, std::shared_ptr<SpillSpace> space) {
  FEAST_ASSIGN_OR_RETURN(const auto source, OpenScan(scan, plan, open));
  // 1. Which columns: those that tell who wins apart from those that only winners need.
  const auto& join_keys = plan.views[scan.views.front()].read.join_keys;
  std::vector<std::vector<std::string>> apart = {join_keys}, all;
  for (const size_t v : scan.views) {
    const SourceRead& read = plan.views[v].read;
    apart.push_back({read.timestamp_column, read.created_column});
    all.push_back(read.features);
  }
  all.insert(all.begin(), DistinctNames(apart));
  arrow::FieldVector fields, dense;
  for (const auto& name : DistinctNames(all)) {
    fields.push_back(source->schema().GetFieldByName(name));
    dense.push_back(fields.back()->WithType(DenseType(fields.back()->type())));
  }
  // 2. Their rows.
  SpilledSource out;
  out.name_ = source->name();
  out.schema_ = arrow::schema(std::move(fields));
  FEAST_ASSIGN_OR_RETURN(out.rows_, PartitionedRows::Create(
                                        std::move(space), arrow::schema(std::move(dense)),
                                        static_cast<int>(DistinctNames(apart).size()), partitions));
  FEAST_RETURN_IF_ERROR(out.Fill(context, scan, *source, join_keys, keys, bytes)
                            .Annotate(source->name())
                            .Annotate(ViewNames(scan, plan)));
  return out;
}

Status SpilledSource::Fill(const CallContext& context, const SharedScan& scan, RowSource& source,
                           const std::vector<std::string>& join_keys, const KeyPartitioner& keys,
                           int64_t bytes) {
  const std::string& time = scan.read.timestamp_column;
  const Tick tick = TickOf(*schema_->GetFieldByName(time)->type());
  const auto range = TickRange::Of(scan.window.from, scan.window.to, tick);
  const bool bounded = scan.window.from || scan.window.to;
  PartitionWriter writer(
      rows_.get(),
      [&](const arrow::RecordBatch& rows) -> Result<std::vector<uint32_t>> {
        KeyColumns columns;
        for (const auto& name : join_keys) columns.push_back(ChunkedColumn(rows, name));
        FEAST_ASSIGN_OR_RETURN(auto partitions, keys.Find(columns, join_keys, rows.num_rows()));
        if (!bounded) return partitions;
        FEAST_ASSIGN_OR_RETURN(const auto times, TicksOf(*ChunkedColumn(rows, time), tick, time));
        for (size_t row = 0; row < times.size(); ++row) {
          if (!range.Has(times[row])) partitions[row] = kNoKey;
        }
        return partitions;
      },
      bytes);
  RowReader reader(context, source, GroupsInRange(source, time, scan.window.from, scan.window.to),
                   schema_->field_names());
  while (true) {
    FEAST_ASSIGN_OR_RETURN(auto item, reader.Next());
    if (!item) return writer.Finish();
    FEAST_RETURN_IF_ERROR(writer.Add(std::move(item->rows)));
  }
}

int64_t SpilledSource::rows(size_t partition) const {
  int64_t rows = 0;
  for (const auto& piece : rows_->pieces(partition)) rows += piece.rows;
  return rows;
}

std::unique_ptr<RowSource> SpilledSource::Open(size_t partition) const {
  return std::make_unique<Partition>(name_, *rows_, partition);
}

}  // namespace feast
