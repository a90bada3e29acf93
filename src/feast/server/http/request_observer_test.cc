#include "feast/server/http/request_observer.h"

#include <gtest/gtest.h>

#include <future>
#include <vector>

#include <boost/asio.hpp>

#include "feast/net/event_loop.h"
#include "feast/registry/memory_registry.h"

namespace feast {
namespace {

core::Registry OneService() {
  core::Registry content;
  auto* service = content.add_feature_services()->mutable_spec();
  service->set_name("s");
  service->set_project("p");
  service->add_features()->set_feature_view_name("trips");
  return content;
}

class RequestObserverTest : public ::testing::Test {
 protected:
  void Expect(const std::string& line) {
    const std::string text = metrics_.Expose();
    EXPECT_NE(text.find(line), std::string::npos) << line << "\n" << text;
  }
  MemoryRegistry registry_{OneService()};
  FixedClock clock_{1};
  ServerMetrics metrics_{{}, registry_, "p", clock_};
  std::vector<std::string> log_;
  RequestObserver observer_{&metrics_, clock_,
                            [this](const std::string& line) { log_.push_back(line); }};
};

TEST_F(RequestObserverTest, CountsAndLogsEachAnswer) {
  HttpRequest request;
  request.method = "GET";
  request.path = "/health";
  request.headers = {{"x-request-id", "id-2"}};
  int status = 0;
  const HttpRespond respond =
      observer_.Watch(request, [&](const HttpResponse& response) { status = response.status; });
  Expect(R"(requests_in_flight{transport="http"} 1)");
  respond({503});
  EXPECT_EQ(status, 503);
  Expect(R"(requests_in_flight{transport="http"} 0)");
  Expect(R"(request_total{endpoint="/health",status="error"} 1)");
  Expect(R"(http_responses_total{code="503"} 1)");
  request.path = "/what/a/client/makes/up";
  observer_.Watch(request, [](const HttpResponse&) {})({404});
  Expect(R"(request_total{endpoint="other",status="error"} 1)");
  observer_.Refused("127.0.0.1", 408);
  Expect(R"(http_responses_total{code="408"} 1)");
  Expect(R"(request_total{endpoint="other",status="error"} 2)");
  ASSERT_EQ(log_.size(), 3u);
  EXPECT_NE(log_[0].find(R"("path":"/health","request_id":"id-2","status":503)"), std::string::npos)
      << log_[0];
  EXPECT_NE(log_[2].find(R"("status":408)"), std::string::npos);
}

TEST_F(RequestObserverTest, AnEventLoopRemembersWhatReadsCountInto) {
  OnlineRequest request;
  request.feature_service = "s";
  EventLoopThread thread;
  const auto on_loop = [&] {
    std::promise<const ReadShape*> shape;
    boost::asio::post(thread.loop().context(), [&] {
      shape.set_value(metrics_.ShapeOf("/get-online-features", request).get());
    });
    return shape.get_future().get();
  };
  const auto elsewhere = metrics_.ShapeOf("/get-online-features", request);
  const ReadShape* const remembered = on_loop();
  EXPECT_NE(remembered, elsewhere.get()) << "its own";
  EXPECT_EQ(remembered, on_loop());
  registry_.Reset(OneService());
  const auto renewed = metrics_.ShapeOf("/get-online-features", request);
  EXPECT_NE(renewed, elsewhere) << "the registry has changed";
}

}  // namespace
}  // namespace feast
