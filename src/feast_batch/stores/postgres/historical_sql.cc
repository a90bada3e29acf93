// A training join as one statement that others can run: in sessions of any time zone, without the
// tables that our own run of it makes.
#include <arrow/chunked_array.h>
#include <arrow/table.h>

#include <algorithm>

#include "feast/base/sql_text.h"
#include "feast_batch/stores/postgres/entity_keys_internal.h"
#include "feast_batch/stores/postgres/postgres_historical.h"
#include "feast_batch/stores/postgres/postgres_join_internal.h"
#include "feast_batch/stores/postgres/postgres_text.h"

namespace feast {
namespace {

using Form = PostgresForm;

bool IsTime(Form form) {
  return form == Form::kDate || form == Form::kTimestamp || form == Form::kTimestamptz;
}

std::string Numbered(const char* prefix, size_t number) { return prefix + std::to_string(number); }

// How a key of the source is compared with a column of the query, as it is when values are uploaded
// (entity_keys.cc): what cannot be equal is no error, NaN equals nothing.
Result<KeyMatch> MatchOf(std::string key, const PostgresColumnType& source, std::string entity,
                         const PostgresColumnType& given) {
  // Says whether they can be compared at all.
  FEAST_ASSIGN_OR_RETURN(const EntityKey uploaded,
                         EntityKeyFor(arrow::ChunkedArray({}, ArrowTypeOf(given)), source));
  if (IsTime(source.form)) {
    return KeyMatch{PostgresInstant(key, source.form), PostgresInstant(entity, given.form)};
  }
  if ((source.form == Form::kBytes) != (given.form == Form::kBytes)) {
    std::string& text = source.form == Form::kBytes ? entity : key;
    text = "convert_to(" + text + "::text, 'UTF8')";
    return KeyMatch{key, entity};
  }
  if ((source.form == Form::kBool) != (given.form == Form::kBool)) {
    std::string& flag = source.form == Form::kBool ? key : entity;
    flag += "::integer";
  }
  if (given.form == Form::kFloat4 || given.form == Form::kFloat8) {
    return KeyMatch{key, "nullif(" + entity + ", 'NaN')"};
  }
  if (source.form == Form::kUuid && given.form != Form::kUuid) {
    return KeyMatch{key + "::text", "lower(" + entity + "::text)"};
  }
  if (source.form == Form::kText) {
    if (uploaded.source_as_text) key += "::text";
    entity += source.sql == "bpchar" ? "::bpchar" : "::text";
  }
  return KeyMatch{key, entity};
}

}  // namespace

// `entities` is a query; empty: a table of that name.
std::string PostgresJoin::Statement(const std::string& entities, std::string select,
                                    const std::vector<std::string>& taken) const {
  std::string with, probes;
  const auto add = [&](const std::string& name, const std::string& query) {
    with += (with.empty() ? "WITH " : ",\n  ") + name + " AS MATERIALIZED (\n" + query + "\n)";
  };
  if (!entities.empty()) add("feast_entities", entities);
  const PostgresColumns named = FeatureColumns(taken);
  size_t column = 0;
  for (const ViewJoin& join : joins_) {
    if (join.view->read.features.empty()) continue;
    if (join.copied) add(join.Copy(), join.Candidates());
    for (size_t at = 0; at < join.view->read.features.size(); ++at) {
      select += ", " + Numbered("v", join.number) + "." + Numbered("f", at) + " AS " +
                SqlName(named.names[column++]);
    }
    probes += "\n" + join.Probe();
  }
  return with + (with.empty() ? "" : "\n") + "SELECT " + select + "\nFROM feast_entities AS e" +
         probes + "\nORDER BY e.n";
}

Result<std::string> PostgresJoin::SqlOfQuery(const std::string& entity_query) {
  standalone_ = true;
  FEAST_RETURN_IF_ERROR(Open());
  FEAST_ASSIGN_OR_RETURN(const PostgresColumns given, DescribeQuery(*session_, entity_query));
  const int time = given.Find(plan_.entity_timestamp);
  if (time < 0 || !IsTime(given.types[time].form)) {
    return Status::InvalidArgument("entity_df (SQL): column '" + plan_.entity_timestamp +
                                   "' is not there, or no time");
  }
  for (size_t at = 0; at < plan_.views.size(); ++at) {
    ViewJoin join = JoinOf(at);
    for (size_t key = 0; key < join.view->entity_columns.size(); ++key) {
      const std::string& name = join.view->entity_columns[key];
      const std::string& column = join.view->read.join_keys[key];
      const int place = given.Find(name);
      if (place < 0) {
        return Status::InvalidArgument("entity_df (SQL) has no column '" + name + "'",
                                       ErrorKind::kKeyError);
      }
      auto match = MatchOf("s." + SqlName(column), join.source->TypeOf(column),
                           Numbered("e.c", static_cast<size_t>(place)), given.types[place]);
      if (!match.ok()) return match.status().Annotate("join key '" + name + "'");
      join.keys.push_back(*std::move(match));
    }
    if (join.view->ttl > 0) join.oldest = "e.at - " + PostgresInterval(join.view->ttl);
    joins_.push_back(std::move(join));
  }
  std::string names, select;
  for (size_t at = 0; at < given.names.size(); ++at) {
    const bool asked = static_cast<int>(at) == time;
    names += (at == 0 ? "" : ", ") + Numbered("c", at);
    select += (at == 0 ? "" : ", ") + (asked ? "e.at" : Numbered("e.c", at)) + " AS " +
              SqlName(given.names[at]);
  }
  const std::string at = PostgresInstant(Numbered("q.c", static_cast<size_t>(time)),
                                         given.types[static_cast<size_t>(time)].form);
  return Statement("SELECT row_number() OVER () AS n, " + at + " AS at, q.* FROM (" + entity_query +
                       "\n) AS q(" + names + ")",
                   select, given.names);
}

Result<std::string> PostgresJoin::SqlOfColumns(const std::shared_ptr<arrow::Table>& entities) {
  standalone_ = true;
  FEAST_ASSIGN_OR_RETURN(EntityUpload upload, EntityUpload::Make(entities, plan_.entity_timestamp));
  FEAST_RETURN_IF_ERROR(Open());
  FEAST_RETURN_IF_ERROR(AddUploadedViews(&upload));
  // The times of rows that are not there bound nothing.
  for (ViewJoin& join : joins_) join.from = join.to = std::nullopt;
  return "-- The entity rows go here: n numbers them in their order, at is the time of each, k0 … "
         "are\n"
         "-- their join keys, s0 … the oldest times that count under a ttl.\n"
         "CREATE TEMP TABLE IF NOT EXISTS feast_entities (" +
         upload.Definition() + ");\n" + Statement("", "e.n", entities->schema()->field_names());
}

Result<std::string> PostgresJoin::SqlOfRange() {
  standalone_ = true;
  FEAST_ASSIGN_OR_RETURN(const Span span, OpenRange());
  PostgresColumns columns;
  if (plan_.views.size() == 1) return RowsOfRange(span, &columns);
  const auto& keys = AddRangeViews(span);
  std::string select = "e.at AS event_timestamp";
  for (size_t at = 0; at < keys.size(); ++at) {
    select += ", " + Numbered("e.k", at) + " AS " + SqlName(keys[at]);
  }
  return Statement(EntitiesOfRange(span), select, {});
}

Result<std::string> HistoricalSqlOf(const CallContext& context,
                                    const std::shared_ptr<const PostgresServer>& server,
                                    const HistoricalPlan& plan, const std::string& entity_query,
                                    const std::shared_ptr<arrow::Table>& entities) {
  PostgresJoin join(context, server, plan);
  if (plan.entity_timestamp.empty()) return join.SqlOfRange();
  return entity_query.empty() ? join.SqlOfColumns(entities) : join.SqlOfQuery(entity_query);
}

}  // namespace feast
