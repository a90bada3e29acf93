#pragma once
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace feast {

/// One piece of a reply in Redis' protocol (RESP2 and RESP3): a scalar, or the head of an aggregate
/// whose items follow as tokens of their own.
struct RespToken {
  enum class Kind : uint8_t {
    kText,       ///< bulk, simple or verbatim string, double, big number
    kNull,       ///< of either protocol
    kNumber,     ///< integer or boolean
    kError,      ///< simple or bulk error
    kAggregate,  ///< array, set or map
    kPush,       ///< out of band, before any reply (RESP3)
  };
  Kind kind = Kind::kNull;
  std::string_view text;  ///< a view into the bytes that were read
  int64_t number = 0;     ///< of an aggregate: items that follow; a map has two a pair
};

enum class RespOutcome { kToken, kIncomplete, kBroken };

/// Reads the token that `bytes` start with. Copies nothing and allocates nothing. `*size` becomes
/// the bytes that the token takes; for kIncomplete, how many are needed at least. kBroken is for
/// bytes that are no RESP, and for streamed aggregates and attributes, which Redis does not send.
RespOutcome ReadRespToken(std::string_view bytes, RespToken* token, size_t* size);

/// The same for nearly every token of a read: "$", one or two digits and a text that is all there.
/// False for any other.
inline bool ReadShortRespText(std::string_view bytes, RespToken* token, size_t* size) {
  if (bytes.size() < 6 || bytes[0] != '$') return false;
  const auto digit = [](char c) {
    return static_cast<unsigned>(static_cast<unsigned char>(c)) - '0';
  };
  size_t length = digit(bytes[1]);
  if (length > 9) return false;
  size_t begin = 4;
  if (bytes[2] != '\r') {
    if (digit(bytes[2]) > 9 || bytes[3] != '\r') return false;
    length = length * 10 + digit(bytes[2]);
    begin = 5;
  }
  const size_t end = begin + length;
  if (bytes.size() < end + 2 || bytes[begin - 1] != '\n' || bytes[end] != '\r' ||
      bytes[end + 1] != '\n') {
    return false;
  }
  token->kind = RespToken::Kind::kText;
  token->text = bytes.substr(begin, length);
  *size = end + 2;
  return true;
}

/// How deep in a reply one stands, token by token. Thread-compatible.
class RespNesting {
 public:
  static constexpr size_t kMaxDepth = 16;

  /// Of the token that comes next: 0 starts a reply.
  size_t depth() const { return left_.size(); }

  /// Counts a token; true if it was the last of a reply. Deeper than kMaxDepth is damage: ask
  /// `too_deep`.
  bool Take(const RespToken& token) {
    const bool opens =
        token.kind == RespToken::Kind::kAggregate || token.kind == RespToken::Kind::kPush;
    if (opens && token.number > 0) {
      left_.push_back(token.number);
      return false;
    }
    while (!left_.empty() && --left_.back() == 0) left_.pop_back();
    return left_.empty();
  }
  /// Scalars that may be taken without this one's knowledge before the last of the innermost
  /// aggregate, and the saying that so many were.
  int64_t skippable() const { return left_.empty() ? 0 : left_.back() - 1; }
  void Skip(int64_t count) { left_.back() -= count; }
  bool too_deep() const { return left_.size() > kMaxDepth; }
  void Clear() { left_.clear(); }

 private:
  std::vector<int64_t> left_;  // items to come, of each open aggregate
};

}  // namespace feast
