#include <arrow/record_batch.h>
#include <arrow/table.h>
#include <arrow/type.h>

#include "feast/base/sql_text.h"
#include "feast_batch/parquet/column_cast.h"
#include "feast_batch/point_in_time/arrow_status_internal.h"
#include "feast_batch/stores/postgres/copy_encoder_internal.h"
#include "feast_batch/stores/postgres/postgres_source.h"
#include "feast_batch/stores/postgres/postgres_tables.h"
#include "feast_batch/stores/postgres/postgres_text.h"

namespace feast {
namespace {

// Copies rows into a table, by way of one of texts where the server has to cast columns.
class TableFiller {
 public:
  TableFiller(const CallContext& context, PostgresSession& session, std::string table,
              const PostgresColumns& columns)
      : context_(context), session_(session), table_(std::move(table)), columns_(columns) {
    for (const auto& type : columns.types) {
      types_.push_back(SendingTypeOf(type));
      staged_ = staged_ || !types_.back().staged_as.empty();
    }
  }

  Status Fill(arrow::RecordBatchReader& rows) {
    FEAST_RETURN_IF_ERROR(Start());
    CopySender sender(session_, types_);
    while (true) {
      FEAST_RETURN_IF_ERROR(context_.Check());
      std::shared_ptr<arrow::RecordBatch> batch;
      FEAST_ARROW_RETURN_IF_ERROR(rows.ReadNext(&batch));
      if (!batch) break;
      FEAST_RETURN_IF_ERROR(SendBatch(*batch, &sender));
    }
    FEAST_RETURN_IF_ERROR(sender.Finish());
    if (!staged_) return Status::OK();
    return session_.Run("INSERT INTO " + table_ + " (" + List(&TableFiller::Name) + ") SELECT " +
                        List(&TableFiller::Casted) + " FROM pg_temp.feast_rows");
  }

 private:
  std::string Name(size_t at) const { return SqlName(columns_.names[at]); }
  std::string Defined(size_t at) const {
    const auto& staged = types_[at].staged_as;
    return "c" + std::to_string(at) + " " + (staged.empty() ? columns_.types[at].sql : staged);
  }
  std::string Casted(size_t at) const {
    return "c" + std::to_string(at) + "::" + columns_.types[at].sql;
  }
  std::string List(std::string (TableFiller::*item)(size_t) const) const {
    std::string out;
    for (size_t at = 0; at < types_.size(); ++at) {
      out += (at == 0 ? "" : ", ") + (this->*item)(at);
    }
    return out;
  }

  Status Start() {
    if (!staged_) {
      return session_.StartSending("COPY " + table_ + " (" + List(&TableFiller::Name) +
                                   ") FROM STDIN (FORMAT binary)");
    }
    FEAST_RETURN_IF_ERROR(session_.Run("CREATE TEMP TABLE feast_rows (" +
                                       List(&TableFiller::Defined) + ") ON COMMIT DROP"));
    return session_.StartSending("COPY pg_temp.feast_rows FROM STDIN (FORMAT binary)");
  }

  Status SendBatch(const arrow::RecordBatch& batch, CopySender* sender) {
    std::vector<std::shared_ptr<arrow::ChunkedArray>> columns;
    for (size_t at = 0; at < types_.size(); ++at) {
      const std::string& name = columns_.names[at];
      const auto array = batch.GetColumnByName(name);
      if (!array) return Status::InvalidArgument("the rows have column '" + name + "' twice");
      FEAST_ASSIGN_OR_RETURN(auto cast, CastColumn(std::make_shared<arrow::ChunkedArray>(array),
                                                   types_[at].arrow, name));
      columns.push_back(std::move(cast));
    }
    return sender->Send(columns);
  }

  const CallContext& context_;
  PostgresSession& session_;
  const std::string table_;
  const PostgresColumns& columns_;
  std::vector<SendingType> types_;
  bool staged_ = false;
};

// A table that is to be made: its schema is the first of the search path unless it is named.
struct NewTable {
  std::string schema, name;
  std::string Path() const { return schema + "." + name; }
};

Result<NewTable> NewTableOf(PostgresSession& session, const std::string& table) {
  FEAST_ASSIGN_OR_RETURN(
      const auto parts,
      session.Ask("SELECT quote_ident(part) FROM unnest(parse_ident(" + SqlText(table) +
                  ")) WITH ORDINALITY AS p(part, at) ORDER BY at"));
  if (parts.size() > 2) {
    return Status::InvalidArgument("a table's name has a schema and a name, not more: " + table);
  }
  NewTable out;
  out.name = parts.back()[0].value_or("");
  if (parts.size() == 2) {
    out.schema = parts.front()[0].value_or("");
    return out;
  }
  FEAST_ASSIGN_OR_RETURN(const auto schema, session.Ask("SELECT quote_ident(current_schema())"));
  if (!schema[0][0]) {
    return Status::FailedPrecondition(session.where() +
                                      ": there is no schema to make a table in; see db_schema");
  }
  out.schema = *schema[0][0];
  return out;
}

}  // namespace

Status AppendToPostgres(const CallContext& context,
                        const std::shared_ptr<const PostgresServer>& server,
                        const core::DataSource& source, arrow::RecordBatchReader& rows) {
  FEAST_ASSIGN_OR_RETURN(const auto named, PostgresSourceOf(source));
  if (named.table.empty()) {
    return Status::Unimplemented(named.name + ": rows can be added to tables only");
  }
  FEAST_ASSIGN_OR_RETURN(const auto session, PostgresSession::Connect(context, server));
  FEAST_ASSIGN_OR_RETURN(const auto table, DescribeTable(*session, named));
  FEAST_RETURN_IF_ERROR(CheckSameColumns(table.columns.names, rows.schema()->field_names()));
  FEAST_RETURN_IF_ERROR(session->Run("BEGIN"));
  TableFiller filler(context, *session, named.table, table.columns);
  FEAST_RETURN_IF_ERROR(filler.Fill(rows).Annotate(named.name));
  return session->Run("COMMIT");
}

Status PersistToPostgres(const CallContext& context,
                         const std::shared_ptr<const PostgresServer>& server,
                         const std::string& table, bool allow_overwrite,
                         arrow::RecordBatchReader& rows) {
  Status exists = Status::AlreadyExists("Saved dataset location " + table + " already exists.");
  PostgresColumns columns;
  for (const auto& field : rows.schema()->fields()) {
    FEAST_ASSIGN_OR_RETURN(auto type, PostgresTypeFor(*field->type(), field->name()));
    columns.names.push_back(field->name());
    columns.types.push_back(std::move(type));
  }
  FEAST_ASSIGN_OR_RETURN(const auto session, PostgresSession::Connect(context, server));
  FEAST_ASSIGN_OR_RETURN(const NewTable target, NewTableOf(*session, table));
  const std::string there = "SELECT to_regclass(" + SqlText(target.Path()) + ") IS NOT NULL";
  FEAST_ASSIGN_OR_RETURN(auto found, session->Ask(there));
  if (found[0][0] == "t" && !allow_overwrite) return exists;
  FEAST_RETURN_IF_ERROR(session->Run("BEGIN"));
  // Under a name of its own until it is complete, so that readers of an old table need not wait.
  FEAST_ASSIGN_OR_RETURN(const auto pid, session->Ask("SELECT pg_backend_pid()"));
  const std::string fresh = target.schema + ".feast_new_" + pid[0][0].value_or("");
  std::string definition;
  for (size_t at = 0; at < columns.names.size(); ++at) {
    definition += (at == 0 ? "" : ", ") + SqlName(columns.names[at]) + " " + columns.types[at].sql;
  }
  FEAST_RETURN_IF_ERROR(session->Run("CREATE TABLE " + fresh + " (" + definition + ")"));
  TableFiller filler(context, *session, fresh, columns);
  FEAST_RETURN_IF_ERROR(filler.Fill(rows));
  FEAST_ASSIGN_OR_RETURN(found, session->Ask(there));  // somebody else may have made it meanwhile
  if (found[0][0] == "t") {
    if (!allow_overwrite) return exists;
    FEAST_RETURN_IF_ERROR(session->Run("DROP TABLE " + target.Path()));
  }
  FEAST_RETURN_IF_ERROR(session->Run("ALTER TABLE " + fresh + " RENAME TO " + target.name));
  return session->Run("COMMIT");
}

}  // namespace feast
