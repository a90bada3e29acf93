#include "feast/retrieval/vector_read.h"

#include <algorithm>

#include "feast/codec/wire_format.h"
#include "feast/online/view_table.h"

namespace feast {
namespace {

/// The content of a Value of type bytes; none for any other.
std::optional<std::string_view> BytesOf(std::string_view value) {
  WireReader reader(value);
  WireField field;
  std::optional<std::string_view> bytes;
  while (reader.Next(&field)) {
    if (field.field == FactsOf(ValueType::kBytes).field && field.type == WireType::kBytes) {
      bytes = field.bytes;
    }
  }
  return reader.damaged() ? std::nullopt : bytes;
}

}  // namespace

VectorRead::VectorRead(const OnlinePlan& plan, SharedList<std::string> keys)
    : plan_(plan), keys_(std::move(keys)) {}

TableRead VectorRead::Read() const { return {plan_.vector->table, plan_.vector->features, keys_}; }

void VectorRead::Take(std::optional<TableRows> vectors) {
  for (const PlannedView& view : plan_.views) {
    TableRows& rows = answers_.emplace_back();
    rows.cells.resize(keys_.size() * view.feature_names.size());
    rows.event_times.resize(keys_.size());
    if (vectors) rows.owner = vectors->owner;
  }
  const FeatureVectorCodec& codec = plan_.vector->codec;
  std::vector<std::string_view> values(codec.features());
  std::vector<std::optional<Micros>> times(codec.views());
  for (size_t key = 0; key < keys_.size(); ++key) {
    const bool stored = vectors && vectors->cells[key].found;
    const auto bytes = stored ? BytesOf(vectors->cells[key].value) : std::nullopt;
    const auto fits = bytes ? codec.Read(*bytes, values, times) : Result<bool>(false);
    if (!fits.ok() || !*fits) {
      missing_.push_back(key);
      continue;
    }
    size_t next = 0;
    for (size_t view = 0; view < answers_.size(); ++view) {
      const size_t width = plan_.views[view].feature_names.size();
      answers_[view].event_times[key] = times[view];
      for (size_t feature = 0; feature < width; ++feature, ++next) {
        answers_[view].cells[key * width + feature] = {values[next], times[view].has_value()};
      }
    }
  }
}

std::vector<TableRead> VectorRead::ReadsOfMissing() const {
  std::vector<TableRead> reads;
  if (missing_.empty()) return reads;
  std::vector<std::string> missing;
  missing.reserve(missing_.size());
  for (const size_t key : missing_) missing.push_back(keys_[key]);
  const SharedList<std::string> keys = std::move(missing);
  for (const PlannedView& view : plan_.views) {
    reads.push_back({view.table, view.feature_names, keys});
  }
  return reads;
}

Result<std::vector<TableRows>> VectorRead::Finish(std::vector<TableRows> rows_of_missing) {
  if (missing_.empty()) return std::move(answers_);
  if (rows_of_missing.size() != answers_.size()) {
    return Status::Internal("the online store answered fewer reads than it was asked");
  }
  if (missing_.size() == keys_.size()) return rows_of_missing;
  for (size_t view = 0; view < answers_.size(); ++view) {
    TableRows& answer = answers_[view];
    const TableRows& rows = rows_of_missing[view];
    const size_t width = plan_.views[view].feature_names.size();
    for (size_t i = 0; i < missing_.size(); ++i) {
      answer.event_times[missing_[i]] = rows.event_times[i];
      std::copy_n(rows.cells.begin() + static_cast<ptrdiff_t>(i * width), width,
                  answer.cells.begin() + static_cast<ptrdiff_t>(missing_[i] * width));
    }
    using Owners = std::pair<std::shared_ptr<const void>, std::shared_ptr<const void>>;
    answer.owner = std::make_shared<const Owners>(std::move(answer.owner), rows.owner);
  }
  return std::move(answers_);
}

}  // namespace feast
