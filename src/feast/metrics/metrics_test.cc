#include "feast/metrics/metrics.h"

#include <gtest/gtest.h>

#include <thread>

namespace feast {
namespace {

TEST(MetricsTest, ThreadsAddUp) {
  Metrics metrics;
  Counter& counter = metrics.GetCounter("c", "help", {});
  std::vector<std::jthread> threads;
  threads.reserve(10);
  for (int i = 0; i < 10; ++i) {
    threads.emplace_back([&] {
      for (int k = 0; k < 1000; ++k) counter.Add();
    });
  }
  threads.clear();
  EXPECT_EQ(counter.Value(), 10'000u);
  EXPECT_EQ(&counter, &metrics.GetCounter("c", "help", {}));
}

TEST(MetricsTest, ExposesPrometheusText) {
  Metrics metrics;
  metrics.GetCounter("requests_total", "Requests.", {{"path", "/a\"b"}}).Add(3);
  metrics.SetGauge("age_seconds", "Age.", {}, 3);
  metrics.SetGauge("age_seconds", "Age.", {}, 1.5);
  Histogram& latency = metrics.GetHistogram("seconds", "Latency.", {}, {0.1, 1});
  latency.Observe(0.1);
  latency.Observe(0.4);
  latency.Observe(7);
  EXPECT_EQ(metrics.Expose(),
            "# HELP age_seconds Age.\n# TYPE age_seconds gauge\nage_seconds 1.5\n"
            "# HELP requests_total Requests.\n# TYPE requests_total counter\n"
            "requests_total{path=\"/a\\\"b\"} 3\n"
            "# HELP seconds Latency.\n# TYPE seconds histogram\n"
            "seconds_bucket{le=\"0.1\"} 1\nseconds_bucket{le=\"1\"} 2\n"
            "seconds_bucket{le=\"+Inf\"} 3\nseconds_sum 7.5\nseconds_count 3\n");
}

}  // namespace
}  // namespace feast
