#include "feast_batch/stores/postgres/route_choice.h"

#include <cstdlib>

namespace feast {
namespace {

// One probe of a fresh index, in the planner's units: three random pages.
constexpr double kProbeCost = 12;

// The planner's own estimate, from the first line: (cost=0.42..8.44 rows=…
Result<double> CostOf(PostgresSession& session, const std::string& sql) {
  FEAST_ASSIGN_OR_RETURN(const auto plan, session.Ask("EXPLAIN " + sql));
  const std::string line = plan.empty() ? "" : plan[0][0].value_or("");
  const auto dots = line.find("..", line.find("(cost="));
  if (dots == std::string::npos) return Status::Internal("EXPLAIN says no cost: " + line);
  return std::strtod(line.c_str() + dots + 2, nullptr);
}

std::string Rounded(double cost) { return std::to_string(static_cast<int64_t>(cost)); }

Result<Route> Choose(PostgresSession& session, const ViewJoin& join, double entities) {
  FEAST_ASSIGN_OR_RETURN(double copying, CostOf(session, join.Candidates() + " ORDER BY t"));
  if (join.source->row_places.empty()) {
    return Route{true, "rows of a query or view have no order but that of one reading"};
  }
  copying += entities * kProbeCost;
  FEAST_ASSIGN_OR_RETURN(const double probing,
                         CostOf(session, "SELECT " + join.Features() +
                                             " FROM pg_temp.feast_entities e " + join.Probe()));
  return Route{probing > copying, "the planner expects a cost of " + Rounded(probing) +
                                      " for probing the source and " + Rounded(copying) +
                                      " for copying its rows first"};
}

}  // namespace

Result<Route> ChooseRoute(PostgresSession& session, const ViewJoin& join, double entities) {
  auto route = Choose(session, join, entities);
  if (route.ok()) return route;
  return route.status().Annotate("feature view '" + join.view->view +
                                 "': " + join.source->source.name);
}

}  // namespace feast
