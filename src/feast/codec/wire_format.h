#pragma once
#include <bit>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "feast/base/status.h"

namespace feast {

/// The protobuf wire format by hand: Values are read and written as bytes, without message objects.
enum class WireType : uint8_t { kVarint = 0, kFixed64 = 1, kBytes = 2, kFixed32 = 5 };

static_assert(std::endian::native == std::endian::little,
              "fixed-width fields are copied as they lie");

inline void AppendVarint(uint64_t value, std::string* out) {
  while (value >= 0x80) {
    out->push_back(static_cast<char>(value | 0x80));
    value >>= 7;
  }
  out->push_back(static_cast<char>(value));
}

inline void AppendTag(uint32_t field, WireType type, std::string* out) {
  AppendVarint(field << 3 | static_cast<uint32_t>(type), out);
}

template <typename T>
void AppendFixed(T value, std::string* out) {
  char raw[sizeof(T)];
  std::memcpy(raw, &value, sizeof(T));
  out->append(raw, sizeof(T));
}

inline void AppendBytesField(uint32_t field, std::string_view bytes, std::string* out) {
  AppendTag(field, WireType::kBytes, out);
  AppendVarint(bytes.size(), out);
  out->append(bytes);
}

inline void AppendVarintField(uint32_t field, uint64_t value, std::string* out) {
  AppendTag(field, WireType::kVarint, out);
  AppendVarint(value, out);
}

/// Puts a length-delimited header before what was appended since `start`.
inline void WrapField(uint32_t field, size_t start, std::string* out) {
  std::string head;
  AppendTag(field, WireType::kBytes, &head);
  AppendVarint(out->size() - start, &head);
  out->insert(start, head);
}

/// One field as read: numbers in `number` (fixed ones as their bits), strings and messages in
/// `bytes`.
struct WireField {
  uint32_t field = 0;
  WireType type = WireType::kVarint;
  uint64_t number = 0;
  std::string_view bytes;

  double AsDouble() const { return std::bit_cast<double>(number); }
  float AsFloat() const { return std::bit_cast<float>(static_cast<uint32_t>(number)); }
};

/// Walks the fields of one message. Thread-compatible; views into the bytes it was made with.
/// `Next` ends at the end or at the first damage: ask `status()` after the loop.
class WireReader {
 public:
  explicit WireReader(std::string_view bytes) : at_(bytes.data()), end_(at_ + bytes.size()) {}

  /// Reads one field; false at the end or when the bytes are damaged. Groups count as damage.
  bool Next(WireField* out) {
    if (at_ == end_) return false;
    uint64_t tag = 0;
    if (!Varint(&tag) || tag >> 3 == 0 || tag > UINT32_MAX) return Fail();
    out->field = static_cast<uint32_t>(tag >> 3);
    out->type = static_cast<WireType>(tag & 7);
    switch (out->type) {
      case WireType::kVarint:
        return Varint(&out->number) || Fail();
      case WireType::kFixed64:
        return Fixed<uint64_t>(&out->number) || Fail();
      case WireType::kFixed32:
        return Fixed<uint32_t>(&out->number) || Fail();
      case WireType::kBytes:
        return Bytes(&out->bytes) || Fail();
    }
    return Fail();
  }

  /// Reads a bare varint, for packed fields; false at the end or on damage.
  bool NextVarint(uint64_t* out) {
    if (at_ == end_) return false;
    return Varint(out) || Fail();
  }

  /// Reads a bare fixed-width number, for packed fields; false at the end or on damage.
  template <typename T>
  bool NextFixed(uint64_t* out) {
    if (at_ == end_) return false;
    return Fixed<T>(out) || Fail();
  }

  bool damaged() const { return damaged_; }
  Status status() const {
    return damaged_ ? Status::DataLoss("truncated or damaged protobuf message") : Status::OK();
  }

 private:
  bool Fail() {
    damaged_ = true;
    at_ = end_;
    return false;
  }
  bool Varint(uint64_t* out) {
    uint64_t value = 0;
    for (int shift = 0; shift < 70 && at_ != end_; shift += 7) {
      const auto byte = static_cast<unsigned char>(*at_++);
      value |= static_cast<uint64_t>(byte & 0x7f) << (shift < 64 ? shift : 63);
      if (byte < 0x80) {
        *out = value;
        return true;
      }
    }
    return false;
  }
  template <typename T>
  bool Fixed(uint64_t* out) {
    if (end_ - at_ < static_cast<ptrdiff_t>(sizeof(T))) return false;
    T value;
    std::memcpy(&value, at_, sizeof(T));
    at_ += sizeof(T);
    *out = value;
    return true;
  }
  bool Bytes(std::string_view* out) {
    uint64_t size = 0;
    if (!Varint(&size) || size > static_cast<uint64_t>(end_ - at_)) return false;
    *out = std::string_view(at_, size);
    at_ += size;
    return true;
  }

  const char* at_;
  const char* end_;
  bool damaged_ = false;
};

/// One entry of a protobuf map with text keys and message values, as it is in the map's field; what
/// is left out is empty, and other fields are passed over. Views into `bytes`.
struct WireMapEntry {
  std::string_view key;
  std::string_view value;
  bool damaged = false;

  static WireMapEntry Read(std::string_view bytes) {
    WireMapEntry entry;
    WireReader parts(bytes);
    WireField part;
    while (parts.Next(&part)) {
      if (part.type != WireType::kBytes) continue;
      if (part.field == 1) entry.key = part.bytes;
      if (part.field == 2) entry.value = part.bytes;
    }
    entry.damaged = parts.damaged();
    return entry;
  }
};

}  // namespace feast
