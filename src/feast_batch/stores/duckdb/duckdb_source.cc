#include "feast_batch/stores/duckdb/duckdb_source.h"

#include <arrow/array.h>
#include <arrow/table.h>
#include <arrow/type.h>

#include <algorithm>
#include <mutex>

#include "feast/base/sql_text.h"
#include "feast_batch/point_in_time/arrow_status_internal.h"

namespace feast {
namespace {

constexpr uint64_t kGroupRows = 122'880;  // DuckDB's own row group
constexpr Micros kBeyondTimes = Micros{1} << 62;

std::string ColumnName(size_t at) { return "c" + std::to_string(at); }

class DuckDbSource final : public RowSource {
 public:
  DuckDbSource(CallContext context, std::string name, std::shared_ptr<arrow::Schema> schema,
               std::unique_ptr<DuckDbConnection> connection)
      : context_(std::move(context)),
        name_(std::move(name)),
        schema_(std::move(schema)),
        connection_(std::move(connection)) {}

  const std::string& name() const override { return name_; }
  const arrow::Schema& schema() const override { return *schema_; }
  const std::vector<Group>& groups() const override { return groups_; }
  bool MayHold(size_t, const std::string&, Micros, Micros) override { return true; }
  bool columnar() const override { return false; }

  // Reads the wanted columns into the table `rows`, numbered as in `columns_`.
  Status Load(const std::string& from, const RowsWanted& wanted) {
    std::string select;
    for (const auto& column : DistinctNames({wanted.columns})) {
      if (!schema_->GetFieldByName(column)) continue;
      select +=
          (select.empty() ? "" : ", ") + SqlName(column) + " AS " + ColumnName(columns_.size());
      columns_.push_back(column);
    }
    if (select.empty()) select = "1 AS " + ColumnName(0);
    FEAST_RETURN_IF_ERROR(
        Run("CREATE TEMP TABLE rows AS SELECT " + select + " FROM " + from + Where(wanted)));
    FEAST_ASSIGN_OR_RETURN(const auto counted, Ask("SELECT count(*) FROM rows"));
    const auto& counts = static_cast<const arrow::Int64Array&>(*counted->column(0)->chunk(0));
    const auto rows = static_cast<uint64_t>(counts.Value(0));
    for (uint64_t first = 0; first < rows; first += kGroupRows) {
      groups_.push_back({first, std::min(kGroupRows, rows - first)});
    }
    return Status::OK();
  }

  Result<std::unique_ptr<RowStream>> Open(size_t group, const std::vector<std::string>& columns,
                                          Decode) override {
    FEAST_ASSIGN_OR_RETURN(auto table, Read(group, columns));
    return StreamOf(std::move(table));
  }

 private:
  Result<std::shared_ptr<arrow::Table>> Read(size_t group,
                                             const std::vector<std::string>& columns) {
    std::string select;
    arrow::FieldVector fields;
    for (const auto& column : columns) {
      const auto at = std::find(columns_.begin(), columns_.end(), column);
      if (at == columns_.end()) return Status::Internal(name_ + ": column not loaded: " + column);
      select += (select.empty() ? "" : ", ") + ColumnName(at - columns_.begin());
      fields.push_back(schema_->GetFieldByName(column));
    }
    if (select.empty()) {
      return arrow::Table::Make(arrow::schema(fields), arrow::ChunkedArrayVector{},
                                static_cast<int64_t>(groups_[group].rows));
    }
    const auto& [first, rows] = groups_[group];
    FEAST_ASSIGN_OR_RETURN(const auto read, Ask("SELECT " + select + " FROM rows WHERE rowid >= " +
                                                std::to_string(first) + " AND rowid < " +
                                                std::to_string(first + rows)));
    if (read->num_rows() != static_cast<int64_t>(rows)) {
      return Status::Internal(name_ + ": DuckDB gave " + std::to_string(read->num_rows()) + " of " +
                              std::to_string(rows) + " rows");
    }
    return arrow::Table::Make(arrow::schema(fields), read->columns(), read->num_rows());
  }

  Status Run(const std::string& sql) {
    auto status = connection_->Run(context_, sql);
    return status.ok() ? status : status.Annotate(name_);
  }
  Result<std::shared_ptr<arrow::Table>> Ask(const std::string& sql) {
    const std::lock_guard lock(mutex_);  // a connection runs one query at a time
    auto table = connection_->Query(context_, sql);
    if (!table.ok()) return table.status().Annotate(name_);
    return table;
  }

  std::string Where(const RowsWanted& wanted) const {
    if (!PushesTimes(*schema_, wanted.time_column)) return "";
    const auto field = schema_->GetFieldByName(wanted.time_column);
    const auto& type = static_cast<const arrow::TimestampType&>(*field->type());
    std::string where;
    const auto add = [&](std::string_view comparison, std::optional<Micros> bound) {
      if (!bound || *bound < -kBeyondTimes || *bound > kBeyondTimes) return;
      where.append(where.empty() ? " WHERE " : " AND ").append(SqlName(wanted.time_column));
      where.append(comparison).append("make_timestamp(").append(std::to_string(*bound)).append(")");
      if (!type.timezone().empty()) where.append("::TIMESTAMPTZ");
    };
    add(" >= ", wanted.from);
    add(" <= ", wanted.to);
    return where;
  }

  const CallContext context_;
  const std::string name_;
  const std::shared_ptr<arrow::Schema> schema_;
  std::mutex mutex_;
  std::unique_ptr<DuckDbConnection> connection_;  // guarded by mutex_
  std::vector<std::string> columns_;
  std::vector<Group> groups_;
};

}  // namespace

bool PushesTimes(const arrow::Schema& schema, const std::string& time_column) {
  const auto field = schema.GetFieldByName(time_column);
  return field && field->type()->id() == arrow::Type::TIMESTAMP &&
         static_cast<const arrow::TimestampType&>(*field->type()).unit() == arrow::TimeUnit::MICRO;
}

Status PrepareScan(const CallContext& context, const SourceScan& scan,
                   DuckDbConnection* connection) {
  for (const auto& extension : scan.extensions) {
    if (auto loaded = connection->Load(context, extension); !loaded.ok()) {
      return loaded.Annotate(scan.name);
    }
  }
  if (scan.s3_endpoint.empty()) return Status::OK();
  std::string endpoint = scan.s3_endpoint;
  const bool plain = endpoint.starts_with("http://");
  if (const auto scheme = endpoint.find("://"); scheme != std::string::npos) {
    endpoint.erase(0, scheme + 3);
  }
  while (endpoint.ends_with('/')) endpoint.pop_back();
  for (const auto& set :
       {"SET s3_endpoint = " + SqlText(endpoint), std::string("SET s3_url_style = 'path'"),
        std::string("SET s3_use_ssl = ") + (plain ? "false" : "true")}) {
    if (auto done = connection->Run(context, set); !done.ok()) return done.Annotate(scan.name);
  }
  return Status::OK();
}

Result<std::shared_ptr<arrow::Schema>> ScanSchema(const CallContext& context,
                                                  const SourceScan& scan,
                                                  DuckDbConnection* connection) {
  FEAST_RETURN_IF_ERROR(PrepareScan(context, scan, connection));
  auto schema = connection->SchemaOf(context, "SELECT * FROM " + scan.from);
  if (!schema.ok()) return schema.status().Annotate(scan.name);
  return schema;
}

Result<std::unique_ptr<RowSource>> OpenDuckDbSource(const CallContext& context,
                                                    const SourceScan& scan,
                                                    const RowsWanted& wanted,
                                                    std::unique_ptr<DuckDbConnection> connection) {
  FEAST_ASSIGN_OR_RETURN(auto schema, ScanSchema(context, scan, connection.get()));
  auto source =
      std::make_unique<DuckDbSource>(context, scan.name, std::move(schema), std::move(connection));
  FEAST_RETURN_IF_ERROR(source->Load(scan.from, wanted));
  return std::unique_ptr<RowSource>(std::move(source));
}

}  // namespace feast
