#pragma once
/// For tests: the bytes of Avro files.
#include <cstdint>
#include <string>
#include <string_view>

namespace feast::avro_bytes {

inline std::string Long(int64_t number) {
  uint64_t bits = (static_cast<uint64_t>(number) << 1) ^ static_cast<uint64_t>(number >> 63);
  std::string out;
  for (; bits >= 0x80; bits >>= 7) out += static_cast<char>(bits | 0x80);
  return out + static_cast<char>(bits);
}
inline std::string Text(std::string_view text) {
  return Long(static_cast<int64_t>(text.size())).append(text);
}

constexpr std::string_view kSync = "0123456789abcdef";

inline std::string Header(std::string_view schema, std::string_view codec = "null") {
  return std::string("Obj\x01", 4) + Long(2) + Text("avro.codec") + Text(codec) +
         Text("avro.schema") + Text(schema) + Long(0) + std::string(kSync);
}
inline std::string Block(int64_t count, std::string_view packed) {
  return Long(count) + Text(packed) + std::string(kSync);
}

}  // namespace feast::avro_bytes
