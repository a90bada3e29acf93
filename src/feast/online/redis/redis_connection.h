#pragma once
#include <chrono>
#include <deque>
#include <functional>
#include <memory>
#include <string>

#include "feast/base/call_context.h"
#include "feast/base/result.h"
#include "feast/online/redis/connection_string.h"
#include "feast/online/redis/redis_transport.h"
#include "feast/online/redis/reply_sink.h"
#include "feast/online/redis/resp_reader.h"

namespace feast {

/// What bounds one connection.
struct RedisLimits {
  size_t queued_requests = 4096;     ///< sent or waiting, not answered
  size_t unsent_bytes = 64UL << 20;  ///< of commands
  std::chrono::milliseconds first_back_off{10};
  std::chrono::milliseconds longest_back_off{1000};
};

/// Finds the server to talk to before each connect; calls back once, or not at all when it goes.
using FindEndpoint = std::function<void(std::function<void(Result<RedisEndpoint>)>)>;

/// Which server to talk to, and how to introduce oneself.
struct RedisPeer {
  RedisEndpoint endpoint;
  FindEndpoint find{};  ///< of the primary, in place of `endpoint`, if any
  std::shared_ptr<const RedisConnectionOptions> options;
  std::string script{};    ///< loaded after every connect, if any
  bool read_only = false;  ///< whether a replica of a cluster is to answer reads
};

/// One connection on which the requests of many callers are pipelined.
///
/// Single-core. Connects with the first request; one that breaks fails the requests it had
/// accepted and connects again with a later one, not before a back-off when connecting failed.
/// A request whose deadline passes is finished at once, and its replies are skipped when they come;
/// a server that owes an answer for `silence_seconds` is given up. Errors name the server, never a
/// password. Commands of all requests made in one turn of the loop are written together.
class RedisConnection final : public TransportEvents,
                              public std::enable_shared_from_this<RedisConnection> {
 public:
  static std::shared_ptr<RedisConnection> Make(boost::asio::io_context& context, RedisPeer peer,
                                               const RedisLimits& limits = {});
  /// Finishes what is open with Cancelled.
  ~RedisConnection() override;

  /// Where to append the commands of a request; `Expect` must follow. Unavailable while backing
  /// off, ResourceExhausted when too much waits already.
  Result<std::string*> Begin(const CallContext& context);
  /// The commands since `Begin` have this many replies, all for `sink`.
  void Expect(size_t replies, const CallContext& context, std::shared_ptr<ReplySink> sink);

  /// Whether no request waits.
  bool idle() const { return requests_.empty(); }
  /// "host:port", or the path of a socket.
  const std::string& name() const { return name_; }

 private:
  using TimePoint = CallContext::TimePoint;
  enum class State { kClosed, kConnecting, kIntroducing, kReady };
  class Introduction;
  struct Alarm;
  struct Request {
    std::shared_ptr<ReplySink> sink;  ///< null once finished early
    size_t replies = 0;
    TimePoint deadline;
  };

  RedisConnection(boost::asio::io_context& context, RedisPeer peer, const RedisLimits& limits);

  void OnConnected() override;
  void OnRead(size_t bytes) override;
  void OnWritten() override;
  void OnBroken(Status why) override;

  void Open();
  void Connect(const RedisEndpoint& endpoint);
  void Introduced(const Status& status);
  void Fail(const Status& why);
  void FlushSoon();
  void Flush();
  void ReadMore();
  void Deliver(const RespToken& token);
  void DeliverItems();
  void SetAlarm();
  void Ring();

  boost::asio::io_context& context_;
  const RedisPeer peer_;
  const RedisLimits limits_;
  std::string name_;
  std::shared_ptr<RedisTransport> transport_;  // null when closed
  State state_ = State::kClosed;
  uint64_t attempt_ = 0;  // to connect

  std::deque<Request> requests_;  // in the order of their replies
  std::string unsent_;
  bool writing_ = false;
  bool flush_posted_ = false;

  std::shared_ptr<char[]> buffer_;
  size_t capacity_ = 0;
  size_t filled_ = 0;
  size_t parsed_ = 0;
  size_t needed_ = 1;  // unparsed bytes that make the next token
  RespNesting nesting_;
  bool in_push_ = false;
  bool front_holds_ = false;  // the first request has been given buffer_

  std::unique_ptr<Alarm> alarm_;
  TimePoint alarm_at_;
  TimePoint last_heard_;
  TimePoint retry_at_;
  std::chrono::milliseconds back_off_{0};
  Status last_failure_;
};

}  // namespace feast
