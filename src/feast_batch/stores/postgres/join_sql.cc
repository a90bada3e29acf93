#include "feast_batch/stores/postgres/join_sql.h"

#include "feast/base/sql_text.h"
#include "feast_batch/stores/postgres/postgres_text.h"

namespace feast {
namespace {

std::string Numbered(const char* prefix, size_t number) { return prefix + std::to_string(number); }

void Add(const std::string& item, std::string* list) {
  if (!list->empty()) list->append(", ");
  list->append(item);
}

}  // namespace

std::string ViewJoin::Copy() const {
  return (standalone ? "feast_view_" : "pg_temp.feast_view_") + std::to_string(number);
}

std::string ViewJoin::TimeOf(const std::string& column) const {
  const std::string name = "s." + SqlName(column);
  return standalone ? PostgresInstant(name, source->TypeOf(column).form) : name;
}

std::string ViewJoin::Candidates() const {
  const SourceRead& read = view->read;
  std::string select, where = " WHERE true";
  for (size_t at = 0; at < keys.size(); ++at) {
    Add(keys[at].source + " AS " + Numbered("k", at), &select);
  }
  const std::string time = TimeOf(read.timestamp_column);
  Add(time + " AS t", &select);
  if (!read.created_column.empty()) {
    const std::string created = TimeOf(read.created_column);
    Add("coalesce(" + created + ", '-infinity') AS c", &select);
    if (filters_created()) where += " AND " + created + " IS NOT NULL";
  }
  for (const auto& place : source->row_places) {
    Add(std::string("s.").append(place).append(" AS row_").append(place), &select);
  }
  // Rows without places are numbered as they come.
  if (source->row_places.empty()) Add("row_number() OVER () AS row_number", &select);
  for (size_t at = 0; at < read.features.size(); ++at) {
    Add(source->Expression(read.features[at]) + " AS " + Numbered("f", at), &select);
  }
  where += PostgresBounds(time, from, to);
  if (!keys.empty()) {
    std::string same;
    for (const auto& key : keys) same += " AND " + key.source + " = " + key.entity;
    where += std::string(" AND EXISTS (SELECT FROM ") + (standalone ? "" : "pg_temp.") +
             "feast_entities e WHERE true" + same + ")";
  }
  return "SELECT " + select + " FROM " + source->source.from + " AS s" + where;
}

std::vector<std::string> ViewJoin::CopyStatements() const {
  std::string index;
  for (size_t at = 0; at < keys.size(); ++at) Add(Numbered("k", at), &index);
  Add("t", &index);
  if (!view->read.created_column.empty()) Add("c", &index);
  for (const auto& place : source->row_places) Add("row_" + place, &index);
  if (source->row_places.empty()) Add("row_number", &index);
  std::vector<std::string> statements;
  // Rows of a query come in the same order each time only if one process reads them.
  const char* const workers = "max_parallel_workers_per_gather";
  const bool numbered = source->row_places.empty();
  if (numbered) {
    statements.push_back(std::string("SET LOCAL ") + workers + " = 0");
  }
  statements.push_back("CREATE TEMP TABLE feast_view_" + std::to_string(number) +
                       " ON COMMIT DROP AS " + Candidates());
  if (numbered) statements.push_back(std::string("SET LOCAL ") + workers + " TO DEFAULT");
  statements.push_back("CREATE INDEX ON " + Copy() + " (" + index + ")");
  return statements;
}

std::string ViewJoin::Probe() const {
  const SourceRead& read = view->read;
  const std::string time = copied ? "s.t" : TimeOf(read.timestamp_column);
  const std::string created = read.created_column.empty() ? ""
                              : copied                    ? "s.c"
                                                          : TimeOf(read.created_column);
  std::string select, where = time + " <= e.at", order = time + " DESC";
  for (size_t at = 0; at < read.features.size(); ++at) {
    const std::string name = Numbered("f", at);
    std::string feature = copied ? "s." + name : source->Expression(read.features[at]);
    Add(feature.append(" AS ").append(name), &select);
  }
  for (size_t at = 0; at < keys.size(); ++at) {
    where += " AND " + (copied ? Numbered("s.k", at) : keys[at].source) + " = " + keys[at].entity;
  }
  if (!oldest.empty()) where += " AND " + time + " >= " + oldest;
  if (!copied) where += PostgresBounds(time, from, std::nullopt);
  if (filters_created()) where += " AND " + created + " <= e.at";
  if (!created.empty()) Add(created + (copied ? " DESC" : " DESC NULLS LAST"), &order);
  for (const auto& place : source->row_places) {
    Add((copied ? "s.row_" : "s.") + place + " DESC", &order);
  }
  if (source->row_places.empty()) Add("s.row_number DESC", &order);
  return "LEFT JOIN LATERAL (SELECT " + select + " FROM " +
         (copied ? Copy() : source->source.from) + " AS s WHERE " + where + " ORDER BY " + order +
         " LIMIT 1) v" + std::to_string(number) + " ON true";
}

std::string ViewJoin::Features() const {
  std::string out;
  for (size_t at = 0; at < view->read.features.size(); ++at) {
    Add("v" + std::to_string(number) + "." + Numbered("f", at), &out);
  }
  return out;
}

std::string JoinSql(const std::vector<ViewJoin>& views, const std::vector<std::string>& leading) {
  std::string select, probes, nearby;
  for (const auto& column : leading) Add(column, &select);
  for (const auto& view : views) {
    if (view.view->read.features.empty()) continue;
    Add(view.Features(), &select);
    probes += "\n" + view.Probe();
    if (!nearby.empty()) continue;
    for (const auto& key : view.keys) Add(key.entity, &nearby);
  }
  Add("e.at", &nearby);
  // Probing in the order of an index finds its pages where it has just been.
  return "SELECT " + select + " FROM (SELECT * FROM pg_temp.feast_entities e ORDER BY " + nearby +
         " OFFSET 0) e" + probes + "\nORDER BY e.n";
}

}  // namespace feast
