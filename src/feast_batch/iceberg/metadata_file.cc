#include "feast_batch/iceberg/metadata_file.h"

#include <arrow/buffer.h>
#include <arrow/filesystem/filesystem.h>
#include <arrow/filesystem/localfs.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <filesystem>
#include <map>
#include <vector>

#include "feast_batch/parquet/file_readers_internal.h"

namespace feast {
namespace {

constexpr std::string_view kHint = "version-hint.text";
constexpr int64_t kLongestHint = 1024;

// "v3.gz.metadata.json" without what follows v3; empty: no metadata file.
std::string_view StemOf(std::string_view name) {
  constexpr std::array<std::string_view, 3> kEndings = {".gz.metadata.json", ".metadata.json.gz",
                                                        ".metadata.json"};
  for (const auto ending : kEndings) {
    if (name.ends_with(ending)) return name.substr(0, name.size() - ending.size());
  }
  return {};
}

// v12 and 00012-9c12….: 12; else -1.
int64_t NumberOf(std::string_view stem) {
  const bool plain = stem.starts_with('v');
  if (plain) stem.remove_prefix(1);
  int64_t number = -1;
  const char* last = stem.data() + stem.size();
  const auto [end, error] = std::from_chars(stem.data(), last, number);
  return error == std::errc() && (end == last || (!plain && *end == '-')) ? number : -1;
}

using Files = std::map<std::string, std::string, std::less<>>;  // paths by their stems

Result<std::string> Hinted(const FilePlace& place, const Files& files, const std::string& hint,
                           const std::string& name) {
  const auto read = ReadBytes(place, hint, kLongestHint);
  if (!read.ok()) return ReadFailure(place, hint, name, read.status());
  std::string text = (*read)->ToString();
  std::erase_if(text, [](char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; });
  auto found = files.find("v" + text);
  if (found == files.end()) found = files.find(text);
  if (found == files.end()) {
    return Status::DataLoss(name + ": " + hint + " names version '" + text +
                            "', which has no metadata file");
  }
  // The hint is written after the file, or not at all if the writer died.
  int64_t number = found->first.starts_with('v') ? NumberOf(found->first) : -1;
  while (number >= 0) {
    const auto next = files.find("v" + std::to_string(++number));
    if (next == files.end()) break;
    found = next;
  }
  return found->second;
}

Result<std::string> Highest(const Files& files, const std::string& name) {
  int64_t highest = -1;
  for (const auto& [stem, path] : files) highest = std::max(highest, NumberOf(stem));
  std::vector<std::string> found;
  for (const auto& [stem, path] : files) {
    if (NumberOf(stem) == highest) found.push_back(path);
  }
  if (found.size() == 1) return found.front();
  return Status::InvalidArgument(name + ": its metadata files " + found[0] + " and " + found[1] +
                                 " have one number; give the one to read as the path");
}

}  // namespace

bool IsIcebergMetadata(std::string_view path) {
  return !StemOf(path.substr(path.rfind('/') + 1)).empty();
}

Result<std::optional<std::string>> FindIcebergMetadata(const FilePlace& place,
                                                       const std::string& name) {
  if (IsIcebergMetadata(place.path)) return std::optional(place.path);
  for (const auto* file : {".parquet", ".parq", ".pq"}) {
    if (place.path.ends_with(file)) return std::optional<std::string>();
  }
  arrow::fs::FileSelector folder;
  folder.base_dir = place.path + "/metadata";
  folder.allow_not_found = true;
  std::error_code error;
  if (!place.remote && !std::filesystem::is_directory(folder.base_dir, error)) {
    return std::optional<std::string>();
  }
  const auto listed = place.remote ? place.remote->GetFileInfo(folder)
                                   : arrow::fs::LocalFileSystem().GetFileInfo(folder);
  if (!listed.ok()) {
    // Who may read one object need not have the right to list others.
    const auto single = place.remote ? place.remote->GetFileInfo(place.path)
                                     : arrow::Result<arrow::fs::FileInfo>(arrow::fs::FileInfo());
    if (single.ok() && single->IsFile()) return std::optional<std::string>();
    return ReadFailure(place, folder.base_dir, name, listed.status());
  }
  Files files;
  std::string hint;
  for (const auto& info : *listed) {
    const std::string base = info.base_name();
    if (!info.IsFile()) continue;
    if (base == kHint) hint = info.path();
    const auto stem = StemOf(base);
    if (!stem.empty() && !stem.starts_with('.')) files[std::string(stem)] = info.path();
  }
  if (files.empty()) return std::optional<std::string>();
  auto found = hint.empty() ? Highest(files, name) : Hinted(place, files, hint, name);
  if (!found.ok()) return found.status();
  return std::optional(*std::move(found));
}

}  // namespace feast
