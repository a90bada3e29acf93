#include "feast/net/http_server.h"

#include <gtest/gtest.h>
#include <openssl/ssl.h>
#include <unistd.h>

#include <atomic>
#include <condition_variable>
#include <ctime>
#include <filesystem>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "feast/net/http_test_client.h"
#include "feast/net/test_certificate.h"

namespace feast {
namespace {

using http_test::Client;
using http_test::Echo;
using http_test::Serve;
using std::chrono::milliseconds;

TEST(HttpServerTest, KeepsTheConnectionAndAnswersInOrder) {
  const auto server = Serve();
  Client client(server->port());
  client.Send("GET /a?x=1 HTTP/1.1\r\nHost: h\r\n\r\n");
  const std::string answer = client.ReadUntil(";");
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 200 OK\r\ndate: ")) << answer;
  EXPECT_TRUE(
      answer.ends_with("GMT\r\ncontent-type: text/plain\r\ncontent-length: 12\r\n\r\nGET /a?x=1 ;"))
      << answer;
  client.Send("POST /b HTTP/1.1\r\nContent-Length: 2\r\n\r\nhi");
  EXPECT_NE(client.ReadUntil(";").find("POST /b? hi;"), std::string::npos);
}

TEST(HttpServerTest, SaysTheDate) {
  const auto server = Serve();
  Client client(server->port());
  const std::time_t before = std::time(nullptr);
  client.Send("GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
  const std::string answer = client.ReadAll();
  const size_t place = answer.find("\r\ndate: ");
  ASSERT_NE(place, std::string::npos) << answer;
  std::tm parts{};
  const char* end = strptime(answer.c_str() + place + 8, "%a, %d %b %Y %H:%M:%S GMT", &parts);
  ASSERT_NE(end, nullptr) << answer;
  EXPECT_EQ(*end, '\r') << answer;
  const std::time_t said = timegm(&parts);
  EXPECT_GE(said, before);
  EXPECT_LE(said, std::time(nullptr));
}

TEST(HttpServerTest, ChunkedBodiesAndContinue) {
  const auto server = Serve();
  Client client(server->port());
  client.Send("POST /c HTTP/1.1\r\nTransfer-Encoding: chunked\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(client.ReadUntil("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  client.Send("3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n");
  EXPECT_NE(client.ReadUntil(";").find("POST /c? abcde;"), std::string::npos);
}

TEST(HttpServerTest, DroppedResponsesCloseTheConnection) {
  const auto server = Serve({}, [](const HttpRequest&, const HttpRespond&) {});
  Client client(server->port());
  client.Send("GET / HTTP/1.1\r\n\r\n");
  EXPECT_EQ(client.ReadAll(), "");
}

TEST(HttpServerTest, DrainAnswersWhatIsInFlight) {
  std::mutex mutex;
  std::condition_variable arrived;
  HttpRespond held;
  HttpListenOptions options;
  options.workers = 2;
  const auto server = Serve(options, [&](const HttpRequest&, const HttpRespond& respond) {
    const std::lock_guard lock(mutex);
    held = respond;
    arrived.notify_one();
  });
  Client idle(server->port());
  Client client(server->port());
  client.Send("GET / HTTP/1.1\r\n\r\n");
  {
    std::unique_lock lock(mutex);
    arrived.wait(lock, [&] { return held != nullptr; });
  }
  server->Stop();
  EXPECT_EQ(idle.ReadAll(), "");  // closed
  std::exchange(held, nullptr)({200, "", "done;", {}});
  EXPECT_NE(client.ReadAll().find("connection: close\r\n\r\ndone;"), std::string::npos);
  server->Wait();
  EXPECT_FALSE(Client(server->port()).connected());
}

TEST(HttpServerTest, DrainAnswersWhoHadConnected) {
  const auto server = Serve({}, [](const HttpRequest&, const HttpRespond& respond) {
    respond({200, "", "done;", {}});
  });
  Client accepted(server->port());
  Client(server->port()).Send("GET /first HTTP/1.1\r\n\r\n");
  Client waiting(server->port());
  server->Stop();
  for (Client* client : {&accepted, &waiting}) {
    client->Send("GET / HTTP/1.1\r\n\r\n");
    EXPECT_NE(client->ReadAll().find("connection: close\r\n\r\ndone;"), std::string::npos);
  }
  server->Wait();
}

TEST(HttpServerTest, DrainIsBounded) {
  HttpListenOptions options;
  options.limits.drain_timeout = milliseconds(30);
  std::mutex mutex;
  std::condition_variable arrived;
  HttpRespond held;
  auto server = Serve(options, [&](const HttpRequest&, const HttpRespond& respond) {
    const std::lock_guard lock(mutex);
    held = respond;
    arrived.notify_one();
  });
  Client client(server->port());
  client.Send("GET / HTTP/1.1\r\n\r\n");
  {
    std::unique_lock lock(mutex);
    arrived.wait(lock, [&] { return held != nullptr; });
  }
  server->Stop();
  server->Wait();
  server.reset();
  std::exchange(held, nullptr)({});  // too late, and harmless
}

TEST(HttpServerTest, TakenPortsAreRefused) {
  const auto server = Serve();
  for (const int workers : {1, 2}) {
    const auto second = HttpServer::Start({.port = server->port(), .workers = workers}, Echo);
    ASSERT_FALSE(second.ok());
    EXPECT_NE(second.status().message().find(std::to_string(server->port())), std::string::npos);
  }
}

TEST(HttpServerTest, SpeaksTls) {
  const auto folder = std::filesystem::temp_directory_path() / std::to_string(getpid());
  std::filesystem::create_directories(folder);
  HttpListenOptions options;
  options.key_file = folder / "key.pem";
  options.cert_file = folder / "cert.pem";
  WriteSelfSigned("localhost", options.key_file, options.cert_file);
  const auto server = Serve(options);
  Client client(server->port());
  SSL_CTX* context = SSL_CTX_new(TLS_client_method());
  SSL* ssl = SSL_new(context);
  SSL_set_fd(ssl, client.fd());
  ASSERT_EQ(SSL_connect(ssl), 1);
  const std::string_view request = "GET /tls HTTP/1.1\r\n\r\n";
  SSL_write(ssl, request.data(), static_cast<int>(request.size()));
  char buffer[1000];
  const int got = SSL_read(ssl, buffer, sizeof buffer);
  EXPECT_NE(std::string(buffer, static_cast<size_t>(std::max(got, 0))).find("GET /tls? ;"),
            std::string::npos);
  server->Stop();
  EXPECT_EQ(SSL_read(ssl, buffer, sizeof buffer), 0);
  EXPECT_EQ(SSL_get_shutdown(ssl), SSL_RECEIVED_SHUTDOWN) << "the server says goodbye";
  SSL_free(ssl);
  SSL_CTX_free(context);
  std::filesystem::remove_all(folder);
}

TEST(HttpServerTest, KeyAndCertificateComeTogether) {
  EXPECT_FALSE(HttpServer::Start({.key_file = "k"}, Echo).ok());
  const auto missing = HttpServer::Start({.key_file = "/no/k", .cert_file = "/no/c"}, Echo);
  EXPECT_NE(missing.status().message().find("/no/c"), std::string::npos);
}

TEST(HttpMessageTest, HeadersAndQueryParameters) {
  HttpRequest request;
  request.headers = {{"Content-Type", "a"}};
  request.query = "async=tr%75e&x&y=a+b%2";
  EXPECT_EQ(request.Header("content-type"), "a");
  EXPECT_EQ(request.QueryParameter("async"), "true");
  EXPECT_EQ(request.QueryParameter("x"), "");
  EXPECT_EQ(request.QueryParameter("y"), "a b%2");
  EXPECT_EQ(request.QueryParameter("z"), std::nullopt);
}

}  // namespace
}  // namespace feast
