#include "feast/online/redis/resp_reader.h"

#include <gtest/gtest.h>

#include <string>

#include "feast/online/redis/reply_sink.h"

namespace feast {
namespace {

using Kind = RespToken::Kind;

std::string Text(const RedisReply& reply) {
  switch (reply.kind) {
    case Kind::kText:
      return "'" + reply.text + "'";
    case Kind::kError:
      return "!" + reply.text;
    case Kind::kNull:
      return "null";
    case Kind::kNumber:
      return std::to_string(reply.number);
    case Kind::kAggregate:
    case Kind::kPush:
      break;
  }
  std::string all = reply.kind == Kind::kPush ? ">" : "[";
  for (const RedisReply& item : reply.items)
    all += (&item == reply.items.data() ? "" : " ") + Text(item);
  return all + "]";
}

/// All replies in the bytes, with what stopped the reading when it was not their end.
std::string Read(std::string_view bytes) {
  ReplyTrees trees;
  RespNesting nesting;
  std::string end;
  while (!bytes.empty() && end.empty()) {
    RespToken token;
    size_t size = 0;
    const auto outcome = ReadRespToken(bytes, &token, &size);
    if (outcome == RespOutcome::kBroken || nesting.too_deep()) end = " broken";
    if (outcome == RespOutcome::kIncomplete) end = " +" + std::to_string(size - bytes.size());
    if (outcome != RespOutcome::kToken) break;
    trees.Take(token, nesting.depth());
    (void)nesting.Take(token);
    bytes.remove_prefix(size);
  }
  std::string all;
  for (const RedisReply& reply : trees.Release()) all += (all.empty() ? "" : " ") + Text(reply);
  return all + end;
}

TEST(RespReader, ReadsBothProtocols) {
  EXPECT_EQ(Read("+OK\r\n-ERR no\r\n:-12\r\n$3\r\na\nb\r\n$0\r\n\r\n$-1\r\n*-1\r\n*0\r\n"),
            "'OK' !ERR no -12 'a\nb' '' null null []");
  EXPECT_EQ(Read("_\r\n#t\r\n#f\r\n,1.5\r\n(123\r\n=7\r\ntxt:abc\r\n!5\r\nERR x\r\n"),
            "null 1 0 '1.5' '123' 'abc' !ERR x");
  EXPECT_EQ(Read("*3\r\n$1\r\na\r\n*2\r\n:1\r\n*0\r\n$12\r\n0123456789ab\r\n%1\r\n+k\r\n:2\r\n~"
                 "1\r\n:3\r\n"),
            "['a' [1 []] '0123456789ab'] ['k' 2] [3]");
  EXPECT_EQ(Read(">2\r\n+invalidate\r\n_\r\n:1\r\n"), ">'invalidate' null] 1");
}

TEST(RespReader, AsksForWhatIsMissing) {
  const std::string whole = "*2\r\n$11\r\nhello world\r\n:7\r\n";
  for (size_t size = 1; size < whole.size(); ++size) {
    const std::string read = Read(whole.substr(0, size));
    EXPECT_EQ(read.find("broken"), std::string::npos) << size;
  }
  EXPECT_EQ(Read("$5\r\nab"), " +5");
  EXPECT_EQ(Read("$1000000\r\n"), " +1000002");
  EXPECT_EQ(Read("$5"), " +1");
}

TEST(RespReader, RefusesWhatIsNoReply) {
  for (const char* bytes :
       {"HTTP/1.1 400 Bad Request\r\n", "$x\r\n", "$-2\r\n", "$536870913\r\n", "*2147483649\r\n",
        "$3\r\nabcde", "+no return\n", ":1x\r\n", "#maybe\r\n", "_x\r\n", "*?\r\n", "|1\r\n+a\r\n",
        "=2\r\nab\r\n", ":99999999999999999999\r\n"}) {
    EXPECT_EQ(Read(bytes), " broken") << bytes;
  }
  EXPECT_EQ(Read(std::string_view("\0\r\n", 3)), " broken");
  EXPECT_EQ(Read("+" + std::string(70000, 'x')), " broken");
  std::string deep;
  for (int i = 0; i < 40; ++i) deep += "*1\r\n";
  EXPECT_NE(Read(deep).find("broken"), std::string::npos);
}

TEST(StatusOfRedisError, TellsWhatToDo) {
  const auto code = [](const char* error) { return StatusOfRedisError(error, "h:1").code(); };
  EXPECT_EQ(code("NOAUTH Authentication required."), StatusCode::kUnauthenticated);
  EXPECT_EQ(code("LOADING Redis is loading the dataset in memory"), StatusCode::kUnavailable);
  EXPECT_EQ(code("OOM command not allowed"), StatusCode::kResourceExhausted);
  EXPECT_EQ(code("ERR unknown command"), StatusCode::kUnknown);
  EXPECT_EQ(
      StatusOfRedisError("WRONGTYPE Operation", "h:1").message(),
      "Redis at h:1: WRONGTYPE Operation; something else wrote to a key of the feature store");
}

}  // namespace
}  // namespace feast
