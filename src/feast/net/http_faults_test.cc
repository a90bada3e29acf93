#include <gtest/gtest.h>
#include <malloc.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "feast/net/descriptor_limit.h"
#include "feast/net/http_test_client.h"

namespace feast {
namespace {

using http_test::Client;
using http_test::Echo;
using http_test::Serve;
using std::chrono::milliseconds;

// ------------------------------------------------------------------ slow, cut off and wrong

/// Sends `start`, then byte after byte, until an answer comes.
std::string Drip(Client* client, std::string_view start, char byte) {
  client->Send(start);
  for (int i = 0; i < 5000; ++i) {
    if (std::string answer = client->ReadFor(milliseconds(2)); !answer.empty()) return answer;
    client->Send(std::string(1, byte));
  }
  return "never cut off";
}

TEST(HttpFaultsTest, ASlowLorisIsCutOffAndOthersAreNot) {
  HttpListenOptions options;
  // Long beside the pauses of a busy machine: a connection without a byte is closed without a word.
  options.limits.header_timeout = milliseconds(400);
  options.limits.read_timeout = milliseconds(500);
  std::atomic<int> refused{0};
  options.refused = [&](std::string_view, int status) { refused += status; };
  const auto server = Serve(options);
  Client header(server->port());
  const std::string to_header = Drip(&header, "POST / HTTP/1.1\r\nX: ", 'x');
  EXPECT_TRUE(to_header.starts_with("HTTP/1.1 408 ")) << to_header;
  EXPECT_NE(to_header.find("connection: close"), std::string::npos);
  Client body(server->port());
  const std::string to_body = Drip(&body, "POST / HTTP/1.1\r\nContent-Length: 100000\r\n\r\n", 'x');
  EXPECT_TRUE(to_body.starts_with("HTTP/1.1 408 ")) << to_body;
  EXPECT_EQ(refused, 2 * 408);
  Client other(server->port());
  other.Send("GET / HTTP/1.1\r\n\r\n");
  EXPECT_NE(other.ReadUntil(";").find("200 OK"), std::string::npos);
}

TEST(HttpFaultsTest, WhoSendsNothingIsLetGoWithoutAWord) {
  HttpListenOptions options;
  options.limits.idle_timeout = milliseconds(30);
  const auto server = Serve(options);
  Client fresh(server->port());
  EXPECT_EQ(fresh.ReadAll(), "");
  Client used(server->port());
  used.Send("GET / HTTP/1.1\r\n\r\n");
  EXPECT_TRUE(used.ReadAll().ends_with("GET /? ;"));
}

TEST(HttpFaultsTest, WhoDoesNotReadIsLetGo) {
  HttpListenOptions options;
  options.limits.write_timeout = milliseconds(30);
  const auto server = Serve(options, [](const HttpRequest&, const HttpRespond& respond) {
    respond({200, "", std::string(64 << 20, 'x'), {}});
  });
  Client client(server->port());
  client.Send("GET / HTTP/1.1\r\n\r\n");
  EXPECT_NE(client.ReadFor(milliseconds(10'000)), "");
  while (server->OpenConnections() > 0) std::this_thread::yield();
  EXPECT_LT(client.ReadAll().size(), 64u << 20);
}

TEST(HttpFaultsTest, TruncatedRequestsAreNotHandedOut) {
  std::atomic<int> handled{0};
  const auto server = Serve({}, [&](const HttpRequest&, const HttpRespond& respond) {
    ++handled;
    respond({});
  });
  const std::string whole = "POST /p HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nabcde";
  for (size_t size = 0; size < whole.size(); ++size) {
    Client client(server->port());
    client.Send(whole.substr(0, size));
    client.HalfClose();
    EXPECT_EQ(client.ReadAll(), "") << size;
  }
  EXPECT_EQ(handled, 0);
}

TEST(HttpFaultsTest, OversizedBodiesGet413) {
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

TEST(HttpFaultsTest, OversizedHeadersGet431) {
  HttpListenOptions options;
  options.limits.max_header_bytes = 200;
  const auto server = Serve(options);
  Client client(server->port());
  client.Send("GET / HTTP/1.1\r\nX: " + std::string(500, 'x') + "\r\n\r\n");
  EXPECT_TRUE(client.ReadUntil("}").starts_with("HTTP/1.1 431 "));
}

TEST(HttpFaultsTest, MalformedRequestsGet400) {
  const auto server = Serve();
  Client client(server->port());
  client.Send("this is not HTTP\r\n\r\n");
  const std::string answer = client.ReadUntil("}");
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 400 ")) << answer;
  EXPECT_NE(answer.find("connection: close"), std::string::npos);
}

TEST(HttpFaultsTest, TooManyInFlightGet503) {
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

TEST(HttpFaultsTest, MoreConnectionsWaitUntilOneCloses) {
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

// ------------------------------------------------------------------ pipelines

TEST(HttpFaultsTest, PipelinedRequestsAreAnsweredInOrder) {
  // Whatever the threads make of it: each answer comes from one that waits its time.
  constexpr int kRequests = 200;
  std::mutex mutex;
  std::condition_variable_any arrived;
  std::deque<std::pair<std::string, HttpRespond>> open;  // guarded by mutex
  const auto server = Serve({}, [&](const HttpRequest& request, const HttpRespond& respond) {
    const std::lock_guard lock(mutex);
    open.emplace_back(request.path, respond);
    arrived.notify_one();
  });
  std::vector<std::jthread> threads;
  threads.reserve(3);
  for (int i = 0; i < 3; ++i) {
    threads.emplace_back([&](const std::stop_token& stop) {
      std::unique_lock lock(mutex);
      while (arrived.wait(lock, stop, [&] { return !open.empty(); })) {
        auto [path, respond] = std::move(open.back());  // the newest first
        open.pop_back();
        lock.unlock();
        respond({200, "", path + ";", {}});
        lock.lock();
      }
    });
  }
  std::string requests;
  for (int i = 0; i < kRequests; ++i) {
    requests += "GET /" + std::to_string(i) + " HTTP/1.1\r\n" +
                (i + 1 < kRequests ? "\r\n" : "Connection: close\r\n\r\n");
  }
  Client client(server->port());
  client.Send(requests);
  const std::string all = client.ReadAll();
  size_t place = 0;
  for (int i = 0; i < kRequests; ++i) {
    place = all.find("\r\n\r\n/" + std::to_string(i) + ";", place);
    ASSERT_NE(place, std::string::npos) << i;
  }
}

TEST(HttpFaultsTest, GarbageInAPipelineEndsItAfterWhatCameBefore) {
  const auto server = Serve();
  Client client(server->port());
  client.Send(
      "GET /1 HTTP/1.1\r\n\r\nGET /2 HTTP/1.1\r\n\r\n\x16\x03\x01 what?\r\n\r\nGET /3 "
      "HTTP/1.1\r\n\r\n");
  const std::string all = client.ReadAll();
  const size_t first = all.find("GET /1? ;");
  const size_t second = all.find("GET /2? ;HTTP/1.1 400 ");
  EXPECT_LT(first, second) << all;
  EXPECT_NE(second, std::string::npos) << all;
  EXPECT_EQ(all.find("/3"), std::string::npos) << all;
}

// ------------------------------------------------------------------ many

/// What the process has allocated; 0 where a sanitizer has replaced malloc.
size_t HeapBytes() { return mallinfo2().uordblks; }

/// Opens so many connections, as far as the system lets a test.
std::deque<Client> OpenMany(int count, int port) {
  EXPECT_GT(RaiseDescriptorLimit(), static_cast<uint64_t>(2 * count));
  std::deque<Client> clients;
  for (int i = 0; i < count; ++i) clients.emplace_back(port);
  return clients;
}

TEST(HttpFaultsTest, IdleConnectionsCostLittle) {
  constexpr size_t kConnections = 2000;
  const auto server = Serve({}, [](const HttpRequest&, const HttpRespond& respond) {
    respond({200, "", std::string(20'000, 'x') + ";", {}});
  });
  const auto bytes_each = [&, before = HeapBytes()] {
    const size_t now = HeapBytes();
    return (now - std::min(before, now)) / kConnections;
  };
  auto clients = OpenMany(kConnections, server->port());
  while (server->OpenConnections() < static_cast<int>(kConnections)) std::this_thread::yield();
  EXPECT_LT(bytes_each(), 2500u);
  // A newcomer is answered at once.
  const auto began = std::chrono::steady_clock::now();
  Client other(server->port());
  other.Send("GET / HTTP/1.1\r\n\r\n");
  EXPECT_NE(other.ReadUntil(";"), "");
  EXPECT_LT(std::chrono::steady_clock::now() - began, milliseconds(500));
  // What a request needed is given back some time after it.
  for (Client& client : clients) client.Send("GET / HTTP/1.1\r\n\r\n");
  for (Client& client : clients) EXPECT_NE(client.ReadUntil(";"), "");
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (bytes_each() > 4000 && std::chrono::steady_clock::now() < end) std::this_thread::yield();
  EXPECT_LT(bytes_each(), 4000u);
}

TEST(HttpFaultsTest, TheEndDropsNoRequestUnderLoad) {
  HttpListenOptions options;
  options.workers = 2;
  const auto server = Serve(options);
  constexpr int kClients = 16;
  std::atomic<int> connected{0};
  std::atomic<int> answered{0};
  std::atomic<int> dropped{0};
  std::vector<std::jthread> threads;
  threads.reserve(kClients);
  for (int i = 0; i < kClients; ++i) {
    threads.emplace_back([&] {
      Client client(server->port());
      ++connected;
      while (true) {
        client.Send("GET / HTTP/1.1\r\n\r\n");
        const std::string answer = client.ReadUntil(";");
        if (!answer.ends_with(";")) {
          ++dropped;
          return;
        }
        ++answered;
        if (answer.find("connection: close") != std::string::npos) return;
      }
    });
  }
  while (answered < 2000 || connected < kClients) std::this_thread::yield();
  server->Stop();
  threads.clear();
  server->Wait();
  EXPECT_EQ(dropped, 0);
  EXPECT_GE(answered, 2000);
}

}  // namespace
}  // namespace feast
