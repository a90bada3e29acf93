#include "feast_batch/stores/postgres/postgres_historical.h"

#include <arrow/record_batch.h>
#include <arrow/table.h>
#include <arrow/type.h>

#include <algorithm>
#include <cstdlib>
#include <map>

#include "feast/base/sql_text.h"
#include "feast_batch/historical/result_types.h"
#include "feast_batch/point_in_time/arrow_status_internal.h"
#include "feast_batch/point_in_time/event_times.h"
#include "feast_batch/stores/postgres/postgres_join_internal.h"
#include "feast_batch/stores/postgres/postgres_text.h"
#include "feast_batch/stores/postgres/route_choice.h"
#include "feast_batch/stores/postgres/row_stream_internal.h"

namespace feast {
namespace {

using Reader = PostgresJoin::Reader;

constexpr char kBegin[] = "BEGIN ISOLATION LEVEL REPEATABLE READ";
constexpr Micros kDefaultRange = 30LL * 86'400 * kMicrosPerSecond;

}  // namespace

// What the sources are, before anything is begun.
Status PostgresJoin::Open() {
  context_.EnterStage(Progress::Stage::kOpening);
  if (Progress* progress = context_.progress()) {
    progress->ExpectViews(static_cast<int64_t>(plan_.views.size()));
  }
  std::vector<PostgresSource> sources;
  for (const auto& view : plan_.views) {
    if (view.output_names.size() != view.read.features.size() ||
        view.entity_columns.size() != view.read.join_keys.size()) {
      return Status::Internal("the plan for feature view '" + view.view + "' is uneven");
    }
    FEAST_ASSIGN_OR_RETURN(auto source, PostgresSourceOf(view.read.source));
    sources.push_back(std::move(source));
  }
  FEAST_ASSIGN_OR_RETURN(session_, PostgresSession::Connect(context_, server_));
  for (size_t at = 0; at < sources.size(); ++at) {
    auto known = sources_.find(sources[at].from);
    if (known == sources_.end()) {
      FEAST_ASSIGN_OR_RETURN(auto table, DescribeTable(*session_, sources[at]));
      known = sources_.emplace(sources[at].from, std::move(table)).first;
    }
    FEAST_RETURN_IF_ERROR(known->second.CheckRead(plan_.views[at].read));
  }
  return Status::OK();
}

ViewJoin PostgresJoin::JoinOf(size_t at) const {
  ViewJoin join;
  join.number = at;
  join.view = &plan_.views[at];
  join.source = &sources_.at(PostgresSourceOf(join.view->read.source)->from);
  join.filter_by_created = plan_.filter_by_created_timestamp;
  join.standalone = standalone_;
  join.copied = standalone_ && join.source->row_places.empty();
  return join;
}

Status PostgresJoin::TakeRoutes() {
  FEAST_ASSIGN_OR_RETURN(const auto counted,
                         session_->Ask("SELECT count(*) FROM pg_temp.feast_entities"));
  const double entities = std::strtod(counted[0][0]->c_str(), nullptr);
  context_.EnterStage(Progress::Stage::kScanning);
  for (auto& join : joins_) {
    if (join.view->read.features.empty()) continue;
    FEAST_ASSIGN_OR_RETURN(const Route route, ChooseRoute(*session_, join, entities));
    join.copied = route.copied;
    if (join.copied) {
      for (const auto& statement : join.CopyStatements()) {
        Status made = session_->Run(statement);
        if (!made.ok()) return made.Annotate(join.source->source.name);
      }
    }
    if (Progress* progress = context_.progress()) progress->ViewDone();
  }
  context_.EnterStage(Progress::Stage::kFetching);
  // Nobody has figures about the copies; each is there to be probed by its index.
  return session_->Run("SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off");
}

// Under their output names; one that the entity rows have gets the suffix `__`.
PostgresColumns PostgresJoin::FeatureColumns(const std::vector<std::string>& taken) const {
  PostgresColumns columns;
  for (const auto& join : joins_) {
    for (size_t at = 0; at < join.view->read.features.size(); ++at) {
      std::string name = join.view->output_names[at];
      if (std::find(taken.begin(), taken.end(), name) != taken.end()) name += "__";
      columns.names.push_back(std::move(name));
      columns.types.push_back(join.source->TypeOf(join.view->read.features[at]));
    }
  }
  return columns;
}

Status PostgresJoin::AddUploadedViews(EntityUpload* upload) {
  for (size_t view = 0; view < plan_.views.size(); ++view) {
    ViewJoin join = JoinOf(view);
    FEAST_ASSIGN_OR_RETURN(join.keys, upload->AddKeys(*join.view, *join.source));
    join.to = upload->latest().value_or(0);
    if (join.view->ttl > 0) {
      FEAST_ASSIGN_OR_RETURN(join.oldest, upload->AddTtl(join.view->ttl));
      join.from = upload->OldestFor(join.view->ttl);
    }
    joins_.push_back(std::move(join));
  }
  return Status::OK();
}

Result<Reader> PostgresJoin::WithEntities(std::shared_ptr<arrow::Table> entities) {
  // 1. What the entity rows and the sources are.
  const int at = entities->schema()->GetFieldIndex(plan_.entity_timestamp);
  FEAST_ASSIGN_OR_RETURN(EntityUpload upload, EntityUpload::Make(entities, plan_.entity_timestamp));
  FEAST_ASSIGN_OR_RETURN(auto utc, AsUtc(entities->column(at), plan_.entity_timestamp));
  FEAST_ARROW_ASSIGN(
      entities, entities->SetColumn(at, arrow::field(plan_.entity_timestamp, utc->type()), utc));
  FEAST_ASSIGN_OR_RETURN(entities,
                         WithUpstreamTypes(entities, plan_.entity_timestamp, arrow::TimeUnit::MICRO,
                                           entities->num_columns()));
  FEAST_RETURN_IF_ERROR(Open());
  FEAST_RETURN_IF_ERROR(AddUploadedViews(&upload));
  const PostgresColumns features = FeatureColumns(entities->schema()->field_names());
  if (features.names.empty()) {
    return Reader(std::make_shared<arrow::TableBatchReader>(std::move(entities)));
  }
  // 2. One transaction: upload, copies where they pay, the join.
  FEAST_RETURN_IF_ERROR(session_->Run(kBegin));
  FEAST_RETURN_IF_ERROR(upload.Send(*session_));
  FEAST_RETURN_IF_ERROR(TakeRoutes());
  return StreamRows(std::move(session_), JoinSql(joins_, {}), features, std::move(entities));
}

// All rows of one view.
std::string PostgresJoin::RowsOfRange(const Span& span, PostgresColumns* columns) const {
  const ViewJoin join = JoinOf(0);
  const SourceRead& read = join.view->read;
  const SourceTable& source = *join.source;
  const std::string time = join.TimeOf(read.timestamp_column);
  std::string select = time + "::timestamptz AS event_timestamp";
  columns->names.emplace_back("event_timestamp");
  columns->types.push_back(PostgresTypeOf(1184, "", ' '));
  const auto add = [&](const std::string& name, const std::string& column) {
    select += ", " + source.Expression(column) + " AS " + SqlName(name);
    columns->names.push_back(name);
    columns->types.push_back(source.TypeOf(column));
  };
  if (!read.created_column.empty()) add("created_timestamp", read.created_column);
  for (size_t at = 0; at < read.join_keys.size(); ++at) {
    add(join.view->entity_columns[at], read.join_keys[at]);
  }
  for (size_t at = 0; at < read.features.size(); ++at) {
    add(join.view->output_names[at], read.features[at]);
  }
  return "SELECT " + select + " FROM " + source.source.from + " AS s WHERE true" +
         PostgresBounds(time, span.start, span.end) + " ORDER BY " + time;
}

Status PostgresJoin::CheckSameEntities() const {
  const HistoricalView* first = nullptr;
  const auto sorted = [](std::vector<std::string> names) {
    std::sort(names.begin(), names.end());
    return names;
  };
  for (const auto& view : plan_.views) {
    if (view.read.join_keys.empty()) continue;
    if (first == nullptr) first = &view;
    if (sorted(view.entity_columns) == sorted(first->entity_columns)) continue;
    return Status::InvalidArgument("feature views " + first->view + " and " + view.view +
                                   " have different entities; retrieval by a date range needs the "
                                   "same ones, so pass entity rows instead");
  }
  return Status::OK();
}

// Each time and key that any view has in the range; views without keys add nothing to others.
std::string PostgresJoin::EntitiesOfRange(const Span& span) const {
  const bool keyless = std::all_of(joins_.begin(), joins_.end(), [](const ViewJoin& join) {
    return join.view->read.join_keys.empty();
  });
  std::string rows, order = "at";
  const std::vector<std::string>* names = nullptr;
  for (const ViewJoin& join : joins_) {
    const SourceRead& read = join.view->read;
    if (read.join_keys.empty() && !keyless) continue;
    if (names == nullptr) names = &join.view->entity_columns;
    const std::string time = join.TimeOf(read.timestamp_column);
    std::string select = time + "::timestamptz AS at", known;
    for (size_t at = 0; at < names->size(); ++at) {
      const auto& columns = join.view->entity_columns;
      const auto found = std::find(columns.begin(), columns.end(), (*names)[at]);
      const std::string key = "s." + SqlName(read.join_keys[found - columns.begin()]);
      select += ", " + key + " AS k" + std::to_string(at);
      known += " AND " + key + " IS NOT NULL";
    }
    if (!rows.empty()) rows += " UNION ALL ";
    rows.append("SELECT ").append(select).append(" FROM ").append(join.source->source.from);
    rows.append(" AS s WHERE true")
        .append(PostgresBounds(time, span.start, span.end))
        .append(known);
  }
  for (size_t at = 0; names != nullptr && at < names->size(); ++at) {
    order += ", k" + std::to_string(at);
  }
  return "SELECT row_number() OVER (ORDER BY " + order +
         ") - 1 AS n, r.* FROM (SELECT DISTINCT * FROM (" + rows + ") u) r";
}

Result<PostgresJoin::Span> PostgresJoin::OpenRange() {
  if (!plan_.end) return Status::InvalidArgument("retrieval without entity rows needs an end date");
  Span span;
  span.end = *plan_.end;
  Micros ttl = 0;
  for (const auto& view : plan_.views) ttl = std::max(ttl, view.ttl);
  span.start = plan_.start.value_or(span.end - (ttl > 0 ? ttl : kDefaultRange));
  FEAST_RETURN_IF_ERROR(CheckSameEntities());
  FEAST_RETURN_IF_ERROR(Open());
  return span;
}

const std::vector<std::string>& PostgresJoin::AddRangeViews(const Span& span) {
  const HistoricalView* named = &plan_.views.front();
  for (const auto& view : plan_.views) {
    if (named->entity_columns.empty()) named = &view;
  }
  const auto& names = named->entity_columns;
  for (size_t at = 0; at < plan_.views.size(); ++at) {
    ViewJoin join = JoinOf(at);
    const auto& columns = join.view->entity_columns;
    for (size_t key = 0; key < columns.size(); ++key) {
      const auto place = std::find(names.begin(), names.end(), columns[key]) - names.begin();
      join.keys.push_back(
          {"s." + SqlName(join.view->read.join_keys[key]), "e.k" + std::to_string(place)});
    }
    join.from = span.start;
    join.to = span.end;
    if (join.view->ttl > 0) join.oldest = "e.at - " + PostgresInterval(join.view->ttl);
    joins_.push_back(std::move(join));
  }
  return names;
}

Result<Reader> PostgresJoin::Range() {
  FEAST_ASSIGN_OR_RETURN(const Span span, OpenRange());
  if (plan_.views.size() == 1) {
    PostgresColumns columns;
    const std::string sql = RowsOfRange(span, &columns);
    return StreamRows(std::move(session_), sql, columns);
  }
  const auto& keys = AddRangeViews(span);
  FEAST_RETURN_IF_ERROR(session_->Run(kBegin));
  FEAST_RETURN_IF_ERROR(
      session_->Run("CREATE TEMP TABLE feast_entities ON COMMIT DROP AS " + EntitiesOfRange(span)));
  FEAST_RETURN_IF_ERROR(session_->Run("ANALYZE pg_temp.feast_entities"));
  FEAST_RETURN_IF_ERROR(TakeRoutes());
  FEAST_ASSIGN_OR_RETURN(PostgresColumns columns,
                         DescribeQuery(*session_, "SELECT * FROM pg_temp.feast_entities"));
  columns.names.erase(columns.names.begin());  // n
  columns.types.erase(columns.types.begin());
  std::vector<std::string> leading;
  for (size_t at = 0; at < columns.names.size(); ++at) {
    const std::string& cast = columns.types[at].travels_as;
    leading.push_back("e." + columns.names[at] + (cast.empty() ? "" : "::" + cast));
    columns.names[at] = at == 0 ? "event_timestamp" : keys[at - 1];
  }
  const PostgresColumns features = FeatureColumns({});
  columns.names.insert(columns.names.end(), features.names.begin(), features.names.end());
  columns.types.insert(columns.types.end(), features.types.begin(), features.types.end());
  return StreamRows(std::move(session_), JoinSql(joins_, leading), columns);
}

Result<Reader> JoinInPostgres(const CallContext& context,
                              const std::shared_ptr<const PostgresServer>& server,
                              const HistoricalPlan& plan, std::shared_ptr<arrow::Table> entities) {
  return PostgresJoin(context, server, plan).WithEntities(std::move(entities));
}

Result<Reader> RangeInPostgres(const CallContext& context,
                               const std::shared_ptr<const PostgresServer>& server,
                               const HistoricalPlan& plan) {
  return PostgresJoin(context, server, plan).Range();
}

}  // namespace feast
