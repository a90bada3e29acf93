#include "feast/online/redis/write_script.h"

#include <openssl/evp.h>

#include <array>

namespace feast {
namespace {

RedisScript Make(std::string text) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  EVP_Digest(text.data(), text.size(), digest.data(), &size, EVP_sha1(), nullptr);
  RedisScript script{std::move(text), {}};
  for (unsigned i = 0; i < size; ++i) {
    script.sha1 += "0123456789abcdef"[digest[i] >> 4];
    script.sha1 += "0123456789abcdef"[digest[i] & 15];
  }
  return script;
}

// A time is a serialized google.protobuf.Timestamp: varints 1 (seconds) and 2 (nanoseconds). Lua
// has doubles only, so that a negative number of seconds (ten digits of 7 bits, two's complement)
// is read by its complement. What is no Timestamp has no time, and is overwritten.
constexpr const char* kWrite = R"lua(
local byte, call = string.byte, redis.call
local function time_of(text)
  local seconds, nanos, at, last = 0, 0, 1, #text
  while at <= last do
    local tag = byte(text, at)
    at = at + 1
    local value, complement, scale, digits = 0, 0, 1, 0
    while true do
      local digit = byte(text, at)
      if not digit or digits == 10 then return nil end
      at, digits = at + 1, digits + 1
      local low = digit % 128
      value = value + low * scale
      if digits < 10 then complement = complement + (127 - low) * scale end
      if digit < 128 then break end
      scale = scale * 128
    end
    if digits == 10 then value = -1 - complement end
    if tag == 8 then seconds = value elseif tag == 16 then nanos = value else return nil end
  end
  return seconds, nanos
end
local function stays(stored, new)
  if not stored or stored == '' then return false end
  if stored == new then return true end
  local seconds, nanos = time_of(stored)
  if not seconds then return false end
  local new_seconds, new_nanos = time_of(new)
  if seconds ~= new_seconds then return seconds > new_seconds end
  return nanos >= new_nanos
end
local time_field, ttl, width = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
local pairs_of_row, last = {time_field}, 2 * width + 2
for feature = 1, width do pairs_of_row[2 * feature + 1] = ARGV[3 + feature] end
local at, written = width + 4, 0
for row = 1, #KEYS do
  local key = KEYS[row]
  if not stays(call('HGET', key, time_field), ARGV[at]) then
    pairs_of_row[2] = ARGV[at]
    for feature = 1, width do pairs_of_row[2 * feature + 2] = ARGV[at + feature] end
    for first = 1, last, 4000 do
      call('HSET', key, unpack(pairs_of_row, first, math.min(first + 3999, last)))
    end
    if ttl > 0 then call('EXPIRE', key, ttl) end
    written = written + 1
  end
  at = at + width + 1
end
return written
)lua";

// In a slot that moves to another server, a key that is not there any more must not be touched: so
// what stays is found out first, and nothing follows the deletion.
constexpr const char* kDeleteFields = R"lua(
local goes = {}
for _, field in ipairs(ARGV) do goes[field] = true end
for _, field in ipairs(redis.call('HKEYS', KEYS[1])) do
  if string.sub(field, 1, 4) == '_ts:' and not goes[field] then
    for first = 1, #ARGV, 4000 do
      redis.call('HDEL', KEYS[1], unpack(ARGV, first, math.min(first + 3999, #ARGV)))
    end
    return 0
  end
end
return redis.call('DEL', KEYS[1])
)lua";

}  // namespace

const RedisScript& WriteScript() {
  static const RedisScript kScript = Make(kWrite);
  return kScript;
}

const RedisScript& DeleteFieldsScript() {
  static const RedisScript kScript = Make(kDeleteFields);
  return kScript;
}

}  // namespace feast
