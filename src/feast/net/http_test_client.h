#pragma once
/// An HTTP server and blocking clients of it: for test files only.
#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "feast/net/http_server.h"

namespace feast::http_test {

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
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;
  void Send(std::string_view text) {
    while (!text.empty()) {
      const ssize_t sent = send(fd_, text.data(), text.size(), MSG_NOSIGNAL);
      if (sent <= 0) return;
      text.remove_prefix(static_cast<size_t>(sent));
    }
  }
  void HalfClose() { shutdown(fd_, SHUT_WR); }
  /// What came within that time; an end is "".
  std::string ReadFor(std::chrono::milliseconds patience) {
    pollfd ready{fd_, POLLIN, 0};
    char buffer[4096];
    if (poll(&ready, 1, static_cast<int>(patience.count())) <= 0) return "";
    const ssize_t got = recv(fd_, buffer, sizeof buffer, 0);
    return {buffer, static_cast<size_t>(std::max<ssize_t>(got, 0))};
  }
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

inline void Echo(const HttpRequest& request, const HttpRespond& respond) {
  respond({200,
           "text/plain",
           std::string(request.method) + " " + std::string(request.path) + "?" +
               std::string(request.query) + " " + std::string(request.body) + ";",
           {}});
}

inline std::unique_ptr<HttpServer> Serve(const HttpListenOptions& options = {},
                                         HttpHandler handler = Echo) {
  auto server = HttpServer::Start(options, std::move(handler));
  EXPECT_TRUE(server.ok()) << server.status().ToString();
  return server.ok() ? *std::move(server) : nullptr;
}

}  // namespace feast::http_test
