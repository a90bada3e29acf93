#pragma once
/// A server that answers what a test says, for test files only.
#include <atomic>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "feast/online/redis/redis_test_server.h"

namespace feast {

/// Listens on a loopback port and answers each command by a function. Thread-safe.
class ScriptedRedis {
 public:
  /// The bytes of the reply to a command; empty: none, ever.
  using Answer = std::function<std::string(const std::vector<std::string>& command)>;

  explicit ScriptedRedis(Answer answer) : answer_(std::move(answer)) {
    listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    EXPECT_EQ(bind(listener_, reinterpret_cast<sockaddr*>(&address), size), 0);
    EXPECT_EQ(listen(listener_, 64), 0);
    getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
    acceptor_ = std::thread([this] { Accept(); });
  }
  ~ScriptedRedis() {
    shutdown(listener_, SHUT_RDWR);
    acceptor_.join();
    close(listener_);
    for (const int connection : connections_) shutdown(connection, SHUT_RDWR);
    for (std::thread& server : servers_) server.join();
    for (const int connection : connections_) close(connection);
  }
  ScriptedRedis(const ScriptedRedis&) = delete;
  ScriptedRedis& operator=(const ScriptedRedis&) = delete;

  uint16_t port() const { return port_; }
  std::string address() const { return "127.0.0.1:" + std::to_string(port_); }

  /// The answer to CLUSTER SLOTS: all slots up to `last` are at this port.
  static std::string Slots(uint16_t port, size_t last = kRedisSlots - 1) {
    return "*1\r\n*3\r\n:0\r\n:" + std::to_string(last) +
           "\r\n*3\r\n$9\r\n127.0.0.1\r\n:" + std::to_string(port) + "\r\n$1\r\nx\r\n";
  }

 private:
  void Accept() {
    while (true) {
      const int connection = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
      if (connection < 0) return;
      connections_.push_back(connection);
      servers_.emplace_back([this, connection] { Serve(connection); });
    }
  }

  void Serve(int connection) {
    std::string received;
    char chunk[4096];
    while (true) {
      const ssize_t count = recv(connection, chunk, sizeof(chunk), 0);
      if (count <= 0) return;
      received.append(chunk, static_cast<size_t>(count));
      while (const size_t size = CommandAt(received)) {
        ReplyTrees trees;
        RespNesting nesting;
        std::string_view bytes = std::string_view(received).substr(0, size);
        RespToken token;
        size_t read = 0;
        while (ReadRespToken(bytes, &token, &read) == RespOutcome::kToken) {
          trees.Take(token, nesting.depth());
          nesting.Take(token);
          bytes.remove_prefix(read);
        }
        std::vector<std::string> words;
        const auto commands = trees.Release();
        for (const RedisReply& word : commands.front().items) words.push_back(word.text);
        received.erase(0, size);
        const std::lock_guard lock(mutex_);
        const std::string reply =
            words[0] == "PING" || words[0] == "SCRIPT" ? "+OK\r\n" : answer_(words);
        send(connection, reply.data(), reply.size(), MSG_NOSIGNAL);
      }
    }
  }

  // The bytes of the first command, 0 if it is not all there.
  static size_t CommandAt(std::string_view bytes) {
    RespNesting nesting;
    RespToken token;
    size_t size = 0;
    size_t end = 0;
    while (ReadRespToken(bytes.substr(end), &token, &size) == RespOutcome::kToken) {
      end += size;
      if (nesting.Take(token)) return end;
    }
    return 0;
  }

  const Answer answer_;
  std::mutex mutex_;  // answers are given one at a time
  int listener_ = -1;
  uint16_t port_ = 0;
  std::vector<int> connections_;  // of the acceptor until it has ended
  std::vector<std::thread> servers_;
  std::thread acceptor_;
};

}  // namespace feast
