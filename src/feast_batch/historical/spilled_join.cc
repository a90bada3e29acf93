#include "feast_batch/historical/spilled_join.h"

#include <arrow/array.h>
#include <arrow/array/concatenate.h>
#include <arrow/compute/api_vector.h>
#include <arrow/compute/cast.h>
#include <arrow/datum.h>
#include <arrow/record_batch.h>
#include <arrow/table.h>
#include <arrow/type.h>

#include <algorithm>
#include <map>
#include <numeric>
#include <utility>

#include "feast_batch/historical/entity_rows.h"
#include "feast_batch/historical/spilled_source.h"
#include "feast_batch/point_in_time/arrow_status_internal.h"
#include "feast_batch/point_in_time/run_units.h"

namespace feast {
namespace {

constexpr int kPartitionBits = 6;
constexpr size_t kPartitions = size_t{1} << kPartitionBits;
constexpr int64_t kBatchRows = int64_t{1} << 16;

// Views that one partitioning serves: the same entity columns, and on each source the same keys.
struct Round {
  std::vector<size_t> views;  // in the plan of the join
  HistoricalPlan plan;        // of these alone
};

std::vector<Round> RoundsOf(const HistoricalPlan& plan) {
  std::vector<Round> rounds;
  for (size_t v = 0; v < plan.views.size(); ++v) {
    const HistoricalView& view = plan.views[v];
    const auto serves = [&](const Round& round) {
      return round.plan.views[0].entity_columns == view.entity_columns &&
             std::ranges::all_of(round.plan.views, [&](const HistoricalView& other) {
               return other.read.join_keys == view.read.join_keys ||
                      PlaceOf(other.read) != PlaceOf(view.read);
             });
    };
    auto round = std::ranges::find_if(rounds, serves);
    if (round == rounds.end()) {
      round = rounds.insert(rounds.end(), Round{{}, plan});
      round->plan.views.clear();
    }
    round->views.push_back(v);
    round->plan.views.push_back(view);
  }
  return rounds;
}

std::string UnusedName(const arrow::Schema& schema) {
  std::string name = "row";
  while (schema.GetFieldIndex(name) >= 0 || !schema.GetAllFieldIndices(name).empty()) name += "_";
  return name;
}

// A partition's entity rows.
class PieceReader final : public arrow::RecordBatchReader {
 public:
  PieceReader(const PartitionedRows& rows, size_t partition)
      : rows_(rows), pieces_(rows.pieces(partition)) {}
  std::shared_ptr<arrow::Schema> schema() const override { return rows_.schema(); }
  arrow::Status ReadNext(std::shared_ptr<arrow::RecordBatch>* out) override {
    out->reset();
    if (next_ == pieces_.size()) return arrow::Status::OK();
    auto rows = rows_.Read(pieces_[next_++]);
    if (!rows.ok()) return ToArrow(rows.status());
    *out = *std::move(rows);
    return arrow::Status::OK();
  }

 private:
  const PartitionedRows& rows_;
  const std::vector<PartitionedRows::Piece>& pieces_;
  size_t next_ = 0;
};

// Results of partitions, in each of which the rows ascend by the column of their numbers: all of
// them in order, without that column.
class MergedRows final : public JoinedTables {
 public:
  MergedRows(const CallContext& context, std::unique_ptr<PartitionedRows> rows, int number_column)
      : context_(context),
        rows_(std::move(rows)),
        number_column_(number_column),
        cursors_(rows_->partitions()) {}

  Result<std::shared_ptr<arrow::Table>> Next() override;

 private:
  struct Cursor {
    size_t next_piece = 0;
    std::shared_ptr<arrow::RecordBatch> rows;  // of a piece, what is left of it
  };
  const int64_t* NumbersOf(const arrow::RecordBatch& rows) const {
    return static_cast<const arrow::Int64Array&>(*rows.column(number_column_)).raw_values();
  }
  // Rows of a partition with a number below `end`.
  Status TakeBelow(int64_t end, size_t partition, arrow::RecordBatchVector* out);

  const CallContext context_;
  const std::unique_ptr<PartitionedRows> rows_;
  const int number_column_;
  std::vector<Cursor> cursors_;
  int64_t next_ = 0;  // row number
};

Status MergedRows::TakeBelow(int64_t end, size_t partition, arrow::RecordBatchVector* out) {
  Cursor& cursor = cursors_[partition];
  const auto& pieces = rows_->pieces(partition);
  while (true) {
    if (!cursor.rows) {
      if (cursor.next_piece == pieces.size()) return Status::OK();
      FEAST_ASSIGN_OR_RETURN(cursor.rows, rows_->Read(pieces[cursor.next_piece++]));
    }
    const int64_t* numbers = NumbersOf(*cursor.rows);
    const int64_t left = cursor.rows->num_rows();
    const int64_t count = std::lower_bound(numbers, numbers + left, end) - numbers;
    if (count > 0) out->push_back(cursor.rows->Slice(0, count));
    cursor.rows = count < left ? cursor.rows->Slice(count) : nullptr;
    if (cursor.rows) return Status::OK();
  }
}

Result<std::shared_ptr<arrow::Table>> MergedRows::Next() {
  FEAST_RETURN_IF_ERROR(context_.Check());
  arrow::RecordBatchVector slices;
  for (size_t partition = 0; partition < cursors_.size(); ++partition) {
    FEAST_RETURN_IF_ERROR(TakeBelow(next_ + kBatchRows, partition, &slices));
  }
  if (slices.empty()) return std::shared_ptr<arrow::Table>();
  int64_t count = 0;
  for (const auto& slice : slices) count += slice->num_rows();
  std::vector<int64_t> picks(count);
  int64_t at = 0;
  for (const auto& slice : slices) {
    const int64_t* numbers = NumbersOf(*slice);
    for (int64_t row = 0; row < slice->num_rows(); ++row) picks[numbers[row] - next_] = at++;
  }
  next_ += count;
  const auto indices = RowIndices(std::move(picks));
  arrow::ArrayVector columns(rows_->schema()->num_fields());
  FEAST_RETURN_IF_ERROR(RunUnits(columns.size(), JoinThreads(), [&](size_t column, size_t) {
    arrow::ArrayVector chunks;
    for (const auto& slice : slices) chunks.push_back(slice->column(static_cast<int>(column)));
    FEAST_ARROW_ASSIGN(const auto whole, arrow::Concatenate(chunks));
    FEAST_ARROW_ASSIGN(
        columns[column],
        arrow::compute::Take(*whole, *indices, arrow::compute::TakeOptions::NoBoundsCheck()));
    return Status::OK();
  }));
  const auto table = arrow::Table::Make(rows_->schema(), columns, count);
  FEAST_ARROW_ASSIGN(auto out, table->RemoveColumn(number_column_));
  return out;
}

// One round.
class RoundJoin {
 public:
  using NextRows = std::function<Result<std::shared_ptr<arrow::Table>>()>;

  RoundJoin(const CallContext& context, const HistoricalPlan& plan, const OpenRows& open,
            const JoinMemory& memory, std::shared_ptr<SpillSpace> space)
      : context_(context),
        plan_(plan),
        open_(open),
        memory_(memory),
        space_(std::move(space)),
        // What is collected before it is written, and that again while it is put in order.
        bytes_(std::clamp<int64_t>(memory.limit / 16, int64_t{1} << 18, int64_t{1} << 28)) {}

  // Entity rows come until there is none.
  Status TakeEntities(const NextRows& next, arrow::TimeUnit::type unit);
  Status TakeSources();
  Result<std::unique_ptr<JoinedTables>> Join();

  const std::shared_ptr<arrow::Schema>& entity_schema() const { return entity_schema_; }
  bool times_fit() const { return times_fit_; }
  // Names and types of the result.
  arrow::FieldVector FeaturesOf(const HistoricalView& view, const arrow::Schema& entities) const;

 private:
  Status Begin(const arrow::Schema& schema);
  Result<std::vector<uint32_t>> PartitionsOf(const arrow::RecordBatch& rows) const;
  Status JoinPartition(const CallContext& context, size_t partition);
  Status AddResult(size_t partition, const arrow::Table& table);

  const CallContext& context_;
  const HistoricalPlan& plan_;
  const OpenRows& open_;
  const JoinMemory& memory_;
  const std::shared_ptr<SpillSpace> space_;
  const int64_t bytes_;
  KeyPartitioner keys_{kPartitionBits};
  std::shared_ptr<arrow::Schema> entity_schema_;  // as it came, but for the zone of times
  bool times_fit_ = true;
  std::string number_name_;
  std::unique_ptr<PartitionedRows> entities_;
  std::optional<std::pair<Micros, Micros>> asked_;
  std::map<std::string, SpilledSource> sources_;  // by place
  std::unique_ptr<PartitionedRows> results_;
};

Status RoundJoin::Begin(const arrow::Schema& schema) {
  KeyColumns columns;
  const auto& names = plan_.views[0].entity_columns;
  for (const auto& name : names) {
    FEAST_ARROW_ASSIGN(auto none,
                       arrow::ChunkedArray::MakeEmpty(schema.GetFieldByName(name)->type()));
    columns.push_back(std::move(none));
  }
  FEAST_RETURN_IF_ERROR(keys_.Insert(columns, names, 0).status());
  number_name_ = UnusedName(schema);
  arrow::FieldVector fields;
  for (const auto& field : schema.fields())
    fields.push_back(field->WithType(DenseType(field->type())));
  fields.push_back(arrow::field(number_name_, arrow::int64()));
  FEAST_ASSIGN_OR_RETURN(
      entities_, PartitionedRows::Create(
                     space_, arrow::schema(std::move(fields), schema.metadata()), 0, kPartitions));
  return Status::OK();
}

Result<std::vector<uint32_t>> RoundJoin::PartitionsOf(const arrow::RecordBatch& rows) const {
  const auto& names = plan_.views[0].entity_columns;
  KeyColumns columns;
  for (const auto& name : names) columns.push_back(ChunkedColumn(rows, name));
  FEAST_ASSIGN_OR_RETURN(auto partitions, keys_.Find(columns, names, rows.num_rows()));
  for (size_t row = 0; row < partitions.size(); ++row) {
    if (partitions[row] == kNoKey) partitions[row] = row % kPartitions;  // matches nothing anywhere
  }
  return partitions;
}

Status RoundJoin::TakeEntities(const NextRows& next, arrow::TimeUnit::type unit) {
  context_.EnterStage(Progress::Stage::kSpilling);
  std::optional<PartitionWriter> writer;
  int64_t number = 0;
  while (true) {
    FEAST_RETURN_IF_ERROR(context_.Check());
    FEAST_ASSIGN_OR_RETURN(auto table, next());
    if (!table) return writer->Finish();
    FEAST_ASSIGN_OR_RETURN(const auto rows,
                           EntityRows::Make(std::move(table), plan_.entity_timestamp));
    if (const auto& range = rows.asked_range()) {
      asked_ = asked_ ? std::pair(std::min(asked_->first, range->first),
                                  std::max(asked_->second, range->second))
                      : *range;
    }
    if (!writer) {
      entity_schema_ = rows.table()->schema();
      FEAST_RETURN_IF_ERROR(Begin(*entity_schema_));
      writer.emplace(
          entities_.get(), [this](const auto& some) { return PartitionsOf(some); }, bytes_);
    }
    const auto& times = rows.table()->GetColumnByName(plan_.entity_timestamp);
    times_fit_ =
        times_fit_ && arrow::compute::Cast(arrow::Datum(times), arrow::timestamp(unit, "UTC")).ok();
    arrow::TableBatchReader batches(*rows.table());
    batches.set_chunksize(kBatchRows);
    while (true) {
      std::shared_ptr<arrow::RecordBatch> batch;
      FEAST_ARROW_RETURN_IF_ERROR(batches.ReadNext(&batch));
      if (!batch) break;
      std::vector<int64_t> numbers(batch->num_rows());
      for (auto& each : numbers) each = number++;
      FEAST_ARROW_ASSIGN(batch, batch->AddColumn(batch->num_columns(), number_name_,
                                                 RowIndices(std::move(numbers))));
      FEAST_RETURN_IF_ERROR(writer->Add(std::move(batch)));
    }
  }
}

Status RoundJoin::TakeSources() {
  for (const auto& scan : SharedScans(plan_, asked_)) {
    FEAST_ASSIGN_OR_RETURN(auto source, SpilledSource::Make(context_, plan_, scan, open_, keys_,
                                                            kPartitions, bytes_, space_));
    sources_.emplace(PlaceOf(scan.read), std::move(source));
  }
  return Status::OK();
}

arrow::FieldVector RoundJoin::FeaturesOf(const HistoricalView& view,
                                         const arrow::Schema& entities) const {
  const auto& source = sources_.at(PlaceOf(view.read)).schema();
  arrow::FieldVector fields;
  for (size_t f = 0; f < view.read.features.size(); ++f) {
    fields.push_back(arrow::field(OutputName(view.output_names[f], entities),
                                  source.GetFieldByName(view.read.features[f])->type()));
  }
  return fields;
}

Status RoundJoin::AddResult(size_t partition, const arrow::Table& table) {
  if (!results_) {
    FEAST_ASSIGN_OR_RETURN(results_,
                           PartitionedRows::Create(space_, table.schema(), 0, kPartitions));
  }
  // A piece of each partition is in memory when they are brought into order.
  const int64_t row = BytesPerRow(plan_, *entities_->schema());
  arrow::TableBatchReader batches(table);
  batches.set_chunksize(std::clamp<int64_t>(bytes_ / kPartitions / row, 256, kBatchRows));
  while (true) {
    std::shared_ptr<arrow::RecordBatch> batch;
    FEAST_ARROW_RETURN_IF_ERROR(batches.ReadNext(&batch));
    if (!batch) return Status::OK();
    FEAST_RETURN_IF_ERROR(results_->Write(partition, *batch));
  }
}

Status RoundJoin::JoinPartition(const CallContext& context, size_t partition) {
  if (entities_->pieces(partition).empty()) return Status::OK();
  const OpenRows open = [&](const SourceRead& read, const TimeWindow&) {
    return Result(sources_.at(PlaceOf(read)).Open(partition));
  };
  const auto joined =
      JoinInParts(context, plan_, nullptr,
                  EntityParts(std::make_shared<PieceReader>(*entities_, partition)), open, memory_);
  while (true) {
    FEAST_ASSIGN_OR_RETURN(const auto table, joined->Next());
    if (!table) return Status::OK();
    FEAST_RETURN_IF_ERROR(AddResult(partition, *table));
  }
}

Result<std::unique_ptr<JoinedTables>> RoundJoin::Join() {
  // A partition counts as a group; what its join reads of files is told by nobody.
  CallContext quiet = context_;
  quiet.set_progress(nullptr);
  const auto rows_of = [&](size_t partition) {
    int64_t rows = 0;
    for (const auto& source : sources_) rows += source.second.rows(partition);
    return rows;
  };
  Progress* const progress = context_.progress();
  context_.EnterStage(Progress::Stage::kScanning);
  for (size_t partition = 0; progress && partition < kPartitions; ++partition) {
    progress->Expect(1, rows_of(partition));
  }
  for (size_t partition = 0; partition < kPartitions; ++partition) {
    FEAST_RETURN_IF_ERROR(JoinPartition(quiet, partition));
    if (progress) progress->GroupDone(rows_of(partition), 0);
  }
  const int number_column = entities_->schema()->num_fields() - 1;
  entities_.reset();
  sources_.clear();
  for (size_t v = 0; progress && v < plan_.views.size(); ++v) progress->ViewDone();
  return std::unique_ptr<JoinedTables>(
      std::make_unique<MergedRows>(context_, std::move(results_), number_column));
}

// The columns of the last round's result in the order of the plan, with the types they had.
class SpilledJoin final : public JoinedTables {
 public:
  SpilledJoin(std::unique_ptr<JoinedTables> merged, std::shared_ptr<arrow::Schema> schema,
              std::vector<int> columns, bool times_fit)
      : merged_(std::move(merged)),
        schema_(std::move(schema)),
        columns_(std::move(columns)),
        times_fit_(times_fit) {}

  bool times_fit() const override { return times_fit_; }
  Result<std::shared_ptr<arrow::Table>> Next() override {
    FEAST_ASSIGN_OR_RETURN(const auto table, merged_->Next());
    if (!table) return table;
    arrow::ChunkedArrayVector out;
    for (size_t at = 0; at < columns_.size(); ++at) {
      auto column = table->column(columns_[at]);
      const auto& type = schema_->field(static_cast<int>(at))->type();
      if (!column->type()->Equals(*type)) {
        FEAST_ARROW_ASSIGN(const auto cast, arrow::compute::Cast(arrow::Datum(column), type));
        column = cast.chunked_array();
      }
      out.push_back(std::move(column));
    }
    return arrow::Table::Make(schema_, std::move(out), table->num_rows());
  }

 private:
  const std::unique_ptr<JoinedTables> merged_;
  const std::shared_ptr<arrow::Schema> schema_;
  const std::vector<int> columns_;  // of `merged_`
  const bool times_fit_;
};

}  // namespace

Result<std::unique_ptr<JoinedTables>> JoinSpilled(const CallContext& context,
                                                  const HistoricalPlan& plan,
                                                  std::shared_ptr<arrow::Table> first,
                                                  EntityParts others, const OpenRows& open,
                                                  arrow::TimeUnit::type unit,
                                                  const JoinMemory& memory) {
  for (const auto& view : plan.views) {
    FEAST_RETURN_IF_ERROR(CheckEntityColumns(*first->schema(), view));
  }
  if (Progress* progress = context.progress()) {
    progress->ExpectViews(static_cast<int64_t>(plan.views.size()));
  }
  const auto space = memory.OpenSpill();
  RoundJoin::NextRows next = [&] {
    auto rows = std::exchange(first, nullptr);
    return rows ? Result(std::move(rows)) : others.Next(context, kBatchRows);
  };
  std::unique_ptr<JoinedTables> merged;
  std::shared_ptr<arrow::Schema> entities;
  bool times_fit = true;
  std::vector<arrow::FieldVector> features(plan.views.size());
  std::vector<int> first_column(plan.views.size());
  int columns = 0;
  for (const Round& round : RoundsOf(plan)) {
    RoundJoin join(context, round.plan, open, memory, space);
    FEAST_RETURN_IF_ERROR(join.TakeEntities(next, unit));
    if (!entities) {
      entities = join.entity_schema();
      times_fit = join.times_fit();
      columns = entities->num_fields();
    }
    FEAST_RETURN_IF_ERROR(join.TakeSources());
    for (const size_t v : round.views) {
      first_column[v] = columns;
      features[v] = join.FeaturesOf(plan.views[v], *entities);
      columns += static_cast<int>(features[v].size());
    }
    FEAST_ASSIGN_OR_RETURN(merged, join.Join());
    next = [&] { return merged->Next(); };
  }
  arrow::FieldVector fields = entities->fields();
  std::vector<int> order(fields.size());
  std::iota(order.begin(), order.end(), 0);
  for (size_t v = 0; v < plan.views.size(); ++v) {
    for (size_t f = 0; f < features[v].size(); ++f) {
      fields.push_back(features[v][f]);
      order.push_back(first_column[v] + static_cast<int>(f));
    }
  }
  return std::unique_ptr<JoinedTables>(std::make_unique<SpilledJoin>(
      std::move(merged), arrow::schema(std::move(fields), entities->metadata()), std::move(order),
      times_fit));
}

}  // namespace feast
