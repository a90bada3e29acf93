#pragma once
/// What every offline store must do. A store states facts about itself in a Quirks class, and gets
/// all tests with INSTANTIATE_OFFLINE_STORE_CONFORMANCE(Name, NameQuirks).
#include <arrow/type_fwd.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "feast/offline/offline_store.h"
#include "feast_batch/stores/conformance/text_table.h"

namespace feast {

/// Facts about an offline store, and how to reach it. Each object has a place of its own.
class OfflineStoreQuirks {
 public:
  virtual ~OfflineStoreQuirks() = default;
  /// A store over the place of this test; a second call opens the same place again.
  virtual Result<std::unique_ptr<OfflineStore>> Open() = 0;
  /// A source that holds exactly these rows.
  virtual Result<core::DataSource> MakeSource(const std::string& name,
                                              const std::shared_ptr<arrow::Table>& rows) = 0;
  /// A source of that kind which does not exist.
  virtual core::DataSource MissingSource() = 0;
  /// A place for a saved dataset in which there is nothing yet.
  virtual core::SavedDatasetStorage Storage(const std::string& name) = 0;
  /// Without a created column, of rows with equal times the one written last wins.
  virtual bool later_rows_win_ties() const { return true; }
  /// Rows can be added to its sources.
  virtual bool takes_rows() const { return true; }
  /// A retrieval without entity rows gives one row an entity, at the end of the range.
  virtual bool range_is_snapshot() const { return true; }
};

namespace offline_conformance {

inline const auto kUtc = arrow::timestamp(arrow::TimeUnit::MICRO, "UTC");
inline const auto kNaive = arrow::timestamp(arrow::TimeUnit::MICRO);
inline const auto kInt = arrow::int64();
inline const auto kFloat = arrow::float64();
inline const auto kText = arrow::utf8();
inline constexpr std::nullopt_t kNull = std::nullopt;

class OfflineStoreConformance
    : public testing::TestWithParam<std::unique_ptr<OfflineStoreQuirks> (*)()> {
 protected:
  using Table = std::shared_ptr<arrow::Table>;

  void SetUp() override;

  /// A source with those rows.
  core::DataSource Source(const std::vector<Named>& rows, const std::string& name = "stats");
  /// storage.md §5.7's S, with times of that type, and `n`, the hour as an integer.
  core::DataSource Stats(const std::shared_ptr<arrow::DataType>& time = kUtc);
  /// A view with time column `event_timestamp` and, unless empty, created column.
  HistoricalView View(const core::DataSource& source, std::vector<std::string> keys = {"driver_id"},
                      std::vector<std::string> features = {"f"}, std::string created = "created");
  /// Entity rows with driver_id and event_timestamp.
  std::vector<Named> Entities(Cells keys, Cells times);
  /// The join; null, with an error recorded, if it fails.
  Table Ask(std::vector<HistoricalView> views, const std::vector<Named>& entities,
            bool filter_by_created = false);
  /// Feature `f` of one view.
  Cells AskF(const HistoricalView& view, const std::vector<Named>& entities,
             bool filter_by_created = false);
  /// What went wrong; OK, with an error recorded, if nothing did.
  Status AskError(const HistoricalView& view, const std::vector<Named>& entities);
  Table Pull(const PullPlan& plan);
  Status Write(const core::DataSource& source, const std::vector<Named>& rows);

  std::unique_ptr<OfflineStoreQuirks> quirks_;
  std::unique_ptr<OfflineStore> store_;
  CallContext context_;
};

}  // namespace offline_conformance

/// Runs the kit against the store that `Quirks` (default constructible) describes.
#define INSTANTIATE_OFFLINE_STORE_CONFORMANCE(Name, Quirks)                               \
  namespace offline_conformance {                                                         \
  INSTANTIATE_TEST_SUITE_P(Name, OfflineStoreConformance,                                 \
                           testing::Values(+[]() -> std::unique_ptr<OfflineStoreQuirks> { \
                             return std::make_unique<Quirks>();                           \
                           }));                                                           \
  }

}  // namespace feast
