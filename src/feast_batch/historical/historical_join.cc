#include "feast_batch/historical/historical_join.h"

#include <arrow/compute/api_vector.h>
#include <arrow/datum.h>
#include <arrow/table.h>
#include <arrow/type.h>
#include <arrow/util/thread_pool.h>

#include <algorithm>

#include "feast_batch/historical/entity_rows.h"
#include "feast_batch/historical/winner_rows.h"
#include "feast_batch/historical/winner_values.h"
#include "feast_batch/point_in_time/arrow_status_internal.h"

namespace feast {
namespace {

constexpr size_t kMaxThreads = 8;  // each holds 16 bytes and more an entity row

// The features of each view of a scan, and which entity rows it matched.
Status JoinScan(const CallContext& context, const HistoricalPlan& plan, const SharedScan& scan,
                const OpenRows& open, EntityRows* entities,
                std::vector<arrow::ChunkedArrayVector>* features, std::vector<bool>* matched) {
  const size_t threads = JoinThreads();
  FEAST_ASSIGN_OR_RETURN(const auto source, OpenScan(scan, plan, open));
  context.EnterStage(Progress::Stage::kScanning);
  auto winners = FindWinners(context, plan, scan, *source, entities, threads);
  if (!winners.ok()) return winners.status().Annotate(ViewNames(scan, plan));
  std::vector<WantedValues> wanted;
  for (size_t i = 0; i < scan.views.size(); ++i) {
    const auto& rows = (*winners)[i];
    for (size_t row = 0; row < matched->size(); ++row) {
      if ((*rows)[row] != kNoRow) (*matched)[row] = true;
    }
    wanted.push_back({rows, plan.views[scan.views[i]].read.features});
  }
  winners->clear();
  auto values = TakeValues(context, *source, wanted, threads);
  if (!values.ok()) return values.status().Annotate(ViewNames(scan, plan));
  for (size_t i = 0; i < scan.views.size(); ++i) {
    (*features)[scan.views[i]] = std::move((*values)[i]);
    if (Progress* progress = context.progress()) progress->ViewDone();
  }
  return Status::OK();
}

Result<std::shared_ptr<arrow::Table>> OnlyMatched(const std::shared_ptr<arrow::Table>& table,
                                                  const std::vector<bool>& matched) {
  std::vector<int64_t> rows;
  for (size_t row = 0; row < matched.size(); ++row) {
    if (matched[row]) rows.push_back(static_cast<int64_t>(row));
  }
  if (rows.size() == matched.size()) return table;
  const auto indices = RowIndices(std::move(rows));
  FEAST_ARROW_ASSIGN(auto taken, arrow::compute::Take(table, indices));
  return taken.table();
}

}  // namespace

size_t JoinThreads() {
  return std::clamp<size_t>(arrow::GetCpuThreadPoolCapacity(), 1, kMaxThreads);
}

std::string OutputName(const std::string& name, const arrow::Schema& entities) {
  return entities.GetFieldIndex(name) >= 0 ? name + "__" : name;
}

Result<std::shared_ptr<arrow::Table>> JoinHistorical(const CallContext& context,
                                                     const HistoricalPlan& plan,
                                                     std::shared_ptr<arrow::Table> rows,
                                                     const OpenRows& open) {
  const bool by_range = plan.entity_timestamp.empty();
  // 1. Each source once.
  FEAST_ASSIGN_OR_RETURN(
      auto entities,
      EntityRows::Make(std::move(rows), by_range ? "event_timestamp" : plan.entity_timestamp));
  std::vector<arrow::ChunkedArrayVector> features(plan.views.size());
  std::vector<bool> matched(by_range ? entities.table()->num_rows() : 0, false);
  for (const auto& scan : SharedScans(plan, entities.asked_range())) {
    FEAST_RETURN_IF_ERROR(JoinScan(context, plan, scan, open, &entities, &features, &matched));
  }
  // 2. The features behind the entity columns, in the order of the plan.
  auto fields = entities.table()->schema()->fields();
  auto columns = entities.table()->columns();
  for (size_t v = 0; v < plan.views.size(); ++v) {
    for (size_t f = 0; f < features[v].size(); ++f) {
      auto name = OutputName(plan.views[v].output_names[f], *entities.table()->schema());
      fields.push_back(arrow::field(std::move(name), features[v][f]->type()));
      columns.push_back(std::move(features[v][f]));
    }
  }
  auto joined =
      arrow::Table::Make(arrow::schema(std::move(fields), entities.table()->schema()->metadata()),
                         std::move(columns), entities.table()->num_rows());
  return by_range ? OnlyMatched(joined, matched) : joined;
}

}  // namespace feast
