#pragma once
/// For tests of stores that read Parquet files.
#include <cstdint>
#include <filesystem>
#include <string>

#include "feast/config/settings.h"
#include "feast_batch/stores/conformance/offline_store_conformance.h"

namespace feast::offline_conformance {

/// Writes a table as one file, in row groups of that many rows, and the folders above it.
void SaveParquet(const std::filesystem::path& file, const arrow::Table& table,
                 int64_t group_rows = 2);

core::DataSource FileSourceAt(const std::string& uri, const std::string& name = "stats");

/// Sources and saved datasets are Parquet in a temporary folder, the repo's. Stores are opened as
/// the core does, through the module.
class ParquetQuirks : public OfflineStoreQuirks {
 public:
  /// Without extension a source is a folder of files. `native` is that section of the yaml.
  explicit ParquetQuirks(std::string type, std::string extension = ".parquet", Setting native = {});
  ~ParquetQuirks() override;

  Result<std::unique_ptr<OfflineStore>> Open() override;
  Result<core::DataSource> MakeSource(const std::string& name,
                                      const std::shared_ptr<arrow::Table>& rows) override;
  core::DataSource MissingSource() override;
  core::SavedDatasetStorage Storage(const std::string& name) override;
  const std::filesystem::path& folder() const { return folder_; }

 private:
  const std::string type_;
  const std::string extension_;
  const Setting native_;
  std::filesystem::path folder_;
};

}  // namespace feast::offline_conformance
