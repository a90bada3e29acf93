#pragma once
#include <cstddef>
#include <memory>
#include <string>

#include "feast/base/result.h"
#include "feast/online/redis/connection_string.h"

namespace boost::asio {
class io_context;
}

namespace feast {

/// What a transport tells its owner, on the loop's thread.
class TransportEvents {
 public:
  virtual ~TransportEvents() = default;
  virtual void OnConnected() = 0;
  virtual void OnRead(size_t bytes) = 0;
  virtual void OnWritten() = 0;
  /// Unavailable; nothing follows.
  virtual void OnBroken(Status why) = 0;
};

/// A byte stream to one server: TCP, TLS over TCP, or a Unix socket.
///
/// Single-core. Borrows the events' owner until `Close`, after which it calls nothing. At most one
/// read and one write are under way at a time.
class RedisTransport {
 public:
  /// FeastConfigError for TLS files that cannot be used.
  static Result<std::shared_ptr<RedisTransport>> Make(boost::asio::io_context& context,
                                                      const RedisConnectionOptions& options,
                                                      const RedisEndpoint& endpoint,
                                                      TransportEvents* events);
  virtual ~RedisTransport() = default;
  virtual void Connect() = 0;
  /// Reads at least one byte to `to`, which lies in `owner`.
  virtual void Read(std::shared_ptr<char[]> owner, char* to, size_t capacity) = 0;
  /// Takes the bytes and writes them all; `bytes` becomes an empty buffer to be used again.
  virtual void Write(std::string* bytes) = 0;
  virtual void Close() = 0;
};

}  // namespace feast
