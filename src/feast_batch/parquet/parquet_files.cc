#include "feast_batch/parquet/parquet_files.h"

#include <arrow/filesystem/filesystem.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cinttypes>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <random>
#include <tuple>

#include "feast/base/file_error.h"

namespace feast {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kAddedPrefix = "added-";
constexpr std::string_view kNullPartition = "__HIVE_DEFAULT_PARTITION__";

// The number of a file that NextAddedFile or NextAddedObject named; 0 for others.
uint64_t AddedNumber(const fs::path& path) {
  const std::string stem = path.stem().string();
  uint64_t number = 0;
  if (!stem.starts_with(kAddedPrefix)) return 0;
  const char* first = stem.data() + kAddedPrefix.size();
  const auto [end, error] = std::from_chars(first, stem.data() + stem.size(), number);
  const char* last = stem.data() + stem.size();
  return error == std::errc() && (end == last || *end == '-') ? number : 0;
}

ParquetFile FileAt(const fs::path& path, const fs::path& root) {
  ParquetFile file{path.string(), {}, {}};
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

bool IsHidden(const std::string& name) { return name.starts_with('.') || name.starts_with('_'); }

Result<std::vector<ParquetFile>> ListFolder(const std::string& path, const std::string& name) {
  std::error_code error;
  std::vector<ParquetFile> files;
  auto walk = fs::recursive_directory_iterator(path, error);
  for (; !error && walk != fs::recursive_directory_iterator(); walk.increment(error)) {
    if (IsHidden(walk->path().filename())) {
      if (walk->is_directory()) walk.disable_recursion_pending();
    } else if (walk->is_regular_file() && IsParquetName(walk->path())) {
      files.push_back(FileAt(walk->path(), path));
    }
  }
  if (error) return FileError("list", path, error.value()).Annotate(name);
  return files;
}

Result<std::vector<ParquetFile>> ListLocal(const std::string& path, const std::string& name) {
  std::error_code error;
  if (fs::is_regular_file(path, error)) return std::vector<ParquetFile>{{path, {}, {}}};
  if (!fs::exists(path, error)) {
    return Status::NotFound(name + ": no such file or folder: " + path, ErrorKind::kFileNotFound);
  }
  return ListFolder(path, name);
}

Result<std::vector<ParquetFile>> ListRemote(const FilePlace& place, const std::string& name) {
  const auto info = place.remote->GetFileInfo(place.path);
  if (!info.ok()) return RemoteFailure(name, info.status());
  if (info->IsFile()) return std::vector<ParquetFile>{{place.path, {}, info->size()}};
  if (info->type() == arrow::fs::FileType::NotFound) {
    return Status::NotFound(name + ": no such object or folder: " + place.path,
                            ErrorKind::kFileNotFound);
  }
  arrow::fs::FileSelector below;
  below.base_dir = place.path;
  below.recursive = true;
  const auto listed = place.remote->GetFileInfo(below);
  if (!listed.ok()) return RemoteFailure(name, listed.status());
  std::vector<ParquetFile> files;
  for (const auto& found : *listed) {
    const fs::path path(found.path());
    const auto inside = path.lexically_relative(place.path);
    if (!found.IsFile() || !IsParquetName(path) ||
        std::any_of(inside.begin(), inside.end(),
                    [](const fs::path& part) { return IsHidden(part); })) {
      continue;
    }
    files.push_back(FileAt(path, place.path));
    files.back().size = found.size();
  }
  return files;
}

std::string AddedName(uint64_t number) {
  std::array<char, 32> digits{};
  std::snprintf(digits.data(), digits.size(), "%010" PRIu64, number);
  return std::string(kAddedPrefix) + digits.data();
}

}  // namespace

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

Result<std::vector<ParquetFile>> ListParquetFiles(const FilePlace& place, const std::string& name) {
  FEAST_ASSIGN_OR_RETURN(auto files,
                         place.remote ? ListRemote(place, name) : ListLocal(place.path, name));
  if (files.empty()) {
    return Status::NotFound(name + ": no Parquet file in folder " + place.path,
                            ErrorKind::kFileNotFound);
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
  return fs::path(folder) / (AddedName(last + 1) + ".parquet");
}

std::string NextAddedObject(const std::string& folder, const std::vector<ParquetFile>& listed) {
  uint64_t last = 0;
  for (const auto& file : listed) last = std::max(last, AddedNumber(file.path));
  std::random_device random;
  std::array<char, 20> own{};
  std::snprintf(own.data(), own.size(), "-%08x%08x", random(), random());
  return folder + "/" + AddedName(last + 1) + own.data() + ".parquet";
}

}  // namespace feast
