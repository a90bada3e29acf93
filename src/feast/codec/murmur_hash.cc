#include "feast/codec/murmur_hash.h"

#include <bit>
#include <cstring>

namespace feast {
namespace {

template <typename T>
T Load(const char* at) {
  T value;
  std::memcpy(&value, at, sizeof(T));
  return value;
}

uint64_t Mix64(uint64_t k) {
  k ^= k >> 33;
  k *= 0xff51afd7ed558ccdULL;
  k ^= k >> 33;
  k *= 0xc4ceb9fe1a85ec53ULL;
  return k ^ (k >> 33);
}

/// The last 0 to 8 bytes as a little-endian number.
uint64_t Tail(std::string_view bytes) {
  uint64_t value = 0;
  for (size_t i = bytes.size(); i-- > 0;) {
    value = value << 8 | static_cast<unsigned char>(bytes[i]);
  }
  return value;
}

constexpr uint64_t kC1 = 0x87c37b91114253d5ULL;
constexpr uint64_t kC2 = 0x4cf5ad432745937fULL;
uint64_t Scramble1(uint64_t k) { return std::rotl(k * kC1, 31) * kC2; }
uint64_t Scramble2(uint64_t k) { return std::rotl(k * kC2, 33) * kC1; }

}  // namespace

uint32_t MurmurHash32(std::string_view bytes, uint32_t seed) {
  const auto scramble = [](uint32_t k) { return std::rotl(k * 0xcc9e2d51U, 15) * 0x1b873593U; };
  uint32_t h = seed;
  const size_t blocks = bytes.size() / 4;
  for (size_t i = 0; i < blocks; ++i) {
    h ^= scramble(Load<uint32_t>(bytes.data() + i * 4));
    h = std::rotl(h, 13) * 5 + 0xe6546b64U;
  }
  h ^= scramble(static_cast<uint32_t>(Tail(bytes.substr(blocks * 4))));
  h ^= static_cast<uint32_t>(bytes.size());
  h = (h ^ (h >> 16)) * 0x85ebca6bU;
  h = (h ^ (h >> 13)) * 0xc2b2ae35U;
  return h ^ (h >> 16);
}

std::array<uint64_t, 2> MurmurHash128(std::string_view bytes, uint32_t seed) {
  uint64_t h1 = seed;
  uint64_t h2 = seed;
  const size_t blocks = bytes.size() / 16;
  for (size_t i = 0; i < blocks; ++i) {
    h1 ^= Scramble1(Load<uint64_t>(bytes.data() + i * 16));
    h1 = (std::rotl(h1, 27) + h2) * 5 + 0x52dce729;
    h2 ^= Scramble2(Load<uint64_t>(bytes.data() + i * 16 + 8));
    h2 = (std::rotl(h2, 31) + h1) * 5 + 0x38495ab5;
  }
  const std::string_view rest = bytes.substr(blocks * 16);
  if (rest.size() > 8) h2 ^= Scramble2(Tail(rest.substr(8)));
  h1 ^= Scramble1(Tail(rest.substr(0, 8)));
  h1 ^= bytes.size();
  h2 ^= bytes.size();
  h1 += h2;
  h2 += h1;
  h1 = Mix64(h1);
  h2 = Mix64(h2);
  h1 += h2;
  h2 += h1;
  return {h1, h2};
}

std::string EntityIdOf(std::string_view serialized_key) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string hex;
  for (uint64_t word : MurmurHash128(serialized_key)) {
    for (int byte = 0; byte < 8; ++byte, word >>= 8) {
      hex += kDigits[word >> 4 & 15];
      hex += kDigits[word & 15];
    }
  }
  return hex;
}

}  // namespace feast
