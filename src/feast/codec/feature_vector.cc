#include "feast/codec/feature_vector.h"

#include <algorithm>

#include "feast/codec/redis_field.h"
#include "feast/codec/wire_format.h"

namespace feast {
namespace {

// Field numbers of feast.core.PrecomputedFeatureVector and of its FeatureViewTimestamp.
constexpr uint32_t kNames = 1;
constexpr uint32_t kValues = 2;
constexpr uint32_t kTimes = 3;
constexpr uint32_t kPrecomputedAt = 4;
constexpr uint32_t kTimeView = 1;
constexpr uint32_t kTimeEvent = 2;

struct ViewTime {
  std::string_view view;
  Micros time = 0;
};

Result<ViewTime> ReadTime(std::string_view bytes) {
  ViewTime found;
  WireReader reader(bytes);
  WireField field;
  while (reader.Next(&field)) {
    if (field.type != WireType::kBytes) continue;
    if (field.field == kTimeView) found.view = field.bytes;
    if (field.field == kTimeEvent) {
      FEAST_ASSIGN_OR_RETURN(found.time, TimeOfTimestampBytes(field.bytes));
    }
  }
  FEAST_RETURN_IF_ERROR(reader.status());
  return found;
}

}  // namespace

FeatureVectorCodec::FeatureVectorCodec(
    const std::vector<std::pair<std::string, std::vector<std::string>>>& views) {
  for (const auto& [label, features] : views) {
    views_.push_back(label);
    for (const std::string& feature : features) {
      name_texts_.emplace_back(label).append("__").append(feature);
      AppendBytesField(kNames, name_texts_.back(), &names_);
    }
    view_ends_.push_back(name_texts_.size());
  }
  for (size_t i = 0; i < name_texts_.size(); ++i) name_index_.emplace(name_texts_[i], i);
}

void FeatureVectorCodec::Append(std::span<const std::string_view> values,
                                std::span<const std::optional<Micros>> times, Micros precomputed_at,
                                std::string* out) const {
  out->append(names_);
  for (const std::string_view value : values) AppendBytesField(kValues, value, out);
  for (size_t i = 0; i < views_.size(); ++i) {
    if (!times[i]) continue;
    const size_t start = out->size();
    AppendBytesField(kTimeView, views_[i], out);
    const size_t time = out->size();
    AppendTimestampBytes(*times[i], out);
    WrapField(kTimeEvent, time, out);
    WrapField(kTimes, start, out);
  }
  const size_t time = out->size();
  AppendTimestampBytes(precomputed_at, out);
  WrapField(kPrecomputedAt, time, out);
}

Result<bool> FeatureVectorCodec::Read(std::string_view bytes, std::span<std::string_view> values,
                                      std::span<std::optional<Micros>> times) const {
  std::ranges::fill(times, std::nullopt);
  // Where the value that comes next belongs; empty: in the list's own order.
  std::vector<size_t> order;
  const bool in_order = bytes.starts_with(names_);
  size_t next = 0;
  WireReader reader(in_order ? bytes.substr(names_.size()) : bytes);
  WireField field;
  while (reader.Next(&field)) {
    if (field.type != WireType::kBytes) continue;
    if (field.field == kNames) {
      const auto place = name_index_.find(field.bytes);
      if (in_order || place == name_index_.end()) return false;
      order.push_back(place->second);
    } else if (field.field == kValues) {
      const size_t place = in_order ? next : next < order.size() ? order[next] : features();
      if (place >= features()) return false;
      values[place] = field.bytes;
      ++next;
    } else if (field.field == kTimes) {
      FEAST_ASSIGN_OR_RETURN(const ViewTime found, ReadTime(field.bytes));
      const auto view = std::ranges::find(views_, found.view);
      if (view != views_.end()) times[static_cast<size_t>(view - views_.begin())] = found.time;
    }
  }
  FEAST_RETURN_IF_ERROR(reader.status());
  std::ranges::sort(order);
  const bool repeated = std::ranges::adjacent_find(order) != order.end();
  if (next != features() || repeated || (!in_order && order.size() != features())) return false;
  // What upstream's Redis store says of an entity that it does not have: time 0 and no value.
  for (size_t view = 0, from = 0; view < views_.size(); from = view_ends_[view++]) {
    const auto own = values.subspan(from, view_ends_[view] - from);
    const bool nothing =
        std::ranges::all_of(own, [](const std::string_view value) { return value.empty(); });
    if (times[view] == Micros{0} && nothing) times[view].reset();
  }
  return true;
}

}  // namespace feast
