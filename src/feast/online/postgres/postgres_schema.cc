#include <map>
#include <set>

#include "feast/base/sql_text.h"
#include "feast/definitions/names.h"
#include "feast/online/postgres/postgres_layout.h"
#include "feast/online/postgres/postgres_schema_internal.h"

namespace feast {
namespace {

/// Two applies at a time would both find a table missing, and one would fail.
constexpr char kOneAtATimeSql[] = "SELECT pg_advisory_xact_lock(7310034920614621)";

PostgresStatement Plain(std::string sql) {
  PostgresStatement statement;
  statement.sql = std::move(sql);
  return statement;
}

Result<std::vector<std::string>> Names(const RunPostgres& run, const Libpq& libpq,
                                       PostgresStatement statement) {
  std::vector<PostgresStatement> statements;
  statements.push_back(std::move(statement));
  FEAST_ASSIGN_OR_RETURN(const auto results, run(std::move(statements)));
  std::vector<std::string> names;
  const PGresult* rows = results[0].get();
  const int count = libpq.PQntuples(rows);
  names.reserve(static_cast<size_t>(count));
  for (int i = 0; i < count; ++i) {
    names.emplace_back(libpq.PQgetvalue(rows, i, 0),
                       static_cast<size_t>(libpq.PQgetlength(rows, i, 0)));
  }
  return names;
}

/// As upstream: asked first, since CREATE needs a right even where there is nothing to create.
Status CreateSchema(const RunPostgres& run, const Libpq& libpq, const PostgresOptions& options) {
  auto ask = Plain("SELECT nspname::text FROM pg_namespace WHERE nspname = $1");
  ask.parameters = {{PostgresType::kText, options.schema}};
  FEAST_ASSIGN_OR_RETURN(const auto found, Names(run, libpq, std::move(ask)));
  if (!found.empty()) return Status::OK();
  std::vector<PostgresStatement> create;
  create.push_back(Plain(kOneAtATimeSql));
  create.push_back(Plain("CREATE SCHEMA IF NOT EXISTS " + SqlName(options.schema) +
                         " AUTHORIZATION " + SqlName(options.user)));
  return run(std::move(create)).status().Annotate("creating schema " + options.schema);
}

/// The names by which PostgreSQL will know the tables; it cuts long ones.
Result<std::set<std::string>> KeptNames(const InfrastructureChange& change,
                                        const PostgresOptions& options) {
  std::map<std::string, std::string> kept;
  std::set<std::string> names;
  for (const auto& table : change.keep) {
    const std::string name = table->Name();
    const auto [other, is_new] = kept.emplace(KeptPostgresName(name), name);
    if (!is_new && other->second != name) {
      return Status::FailedPrecondition(
          options.Where() + ": table names may have 63 bytes, and these have the same first 63: " +
          other->second + ", " + name);
    }
    names.insert(other->first);
  }
  return names;
}

}  // namespace

Status ChangeTables(const RunPostgres& run, const Libpq& libpq, const PostgresOptions& options,
                    const InfrastructureChange& change) {
  FEAST_ASSIGN_OR_RETURN(const auto kept, KeptNames(change, options));
  if (!change.keep.empty()) FEAST_RETURN_IF_ERROR(CreateSchema(run, libpq, options));
  std::vector<PostgresStatement> statements;
  statements.push_back(Plain(kOneAtATimeSql));
  if (!change.drop.empty()) {
    // Only where we would create: another schema's table of that name is somebody else's.
    FEAST_ASSIGN_OR_RETURN(
        const auto existing,
        Names(run, libpq,
              Plain("SELECT tablename::text FROM pg_tables WHERE schemaname = current_schema()")));
    std::set<std::string> gone;
    for (const auto& table : change.drop) {
      const std::string wanted(KeptPostgresName(table->project + "_" + table->view));
      for (const std::string& name : existing) {
        if (IsNameOrVersionOf(name, wanted) && !kept.contains(name)) gone.insert(name);
      }
    }
    for (const std::string& name : gone) {
      auto drop = Plain("DROP TABLE IF EXISTS " + SqlName(name));
      drop.table = name;
      statements.push_back(std::move(drop));
    }
  }
  for (const auto& table : change.keep) {
    for (std::string& sql : CreateTableSql(*table, options)) {
      auto create = Plain(std::move(sql));
      create.table = table->Name();
      statements.push_back(std::move(create));
    }
  }
  if (statements.size() == 1) return Status::OK();
  return run(std::move(statements)).status();
}

}  // namespace feast
