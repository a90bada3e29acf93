#include "feast/server/server_metrics.h"

#include <gtest/gtest.h>

#include "feast/registry/memory_registry.h"
#include "feast/retrieval/test_response.h"

namespace feast {
namespace {

core::Registry Content() {
  core::Registry content;
  content.mutable_last_updated()->set_seconds(30);
  auto* view = content.add_feature_views();
  view->mutable_spec()->set_name("trips");
  view->mutable_spec()->set_project("p");
  view->mutable_meta()->add_materialization_intervals()->mutable_end_time()->set_seconds(40);
  auto* service = content.add_feature_services()->mutable_spec();
  service->set_name("s");
  service->set_project("p");
  auto* projection = service->add_features();
  projection->set_feature_view_name("trips");
  projection->set_feature_view_name_alias("t");
  projection->add_feature_columns()->set_name("count");
  return content;
}

class ServerMetricsTest : public ::testing::Test {
 protected:
  void Expect(ServerMetrics& metrics, const std::string& line) {
    const std::string text = metrics.Expose();
    EXPECT_NE(text.find(line), std::string::npos) << line << "\n" << text;
  }
  MemoryRegistry registry_{Content()};
  FixedClock clock_{100 * kMicrosPerSecond};
  ServerMetrics metrics_{{}, registry_, "p", clock_};
};

TEST_F(ServerMetricsTest, ReadsAreCountedByViewAndStatus) {
  OnlineRequest request;
  request.features = {"trips:count", "trips@v2:rate"};
  const auto shape = metrics_.ShapeOf("/get-online-features", request);
  EXPECT_EQ(shape->views, 1u);
  OnlineResponse response;
  AddColumn(&response, "id", {"", ""}, {FieldStatus::kPresent, FieldStatus::kPresent}, {});
  AddColumn(&response, "count", {"", ""}, {FieldStatus::kPresent, FieldStatus::kOutsideMaxAge}, {});
  AddColumn(&response, "rate", {"", ""}, {FieldStatus::kNotFound, FieldStatus::kPresent}, {});
  metrics_.Read(*shape, 2, response);
  Expect(metrics_, R"(status_total{feature_view="trips",status="present"} 3)");
  Expect(metrics_, R"(status_total{feature_view="trips",status="not_found"} 1)");
  Expect(metrics_, "feast_online_features_entity_count_sum 2");
  Expect(metrics_, "feast_online_features_feature_count_sum 2");
  shape->counts.Add(true, 0.0002);
  Expect(metrics_, R"(latency_seconds_count{endpoint="/get-online-features",feature_count="1-10",)"
                   R"(feature_view_count="1"} 1)");
  Expect(metrics_, R"(feature_view_count="1",le="0.00025"} 1)");
  EXPECT_EQ(metrics_.ShapeOf("/get-online-features", request), shape);
  EXPECT_NE(metrics_.ShapeOf("/other", request), shape);
  request.full_feature_names = true;
  EXPECT_NE(metrics_.ShapeOf("/get-online-features", request), shape);
}

TEST_F(ServerMetricsTest, WhatIsInFlightAndHowItEnded) {
  metrics_.Began(Transport::kHttp);
  metrics_.Began(Transport::kHttp);
  metrics_.Began(Transport::kGrpc);
  metrics_.Ended(Transport::kHttp);
  metrics_.Responded(200);
  metrics_.Responded(200);
  metrics_.Responded(503);
  Expect(metrics_, R"(requests_in_flight{transport="http"} 1)");
  Expect(metrics_, R"(requests_in_flight{transport="grpc"} 1)");
  Expect(metrics_, R"(http_responses_total{code="200"} 2)");
  Expect(metrics_, R"(http_responses_total{code="503"} 1)");
}

TEST_F(ServerMetricsTest, PartsOfAReadAreTimed) {
  OnlineResponse response;
  metrics_.Read(ReadShape(), 1, response);  // of nothing that lies in the store
  response.store_seconds = 0.02;
  response.transform_times = {{"twice", "python", 0.5}};
  metrics_.Read(ReadShape(), 1, response);
  metrics_.WriteTransformed({"twice", "pandas", 3});
  const std::string prefix = "feast_feature_server_";
  Expect(metrics_, prefix + "online_store_read_duration_seconds_count 1");
  Expect(metrics_, prefix + R"(online_store_read_duration_seconds_bucket{le="0.025"} 1)");
  Expect(metrics_,
         prefix + R"(transformation_duration_seconds_sum{odfv_name="twice",mode="python"} 0.5)");
  Expect(metrics_, prefix + R"(write_transformation_duration_seconds_sum{odfv_name="twice",)" +
                       R"(mode="pandas"} 3)");
}

TEST_F(ServerMetricsTest, ServicesSayWhatTheyHold) {
  OnlineRequest request;
  request.feature_service = "s";
  request.full_feature_names = true;
  const auto shape = metrics_.ShapeOf("/get-online-features", request);
  ASSERT_EQ(shape->columns.size(), 1u);
  EXPECT_EQ(shape->columns[0].name, "t__count");
  EXPECT_EQ(shape->columns[0].view, "trips");
}

TEST_F(ServerMetricsTest, CountsAreShownAsRanges) {
  const std::vector<int64_t> bounds = {10, 50, 200};
  for (const auto& [count, label] : std::vector<std::pair<size_t, std::string>>{
           {0, "0"}, {1, "1-10"}, {10, "1-10"}, {11, "11-50"}, {200, "51-200"}, {201, "201+"}}) {
    EXPECT_EQ(BinFeatureCount(count, bounds), label);
  }
}

TEST_F(ServerMetricsTest, MaterializationsEndWellOrNot) {
  {
    const MaterializeProgress run = metrics_.WatchMaterialization();
    run.view_started("good", 0, 1);
    run.view_done("good", 5);
    run.view_started("bad", 0, 1);
  }
  Expect(metrics_, R"(result_total{feature_view="good",status="success"} 1)");
  Expect(metrics_, R"(result_total{feature_view="bad",status="failure"} 1)");
  Expect(metrics_, R"(feast_offline_store_request_total{method="to_arrow",status="success"} 1)");
  Expect(metrics_, R"(feast_offline_store_request_total{method="to_arrow",status="error"} 1)");
  Expect(metrics_, R"(feast_offline_store_request_latency_seconds_count{method="to_arrow"} 2)");
  Expect(metrics_, R"(feast_offline_store_row_count_sum{method="to_arrow"} 5)");
  EXPECT_EQ(metrics_.Expose().find(R"({feature_view="good",status="failure"})"), std::string::npos);
}

TEST_F(ServerMetricsTest, TheFeatureLogIsShownAsItIsAtEachScrape) {
  FeatureLogCounts counts{.written = 5, .dropped = 2, .failed = 1, .failed_writes = 3};
  ServerMetrics metrics({}, registry_, "p", clock_, {}, [&] { return counts; });
  const std::string prefix = "feast_feature_server_feature_log_";
  Expect(metrics, prefix + R"(rows_total{result="written"} 5)");
  counts.written = 7;
  counts.waiting = 4;
  Expect(metrics, prefix + R"(rows_total{result="written"} 7)");
  Expect(metrics, prefix + R"(rows_total{result="dropped"} 2)");
  Expect(metrics, prefix + R"(rows_total{result="failed"} 1)");
  Expect(metrics, prefix + "failed_writes_total 3");
  Expect(metrics, prefix + "waiting_rows 4");
  EXPECT_EQ(metrics_.Expose().find(prefix), std::string::npos) << "nothing is logged";
}

TEST_F(ServerMetricsTest, GaugesAreAsOfNow) {
  Expect(metrics_, R"(freshness_seconds{feature_view="trips",project="p"} 60)");
  Expect(metrics_, "feast_feature_server_registry_age_seconds 70");
  Expect(metrics_, "# TYPE feast_feature_server_registry_generation gauge");
  Expect(metrics_, "# TYPE feast_feature_server_memory_usage gauge");
  Expect(metrics_, "feast_feature_server_cpu_usage ");
}

TEST_F(ServerMetricsTest, FamiliesCanBeSwitchedOff) {
  ServerMetricsSettings settings;
  settings.resource = settings.request = settings.online_features = false;
  settings.push = settings.materialization = settings.freshness = false;
  settings.offline_features = false;
  ServerMetrics metrics(settings, registry_, "p", clock_);
  metrics.Answered("/push", true, 1);
  metrics.Read(ReadShape(), 1, {});
  metrics.Responded(200);
  OnlineRequest request;
  request.features = {"trips:count"};
  metrics.ShapeOf("/get-online-features", request)->counts.Add(true, 1);
  metrics.Pushed("s", "online");
  metrics.WriteTransformed({"v", "python", 1});
  metrics.Materialized("v", true, 1, 1);
  EXPECT_EQ(metrics.Expose(), "");
}

}  // namespace
}  // namespace feast
