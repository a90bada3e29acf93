#pragma once
#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace feast {

/// MurmurHash3_x86_32.
uint32_t MurmurHash32(std::string_view bytes, uint32_t seed = 0);

/// MurmurHash3_x64_128: the two words h1 and h2.
std::array<uint64_t, 2> MurmurHash128(std::string_view bytes, uint32_t seed = 0);

/// The id that DynamoDB, Datastore and Bigtable keep an entity under: 32 hex digits of
/// MurmurHash3_x64_128 (seed 0) of the serialized entity key.
std::string EntityIdOf(std::string_view serialized_key);

}  // namespace feast
