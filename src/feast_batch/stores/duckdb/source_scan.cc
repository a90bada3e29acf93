#include "feast_batch/stores/duckdb/source_scan.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <string_view>

#include "feast/base/sql_text.h"
#include "feast_batch/iceberg/metadata_file.h"
#include "feast_batch/parquet/file_location.h"
#include "feast_batch/parquet/parquet_files.h"

namespace feast {
namespace {

// ['a', 'b']
std::string SqlTexts(const std::vector<std::string>& texts) {
  std::string out;
  for (const auto& text : texts) out += (out.empty() ? "[" : ", ") + SqlText(text);
  return out + "]";
}

enum class Format { kParquet, kCsv, kJson, kDelta, kIceberg };

Format FormatOf(const core::DataSource::FileOptions& options) {
  switch (options.file_format().format_case()) {
    case core::FileFormat::kParquetFormat:
      return Format::kParquet;
    case core::FileFormat::kDeltaFormat:
      return Format::kDelta;
    case core::FileFormat::FORMAT_NOT_SET:
      break;
  }
  std::string_view name = options.uri();
  if (IsIcebergMetadata(name)) return Format::kIceberg;
  for (const std::string_view packed : {".gz", ".zst"}) {
    if (name.ends_with(packed)) name.remove_suffix(packed.size());
  }
  const auto ends = [&](std::initializer_list<std::string_view> endings) {
    return std::any_of(endings.begin(), endings.end(), [&](auto e) { return name.ends_with(e); });
  };
  if (ends({".csv", ".tsv"})) return Format::kCsv;
  if (ends({".json", ".jsonl", ".ndjson"})) return Format::kJson;
  return Format::kParquet;
}

std::vector<std::string> ExtensionsOf(const std::string& uri, Format format) {
  std::vector<std::string> out;
  if (IsRemote(uri)) {
    const auto scheme = uri.substr(0, uri.find("://"));
    constexpr std::array<std::string_view, 5> kAzure = {"az", "azure", "abfs", "abfss", "adl"};
    const bool azure = std::find(kAzure.begin(), kAzure.end(), scheme) != kAzure.end();
    out.emplace_back(azure ? "azure" : "httpfs");
  }
  if (format == Format::kDelta) out.emplace_back("delta");
  if (format == Format::kIceberg) out.emplace_back("iceberg");
  return out;
}

std::string ReaderOf(Format format, const std::vector<std::string>& paths, bool partitioned) {
  switch (format) {
    case Format::kParquet:
      return "read_parquet(" + SqlTexts(paths) + ", union_by_name = true" +
             (partitioned ? ", hive_partitioning = true)" : ")");
    case Format::kCsv:
      return "read_csv(" + SqlTexts(paths) + ")";
    case Format::kJson:
      return "read_json(" + SqlTexts(paths) + ")";
    case Format::kDelta:
      return "delta_scan(" + SqlText(paths.front()) + ")";
    case Format::kIceberg:
      return "iceberg_scan(" + SqlText(paths.front()) + ")";
  }
  return "";
}

bool LooksLikePattern(const std::string& path) {
  return path.find_first_of("*?[") != std::string::npos;
}

// A name with `*`, `?` or `[` may also be the name of one file.
bool IsPattern(const std::string& path) {
  std::error_code error;
  return LooksLikePattern(path) && !std::filesystem::exists(path, error);
}

// Which our own reader knows.
bool IsObjectStore(const std::string& uri) {
  constexpr std::array<std::string_view, 8> kSchemes = {"s3://",  "s3a://", "s3n://",  "gs://",
                                                        "gcs://", "az://",  "abfs://", "abfss://"};
  return std::any_of(kSchemes.begin(), kSchemes.end(),
                     [&](auto scheme) { return uri.starts_with(scheme); });
}

// DuckDB takes any name for a pattern.
std::string Literal(std::string_view path) {
  std::string out;
  for (const char c : path) {
    if (c == '*' || c == '?' || c == '[') {
      out.append("[").append(1, c).append("]");
    } else {
      out += c;
    }
  }
  return out;
}

}  // namespace

Result<SourceScan> ScanOf(const core::DataSource& source, const DuckDbSettings& settings) {
  const auto& batch = BatchSourceOf(source);
  if (!batch.has_file_options()) {
    return Status::InvalidArgument("the duckdb offline store reads file sources, which source '" +
                                   source.name() + "' is not");
  }
  const auto& options = batch.file_options();
  Format format = FormatOf(options);
  SourceScan scan;
  scan.source = source.name();
  scan.name = FileSourceName(source);
  scan.format = options.file_format();
  scan.s3_endpoint = options.s3_endpoint_override();
  if (IsRemote(options.uri())) {
    scan.extensions = ExtensionsOf(options.uri(), format);
    scan.from = ReaderOf(format, {options.uri()}, false);
    const bool ours = format != Format::kCsv && format != Format::kJson;
    if (settings.native_parquet && ours && IsObjectStore(options.uri()) &&
        !LooksLikePattern(options.uri())) {
      scan.native_uri = options.uri();
    }
    return scan;
  }
  FEAST_ASSIGN_OR_RETURN(const auto path, LocalPath(settings.repo_path, options.uri()));
  if (format == Format::kParquet && scan.format.format_case() == core::FileFormat::FORMAT_NOT_SET) {
    FEAST_ASSIGN_OR_RETURN(const auto iceberg, FindIcebergMetadata({path, nullptr}, scan.name));
    if (iceberg) format = Format::kIceberg;
  }
  scan.extensions = ExtensionsOf(options.uri(), format);
  const bool table = format == Format::kDelta || format == Format::kIceberg;
  if (table || IsPattern(path)) {
    scan.from = ReaderOf(format, {path}, false);
    if (table && settings.native_parquet) scan.native_uri = path;
  } else if (format == Format::kParquet) {
    FEAST_ASSIGN_OR_RETURN(const auto files, ListParquetFiles({path, nullptr}, scan.name));
    if (settings.native_parquet) scan.native_uri = path;
    std::vector<std::string> paths;
    bool partitioned = false;
    for (const auto& file : files) {
      paths.push_back(Literal(file.path));
      partitioned = partitioned || !file.partition.empty();
    }
    scan.from = ReaderOf(format, paths, partitioned);
  } else {
    std::error_code error;
    if (!std::filesystem::is_regular_file(path, error)) {
      return Status::NotFound(scan.name + ": no such file: " + path, ErrorKind::kFileNotFound);
    }
    scan.from = ReaderOf(format, {Literal(path)}, false);
  }
  return scan;
}

}  // namespace feast
