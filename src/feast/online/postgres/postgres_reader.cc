#include "feast/online/postgres/postgres_reader.h"

#include <unordered_map>

#include "feast/online/postgres/postgres_exchange_internal.h"
#include "feast/online/postgres/postgres_layout.h"

namespace feast {
namespace {

std::string ArrayOf(PostgresType element, const std::vector<std::string>& texts) {
  size_t bytes = 32;
  for (const std::string& text : texts) bytes += text.size() + 4;
  PostgresArray array(element);
  array.Reserve(bytes);
  for (const std::string& text : texts) array.AppendBytes(text);
  return std::move(array).Finish();
}

PostgresStatement StatementFor(const TableRead& read) {
  PostgresStatement statement;
  statement.table = read.table->Name();
  statement.prepared = true;
  // One search of the index finds all features of a key. To compare their names costs the server
  // about a third of what it costs to send a row, and us nothing.
  const bool some =
      !read.features.empty() && read.features.size() * 4 < read.table->features.size() * 3;
  statement.sql = ReadSql(statement.table, some);
  statement.parameters.push_back(
      {PostgresType::kBytesArray, ArrayOf(PostgresType::kBytes, read.keys)});
  if (some) {
    statement.parameters.push_back(
        {PostgresType::kTextArray, ArrayOf(PostgresType::kText, read.features)});
  }
  return statement;
}

/// Where each name stands in a list. Rows come in the order of an index, so the next name is
/// mostly the one that came after this one the last time.
class Positions {
 public:
  explicit Positions(const std::vector<std::string>& names) : names_(names) {
    index_.reserve(names.size());
    for (size_t i = 0; i < names.size(); ++i) index_.emplace(names[i], i);
    next_.resize(names.size() + 1, names.size());
  }

  /// names.size() when the name is not there.
  size_t Find(std::string_view name) {
    const size_t guess = next_[last_];
    if (guess < names_.size() && names_[guess] == name) return last_ = guess;
    const auto found = index_.find(name);
    if (found == index_.end()) return names_.size();
    next_[last_] = found->second;
    return last_ = found->second;
  }

 private:
  const std::vector<std::string>& names_;
  std::unordered_map<std::string_view, size_t> index_;
  std::vector<size_t> next_;  ///< what followed each; the last place: what came first
  size_t last_ = names_.size();
};

TableRows RowsOf(const Libpq& libpq, const TableRead& read, const PostgresResult& result) {
  TableRows rows;
  rows.cells.resize(read.keys.size() * read.features.size());
  rows.event_times.resize(read.keys.size());
  rows.owner = result;
  if (result == nullptr) return rows;
  Positions keys(read.keys);
  Positions features(read.features);
  const auto field = [&](int row, int column) {
    return std::string_view(libpq.PQgetvalue(result.get(), row, column),
                            static_cast<size_t>(libpq.PQgetlength(result.get(), row, column)));
  };
  std::string_view last_key;
  size_t key = read.keys.size();
  const int count = libpq.PQntuples(result.get());
  for (int row = 0; row < count; ++row) {
    if (const std::string_view name = field(row, 0); row == 0 || name != last_key) {
      last_key = name;
      key = keys.Find(name);
    }
    if (key == read.keys.size()) continue;
    const std::string_view stamp = field(row, 3);
    const Micros time = stamp.size() == 8 ? FromPostgresTime(stamp) : 0;
    auto& newest = rows.event_times[key];
    newest = newest ? std::max(*newest, time) : time;
    const size_t feature = features.Find(field(row, 1));
    if (feature == read.features.size()) continue;
    rows.cells[key * read.features.size() + feature] = {field(row, 2), true};
  }
  return rows;
}

}  // namespace

std::unique_ptr<PostgresExchange> ReadExchange(const Libpq& libpq, const CallContext& context,
                                               std::vector<TableRead> reads, ReadDone done) {
  auto exchange = std::make_unique<PostgresExchange>();
  exchange->context = context;
  for (const TableRead& read : reads) {
    if (!read.keys.empty()) exchange->statements.push_back(StatementFor(read));
  }
  exchange->done = [&libpq,
                    reads = std::make_shared<const std::vector<TableRead>>(std::move(reads)),
                    done = std::move(done)](Result<std::vector<PostgresResult>> results) {
    if (!results.ok()) return done(results.status());
    std::vector<TableRows> answers;
    answers.reserve(reads->size());
    size_t next = 0;
    for (const TableRead& read : *reads) {
      answers.push_back(RowsOf(libpq, read, read.keys.empty() ? nullptr : (*results)[next++]));
    }
    done(std::move(answers));
  };
  return exchange;
}

}  // namespace feast
