#include "feast/online/redis/redis_slot.h"

#include <array>

namespace feast {
namespace {

using CrcTable = std::array<uint16_t, 256>;

// What a byte does to the CRC when `zeros` bytes follow it.
constexpr CrcTable MakeTable(int zeros) {
  CrcTable table{};
  for (unsigned byte = 0; byte < table.size(); ++byte) {
    auto crc = static_cast<uint16_t>(byte << 8);
    for (int bit = 0; bit < 8 * (1 + zeros); ++bit) {
      crc = static_cast<uint16_t>((crc << 1) ^ ((crc & 0x8000) != 0 ? 0x1021 : 0));
    }
    table[byte] = crc;
  }
  return table;
}

// Four bytes at a time: their look-ups do not wait for one another.
constexpr std::array<CrcTable, 4> kTables = {MakeTable(0), MakeTable(1), MakeTable(2),
                                             MakeTable(3)};

uint16_t Crc16(std::string_view bytes) {
  uint16_t crc = 0;
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(bytes[i]); };
  while (bytes.size() >= 4) {
    crc = static_cast<uint16_t>(kTables[3][(crc >> 8) ^ byte(0)] ^
                                kTables[2][(crc & 0xff) ^ byte(1)] ^ kTables[1][byte(2)] ^
                                kTables[0][byte(3)]);
    bytes.remove_prefix(4);
  }
  for (size_t i = 0; i < bytes.size(); ++i) {
    crc = static_cast<uint16_t>((crc << 8) ^ kTables[0][(crc >> 8) ^ byte(i)]);
  }
  return crc;
}

}  // namespace

uint16_t RedisSlotOf(std::string_view key) {
  const size_t open = key.find('{');
  if (open != std::string_view::npos) {
    const size_t close = key.find('}', open + 1);
    if (close != std::string_view::npos && close > open + 1) {
      key = key.substr(open + 1, close - open - 1);
    }
  }
  return Crc16(key) % kRedisSlots;
}

}  // namespace feast
