#pragma once
/// A real Redis, for test files only.
#include <sys/time.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "feast/base/server_process.h"
#include "feast/config/settings.h"
#include "feast/online/redis/redis_store.h"
#include "feast/online/redis/reply_sink.h"
#include "feast/online/redis/resp_command.h"

namespace feast {

/// One blocking connection that shares no code with the store's but the parser. Thread-compatible.
class PlainRedisClient {
 public:
  explicit PlainRedisClient(uint16_t port)
      : socket_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const timeval patience{10, 0};
    setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    connected_ = connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0;
  }
  ~PlainRedisClient() { close(socket_); }
  PlainRedisClient(const PlainRedisClient&) = delete;
  PlainRedisClient& operator=(const PlainRedisClient&) = delete;

  bool connected() const { return connected_; }

  /// The reply; an error "gone" when the connection breaks.
  RedisReply Call(const std::vector<std::string>& command) {
    std::string bytes;
    AppendCommandHead(command.size(), &bytes);
    for (const auto& argument : command) AppendArgument(argument, &bytes);
    if (send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL) < 0) return Gone();
    ReplyTrees trees;
    RespNesting nesting;
    while (true) {
      RespToken token;
      size_t size = 0;
      if (ReadRespToken(received_, &token, &size) == RespOutcome::kToken) {
        trees.Take(token, nesting.depth());
        const bool is_last = nesting.Take(token);
        received_.erase(0, size);
        if (is_last) return std::move(trees.Release().front());
        continue;
      }
      char chunk[4096];
      const ssize_t count = recv(socket_, chunk, sizeof(chunk), 0);
      if (count <= 0) return Gone();
      received_.append(chunk, static_cast<size_t>(count));
    }
  }

 private:
  static RedisReply Gone() { return {RespToken::Kind::kError, "gone", 0, {}}; }
  const int socket_;
  bool connected_ = false;
  std::string received_;
};

/// A redis-server on a free loopback port with a folder of its own.
class RedisServer {
 public:
  explicit RedisServer(std::vector<std::string> more = {}, uint16_t port = FreePort())
      : port_(port), more_(std::move(more)) {
    Start();
  }

  void Start() {
    std::vector<std::string> command = {"redis-server",
                                        "--port",
                                        std::to_string(port_),
                                        "--bind",
                                        "127.0.0.1",
                                        "--save",
                                        "",
                                        "--appendonly",
                                        "no",
                                        "--databases",
                                        "256",
                                        "--dir",
                                        folder_.path().string(),
                                        "--logfile",
                                        (folder_.path() / "log").string()};
    command.insert(command.end(), more_.begin(), more_.end());
    process_ = ServerProcess::Start(std::move(command), [this] {
      PlainRedisClient client(port_);
      return client.connected() && client.Call({"PING"}).text != "gone";
    });
  }
  void Kill() { process_.reset(); }

  uint16_t port() const { return port_; }
  const std::filesystem::path& folder() const { return folder_.path(); }
  std::string address() const { return "127.0.0.1:" + std::to_string(port_); }
  pid_t pid() const { return process_->pid(); }

 private:
  const TestFolder folder_;
  const uint16_t port_;
  const std::vector<std::string> more_;
  std::unique_ptr<ServerProcess> process_;
};

/// A store with these options, as feature_store.yaml would give them.
inline Result<std::unique_ptr<OnlineStore>> OpenRedis(std::vector<Setting::Entry> options) {
  OnlineStoreEnv env;
  env.config_file = "feature_store.yaml";
  env.project = "proj";
  return RedisStoreType().open(Setting::Map(std::move(options)), env);
}

inline Result<std::unique_ptr<OnlineStore>> OpenRedisAt(const std::string& connection_string) {
  return OpenRedis({{"connection_string", Setting::Scalar(connection_string)}});
}

}  // namespace feast
