#include "feast_batch/iceberg/iceberg_table.h"

#include <arrow/buffer.h>
#include <arrow/type.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <tuple>

#include "feast_batch/iceberg/avro_file.h"
#include "feast_batch/iceberg/delete_files.h"
#include "feast_batch/iceberg/iceberg_manifests.h"
#include "feast_batch/parquet/field_ids.h"
#include "feast_batch/parquet/file_readers_internal.h"
#include "feast_batch/parquet/parquet_source.h"

namespace feast {
namespace {

constexpr int64_t kLargest = int64_t{1} << 30;  // bytes of a metadata file or manifest

std::string ParentOf(const std::string& path) {
  const size_t slash = path.rfind('/');
  return slash == std::string::npos ? "." : path.substr(0, slash);
}

// The many spellings of one place as one.
std::string OneSpelling(std::string_view uri) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 7> kSpellings = {
      {{"s3a://", "s3://"},
       {"s3n://", "s3://"},
       {"gcs://", "gs://"},
       {"abfss://", "abfs://"},
       {"file://", ""},
       {"file:", ""},
       {"./", ""}}};
  std::string out(uri);
  for (const auto& [spelling, plain] : kSpellings) {
    if (out.starts_with(spelling)) {
      out.replace(0, spelling.size(), plain);
      break;
    }
  }
  while (out.ends_with('/')) out.pop_back();
  return out;
}

class IcebergTable {
 public:
  IcebergTable(const FilePlace& place, const std::string& metadata_file, const std::string& name)
      : place_(place),
        metadata_file_(metadata_file),
        folder_(ParentOf(ParentOf(metadata_file))),
        name_(name) {}

  // 1. The table's metadata.
  Status ReadMetadata() {
    FEAST_ASSIGN_OR_RETURN(const auto read, Read(metadata_file_));
    std::string unpacked;
    auto json = std::string_view(*read);
    if (json.starts_with("\x1f\x8b")) {
      auto text = UnpackAvro("gzip", json, kLargest);
      if (!text.ok()) return About(metadata_file_, text.status());
      unpacked = *std::move(text);
      json = unpacked;
    }
    auto parsed = ParseIcebergMetadata(json);
    if (!parsed.ok()) return About(metadata_file_, parsed.status());
    table_ = *std::move(parsed);
    location_ = OneSpelling(table_.location);
    return Status::OK();
  }

  // 2. The files of its current snapshot.
  Status ReadManifests(const TimesWanted& times) {
    if (!table_.snapshot) return Status::OK();
    FEAST_ASSIGN_OR_RETURN(const auto manifests, Manifests());
    const int32_t bounds_of = BoundsColumn(times);
    std::vector<std::vector<IcebergFile>> files(manifests.size());
    FEAST_RETURN_IF_ERROR(OpenEach(place_, manifests.size(), [&](size_t at) -> Status {
      FEAST_ASSIGN_OR_RETURN(const auto path, Resolve(manifests[at].path));
      FEAST_ASSIGN_OR_RETURN(const auto bytes, Read(path));
      // Cut off between two blocks it would look whole.
      if (bytes->size() < manifests[at].size)
        return About(path, CutOff(bytes->size(), manifests[at].size));
      return About(path, ReadManifest(std::string_view(*bytes), manifests[at], table_, bounds_of,
                                      &files[at]));
    }));
    for (auto& some : files) {
      for (auto& file : some) {
        if (file.content != IcebergContent::kData) {
          deletes_.push_back(std::move(file));
        } else if ((!times.from || file.latest.value_or(INT64_MAX) >= *times.from) &&
                   (!times.to || file.earliest.value_or(INT64_MIN) <= *times.to)) {
          data_.push_back(std::move(file));
        }
      }
    }
    SortByCommit();
    return Status::OK();
  }

  // 3. Their rows.
  Result<std::unique_ptr<RowSource>> Open() const {
    FEAST_ASSIGN_OR_RETURN(const auto places, PlacesOf(data_));
    FEAST_ASSIGN_OR_RETURN(
        auto rows, OpenParquetFiles(place_, places, table_.schema, name_, table_.column_ids));
    if (deletes_.empty() || data_.empty()) return rows;
    FEAST_ASSIGN_OR_RETURN(const auto delete_places, PlacesOf(deletes_));
    FEAST_ASSIGN_OR_RETURN(
        const auto lost,
        ReadDeletes({place_, table_, name_, data_, deletes_, delete_places}, *rows));
    return WithoutRows(std::move(rows), lost);
  }

 private:
  Status About(const std::string& path, const Status& status) const {
    return status.Annotate(name_ + ": " + path);
  }

  static Status CutOff(int64_t size, int64_t whole) {
    return Status::DataLoss("damaged: it has " + std::to_string(size) + " of " +
                            std::to_string(whole) + " bytes");
  }

  Result<std::shared_ptr<arrow::Buffer>> Read(const std::string& path) const {
    std::error_code error;
    if (!place_.remote && !std::filesystem::exists(path, error)) {
      return Status::NotFound(name_ + ": no such file: " + path, ErrorKind::kFileNotFound);
    }
    auto bytes = ReadBytes(place_, path, kLargest);
    if (!bytes.ok()) return ReadFailure(place_, path, name_, bytes.status());
    return *std::move(bytes);
  }

  Result<std::vector<IcebergManifest>> Manifests() const {
    const auto& snapshot = *table_.snapshot;
    if (!snapshot.manifest_list.empty()) {
      FEAST_ASSIGN_OR_RETURN(const auto path, Resolve(snapshot.manifest_list));
      FEAST_ASSIGN_OR_RETURN(const auto bytes, Read(path));
      auto read = ReadManifestList(std::string_view(*bytes));
      return read.ok() ? read : About(path, read.status());
    }
    if (table_.specs.size() > 1) {
      return Status::Unimplemented(name_ +
                                   ": the Iceberg table uses a feature that is not read: "
                                   "manifests without a list, and several ways of partitioning");
    }
    std::vector<IcebergManifest> manifests;
    for (const auto& path : snapshot.manifests) {
      manifests.push_back({path, 0, table_.specs.empty() ? 0 : table_.specs.begin()->first, 0, -1});
    }
    return manifests;
  }

  int32_t BoundsColumn(const TimesWanted& times) const {
    const auto column = table_.schema->GetFieldByName(times.column);
    if (!column || column->type()->id() != arrow::Type::TIMESTAMP) return -1;
    return FieldIdOf(*column);
  }

  // What was committed last comes last, so that its rows win ties.
  void SortByCommit() {
    const auto commit = [this](const IcebergFile& file) {
      const auto known = table_.snapshot_times.find(file.snapshot_id);
      return std::tuple(file.sequence,
                        known == table_.snapshot_times.end() ? INT64_MIN : known->second);
    };
    std::ranges::stable_sort(data_, {}, commit);
  }

  // A file that a table names, in the table's folder, wherever that was when it was written.
  Result<std::string> Resolve(const std::string& uri) const {
    const std::string file = OneSpelling(uri);
    const bool inside = file.size() > location_.size() + 1 && file.starts_with(location_) &&
                        file[location_.size()] == '/';
    const std::string rest = inside ? file.substr(location_.size()) : "";
    if (!inside || (rest + "/").find("/../") != std::string::npos) {
      return Status::Unimplemented(
          name_ + ": the Iceberg table uses a feature that is not read: files elsewhere (" + uri +
          " is not in its location, " + table_.location + ")");
    }
    return folder_ + rest;
  }

  Result<std::vector<ParquetFile>> PlacesOf(const std::vector<IcebergFile>& files) const {
    std::vector<ParquetFile> places;
    for (const auto& file : files) {
      ParquetFile place;
      FEAST_ASSIGN_OR_RETURN(place.path, Resolve(file.path));
      place.size = file.size;
      for (const auto& column : table_.schema->fields()) {
        const auto value = file.partition.find(FieldIdOf(*column));
        if (value != file.partition.end()) place.partition[column->name()] = value->second;
      }
      places.push_back(std::move(place));
    }
    return places;
  }

  const FilePlace& place_;
  const std::string& metadata_file_;
  const std::string folder_;
  const std::string& name_;
  IcebergMetadata table_;
  std::string location_;
  std::vector<IcebergFile> data_, deletes_;
};

}  // namespace

Result<std::unique_ptr<RowSource>> OpenIcebergSource(const FilePlace& place,
                                                     const std::string& metadata_file,
                                                     const std::string& name,
                                                     const TimesWanted& times) {
  IcebergTable table(place, metadata_file, name);
  FEAST_RETURN_IF_ERROR(table.ReadMetadata());
  FEAST_RETURN_IF_ERROR(table.ReadManifests(times));
  return table.Open();
}

}  // namespace feast
