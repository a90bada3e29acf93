#include "feast/server/http/handlers.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <future>

#include "feast/codec/value_json.h"
#include "feast/registry/memory_registry.h"
#include "feast/retrieval/test_response.h"
#include "feast/server/access_log.h"
#include "feast/server/http/routes.h"
#include "feast/serving/ServingService.pb.h"

namespace feast {
namespace {

core::Registry OneView() {
  core::Registry content;
  auto* view = content.add_feature_views();
  view->mutable_spec()->set_name("trips");
  view->mutable_spec()->set_project("p");
  view->mutable_spec()->set_online(true);
  return content;
}

/// Refuses everything once told to.
class Refusing final : public Authorizer {
 public:
  Status Authorize(const CallContext& /*context*/, std::span<const Resource> resources,
                   Action action) const override {
    asked = resources.empty() ? "" : resources[0].kind + " " + resources[0].name;
    if (action == Action::kWriteOnline) asked += " write";
    if (!refuse) return Status::OK();
    return {StatusCode::kPermissionDenied, "Permission error:\nno",
            ErrorKind::kFeastPermissionError};
  }
  bool refuse = false;
  mutable std::string asked;
};

class HandlersTest : public ::testing::Test {
 protected:
  HandlersTest() {
    backend_.retrieve = [this](const CallContext& context, OnlineRequest request,
                               const OnlineDone& done) {
      context_ = context;
      asked_ = std::move(request);
      done(answer_);
    };
    backend_.push = [this](const CallContext& context, const PushRequest& request,
                           OwnedStream rows) -> Result<PushOutcome> {
      context_ = context;
      push_ = request;
      pushed_ = request.source + (rows.empty() ? " nothing" : " rows");
      FEAST_RETURN_IF_ERROR(write_status_);
      return outcome_;
    };
    backend_.write_online = [this](const CallContext& context, const std::string& view, OwnedStream,
                                   bool transform_on_write, const TransformTimed& timed) {
      context_ = context;
      timed({view, "python", 1});
      pushed_ = view + (transform_on_write ? "" : " as it is");
      return write_status_;
    };
    backend_.materialize = [this](const CallContext& context, const MaterializeRequest& request,
                                  const MaterializeProgress&) {
      context_ = context;
      materialized_ = request;
      return write_status_;
    };
    backend_.registry = &registry_;
    backend_.authorizer = &authorizer_;
    backend_.clock = &clock_;
    backend_.writes = &writes_;
    backend_.offline_writes = &offline_writes_;
    backend_.materializations = &materializations_;
    backend_.metrics = &metrics_;
    backend_.project = "p";
  }

  HttpResponse Call(std::string_view method, std::string_view target, std::string_view body = "",
                    std::string_view accept = "*/*") {
    HttpRequest request;
    request.method = method;
    request.path = target.substr(0, target.find('?'));
    if (request.path.size() < target.size()) request.query = target.substr(request.path.size() + 1);
    request.body = body;
    request.headers = {{"X-Request-Id", "id-1"}, {"Accept", accept}};
    std::promise<HttpResponse> promise;
    RouteHttp(backend_, request,
              [&](HttpResponse response) { promise.set_value(std::move(response)); });
    return promise.get_future().get();
  }

  MemoryRegistry registry_{OneView()};
  Refusing authorizer_;
  FixedClock clock_{1000};
  ServerMetrics metrics_{{}, registry_, "p", clock_};
  ServerBackend backend_;
  OnlineRequest asked_;
  Result<OnlineResponse> answer_ = OnlineResponse();
  Status write_status_;
  CallContext context_;
  PushRequest push_;
  PushOutcome outcome_ = PushOutcome::kWritten;
  std::string pushed_;
  MaterializeRequest materialized_;
  BlockingPool writes_{1, 8};
  BlockingPool offline_writes_{1, 8};
  BlockingPool materializations_{1, 8};
};

TEST_F(HandlersTest, OnlineFeaturesAreRenderedColumnByColumn) {
  static constexpr std::string_view kTwelve("\x20\x0c", 2);  // int64_val: 12
  OnlineResponse response;
  AddColumn(&response, "trips", {kTwelve, ""}, {FieldStatus::kPresent, FieldStatus::kNotFound},
            {1'717'416'000'000'000, 0});
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

TEST_F(HandlersTest, OnlineFeaturesAreProtobufForWhoAcceptsIt) {
  static constexpr std::string_view kTwelve("\x20\x0c", 2);  // int64_val: 12
  OnlineResponse response;
  AddColumn(&response, "trips", {kTwelve}, {FieldStatus::kPresent}, {0});
  answer_ = response;
  const auto call = [&](std::string_view accept) {
    return Call("POST", "/get-online-features", R"({"features":["v:trips"],"entities":{"id":[1]}})",
                accept);
  };
  for (const char* accept :
       {"application/x-protobuf", "application/json;q=0.5, Application/X-Protobuf ;q=0.9",
        "application/x-protobuf; charset=utf-8; q=0.1"}) {
    const auto answer = call(accept);
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.content_type, "application/x-protobuf") << accept;
    serving::GetOnlineFeaturesResponse message;
    ASSERT_TRUE(message.ParseFromString(answer.body));
    EXPECT_EQ(message.results(0).values(0).int64_val(), 12);
  }
  for (const char* accept : {"", "*/*", "application/*", "application/x-protobuf;q=0",
                             "application/x-protobuf;v=1;q=0", "application/x-protobuffer"}) {
    EXPECT_EQ(call(accept).content_type, "application/json") << accept;
  }
  answer_ = Status::NotFound("no", ErrorKind::kFeatureViewNotFound);
  EXPECT_EQ(call("application/x-protobuf").content_type, "application/json");
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
  EXPECT_EQ(registry_.refreshes, 2);  // what is to be done, and what was
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
  refused("/materialize?async=maybe", R"({"start_ts":"2024-05-01","end_ts":"2024-07-01"})", 422,
          R"(["query","async"])");
}

TEST_F(HandlersTest, CallsCarryDeadlineAndTrace) {
  Call("POST", "/get-online-features", R"({"entities":{"id":[1]}})");
  EXPECT_EQ(context_.trace_id(), "id-1");
  ASSERT_TRUE(context_.deadline());
  const auto left = *context_.deadline() - std::chrono::steady_clock::now();
  EXPECT_LE(left, backend_.request_timeout);
  EXPECT_GT(left, backend_.request_timeout / 2);
  Call("POST", "/push", R"({"push_source_name":"s","df":{}})");
  EXPECT_TRUE(context_.deadline());
  Call("POST", "/materialize-incremental", R"({"end_ts":"1970-01-02"})");
  EXPECT_FALSE(context_.deadline());
  EXPECT_FALSE(context_.cancelled());
  backend_.jobs.Cancel();
  EXPECT_TRUE(context_.cancelled());  // the server goes away
}

TEST_F(HandlersTest, PushOptionsReachThePush) {
  const auto answer =
      Call("POST", "/push",
           R"({"push_source_name":"s","df":{},"to":"offline","allow_registry_cache":false,)"
           R"("transform_on_write":false})");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(push_.to, PushMode::kOffline);
  EXPECT_FALSE(push_.allow_registry_cache);
  outcome_ = PushOutcome::kQueued;
  const auto queued = Call("POST", "/push", R"({"push_source_name":"s","df":{},"to":"offline"})");
  EXPECT_EQ(queued.status, 202);
  EXPECT_EQ(queued.body, "");
  EXPECT_TRUE(push_.allow_registry_cache);
}

TEST_F(HandlersTest, DirectWritesReadTheRegistryAnewWhenAsked) {
  Call("POST", "/write-to-online-store", R"({"feature_view_name":"v","df":{}})");
  EXPECT_EQ(registry_.refreshes, 0);
  Call("POST", "/write-to-online-store",
       R"({"feature_view_name":"v","df":{},"allow_registry_cache":false})");
  EXPECT_EQ(registry_.refreshes, 1);
  Call("POST", "/write-to-online-store",
       R"({"feature_view_name":"v","df":{},"transform_on_write":false})");
  EXPECT_EQ(pushed_, "v as it is");
  EXPECT_NE(metrics_.Expose().find(R"(write_transformation_duration_seconds_count{odfv_name="v",)"),
            std::string::npos);
}

TEST_F(HandlersTest, MaterializationsNeedTheRightToWrite) {
  authorizer_.refuse = true;
  const std::string body = R"({"start_ts":"2024-05-01","end_ts":"2024-07-01"})";
  for (const char* path : {"/materialize", "/materialize?async=true"}) {
    const auto answer = Call("POST", path, body);
    EXPECT_EQ(answer.status, 403);
    EXPECT_NE(answer.body.find("FeastPermissionError"), std::string::npos);
    EXPECT_EQ(authorizer_.asked, "FeatureView trips write");
  }
  EXPECT_EQ(materialized_.end, 0);
  EXPECT_EQ(registry_.StateOf(0), core::STATE_UNSPECIFIED);
}

/// Runs one asynchronous materialization that is held until released.
class AsynchronousTest : public HandlersTest {
 protected:
  AsynchronousTest() {
    backend_.materialize = [this](const CallContext&, const MaterializeRequest&,
                                  const MaterializeProgress&) {
      release_.get_future().wait();
      return write_status_;
    };
    backend_.report = [this](const std::string& what) { reported_ = what; };
  }
  HttpResponse Start(const char* path = "/materialize?async=true") {
    return Call("POST", path, R"({"start_ts":"2024-05-01","end_ts":"2024-07-01"})");
  }
  void Finish() {
    release_.set_value();
    std::promise<void> idle;
    ASSERT_TRUE(materializations_.Submit([&] { idle.set_value(); }).ok());
    idle.get_future().wait();
  }
  void SetState(core::FeatureViewState state, bool materialized) {
    ASSERT_TRUE(registry_
                    .Mutate(CallContext(),
                            [&](core::Registry* content) {
                              auto* meta = content->mutable_feature_views(0)->mutable_meta();
                              meta->set_state(state);
                              if (materialized) meta->add_materialization_intervals();
                              return Status::OK();
                            })
                    .ok());
  }
  std::promise<void> release_;
  std::string reported_;
};

TEST_F(AsynchronousTest, MarksTheViews) {
  const auto answer = Start();
  EXPECT_EQ(answer.status, 202);
  EXPECT_EQ(answer.body, R"({"status":"accepted","feature_views":["trips"]})");
  EXPECT_EQ(registry_.StateOf(0), core::MATERIALIZING);
  const auto again = Start();
  EXPECT_EQ(again.status, 409);
  EXPECT_NE(again.body.find("['trips']"), std::string::npos);
  EXPECT_NE(again.body.find(R"("feature_views":["trips"])"), std::string::npos);
  Finish();
  EXPECT_EQ(registry_.StateOf(0), core::AVAILABLE_ONLINE);
}

TEST_F(AsynchronousTest, AFailureLeavesTheViewAsItWas) {
  SetState(core::AVAILABLE_ONLINE, true);
  write_status_ = Status::Internal("broken");
  EXPECT_EQ(Start().status, 202);
  Finish();
  EXPECT_EQ(registry_.StateOf(0), core::AVAILABLE_ONLINE);
  EXPECT_EQ(reported_, "asynchronous materialization failed: broken");
}

TEST_F(AsynchronousTest, ForceTakesOverWhatADeadRunLeft) {
  SetState(core::MATERIALIZING, false);
  EXPECT_EQ(Start().status, 409);
  write_status_ = Status::Internal("broken");
  EXPECT_EQ(Start("/materialize?async=true&force=true").status, 202);
  Finish();
  EXPECT_EQ(registry_.StateOf(0), core::GENERATED);  // it was never materialized
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
  EXPECT_NE(Call("GET", "/metrics").body.find("requests_in_flight"), std::string::npos);
  backend_.metrics = nullptr;
  EXPECT_EQ(Call("GET", "/metrics").status, 404);
}

TEST_F(HandlersTest, EveryPathIsDescribed) {
  const auto parsed = ParseJson(Call("GET", "/openapi.json").body);
  ASSERT_TRUE(parsed.ok());
  const auto document = std::get<RawValue::Map>(parsed->data);
  const auto paths = std::ranges::find(document, "paths", &RawValue::Entry::key);
  ASSERT_NE(paths, document.end());
  const auto& described = std::get<RawValue::Map>(paths->value.data);
  const std::string docs = Call("GET", "/docs").body;
  for (const HttpRoute& route : HttpRoutes()) {
    if (route.path == "/openapi.json" || route.path == "/docs" || route.path == "/redoc") continue;
    EXPECT_TRUE(std::ranges::any_of(described, [&](const auto& one) {
      return one.key == route.path;
    })) << route.path;
    EXPECT_NE(docs.find(route.path), std::string::npos) << route.path;
  }
}

TEST(AccessLogTest, OneLineOfJson) {
  EXPECT_EQ(
      RenderAccessRecord({0, "::1", "GET", "/a\"", "r", 200, 1, 2, 0.5}),
      "{\"time\":\"1970-01-01T00:00:00Z\",\"peer\":\"::1\",\"method\":\"GET\",\"path\":\"/a\\\"\","
      "\"request_id\":\"r\",\"status\":200,\"request_bytes\":1,\"response_bytes\":2,"
      "\"seconds\":0.5}\n");
}

}  // namespace
}  // namespace feast
