#include "feast_batch/parquet/parquet_files.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cinttypes>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <tuple>

#include "feast/base/file_error.h"

namespace feast {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kAddedPrefix = "added-";
constexpr std::string_view kNullPartition = "__HIVE_DEFAULT_PARTITION__";

// The number of a file that NextAddedFile named; 0 for others.
uint64_t AddedNumber(const fs::path& path) {
  const std::string stem = path.stem().string();
  uint64_t number = 0;
  if (!stem.starts_with(kAddedPrefix)) return 0;
  const char* first = stem.data() + kAddedPrefix.size();
  const auto [end, error] = std::from_chars(first, stem.data() + stem.size(), number);
  return error == std::errc() && end == stem.data() + stem.size() ? number : 0;
}

std::string PercentDecoded(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    unsigned byte = 0;
    if (text[i] == '%' && i + 2 < text.size()) {
      const auto [end, error] = std::from_chars(&text[i + 1], &text[i + 3], byte, 16);
      if (error == std::errc() && end == &text[i + 3]) {
        out += static_cast<char>(byte);
        i += 2;
        continue;
      }
    }
    out += text[i];
  }
  return out;
}

ParquetFile FileAt(const fs::path& path, const fs::path& root) {
  ParquetFile file{path.string(), {}};
  for (const auto& part : path.lexically_relative(root).parent_path()) {
    const std::string text = part.string();
    const auto equals = text.find('=');
    if (equals == std::string::npos || equals == 0) continue;
    std::optional<std::string> value = PercentDecoded(text.substr(equals + 1));
    if (*value == kNullPartition) value.reset();
    file.partition[PercentDecoded(text.substr(0, equals))] = std::move(value);
  }
  return file;
}

bool IsParquetName(const fs::path& path) {
  constexpr std::array<std::string_view, 3> kExtensions = {".parquet", ".parq", ".pq"};
  const std::string extension = path.extension().string();
  return std::find(kExtensions.begin(), kExtensions.end(), extension) != kExtensions.end();
}

}  // namespace

Result<std::vector<ParquetFile>> ListParquetFiles(const std::string& path,
                                                  const std::string& name) {
  std::error_code error;
  if (fs::is_regular_file(path, error)) return std::vector<ParquetFile>{{path, {}}};
  if (!fs::exists(path, error)) {
    return Status::NotFound(name + ": no such file or folder: " + path, ErrorKind::kFileNotFound);
  }
  std::vector<ParquetFile> files;
  auto walk = fs::recursive_directory_iterator(path, error);
  for (; !error && walk != fs::recursive_directory_iterator(); walk.increment(error)) {
    const auto file = walk->path().filename().string();
    if (file.starts_with('.') || file.starts_with('_')) {
      if (walk->is_directory()) walk.disable_recursion_pending();
    } else if (walk->is_regular_file() && IsParquetName(walk->path())) {
      files.push_back(FileAt(walk->path(), path));
    }
  }
  if (error) return FileError("list", path, error.value()).Annotate(name);
  if (files.empty()) {
    return Status::NotFound(name + ": no Parquet file in folder " + path, ErrorKind::kFileNotFound);
  }
  std::sort(files.begin(), files.end(), [](const ParquetFile& a, const ParquetFile& b) {
    return std::tuple(AddedNumber(a.path), std::string_view(a.path)) <
           std::tuple(AddedNumber(b.path), std::string_view(b.path));
  });
  return files;
}

std::string NextAddedFile(const std::string& folder) {
  uint64_t last = 0;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    last = std::max(last, AddedNumber(entry.path()));
  }
  std::array<char, 32> number{};
  std::snprintf(number.data(), number.size(), "%010" PRIu64, last + 1);
  return fs::path(folder) / (std::string(kAddedPrefix) + number.data() + ".parquet");
}

}  // namespace feast
