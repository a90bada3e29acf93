#pragma once
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace feast {

/// A Redis Cluster spreads its keys over this many slots.
constexpr size_t kRedisSlots = 16384;

/// The slot of a key, by the cluster specification: CRC16 (XMODEM) of what stands between the first
/// '{' and the next '}', or of the whole key when that is nothing. Costs about a nanosecond a byte.
uint16_t RedisSlotOf(std::string_view key);

}  // namespace feast
