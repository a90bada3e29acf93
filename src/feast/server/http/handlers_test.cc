#include "feast/server/http/handlers.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <mutex>

#include "feast/codec/value_json.h"
#include "feast/server/http/access_log.h"
#include "feast/server/http/routes.h"

namespace feast {
namespace {

/// A registry in memory.
class MemoryRegistry final : public Registry {
 public:
  explicit MemoryRegistry(core::Registry content) : content_(std::move(content)) {}
  Result<std::shared_ptr<const RegistrySnapshot>> Cached() override { return Refresh(); }
  Result<std::shared_ptr<const RegistrySnapshot>> Refresh() override {
    if (broken) return Status::Unavailable("registry is gone");
    const std::lock_guard lock(mutex_);
    return RegistrySnapshot::Make(content_);
  }
  Status Mutate(const CallContext&, const RegistryMutation& mutation) override {
    const std::lock_guard lock(mutex_);
    return mutation(&content_);
  }
  Status Teardown() override { return Status::OK(); }
  core::FeatureViewState StateOf(int view) {
    const std::lock_guard lock(mutex_);
    return content_.feature_views(view).meta().state();
  }
  std::atomic<bool> broken{false};

 private:
  std::mutex mutex_;
  core::Registry content_;
};

core::Registry OneView() {
  core::Registry content;
  auto* view = content.add_feature_views();
  view->mutable_spec()->set_name("trips");
  view->mutable_spec()->set_project("p");
  view->mutable_spec()->set_online(true);
  return content;
}

class HandlersTest : public ::testing::Test {
 protected:
  HandlersTest() {
    backend_.retrieve = [this](const CallContext&, OnlineRequest request, OnlineDone done) {
      asked_ = std::move(request);
      done(answer_);
    };
    backend_.push = [this](const CallContext&, const std::string& source, OwnedStream rows,
                           PushMode) {
      pushed_ = source + (rows.empty() ? " nothing" : " rows");
      return write_status_;
    };
    backend_.write_online = [this](const CallContext&, const std::string& view, OwnedStream) {
      pushed_ = view;
      return write_status_;
    };
    backend_.materialize = [this](const CallContext&, const MaterializeRequest& request) {
      materialized_ = request;
      return write_status_;
    };
    backend_.registry = &registry_;
    backend_.clock = &clock_;
    backend_.writes = &writes_;
    backend_.materializations = &materializations_;
    backend_.metrics = &metrics_;
    backend_.project = "p";
  }

  HttpResponse Call(std::string_view method, std::string_view target, std::string_view body = "") {
    HttpRequest request;
    request.method = method;
    request.path = target.substr(0, target.find('?'));
    if (request.path.size() < target.size()) request.query = target.substr(request.path.size() + 1);
    request.body = body;
    std::promise<HttpResponse> promise;
    RouteHttp(backend_, request,
              [&](HttpResponse response) { promise.set_value(std::move(response)); });
    return promise.get_future().get();
  }

  MemoryRegistry registry_{OneView()};
  FixedClock clock_{1000};
  Metrics metrics_;
  HttpBackend backend_;
  OnlineRequest asked_;
  Result<OnlineResponse> answer_ = OnlineResponse();
  Status write_status_;
  std::string pushed_;
  MaterializeRequest materialized_;
  BlockingPool writes_{1, 8};
  BlockingPool materializations_{1, 8};
};

TEST_F(HandlersTest, OnlineFeaturesAreRenderedColumnByColumn) {
  static constexpr std::string_view kTwelve("\x20\x0c", 2);  // int64_val: 12
  OnlineResponse response;
  response.columns.push_back({"trips",
                              {kTwelve, ""},
                              {FieldStatus::kPresent, FieldStatus::kNotFound},
                              {1'717'416'000'000'000, 0}});
  answer_ = response;
  const auto answer =
      Call("POST", "/get-online-features",
           R"({"features":["v:trips"],"entities":{"id":[1,2]},"full_feature_names":"true"})");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.content_type, "application/json");
  EXPECT_EQ(answer.body, R"({"results":[{"values":[12,null],"statuses":["PRESENT","NOT_FOUND"],)"
                         R"("event_timestamps":["2024-06-03T12:00:00Z","1970-01-01T00:00:00Z"]}],)"
                         R"("metadata":{"feature_names":["trips"]}})");
  EXPECT_TRUE(asked_.full_feature_names);
  EXPECT_EQ(asked_.features, std::vector<std::string>{"v:trips"});
}

TEST_F(HandlersTest, VersionsAreShownWhenAskedFor) {
  OnlineResponse response;
  response.view_versions = {{"a", 2}, {"b", 0}};
  const auto text = RenderOnlineResponse(response);
  ASSERT_TRUE(text.ok());
  EXPECT_EQ(*text, R"({"results":[],"metadata":{"feature_names":[],)"
                   R"("feature_view_metadata":[{"name":"a","version":2},{"name":"b"}]}})");
}

TEST_F(HandlersTest, RefusedReads) {
  answer_ = Status::NotFound("Feature view nope does not exist in project p",
                             ErrorKind::kFeatureViewNotFound);
  EXPECT_EQ(Call("POST", "/get-online-features", R"({"entities":{"id":[1]}})").status, 404);
  EXPECT_EQ(Call("POST", "/get-online-features", R"({"entities":[]})").status, 422);
  const auto uneven = Call("POST", "/get-online-features", R"({"entities":{"a":[1],"b":[]}})");
  EXPECT_EQ(uneven.status, 400);
  EXPECT_NE(uneven.body.find("'b' has 0"), std::string::npos);
}

TEST_F(HandlersTest, Writes) {
  auto answer = Call("POST", "/push", R"({"push_source_name":"s","df":{"id":[1]}})");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.body, "");
  EXPECT_EQ(pushed_, "s rows");
  answer = Call("POST", "/write-to-online-store", R"({"feature_view_name":"v","df":{"id":[1]}})");
  EXPECT_EQ(answer.body, "null");
  EXPECT_EQ(pushed_, "v");
  answer = Call("POST", "/push", R"({"push_source_name":"s","df":{},"to":"sideways"})");
  EXPECT_EQ(answer.status, 400);
  EXPECT_NE(answer.body.find("sideways is not a supported push format"), std::string::npos);
  write_status_ =
      Status::NotFound("Unable to find push source 's'.", ErrorKind::kPushSourceNotFound);
  EXPECT_EQ(Call("POST", "/push", R"({"push_source_name":"s","df":{}})").status, 422);
}

TEST_F(HandlersTest, Materialize) {
  const auto answer =
      Call("POST", "/materialize",
           R"({"start_ts":"1970-01-01T00:00:01","end_ts":"1970-01-02","feature_views":["trips"]})");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.body, "null");
  EXPECT_EQ(materialized_.start, kMicrosPerSecond);
  EXPECT_EQ(materialized_.end, 86'400 * kMicrosPerSecond);
  EXPECT_EQ(Call("POST", "/materialize", R"({"disable_event_timestamp":true})").status, 200);
  EXPECT_EQ(materialized_.end, 1000);
  EXPECT_EQ(Call("POST", "/materialize-incremental", R"({"end_ts":"1970-01-02"})").status, 200);
  EXPECT_EQ(materialized_.start, std::nullopt);
}

TEST_F(HandlersTest, RefusedMaterialize) {
  const auto refused = [this](const char* path, const char* body, int status, const char* mention) {
    const auto answer = Call("POST", path, body);
    EXPECT_EQ(answer.status, status) << body << answer.body;
    EXPECT_NE(answer.body.find(mention), std::string::npos) << answer.body;
  };
  refused("/materialize", "{}", 400, "start_ts");
  refused("/materialize", R"({"start_ts":"2024-08-01","end_ts":"2024-07-01"})", 400, "2024-08-01");
  refused("/materialize", R"({"start_ts":"noon","end_ts":"2024-07-01"})", 400, "noon");
  refused("/materialize",
          R"({"start_ts":"2024-05-01","end_ts":"2024-07-01","feature_views":["nope"]})", 404,
          "nope");
  refused("/materialize-incremental", "{}", 422, "end_ts");
}

TEST_F(HandlersTest, AsynchronousMaterializeMarksTheViews) {
  std::promise<void> release;
  backend_.materialize = [&](const CallContext&, const MaterializeRequest&) {
    release.get_future().wait();
    return Status::Internal("broken");
  };
  const std::string body = R"({"start_ts":"2024-05-01","end_ts":"2024-07-01"})";
  const auto answer = Call("POST", "/materialize?async=true", body);
  EXPECT_EQ(answer.status, 202);
  EXPECT_EQ(answer.body, R"({"status":"accepted","feature_views":["trips"]})");
  EXPECT_EQ(registry_.StateOf(0), core::MATERIALIZING);
  const auto again = Call("POST", "/materialize?async=true", body);
  EXPECT_EQ(again.status, 409);
  EXPECT_NE(again.body.find("['trips']"), std::string::npos);
  release.set_value();
  std::promise<void> idle;
  ASSERT_TRUE(materializations_.Submit([&] { idle.set_value(); }).ok());
  idle.get_future().wait();
  EXPECT_EQ(registry_.StateOf(0), core::GENERATED);
}

TEST_F(HandlersTest, PathsMethodsAndPages) {
  EXPECT_EQ(Call("POST", "/nope").status, 404);
  const auto wrong = Call("GET", "/push");
  EXPECT_EQ(wrong.status, 405);
  EXPECT_EQ(wrong.headers.at(0).second, "POST");
  EXPECT_EQ(Call("GET", "/health").status, 200);
  EXPECT_EQ(Call("GET", "/health").body, "");
  registry_.broken = true;
  EXPECT_EQ(Call("GET", "/health").status, 503);
  EXPECT_TRUE(ParseJson(Call("GET", "/openapi.json").body).ok());
  EXPECT_NE(Call("GET", "/docs").body.find("openapi.json"), std::string::npos);
  EXPECT_EQ(Call("GET", "/metrics").status, 200);
}

TEST(AccessLogTest, OneLineOfJson) {
  EXPECT_EQ(
      RenderAccessRecord({0, "::1", "GET", "/a\"", 200, 1, 2, 0.5}),
      "{\"time\":\"1970-01-01T00:00:00Z\",\"peer\":\"::1\",\"method\":\"GET\",\"path\":\"/a\\\"\","
      "\"status\":200,\"request_bytes\":1,\"response_bytes\":2,\"seconds\":0.5}\n");
}

}  // namespace
}  // namespace feast
