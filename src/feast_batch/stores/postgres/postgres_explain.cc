// What a training join would do. The entity rows are not there yet: as many empty ones stand for
// them in a transaction that is undone.
#include <algorithm>

#include "feast/base/sql_text.h"
#include "feast_batch/historical/explain.h"
#include "feast_batch/stores/postgres/postgres_historical.h"
#include "feast_batch/stores/postgres/postgres_text.h"
#include "feast_batch/stores/postgres/route_choice.h"

namespace feast {
namespace {

constexpr int64_t kStandIns = 100'000;

Status MakeStandIns(PostgresSession& session, const ViewJoin& join, const EntityFacts& entities) {
  const auto rows = std::clamp<int64_t>(entities.rows.value_or(1000), 0, kStandIns);
  const std::string at = entities.latest ? PostgresTime(*entities.latest) : "now()";
  std::string columns = "i::bigint AS n, " + at + " AS at";
  for (size_t key = 0; key < join.keys.size(); ++key) {
    const auto& column = join.view->read.join_keys[key];
    columns += ", NULL::" + join.source->TypeOf(column).sql + " AS k" + std::to_string(key);
  }
  return session.Run("CREATE TEMP TABLE feast_entities AS SELECT " + columns +
                     " FROM generate_series(1, " + std::to_string(rows) + ") i");
}

ViewJoin JoinOf(const HistoricalPlan& plan, const HistoricalView& view, const SourceTable& source,
                const EntityFacts& entities) {
  ViewJoin join;
  join.view = &view;
  join.source = &source;
  join.filter_by_created = plan.filter_by_created_timestamp;
  for (size_t key = 0; key < view.read.join_keys.size(); ++key) {
    join.keys.push_back({"s." + SqlName(view.read.join_keys[key]), "e.k" + std::to_string(key)});
  }
  if (plan.entity_timestamp.empty()) {
    join.from = plan.start;
    join.to = plan.end;
  } else {
    join.to = entities.latest;
    if (view.ttl > 0 && entities.earliest) join.from = *entities.earliest - view.ttl;
  }
  if (view.ttl > 0) join.oldest = "e.at - " + PostgresInterval(view.ttl);
  return join;
}

Result<ViewExplanation> ExplainOne(PostgresSession& session, const HistoricalPlan& plan,
                                   const HistoricalView& view, const EntityFacts& entities) {
  FEAST_ASSIGN_OR_RETURN(const auto named, PostgresSourceOf(view.read.source));
  FEAST_ASSIGN_OR_RETURN(const auto source, DescribeTable(session, named));
  FEAST_RETURN_IF_ERROR(source.CheckRead(view.read));
  ViewExplanation out = ExplainPlan(plan, view, entities);
  out.source = named.name;
  out.features_with_scan = true;
  if (plan.entity_timestamp.empty() && plan.views.size() == 1) {
    out.route = "none";
    out.reason = "a range of one view is all its rows";
    return out;
  }
  if (view.read.features.empty()) return out;
  ViewJoin join = JoinOf(plan, view, source, entities);
  FEAST_RETURN_IF_ERROR(session.Run("BEGIN"));
  FEAST_RETURN_IF_ERROR(MakeStandIns(session, join, entities));
  FEAST_ASSIGN_OR_RETURN(
      const Route route,
      ChooseRoute(session, join, static_cast<double>(entities.rows.value_or(1000))));
  FEAST_RETURN_IF_ERROR(session.Run("ROLLBACK"));
  join.copied = route.copied;
  out.route = route.copied ? "in PostgreSQL, through a copy with an index"
                           : "in PostgreSQL, by probing the source";
  out.reason = route.reason;
  out.reader = route.copied ? join.Candidates() : join.Probe();
  return out;
}

}  // namespace

Result<HistoricalExplanation> ExplainInPostgres(const CallContext& context,
                                                const std::shared_ptr<const PostgresServer>& server,
                                                const HistoricalPlan& plan,
                                                const EntityFacts& entities) {
  HistoricalExplanation out{"postgres", entities, {}, {}, {}};
  FEAST_ASSIGN_OR_RETURN(const auto session, PostgresSession::Connect(context, server));
  for (const auto& view : plan.views) {
    FEAST_ASSIGN_OR_RETURN(auto one, ExplainOne(*session, plan, view, entities));
    out.views.push_back(std::move(one));
  }
  return out;
}

}  // namespace feast
