#pragma once
#include <string>

#include "feast/base/result.h"
#include "feast_batch/stores/postgres/join_sql.h"
#include "feast_batch/stores/postgres/postgres_session_internal.h"

namespace feast {

/// How the rows of a view are found for the entity rows.
struct Route {
  bool copied = false;  ///< into a temporary table with an index; else the source is probed itself
  std::string reason;
};

/// What the planner expects to cost less, with `entities` rows in `feast_entities`. A source whose
/// rows have no places is always copied: their order is known only there. Errors name view and
/// source; missing rights are among them.
Result<Route> ChooseRoute(PostgresSession& session, const ViewJoin& join, double entities);

}  // namespace feast
