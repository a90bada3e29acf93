#include "fuzz/fuzz_target.h"

#include "feast/online/redis/reply_sink.h"
#include "feast/online/redis/resp_command.h"
#include "feast/online/redis/resp_reader.h"

namespace feast::fuzz {
namespace {

constexpr size_t kMostTokens = 4096;

// The replies in the bytes, as they are read when all of them are there.
std::vector<RedisReply> ReadAll(std::string_view bytes) {
  ReplyTrees trees;
  RespNesting nesting;
  for (size_t count = 0; count < kMostTokens && !nesting.too_deep(); ++count) {
    RespToken token;
    size_t size = 0;
    const auto outcome = ReadRespToken(bytes, &token, &size);
    if (outcome == RespOutcome::kIncomplete) Expect(size > bytes.size(), "more bytes are needed");
    if (outcome != RespOutcome::kToken) break;
    Expect(size > 0 && size <= bytes.size(), "a token lies in the bytes");
    Expect(token.text.empty() || (token.text.data() >= bytes.data() &&
                                  token.text.data() + token.text.size() <= bytes.data() + size),
           "text is a view");
    // Cut short anywhere, it is the same token that is asked for, or none yet.
    for (size_t cut = 0; cut < size && cut < 64; ++cut) {
      RespToken part;
      size_t needed = 0;
      Expect(ReadRespToken(bytes.substr(0, cut), &part, &needed) == RespOutcome::kIncomplete,
             "a part of a token is incomplete", bytes.substr(0, size));
      Expect(needed > cut && needed <= size, "what is asked for is not too much");
    }
    trees.Take(token, nesting.depth());
    (void)nesting.Take(token);
    bytes.remove_prefix(size);
  }
  return trees.Release();
}

}  // namespace
}  // namespace feast::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text = feast::fuzz::TextOf(data, size);
  feast::fuzz::ReadAll(text);
  // What we send is read back as it was meant.
  std::string command;
  feast::AppendCommand({"HSET", text}, &command);
  const auto replies = feast::fuzz::ReadAll(command);
  feast::fuzz::Expect(
      replies.size() == 1 && replies[0].items.size() == 2 && replies[0].items[1].text == text,
      "arguments are binary safe");
  return 0;
}
