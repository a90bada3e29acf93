#include "feast/online/redis/cluster_refusal.h"

#include <algorithm>
#include <charconv>
#include <iterator>

#include "feast/online/redis/redis_slot.h"

namespace feast {
namespace {

constexpr std::string_view kPassing[] = {"TRYAGAIN", "CLUSTERDOWN", "LOADING", "MASTERDOWN"};

bool ReadNumber(std::string_view text, uint16_t* number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), *number);
  return error == std::errc() && end == text.data() + text.size();
}

std::string_view TakeWord(std::string_view* text) {
  const std::string_view word = text->substr(0, text->find(' '));
  text->remove_prefix(std::min(text->size(), word.size() + 1));
  return word;
}

}  // namespace

ClusterRefusal ReadRefusal(std::string_view error, const RedisEndpoint& asked) {
  ClusterRefusal refusal;
  const std::string_view word = TakeWord(&error);
  if (std::ranges::find(kPassing, word) != std::end(kPassing)) {
    refusal.kind = ClusterRefusal::Kind::kLater;
    return refusal;
  }
  if (word != "MOVED" && word != "ASK") return refusal;
  const std::string_view slot = TakeWord(&error);
  const std::string_view place = TakeWord(&error);
  const size_t colon = place.rfind(':');  // an IPv6 address has some of its own
  if (colon == std::string_view::npos || !ReadNumber(slot, &refusal.slot) ||
      refusal.slot >= kRedisSlots || !ReadNumber(place.substr(colon + 1), &refusal.to.port) ||
      refusal.to.port == 0) {
    return {};
  }
  refusal.to.host = colon == 0 ? asked.host : place.substr(0, colon);
  refusal.kind = word == "MOVED" ? ClusterRefusal::Kind::kMoved : ClusterRefusal::Kind::kAsk;
  return refusal;
}

}  // namespace feast
