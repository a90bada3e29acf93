#include "feast_batch/stores/duckdb/duckdb_engine.h"

#include <arrow/c/bridge.h>
#include <arrow/record_batch.h>
#include <arrow/table.h>
#include <arrow/type.h>
#include <duckdb.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <filesystem>
#include <string_view>
#include <thread>

#include "feast/base/sql_text.h"
#include "feast_batch/point_in_time/arrow_status_internal.h"

namespace feast {

namespace {

// The database, which its connections keep open.
struct Opened {
  ~Opened() {
    duckdb_close(&database);
    std::error_code error;
    if (!own_folder.empty()) std::filesystem::remove_all(own_folder, error);
  }

  duckdb_database database = nullptr;
  DuckDbSettings settings;
  std::string own_folder;  // for spilling, where the settings name none
};

constexpr auto kPause = std::chrono::microseconds(100);  // while other threads have all the work

// Owns one of DuckDB's handles.
template <typename Handle, void (*Destroy)(Handle*)>
struct Owned {
  Owned() = default;
  Owned(const Owned&) = delete;
  Owned& operator=(const Owned&) = delete;
  ~Owned() { Destroy(&handle); }
  Handle handle{};
};
using Prepared = Owned<duckdb_prepared_statement, duckdb_destroy_prepare>;
using Pending = Owned<duckdb_pending_result, duckdb_destroy_pending>;
using Rows = Owned<duckdb_result, duckdb_destroy_result>;
using Chunk = Owned<duckdb_data_chunk, duckdb_destroy_data_chunk>;
using Type = Owned<duckdb_logical_type, duckdb_destroy_logical_type>;
using ArrowOptions = Owned<duckdb_arrow_options, duckdb_destroy_arrow_options>;
using Statements = Owned<duckdb_extracted_statements, duckdb_destroy_extracted>;
using Config = Owned<duckdb_config, duckdb_destroy_config>;
using Value = Owned<duckdb_value, duckdb_destroy_value>;
using ErrorData = Owned<duckdb_error_data, duckdb_destroy_error_data>;

bool Says(std::string_view message, std::initializer_list<std::string_view> texts) {
  return std::any_of(texts.begin(), texts.end(),
                     [&](auto text) { return message.find(text) != std::string_view::npos; });
}

// The kind of an error is the first word of its text: of a statement's errors DuckDB's C interface
// gives only the text.
Status StatusOf(const char* text) {
  std::string message = text ? text : "DuckDB gave no reason";
  while (!message.empty() && message.back() == '\n') message.pop_back();
  const auto is = [&](std::string_view kind) { return message.starts_with(kind); };
  if (is("INTERRUPT")) return Status::Cancelled("the query was interrupted");
  if (is("Out of Memory")) {
    return Status::ResourceExhausted(message +
                                     " (see native.duckdb.memory_limit and "
                                     "native.duckdb.max_temp_directory_size)");
  }
  if (is("Permission") || Says(message, {"Permission denied", "HTTP 403", "HTTP 401"})) {
    return {StatusCode::kPermissionDenied, message, ErrorKind::kPermissionError};
  }
  if (Says(message, {"No files found", "No such file", "HTTP 404", "does not exist"}) &&
      (is("IO") || is("HTTP"))) {
    return Status::NotFound(message, ErrorKind::kFileNotFound);
  }
  if (is("IO") && Says(message, {"No space left", "ENOSPC"})) {
    return Status::ResourceExhausted(message);
  }
  if (is("IO") || is("HTTP") || is("Connection") || is("Network")) {
    return {StatusCode::kUnavailable, message, ErrorKind::kOsError};
  }
  if (is("Missing Extension") || is("Extension Autoloading")) {
    return Status::FailedPrecondition(message);
  }
  if (is("Not implemented")) return Status::Unimplemented(message);
  if (is("INTERNAL") || is("FATAL")) return Status::Internal(message);
  return Status::InvalidArgument(message, ErrorKind::kValueError);
}

Status StatusOf(const ErrorData& error) {
  if (!error.handle || !duckdb_error_data_has_error(error.handle)) return Status::OK();
  return StatusOf(duckdb_error_data_message(error.handle));
}

Status Prepare(duckdb_connection connection, const std::string& sql, Prepared* statement) {
  if (duckdb_prepare(connection, sql.c_str(), &statement->handle) == DuckDBSuccess) {
    return Status::OK();
  }
  return StatusOf(duckdb_prepare_error(statement->handle));
}

// Runs a statement in slices, so that its call can end it between two of them.
Status Execute(const CallContext& context, duckdb_connection connection, const std::string& sql,
               Rows* rows) {
  FEAST_RETURN_IF_ERROR(context.Check());
  Prepared statement;
  FEAST_RETURN_IF_ERROR(Prepare(connection, sql, &statement));
  Pending pending;
  if (duckdb_pending_prepared(statement.handle, &pending.handle) != DuckDBSuccess) {
    return StatusOf(duckdb_pending_error(pending.handle));
  }
  while (true) {
    const auto state = duckdb_pending_execute_task(pending.handle);
    if (state == DUCKDB_PENDING_ERROR) return StatusOf(duckdb_pending_error(pending.handle));
    if (duckdb_pending_execution_is_finished(state)) break;
    if (Status ended = context.Check(); !ended.ok()) {
      duckdb_interrupt(connection);
      return ended;
    }
    if (state == DUCKDB_PENDING_NO_TASKS_AVAILABLE) std::this_thread::sleep_for(kPause);
  }
  if (duckdb_execute_pending(pending.handle, &rows->handle) == DuckDBSuccess) return Status::OK();
  return StatusOf(duckdb_result_error(&rows->handle));
}

// `type_at(i)` and `name_at(i)` are what DuckDB has for column i.
template <typename TypeAt, typename NameAt>
Result<std::shared_ptr<arrow::Schema>> ArrowSchemaOf(const ArrowOptions& options, idx_t columns,
                                                     const TypeAt& type_at, const NameAt& name_at) {
  std::vector<Type> owned(columns);
  std::vector<duckdb_logical_type> types;
  std::vector<std::string> texts(columns);
  std::vector<const char*> names;
  for (idx_t i = 0; i < columns; ++i) {
    types.push_back(owned[i].handle = type_at(i));
    texts[i] = name_at(i);
    names.push_back(texts[i].c_str());
  }
  ArrowSchema exported{};
  ErrorData error;
  error.handle =
      duckdb_to_arrow_schema(options.handle, types.data(), names.data(), columns, &exported);
  FEAST_RETURN_IF_ERROR(StatusOf(error));
  FEAST_ARROW_ASSIGN(auto schema, arrow::ImportSchema(&exported));
  return schema;
}

Status SetOption(const Config& config, const char* name, const std::string& value,
                 const char* key) {
  if (value.empty() || duckdb_set_config(config.handle, name, value.c_str()) == DuckDBSuccess) {
    return Status::OK();
  }
  return Status::InvalidArgument(
      "native.duckdb." + std::string(key) + ": DuckDB refuses '" + value + "'",
      ErrorKind::kFeastConfigError);
}

std::string NewFolderName() {
  static std::atomic<uint64_t> counter{0};
  std::error_code error;
  const auto parent = std::filesystem::temp_directory_path(error);
  return (error ? std::filesystem::path("/tmp") : parent) /
         ("feast_duckdb." + std::to_string(getpid()) + "." + std::to_string(++counter));
}

// ---------------------------------------------------------------- connection

class Connection final : public DuckDbConnection {
 public:
  Connection(std::shared_ptr<const Opened> opened, duckdb_connection connection)
      : opened_(std::move(opened)), connection_(connection) {}
  ~Connection() override { duckdb_disconnect(&connection_); }

  Status Run(const CallContext& context, const std::string& sql) override;
  Result<std::shared_ptr<arrow::Table>> Query(const CallContext& context,
                                              const std::string& sql) override;
  Result<std::shared_ptr<arrow::Schema>> SchemaOf(const CallContext& context,
                                                  const std::string& sql) override;
  Status CheckOneSelect(const std::string& sql) override;
  Result<std::vector<std::string>> TablesIn(const std::string& sql) override;
  Status Load(const CallContext& context, const std::string& extension) override;

 private:
  const std::shared_ptr<const Opened> opened_;
  duckdb_connection connection_;
};

Status Connection::Run(const CallContext& context, const std::string& sql) {
  Rows rows;
  return Execute(context, connection_, sql, &rows);
}

Result<std::shared_ptr<arrow::Table>> Connection::Query(const CallContext& context,
                                                        const std::string& sql) {
  Rows rows;
  FEAST_RETURN_IF_ERROR(Execute(context, connection_, sql, &rows));
  ArrowOptions options;
  options.handle = duckdb_result_get_arrow_options(&rows.handle);
  FEAST_ASSIGN_OR_RETURN(const auto schema,
                         ArrowSchemaOf(
                             options, duckdb_column_count(&rows.handle),
                             [&](idx_t i) { return duckdb_column_logical_type(&rows.handle, i); },
                             [&](idx_t i) { return duckdb_column_name(&rows.handle, i); }));
  std::vector<std::shared_ptr<arrow::RecordBatch>> batches;
  while (true) {
    FEAST_RETURN_IF_ERROR(context.Check());
    Chunk chunk;
    chunk.handle = duckdb_fetch_chunk(rows.handle);
    if (!chunk.handle) break;
    ArrowArray exported{};
    ErrorData error;
    error.handle = duckdb_data_chunk_to_arrow(options.handle, chunk.handle, &exported);
    FEAST_RETURN_IF_ERROR(StatusOf(error));
    FEAST_ARROW_ASSIGN(auto batch, arrow::ImportRecordBatch(&exported, schema));
    batches.push_back(std::move(batch));
  }
  FEAST_ARROW_ASSIGN(auto table, arrow::Table::FromRecordBatches(schema, batches));
  return table;
}

Result<std::shared_ptr<arrow::Schema>> Connection::SchemaOf(const CallContext& context,
                                                            const std::string& sql) {
  FEAST_RETURN_IF_ERROR(context.Check());
  Prepared statement;
  FEAST_RETURN_IF_ERROR(Prepare(connection_, sql, &statement));
  ArrowOptions options;
  duckdb_connection_get_arrow_options(connection_, &options.handle);
  const auto prepared = statement.handle;
  return ArrowSchemaOf(
      options, duckdb_prepared_statement_column_count(prepared),
      [&](idx_t i) { return duckdb_prepared_statement_column_logical_type(prepared, i); },
      [&](idx_t i) {
        // Ours to free, unlike the name of a result's column.
        const char* text = duckdb_prepared_statement_column_name(prepared, i);
        std::string name(text ? text : "");
        duckdb_free(const_cast<char*>(text));
        return name;
      });
}

Status Connection::CheckOneSelect(const std::string& sql) {
  Statements statements;
  const idx_t count = duckdb_extract_statements(connection_, sql.c_str(), &statements.handle);
  if (count == 0) {
    const char* error = duckdb_extract_statements_error(statements.handle);
    return error ? StatusOf(error) : Status::InvalidArgument("the query is empty");
  }
  Prepared statement;
  if (count == 1 && duckdb_prepare_extracted_statement(connection_, statements.handle, 0,
                                                       &statement.handle) != DuckDBSuccess) {
    return StatusOf(duckdb_prepare_error(statement.handle));
  }
  if (count > 1 ||
      duckdb_prepared_statement_type(statement.handle) != DUCKDB_STATEMENT_TYPE_SELECT) {
    return Status::InvalidArgument("the query must be one SELECT");
  }
  return Status::OK();
}

Result<std::vector<std::string>> Connection::TablesIn(const std::string& sql) {
  Value list;
  list.handle = duckdb_get_table_names(connection_, sql.c_str(), /*qualified=*/false);
  std::vector<std::string> names;
  const idx_t count = list.handle ? duckdb_get_list_size(list.handle) : 0;
  for (idx_t i = 0; i < count; ++i) {
    Value name;
    name.handle = duckdb_get_list_child(list.handle, i);
    char* text = duckdb_get_varchar(name.handle);
    names.emplace_back(text ? text : "");
    duckdb_free(text);
  }
  return names;
}

Status Connection::Load(const CallContext& context, const std::string& extension) {
  const DuckDbSettings& settings = opened_->settings;
  if (settings.install_extensions) {
    FEAST_RETURN_IF_ERROR(Run(context, "INSTALL " + SqlName(extension)));
  }
  Status loaded = Run(context, "LOAD " + SqlName(extension));
  if (loaded.ok() || loaded.code() == StatusCode::kCancelled) return loaded;
  return Status::FailedPrecondition(
      "it takes DuckDB's extension '" + extension + "' for " + duckdb_library_version() +
      ", which is not installed in " +
      (settings.extension_directory.empty() ? "~/.duckdb" : settings.extension_directory) +
      " (native.duckdb.extension_directory); `native.duckdb.install_extensions: true` lets DuckDB "
      "download it. " +
      loaded.message());
}

// ---------------------------------------------------------------- database

class Database final : public DuckDb {
 public:
  explicit Database(std::shared_ptr<const Opened> opened) : opened_(std::move(opened)) {}

  Result<std::unique_ptr<DuckDbConnection>> Connect() const override {
    duckdb_connection handle = nullptr;
    if (duckdb_connect(opened_->database, &handle) != DuckDBSuccess) {
      return Status::Internal("DuckDB gave no connection");
    }
    auto connection = std::make_unique<Connection>(opened_, handle);
    FEAST_RETURN_IF_ERROR(connection->Run({}, "SET TimeZone = 'UTC'"));
    FEAST_RETURN_IF_ERROR(
        connection->Run({}, "SET file_search_path = " + SqlText(opened_->settings.repo_path)));
    return std::unique_ptr<DuckDbConnection>(std::move(connection));
  }

 private:
  const std::shared_ptr<const Opened> opened_;
};

Result<std::shared_ptr<DuckDb>> OpenDatabase(const DuckDbSettings& settings) {
  auto opened = std::make_shared<Opened>();
  opened->settings = settings;
  std::string folder = settings.temp_directory;
  if (folder.empty()) folder = opened->own_folder = NewFolderName();
  Config config;
  duckdb_create_config(&config.handle);
  const auto threads = settings.threads ? std::to_string(*settings.threads) : "";
  const struct {
    const char* name;
    std::string value;
    const char* key;
  } options[] = {
      {"memory_limit", settings.memory_limit, "memory_limit"},
      {"threads", threads, "threads"},
      {"temp_directory", folder, "temp_directory"},
      {"max_temp_directory_size", settings.max_temp_directory_size, "max_temp_directory_size"},
      {"extension_directory", settings.extension_directory, "extension_directory"},
      {"autoinstall_known_extensions", settings.install_extensions ? "true" : "false",
       "install_extensions"},
  };
  for (const auto& option : options) {
    FEAST_RETURN_IF_ERROR(SetOption(config, option.name, option.value, option.key));
  }
  char* error = nullptr;
  if (duckdb_open_ext(nullptr, &opened->database, config.handle, &error) != DuckDBSuccess) {
    const Status status = StatusOf(error);
    duckdb_free(error);
    return Status::InvalidArgument("native.duckdb: " + status.message(),
                                   ErrorKind::kFeastConfigError);
  }
  std::shared_ptr<DuckDb> database = std::make_shared<Database>(std::move(opened));
  FEAST_ASSIGN_OR_RETURN(const auto connection, database->Connect());
  for (const auto& [name, path] : settings.attach) {
    const auto attached =
        connection->Run({}, "ATTACH " + SqlText(path) + " AS " + SqlName(name) + " (READ_ONLY)");
    if (!attached.ok()) return attached.Annotate("native.duckdb.attach." + name);
  }
  return database;
}

class Engine final : public DuckDbEngine {
  Result<std::shared_ptr<DuckDb>> Open(const DuckDbSettings& settings) override {
    return OpenDatabase(settings);
  }
};

}  // namespace
}  // namespace feast

// NOLINTNEXTLINE(readability-identifier-naming): a C symbol
extern "C" feast::DuckDbEngine* feast_duckdb(const char* build_id) {
  static feast::Engine engine;
  return std::string_view(build_id) == FEAST_DUCKDB_BUILD_ID ? &engine : nullptr;
}
