#include "feast_batch/historical/winner_rows.h"

#include <arrow/record_batch.h>
#include <arrow/type.h>

#include <deque>
#include <map>
#include <tuple>

#include "feast_batch/point_in_time/run_units.h"

namespace feast {
namespace {

// One as-of join against the source, for all views that ask the same of it but for the ttl.
struct Question {
  const SourceRead* read = nullptr;
  const EntityKeyIndex* keys = nullptr;
  const AskedTimes* asked = nullptr;
  Tick tick = Tick::kMicros;
  AsOfOptions options;
  std::vector<AsOfOffers> offers;  // of each thread
  std::optional<AsOfWinners> winners;

  Status Add(const arrow::RecordBatch& rows, uint64_t first_row, size_t thread);
};

Status Question::Add(const arrow::RecordBatch& rows, uint64_t first_row, size_t thread) {
  KeyColumns columns;
  for (const auto& name : read->join_keys) columns.push_back(ChunkedColumn(rows, name));
  FEAST_ASSIGN_OR_RETURN(const auto ids, keys->Find(columns, read->join_keys, rows.num_rows()));
  const auto times_of = [&](const std::string& name) {
    return TicksOf(*ChunkedColumn(rows, name), tick, name);
  };
  FEAST_ASSIGN_OR_RETURN(const auto event, times_of(read->timestamp_column));
  std::vector<int64_t> created;
  if (options.has_created) {
    FEAST_ASSIGN_OR_RETURN(created, times_of(read->created_column));
  }
  offers[thread].Add(ids, event, created, first_row);
  return Status::OK();
}

class Questions {
 public:
  Questions(const CallContext& context, const HistoricalPlan& plan, const SharedScan& scan,
            RowSource& source, EntityRows* entities, size_t threads)
      : context_(context),
        plan_(plan),
        scan_(scan),
        source_(source),
        entities_(*entities),
        threads_(threads) {}

  Result<std::vector<WinnerRows>> Answer();

 private:
  Status Ask(const HistoricalView& view);
  Status ReadSource();
  Status ReadGroup(size_t group, const std::vector<std::string>& columns, size_t thread);
  Status Add(const arrow::RecordBatch& rows, uint64_t first_row, size_t thread);

  const CallContext& context_;
  const HistoricalPlan& plan_;
  const SharedScan& scan_;
  RowSource& source_;
  EntityRows& entities_;
  const size_t threads_;
  std::deque<Question> questions_;
  std::vector<size_t> of_view_;  // the question of each view of the scan
};

Status Questions::Ask(const HistoricalView& view) {
  const SourceRead& read = view.read;
  const auto tick_of = [&](const std::string& column) {
    return TickOf(*source_.schema().GetFieldByName(column)->type());
  };
  Question question;
  question.read = &read;
  question.tick = Finer(entities_.tick(), tick_of(read.timestamp_column));
  if (!read.created_column.empty()) {
    question.tick = Finer(question.tick, tick_of(read.created_column));
  }
  FEAST_ASSIGN_OR_RETURN(question.keys, entities_.Keys(view));
  FEAST_ASSIGN_OR_RETURN(question.asked, entities_.Asked(view, question.tick, threads_));
  for (size_t q = 0; q < questions_.size(); ++q) {
    const auto what = [](const Question& a) {
      return std::tie(a.asked, a.read->join_keys, a.read->timestamp_column, a.read->created_column);
    };
    if (what(questions_[q]) == what(question)) {
      of_view_.push_back(q);
      return Status::OK();
    }
  }
  if (plan_.entity_timestamp.empty() && plan_.start) {
    question.options.earliest = ToTicks(*plan_.start, question.tick);
  }
  question.options.has_created = !read.created_column.empty();
  question.options.filter_by_created =
      plan_.filter_by_created_timestamp && question.options.has_created;
  question.offers.assign(threads_, AsOfOffers(*question.asked, question.options));
  of_view_.push_back(questions_.size());
  questions_.push_back(std::move(question));
  return Status::OK();
}

Status Questions::Add(const arrow::RecordBatch& rows, uint64_t first_row, size_t thread) {
  for (auto& question : questions_) {
    FEAST_RETURN_IF_ERROR(question.Add(rows, first_row, thread));
  }
  return Status::OK();
}

Status Questions::ReadGroup(size_t group, const std::vector<std::string>& columns, size_t thread) {
  FEAST_ASSIGN_OR_RETURN(const auto stream,
                         source_.Open(group, columns, RowSource::Decode::kAlone));
  uint64_t first_row = source_.groups()[group].first_row;
  while (true) {
    FEAST_RETURN_IF_ERROR(context_.Check());
    FEAST_ASSIGN_OR_RETURN(const auto rows, stream->Next());
    if (!rows) break;
    FEAST_RETURN_IF_ERROR(Add(*rows, first_row, thread));
    first_row += rows->num_rows();
  }
  ReportGroup(context_, source_, group, columns);
  return Status::OK();
}

Status Questions::ReadSource() {
  std::vector<std::vector<std::string>> needed;
  for (const auto& question : questions_) {
    needed.push_back(question.read->join_keys);
    needed.push_back({question.read->timestamp_column, question.read->created_column});
  }
  const auto columns = DistinctNames(needed);
  auto groups =
      GroupsInRange(source_, scan_.read.timestamp_column, scan_.window.from, scan_.window.to);
  // A group to each thread, or, of a few large groups, each batch to a thread.
  if (groups.size() >= 4 * threads_) {
    ExpectGroups(context_, source_, groups);
    return RunUnits(groups.size(), threads_, [&](size_t unit, size_t thread) {
      return ReadGroup(groups[unit], columns, thread);
    });
  }
  RowReader reader(context_, source_, std::move(groups), columns);
  return RunUnits(threads_, threads_, [&](size_t, size_t thread) -> Status {
    while (true) {
      FEAST_ASSIGN_OR_RETURN(const auto item, reader.Next());
      if (!item) return Status::OK();
      FEAST_RETURN_IF_ERROR(Add(*item->rows, item->first_row, thread));
    }
  });
}

Result<std::vector<WinnerRows>> Questions::Answer() {
  for (const size_t view : scan_.views) FEAST_RETURN_IF_ERROR(Ask(plan_.views[view]));
  FEAST_RETURN_IF_ERROR(ReadSource().Annotate(source_.name()));
  for (auto& question : questions_) {
    question.winners.emplace(question.offers, threads_);
    question.offers.clear();
  }
  std::vector<WinnerRows> out;
  std::map<std::pair<size_t, int64_t>, WinnerRows> known;
  for (size_t i = 0; i < scan_.views.size(); ++i) {
    const Question& question = questions_[of_view_[i]];
    const int64_t ttl = ToTicks(plan_.views[scan_.views[i]].ttl, question.tick);
    WinnerRows& rows = known[{of_view_[i], ttl}];
    if (!rows) {
      rows = std::make_shared<const std::vector<uint64_t>>(
          question.winners->Rows(*question.asked, ttl, threads_));
    }
    out.push_back(rows);
  }
  return out;
}

}  // namespace

Result<std::vector<WinnerRows>> FindWinners(const CallContext& context, const HistoricalPlan& plan,
                                            const SharedScan& scan, RowSource& source,
                                            EntityRows* entities, size_t threads) {
  return Questions(context, plan, scan, source, entities, threads).Answer();
}

}  // namespace feast
