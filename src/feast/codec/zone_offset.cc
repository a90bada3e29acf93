#include "feast/codec/zone_offset.h"

#include <fstream>
#include <iterator>
#include <string>

#include "feast/codec/iso_time.h"

namespace feast {
namespace {

int64_t BigEndian(std::string_view bytes) {
  uint64_t value = bytes[0] & 0x80 ? ~uint64_t{0} : 0;
  for (char c : bytes) value = value << 8 | static_cast<unsigned char>(c);
  return static_cast<int64_t>(value);
}

/// Counts of a TZif header (RFC 8536 §3.1), in file order.
struct ZoneCounts {
  int64_t is_ut, is_std, leaps, times, types, chars;
  size_t BodySize(size_t time_size) const {
    return static_cast<size_t>(times * static_cast<int64_t>(time_size + 1) + types * 6 + chars +
                               leaps * static_cast<int64_t>(time_size + 4) + is_std + is_ut);
  }
};

std::optional<ZoneCounts> ReadHeader(std::string_view file) {
  if (file.size() < 44 || !file.starts_with("TZif")) return std::nullopt;
  int64_t counts[6];
  for (size_t i = 0; i < 6; ++i) {
    counts[i] = BigEndian(file.substr(20 + 4 * i, 4));
    if (counts[i] < 0 || counts[i] > 100'000) return std::nullopt;
  }
  return ZoneCounts{counts[0], counts[1], counts[2], counts[3], counts[4], counts[5]};
}

/// Offset in force at that instant by the 64-bit block. Instants after the last transition keep its
/// offset: zone files of this age list transitions to 2037.
std::optional<int> OffsetInFile(std::string_view file, int64_t epoch_seconds) {
  auto first = ReadHeader(file);
  if (!first || file.size() < 44 + first->BodySize(4)) return std::nullopt;
  file.remove_prefix(44 + first->BodySize(4));
  auto counts = ReadHeader(file);
  if (!counts || counts->types == 0 || file.size() < 44 + counts->BodySize(8)) return std::nullopt;
  const std::string_view times = file.substr(44);
  const std::string_view indexes = times.substr(static_cast<size_t>(counts->times) * 8);
  const std::string_view types = indexes.substr(static_cast<size_t>(counts->times));
  size_t type = 0;
  for (size_t i = 0; i < static_cast<size_t>(counts->times); ++i) {
    if (BigEndian(times.substr(i * 8, 8)) > epoch_seconds) break;
    type = static_cast<unsigned char>(indexes[i]);
  }
  if (type >= static_cast<size_t>(counts->types)) return std::nullopt;
  return static_cast<int>(BigEndian(types.substr(type * 6, 4)));
}

}  // namespace

std::optional<int> ZoneOffsetAt(std::string_view zone, int64_t epoch_seconds) {
  if (zone.empty() || zone == "Z" || zone == "UTC") return 0;
  const std::string_view fixed = zone.starts_with("UTC") ? zone.substr(3) : zone;
  if (fixed.starts_with('+') || fixed.starts_with('-')) {
    auto time = ParseIso8601("1970-01-01T00:00" + std::string(fixed));
    if (!time.ok() || !time->offset_minutes) return std::nullopt;
    return *time->offset_minutes * 60;
  }
  // Names come from stored data: only plain relative ones may reach the file system.
  if (zone.size() > 64 || zone.front() == '/' || zone.find('.') != zone.npos ||
      zone.find('\0') != zone.npos) {
    return std::nullopt;
  }
  std::ifstream file("/usr/share/zoneinfo/" + std::string(zone), std::ios::binary);
  if (!file) return std::nullopt;
  const std::string content{std::istreambuf_iterator<char>(file), {}};
  return OffsetInFile(content, epoch_seconds);
}

}  // namespace feast
