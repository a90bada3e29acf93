#include "feast/definitions/view_facts.h"

#include <algorithm>
#include <limits>

namespace feast {
namespace {

using Fields = google::protobuf::RepeatedPtrField<core::FeatureSpecV2>;

Result<FieldFacts> FieldOf(const core::FeatureSpecV2& spec) {
  const std::optional<ValueType> type = ValueTypeFromNumber(static_cast<int>(spec.value_type()));
  if (!type) {
    return Status::InvalidArgument("field '" + spec.name() + "' has the unknown value type " +
                                   std::to_string(static_cast<int>(spec.value_type())));
  }
  return FieldFacts{spec.name(), *type};
}

Result<Micros> TtlOf(const google::protobuf::Duration& ttl) {
  constexpr int64_t kMaxSeconds = std::numeric_limits<Micros>::max() / kMicrosPerSecond - 1;
  if (ttl.seconds() < 0 || ttl.nanos() < 0 || ttl.seconds() > kMaxSeconds) {
    return Status::InvalidArgument("ttl of " + std::to_string(ttl.seconds()) +
                                   " seconds is out of range");
  }
  return ttl.seconds() * kMicrosPerSecond + ttl.nanos() / 1000;
}

bool Contains(const std::vector<FieldFacts>& fields, const std::string& name) {
  return std::any_of(fields.begin(), fields.end(),
                     [&](const FieldFacts& field) { return field.name == name; });
}

/// Stream views list their entity columns among the features too: every kind is cleaned the same
/// way.
Status FillFields(const Fields& entity_columns, const Fields& features, ViewFacts* facts) {
  for (const auto& spec : entity_columns) {
    FEAST_ASSIGN_OR_RETURN(FieldFacts field, FieldOf(spec));
    facts->join_keys.push_back(std::move(field));
  }
  if (facts->join_keys.empty()) {
    facts->join_keys.push_back({std::string(kDummyJoinKey), ValueType::kString});
  }
  for (const auto& spec : features) {
    if (Contains(facts->join_keys, spec.name())) continue;
    FEAST_ASSIGN_OR_RETURN(FieldFacts field, FieldOf(spec));
    facts->features.push_back(std::move(field));
  }
  return Status::OK();
}

/// Push, Kafka and Kinesis sources carry the batch source that backs them.
void FillSources(const core::DataSource& source, ViewFacts* facts) {
  if (source.has_batch_source()) {
    facts->stream_source = source;
    facts->batch_source = source.batch_source();
  } else {
    facts->batch_source = source;
  }
}

bool HasCode(const core::FeatureTransformationV2& transformation) {
  const auto& function = transformation.user_defined_function();
  return transformation.has_substrait_transformation() || !function.body().empty() ||
         !function.body_text().empty();
}

bool HasTransformation(const core::FeatureViewSpec& spec) {
  return HasCode(spec.feature_transformation());
}

bool HasTransformation(const core::StreamFeatureViewSpec& spec) {
  const auto& old = spec.user_defined_function();
  return HasCode(spec.feature_transformation()) || !spec.aggregations().empty() ||
         !old.body().empty() || !old.body_text().empty();
}

/// Every kind of view, by the fields that it has.
template <typename View>
Result<ViewFacts> FactsOfView(const View& view) {
  const auto& spec = view.spec();
  ViewFacts facts;
  facts.kind = View::descriptor()->name();
  facts.name = spec.name();
  FEAST_RETURN_IF_ERROR(
      FillFields(spec.entity_columns(), spec.features(), &facts).Annotate(spec.name()));
  if constexpr (requires { spec.ttl(); }) {
    auto ttl = TtlOf(spec.ttl());
    FEAST_RETURN_IF_ERROR(ttl.status().Annotate(spec.name()));
    facts.ttl = *ttl;
  }
  if constexpr (requires { spec.disabled(); }) {
    facts.disabled = spec.disabled();
    facts.state = static_cast<int>(view.meta().state());
    facts.current_version = view.meta().current_version_number();
  }
  if constexpr (requires { spec.write_to_online_store(); }) {
    facts.online = spec.write_to_online_store();
  } else {
    facts.online = spec.online();
  }
  if constexpr (requires { spec.batch_source(); }) {
    facts.transformed = HasTransformation(spec);
    FillSources(spec.batch_source(), &facts);
    if (spec.has_stream_source()) facts.stream_source = spec.stream_source();
  } else if constexpr (requires { spec.source(); }) {
    FillSources(spec.source(), &facts);
  }
  return facts;
}

}  // namespace

Result<ViewFacts> FactsOf(const core::FeatureView& view) { return FactsOfView(view); }
Result<ViewFacts> FactsOf(const core::StreamFeatureView& view) { return FactsOfView(view); }
Result<ViewFacts> FactsOf(const core::LabelView& view) { return FactsOfView(view); }
Result<ViewFacts> FactsOf(const core::OnDemandFeatureView& view) { return FactsOfView(view); }

Status CheckServable(const ViewFacts& view) {
  const std::string quoted = "Feature view '" + view.name + "'";
  if (view.disabled) {
    return Status::FailedPrecondition(quoted +
                                          " is disabled and cannot serve features. Enable it with "
                                          "`feast feature-views enable " +
                                          view.name + "` or set enabled=True.",
                                      ErrorKind::kValueError);
  }
  if (view.state == core::STATE_UNSPECIFIED || view.state == core::AVAILABLE_ONLINE ||
      view.state == core::MATERIALIZING) {
    return Status::OK();
  }
  std::string state = core::FeatureViewState_IsValid(view.state)
                          ? core::FeatureViewState_Name(core::FeatureViewState(view.state))
                          : std::to_string(view.state);
  return Status::FailedPrecondition(
      quoted + " is in state '" + state +
          "' and cannot serve features. Only AVAILABLE_ONLINE feature views can serve.",
      ErrorKind::kValueError);
}

std::string ToFeastName(const core::DataSource& source, std::string_view column) {
  std::string name(column);
  const auto mapped = source.field_mapping().find(name);
  return mapped == source.field_mapping().end() ? name : mapped->second;
}

std::string ToSourceColumn(const core::DataSource& source, std::string_view name) {
  // Protobuf maps have no order: of several columns with one name the first by name is taken.
  const std::string* found = nullptr;
  for (const auto& [column, feast_name] : source.field_mapping()) {
    if (feast_name == name && (!found || column < *found)) found = &column;
  }
  return found ? *found : std::string(name);
}

}  // namespace feast
