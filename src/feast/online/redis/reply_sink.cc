#include "feast/online/redis/reply_sink.h"

namespace feast {

void ReplyTrees::Take(const RespToken& token, size_t depth) {
  RedisReply* parent = &root_;
  for (size_t i = 0; i < depth; ++i) parent = &parent->items.back();
  RedisReply& reply = parent->items.emplace_back();
  reply.kind = token.kind;
  reply.number = token.number;
  if (token.kind == RespToken::Kind::kText || token.kind == RespToken::Kind::kError) {
    reply.text = token.text;
  }
}

Status StatusOfRedisError(std::string_view error, std::string_view where) {
  struct Known {
    std::string_view word;
    StatusCode code;
    std::string_view advice;
  };
  static constexpr Known kKnown[] = {
      {"NOAUTH", StatusCode::kUnauthenticated, "set password= in connection_string"},
      {"WRONGPASS", StatusCode::kUnauthenticated,
       "check username and password of connection_string"},
      {"NOPERM", StatusCode::kPermissionDenied, "the Redis user needs more rights"},
      {"LOADING", StatusCode::kUnavailable, ""},
      {"BUSY", StatusCode::kUnavailable, ""},
      {"MASTERDOWN", StatusCode::kUnavailable, ""},
      {"CLUSTERDOWN", StatusCode::kUnavailable, ""},
      {"TRYAGAIN", StatusCode::kUnavailable, ""},
      {"READONLY", StatusCode::kUnavailable, "this is a replica; connect to the primary"},
      {"MISCONF", StatusCode::kUnavailable, ""},
      {"NOREPLICAS", StatusCode::kUnavailable, ""},
      {"OOM", StatusCode::kResourceExhausted, ""},
      {"MOVED", StatusCode::kFailedPrecondition, "set redis_type: redis_cluster"},
      {"WRONGTYPE", StatusCode::kDataLoss, "something else wrote to a key of the feature store"},
  };
  const std::string_view word = error.substr(0, error.find(' '));
  std::string message = "Redis at " + std::string(where) + ": " + std::string(error);
  for (const Known& known : kKnown) {
    if (word != known.word) continue;
    if (!known.advice.empty()) message.append("; ").append(known.advice);
    return {known.code, std::move(message)};
  }
  return {StatusCode::kUnknown, std::move(message)};
}

}  // namespace feast
