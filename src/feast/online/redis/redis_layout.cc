#include "feast/online/redis/redis_layout.h"

#include <algorithm>
#include <cstdint>
#include <cstring>

#include "feast/codec/wire_format.h"

namespace feast {
namespace {

constexpr uint32_t kStringTag = 2;

void AppendEscaped(std::string_view text, std::string* pattern) {
  for (const char c : text) {
    if (std::strchr("*?[]\\^", c) != nullptr && c != '\0') pattern->push_back('\\');
    pattern->push_back(c);
  }
}

}  // namespace

std::string RedisKeyPrefix(std::vector<std::string> join_keys, int version) {
  std::ranges::sort(join_keys);
  std::string prefix;
  if (version >= 3) AppendFixed(static_cast<uint32_t>(join_keys.size()), &prefix);
  for (const std::string& name : join_keys) {
    AppendFixed(kStringTag, &prefix);
    if (version >= 3) AppendFixed(static_cast<uint32_t>(name.size()), &prefix);
    prefix += name;
  }
  return prefix;
}

std::string RedisScanPattern(std::string_view prefix, std::string_view project) {
  std::string pattern;
  AppendEscaped(prefix, &pattern);
  pattern.push_back('*');
  AppendEscaped(project, &pattern);
  return pattern;
}

bool IsRedisKeyOf(std::string_view key, std::string_view prefix, size_t join_keys,
                  std::string_view project) {
  if (!key.starts_with(prefix)) return false;
  key.remove_prefix(prefix.size());
  for (size_t i = 0; i < join_keys; ++i) {
    uint32_t size = 0;
    if (key.size() < 2 * sizeof(size)) return false;
    std::memcpy(&size, key.data() + sizeof(size), sizeof(size));
    key.remove_prefix(2 * sizeof(size));
    if (key.size() < size) return false;
    key.remove_prefix(size);
  }
  return key == project;
}

}  // namespace feast
