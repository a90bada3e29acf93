#include "feast/app/consistency.h"

#include <algorithm>
#include <map>
#include <set>

#include "feast/app/logged_rows.h"
#include "feast/app/training.h"
#include "feast/codec/column_codec.h"
#include "feast/codec/iso_time.h"
#include "feast/codec/value_json.h"
#include "feast/types/arrow_stream.h"

namespace feast {
namespace {

constexpr std::string_view kEventColumn = "event_timestamp";

// Names that no feature has, for what decides why values differ.
std::string EventTimeName(const std::string& view) { return view + "__:event"; }
std::string CreatedName(const std::string& view) { return view + "__:created"; }

// Has the join give the times of the rows that win, as if they were features.
void AskForTimes(HistoricalPlan* plan) {
  for (HistoricalView& view : plan->views) {
    const auto add = [&](const std::string& column, std::string name) {
      if (column.empty()) return;
      view.read.features.push_back(column);
      view.output_names.push_back(std::move(name));
      view.output_types.push_back(ValueType::kUnixTimestamp);
    };
    add(view.read.timestamp_column, EventTimeName(view.view));
    add(view.read.created_column, CreatedName(view.view));
  }
}

// The columns of the replay, read to the end.
class Replayed {
 public:
  Status Read(OwnedStream stream, const std::vector<LogColumn>& columns) {
    FEAST_ASSIGN_OR_RETURN(const OwnedSchema schema, SchemaOfStream(stream.get()));
    for (;;) {
      OwnedArray batch;
      FEAST_ASSIGN_OR_RETURN(const bool more, NextBatch(stream.get(), batch.get()));
      if (!more) return Status::OK();
      for (const LogColumn& column : columns) {
        const int64_t at = ColumnIndex(*schema.get(), column.name);
        if (column.kind != LogColumn::Kind::kFeature || at < 0) continue;
        FEAST_RETURN_IF_ERROR(EncodeColumn(column.name, *schema->children[at], *batch->children[at],
                                           column.type, &values_[column.name]));
        FEAST_RETURN_IF_ERROR(AddTimes(*schema.get(), *batch.get(), EventTimeName(column.view)));
        FEAST_RETURN_IF_ERROR(AddTimes(*schema.get(), *batch.get(), CreatedName(column.view)));
      }
      seen_ = done_;
    }
  }
  bool Has(const LogColumn& column) const { return values_.contains(column.name); }
  ReplayedValue Of(const LogColumn& column, size_t row) const {
    const auto time = [&](const std::string& name) {
      const auto found = times_.find(name);
      return found == times_.end() ? std::nullopt : found->second[row];
    };
    return {values_.at(column.name).Row(row), time(EventTimeName(column.view)),
            time(CreatedName(column.view))};
  }

 private:
  // Once a batch, though several features share them.
  Status AddTimes(const ArrowSchema& schema, const ArrowArray& batch, const std::string& name) {
    const int64_t at = ColumnIndex(schema, name);
    if (at < 0 || done_[name] > seen_[name]) return Status::OK();
    FEAST_ASSIGN_OR_RETURN(const auto times,
                           TimesOfColumn(name, *schema.children[at], *batch.children[at]));
    auto& all = times_[name];
    all.insert(all.end(), times.begin(), times.end());
    ++done_[name];
    return Status::OK();
  }

  std::map<std::string, EncodedColumn> values_;
  std::map<std::string, std::vector<std::optional<Micros>>> times_;
  std::map<std::string, int> done_, seen_;  // batches
};

std::string ValueText(std::string_view value) {
  if (value.empty()) return "null";
  std::string json;
  return AppendValueJson(value, &json).ok() ? json : "?";
}

std::string ExampleText(const LoggedRows& logged, size_t column, size_t row,
                        const ReplayedValue& replayed) {
  std::string text;
  for (size_t i = 0; i < logged.columns().size(); ++i) {
    if (logged.columns()[i].kind != LogColumn::Kind::kJoinKey) continue;
    text += logged.columns()[i].name + "=" + ValueText(logged.Of(i, row).value) + " ";
  }
  text += "at ";
  AppendIsoTime(logged.time(row), ' ', false, &text);
  return text + ": served " + ValueText(logged.Of(column, row).value) + ", replayed " +
         ValueText(replayed.value);
}

bool Wanted(const ConsistencyRequest& request, const LogColumn& column) {
  const std::string reference = column.view + ":" + column.feature;
  return request.features.empty() ||
         std::ranges::find(request.features, reference) != request.features.end();
}

Status CheckFeatures(const ConsistencyRequest& request, const std::vector<LogColumn>& columns) {
  for (const std::string& reference : request.features) {
    const bool known = std::ranges::any_of(columns, [&](const LogColumn& column) {
      return column.kind == LogColumn::Kind::kFeature &&
             column.view + ":" + column.feature == reference;
    });
    if (!known) {
      return Status::InvalidArgument("feature service " + request.service + " has no feature " +
                                     reference);
    }
  }
  return Status::OK();
}

Result<Replayed> Replay(FeatureStore& store, const CallContext& context,
                        const ConsistencyRequest& request, const LoggedRows& logged,
                        std::map<std::string, Micros>* ttls) {
  HistoricalRequest asked;
  asked.select.feature_service = request.service;
  asked.select.full_feature_names = true;
  FEAST_ASSIGN_OR_RETURN(OwnedStream entities, logged.Entities(std::string(kEventColumn)));
  FEAST_ASSIGN_OR_RETURN(const auto columns, ColumnsOf(entities));
  FEAST_ASSIGN_OR_RETURN(TrainingJob job,
                         PlanTraining(store, context, asked, std::string(kEventColumn), columns));
  AskForTimes(&job.join);
  for (const HistoricalView& view : job.join.views) (*ttls)[view.view] = view.ttl;
  FEAST_ASSIGN_OR_RETURN(OwnedStream rows, RunTraining(store, context, job, std::move(entities)));
  Replayed replayed;
  FEAST_RETURN_IF_ERROR(replayed.Read(std::move(rows), logged.columns()));
  return replayed;
}

}  // namespace

int64_t ConsistencyReport::Compared() const {
  int64_t sum = 0;
  for (const auto& feature : features) sum += feature.compared;
  return sum;
}

int64_t ConsistencyReport::Mismatched() const {
  int64_t sum = 0;
  for (const auto& feature : features) {
    sum += feature.compared - feature.Count(Mismatch::kEqual);
  }
  return sum;
}

Result<ConsistencyReport> MeasureConsistency(FeatureStore& store, const CallContext& context,
                                             const ConsistencyRequest& request) {
  FEAST_ASSIGN_OR_RETURN(
      const LoggedRows logged,
      LoggedRows::Read(store, context,
                       {request.service, request.since, request.until, request.sample}));
  FEAST_RETURN_IF_ERROR(CheckFeatures(request, logged.columns()));
  ConsistencyReport report;
  report.logged_rows = logged.total_rows();
  report.compared_rows = static_cast<int64_t>(logged.rows());
  if (logged.rows() == 0) return report;
  std::map<std::string, Micros> ttls;
  FEAST_ASSIGN_OR_RETURN(const Replayed replayed, Replay(store, context, request, logged, &ttls));
  for (size_t i = 0; i < logged.columns().size(); ++i) {
    const LogColumn& column = logged.columns()[i];
    if (column.kind != LogColumn::Kind::kFeature || !Wanted(request, column)) continue;
    FeatureConsistency& feature = report.features.emplace_back();
    feature.feature = column.view + ":" + column.feature;
    if (!replayed.Has(column)) continue;
    const MismatchRules rules{ttls[column.view], request.tolerance};
    for (size_t row = 0; row < logged.rows(); ++row) {
      // Rows that were logged before the feature was part of the service.
      if (logged.Of(i, row).status == FieldStatus::kInvalid) continue;
      const ReplayedValue now = replayed.Of(column, row);
      const Mismatch outcome = Compare(logged.Of(i, row), now, logged.time(row), rules);
      ++feature.compared;
      ++feature.outcomes[static_cast<size_t>(outcome)];
      if (outcome != Mismatch::kEqual && feature.example.empty()) {
        feature.example = ExampleText(logged, i, row, now);
      }
    }
  }
  return report;
}

}  // namespace feast
