#include "feast_batch/historical/join_memory.h"

#include <arrow/type.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <limits>

#include "feast/config/settings.h"
#include "feast/offline/batch_module.h"

namespace feast {
namespace {

constexpr int64_t kMostRows = std::numeric_limits<uint32_t>::max() - 1;

// Of the machine, or of the control group if that is less.
int64_t MemoryOfProcess() {
  int64_t bytes = int64_t{sysconf(_SC_PHYS_PAGES)} * sysconf(_SC_PAGE_SIZE);
  int64_t group;
  std::ifstream max("/sys/fs/cgroup/memory.max");  // "max" is no number: no limit
  if (max >> group) bytes = std::min(bytes, group);
  return bytes;
}

int64_t WidthOf(const arrow::DataType& type) {
  if (type.id() == arrow::Type::BOOL) return 1;
  const int width = type.byte_width();
  return width > 0 ? width : 48;
}

int64_t WidthOf(ValueType type) {
  switch (type) {
    case ValueType::kBool:
      return 1;
    case ValueType::kInt32:
    case ValueType::kFloat:
      return 4;
    case ValueType::kInt64:
    case ValueType::kDouble:
    case ValueType::kUnixTimestamp:
      return 8;
    case ValueType::kString:
    case ValueType::kBytes:
      return 2 * 48;  // as they came and as they go
    default:
      return 2 * 128;
  }
}

}  // namespace

std::optional<int64_t> ParseBytes(const std::string& text) {
  struct Unit {
    std::string_view name;
    double bytes;
  };
  constexpr std::array<Unit, 10> kUnits = {{{"", 1},
                                            {"B", 1},
                                            {"KB", 1e3},
                                            {"MB", 1e6},
                                            {"GB", 1e9},
                                            {"TB", 1e12},
                                            {"KIB", 0x1p10},
                                            {"MIB", 0x1p20},
                                            {"GIB", 0x1p30},
                                            {"TIB", 0x1p40}}};
  double number;
  const char* end = text.data() + text.size();
  const auto [at, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc()) return std::nullopt;
  std::string name(at, end);
  name.erase(0, std::min(name.find_first_not_of(' '), name.size()));
  std::ranges::transform(name, name.begin(), [](char c) { return c & ~0x20; });
  for (const Unit& unit : kUnits) {
    const double bytes = number * unit.bytes;
    if (unit.name == name && bytes >= 1 && bytes < 0x1p62) return static_cast<int64_t>(bytes);
  }
  return std::nullopt;
}

Result<JoinMemory> JoinMemory::Read(const OfflineStoreEnv& env) {
  JoinMemory memory;
  memory.limit = MemoryOfProcess() / 2;
  const Setting* section = env.native ? env.native->Find("historical") : nullptr;
  if (!section || section->kind == Setting::Kind::kNull) return memory;
  SettingsReader reader(env.config_file, "native.historical", *section);
  const auto size = [&](std::string_view key) -> Result<std::optional<int64_t>> {
    const Setting* node = reader.Node(key);
    if (!node || node->kind == Setting::Kind::kNull) return std::optional<int64_t>();
    const bool scalar = node->kind == Setting::Kind::kScalar;
    if (scalar && node->text == "0") return std::optional<int64_t>(0);
    auto bytes = scalar ? ParseBytes(node->text) : std::nullopt;
    if (bytes) return bytes;
    return ConfigError(env.config_file, reader.LineOf(key),
                       reader.PathOf(key) + ": expected a size like 2GB" +
                           (node->text.empty() ? "" : ", not '" + node->text + "'"));
  };
  FEAST_ASSIGN_OR_RETURN(const auto limit, size("memory_limit"));
  if (limit == 0) {
    return ConfigError(env.config_file, reader.LineOf("memory_limit"),
                       reader.PathOf("memory_limit") + ": expected a size like 2GB, not '0'");
  }
  memory.limit = limit.value_or(memory.limit);
  FEAST_ASSIGN_OR_RETURN(memory.temp_size, size("max_temp_directory_size"));
  FEAST_ASSIGN_OR_RETURN(memory.temp_directory, reader.String("temp_directory", ""));
  if (!memory.temp_directory.empty()) {
    memory.temp_directory = std::filesystem::path(env.repo_path) / memory.temp_directory;
  }
  FEAST_RETURN_IF_ERROR(reader.Finish());
  return memory;
}

std::string JoinMemory::SpillDirectory() const {
  if (!temp_directory.empty()) return temp_directory;
  std::error_code error;
  const auto directory = std::filesystem::temp_directory_path(error);
  return error ? "/tmp" : directory.string();
}

std::shared_ptr<SpillSpace> JoinMemory::OpenSpill() const {
  return std::make_shared<SpillSpace>(
      SpillDirectory(), temp_size,
      SpillSpace::Settings{"native.historical.temp_directory",
                           "native.historical.max_temp_directory_size"});
}

int64_t JoinMemory::RowsAtOnce(int64_t bytes_per_row, int64_t held) const {
  const int64_t bytes = std::max(limit - held, limit / 8);
  return std::clamp(bytes / bytes_per_row, least_rows, kMostRows);
}

int64_t BytesPerRow(const HistoricalPlan& plan, const arrow::Schema& entities) {
  // Key id and slot, time, the best row as two threads saw it, winner, and where it is.
  constexpr int64_t kJoin = 4 + 4 + 8 + 2 * 24 + 8 + 8;
  int64_t bytes = kJoin;
  for (const auto& field : entities.fields()) bytes += WidthOf(*field->type());
  for (const auto& view : plan.views) {
    for (const ValueType type : view.output_types) bytes += WidthOf(type);
  }
  return bytes;
}

}  // namespace feast
