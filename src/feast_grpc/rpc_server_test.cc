#include "feast/net/rpc_server.h"

#include <grpcpp/grpcpp.h>
#include <grpcpp/impl/codegen/client_unary_call.h>
#include <grpcpp/impl/codegen/sync_stream.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <condition_variable>
#include <filesystem>
#include <fstream>
#include <future>
#include <iterator>
#include <thread>

#include "feast/net/test_certificate.h"

namespace feast {
namespace {

using grpc::ByteBuffer;
using grpc::internal::RpcMethod;
using std::chrono::milliseconds;
using std::chrono::seconds;

ByteBuffer Buffer(const std::string& text) {
  const grpc::Slice slice(text);
  return {&slice, 1};
}

std::string Text(const ByteBuffer& buffer) {
  std::vector<grpc::Slice> parts;
  std::string text;
  if (!buffer.Dump(&parts).ok()) return "?";
  for (const grpc::Slice& part : parts) {
    text.append(reinterpret_cast<const char*>(part.begin()), part.size());
  }
  return text;
}

struct Answer {
  grpc::Status status;
  std::string body;
};

/// A client of one server.
class Client {
 public:
  explicit Client(const RpcServer& server, const std::string& certificate = "") {
    grpc::ChannelArguments arguments;
    arguments.SetMaxReceiveMessageSize(-1);
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    grpc::SslCredentialsOptions tls;
    tls.pem_root_certs = certificate;
    channel_ = grpc::CreateCustomChannel(
        "127.0.0.1:" + std::to_string(server.port()),
        certificate.empty() ? grpc::InsecureChannelCredentials() : grpc::SslCredentials(tls),
        arguments);
  }

  Answer Call(const char* path, const std::string& body, milliseconds timeout = seconds(30)) {
    grpc::ClientContext context;
    context.AddMetadata("x-request-id", "id-1");
    context.set_deadline(std::chrono::system_clock::now() + timeout);
    ByteBuffer response;
    const RpcMethod method(path, RpcMethod::NORMAL_RPC);
    Answer answer;
    answer.status = grpc::internal::BlockingUnaryCall<ByteBuffer, ByteBuffer>(
        channel_.get(), method, &context, Buffer(body), &response);
    if (answer.status.ok()) answer.body = Text(response);
    return answer;
  }
  std::future<Answer> Begin(const char* path, const std::string& body) {
    return std::async(std::launch::async, [this, path, body] { return Call(path, body); });
  }

  grpc::ChannelInterface* channel() { return channel_.get(); }

 private:
  std::shared_ptr<grpc::Channel> channel_;
};

/// Answers "/t.S/Echo" with what it was, and holds "/t.S/Hold" until told.
class RpcServerTest : public ::testing::Test {
 protected:
  RpcServerTest() { options_.address = "127.0.0.1:0"; }
  ~RpcServerTest() override { Release(); }

  void Start() {
    std::vector<feast::RpcMethod> methods;
    methods.push_back({"/t.S/Echo", [](const RpcRequest& request, RpcRespond&& respond) {
                         RpcResponse response;
                         response.body = std::string(request.path) + " " +
                                         std::string(request.Metadata("x-request-id")) + " " +
                                         std::string(request.peer) + " " +
                                         std::string(request.body);
                         respond(std::move(response));
                       }});
    methods.push_back({"/t.S/Hold", [this](const RpcRequest& request, RpcRespond&& respond) {
                         const std::lock_guard lock(mutex_);
                         context_ = request.context;
                         held_.push_back(std::move(respond));
                         changed_.notify_all();
                       }});
    methods.push_back({"/t.S/Fail", [](const RpcRequest&, RpcRespond&& respond) {
                         respond({StatusCode::kNotFound, "no such é", "not sent"});
                         respond({});  // does nothing
                       }});
    methods.push_back({"/t.S/Drop", [](const RpcRequest&, RpcRespond&&) {}});
    methods.push_back({"/t.S/Each",
                       [](const RpcRequest& request, RpcRespond&& respond) {
                         if (request.body == "bad") {
                           return respond({StatusCode::kInvalidArgument, "bad", {}});
                         }
                         respond({StatusCode::kOk, {}, "<" + std::string(request.body) + ">"});
                       },
                       true});
    auto server = RpcServer::Start(options_, std::move(methods));
    ASSERT_TRUE(server.ok()) << server.status().ToString();
    server_ = *std::move(server);
  }
  /// Until so many calls are held.
  void Await(size_t count) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return held_.size() >= count; });
  }
  void Release() {
    std::vector<RpcRespond> held;
    {
      const std::lock_guard lock(mutex_);
      held.swap(held_);
    }
    for (const RpcRespond& respond : held) respond({StatusCode::kOk, {}, "late"});
  }

  RpcListenOptions options_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<RpcRespond> held_;
  CallContext context_;
  std::unique_ptr<RpcServer> server_;
};

TEST_F(RpcServerTest, AnswersBytesWithBytes) {
  Start();
  Client client(*server_);
  EXPECT_EQ(client.Call("/t.S/Echo", "hello").body, "/t.S/Echo id-1 127.0.0.1 hello");
  const std::string large(3'000'000, 'x');  // comes in many pieces
  EXPECT_EQ(client.Call("/t.S/Echo", large).body, "/t.S/Echo id-1 127.0.0.1 " + large);
  EXPECT_EQ(client.Call("/t.S/Echo", "").body, "/t.S/Echo id-1 127.0.0.1 ");
}

TEST_F(RpcServerTest, FailuresCarryCodeAndText) {
  Start();
  Client client(*server_);
  Answer answer = client.Call("/t.S/Fail", "");
  EXPECT_EQ(answer.status.error_code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_EQ(answer.status.error_message(), "no such é");
  answer = client.Call("/t.S/Drop", "");
  EXPECT_EQ(answer.status.error_code(), grpc::StatusCode::INTERNAL);
  EXPECT_EQ(client.Call("/t.S/None", "").status.error_code(), grpc::StatusCode::UNIMPLEMENTED);
}

TEST_F(RpcServerTest, TheClientsDeadlineIsTheContexts) {
  Start();
  Client client(*server_);
  const Answer answer = client.Call("/t.S/Hold", "", milliseconds(50));
  EXPECT_EQ(answer.status.error_code(), grpc::StatusCode::DEADLINE_EXCEEDED);
  Await(1);
  ASSERT_TRUE(context_.deadline());
  EXPECT_LT(*context_.deadline() - std::chrono::steady_clock::now(), seconds(1));
  // The library tells of the cancellation on a thread of its own.
  while (!context_.cancelled()) std::this_thread::yield();
}

TEST_F(RpcServerTest, TheServersLimitCountsIfItIsEarlier) {
  options_.limits.call_timeout = seconds(2);
  Start();
  Client client(*server_);
  auto held = client.Begin("/t.S/Hold", "");  // with a deadline of 30 seconds
  Await(1);
  ASSERT_TRUE(context_.deadline());
  EXPECT_LT(*context_.deadline() - std::chrono::steady_clock::now(), seconds(3));
  Release();
  EXPECT_EQ(held.get().body, "late");
}

TEST_F(RpcServerTest, RefusesWhatIsTooMuch) {
  std::promise<std::string> refused;
  options_.limits.max_in_flight = 1;
  options_.limits.max_message_bytes = 1000;
  options_.refused = [&](std::string_view peer, std::string_view path, StatusCode code) {
    refused.set_value(std::string(peer) + " " + std::string(path) + " " +
                      std::string(StatusCodeName(code)));
  };
  Start();
  Client client(*server_);
  EXPECT_EQ(client.Call("/t.S/Echo", std::string(1001, 'x')).status.error_code(),
            grpc::StatusCode::RESOURCE_EXHAUSTED);
  auto first = client.Begin("/t.S/Hold", "");
  Await(1);
  const Answer second = client.Call("/t.S/Echo", "");
  EXPECT_EQ(second.status.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_EQ(second.status.error_message(), "Too many calls are in flight, try again");
  EXPECT_EQ(refused.get_future().get(), "127.0.0.1 /t.S/Echo RESOURCE_EXHAUSTED");
  Release();
  EXPECT_EQ(first.get().body, "late");
}

TEST_F(RpcServerTest, StreamsAnswerEachMessage) {
  Start();
  Client client(*server_);
  grpc::ClientContext context;
  const RpcMethod method("/t.S/Each", RpcMethod::BIDI_STREAMING);
  const std::unique_ptr<grpc::ClientReaderWriter<ByteBuffer, ByteBuffer>> stream(
      grpc::internal::ClientReaderWriterFactory<ByteBuffer, ByteBuffer>::Create(client.channel(),
                                                                                method, &context));
  ByteBuffer answer;
  for (const char* text : {"a", "b"}) {
    ASSERT_TRUE(stream->Write(Buffer(text)));
    ASSERT_TRUE(stream->Read(&answer));
    EXPECT_EQ(Text(answer), "<" + std::string(text) + ">");
  }
  stream->Write(Buffer("bad"));
  EXPECT_FALSE(stream->Read(&answer));
  EXPECT_EQ(stream->Finish().error_code(), grpc::StatusCode::INVALID_ARGUMENT);
}

constexpr const char* kServing = "\x08\x01";
constexpr const char* kNotServing = "\x08\x02";

TEST_F(RpcServerTest, HealthOfEveryService) {
  Start();
  Client client(*server_);
  constexpr const char* kCheck = "/grpc.health.v1.Health/Check";
  for (const char* service : {"", "\x0a\x03t.S", "\x0a\x15grpc.health.v1.Health"}) {
    EXPECT_EQ(client.Call(kCheck, service).body, kServing) << service;
  }
  EXPECT_EQ(client.Call(kCheck, "\x0a\x03t.T").status.error_code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_EQ(client.Call(kCheck, "\x0a\x09").status.error_code(),
            grpc::StatusCode::INVALID_ARGUMENT);
  server_->SetServing(false);
  EXPECT_EQ(client.Call(kCheck, "").body, kNotServing);
}

std::unique_ptr<grpc::ClientReader<ByteBuffer>> Watch(Client& client, grpc::ClientContext* context,
                                                      const std::string& request) {
  const RpcMethod method("/grpc.health.v1.Health/Watch", RpcMethod::SERVER_STREAMING);
  return std::unique_ptr<grpc::ClientReader<ByteBuffer>>(
      grpc::internal::ClientReaderFactory<ByteBuffer>::Create(client.channel(), method, context,
                                                              Buffer(request)));
}

TEST_F(RpcServerTest, HealthIsWatchedUntilTheEnd) {
  Start();
  Client client(*server_);
  grpc::ClientContext first, second;
  const auto watch = Watch(client, &first, "");
  const auto unknown = Watch(client, &second, "\x0a\x03t.T");
  ByteBuffer state;
  ASSERT_TRUE(watch->Read(&state));
  EXPECT_EQ(Text(state), kServing);
  ASSERT_TRUE(unknown->Read(&state));
  EXPECT_EQ(Text(state), "\x08\x03");
  server_->SetServing(false);
  ASSERT_TRUE(watch->Read(&state));
  EXPECT_EQ(Text(state), kNotServing);
  // An open stream does not hold up the end for the whole drain timeout.
  server_->Stop();
  server_->Wait();
  EXPECT_FALSE(watch->Read(&state));
  EXPECT_FALSE(unknown->Read(&state));
}

TEST_F(RpcServerTest, DrainAnswersWhatIsInFlight) {
  Start();
  Client client(*server_);
  auto held = client.Begin("/t.S/Hold", "");
  Await(1);
  server_->Stop();
  server_->Stop();
  server_->SetServing(true);  // too late
  // Soon no new call is taken.
  while (Client(*server_).Call("/t.S/Echo", "", seconds(5)).status.ok()) std::this_thread::yield();
  Release();
  EXPECT_EQ(held.get().body, "late");
  server_->Wait();
}

TEST_F(RpcServerTest, DrainIsBounded) {
  options_.limits.drain_timeout = milliseconds(30);
  Start();
  Client client(*server_);
  auto held = client.Begin("/t.S/Hold", "");
  Await(1);
  server_->Stop();
  EXPECT_FALSE(held.get().status.ok());
  while (!context_.cancelled()) std::this_thread::yield();
  Release();  // a handler that notices is what lets the server end
  server_->Wait();
}

TEST_F(RpcServerTest, TakenAddressesAreRefused) {
  Start();
  RpcListenOptions same;
  same.address = "127.0.0.1:" + std::to_string(server_->port());
  const auto second = RpcServer::Start(same, {});
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.status().code(), StatusCode::kUnavailable);
  EXPECT_EQ(second.status().message(), "cannot listen: Address already in use: " + same.address);
  same.address = "nowhere";
  EXPECT_NE(RpcServer::Start(same, {}).status().message().find("nowhere"), std::string::npos);
}

TEST_F(RpcServerTest, SpeaksTls) {
  const auto folder =
      std::filesystem::temp_directory_path() / ("rpc_server_test_" + std::to_string(getpid()));
  std::filesystem::create_directories(folder);
  options_.key_file = folder / "key.pem";
  options_.cert_file = folder / "cert.pem";
  WriteSelfSigned("test", options_.key_file, options_.cert_file, /*loopback=*/true);
  Start();
  std::ifstream file(options_.cert_file);
  const std::string certificate(std::istreambuf_iterator<char>(file), {});
  EXPECT_EQ(Client(*server_, certificate).Call("/t.S/Echo", "hi").body,
            "/t.S/Echo id-1 127.0.0.1 hi");
  EXPECT_FALSE(Client(*server_).Call("/t.S/Echo", "hi", seconds(5)).status.ok());
  std::filesystem::remove_all(folder);
}

TEST_F(RpcServerTest, KeyAndCertificateComeTogether) {
  options_.key_file = "k";
  EXPECT_EQ(RpcServer::Start(options_, {}).status().code(), StatusCode::kInvalidArgument);
  options_.key_file = "/no/k";
  options_.cert_file = "/no/c";
  EXPECT_NE(RpcServer::Start(options_, {}).status().message().find("/no/k"), std::string::npos);
}

}  // namespace
}  // namespace feast
