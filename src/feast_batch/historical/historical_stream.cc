#include "feast_batch/historical/historical_stream.h"

#include <arrow/table.h>

#include "feast_batch/historical/result_types.h"
#include "feast_batch/point_in_time/arrow_streams_internal.h"

namespace feast {
namespace {

std::string TimeNameOf(const HistoricalPlan& plan) {
  return plan.entity_timestamp.empty() ? "event_timestamp" : plan.entity_timestamp;
}

// Where the features start: they are the last columns.
int FirstFeatureOf(const HistoricalPlan& plan, const arrow::Table& joined) {
  int columns = joined.num_columns();
  for (const auto& view : plan.views) columns -= static_cast<int>(view.output_names.size());
  return columns;
}

}  // namespace

Result<OwnedStream> HistoricalStream(const CallContext& context, const HistoricalPlan& plan,
                                     OwnedStream entity_rows, const OpenRows& open,
                                     arrow::TimeUnit::type unit) {
  context.EnterStage(Progress::Stage::kOpening);
  if (Progress* progress = context.progress()) {
    progress->ExpectViews(static_cast<int64_t>(plan.views.size()));
  }
  std::shared_ptr<arrow::Table> entities;
  if (!entity_rows.empty()) {
    FEAST_ASSIGN_OR_RETURN(auto reader, ImportStream(std::move(entity_rows)));
    FEAST_ARROW_ASSIGN(entities, reader->ToTable());
  } else if (!plan.entity_timestamp.empty()) {
    return Status::InvalidArgument("the training join needs entity rows");
  }
  FEAST_ASSIGN_OR_RETURN(auto joined, JoinHistorical(context, plan, std::move(entities), open));
  const int first_feature = FirstFeatureOf(plan, *joined);
  FEAST_ASSIGN_OR_RETURN(
      joined, WithUpstreamTypes(std::move(joined), TimeNameOf(plan), unit, first_feature));
  auto reader = std::make_shared<arrow::TableBatchReader>(std::move(joined));
  reader->set_chunksize(int64_t{1} << 16);
  return ExportStream(std::move(reader));
}

}  // namespace feast
