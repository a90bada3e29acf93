#include "feast_batch/delta/delta_table.h"

#include <arrow/buffer.h>
#include <arrow/filesystem/filesystem.h>
#include <arrow/filesystem/localfs.h>
#include <arrow/type.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "feast_batch/delta/delta_actions.h"
#include "feast_batch/delta/delta_schema.h"
#include "feast_batch/parquet/file_readers_internal.h"
#include "feast_batch/parquet/parquet_source.h"
#include "feast_batch/point_in_time/arrow_status_internal.h"

namespace feast {
namespace {

constexpr size_t kVersionDigits = 20;
constexpr int64_t kLargestCommit = int64_t{1} << 30;  // bytes
constexpr std::string_view kCheckpoint = ".checkpoint.";
constexpr std::string_view kParquet = "parquet";

// What _delta_log holds.
struct Log {
  std::map<int64_t, ParquetFile> commits;
  std::map<int64_t, std::vector<ParquetFile>> checkpoints;  // complete ones
};

// The number that `text` is, or -1.
int64_t NumberOf(std::string_view text) {
  int64_t number = -1;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size() ? number : -1;
}

// "0…7.checkpoint.0000000001.0000000002.parquet" is the first of two parts.
size_t PartsOf(std::string_view name) {
  if (name == kParquet) return 1;
  const size_t dot = name.find('.'), next = dot == name.npos ? dot : name.find('.', dot + 1);
  if (next == name.npos || name.substr(next + 1) != kParquet) return 0;
  const int64_t parts = NumberOf(name.substr(dot + 1, next - dot - 1));
  return NumberOf(name.substr(0, dot)) > 0 && parts > 0 ? static_cast<size_t>(parts) : 0;
}

Log Sorted(const std::vector<arrow::fs::FileInfo>& listed) {
  Log log;
  std::map<std::pair<int64_t, size_t>, std::vector<ParquetFile>> parts;
  for (const auto& info : listed) {
    const std::string name = info.base_name();
    if (!info.IsFile() || name.size() <= kVersionDigits) continue;
    const int64_t version = NumberOf(std::string_view(name).substr(0, kVersionDigits));
    const auto rest = std::string_view(name).substr(kVersionDigits);
    if (version < 0) continue;
    const ParquetFile file{info.path(), {}, info.size()};
    if (rest == ".json") {
      log.commits[version] = file;
    } else if (rest.starts_with(kCheckpoint)) {
      const size_t count = PartsOf(rest.substr(kCheckpoint.size()));
      if (count > 0) parts[{version, count}].push_back(file);
    }
  }
  for (auto& [key, files] : parts) {
    if (files.size() == key.second) log.checkpoints[key.first] = std::move(files);
  }
  return log;
}

class DeltaTable {
 public:
  DeltaTable(const FilePlace& place, const std::string& name)
      : place_(place),
        name_(name),
        system_(place.remote ? place.remote : std::make_shared<arrow::fs::LocalFileSystem>()) {}

  Status Replay() {
    FEAST_ASSIGN_OR_RETURN(const auto log, List());
    int64_t version = -1;
    if (!log.checkpoints.empty()) {
      version = log.checkpoints.rbegin()->first;
      for (const auto& file : log.checkpoints.rbegin()->second) {
        FEAST_RETURN_IF_ERROR(ApplyDeltaCheckpoint(place_, file, name_, &state_));
      }
    }
    std::vector<const ParquetFile*> commits;
    for (auto commit = log.commits.upper_bound(version); commit != log.commits.end(); ++commit) {
      if (commit->first != version + 1) {
        return Status::DataLoss(name_ + ": its log lacks version " + std::to_string(version + 1));
      }
      version = commit->first;
      commits.push_back(&commit->second);
    }
    return Apply(commits);
  }

  Status CheckReadable() const {
    if (!state_.protocol || !state_.metadata) {
      return Status::DataLoss(name_ + ": its log has no protocol or no metaData");
    }
    const auto& features = state_.protocol->reader_features;
    // What may be in use without making files unreadable is checked where it would be used.
    constexpr std::array<std::string_view, 5> kKnown = {
        "columnMapping", "deletionVectors", "timestampNtz", "typeWidening", "vacuumProtocolCheck"};
    for (const auto& feature : features) {
      if (std::find(kKnown.begin(), kKnown.end(), feature) == kKnown.end()) return Refuse(feature);
    }
    if (state_.protocol->min_reader_version > 3) {
      return Refuse("reader version " + std::to_string(state_.protocol->min_reader_version));
    }
    if (state_.metadata->column_mapping != "none") {
      return Refuse("columnMapping (mode " + state_.metadata->column_mapping + ")");
    }
    if (state_.metadata->format != kParquet) return Refuse("format " + state_.metadata->format);
    for (const auto& [path, add] : state_.files) {
      if (add.has_deletion_vector) return Refuse("deletionVectors (file " + path + ")");
      if (path.find("://") != std::string::npos) return Refuse("files elsewhere (" + path + ")");
    }
    return Status::OK();
  }

  // Those written last come last, so that their rows win ties.
  std::vector<ParquetFile> Files() const {
    std::vector<const DeltaAdd*> adds;
    for (const auto& [path, add] : state_.files) adds.push_back(&add);
    std::ranges::stable_sort(adds, {}, &DeltaAdd::modified);
    std::vector<ParquetFile> files;
    for (const auto* add : adds) {
      ParquetFile file{place_.path + "/" + PercentDecoded(add->path), {}, add->size};
      for (const auto& column : state_.metadata->partition_columns) {
        auto& value = file.partition[column];
        const auto given = add->partition.find(column);
        // Delta writes a null as nothing or as an empty text.
        if (given != add->partition.end() && !given->second.value_or("").empty()) {
          value = given->second;
        }
      }
      files.push_back(std::move(file));
    }
    return files;
  }

  Result<std::shared_ptr<arrow::Schema>> Schema() const {
    auto schema = DeltaSchema(state_.metadata->schema);
    if (!schema.ok()) return schema.status().Annotate(name_);
    return schema;
  }

 private:
  Result<Log> List() const {
    arrow::fs::FileSelector folder;
    folder.base_dir = place_.path + "/_delta_log";
    folder.allow_not_found = true;
    const auto listed = system_->GetFileInfo(folder);
    if (!listed.ok()) return ReadFailure(place_, folder.base_dir, name_, listed.status());
    auto log = Sorted(*listed);
    if (log.commits.empty() && log.checkpoints.empty()) {
      return Status::NotFound(name_ + ": no Delta table: nothing in " + folder.base_dir,
                              ErrorKind::kFileNotFound);
    }
    return log;
  }

  Status Apply(const std::vector<const ParquetFile*>& commits) {
    std::vector<std::shared_ptr<arrow::Buffer>> texts(commits.size());
    FEAST_RETURN_IF_ERROR(OpenEach(place_, commits.size(), [&](size_t at) -> Status {
      auto read = ReadBytes(place_, commits[at]->path, kLargestCommit);
      if (!read.ok()) {
        return ReadFailure(place_, commits[at]->path, name_, read.status());
      }
      texts[at] = *std::move(read);
      return Status::OK();
    }));
    for (size_t at = 0; at < commits.size(); ++at) {
      if (auto applied = ApplyDeltaCommit(std::string_view(*texts[at]), &state_); !applied.ok()) {
        return applied.Annotate(name_ + ": " + commits[at]->path);
      }
    }
    return Status::OK();
  }

  Status Refuse(const std::string& feature) const {
    return Status::Unimplemented(name_ + ": the Delta table uses a feature that is not read: " +
                                 feature + "; export the table to Parquet, or rewrite it without");
  }

  const FilePlace& place_;
  const std::string& name_;
  const std::shared_ptr<arrow::fs::FileSystem> system_;
  DeltaState state_;
};

}  // namespace

Result<std::unique_ptr<RowSource>> OpenDeltaSource(const FilePlace& place,
                                                   const std::string& name) {
  DeltaTable table(place, name);
  FEAST_RETURN_IF_ERROR(table.Replay());
  FEAST_RETURN_IF_ERROR(table.CheckReadable());
  FEAST_ASSIGN_OR_RETURN(const auto schema, table.Schema());
  return OpenParquetFiles(place, table.Files(), schema, name);
}

}  // namespace feast
