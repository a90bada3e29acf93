#pragma once
#include <arrow/type_fwd.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "feast_batch/stores/postgres/entity_upload.h"
#include "feast_batch/stores/postgres/join_sql.h"
#include "feast_batch/stores/postgres/postgres_source.h"

namespace feast {

/// One training join: run in a session of its own, or only put into words. One call each; the plan
/// must outlive it. Thread-compatible.
class PostgresJoin {
 public:
  using Reader = std::shared_ptr<arrow::RecordBatchReader>;

  PostgresJoin(const CallContext& context, std::shared_ptr<const PostgresServer> server,
               const HistoricalPlan& plan)
      : context_(context), server_(std::move(server)), plan_(plan) {}

  Result<Reader> WithEntities(std::shared_ptr<arrow::Table> entities);
  Result<Reader> Range();

  /// The same as one statement, over the rows of a query.
  Result<std::string> SqlOfQuery(const std::string& entity_query);
  /// Over a table `feast_entities`, which the text defines, for entity rows with those columns.
  Result<std::string> SqlOfColumns(const std::shared_ptr<arrow::Table>& entities);
  Result<std::string> SqlOfRange();

 private:
  struct Span {
    Micros start = 0, end = 0;
  };
  Status Open();
  ViewJoin JoinOf(size_t at) const;
  Status TakeRoutes();
  PostgresColumns FeatureColumns(const std::vector<std::string>& taken) const;
  Status AddUploadedViews(EntityUpload* upload);

  Result<Span> OpenRange();
  std::string RowsOfRange(const Span& span, PostgresColumns* columns) const;
  /// Joins of several views; the names of their keys.
  const std::vector<std::string>& AddRangeViews(const Span& span);
  std::string EntitiesOfRange(const Span& span) const;
  Status CheckSameEntities() const;

  std::string Statement(const std::string& entities, std::string select,
                        const std::vector<std::string>& taken) const;

  const CallContext& context_;
  const std::shared_ptr<const PostgresServer> server_;
  const HistoricalPlan& plan_;
  bool standalone_ = false;  // the text is for others
  std::unique_ptr<PostgresSession> session_;
  std::map<std::string, SourceTable> sources_;  // by what stands after FROM
  std::vector<ViewJoin> joins_;
};

}  // namespace feast
