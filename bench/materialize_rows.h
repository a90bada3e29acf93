#pragma once
// The rows of the materialize set (workload.py), as the bare loops write them.
#include <sys/resource.h>

#include <charconv>
#include <cstdint>
#include <cstring>
#include <string>

constexpr int kFeatures = 10;
constexpr int64_t kEventSeconds = 1735689600;

inline int64_t FeatureValue(uint64_t entity, uint64_t feature) {
  uint64_t x = entity * 1000 + feature + 0x9E3779B97F4A7C15ULL;
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9ULL;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EBULL;
  return static_cast<int64_t>(1 + (x ^ (x >> 31)) % 9999);
}

struct Cell {
  std::string value;
  std::string text;
};

inline Cell MakeCell(uint64_t entity, int feature) {
  const int64_t number = FeatureValue(entity, static_cast<uint64_t>(feature));
  Cell cell;
  if (feature % 2 == 0) {
    cell.value.push_back('\x20');
    uint64_t rest = static_cast<uint64_t>(number);
    for (; rest > 0x7f; rest >>= 7) cell.value.push_back(static_cast<char>((rest & 0x7f) | 0x80));
    cell.value.push_back(static_cast<char>(rest));
    cell.text = std::to_string(number);
    return cell;
  }
  const double quarter = static_cast<double>(number) / 4;
  cell.value.assign(9, '\x29');
  std::memcpy(cell.value.data() + 1, &quarter, 8);
  char text[32];
  const auto end = std::to_chars(text, text + sizeof(text), quarter);
  cell.text.assign(text, end.ptr);
  if (cell.text.find('.') == std::string::npos) cell.text += ".0";
  return cell;
}

inline std::string MakeKey(int64_t entity) {
  const uint32_t head[] = {1, 2, 6};
  std::string key(reinterpret_cast<const char*>(head), sizeof(head));
  key += "entity";
  const uint32_t value[] = {4, 8};
  key.append(reinterpret_cast<const char*>(value), sizeof(value));
  key.append(reinterpret_cast<const char*>(&entity), sizeof(entity));
  return key;
}

/// User and system time of this process.
inline double CpuSeconds() {
  rusage used{};
  getrusage(RUSAGE_SELF, &used);
  return static_cast<double>(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
         static_cast<double>(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
}
