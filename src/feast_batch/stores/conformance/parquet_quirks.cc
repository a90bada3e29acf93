#include "feast_batch/stores/conformance/parquet_quirks.h"

#include <arrow/io/file.h>
#include <arrow/memory_pool.h>
#include <arrow/table.h>
#include <parquet/arrow/writer.h>
#include <unistd.h>

#include "feast/offline/batch_module.h"

namespace feast::offline_conformance {

namespace fs = std::filesystem;

void SaveParquet(const fs::path& file, const arrow::Table& table, int64_t group_rows) {
  fs::create_directories(file.parent_path());
  const auto out = *arrow::io::FileOutputStream::Open(file.string());
  const auto properties = parquet::ArrowWriterProperties::Builder().store_schema()->build();
  ASSERT_TRUE(parquet::arrow::WriteTable(table, arrow::default_memory_pool(), out, group_rows,
                                         parquet::default_writer_properties(), properties)
                  .ok());
  ASSERT_TRUE(out->Close().ok());
}

core::DataSource FileSourceAt(const std::string& uri, const std::string& name) {
  core::DataSource source;
  source.set_name(name);
  source.set_type(core::DataSource::BATCH_FILE);
  source.mutable_file_options()->set_uri(uri);
  return source;
}

ParquetQuirks::ParquetQuirks(std::string type, std::string extension, Setting native)
    : type_(std::move(type)), extension_(std::move(extension)), native_(std::move(native)) {
  static int count = 0;
  folder_ = fs::temp_directory_path() /
            (type_ + "_store_test." + std::to_string(getpid()) + "." + std::to_string(++count));
  fs::create_directories(folder_);
}

ParquetQuirks::~ParquetQuirks() {
  std::error_code error;
  fs::remove_all(folder_, error);
}

Result<std::unique_ptr<OfflineStore>> ParquetQuirks::Open() {
  FEAST_ASSIGN_OR_RETURN(BatchModule * module, OpenBatchModule());
  return module->OpenOfflineStore(type_, Setting{},
                                  {folder_.string(), "feature_store.yaml", &native_});
}

Result<core::DataSource> ParquetQuirks::MakeSource(const std::string& name,
                                                   const std::shared_ptr<arrow::Table>& rows) {
  const std::string uri = name + extension_;
  SaveParquet(extension_.empty() ? folder_ / uri / "a.parquet" : folder_ / uri, *rows);
  return FileSourceAt(uri, name);
}

core::DataSource ParquetQuirks::MissingSource() { return FileSourceAt("none.parquet", "none"); }

core::SavedDatasetStorage ParquetQuirks::Storage(const std::string& name) {
  core::SavedDatasetStorage storage;
  storage.mutable_file_storage()->set_uri("data/" + name + extension_);
  return storage;
}

}  // namespace feast::offline_conformance
