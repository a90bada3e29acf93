#include "feast/online/postgres/postgres_writer.h"

#include <algorithm>
#include <numeric>

#include "feast/base/sql_text.h"
#include "feast/codec/value_bytes.h"
#include "feast/online/postgres/postgres_client_internal.h"
#include "feast/online/postgres/postgres_error.h"
#include "feast/online/postgres/postgres_layout.h"

namespace feast {
namespace {

constexpr size_t kCellsPerStatement = 8192;
constexpr size_t kBytesPerStatement = size_t{4} << 20;

/// The value itself keeps all its bytes; this is the copy for searching.
void AppendText(const TextAndNumber& search, PostgresArray* out) {
  if (!search.has_text) return out->AppendNull();
  const bool plain = std::all_of(search.text.begin(), search.text.end(),
                                 [](char c) { return static_cast<signed char>(c) > 0; });
  out->AppendBytes(plain ? search.text : StorableText(search.text));
}

/// The parameters of one upsert.
class UpsertArrays {
 public:
  explicit UpsertArrays(const PostgresColumns& columns) : columns_(columns) {}

  Status Append(const WriteBatch& batch, size_t row, const EncodedColumn& feature) {
    const std::string_view value = feature.Row(row);
    keys_.AppendBytes(batch.keys.Row(row));
    names_.AppendBytes(feature.name);
    values_.AppendBytes(value);
    times_.AppendTime(batch.event_times[row]);
    if (row < batch.created_times.size() && batch.created_times[row]) {
      created_.AppendTime(*batch.created_times[row]);
    } else {
      created_.AppendNull();
    }
    if (!columns_.text && !columns_.number) return Status::OK();
    FEAST_ASSIGN_OR_RETURN(const TextAndNumber search, TextAndNumberOf(value));
    AppendText(search, &texts_);
    if (search.has_number) {
      numbers_.AppendDouble(search.number);
    } else {
      numbers_.AppendNull();
    }
    return Status::OK();
  }

  size_t bytes() const { return keys_.size() + names_.size() + values_.size() + texts_.size(); }

  std::vector<PostgresParameter> Finish() && {
    std::vector<PostgresParameter> parameters;
    parameters.push_back({PostgresType::kBytesArray, std::move(keys_).Finish()});
    parameters.push_back({PostgresType::kTextArray, std::move(names_).Finish()});
    parameters.push_back({PostgresType::kBytesArray, std::move(values_).Finish()});
    parameters.push_back({PostgresType::kTimeArray, std::move(times_).Finish()});
    parameters.push_back({PostgresType::kTimeArray, std::move(created_).Finish()});
    if (columns_.text) {
      parameters.push_back({PostgresType::kTextArray, std::move(texts_).Finish()});
    }
    if (columns_.number) {
      parameters.push_back({PostgresType::kDoubleArray, std::move(numbers_).Finish()});
    }
    return parameters;
  }

 private:
  const PostgresColumns columns_;
  PostgresArray keys_{PostgresType::kBytes};
  PostgresArray names_{PostgresType::kText};
  PostgresArray values_{PostgresType::kBytes};
  PostgresArray times_{PostgresType::kTime};
  PostgresArray created_{PostgresType::kTime};
  PostgresArray texts_{PostgresType::kText};
  PostgresArray numbers_{PostgresType::kDouble};
};

/// One WriteRows. Single-core; kept alive by what is under way.
class Writing : public std::enable_shared_from_this<Writing> {
 public:
  Writing(PostgresClient& client, const Libpq& libpq, std::string where, const CallContext& context,
          PostgresWritePlan plan, size_t max_under_way, WriteDone done)
      : client_(client),
        libpq_(libpq),
        where_(std::move(where)),
        context_(context),
        plan_(std::move(plan)),
        max_under_way_(max_under_way),
        table_(plan_.batch->table->Name()),
        done_(std::move(done)) {}

  void Start() {
    PostgresStatement columns;
    columns.sql = ColumnsSql();
    columns.parameters = {{PostgresType::kText, SqlName(table_)}};
    columns.table = table_;
    columns.prepared = true;
    Submit(std::move(columns), &Writing::TakeColumns);
  }

 private:
  using Take = Status (Writing::*)(const std::vector<PostgresResult>&);

  void Submit(PostgresStatement statement, Take take) {
    auto exchange = std::make_unique<PostgresExchange>();
    exchange->context = context_;
    exchange->statements.push_back(std::move(statement));
    exchange->done = [self = shared_from_this(),
                      take](Result<std::vector<PostgresResult>> results) {
      --self->under_way_;
      const Status status = results.ok() ? ((*self).*take)(*results) : results.status();
      if (self->status_.ok()) self->status_ = status;
      self->GoOn();
    };
    ++under_way_;
    client_.Submit(std::move(exchange));
  }

  Status TakeColumns(const std::vector<PostgresResult>& results) {
    const PGresult* rows = results[0].get();
    const int count = libpq_.PQntuples(rows);
    if (count == 0) return MissingPostgresTable(table_, where_);
    for (int i = 0; i < count; ++i) {
      const std::string_view name(libpq_.PQgetvalue(rows, i, 0));
      columns_.text |= name == "value_text";
      columns_.number |= name == "value_num";
      columns_.vector |= name == "vector_value";
    }
    sql_ = UpsertSql(table_, columns_);
    return Status::OK();
  }

  Status TakeWritten(const std::vector<PostgresResult>& /*results*/) { return Status::OK(); }

  void GoOn() {
    while (status_.ok() && next_ < plan_.rows.size() && under_way_ < max_under_way_) {
      auto statement = NextStatement();
      if (statement.ok()) {
        Submit(*std::move(statement), &Writing::TakeWritten);
      } else {
        status_ = statement.status().Annotate("online store table " + table_);
      }
    }
    if (under_way_ == 0 && done_) std::exchange(done_, nullptr)(status_);
  }

  Result<PostgresStatement> NextStatement() {
    const WriteBatch& batch = *plan_.batch;
    UpsertArrays arrays(columns_);
    size_t cells = 0;
    while (next_ < plan_.rows.size() && cells < kCellsPerStatement &&
           arrays.bytes() < kBytesPerStatement) {
      const size_t row = plan_.rows[next_++];
      for (const size_t feature : plan_.features) {
        FEAST_RETURN_IF_ERROR(arrays.Append(batch, row, batch.features[feature]));
      }
      cells += std::max<size_t>(plan_.features.size(), 1);
    }
    PostgresStatement statement;
    statement.sql = sql_;
    statement.parameters = std::move(arrays).Finish();
    statement.table = table_;
    statement.prepared = true;
    return statement;
  }

  PostgresClient& client_;
  const Libpq& libpq_;
  const std::string where_;
  const CallContext context_;
  const PostgresWritePlan plan_;
  const size_t max_under_way_;
  const std::string table_;
  WriteDone done_;

  PostgresColumns columns_;
  std::string sql_;
  size_t next_ = 0;
  size_t under_way_ = 0;
  Status status_;
};

}  // namespace

PostgresWritePlan::PostgresWritePlan(std::shared_ptr<const WriteBatch> what)
    : batch(std::move(what)), rows(batch->rows()), features(batch->features.size()) {
  std::iota(rows.begin(), rows.end(), size_t{0});
  std::iota(features.begin(), features.end(), size_t{0});
  std::sort(features.begin(), features.end(), [this](size_t a, size_t b) {
    return batch->features[a].name < batch->features[b].name;
  });
  const auto key = [this](size_t row) { return batch->keys.Row(row); };
  // Of one key first the row that stays: the latest, and of equal times the last.
  std::sort(rows.begin(), rows.end(), [&](size_t a, size_t b) {
    if (const auto order = key(a).compare(key(b)); order != 0) return order < 0;
    return std::pair(batch->event_times[a], a) > std::pair(batch->event_times[b], b);
  });
  rows.erase(
      std::unique(rows.begin(), rows.end(), [&](size_t a, size_t b) { return key(a) == key(b); }),
      rows.end());
}

void WriteRows(PostgresClient& client, const Libpq& libpq, const std::string& where,
               const CallContext& context, PostgresWritePlan plan, size_t max_under_way,
               WriteDone done) {
  std::make_shared<Writing>(client, libpq, where, context, std::move(plan), max_under_way,
                            std::move(done))
      ->Start();
}

}  // namespace feast
