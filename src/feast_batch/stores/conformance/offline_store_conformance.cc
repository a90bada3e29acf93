#include "feast_batch/stores/conformance/offline_store_conformance.h"

#include <arrow/table.h>

namespace feast::offline_conformance {

void OfflineStoreConformance::SetUp() {
  quirks_ = GetParam()();
  auto store = quirks_->Open();
  ASSERT_TRUE(store.ok()) << store.status().ToString();
  store_ = *std::move(store);
}

core::DataSource OfflineStoreConformance::Source(const std::vector<Named>& rows,
                                                 const std::string& name) {
  auto source = quirks_->MakeSource(name, MakeTable(rows));
  EXPECT_TRUE(source.ok()) << source.status().ToString();
  return source.ok() ? *std::move(source) : core::DataSource();
}

core::DataSource OfflineStoreConformance::Stats(const std::shared_ptr<arrow::DataType>& time) {
  return Source({{"driver_id", kInt, {"1", "1", "1", "2"}},
                 {"event_timestamp", time, {"8", "10", "12", "9"}},
                 {"created", time, {"8.1", "10.1", "12.1", "9.1"}},
                 {"f", kFloat, {"0.8", "1", "1.2", "0.9"}},
                 {"n", kInt, {"8", "10", "12", "9"}}});
}

HistoricalView OfflineStoreConformance::View(const core::DataSource& source,
                                             std::vector<std::string> keys,
                                             std::vector<std::string> features,
                                             std::string created) {
  HistoricalView view;
  view.entity_columns = keys;
  view.output_names = features;
  view.output_types.assign(features.size(), ValueType::kInvalid);
  view.read = {source, "event_timestamp", std::move(created), std::move(keys), std::move(features)};
  view.view = source.name();
  return view;
}

std::vector<Named> OfflineStoreConformance::Entities(Cells keys, Cells times) {
  return {{"driver_id", kInt, std::move(keys)}, {"event_timestamp", kUtc, std::move(times)}};
}

OfflineStoreConformance::Table OfflineStoreConformance::Ask(std::vector<HistoricalView> views,
                                                            const std::vector<Named>& entities,
                                                            bool filter_by_created) {
  HistoricalPlan plan;
  plan.views = std::move(views);
  plan.entity_timestamp = "event_timestamp";
  plan.filter_by_created_timestamp = filter_by_created;
  auto table = TableOf(store_->GetHistorical(context_, plan, StreamOf(MakeTable(entities))));
  EXPECT_TRUE(table.ok()) << table.status().ToString();
  return table.ok() ? *table : MakeTable({});
}

Cells OfflineStoreConformance::AskF(const HistoricalView& view, const std::vector<Named>& entities,
                                    bool filter_by_created) {
  return CellsOf(*Ask({view}, entities, filter_by_created), "f");
}

Status OfflineStoreConformance::AskError(const HistoricalView& view,
                                         const std::vector<Named>& entities) {
  HistoricalPlan plan;
  plan.views = {view};
  plan.entity_timestamp = "event_timestamp";
  const auto table = TableOf(store_->GetHistorical(context_, plan, StreamOf(MakeTable(entities))));
  EXPECT_FALSE(table.ok()) << "an error was expected";
  return table.status();
}

OfflineStoreConformance::Table OfflineStoreConformance::Pull(const PullPlan& plan) {
  auto table = TableOf(store_->Pull(context_, plan));
  EXPECT_TRUE(table.ok()) << table.status().ToString();
  return table.ok() ? *table : MakeTable({});
}

Status OfflineStoreConformance::Write(const core::DataSource& source,
                                      const std::vector<Named>& rows) {
  return store_->WriteRows(context_, source, StreamOf(MakeTable(rows)));
}

}  // namespace feast::offline_conformance
