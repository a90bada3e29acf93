#include <gtest/gtest.h>

#include <future>

#include "feast/codec/wire_format.h"
#include "feast/registry/memory_registry.h"
#include "feast/retrieval/test_response.h"
#include "feast/server/grpc/handlers.h"
#include "feast/server/grpc/methods.h"
#include "feast/serving/ServingService.pb.h"

namespace feast {
namespace {

constexpr std::string_view kServing = "/feast.serving.ServingService/";
constexpr std::string_view kListen = "/GrpcFeatureServer/";

void AppendEntry(uint32_t field, std::string_view name, std::string_view value, std::string* out) {
  std::string entry;
  AppendBytesField(1, name, &entry);
  AppendBytesField(2, value, &entry);
  AppendBytesField(field, entry, out);
}

/// A PushRequest; a WriteToOnlineStoreRequest is the same without `to`.
std::string RowMessage(std::string_view name, std::string_view to) {
  std::string message;
  AppendEntry(1, "driver_id", "1001", &message);
  AppendBytesField(2, name, &message);
  AppendVarintField(3, 1, &message);
  if (!to.empty()) AppendBytesField(4, to, &message);
  return message;
}

class CallHandlersTest : public ::testing::Test {
 protected:
  CallHandlersTest() {
    backend_.retrieve = [this](const CallContext& context, OnlineRequest request,
                               const OnlineDone& done) {
      context_ = context;
      asked_ = std::move(request);
      done(answer_);
    };
    backend_.push = [this](const CallContext& context, const PushRequest& request,
                           OwnedStream) -> Result<PushOutcome> {
      context_ = context;
      push_ = request;
      FEAST_RETURN_IF_ERROR(write_status_);
      return PushOutcome::kWritten;
    };
    backend_.write_online = [this](const CallContext& context, const std::string& view, OwnedStream,
                                   bool transform_on_write, const TransformTimed&) {
      context_ = context;
      written_ = view + (transform_on_write ? "" : " as it is");
      return write_status_;
    };
    backend_.registry = &registry_;
    backend_.clock = &clock_;
    backend_.writes = &writes_;
    backend_.offline_writes = &writes_;
    backend_.metrics = &metrics_;
    backend_.project = "p";
  }

  RpcResponse Call(std::string_view service, std::string_view method, std::string_view body,
                   const CallContext& context = {}) {
    const std::string path = std::string(service) + std::string(method);
    RpcRequest request;
    request.path = path;
    request.body = body;
    request.peer = "::1";
    request.metadata = {{"x-request-id", "id-1"}};
    request.context = context;
    std::promise<RpcResponse> promise;
    for (const RpcMethod& known : FeatureServerMethods(backend_, observer_)) {
      if (known.path != path) continue;
      known.handle(request, [&](RpcResponse response) { promise.set_value(std::move(response)); });
      return promise.get_future().get();
    }
    ADD_FAILURE() << "no such method: " << path;
    return {};
  }

  bool Counted(std::string_view line) { return metrics_.Expose().find(line) != std::string::npos; }

  MemoryRegistry registry_{core::Registry()};
  FixedClock clock_{1000};
  ServerMetrics metrics_{{}, registry_, "p", clock_};
  ServerBackend backend_;
  OnlineRequest asked_;
  Result<OnlineResponse> answer_ = OnlineResponse();
  Status write_status_;
  CallContext context_;
  PushRequest push_;
  std::string written_;
  std::string log_;
  CallObserver observer_{&metrics_, clock_, [this](const std::string& line) { log_ += line; }};
  BlockingPool writes_{1, 8};
};

TEST_F(CallHandlersTest, BothServicesReadFeatures) {
  static constexpr std::string_view kTwelve("\x20\x0c", 2);  // int64_val: 12
  OnlineResponse response;
  AddColumn(&response, "trips", {kTwelve}, {FieldStatus::kPresent}, {1'000'000});
  answer_ = response;
  serving::GetOnlineFeaturesRequest request;
  request.set_feature_service("s");
  (*request.mutable_entities())["id"].add_val()->set_int64_val(7);
  for (const std::string_view service : {kServing, kListen}) {
    asked_ = {};
    const auto answer = Call(service, "GetOnlineFeatures", request.SerializeAsString());
    EXPECT_EQ(answer.code, StatusCode::kOk) << answer.message;
    serving::GetOnlineFeaturesResponse message;
    ASSERT_TRUE(message.ParseFromString(answer.body));
    EXPECT_EQ(message.results(0).values(0).int64_val(), 12);
    EXPECT_EQ(message.results(0).event_timestamps(0).seconds(), 1);
    EXPECT_EQ(asked_.feature_service, "s");
    EXPECT_EQ(asked_.entities.size(), 1u);
    EXPECT_TRUE(Counted("request_total{endpoint=\"" + std::string(service) +
                        "GetOnlineFeatures\",status=\"success\"} 1"));
  }
  EXPECT_TRUE(Counted("feast_online_features_request_total 2"));
}

TEST_F(CallHandlersTest, FailuresOfReadsAreSaidAsUpstreamSaysThem) {
  answer_ = Status::NotFound("no view x", ErrorKind::kFeatureViewNotFound);
  auto answer = Call(kServing, "GetOnlineFeatures", "");
  EXPECT_EQ(answer.code, StatusCode::kNotFound);
  EXPECT_EQ(answer.message, R"({"module": "feast.errors", "class": )"
                            R"("FeatureViewNotFoundException", "message": "no view x"})");
  EXPECT_EQ(Call(kListen, "GetOnlineFeatures", "").message, "no view x");
  answer = Call(kServing, "GetOnlineFeatures", "\x0a\x05");
  EXPECT_EQ(answer.code, StatusCode::kInvalidArgument);
  EXPECT_TRUE(
      Counted("endpoint=\"/feast.serving.ServingService/GetOnlineFeatures\","
              "status=\"error\"} 2"));
  OnlineResponse broken;
  AddColumn(&broken, "trips", {"garbage"}, {FieldStatus::kPresent}, {0});
  answer_ = broken;
  answer = Call(kServing, "GetOnlineFeatures", "");
  EXPECT_EQ(answer.code, StatusCode::kDataLoss);
  EXPECT_NE(answer.message.find("column trips"), std::string::npos);
}

TEST_F(CallHandlersTest, DeadlineCancellationAndTraceOfTheCallGoAlong) {
  const CallContext client = CallContext::WithTimeout(std::chrono::seconds(5));
  Call(kServing, "GetOnlineFeatures", "", client);
  EXPECT_EQ(context_.deadline(), client.deadline());
  EXPECT_EQ(context_.trace_id(), "id-1");
  client.Cancel();
  EXPECT_TRUE(context_.cancelled());
}

TEST_F(CallHandlersTest, Push) {
  const auto answer = Call(kListen, "Push", RowMessage("s", "online"));
  EXPECT_EQ(answer.code, StatusCode::kOk) << answer.message;
  EXPECT_EQ(answer.body, "\x08\x01");
  EXPECT_EQ(push_.source, "s");
  EXPECT_EQ(push_.to, PushMode::kOnline);
  EXPECT_TRUE(push_.allow_registry_cache);
  Call(kListen, "Push", RowMessage("s", "online_and_offline"));
  EXPECT_EQ(push_.to, PushMode::kOnlineAndOffline);
  EXPECT_TRUE(Counted("push_request_total{push_source=\"s\",mode=\"online\"} 1"));
}

TEST_F(CallHandlersTest, RefusedPushes) {
  auto answer = Call(kListen, "Push", RowMessage("s", "nowhere"));
  EXPECT_EQ(answer.code, StatusCode::kInvalidArgument);
  EXPECT_TRUE(answer.message.starts_with("nowhere is not a supported push format."));
  EXPECT_EQ(Call(kListen, "Push", RowMessage("s", "")).code, StatusCode::kInvalidArgument);
  EXPECT_EQ(Call(kListen, "Push", "\x0a").code, StatusCode::kInvalidArgument);
  write_status_ =
      Status::NotFound("Unable to find push source 's'.", ErrorKind::kPushSourceNotFound);
  answer = Call(kListen, "Push", RowMessage("s", "online"));
  EXPECT_EQ(answer.code, StatusCode::kInvalidArgument);
  EXPECT_EQ(answer.message, "Unable to find push source 's'.");
}

TEST_F(CallHandlersTest, WriteToOnlineStore) {
  const auto answer = Call(kListen, "WriteToOnlineStore", RowMessage("v", ""));
  EXPECT_EQ(answer.code, StatusCode::kOk) << answer.message;
  EXPECT_EQ(answer.body, "\x08\x01");
  EXPECT_EQ(written_, "v");
  write_status_ = Status::InvalidArgument("no such column");
  EXPECT_EQ(Call(kListen, "WriteToOnlineStore", RowMessage("v", "")).code,
            StatusCode::kInvalidArgument);
}

TEST_F(CallHandlersTest, ServingInfoNamesTheRelease) {
  serving::GetFeastServingInfoResponse message;
  ASSERT_TRUE(message.ParseFromString(Call(kServing, "GetFeastServingInfo", "").body));
  EXPECT_EQ(message.version(), "0.67.0");
}

TEST_F(CallHandlersTest, LargeMessagesAreReadOnAnotherThread) {
  serving::GetOnlineFeaturesRequest request;
  request.mutable_features()->add_val(std::string(300'000, 'x'));
  EXPECT_EQ(Call(kServing, "GetOnlineFeatures", request.SerializeAsString()).code, StatusCode::kOk);
  EXPECT_EQ(asked_.features[0].size(), 300'000u);
}

TEST_F(CallHandlersTest, AnswersAreCountedAndLogged) {
  write_status_ = Status::Unavailable("down");
  Call(kListen, "WriteToOnlineStore", RowMessage("v", ""));
  EXPECT_TRUE(
      Counted("request_total{endpoint=\"/GrpcFeatureServer/WriteToOnlineStore\","
              "status=\"error\"} 1"));
  const std::string line = log_.substr(0, log_.find(",\"seconds\""));
  EXPECT_EQ(line,
            "{\"time\":\"1970-01-01T00:00:00.001Z\",\"peer\":\"::1\","
            "\"path\":\"/GrpcFeatureServer/WriteToOnlineStore\",\"request_id\":\"id-1\","
            "\"grpc_status\":\"UNAVAILABLE\",\"request_bytes\":24,\"response_bytes\":0");
  observer_.Refused("::1", "/a/b", StatusCode::kResourceExhausted);
  EXPECT_TRUE(Counted("request_total{endpoint=\"/a/b\",status=\"error\"} 1"));
}

}  // namespace
}  // namespace feast
