#include "feast_batch/stores/postgres/postgres_source.h"

#include <arrow/type.h>

#include <algorithm>
#include <cctype>
#include <string_view>

#include "feast/base/sql_text.h"
#include "feast/codec/value_json.h"
#include "feast_batch/stores/postgres/postgres_text.h"

namespace feast {
namespace {

// Python's classes, whatever module they are imported from.
constexpr std::string_view kSourceClass = "PostgreSQLSource";
constexpr std::string_view kStorageClass = "SavedDatasetPostgreSQLStorage";
constexpr std::string_view kStorageKey = "saved_dataset_storage_class";

struct Settings {
  std::string table, query, storage_class;
};

Result<Settings> SettingsOf(const std::string& json) {
  FEAST_ASSIGN_OR_RETURN(const RawValue parsed, ParsePythonJson(json));
  Settings settings;
  const auto* const entries = std::get_if<RawValue::Map>(&parsed.data);
  if (entries == nullptr) return settings;
  for (const auto& [key, value] : *entries) {
    const auto* const text = std::get_if<std::string>(&value.data);
    if (text == nullptr) continue;
    if (key == "table") settings.table = *text;
    if (key == "query") settings.query = *text;
    if (key == kStorageKey) settings.storage_class = *text;
  }
  return settings;
}

// The server's names and categories of types without a number of their own.
Result<PostgresSession::Texts> AskTypes(PostgresSession& session, const std::string& numbers) {
  if (numbers.empty()) return PostgresSession::Texts();
  return session.Ask("SELECT oid, format_type(oid, NULL), typcategory FROM pg_type WHERE oid IN (" +
                     numbers + ")");
}

// A divided table has its rows in parts, which have places of their own.
Result<std::vector<std::string>> RowPlaces(PostgresSession& session, const std::string& table) {
  const auto kind =
      session.Ask("SELECT relkind, relhassubclass FROM pg_class WHERE oid = to_regclass(" +
                  SqlText(table) + ")");
  std::vector<std::string> places;
  // What is no name of a table, a function say, has no places either.
  if (!kind.ok()) {
    if (kind.status().code() == StatusCode::kUnavailable) return kind.status();
    return places;
  }
  if (kind->empty()) return places;
  const std::string relation = (*kind)[0][0].value_or("");
  if (relation != "r" && relation != "m" && relation != "p") return places;
  if ((*kind)[0][1] == "t") places.emplace_back("tableoid");
  places.emplace_back("ctid");
  return places;
}

std::string Lower(std::string text) {
  std::ranges::transform(text, text.begin(), [](unsigned char c) { return std::tolower(c); });
  return text;
}

// One statement, without what ends it.
std::string Trimmed(std::string sql) {
  while (!sql.empty() &&
         (std::isspace(static_cast<unsigned char>(sql.back())) || sql.back() == ';')) {
    sql.pop_back();
  }
  return sql;
}

}  // namespace

Result<PostgresSource> PostgresSourceOf(const core::DataSource& source) {
  const core::DataSource* batch = &source;
  while (!batch->has_custom_options() && batch->has_batch_source()) batch = &batch->batch_source();
  const std::string& name = batch->name().empty() ? source.name() : batch->name();
  if (!batch->has_custom_options() || !batch->data_source_class_type().ends_with(kSourceClass)) {
    return Status::InvalidArgument(
        "the postgres offline store reads PostgreSQL sources, which "
        "source '" +
        name + "' is not");
  }
  const auto read = SettingsOf(batch->custom_options().configuration());
  if (!read.ok()) return read.status().Annotate("source '" + name + "'");
  PostgresSource out;
  out.table = read->table;
  out.name = "source '" + name + "' (" + (read->table.empty() ? "a query" : read->table) + ")";
  if (read->table.empty() && read->query.empty()) {
    return Status::InvalidArgument("source '" + name + "' has neither a table nor a query");
  }
  // The line break ends a comment at the query's end.
  out.from = read->table.empty() ? "(" + read->query + "\n)" : read->table;
  return out;
}

// Sources that the query mentions are tables under their names. Columns get names of ours, because
// a query's may be there twice.
std::string EntityQuery(const std::string& sql, const std::vector<core::DataSource>& sources) {
  std::string with;
  const std::string text = Lower(sql);
  for (const auto& source : sources) {
    if (source.name().empty() || text.find(Lower(source.name())) == std::string::npos) continue;
    const auto named = PostgresSourceOf(source);
    if (!named.ok()) continue;
    with += (with.empty() ? "WITH " : ", ") + SqlName(source.name()) + " AS (SELECT * FROM " +
            named->from + " AS s)";
  }
  return with + " SELECT * FROM (" + Trimmed(sql) + "\n) AS s";
}

Result<std::string> PostgresTableOf(const core::SavedDatasetStorage& storage) {
  const Status other = Status::InvalidArgument(
      "the postgres offline store keeps saved datasets in tables; "
      "use SavedDatasetPostgreSQLStorage with a table_ref");
  if (!storage.has_custom_storage()) return other;
  FEAST_ASSIGN_OR_RETURN(const Settings settings,
                         SettingsOf(storage.custom_storage().configuration()));
  const bool foreign =
      !settings.storage_class.empty() && !settings.storage_class.ends_with(kStorageClass);
  if (settings.table.empty() || foreign) return other;
  return settings.table;
}

int PostgresColumns::Find(const std::string& name) const {
  const auto found = std::find(names.begin(), names.end(), name);
  return found == names.end() ? -1 : static_cast<int>(found - names.begin());
}

Result<PostgresColumns> DescribeQuery(PostgresSession& session, const std::string& sql) {
  FEAST_ASSIGN_OR_RETURN(const auto described, session.Describe(sql));
  std::string foreign;
  for (const auto& column : described) {
    if (IsBuiltIn(column.type)) continue;
    foreign += (foreign.empty() ? "" : ", ") + std::to_string(column.type);
  }
  FEAST_ASSIGN_OR_RETURN(const auto types, AskTypes(session, foreign));
  PostgresColumns out;
  for (const auto& column : described) {
    const auto known = std::find_if(types.begin(), types.end(), [&](const auto& row) {
      return row[0] == std::to_string(column.type);
    });
    const bool found = known != types.end();
    out.names.push_back(column.name);
    out.types.push_back(PostgresTypeOf(column.type, found ? (*known)[1].value_or("text") : "text",
                                       found ? (*known)[2].value_or(" ")[0] : ' '));
  }
  return out;
}

Status SourceTable::Check(const std::vector<std::string>& names) const {
  const auto wrong = std::ranges::find_if(
      names, [&](const std::string& name) { return std::ranges::count(columns.names, name) != 1; });
  if (wrong == names.end()) return Status::OK();
  std::string known;
  for (const auto& column : columns.names) known.append(known.empty() ? "" : ", ").append(column);
  return Status::InvalidArgument(
      source.name + " has no column '" + *wrong + "' (or has it twice); its columns: " + known,
      ErrorKind::kKeyError);
}

Status SourceTable::CheckTime(const std::string& name) const {
  FEAST_RETURN_IF_ERROR(Check({name}));
  const PostgresColumnType& type = TypeOf(name);
  const bool is_time = type.form == PostgresForm::kDate || type.form == PostgresForm::kTimestamp ||
                       type.form == PostgresForm::kTimestamptz;
  if (is_time && !type.is_array) return Status::OK();
  return Status::InvalidArgument(source.name + ": column '" + name + "' is of type " + type.sql +
                                 " (" + ArrowTypeOf(type)->ToString() + "), not a timestamp");
}

Status SourceTable::CheckRead(const SourceRead& read) const {
  FEAST_RETURN_IF_ERROR(CheckTime(read.timestamp_column));
  if (!read.created_column.empty()) FEAST_RETURN_IF_ERROR(CheckTime(read.created_column));
  FEAST_RETURN_IF_ERROR(Check(read.join_keys));
  return Check(read.features);
}

const PostgresColumnType& SourceTable::TypeOf(const std::string& name) const {
  return columns.types[static_cast<size_t>(columns.Find(name))];
}

std::string SourceTable::Expression(const std::string& name) const {
  const PostgresColumnType& type = TypeOf(name);
  const std::string column = "s." + SqlName(name);
  return type.travels_as.empty() ? column : column + "::" + type.travels_as;
}

Result<SourceTable> DescribeTable(PostgresSession& session, const PostgresSource& source) {
  SourceTable out;
  out.source = source;
  auto columns = DescribeQuery(session, "SELECT * FROM " + source.from + " AS s");
  if (!columns.ok()) return columns.status().Annotate(source.name);
  out.columns = *std::move(columns);
  if (source.table.empty()) return out;
  FEAST_ASSIGN_OR_RETURN(out.row_places, RowPlaces(session, source.table));
  return out;
}

}  // namespace feast
