#include "feast/net/http_server.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <condition_variable>
#include <ctime>
#include <filesystem>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "feast/net/test_certificate.h"

namespace feast {
namespace {

using std::chrono::milliseconds;

/// A blocking client socket.
class Client {
 public:
  explicit Client(int port) : fd_(socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connected_ = connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
    timeval timeout{10, 0};
    setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout);
  }
  ~Client() { close(fd_); }
  void Send(std::string_view text) {
    while (!text.empty()) {
      const ssize_t sent = send(fd_, text.data(), text.size(), MSG_NOSIGNAL);
      if (sent <= 0) return;
      text.remove_prefix(static_cast<size_t>(sent));
    }
  }
  void HalfClose() { shutdown(fd_, SHUT_WR); }
  /// Reads until `end` has come, or the other side has closed.
  std::string ReadUntil(std::string_view end) {
    std::string out;
    char buffer[4096];
    while (end.empty() || out.find(end) == std::string::npos) {
      const ssize_t got = recv(fd_, buffer, sizeof buffer, 0);
      if (got <= 0) break;
      out.append(buffer, static_cast<size_t>(got));
    }
    return out;
  }
  std::string ReadAll() { return ReadUntil(""); }
  int fd() const { return fd_; }
  bool connected() const { return connected_; }

 private:
  int fd_;
  bool connected_ = false;
};

void Echo(const HttpRequest& request, const HttpRespond& respond) {
  respond({200,
           "text/plain",
           std::string(request.method) + " " + std::string(request.path) + "?" +
               std::string(request.query) + " " + std::string(request.body) + ";",
           {}});
}

std::unique_ptr<HttpServer> Serve(const HttpListenOptions& options = {},
                                  HttpHandler handler = Echo) {
  auto server = HttpServer::Start(options, std::move(handler));
  EXPECT_TRUE(server.ok()) << server.status().ToString();
  return server.ok() ? *std::move(server) : nullptr;
}

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

TEST(HttpServerTest, PipelinedRequestsAreAnsweredInOrder) {
  // The first answer comes late and from another thread.
  std::vector<std::jthread> threads;
  const auto server = Serve({}, [&](const HttpRequest& request, const HttpRespond& respond) {
    const std::string path(request.path);
    threads.emplace_back([path, respond] {
      if (path == "/1") std::this_thread::sleep_for(milliseconds(30));
      respond({200, "", path + ";", {}});
    });
  });
  Client client(server->port());
  client.Send(
      "GET /1 HTTP/1.1\r\n\r\nGET /2 HTTP/1.1\r\n\r\nGET /3 HTTP/1.1\r\nConnection: close\r\n\r\n");
  const std::string all = client.ReadAll();
  EXPECT_LT(all.find("/1;"), all.find("/2;"));
  EXPECT_LT(all.find("/2;"), all.find("/3;"));
  EXPECT_NE(all.find("/3;"), std::string::npos) << all;
}

TEST(HttpServerTest, ChunkedBodiesAndContinue) {
  const auto server = Serve();
  Client client(server->port());
  client.Send("POST /c HTTP/1.1\r\nTransfer-Encoding: chunked\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(client.ReadUntil("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  client.Send("3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n");
  EXPECT_NE(client.ReadUntil(";").find("POST /c? abcde;"), std::string::npos);
}

TEST(HttpServerTest, OversizedBodiesGet413) {
  HttpListenOptions options;
  options.limits.max_body_bytes = 10;
  std::atomic<int> refused{0};
  options.refused = [&](std::string_view peer, int status) {
    if (peer == "127.0.0.1") refused += status;
  };
  const auto server = Serve(options);
  Client declared(server->port());
  declared.Send("POST / HTTP/1.1\r\nContent-Length: 11\r\n\r\n");
  EXPECT_TRUE(declared.ReadUntil("}").starts_with("HTTP/1.1 413 "));
  Client chunked(server->port());
  chunked.Send("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nb\r\n01234567890\r\n");
  EXPECT_TRUE(chunked.ReadUntil("}").starts_with("HTTP/1.1 413 "));
  EXPECT_EQ(refused, 2 * 413);
}

TEST(HttpServerTest, OversizedHeadersGet431) {
  HttpListenOptions options;
  options.limits.max_header_bytes = 200;
  const auto server = Serve(options);
  Client client(server->port());
  client.Send("GET / HTTP/1.1\r\nX: " + std::string(500, 'x') + "\r\n\r\n");
  EXPECT_TRUE(client.ReadUntil("}").starts_with("HTTP/1.1 431 "));
}

TEST(HttpServerTest, MalformedRequestsGet400) {
  const auto server = Serve();
  Client client(server->port());
  client.Send("this is not HTTP\r\n\r\n");
  const std::string answer = client.ReadUntil("}");
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 400 ")) << answer;
  EXPECT_NE(answer.find("connection: close"), std::string::npos);
}

TEST(HttpServerTest, TruncatedBodiesAreNotHandedOut) {
  std::atomic<int> handled{0};
  const auto server = Serve({}, [&](const HttpRequest&, const HttpRespond& respond) {
    ++handled;
    respond({});
  });
  Client client(server->port());
  client.Send("POST / HTTP/1.1\r\nContent-Length: 10\r\n\r\nabc");
  client.HalfClose();
  client.ReadAll();
  EXPECT_EQ(handled, 0);
}

TEST(HttpServerTest, SlowAndIdleClientsAreDropped) {
  HttpListenOptions options;
  options.limits.read_timeout = milliseconds(50);
  options.limits.idle_timeout = milliseconds(50);
  const auto server = Serve(options);
  Client slow(server->port());
  slow.Send("POST / HTTP/1.1\r\nContent-Le");
  EXPECT_EQ(slow.ReadAll(), "");
  Client idle(server->port());
  EXPECT_EQ(idle.ReadAll(), "");
}

TEST(HttpServerTest, TooManyInFlightGet503) {
  HttpListenOptions options;
  options.limits.max_in_flight = 1;
  std::mutex mutex;
  std::condition_variable arrived;
  HttpRespond held;
  const auto server = Serve(options, [&](const HttpRequest&, const HttpRespond& respond) {
    const std::lock_guard lock(mutex);
    held = respond;
    arrived.notify_one();
  });
  Client first(server->port());
  first.Send("GET /1 HTTP/1.1\r\n\r\n");
  std::unique_lock lock(mutex);
  arrived.wait(lock, [&] { return held != nullptr; });
  Client second(server->port());
  second.Send("GET /2 HTTP/1.1\r\n\r\n");
  EXPECT_TRUE(second.ReadUntil("}").starts_with("HTTP/1.1 503 "));
  held({200, "", "late;", {}});
  held({200, "", "twice;", {}});
  held = nullptr;
  EXPECT_NE(first.ReadUntil(";").find("late;"), std::string::npos);
}

TEST(HttpServerTest, MoreConnectionsWaitUntilOneCloses) {
  HttpListenOptions options;
  options.limits.max_connections = 1;
  std::atomic<bool> handled{false};
  const auto server = Serve(options, [&](const HttpRequest& request, const HttpRespond& respond) {
    if (request.path == "/waits") handled = true;
    respond({200, "", ";", {}});
  });
  std::optional<Client> first(server->port());
  first->Send("GET /1 HTTP/1.1\r\n\r\n");
  first->ReadUntil(";");
  Client second(server->port());
  second.Send("GET /waits HTTP/1.1\r\n\r\n");
  for (int i = 0; i < 20; ++i) {
    first->Send("GET /again HTTP/1.1\r\n\r\n");
    EXPECT_NE(first->ReadUntil(";"), "");
  }
  EXPECT_FALSE(handled);
  first.reset();
  EXPECT_NE(second.ReadUntil(";").find("200 OK"), std::string::npos);
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
  EXPECT_EQ(idle.ReadAll(), "");  // closed: the drain has begun
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
