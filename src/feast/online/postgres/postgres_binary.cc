#include "feast/online/postgres/postgres_binary.h"

#include <algorithm>
#include <bit>
#include <limits>

namespace feast {
namespace {

constexpr Micros kEpoch = 946684800 * kMicrosPerSecond;  // 2000-01-01
constexpr size_t kHeader = 20;  // dimensions, has nulls, element type, length, lower bound

template <typename Int>
void Append(std::string* out, Int number) {
  char bytes[sizeof number];
  for (size_t i = sizeof number; i-- > 0; number >>= 8) bytes[i] = static_cast<char>(number & 0xff);
  out->append(bytes, sizeof bytes);
}

void Put(std::string* out, size_t at, uint32_t number) {
  for (size_t i = 4; i-- > 0; number >>= 8) (*out)[at + i] = static_cast<char>(number & 0xff);
}

/// Bytes of the character at the start; 0 when there is no valid one.
size_t CharacterSize(std::string_view text) {
  const auto byte = [&](size_t i) -> uint32_t {
    return i < text.size() ? static_cast<unsigned char>(text[i]) : 0;
  };
  const uint32_t first = byte(0);
  if (first < 0x80) return first == 0 ? 0 : 1;
  const size_t size = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : first >= 0xc0 ? 2 : 0;
  if (size == 0 || first > 0xf4) return 0;
  uint32_t code = first & (0xffU >> (size + 1));
  for (size_t i = 1; i < size; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return 0;
    code = code << 6 | (byte(i) & 0x3f);
  }
  constexpr uint32_t kLeast[] = {0, 0, 0x80, 0x800, 0x10000};
  const bool surrogate = code >= 0xd800 && code <= 0xdfff;
  return code >= kLeast[size] && code <= 0x10ffff && !surrogate ? size : 0;
}

}  // namespace

std::string StorableText(std::string_view text) {
  std::string clean;
  clean.reserve(text.size());
  while (!text.empty()) {
    const size_t size = CharacterSize(text);
    clean += text.substr(0, size);
    text.remove_prefix(std::max<size_t>(size, 1));
  }
  return clean;
}

Micros FromPostgresTime(std::string_view eight_bytes) {
  uint64_t bits = 0;
  for (const char c : eight_bytes.substr(0, 8)) bits = bits << 8 | static_cast<unsigned char>(c);
  const auto micros = static_cast<int64_t>(bits);
  constexpr int64_t kMost = std::numeric_limits<int64_t>::max();
  if (micros > kMost - kEpoch) return kMost;
  return micros + kEpoch;
}

PostgresArray::PostgresArray(PostgresType element) : bytes_(kHeader, '\0') {
  Put(&bytes_, 8, static_cast<uint32_t>(element));
  Put(&bytes_, 16, 1);
}

void PostgresArray::AppendBytes(std::string_view bytes) {
  Append(&bytes_, static_cast<uint32_t>(bytes.size()));
  bytes_ += bytes;
  ++count_;
}

void PostgresArray::AppendTime(Micros time) {
  constexpr int64_t kLeast = std::numeric_limits<int64_t>::min();
  Append(&bytes_, uint32_t{8});
  Append(&bytes_, static_cast<uint64_t>(time < kLeast + kEpoch ? kLeast : time - kEpoch));
  ++count_;
}

void PostgresArray::AppendDouble(double number) {
  Append(&bytes_, uint32_t{8});
  Append(&bytes_, std::bit_cast<uint64_t>(number));
  ++count_;
}

void PostgresArray::AppendNull() {
  Append(&bytes_, ~uint32_t{0});
  ++count_;
  has_null_ = true;
}

std::string PostgresArray::Finish() && {
  Put(&bytes_, 0, count_ == 0 ? 0 : 1);
  Put(&bytes_, 4, has_null_ ? 1 : 0);
  Put(&bytes_, 12, count_);
  if (count_ == 0) bytes_.resize(12);
  return std::move(bytes_);
}

}  // namespace feast
