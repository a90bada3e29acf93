#include "feast/codec/zone_offset.h"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <map>
#include <string>
#include <vector>

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

/// When the offset of a zone changes: `offsets[i]` is in force from `times[i]` on. Instants after
/// the last transition keep its offset: zone files of this age list transitions to 2037.
struct Zone {
  int before_all = 0;
  std::vector<int64_t> times;
  std::vector<int> offsets;

  int OffsetAt(int64_t epoch_seconds) const {
    const auto after = std::upper_bound(times.begin(), times.end(), epoch_seconds);
    return after == times.begin() ? before_all : offsets[after - times.begin() - 1];
  }
};

/// The 64-bit block of a zone file.
std::optional<Zone> ParseZone(std::string_view file) {
  auto first = ReadHeader(file);
  if (!first || file.size() < 44 + first->BodySize(4)) return std::nullopt;
  file.remove_prefix(44 + first->BodySize(4));
  auto counts = ReadHeader(file);
  if (!counts || counts->types == 0 || file.size() < 44 + counts->BodySize(8)) return std::nullopt;
  const auto count = static_cast<size_t>(counts->times);
  const std::string_view times = file.substr(44);
  const std::string_view indexes = times.substr(count * 8);
  const std::string_view types = indexes.substr(count);
  const auto offset_of = [&](size_t type) {
    return static_cast<int>(BigEndian(types.substr(type * 6, 4)));
  };
  Zone zone;
  zone.before_all = offset_of(0);
  for (size_t i = 0; i < count; ++i) {
    const size_t type = static_cast<unsigned char>(indexes[i]);
    if (type >= static_cast<size_t>(counts->types)) return std::nullopt;
    zone.times.push_back(BigEndian(times.substr(i * 8, 8)));
    zone.offsets.push_back(offset_of(type));
  }
  return zone;
}

std::optional<Zone> LoadZone(const std::string& name) {
  // Names come from stored data: only plain relative ones may reach the file system.
  if (name.size() > 64 || name.front() == '/' || name.find('.') != name.npos ||
      name.find('\0') != name.npos) {
    return std::nullopt;
  }
  std::ifstream file("/usr/share/zoneinfo/" + name, std::ios::binary);
  if (!file) return std::nullopt;
  return ParseZone(std::string{std::istreambuf_iterator<char>(file), {}});
}

/// A zone by name, read once a thread: every value of a column names one, mostly the same.
const std::optional<Zone>& ZoneNamed(std::string_view name) {
  constexpr size_t kMaxZones = 1024;  // names that do not exist are remembered too
  thread_local std::map<std::string, std::optional<Zone>, std::less<>> zones;
  if (const auto known = zones.find(name); known != zones.end()) return known->second;
  if (zones.size() >= kMaxZones) zones.clear();
  std::string key(name);
  auto zone = LoadZone(key);
  return zones.emplace(std::move(key), std::move(zone)).first->second;
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
  const std::optional<Zone>& known = ZoneNamed(zone);
  if (!known) return std::nullopt;
  return known->OffsetAt(epoch_seconds);
}

}  // namespace feast
