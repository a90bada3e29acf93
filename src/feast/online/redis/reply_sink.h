#pragma once
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "feast/base/status.h"
#include "feast/online/redis/resp_reader.h"

namespace feast {

/// What takes the replies to a run of commands on one connection, token by token. Single-core.
class ReplySink {
 public:
  virtual ~ReplySink() = default;
  /// A token; depth 0 starts a reply. Its views live as long as what `Hold` was given last.
  virtual void Take(const RespToken& token, size_t depth) = 0;
  /// The bytes that the next tokens lie in; to be kept by whoever keeps views of them.
  virtual void Hold(const std::shared_ptr<const void>& bytes) = 0;
  /// Called once, after which nothing comes: OK when all replies were taken, else why not.
  virtual void Finish(const Status& status) = 0;
};

/// A reply as a tree, for commands that are not worth a sink of their own.
struct RedisReply {
  RespToken::Kind kind = RespToken::Kind::kNull;
  std::string text;
  int64_t number = 0;
  std::vector<RedisReply> items;

  bool is_error() const { return kind == RespToken::Kind::kError; }
};

/// Builds trees of the tokens of any number of replies. Thread-compatible.
class ReplyTrees {
 public:
  void Take(const RespToken& token, size_t depth);
  std::vector<RedisReply> Release() { return std::move(root_.items); }

 private:
  RedisReply root_;
};

/// The Status of an error reply of the server that `where` names, by the error's first word.
Status StatusOfRedisError(std::string_view error, std::string_view where);

}  // namespace feast
